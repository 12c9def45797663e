"""One cap over many processes: it is never exceeded, whoever is killed, and nothing stays reserved. GATELET_REQUESTS of them (run-long: 100,000)."""
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections import Counter

import pytest
from conftest import HERE, ROOT, eventually

REQUESTS = int(os.environ.get("GATELET_REQUESTS", "6000"))
WORKERS, THREADS = (8, 4) if REQUESTS > 10_000 else (4, 4)
FAULTS = 50  # of 1000


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    path = str(tmp_path_factory.mktemp("upstream") / "server")
    subprocess.run(["gcc", "-O1", "-g", "-std=gnu11", "-Wall", "-Wextra", "-Werror", os.path.join(ROOT, "Tests/Volume/server.c"), "-o", path, "-lpthread"], check=True)
    return path


@pytest.fixture
def upstream(program):
    """upstream(microseconds): the port of a counting server."""
    made = []

    def make(microseconds=0):
        made.append(subprocess.Popen([program, str(FAULTS), str(microseconds)], stdout=subprocess.PIPE, text=True))
        return int(made[-1].stdout.readline())

    yield make
    for one in made:
        one.kill()
        one.wait()


def seen(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stats") as answer:
        return json.load(answer)


class Crew:
    """Workers that share the requests; some are killed and replaced."""

    def __init__(self, redis, port, rules):
        self.arguments, self.killed, self.statuses = (redis.url, str(port), str(THREADS)), 0, Counter()
        self.rules, share = json.dumps(rules), REQUESTS // WORKERS
        self.workers = [self.start(number * share, share) for number in range(WORKERS)]
        self.spare = REQUESTS

    def start(self, first, count):
        return subprocess.Popen([sys.executable, os.path.join(HERE, "worker.py"), *self.arguments, str(first), str(count), self.rules], stdout=subprocess.PIPE, text=True)

    def kill_one(self):
        """SIGKILL in the middle of its work; another process begins."""
        at = next((at for at, worker in enumerate(self.workers) if worker.poll() is None), None)
        if at is not None:
            self.workers[at].kill()
            self.workers[at].wait()
            self.killed += 1
            self.workers[at] = self.start(self.spare, REQUESTS // WORKERS // 2)
            self.spare += REQUESTS // WORKERS

    def wait(self):
        for worker in self.workers:
            out, _ = worker.communicate(timeout=1800)
            assert worker.returncode == 0
            self.statuses.update(json.loads(out))
        return self.statuses


def counted(redis, counter):
    """What Redis has counted of the one scope there is."""
    key, = redis.cli("KEYS", "*:c:*").split()
    return sum(int(entry.split(":")[1]) for entry in redis.cli("HGET", key, counter).split(";"))


def within_a_day(test):
    """The requests of two days may be twice as many."""
    day = time.time() // 86400
    found = test()
    return found if time.time() // 86400 == day else test()


def nothing_stays_reserved(redis):
    eventually(lambda: ":r:" not in redis.cli("KEYS", "*"))


@pytest.mark.parametrize("kills", [0, 6])
def test_requests_of_a_day(redis, upstream, kills):
    cap = REQUESTS // 4

    def run():
        redis.cli("FLUSHALL")
        port = upstream()
        crew = Crew(redis, port, {"requests_per_day": cap})
        for _ in range(kills):
            time.sleep(0.4)
            crew.kill_one()
        return crew, crew.wait(), seen(port)["requests"], counted(redis, "31")

    crew, statuses, requests, count = within_a_day(run)
    assert requests <= cap and count == cap, (requests, count)
    # Who was killed may have reserved what it did not send any more.
    assert requests >= cap - crew.killed * THREADS
    assert statuses["limited"] > 0
    if not kills:
        assert requests == cap and statuses["limited"] == REQUESTS - cap and sum(statuses.values()) == REQUESTS
    nothing_stays_reserved(redis)


def test_concurrency(redis, upstream):
    """Each answer takes 5 ms, and more threads than may run at a time want one; killed workers block nobody for longer than their lease."""
    port = upstream(5000)
    crew = Crew(redis, port, {"concurrency": 5})
    for _ in range(3):
        time.sleep(1)
        crew.kill_one()
    statuses, found = crew.wait(), seen(port)
    assert found["most"] == 5 and "limited" not in statuses, (found, statuses)
    nothing_stays_reserved(redis)


def test_flushed_in_the_middle(redis, upstream):
    """At most the cap once more."""
    cap = REQUESTS // 4

    def run():
        redis.cli("FLUSHALL")
        port = upstream()
        crew = Crew(redis, port, {"requests_per_day": cap})
        eventually(lambda: seen(port)["requests"] > cap // 2, 120)
        redis.cli("FLUSHALL")
        crew.wait()
        return seen(port)["requests"]

    requests = within_a_day(run)
    assert cap < requests <= 2 * cap
    nothing_stays_reserved(redis)
