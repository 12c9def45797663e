"""One measurement: a fresh process on the client's CPU, its one JSON line, and how busy others kept that CPU meanwhile."""
import json
import os
import resource
import subprocess
import time


class CPUs:
    """Upstream on one CPU, client on another; no pinning where there is only one."""

    def __init__(self):
        mine = sorted(os.sched_getaffinity(0))
        self.upstream, self.client = (mine[0], mine[1]) if len(mine) > 1 else (None, None)

    def pin(self, cpu):
        return None if cpu is None else lambda: os.sched_setaffinity(0, {cpu})

    def busy(self):
        """Seconds the client's CPU was busy since boot."""
        if self.client is None:
            return 0.0
        with open("/proc/stat") as f:
            line = next(l for l in f if l.startswith(f"cpu{self.client} "))
        user, nice, system, _, _, irq, softirq = map(int, line.split()[1:8])
        return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def children_cpu():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Mismatch(Exception):
    """A program failed or an answer was not the expected one: the run has failed."""


def run_once(command, environment, cpus, timeout=90):
    began, busy, own = time.monotonic(), cpus.busy(), children_cpu()
    try:
        done = subprocess.run([str(c) for c in command], env={**os.environ, **environment}, capture_output=True, text=True,
                              timeout=timeout, preexec_fn=cpus.pin(cpus.client))
    except subprocess.TimeoutExpired:
        raise Mismatch(f"{command[0]}: no end after {timeout} s") from None
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        raise Mismatch(f"{' '.join(map(str, command))}: exit {done.returncode}: {done.stderr.strip()[-400:]}")
    result = json.loads(lines[-1])
    wall = time.monotonic() - began
    result["foreign"] = round(max(0.0, cpus.busy() - busy - (children_cpu() - own)) / wall, 3)
    result["load1"] = os.getloadavg()[0]
    result["cpu_us"] = (result["user"] + result["sys"]) * 1e6 / max(1, result["units"])
    return result
