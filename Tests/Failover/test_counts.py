"""Every kind of what is no answer: who answers instead, what breaker and statistics count, and how it ends; in each operation, before
the first word, after it, and behind the end."""
import json

import pytest
from live import provider
from test_classes import health, stats
from test_judge import DOCUMENTS, ROLE, STOP, SHAPES, WORD, blocking, choice, chunk
from upstreams import STREAM_HEAD, always, response, stream

REQUESTS = {"chat": {"messages": [{"role": "user", "content": "hi"}]}, "completion": {"prompt": "hi"}, "embeddings": {"input": "hi"}}


def closing(data):
    def behave(connection, _):
        connection.send(data)
        connection.close()
    return behave


def broken(*datas):
    """A stream whose connection ends in the middle."""
    return closing(stream(*datas)[:-5])


def text(*members):
    """Chunks of a text completion."""
    return [json.dumps({"id": "x", "object": "text_completion", "model": "m", "choices": [{"index": 0, "text": word, "finish_reason": finish}]}) for word, finish in members]


NO_FINISH = blocking({"content": ""})
ERROR = {"error": {"message": "it broke"}}
PAGE = "<html><title>it broke</title></html>"

# operation; what main does; the class of it (None: whatever is told); whether its breaker counts it (None: as its class does)
BEFORE = {
    "nothing": ("chat", always(response(200, NO_FINISH)), "empty", True),
    "nothing and a finish reason": ("chat", always(response(200, blocking({"content": None}, "stop"))), "empty", False),
    "no choices": ("chat", always(response(200, {"choices": []})), "empty", True),
    "no body": ("chat", always(response(200, "")), "empty", True),
    "a finish reason that means failure": ("chat", always(response(200, blocking({"content": ""}, "network_error"))), "unavailable", True),
    "one for a call that is none": ("chat", always(response(200, blocking({"content": ""}, "malformed_function_call"))), "bad_response", False),
    "an error in a choice": ("chat", always(response(200, {"choices": [{"index": 0, "error": {"code": 502, "message": "it broke"}}]})), "unavailable", True),
    "a worker that died": ("chat", always(response(200, {"success": False, "code": 500, "msg": "worker died"})), "server", True),
    "a page": ("chat", always(response(200, PAGE, "text/html")), "bad_response", True),
    "broken JSON": ("chat", always(response(200, '{"choices":[{')), "bad_response", True),
    "half an answer": ("chat", closing(response(200, blocking({"content": "Main"}, "stop"))[:-9]), "truncated", True),
    "a refusal inside 200": ("chat", always(response(200, {"error": {"message": "slow down", "type": "rate_limit_error"}})), "rate_limit", False),
    "no money inside 200": ("chat", always(response(200, {"base_resp": {"status_code": 1008, "status_msg": "no balance"}})), "funds", False),
    "a completion of nothing": ("completion", always(response(200, {"choices": [{"index": 0, "text": ""}]})), "empty", True),
    "an error instead of a completion": ("completion", always(response(200, {"detail": "it broke"})), "server", True),
    "too few vectors": ("embeddings", always(response(200, {"data": []})), "bad_response", True),
    "an empty vector": ("embeddings", always(response(200, {"data": [{"index": 0, "embedding": []}]})), "bad_response", True),
    "an error beside vectors": ("embeddings", always(response(200, {"data": [{"index": 0, "embedding": [1]}], **ERROR})), "server", True),
    "a stream of nothing": ("stream", always(stream(ROLE, "[DONE]")), "empty", True),
    "a stream of nothing and a finish reason": ("stream", always(stream(ROLE, STOP, "[DONE]")), "empty", False),
    "no chunk": ("stream", always(stream("[DONE]")), "empty", True),
    "a stream that ends with failure": ("stream", always(stream(ROLE, chunk(choice(finish="error")), "[DONE]")), "unavailable", True),
    "a stream without end": ("stream", always(stream(ROLE)), "truncated", True),
    "a stream that breaks": ("stream", broken(ROLE), "truncated", True),
    "a document for a stream": ("stream", always(response(200, ERROR)), "server", True),
    "a page for a stream": ("stream", always(response(200, PAGE, "text/html")), "bad_response", True),
    "broken JSON in a stream": ("stream", always(stream(ROLE, "{", "[DONE]")), "bad_response", True),
    "a completion stream of nothing": ("completion_stream", always(stream(*text(("", None)), "[DONE]")), "empty", True),
    "an error in a completion stream": ("completion_stream", always(stream(*text(("", None)), json.dumps(ERROR), "[DONE]")), "server", True),
}
BEFORE |= {f"document {number}": ("chat", always(response(200, document)), None, None) for number, document in enumerate(DOCUMENTS)}
BEFORE |= {f"shape {number}": ("stream", always(stream(ROLE, shape, "[DONE]")), None, None) for number, shape in enumerate(SHAPES)}

AFTER = {
    "a finish reason that means failure": (always(stream(ROLE, WORD, chunk(choice(finish="insufficient_system_resource")), "[DONE]")), "overloaded", "error"),
    "broken JSON": (always(stream(ROLE, WORD, '{"choices"', STOP, "[DONE]")), "bad_response", "error"),
    "a stream without end": (always(stream(ROLE, WORD)), "truncated", "truncated"),
    "a stream that breaks": (broken(ROLE, WORD), "truncated", "truncated"),
    "one of two choices": (broken(chunk(choice({"content": "Main"})), chunk(choice({"content": "x"}, "stop", index=1))), "truncated", "truncated"),
    "a last event that was cut off": (always(STREAM_HEAD + b"content-length: %d\r\n\r\n" % (len(WORD) + 20) + f"data: {WORD}\n\ndata: {STOP}".encode()[:len(WORD) + 20]),
                                      "truncated", "truncated"),
}
AFTER |= {f"shape {number}": (always(stream(ROLE, WORD, shape, STOP, "[DONE]")), None, "error") for number, shape in enumerate(SHAPES)}


def client_of(gateway, main, spare, **config):
    return gateway({"providers": {"main": provider(main.url), "spare": provider(spare.url)}, "provider_order": ["main", "spare"],
                    "retry": {"attempts": 0}, "log": "off", **config})


def ask(client, operation, **members):
    request = {"model": "main/m", **REQUESTS[{"stream": "chat", "completion_stream": "completion"}.get(operation, operation)]}
    return client.call(operation, {**request, **members})


def figures(client):
    told = stats(client)
    return [told[name] for name in ("requests", "successes", "fallbacks", "attempts", "failed_attempts")], told["errors"]


def counted_by_breaker(kind):
    return kind in ("server", "unavailable", "overloaded", "bad_response", "truncated")


@pytest.mark.parametrize("operation, behave, kind, counts", BEFORE.values(), ids=BEFORE)
def test_the_next_one_answers(gateway, raw, spare, operation, behave, kind, counts):
    main = raw(behave)
    client = client_of(gateway, main, spare)
    outcome = ask(client, operation)
    assert outcome.status == 0 and len(main.arrivals) == len(spare.seen) == 1, outcome
    (first, second) = outcome.answer["gatelet"]["attempts"]
    kind = kind or first["status"]
    counts = counted_by_breaker(kind) if counts is None else counts
    assert (first["provider"], first["status"]) == ("main", kind) and (second["provider"], second["status"]) == ("spare", "ok"), outcome
    if operation.endswith("stream"):
        assert outcome.end["end"] == "finished" and outcome.end["error"] is None
        assert operation != "stream" or outcome.text == "Hello"
    assert health(client)["failures"] == (1 if counts else 0)
    assert figures(client) == ([1, 1, 1, 2, 1], {kind: 1})

    alone = client_of(gateway, main, spare)
    outcome = ask(alone, operation, gatelet={"provider": "main"})
    assert outcome.status != 0 and outcome.error["kind"] == kind, outcome
    if operation.endswith("stream"):
        assert outcome.end["end"] == ("truncated" if kind == "truncated" else "error") and outcome.end["error"]["kind"] == kind, outcome
    assert figures(alone) == ([1, 0, 0, 1, 1], {kind: 1})


@pytest.mark.parametrize("behave, kind, end", AFTER.values(), ids=AFTER)
def test_nobody_else_is_asked_after_the_first_word(gateway, raw, spare, behave, kind, end):
    main = raw(behave)
    client = client_of(gateway, main, spare)
    outcome = ask(client, "stream", n=2) if kind == "truncated" else ask(client, "stream")
    assert outcome.status != 0 and outcome.text == "Main" and spare.seen == [], outcome
    assert outcome.end["end"] == end and outcome.end["error"]["kind"] == outcome.error["kind"] == (kind or outcome.error["kind"])
    kind = outcome.error["kind"]
    assert health(client)["failures"] == (1 if counted_by_breaker(kind) else 0)
    assert figures(client) == ([1, 0, 0, 1, 1], {kind: 1})


@pytest.mark.parametrize("shape", SHAPES)
def test_a_whole_answer_counts_as_one(gateway, raw, spare, shape):
    client = client_of(gateway, raw(always(stream(ROLE, WORD, STOP, shape, "[DONE]"))), spare)
    outcome = ask(client, "stream")
    assert outcome.status == 0 and outcome.end["end"] == "finished" and outcome.end["gatelet"]["late_error"] and spare.seen == [], outcome
    assert health(client)["failures"] == 0 and figures(client) == ([1, 1, 0, 1, 0], {})
