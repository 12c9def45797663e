"""Long lists take nobody's time at once: a queue that its caller drives reads and writes them in steps, and no queue in submit. A step has a
millisecond; measured is the processor time of the calling thread, ten times as wide."""
import json
import time

import pytest

import library
from conftest import body, config, entries

MODELS = 20_000
STEP = 0.010


def timed(work):
    start = time.thread_time()
    result = work()
    return time.thread_time() - start, result


class Driver:
    """Submits one list and calls next until its END: what each call took."""

    def __init__(self, client, query, driver="caller"):
        queue = library.Queue(json.dumps({"driver": driver}))
        self.submit, _ = timed(lambda: queue.submit(client.client, 6, json.dumps(query).encode(), 1))
        self.calls, events = [], []
        end = time.monotonic() + 60
        while not any(event[0] == 2 for event in events) and time.monotonic() < end:
            took, batch = timed(lambda: queue.take(0 if driver == "caller" else 1000))
            self.calls.append(took)
            events += queue.events(batch)
        queue.free()
        self.statuses = [event[1] for event in events if event[0] == 2]
        self.answers = [json.loads(event[3]) for event in events if event[0] == 3]


@pytest.fixture
def long_list(server):
    text = body(entries(MODELS))
    server.answer = lambda path, number: text
    return server


@pytest.mark.parametrize("query", [{}, {"view": "gatewayz"}, {"id": "*7*", "fields": ["id"]}])
def test_a_fetched_list_is_read_answered_and_kept_in_steps(long_list, gateway, tmp_path, query):
    done = Driver(gateway(config(long_list, cache_dir=str(tmp_path))), query)
    assert done.statuses == [0] and len(done.answers[0]["data"]) == (MODELS if "id" not in query else sum("7" in f"model-{n}" for n in range(MODELS)))
    assert len([took for took in done.calls if took < STEP]) > 1000
    # What comes from the network is taken as it comes; behind that, nothing is done at once.
    assert max(done.calls[-500:]) < STEP and done.submit < STEP
    assert [p.name for p in tmp_path.iterdir()] == ["p.models.json"]


@pytest.mark.parametrize("driver", ["caller", "thread"])
def test_a_copy_on_disk_is_not_read_by_submit(long_list, gateway, tmp_path, driver):
    setting = config(long_list, cache_dir=str(tmp_path))
    first = gateway(setting).models()
    done = Driver(gateway(setting), {}, driver)
    assert done.statuses == [0] and done.answers[0]["data"] == first.answer["data"] and done.answers[0]["lists"][0]["source"] == "disk"
    assert len(long_list.seen) == 1 and done.submit < STEP
    if driver == "caller":
        assert len(done.calls) > 1000 and max(done.calls) < STEP


def test_a_list_that_came_in_the_background_is_not_read_by_submit(long_list, gateway):
    client = gateway(config(long_list, lists={"fresh": 0}))
    assert len(client.models().ids) == MODELS
    client.models()  # answers with the old one, and has it fetched again
    while len(long_list.seen) < 2:
        time.sleep(0.02)
    time.sleep(1)
    done = Driver(client, {"limit": 1}, "thread")
    assert done.statuses == [0] and done.submit < STEP


def test_a_queue_that_is_freed_in_the_middle_leaves_no_half_file(long_list, gateway, tmp_path):
    client = gateway(config(long_list, cache_dir=str(tmp_path)))
    queue = library.Queue(json.dumps({"driver": "caller"}))
    queue.submit(client.client, 6, b"{}", 1)
    end = time.monotonic() + 60
    while not list(tmp_path.iterdir()) and time.monotonic() < end:
        assert not queue.next(0)
    assert [p.name for p in tmp_path.iterdir()] != ["p.models.json"], "it is being written"
    queue.free()
    assert not list(tmp_path.iterdir())
    assert len(client.models(limit=1).ids) == 1
