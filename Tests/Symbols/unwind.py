"""Prints the functions of a library that its unwind tables leave out: unwind.py <library> <its debug file>."""
import bisect
import re
import subprocess
import sys


def lines(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


library, debug = sys.argv[1:]
frames = sorted((int(m[1], 16), int(m[2], 16)) for line in lines("readelf", "--debug-dump=frames,no-follow-links", library)
                if (m := re.search(r"FDE .*pc=([0-9a-f]+)\.\.([0-9a-f]+)", line)))
starts = [start for start, _ in frames]


def covered(address):
    at = bisect.bisect_right(starts, address) - 1
    return at >= 0 and address < frames[at][1]


# What the compiler's start files bring along has no tables and calls nothing of ours.
START = {"_init", "_fini", "deregister_tm_clones", "register_tm_clones", "__do_global_dtors_aux", "frame_dummy", "call_weak_fn"}
functions = [(int(p[0], 16), p[3]) for p in map(str.split, lines("nm", "-S", "--defined-only", debug)) if len(p) == 4 and p[2] in "tT"]
left_out = sorted({name for address, name in functions if name not in START and not covered(address)})
if len(functions) < 500:
    print(f"only {len(functions)} functions in {debug}")
if left_out:
    print(f"{len(left_out)} of {len(functions)} functions:", *left_out[:10])
