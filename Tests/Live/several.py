"""What test_routing.py, test_hooks.py and test_waits.py share: servers that fail, and requests in queues and threads."""
import json
import os
import sys
import threading
import time

import library

sys.path.append(os.path.join(os.path.dirname(__file__), "..", "Failover"))
from upstreams import RawServer, answer, response  # noqa: E402, F401

HELLO = [{"role": "user", "content": "hello there"}]
BROKEN = response(503, {"error": {"message": "not now"}})


def healthy(server):
    return lambda connection, number: answer(connection, server.bodies[number])


def silent(connection, number):
    """Reads the request and says nothing."""


def started(server, count=1, seconds=100):
    """Waits until the server has so many requests."""
    end = time.monotonic() + seconds
    while len(server.arrivals) < count:
        assert time.monotonic() < end, f"{len(server.arrivals)} requests instead of {count}"
        time.sleep(0.005)


def pair(p, q, **config):
    return {"providers": {"p": p, "q": q}, "provider_order": ["p", "q"], "breaker": {"enabled": False}, **config}


def request(model="p/m", **members):
    return json.dumps({"model": model, "messages": HELLO, **members}).encode()


def ends(queue, count, seconds=100):
    """The ENDs of so many requests: (tag, status, document), in the order of their coming."""
    found, until = [], time.monotonic() + seconds
    while len(found) < count:
        assert time.monotonic() < until, f"{len(found)} of {count} ended"
        found += [(event[2], event[1], json.loads(event[3])) for event in queue.next(100) if event[0] == library.END]
    return found


def in_threads(count, function):
    threads = [threading.Thread(target=function, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    return threads
