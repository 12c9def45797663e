"""The option `raw`: what the provider said, as it came, beside what is made of it."""
import json

import pytest
from live import KEY, provider
from test_choices import ERROR, always
from test_fetch import chunked
from upstreams import completion, response

ANTHROPIC = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [{"type": "text", "text": "Hi"}], "stop_reason": "end_turn", "stop_sequence": None,
             "usage": {"input_tokens": 3, "output_tokens": 1}, "odd": {"of": ["anthropic"]}}
GEMINI = {"candidates": [{"content": {"role": "model", "parts": [{"text": "Hi"}]}, "finishReason": "STOP", "index": 0, "odd": 1}],
          "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 1, "totalTokenCount": 4}, "modelVersion": "m", "responseId": "r"}
OPENAI = {**completion("Hi"), "odd": {"of": ["openai"]}}
BODIES = {"openai": OPENAI, "anthropic": ANTHROPIC, "gemini": GEMINI}
STREAMS = {
    "openai": [{"id": "x", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]},
               {"id": "x", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": "Hi"}, "odd": 1}]},
               {"id": "x", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
               {"id": "x", "object": "chat.completion.chunk", "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 1}}, "[DONE]"],
    "anthropic": [{"type": "message_start", "message": {**ANTHROPIC, "content": [], "stop_reason": None}}, {"type": "ping"},
                  {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}, {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi"}},
                  {"type": "news_of_tomorrow", "x": [1]}, {"type": "content_block_stop", "index": 0}, {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": {"output_tokens": 1}},
                  {"type": "message_stop"}],
    "gemini": [{"candidates": [{"content": {"role": "model", "parts": [{"text": "Hi"}]}, "index": 0}]}, GEMINI | {"candidates": [{"finishReason": "STOP", "index": 0}]}],
}
dialects = pytest.mark.parametrize("dialect", BODIES)


def events(dialect, list_of=None):
    lines = []
    for event in list_of or STREAMS[dialect]:
        if dialect == "anthropic":
            lines.append(f"event: {event['type']}\n")
        lines.append(f"data: {event if isinstance(event, str) else json.dumps(event)}\n\n")
    return "".join(lines).encode()


def streamed(body):
    return b"HTTP/1.1 200 X\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n" + chunked(body)


@pytest.fixture
def bench(gateway, raw):
    def make(dialect, behave, **config):
        server = raw(behave)
        return gateway({"providers": {"p": provider(server.url, dialect=dialect)}, "log": "off", **config})
    return make


def call(client, name="chat", raw=True, **members):
    return client.call(name, {"model": "p/m", "messages": [{"role": "user", "content": "hello"}], **members}, {"raw": raw})


@dialects
def test_answers(bench, dialect, tmp_path):
    records = tmp_path / "records"
    client = bench(dialect, always(response(200, BODIES[dialect])), records=str(records))
    outcome, plain = call(client), call(client, raw=False)
    assert outcome.content == "Hi" and outcome.answer["gatelet"]["raw"] == BODIES[dialect], outcome
    assert "raw" not in plain.answer["gatelet"] and json.dumps(BODIES[dialect]) not in records.read_text()
    assert {name for name in outcome.answer if name != "gatelet"} == {name for name in plain.answer if name != "gatelet"}


@dialects
def test_streams(bench, dialect):
    client = bench(dialect, always(streamed(events(dialect))))
    outcome, plain = call(client, "stream"), call(client, "stream", raw=False)
    assert outcome.text == plain.text == "Hi" and "raw" not in outcome.end["gatelet"], outcome
    chunks = [json.loads(chunk[0]) for chunk in outcome.chunks]
    told = [chunk for chunk in chunks if chunk.get("id") == "" and "provider_event" in chunk]
    assert [chunk["provider_event"] for chunk in told] == STREAMS[dialect]
    assert all(chunk["choices"] == [] and chunk["object"] == "chat.completion.chunk" and chunk["model"] == "m" for chunk in told)
    # The others, and the assembled answer, are what they are without it. Each event stands before what was made of it.
    rest = [chunk for chunk in outcome.chunks if json.loads(chunk[0]) not in told]
    assert [without_time(json.loads(chunk[0])) for chunk in rest] == [without_time(json.loads(chunk[0])) for chunk in plain.chunks]
    assert without_time(outcome.answer) == without_time(plain.answer)
    text = next(i for i, chunk in enumerate(outcome.chunks) if chunk[1] == b"Hi")
    assert "Hi" in json.dumps(chunks[text - 1]["provider_event"]) and all(chunk[1] == b"" for i, chunk in enumerate(outcome.chunks) if i != text)


def without_time(document):
    return {name: value for name, value in document.items() if name not in ("created", "gatelet", "id")}


def test_keys_are_not_told(bench):
    client = bench("anthropic", always(response(200, {**ANTHROPIC, "echo": f"Bearer {KEY}"})))
    outcome = call(client)
    assert outcome.answer["gatelet"]["raw"]["echo"] == "Bearer ***" and KEY not in json.dumps(outcome.answer["gatelet"])
    client = bench("openai", always(streamed(events("openai", [*STREAMS["openai"][:2], {"choices": [], "echo": KEY}, *STREAMS["openai"][2:]]))))
    told = [json.loads(chunk[0]) for chunk in call(client, "stream").chunks]
    assert [chunk["provider_event"]["echo"] for chunk in told if "echo" in (chunk.get("provider_event") or {})] == ["***"]


def test_what_is_no_good_json(bench):
    """Bad UTF-8 and half a pair do not break the document that holds them."""
    body = json.dumps(OPENAI).encode().replace(b'"Hi"', b'"H\xff\\ud83di"')
    outcome = call(bench("openai", always(response(200, body))))
    assert outcome.answer["gatelet"]["raw"]["choices"][0]["message"]["content"] == "H\ufffd\ufffdi", outcome


def test_no_room(bench):
    """The answer is not lost for it."""
    big = {**OPENAI, "pad": "x" * 40_000}
    client = bench("openai", always(response(200, big)), caps={"body": 200_000})
    outcome = call(client)
    assert outcome.answer["gatelet"]["raw"] == big
    client = bench("openai", always(response(200, big)), caps={"body": 120_000})
    outcome = call(client)
    assert outcome.content == "Hi" and "raw" not in outcome.answer["gatelet"], outcome
    assert [(warning["code"], warning["path"]) for warning in outcome.answer["gatelet"]["warnings"]] == [("dropped", "options.raw")]


@pytest.mark.parametrize("surface,dialect", [("messages", "anthropic"), ("messages", "openai"), ("responses", "gemini")])
def test_surfaces(bench, surface, dialect):
    request = {"model": "p/m", "max_tokens": 9, "messages": [{"role": "user", "content": "hello"}]} if surface == "messages" else {"model": "p/m", "input": "hello"}
    outcome = bench(dialect, always(response(200, BODIES[dialect]))).call(surface, request, {"raw": True})
    assert outcome.answer["gatelet"]["raw"] == BODIES[dialect], outcome
    streaming = bench(dialect, always(streamed(events(dialect)))).call(surface + "_stream", request, {"raw": True})
    assert streaming.status == 0 and not any(b"provider_event" in chunk[0] and b'"choices":[]' in chunk[0] for chunk in streaming.chunks), streaming


def test_an_error_in_the_stream_is_told(bench):
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}
    outcome = call(bench("anthropic", always(streamed(events("anthropic", [*STREAMS["anthropic"][:4], error])))), "stream")
    assert outcome.status == 306 and json.loads(outcome.chunks[-1][0])["provider_event"] == error, outcome


def test_of_those_who_failed_nothing_is_told(gateway, raw):
    error = {"error": {"message": "busy", "code": 503}}
    first, second = raw(always(streamed(events("openai", [STREAMS["openai"][0], error])))), raw(always(streamed(events("openai"))))
    client = gateway({"providers": {"p": provider(first.url), "q": provider(second.url)}, "provider_order": ["p", "q"], "breaker": {"enabled": False}})
    outcome = call(client, "stream")
    told = [json.loads(chunk[0])["provider_event"] for chunk in outcome.chunks if b"provider_event" in chunk[0]]
    assert outcome.text == "Hi" and told == STREAMS["openai"], outcome


def test_a_body_cannot_ask_for_it(bench):
    assert bench("openai", always(response(200, OPENAI))).chat("p/m", gatelet={"raw": True}).status == 102
