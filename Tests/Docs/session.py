"""One page's blocks, in turn, in a folder of their own: files are written, programs run, servers live until the page ends."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Dict, List, Optional, Set

import schemas
from blocks import ROOT, Block

PREFIX = Path(os.environ.get("GATELET_PREFIX", ROOT / "build/stage")).resolve()
_PORT = re.compile(r"(?<=127\.0\.0\.1:)\d{4,5}|(?<=localhost:)\d{4,5}|(?<=--port )\d{4,5}")
# What a fragment of C may use without declaring it.
_FRAME = """#include <gatelet_easy.h>
void fragment(gatelet_client *client, gatelet_queue *queue, const char *request, char *answer, gatelet_event_fn on_event, void *user);
void fragment(gatelet_client *client, gatelet_queue *queue, const char *request, char *answer, gatelet_event_fn on_event, void *user) {
  (void)client, (void)queue, (void)request, (void)answer, (void)on_event, (void)user;
%s
}
"""


class Wrong(Exception):
    """What is wrong with a block."""


class Session:
    def __init__(self, folder: Path, blocks: List[Block], frameworks: Optional[str] = None) -> None:
        self.folder, self.blocks, self.frameworks = folder, blocks, frameworks
        self._ports: Dict[str, str] = {}
        self._groups: Set[int] = set()
        self.printed: Optional[str] = None
        """What the block before said; None where it was not run."""
        self._environment = self._make_environment()
        for block in blocks:
            if block.title:
                (folder / block.title).write_text(self._placed(block.text))

    def _make_environment(self) -> Dict[str, str]:
        """Nothing of the host's that would change what a block does, and commands by the names that the pages use."""
        own = self.folder / "bin"
        own.mkdir()
        for name in ("python", "python3", "gatelet", "uvicorn", "gunicorn"):
            module = "" if name.startswith("python") else f" -m {name}"
            (own / name).write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)}{module} "$@"\n')
            (own / name).chmod(0o755)
        secrets = {name: f"sk-{name}" for block in self.blocks if block.language == "json" for name in re.findall(r'"env:(\w+)"', block.text)}
        kept = {name: value for name, value in os.environ.items() if name in ("LANG", "LC_ALL", "TMPDIR", "LD_PRELOAD", "CC")}
        return {
            **kept, **secrets, "PATH": f"{own}:{os.environ['PATH']}", "HOME": str(self.folder), "DEV_MODE": "true", "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": f"{ROOT}/bindings/python:{ROOT}/examples", "GATELET_LIBRARY": str(PREFIX / "lib/libgatelet.so.0"), "PYTHONUNBUFFERED": "1",
            "PKG_CONFIG_PATH": str(PREFIX / "lib/pkgconfig"), "LD_LIBRARY_PATH": f"{PREFIX}/lib:{os.environ.get('LD_LIBRARY_PATH', '')}",
        }  # fmt: skip

    def close(self) -> None:
        for group in self._groups:
            try:
                os.killpg(group, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def take(self, block: Block) -> None:
        """Raises Wrong where the block is not what it seems to be."""
        if block.said not in ("", "not run", "fragment", "needs", "prints") and not block.said.startswith("members of"):
            raise Wrong(f"<!-- {block.said} --> means nothing to the tests")
        if block.said in ("not run", "fragment") and len(block.why) < 10:
            raise Wrong("no reason is given for not running it")
        taken = {"python": self._python, "c": self._c, "sh": self._sh, "json": self._json, "js": self._js, "text": self._text, "": self._text}.get(block.language)
        if taken is None:
            raise Wrong(f"the tests do not know the language {block.language!r}")
        taken(block)

    def _placed(self, text: str) -> str:
        """With free ports in the place of those that are written."""
        return _PORT.sub(lambda found: self._ports.setdefault(found[0], free_port()), text)

    # -------------------------------------------------------------- languages

    def _python(self, block: Block) -> None:
        self.printed = None
        try:
            compile(block.text, block.place, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        except SyntaxError as error:
            raise Wrong(str(error)) from None
        if block.title or block.said in ("not run", "fragment"):
            return
        python = sys.executable
        if block.said == "needs":
            if self.frameworks is None:
                return
            python = self.frameworks
        self._run([python, "-c", self._placed(block.text)], block)

    def _c(self, block: Block) -> None:
        self.printed = None
        source = self.folder / (block.title or "block.c")
        source.write_text(_FRAME % block.text if block.said == "fragment" else block.text)
        flags = subprocess.run(["pkg-config", "--cflags", "--libs", "gatelet"], capture_output=True, text=True, check=True, env=self._environment)
        compiler = [self._environment.get("CC", "cc"), "-D_GNU_SOURCE", "-std=c11", "-Wall", "-Wextra", "-Werror"]
        if block.said in ("fragment", "not run"):
            return self._run([*compiler, "-Wno-unused", "-fsyntax-only", str(source), *shlex.split(flags.stdout)])
        program = str(self.folder / "block")
        self._run([*compiler, str(source), *shlex.split(flags.stdout), "-o", program])
        if not block.title:  # else the page says how it is built and run
            self._run([program], block)

    def _sh(self, block: Block) -> None:
        self.printed = None
        text = self._placed(block.text)
        if block.said == "not run":
            self._run(["bash", "-n", "-c", text])
            for target in re.findall(r"^\s*make +([a-z][a-z-]*)", text, re.M):
                self._run(["make", "-n", "-C", str(ROOT), target, "MAKE=true"])
            return
        self._run(["bash", "-euo", "pipefail", "-c", text])
        if text.rstrip().endswith("&"):
            for port in set(_PORT.findall(text)):
                wait_for(int(port))

    def _js(self, block: Block) -> None:
        self._run(["node", "--input-type=module", "-e", self._placed(block.text)])

    def _json(self, block: Block) -> None:
        self.printed = None
        try:
            document = json.loads(block.text)
        except ValueError as error:
            raise Wrong(str(error)) from None
        found = schemas.problems(block.kind, document) if block.kind else ""
        if found:
            raise Wrong(found)

    def _text(self, block: Block) -> None:
        if block.said != "prints" or self.printed is None:
            return
        pattern = ".*?".join(re.escape(part) for part in block.text.strip().split("..."))
        if not re.fullmatch(pattern, "\n".join(line.rstrip() for line in self.printed.strip().splitlines()), re.S):
            raise Wrong(f"prints\n{self.printed}")

    def _run(self, command: List[str], block: Optional[Block] = None) -> None:
        """To a file, not to a pipe: what a block leaves running keeps it open. Blocks whose development providers play a part do without
        DEV_MODE, which would answer in their place."""
        environment = dict(self._environment)
        if any('"dialect": "dev"' in text.replace("\\", "") for text in ([block.text] if block else [one.text for one in self.blocks if one.title])):
            del environment["DEV_MODE"]
        said, told = self.folder / "stdout", self.folder / "stderr"
        with open(said, "wb") as out, open(told, "wb") as err:
            running = subprocess.Popen(command, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True)
            self._groups.add(running.pid)
            try:
                code = running.wait(200)
            except subprocess.TimeoutExpired:
                raise Wrong("did not end in 200 seconds") from None
        self.printed = said.read_text(errors="replace")
        if code != 0:
            raise Wrong(f"exit code {code}\n{self.printed[-2000:]}{told.read_text(errors='replace')[-3000:]}")


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return str(free.getsockname()[1])


def wait_for(port: int) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with socket.socket() as made:
            if made.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise Wrong(f"nothing listens at port {port}")
