"""Limits that hold over threads and queues, and requests that end while they wait for something."""
import threading
import time

import library
import pytest
from conftest import provider
from effects import development, merged
from several import BROKEN, ends, healthy, in_threads, pair, request, silent, started


# ---------------------------------------------------------------- limits

class Counting:
    """Answers after a while and knows how many requests it had at the same time."""

    def __init__(self, seconds):
        self.seconds, self.now, self.most, self.order, self.lock = seconds, 0, 0, [], threading.Lock()

    def __call__(self, handler, seen):
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
            self.order.append(seen.body["user"])
        time.sleep(self.seconds)
        with self.lock:
            self.now -= 1


@pytest.mark.parametrize("most", [1, 3])
def test_concurrency_holds_over_threads(gateway, upstream, most):
    upstream.behave = counting = Counting(0.01)
    client, statuses = gateway({"providers": {"p": {**provider(upstream.url), "limits": {"concurrency": most}}}}), []
    for thread in in_threads(20, lambda number: statuses.append(client.chat("p/m", user=str(number)).status)):
        thread.join(100)
    assert statuses == [0] * 20 and counting.most == most


def test_who_waits_is_served_in_order(gateway, upstream, queue):
    upstream.behave = counting = Counting(0.02)
    client, line = gateway({"providers": {"p": provider(upstream.url)}, "limits": {"client": {"concurrency": 1}}}), queue()
    for number in range(15):
        line.submit(client.client, library.OP_CHAT, request(user=str(number)), number)
    assert [(tag, status) for tag, status, _ in ends(line, 15)] == [(number, 0) for number in range(15)]
    assert counting.order == [str(number) for number in range(15)] and counting.most == 1


def test_the_line_is_bounded(gateway, upstream, queue):
    upstream.behave = counting = Counting(0.1)
    client, line = gateway({"providers": {"p": provider(upstream.url)}, "limits": {"client": {"concurrency": 1}, "queue": 3}}), queue()
    for number in range(10):
        line.submit(client.client, library.OP_CHAT, request(user=str(number)), number)
    found = ends(line, 10)
    assert sorted(tag for tag, status, _ in found if status == 0) == [0, 1, 2, 3]
    assert {status for tag, status, _ in found if tag > 3} == {305} and len(counting.order) == 4


# ---------------------------------------------------------------- cancelling

def test_cancel_while_waiting_for_a_limit(gateway, raw, queue):
    main = raw(silent)
    client, line = gateway({"providers": {"p": provider(main.url)}, "limits": {"client": {"concurrency": 1}}}), queue()
    for number in range(3):
        line.submit(client.client, library.OP_CHAT, request(), number)
    started(main)
    line.cancel(1)
    assert ends(line, 1)[0][:2] == (1, 107)
    main.behave = healthy(main)
    line.cancel(0)
    assert sorted(end[:2] for end in ends(line, 2)) == [(0, 107), (2, 0)] and len(main.arrivals) == 2
    assert main.connections[0].gone.wait(100)


@pytest.mark.parametrize("driver", ["thread", "caller"])
def test_cancel_in_a_backoff(gateway, raw, queue, driver):
    main = raw(lambda connection, _: connection.send(BROKEN) or True)
    client, line = gateway({"providers": {"p": provider(main.url)}, "retry": {"attempts": 3, "backoff_base": 30, "backoff_max": 30}}), queue(driver)
    line.submit(client.client, library.OP_CHAT, request(), 1)
    end = time.monotonic() + 100
    while not main.arrivals and time.monotonic() < end:
        line.next(20)
    line.next(100)
    line.cancel(1)
    tag, status, document = ends(line, 1)[0]
    assert (tag, status, document["end"]) == (1, 107, "cancelled") and len(main.arrivals) == 1
    assert [one["status"] for one in document["gatelet"]["attempts"]] == ["overloaded"]


@pytest.mark.parametrize("operation", [library.OP_CHAT, library.OP_CHAT_STREAM])
def test_cancel_while_hedging(gateway, raw, queue, operation):
    first, second = raw(silent), raw(silent)
    client, line = gateway(pair(provider(first.url), provider(second.url), routing={"hedge": {"delay": 0.05}})), queue()
    line.submit(client.client, operation, request(), 1)
    started(first)
    started(second)
    line.cancel(1)
    tag, status, document = ends(line, 1)[0]
    assert (tag, status) == (1, 107)
    assert first.connections[0].gone.wait(100) and second.connections[0].gone.wait(100)
    assert [one["provider"] for one in document["gatelet"]["attempts"]] == ["p", "q"]


WAITS = {
    "a limit": {"limits": {"client": {"spacing": 60}, "max_wait": 100}},
    "a backoff": {"retry": {"attempts": 3, "backoff_base": 60, "backoff_max": 60}},
    "a hedge": {"routing": {"hedge": {"delay": 0.03}}},
}


@pytest.mark.parametrize("interface", ["blocking", "thread", "caller"])
@pytest.mark.parametrize("name", WAITS)
def test_free_ends_every_wait(gateway, queue, name, interface):
    """Whatever a request waits for, freeing the client ends it with `closed`."""
    slow, client, found = {"first_byte_delay": 60}, None, []
    faults = {"a limit": "ok", "a backoff": 503, "a hedge": slow}[name]
    client = gateway(pair(development(faults=faults), development(faults=faults), **merged(WAITS[name], {"failover": {"overloaded": ["retry"]}})))
    if name == "a limit":
        assert client.chat("p/m").status == 0
    line = None if interface == "blocking" else queue(interface)
    if line:
        line.submit(client.client, library.OP_CHAT, request(), 1)
    ask = (lambda _: found.append(client.chat("p/m").status)) if not line else (lambda _: found.append(ends(line, 1)[0][1]))
    thread = in_threads(1, ask)[0]
    time.sleep(0.15)
    assert found == [] and client.providers("p")["p"]["health"]["in_flight"] == (name == "a hedge")
    client.free()
    client.client = None
    thread.join(100)
    assert found == [108]


@pytest.mark.parametrize("second", ["blocking", "thread", "caller"])
@pytest.mark.parametrize("first", ["blocking", "thread", "caller"])
def test_a_free_slot_wakes_whoever_waits(gateway, queue, first, second):
    """Also when the one who waits is driven by another thread than the one who leaves."""
    client = gateway({"providers": {"p": development(faults={"first_byte_delay": 0.2})}, "limits": {"client": {"concurrency": 1}}})
    ended = {}

    def ask(name, interface):
        if interface == "blocking":
            status = client.chat("p/m").status
        else:
            line = queue(interface)
            line.submit(client.client, library.OP_CHAT, request(), 1)
            until, status = time.monotonic() + 5, None
            while status is None and time.monotonic() < until:  # one long wait: no turn of the loop may hide a lost wake-up
                status = next((event[1] for event in line.next(5000) if event[0] == library.END), None)
        ended[name] = status, time.monotonic()

    threads = []
    start = time.monotonic()
    for name, interface in (("first", first), ("second", second)):
        threads.append(threading.Thread(target=ask, args=(name, interface)))
        threads[-1].start()
        time.sleep(0.05)
    for thread in threads:
        thread.join(100)
    assert [ended[name][0] for name in ("first", "second")] == [0, 0]
    assert ended["second"][1] - start > 0.38 and ended["second"][1] - ended["first"][1] < 2  # one after the other, and nobody overslept
