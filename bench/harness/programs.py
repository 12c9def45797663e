"""Builds the C programs against the installed library and system libcurl and jansson."""
import subprocess
from pathlib import Path

SOURCES = Path(__file__).resolve().parent.parent / "c"
FLAGS = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror"]
RAW = {name: ["measure.c", "answers.c", "sse_reader.c", "curl_side.c"]
       for name in ("raw_seq", "raw_conc", "raw_stream", "raw_paced", "raw_parallel")}
OURS = {name: ["measure.c", "answers.c", "our_side.c"]
        for name in ("our_seq", "our_conc", "our_stream", "our_paced", "our_parallel", "our_lists")}
OURS |= {name: ["measure.c", "answers.c", "our_side.c", "routing_side.c"] for name in ("our_routing", "our_allocations")}
OURS["our_allocations"].append("counted.c")
OURS |= {name: ["measure.c", "answers.c", "our_side.c", "dialect_side.c"] for name in ("our_dialect", "our_growth")}
OURS["our_growth"].append("counted.c")
BARE = {name: ["measure.c"] for name in ("upstream_paced", "load")}


def compile_one(cc, name, parts, folder, extra):
    target = folder / name
    sources = [SOURCES / f"{name}.c"] + [SOURCES / part for part in parts]
    newest = max(p.stat().st_mtime for p in [*sources, *SOURCES.glob("*.h")])
    if target.exists() and target.stat().st_mtime > newest:
        return
    subprocess.run([cc, *FLAGS, "-o", str(target), *map(str, sources), *extra], check=True)


def build(cc, folder, prefix):
    """All programs into `folder`. No run path: which library ours load is said when they run, not when they were linked."""
    folder.mkdir(parents=True, exist_ok=True)
    library = prefix / "lib"
    ours = [f"-I{prefix / 'include'}", f"-L{library}", "-lgatelet"]
    for name, parts in BARE.items():
        compile_one(cc, name, parts, folder, [])
    for name, parts in RAW.items():
        compile_one(cc, name, parts, folder, ["-lcurl", "-ljansson", "-lpthread"])
    for name, parts in OURS.items():
        compile_one(cc, name, parts, folder, [*ours, "-ljansson", "-lpthread", "-ldl"])
