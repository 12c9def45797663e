"""The cache of answers: a hit is what the miss was, costs nothing and asks nobody; no tag gets another's."""
import json
import random
import threading
import time
from ctypes import byref, c_char_p, c_int32, c_void_p

import library
import pytest
from live import KEY, provider
from upstreams import answer, response, stream

lib = library.lib
lib.gatelet_stats.restype, lib.gatelet_stats.argtypes = c_int32, [c_void_p, c_char_p, c_void_p, c_void_p]
QUIET = {"retry": {"attempts": 0}, "log": "off", "breaker": {"enabled": False}}
PRICES = {"known_models": {"m": {"pricing": {"prompt": "0.001", "completion": "0.002"}}}}
USAGE = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}


def chat(text="hello", **members):
    return {"model": "main/m", "messages": [{"role": "user", "content": text}], **members}


def whole(number, finish="stop", **members):
    return {"id": f"c{number}", "object": "chat.completion", "model": "m", "usage": USAGE,
            "choices": [{"index": 0, "message": {"role": "assistant", "content": f"answer {number}"}, "finish_reason": finish}], **members}


def pieces(number, finish="stop", end=True):
    def one(delta, reason=None, **members):
        return json.dumps({"id": f"c{number}", "object": "chat.completion.chunk", "model": "m", **members,
                           "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]})
    chunks = [one({"role": "assistant", "content": ""}), one({"content": "an"}), one({"content": f"swer {number}"}), one({}, finish)]
    chunks.append(json.dumps({"id": f"c{number}", "object": "chat.completion.chunk", "model": "m", "choices": [], "usage": USAGE}))
    return stream(*chunks, "[DONE]") if end else stream(*chunks[:-1])


class Counting:
    """Answers each request with a number of its own, as `make(number, body)` says."""

    def __init__(self, raw, make=None):
        self.make = make or (lambda number, body: pieces(number) if body.get("stream") else response(200, whole(number)))
        self.lock, self.count = threading.Lock(), 0
        self.server = raw(self.behave)

    def behave(self, connection, number):
        with self.lock:
            self.count += 1
            mine = self.count
        connection.send(self.make(mine, self.server.bodies[number]))
        return True


@pytest.fixture
def upstream(raw):
    return lambda make=None: Counting(raw, make)


@pytest.fixture
def cached(gateway):
    """cached(upstream, cache): a client whose provider `main` is there."""
    return lambda upstream, cache=None, main=None, **config: gateway(
        {"providers": {"main": {**provider(upstream.server.url), **PRICES, **(main or {})}}, "cache": {} if cache is None else cache, **QUIET, **config})


def stats(client, **query):
    text = c_void_p()
    assert lib.gatelet_stats(client.client.handle, json.dumps(query).encode(), byref(text), None) == 0
    return json.loads(library._string(text))


def ask(client, request=None, tag="a", name="chat", **options):
    return client.call(name, request or chat(), {**({"tag": tag} if tag else {}), **options})


def told(outcome):
    return (outcome.end or outcome.answer)["gatelet"]


def without(answer, *names):
    return {name: value for name, value in answer.items() if name not in ("gatelet", *names)}


def test_a_hit_is_what_the_miss_was_and_costs_nothing(cached, upstream):
    server = upstream()
    client = cached(server)
    first, again = ask(client), ask(client)
    assert server.count == 1 and first.content == "answer 1" and without(first.answer) == without(again.answer)
    assert "cache" not in told(first) and told(first)["cost"]["total"] == "0.011"
    hit = told(again)
    assert hit["cache"]["hit"] is True and 0 <= hit["cache"]["age_s"] < 60 and hit["cache"]["saved"] == "0.011", hit
    assert hit["cost"]["total"] == "0" and hit["attempts"][0]["cached"] is True and "key" not in hit["attempts"][0], hit
    found = stats(client)
    assert found["cache"]["hits"] == 1 and found["cache"]["misses"] == 1 and found["cache"]["stored"] == found["cache"]["entries"] == 1, found["cache"]
    assert found["cache"]["saved"] == "0.011" and 256 < found["cache"]["bytes"] < 4096
    assert found["total"]["requests"] == 2 and found["total"]["attempts"] == 1 and found["total"]["cache_hits"] == 1 and found["total"]["cost"]["known"] == "0.011"


def test_a_stream_comes_again_with_its_chunks(cached, upstream):
    server = upstream()
    client = cached(server)
    first, again = (ask(client, name="stream") for _ in range(2))
    assert server.count == 1 and first.text == "answer 1" and [chunk[0] for chunk in first.chunks] == [chunk[0] for chunk in again.chunks]
    assert told(again)["cache"]["saved"] == "0.011" and without(first.answer) == without(again.answer) and first.end["usage"] == again.end["usage"]
    assert ask(client).content == "answer 2"  # what was asked is not the same


def events(client, request, options, operation=None):
    queue = library.Queue()
    queue.submit(client.client, operation or library.OP_CHAT_STREAM, json.dumps(request).encode(), 7, json.dumps(options).encode())
    found = []
    while not found or found[-1][0] != library.END:
        found += queue.next(20_000)
    queue.free()
    return found


def test_queues_get_hits_too(cached, upstream):
    server = upstream()
    client = cached(server)
    for operation, request in ((library.OP_CHAT, chat()), (library.OP_CHAT_STREAM, chat())):
        first, again = (events(client, request, {"tag": "a"}, operation) for _ in range(2))
        assert json.loads(again[-1][3])["gatelet"]["cache"]["hit"] is True
        assert [(one[0], one[1], one[4]) for one in first[:-1]] == [(one[0], one[1], one[4]) for one in again[:-1]]
    assert server.count == 2


def test_surfaces_and_embeddings_get_hits_too(cached, upstream):
    def make(number, body):
        if "input" in body:
            return response(200, {"object": "list", "model": "m", "usage": {"prompt_tokens": 2, "total_tokens": 2},
                                  "data": [{"object": "embedding", "index": 0, "embedding": [0.5, number]}]})
        return pieces(number) if body.get("stream") else response(200, whole(number))
    server = upstream(make)
    client = cached(server)
    for name, request in (("messages", chat(max_tokens=9)), ("responses", {"model": "main/m", "input": "hello"}), ("embeddings", {"model": "main/m", "input": "x"})):
        before = server.count
        first, again = (ask(client, request, name=name) for _ in range(2))
        assert first.status == again.status == 0 and server.count == before + 1, (name, first, again)
        assert told(again)["cache"]["hit"] is True
        volatile = ("id", "created_at", "completed_at") if name == "responses" else ()
        assert json.dumps(without(first.answer, *volatile)).replace("msg_", "") and [
            without(first.answer, *volatile, "output")] == [without(again.answer, *volatile, "output")], name


def test_no_tag_gets_what_another_was_answered(cached, upstream):
    server = upstream()
    client = cached(server)
    contents = [ask(client, tag=tag).content for tag in ("a", "b", "a/b", "a", "b", "A", "a ")]
    assert contents == ["answer 1", "answer 2", "answer 3", "answer 1", "answer 2", "answer 4", "answer 5"]
    assert [ask(client, tag=None).content for _ in range(2)] == ["answer 6", "answer 7"]           # no tag: no cache
    body = chat(gatelet={"tag": "a"})
    assert [ask(client, body, tag=None).content for _ in range(2)] == ["answer 8", "answer 9"]     # a body's tag is nobody's word
    shared = cached(server, {"shared": True})
    assert [ask(shared, tag=tag).content for tag in (None, "a", None, "a", "shared")] == ["answer 10", "answer 11", "answer 10", "answer 11", "answer 12"]


def test_all_that_reaches_the_model_is_in_the_key(cached, upstream):
    server = upstream()
    client = cached(server, main={"allow_headers": ["x-lab"], "allow_query": ["v"]})
    requests = [(chat(), {}), (chat("hello "), {}), (chat(temperature=0), {}), (chat(seed=1), {}), (chat(seed=2), {}), (chat(model="main/other"), {}),
                (chat(), {"headers": {"x-lab": "1"}}), (chat(), {"headers": {"x-lab": "2"}}), (chat(), {"query": {"v": "1"}}), (chat(user="u"), {})]
    first = [ask(client, request, **options).content for request, options in requests]
    assert first == [f"answer {number}" for number in range(1, len(requests) + 1)]
    assert [ask(client, request, **options).content for request, options in requests] == first and server.count == len(requests)


@pytest.mark.parametrize("made", [
    lambda number, body: response(200, whole(number, finish="length")), lambda number, body: response(200, whole(number, finish="content_filter")),
    lambda number, body: response(500, {"error": {"message": "no"}}), lambda number, body: response(200, whole(number, error={"message": "late", "code": 502})),
    lambda number, body: response(200, {**whole(number), "choices": []}), lambda number, body: pieces(number, finish="length"),
    lambda number, body: pieces(number, finish=None, end=False), lambda number, body: response(200, whole(number, finish=None)),
])
def test_what_is_not_a_whole_answer_is_not_kept(cached, upstream, made):
    for name in ("stream",) if b"event-stream" in made(1, {}) else ("chat",):
        server = upstream(made)
        client = cached(server)
        for _ in range(2):
            ask(client, name=name)
        assert server.count == 2 and stats(client)["cache"]["entries"] == 0


def test_a_stream_that_was_cancelled_is_not_kept(cached, upstream):
    server = upstream()
    client = cached(server)
    request = json.dumps(chat()).encode()
    status = lib.gatelet_call(client.client.handle, library.OPERATIONS["stream"], request, b'{"tag": "a"}', library.EVENT_FN(lambda event, _: 1), None, None, None)
    assert status == 107
    assert ask(client, name="stream").text == "answer 2" and stats(client)["cache"]["entries"] == 1


def test_what_follows_a_failed_tool_is_not_kept(cached, upstream):
    server = upstream()
    client = cached(server)
    tools = [{"role": "assistant", "content": None, "tool_calls": [{"id": "t", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}]
    bad = {**chat(), "messages": [*chat()["messages"], *tools, {"role": "tool", "tool_call_id": "t", "content": "x", "is_error": True}]}
    assert [ask(client, bad).content for _ in range(2)] == ["answer 1", "answer 2"]


def test_modes_and_ages(cached, upstream):
    server = upstream()
    client = cached(server)

    def mode(word, **more):
        return ask(client, cache={"mode": word, **more}).content
    assert [mode("off"), mode("read_only"), mode("read_only"), mode("write_only"), mode("read_only"), mode("write_only"), mode("on"), mode("off")] == [
        "answer 1", "answer 2", "answer 3", "answer 4", "answer 4", "answer 5", "answer 5", "answer 6"]
    time.sleep(0.3)
    assert mode("on", max_age=0.2) == "answer 7" and mode("on", max_age=60) == "answer 7"
    # Bodies do with less, not with more.
    body = chat(gatelet={"cache": {"mode": "off"}})
    assert ask(client, body).content == "answer 8"
    off = cached(server, {"mode": "off"})
    clamped = [ask(off, chat(gatelet={"cache": {"mode": "on"}})) for _ in range(2)]
    assert [one.content for one in clamped] == ["answer 9", "answer 10"] and told(clamped[0])["warnings"][0]["path"] == "gatelet.cache.mode"
    assert [ask(off, cache={"mode": "on"}).content for _ in range(2)] == ["answer 11", "answer 11"]
    lifted = [ask(off, chat("new", gatelet={"cache": {"mode": "on"}}), request_extensions="all").content for _ in range(2)]
    assert lifted == ["answer 12", "answer 12"]
    short = cached(server, {"ttl": 0.2})
    assert ask(short).content == ask(short).content == "answer 13"
    time.sleep(0.3)
    assert ask(short).content == "answer 14"


def test_bytes_are_bounded_and_what_is_used_stays(cached, upstream):
    server = upstream(lambda number, body: response(200, whole(number, filler="x" * (200_000 if body["messages"][0]["content"] == "large" else 8000))))
    client = cached(server, {"max_bytes": 65536, "max_entry_bytes": 100_000})
    for number in range(40):
        ask(client, chat(f"t{number}"))
        assert ask(client, chat("t0")).content == "answer 1"
        found = stats(client)["cache"]
        assert found["bytes"] <= 65536 and found["entries"] <= 8
    assert found["evicted"] == 40 - found["entries"] and server.count == 40
    assert [ask(client, chat("large")).status for _ in range(2)] == [0, 0] and server.count == 42
    off = json.dumps({"environment": False, "providers": {"main": provider(server.server.url)}, "log": "off"}).encode()
    lib.gatelet_reload.restype, lib.gatelet_reload.argtypes = c_int32, [c_void_p, c_char_p, c_void_p]
    assert lib.gatelet_reload(client.client.handle, off, None) == 0
    assert ask(client, chat("t0")).content == "answer 43" and "cache" not in stats(client)


def test_a_hit_needs_neither_keys_nor_limits_nor_a_provider_that_is_up(cached, upstream):
    server = upstream()
    client = cached(server, limits={"client": {"requests_per_day": 1}, "wait": False})
    assert ask(client, chat(max_tokens=50)).content == "answer 1" and ask(client, chat("other")).status == 305
    server.server.stop()
    assert [ask(client, chat(max_tokens=50), max_cost=cost).content for cost in ("10", "0")] == ["answer 1"] * 2


def together(client, count, request=None, tags=("a",), name="chat"):
    outcomes = []
    threads = [threading.Thread(target=lambda tag: outcomes.append(ask(client, request, tag=tag, name=name)), args=(tags[number % len(tags)],)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return outcomes


@pytest.mark.parametrize("name", ["chat", "stream"])
def test_of_equal_requests_at_the_same_time_one_is_sent(cached, upstream, name):
    def slow(number, body):
        time.sleep(0.3)
        return pieces(number) if body.get("stream") else response(200, whole(number))
    server = upstream(slow)
    assert len({one.text or one.content for one in together(cached(server), 5, name=name)}) == server.count == 5
    server = upstream(slow)
    outcomes = together(cached(server, {"single_flight": True}), 9, name=name)
    assert server.count == 1 and [one.text or one.content for one in outcomes] == ["answer 1"] * 9
    assert sorted("cache" in told(one) for one in outcomes) == [False] + [True] * 8
    server = upstream(slow)
    outcomes = together(cached(server, {"single_flight": True}), 8, tags="ab", name=name)
    assert server.count == 2 and all(one.status == 0 for one in outcomes)


@pytest.mark.parametrize("made", [lambda number: response(500, {"error": {"message": "no"}}), lambda number: response(200, whole(number, finish="length"))])
def test_when_the_first_of_equal_requests_fails_the_others_go_on_by_themselves(cached, upstream, made):
    def first_is_bad(number, body):
        time.sleep(0.3)
        return made(number) if number == 1 else response(200, whole(number))
    server = upstream(first_is_bad)
    outcomes = together(cached(server, {"single_flight": True}), 5)
    assert len(outcomes) == 5 and sum(one.status == 0 and one.content != "answer 1" for one in outcomes) == 4, outcomes


def test_who_waits_for_an_equal_request_can_go(cached, upstream):
    """Cancelled, or out of time, while the first one is still under way."""
    def slow(number, body):
        time.sleep(1.5)
        return response(200, whole(number))
    server = upstream(slow)
    client = cached(server, {"single_flight": True})
    leader = threading.Thread(target=ask, args=(client,))
    leader.start()
    while not server.count:
        time.sleep(0.01)
    queue = library.Queue()
    queue.submit(client.client, library.OP_CHAT, json.dumps(chat()).encode(), 1, b'{"tag": "a"}')
    queue.submit(client.client, library.OP_CHAT, json.dumps(chat()).encode(), 2, b'{"tag": "a", "timeouts": {"total": 0.3}}')
    queue.cancel(1)
    ends = {}
    while len(ends) < 2:
        ends.update({event[2]: event[1] for event in queue.next(10_000) if event[0] == library.END})
    assert ends == {1: 107, 2: library_status("timeout_total")}, ends
    leader.join()
    queue.free()
    assert ask(client).content == "answer 1"


def library_status(name):
    lib.gatelet_status_name.restype, lib.gatelet_status_name.argtypes = c_char_p, [c_int32]
    return next(number for number in range(400) if (lib.gatelet_status_name(number) or b"").decode() == name)


def test_a_client_without_it_keeps_nothing(cached, upstream):
    server = upstream()
    client = cached(server, False)
    assert [ask(client, cache={"mode": "on"}).content for _ in range(2)] == ["answer 1", "answer 2"] and "cache" not in stats(client)


def test_random_traffic_gets_the_same_answers_with_and_without(cached, upstream):
    """Answers depend on nothing but the request here, so a cache must change none; every answer names the tag it was made for."""
    def make(number, body):
        text = body["messages"][0]["content"]
        if text.endswith("fails"):
            return response(500, {"error": {"message": "no"}})
        made = whole(0)
        made["choices"][0]["message"]["content"] = text
        made["choices"][0]["finish_reason"] = "length" if text.endswith("cut") else "stop"
        return stream(json.dumps({"id": "s", "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]}),
                      json.dumps({"id": "s", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}), "[DONE]") if body.get("stream") else response(200, made)
    server, dice = upstream(make), random.Random(7)
    kept, plain = cached(server, {"max_bytes": 65536}), cached(server, False)
    wrong, traffic = [], [(dice.choice("abc"), dice.choice(["x", "y", "z", "cut", "fails"]), dice.choice(["chat", "stream"]), dice.choice([0, 0, 1]))
                          for _ in range(600)]

    def run(part):
        for tag, text, name, heat in part:
            request = chat(f"{tag} {text}", temperature=heat)
            found, other = ask(kept, request, tag=tag, name=name), ask(plain, request, tag=tag, name=name)
            same = (found.status, found.text, found.answer and found.answer["choices"]) == (other.status, other.text, other.answer and other.answer["choices"])
            if not same or found.status == 0 and f"{tag} {text}" not in json.dumps(found.answer):
                wrong.append((found, other))
    threads = [threading.Thread(target=run, args=(traffic[number::4],)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong, wrong[:2]
    found = stats(kept)["cache"]
    assert found["hits"] > 200 and found["bytes"] <= 65536
