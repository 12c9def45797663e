"""Replays recorded provider traffic through the installed library and compares what it delivers with what an
independent reader finds in the recordings."""
import collections
import http.client
import json
import os
import pickle
import signal
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(HERE, "..", "Support"))

import compare  # noqa: E402
import driver  # noqa: E402
import exchanges  # noqa: E402
import reader  # noqa: E402
import server  # noqa: E402
from checks import Checks  # noqa: E402

LEAST_CHATS = exchanges.least(95, 3700)
SMALL = 8 << 10  # bodies up to this size also arrive one byte at a time


def expectation_differs(exchange, reading):
    """The reader is held to what the handmade exchanges say themselves."""
    found, expect = [], dict(exchange.expect or {})
    facts = {"text": reading.text, "reasoning": reading.reasoning, "end": reading.end, "status": reading.status,
             "finish_reason": reading.finish_reason, "usage": reading.usage, "chunks": len(reading.chunks),
             "tool_calls": [list(call) for call in reading.tool_calls], "code": reading.code, "message": reading.message,
             "models": reading.models}
    for name, value in expect.items():
        found += compare.differs(f"the reader's {name}", facts[name], value)
    return found


def refused_member(exchange, names, got, expected):
    """A parameter that the recorded answer refuses by its name, in whichever spelling, is left out of a second request, with what belongs to
    it, or has the name there that the answer asks for (docs/requests.md)."""
    if exchange.response["status"] not in (400, 422):
        return False
    answer = exchange.response["bytes"].decode("utf-8", "replace").lower().replace("_", "")
    told = [name for name in names if name.replace("_", "") in answer]
    if sorted(names) == ["max_completion_tokens", "max_tokens"]:
        return told == names and "max_tokens" not in got and got["max_completion_tokens"] == expected["max_tokens"]
    alone = [name for name in names if (name, "logprobs") != ("top_logprobs", names[0])]
    return len(alone) == 1 and alone[0] in told and not set(names) & set(got)


def upstream_differs(exchange, mode, seen, is_again):
    """What the server got against the recorded request: everything but model and stream passes untouched."""
    method, path, headers, body = seen
    if exchange.kind == "models":
        return compare.differs("method", method, "GET") + compare.differs("path", path, "/v1/models")
    paths = {"chat": "/v1/chat/completions", "completion": "/v1/completions", "embeddings": "/v1/embeddings"}
    found = compare.differs("path", path, paths[exchange.kind])
    got, expected = compare.exactly(body), compare.exactly(exchange.request_text.encode("utf-8", "surrogatepass").decode("utf-8", "replace"))
    found += compare.differs("stream sent upstream", got.pop("stream", None) is True, exchange.stream)
    expected.pop("stream", None)
    if expected.get("model") is None:
        expected["model"] = "none"
    if got != expected:
        names = sorted(name for name in set(got) | set(expected) if got.get(name) != expected.get(name))
        if not (is_again and refused_member(exchange, names, got, expected)):
            found.append(f"the request sent upstream differs in {names}")
    return found + compare.differs("key", headers.get("authorization"), "Bearer sk-replay-b5c1d0")


def plan(listing):
    """(name, interface, how many at once, jobs) of each pass."""
    def jobs(mode, interface, fits):
        return [driver.Job(n, e, mode, interface) for n, e in enumerate(listing) if fits(e)]

    def small(e):
        return e.response["bytes"] and len(e.response["bytes"]) <= SMALL

    return [
        ("whole bodies", "queue", 64, jobs("W", "queue", lambda e: True)),
        ("random pieces", "queue", 64, jobs("R", "queue", lambda e: True)),
        ("recorded pieces", "queue", 64, jobs("S", "queue", lambda e: e.response.get("chunk_sizes"))),
        ("blocking calls, random pieces", "call", 6, jobs("R", "call", lambda e: True)),
        ("blocking calls, whole bodies", "call", 6, jobs("W", "call", lambda e: e.own)),
        ("one byte at a time", "queue", 64, jobs("B", "queue", small)),
        ("blocking calls, one byte at a time", "call", 6, jobs("B", "call", lambda e: e.own and small(e))),
    ]


def received(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/received")
    return pickle.loads(connection.getresponse().read())


class Tally:
    def __init__(self, listing):
        self.readings = [reader.read(exchange) for exchange in listing]
        self.listing, self.wrong = listing, collections.defaultdict(list)
        for number, exchange in enumerate(listing):
            self.add(number, "reading: ", expectation_differs(exchange, self.readings[number]))

    def add(self, number, where, sentences):
        self.wrong[number] += [f"{where}{sentence}" for sentence in sentences] if sentences else []
        if not self.wrong[number]:
            del self.wrong[number]

    def run(self, name, interface, width, jobs, port):
        began, done = time.monotonic(), 0
        for job, delivered in driver.run(jobs, port, interface, width):
            done += 1
            sentences = compare.difference(job, delivered, self.readings[job.number])
            self.add(job.number, f"{name}: ", sentences)
        before = set()
        for number, mode, *seen in received(port):
            self.add(number, f"{name}: ", upstream_differs(self.listing[number], mode, seen, number in before))
            before.add(number)
        print(f"  {name}: {done} of {len(jobs)} exchanges in {time.monotonic() - began:.1f} s", flush=True)
        if done != len(jobs):
            self.add(jobs[0].number, f"{name}: ", [f"{len(jobs) - done} exchanges were not run"])


def name_of(exchange):
    return f"{exchange.id} ({exchange.provider}, {exchange.kind})"


def main():
    tests, skips = Checks(), collections.Counter()
    listing = [one for one in [*exchanges.own(), *exchanges.recorded(skips)] if tests.wanted(name_of(one))]
    tally = Tally(listing)
    child, port = server.start([exchange.response for exchange in listing])
    try:
        for name, interface, width, jobs in plan(listing):
            if jobs:
                tally.run(name, interface, width, jobs, port)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return report(tests, tally, skips)


def in_short(sentences):
    """Most differences show in every pass: each is printed once."""
    passes = {}
    for sentence in sentences:
        where, _, what = sentence.partition(": ")
        passes.setdefault(what, []).append(where)
    return "; ".join(f"{what} ({len(set(where))}x, {where[0]})" for what, where in list(passes.items())[:4])


def report(tests, tally, skips):
    kinds = collections.defaultdict(lambda: [0, 0])
    for number, exchange in enumerate(tally.listing):
        name = ("own fixtures" if exchange.own else exchange.kind + (" streams" if exchange.stream else ""))
        kinds[name][0] += 1
        kinds[name][1] += number not in tally.wrong
    for number, exchange in enumerate(tally.listing):
        tests.check(name_of(exchange), in_short(tally.wrong.get(number, [])))
    if len(tally.wrong) > 60:
        print(f"... and {len(tally.wrong) - 60} more: " + " ".join(tally.listing[n].id for n in list(tally.wrong)[60:400]))
    replaced = sum(exchange.repaired_request for exchange in tally.listing)
    for name, (read, equal) in sorted(kinds.items()):
        print(f"{name}: {read} read, {equal} equal")
    print(f"requests that could not be sent as recorded, replaced by a minimal one: {replaced}")
    for reason, count in sorted(skips.items()):
        print(f"skipped: {count} {reason}")
    chats = sum(read for name, (read, _) in kinds.items() if name.startswith("chat"))
    if not tests.only and chats < LEAST_CHATS:
        tests.check("number of chats", f"only {chats} chat records were read; {LEAST_CHATS} must be")
    tests.skipped = sum(skips.values())
    return tests.end()


if __name__ == "__main__":
    if sys.argv[1:] == ["--expected"]:  # what the reader finds, one JSON line per exchange, for other suites
        for one in [*exchanges.own(), *exchanges.recorded(collections.Counter())]:
            reading = reader.read(one)
            print(json.dumps({"id": one.id, "status": reading.status, "end": reading.end, "text": reading.text,
                              "reasoning": reading.reasoning, "tool_calls": reading.tool_calls, "usage": reading.usage,
                              "finish_reason": reading.finish_reason, "chunks": len(reading.chunks)}))
    else:
        sys.exit(main())
