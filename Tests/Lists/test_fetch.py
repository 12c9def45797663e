"""Fetching and keeping: one fetch for all, old lists while fetching, and no bad answer in the place of a good list."""
import json
import os
import threading
import time

import pytest

import library
from conftest import body, config, entries, until

SHORT = {"lists": {"fresh": 0.4, "stale": 60}}


def truncated(handler):
    text = body(entries(50))
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(text)))
    handler.end_headers()
    handler.wfile.write(text[: len(text) // 2])
    handler.close_connection = True


def closed(handler):
    """Ends by closing, in the middle of the text."""
    handler.send_response(200)
    handler.send_header("Connection", "close")
    handler.end_headers()
    handler.wfile.write(body(entries(50))[:3000])
    handler.close_connection = True


def slow(handler, seconds=0.6, text=body(entries(5))):
    time.sleep(seconds)
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(text)))
    handler.end_headers()
    handler.wfile.write(text)


def together(count, work):
    results, threads = [], []
    for _ in range(count):
        threads.append(threading.Thread(target=lambda: results.append(work())))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def test_one_fetch_for_32_threads(server, gateway):
    server.answer = lambda path, number: slow
    client = gateway(config(server))
    results = together(32, client.models)
    assert len(results) == 32 and all(len(result.ids) == 5 for result in results)
    assert len(server.seen) == 1


def test_one_fetch_for_threads_and_queues(server, gateway):
    server.answer = lambda path, number: slow
    client = gateway(config(server))
    queue = library.Queue(json.dumps({"driver": "thread"}))
    for tag in range(5):
        queue.submit(client.client, 6, b"{}", tag)
    assert all(len(result.ids) == 5 for result in together(4, client.models))
    ends = []
    assert until(lambda: [ends.extend(e for e in queue.next(100) or [] if e[0] == 2), len(ends) == 5][1])
    assert all(end[1] == 0 for end in ends), ends
    assert len(server.seen) == 1
    queue.free()


@pytest.mark.parametrize("driver", ["thread", "caller"])
def test_queue(server, gateway, driver):
    client = gateway(config(server))
    queue = library.Queue(json.dumps({"driver": driver}))
    for tag in (1, 2):
        queue.submit(client.client, 6, json.dumps({"fields": "id"}).encode(), tag)
    events = []
    assert until(lambda: [events.extend(queue.next(100) or []), len(events) == 4][1]), events
    answers = [json.loads(event[3]) for event in events if event[0] == 3]
    assert [len(answer["data"]) for answer in answers] == [3, 3]
    assert sorted(event[2] for event in events if event[0] == 2) == [1, 2]
    queue.submit(client.client, 6, b"{}", 3)
    later = []
    assert until(lambda: [later.extend(queue.next(100) or []), len(later) == 2][1])
    assert len(server.seen) <= 2
    queue.free()


def test_a_cancelled_request_leaves_the_others_their_fetch(server, gateway):
    server.answer = lambda path, number: slow
    client = gateway(config(server))
    queue = library.Queue(json.dumps({"driver": "thread"}))
    queue.submit(client.client, 6, b"{}", 7)
    queue.submit(client.client, 6, b"{}", 8)
    time.sleep(0.1)
    queue.cancel(7)
    events = []
    assert until(lambda: [events.extend(e for e in queue.next(100) or [] if e[0] == 2), len(events) == 2][1]), events
    assert {event[2]: event[1] for event in events} == {7: 107, 8: 0}
    queue.free()


def test_old_list_at_once_while_fetched_anew(server, gateway):
    client = gateway(config(server, **SHORT))
    assert len(client.models().ids) == 3
    time.sleep(0.5)
    server.answer = lambda path, number: lambda handler: slow(handler, 0.5)
    answers = [client.models() for _ in range(10)]
    assert all(len(answer.ids) == 3 and answer.list["stale"] for answer in answers)
    assert until(lambda: len(server.seen) == 2)
    assert until(lambda: len(client.models().ids) == 5)
    assert len(server.seen) <= 3


def test_past_the_second_age_a_call_waits(server, gateway):
    client = gateway(config(server, lists={"fresh": 0.1, "stale": 0.2}))
    client.models()
    time.sleep(0.3)
    server.answer = lambda path, number: body(entries(7))
    assert len(client.models().ids) == 7
    assert len(server.seen) == 2


@pytest.mark.parametrize("bad, status", [
    (truncated, 208), (closed, 312), (b"<html>busy</html>", 312), (b'{"data":[]}', 312), (b'{"data":[{"name":"x"},3]}', 312), (b'{"hello":1}', 312),
    ((500, b"{}"), 307), ((401, b'{"error":{"message":"no"}}'), 301), ((429, b"{}"), 305),
    (b'{"error":{"message":"Internal server error","code":500}}', None),
], ids=range(10))
def test_a_bad_answer_changes_nothing(server, gateway, bad, status):
    client = gateway(config(server))
    good = client.models()
    server.answer = lambda path, number: bad
    answer = client.models(fresh=True)
    assert answer.status == 0 and answer.ids == good.ids, answer
    error = answer.answer["errors"][0]
    assert error["provider"] == "p" and (status is None or error["error"]["status"] == status), error
    server.answer = lambda path, number: body(entries(4))
    assert len(client.models(fresh=True).ids) == 4 and client.models().answer["errors"] == []


@pytest.mark.parametrize("bad", [truncated, b"nothing", (500, b"{}"), (404, b"{}")], ids=range(4))
def test_without_a_list_the_failure_is_the_result_and_then_all_is_well(server, gateway, bad):
    client = gateway(config(server))
    server.answer = lambda path, number: bad
    assert client.models().status >= 200
    server.answer = lambda path, number: body(entries(4))
    assert len(client.models().ids) == 4


def test_an_empty_list_is_a_list(server, gateway):
    server.answer = lambda path, number: body([])
    answer = gateway(config(server)).models()
    assert answer.status == 0 and answer.ids == [] and answer.list["count"] == 0


def test_after_a_failure_nobody_asks_again_at_once(server, gateway):
    client = gateway(config(server, lists={"fresh": 0.1, "stale": 0.2}))
    client.models()
    time.sleep(0.3)
    server.answer = lambda path, number: (500, b"{}")
    for _ in range(5):
        answer = client.models()
        assert len(answer.ids) == 3 and answer.list["stale"] and answer.answer["errors"]
    assert len(server.seen) == 2


def test_one_provider_does_not_wait_for_another(server, gateway):
    setting = config(server)
    setting["providers"]["slow"] = {"base_url": "http://127.0.0.1:9/v1", "api_key": "sk-lists-2", "timeouts": {"connect": 1}}
    client = gateway(setting)
    answer = client.models(provider="p")
    assert answer.status == 0 and answer.answer["errors"] == []
    both = client.models()
    assert both.status == 0 and len(both.ids) == 3 and [error["provider"] for error in both.answer["errors"]] == ["slow"]
    assert client.models(provider=["slow"]).status in (201, 203)


def test_free_releases_everyone_who_waits(server, gateway):
    server.answer = lambda path, number: lambda handler: slow(handler, 5)
    client = gateway(config(server))
    results = []
    threads = [threading.Thread(target=lambda: results.append(client.models())) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert until(lambda: len(server.seen) == 1)
    time.sleep(0.3)
    client.client.free()
    for thread in threads:
        thread.join(100)
    assert [result.status for result in results] == [108] * 8, results


def test_pages(server, gateway):
    """Anthropic's way: has_more and last_id."""
    models = entries(25)

    def page(path, number):
        after = path.split("after_id=")[1].split("&")[0].replace("%2F", "/") if "after_id=" in path else None
        start = next(n for n, m in enumerate(models) if m["id"] == after) + 1 if after else 0
        part = models[start:start + 10]
        return json.dumps({"data": part, "has_more": start + 10 < len(models), "first_id": part[0]["id"], "last_id": part[-1]["id"]}).encode()

    server.answer = page
    setting = config(server, **SHORT)
    setting["providers"]["p"]["models"]["map"] = {"paging": {"next": "last_id", "more": "has_more", "query": "after_id", "size": "limit=10"}}
    client = gateway(setting)
    assert client.models().ids == [model["id"] for model in models]
    assert len(server.seen) == 3
    queue = library.Queue(json.dumps({"driver": "thread"}))
    queue.submit(client.client, 6, b'{"fresh":true}', 1)
    events = []
    assert until(lambda: [events.extend(queue.next(100) or []), len(events) == 2][1])
    assert len(json.loads(events[0][3])["data"]) == 25 and len(server.seen) == 6
    queue.free()
    server.answer = lambda path, number: page(path, number) if "after_id" not in path else (500, b"{}")
    answer = client.models(fresh=True)
    assert len(answer.ids) == 25 and answer.answer["errors"], "a list of which a page is missing takes nobody's place"


def test_the_age_is_that_of_the_fetch(server, gateway):
    """Whenever somebody reads what a fetch in the background has brought."""
    client = gateway(config(server, lists={"fresh": 1, "stale": 2.5}))
    client.models()
    time.sleep(1.2)
    server.answer = lambda path, number: body(entries(4))
    assert len(client.models().ids) == 3 and until(lambda: len(server.seen) == 2)
    time.sleep(3)
    server.answer = lambda path, number: body(entries(5))
    answer = client.models()
    assert len(answer.ids) == 5 and len(server.seen) == 3, "what came three seconds ago is older than a list may be"
    time.sleep(1.2)
    client.models()
    time.sleep(1.5)
    answer = client.models()
    assert answer.list["stale"] and answer.list["age"] >= 1, answer.list


@pytest.mark.parametrize("bad", [
    {"data": entries(1), "has_more": True, "last_id": None}, {"data": entries(1), "has_more": True, "last_id": {"a": 1}},
    {"data": [], "has_more": True, "last_id": "x"},
], ids=range(3))
@pytest.mark.parametrize("page", [1, 2])
def test_half_of_a_list_takes_nobodys_place(server, gateway, bad, page):
    setting = config(server)
    setting["providers"]["p"]["models"]["map"] = {"paging": {"next": "last_id", "more": "has_more", "query": "after_id", "size": "limit=2"}}
    first = json.dumps({"data": entries(4)[:2], "has_more": True, "last_id": "z"}).encode()
    server.answer = lambda path, number: json.dumps({"data": entries(4)[2:], "has_more": False}).encode() if "after_id" in path else first
    client = gateway(setting)
    assert len(client.models().ids) == 4
    server.answer = lambda path, number: first if page == 2 and "after_id" not in path else json.dumps(bad).encode()
    answer = client.models(fresh=True)
    assert len(answer.ids) == 4 and answer.list["stale"] and "although more should follow" in json.dumps(answer.answer["errors"]), answer


def test_a_part_is_no_list(server, gateway):
    client = gateway(config(server))
    client.models()
    server.answer = lambda path, number: (206, body(entries(1)))
    assert len(client.models(fresh=True).ids) == 3


def test_an_entry_of_very_many_words(server, gateway):
    """One of more than 64 KB is passed over; a long one is read in little processor time."""
    for words, count in ((4_000, 2), (100_000, 1)):
        server.answer = lambda path, number, words=words: body(entries(1, supported_parameters=[f"word-{n}" for n in range(words)]) + [{"id": "b"}])
        began = time.process_time()
        answer = gateway(config(server)).models()
        assert answer.ids[-1:] == ["b"] and len(answer.ids) == count and time.process_time() - began < 10, time.process_time() - began


def test_several_do_not_wait_again_for_one_that_failed(server, gateway):
    setting = config(server)
    other = type(server)()
    other.answer = lambda path, number: (401, b'{"error":{"message":"bad key"}}')
    setting["providers"]["q"] = {"base_url": other.url, "api_key": "sk-lists-2"}
    client = gateway(setting)
    for _ in range(3):
        answer = client.models()
        assert len(answer.ids) == 3 and [error["provider"] for error in answer.answer["errors"]] == ["q"]
    assert len(other.seen) == 1
    assert client.models(provider="q").status == 301 and len(other.seen) == 2, "who asks for it alone has it asked"
    client.client.reload(json.dumps({"environment": False, **setting}))
    client.models()
    assert len(other.seen) == 3, "a new configuration may have another key"
    other.stop()


def test_pages_of_different_times_are_no_list(server, gateway):
    """What was fetched for nobody is given up when its next page is asked for too late; `fresh` begins with the first page."""
    setting = config(server, lists={"fresh": 0.2, "stale": 60})
    setting["providers"]["p"]["models"]["map"] = {"paging": {"next": "last_id", "more": "has_more", "query": "after_id", "size": "limit=1"}}
    turn = ["a"]

    def page(path, number):
        more = "after_id" not in path
        return json.dumps({"data": [{"id": f"{turn[0]}-{1 if more else 2}"}], "has_more": more, "last_id": "z"}).encode()
    server.answer = page
    client = gateway(setting)
    assert client.models().ids == ["a-1", "a-2"]
    time.sleep(0.4)
    turn[0] = "b"
    assert client.models().ids == ["a-1", "a-2"] and until(lambda: len(server.seen) == 3)
    time.sleep(0.2)
    turn[0] = "c"
    assert client.models(fresh=True).ids == ["c-1", "c-2"]


def test_nobody_else_waits_for_a_long_list(server, gateway):
    """While it is read, providers are told, a new configuration is taken, and the client can be freed."""
    long = body(entries(60_000))
    server.answer = lambda path, number: long
    setting = config(server)
    client = gateway(setting)
    reading = threading.Thread(target=lambda: client.models(limit=1))
    reading.start()
    waits, start = [], time.monotonic()
    while reading.is_alive():
        began = time.monotonic()
        assert client.call("providers", {"provider": "p"}).status == 0
        client.client.reload(json.dumps({"environment": False, **setting}))
        waits.append(time.monotonic() - began)
    assert len(waits) > 3 and max(waits) < (time.monotonic() - start) / 2, (len(waits), max(waits))
    reading = threading.Thread(target=lambda: client.models(fresh=True, limit=1))
    seen = len(server.seen)
    reading.start()
    assert until(lambda: len(server.seen) == seen + 1)
    time.sleep(0.3)
    client.client.free()
    reading.join(100)
    assert not reading.is_alive()


def test_files(tmp_path, gateway):
    file = tmp_path / "models.json"
    file.write_text(json.dumps([{"id": "own/one", "context_length": 9000}]))
    client = gateway({"providers": {"p": {"base_url": "http://127.0.0.1:9/v1", "api_key": "sk-lists-1", "models": {"file": str(file)}}}})
    answer = client.models()
    assert answer.ids == ["own/one"] and answer.list["source"] == "static" and answer.list["count"] == 1
    file.write_text("id,context_length\nown/two,8000\n")
    assert client.models().ids == ["own/one"]
    assert client.models(fresh=True).ids == ["own/two"]
    file.unlink()
    answer = client.models(fresh=True)
    assert answer.ids == ["own/two"] and "models.json" in answer.answer["errors"][0]["error"]["message"]


def test_fork(server, gateway):
    server.answer = lambda path, number: slow
    client = gateway(config(server))
    thread = threading.Thread(target=client.models)
    thread.start()
    assert until(lambda: len(server.seen) == 1)
    child = os.fork()
    if child == 0:
        os._exit(7 if client.models().status == 402 else 8)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    thread.join(10)
    assert len(client.models().ids) == 5


REFUSED = json.dumps({"error": {"message": "Incorrect API key provided", "code": "invalid_api_key"}}).encode()


@pytest.mark.parametrize("status, number, kind", [(401, 301, "auth"), (403, 301, "auth")])
def test_a_refused_key_is_told(server, gateway, status, number, kind):
    """Neither an old list nor the table beside the library hides it; with `stale` they answer."""
    groq = {"base_url": server.url, "api_key": "sk-lists-1"}
    client = gateway({"providers": {"groq": groq, "openai": {"base_url": server.url, "api_key": "sk-lists-2"}}, "log": "off"})
    good = server.answer
    for old in (False, True):
        if old:
            server.answer = good
            assert client.models(provider="groq", fresh=True).status == 0
        server.answer = lambda path, n: (status, REFUSED)
        for _ in range(2):
            refused = client.models(provider="groq", fresh=True)
            assert refused.status == number and refused.error["kind"] == kind and refused.error["http_status"] == status, refused
            assert refused.error["provider_message"] == "Incorrect API key provided" and refused.error["code"] == "invalid_api_key"
        if old:
            assert client.models(provider="groq").error["kind"] == kind, "until it is fetched well again"
            stale = client.models(provider="groq", fresh=True, stale=True)
            assert stale.status == 0 and stale.ids and stale.list["stale"] and stale.answer["errors"][0]["error"]["kind"] == kind, stale
            several = client.models(provider=["groq", "openai"], fresh=True)
            assert several.status == 0 and [one["provider"] for one in several.answer["errors"]] == ["groq", "openai"], several
