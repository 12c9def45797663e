"""Texts of a provider that are none: bad UTF-8 and halves of surrogate pairs. Whoever gets them, as chunks or as the provider's own events, gets none."""
import json

import pytest
from live import provider
from test_choices import always
from test_parameters import RESPONSE
from test_raw import ANTHROPIC, STREAMS, events, streamed
from upstreams import response

BAD = b"H\xff\xc3\\ud83di"
GOOD = "H\ufffd\ufffd\ufffdi"
RESPONSES = [{"type": "response.created", "sequence_number": 0, "response": {**RESPONSE, "status": "in_progress", "output": [], "usage": None}},
             {"type": "response.output_item.added", "sequence_number": 1, "output_index": 0, "item": {**RESPONSE["output"][0], "content": []}},
             {"type": "response.output_text.delta", "sequence_number": 2, "item_id": "msg_1", "output_index": 0, "content_index": 0, "delta": "Hi"},
             {"type": "response.completed", "sequence_number": 3, "response": RESPONSE}]
SURFACES = {"messages": ("anthropic", {"model": "p/m", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]}, ANTHROPIC, STREAMS["anthropic"]),
            "responses": ("openai-responses", {"model": "p/m", "input": "x"}, RESPONSE, RESPONSES)}
surfaces = pytest.mark.parametrize("surface", SURFACES)


@pytest.fixture
def bench(gateway, raw):
    def make(dialect, body):
        return gateway({"providers": {"p": provider(raw(always(body)).url, dialect=dialect)}, "log": "off", "breaker": {"enabled": False}, "retry": {"attempts": 0}})
    return make


def sound(text):
    """JSON that any reader takes."""
    document = json.loads(text if isinstance(text, str) else text.decode())
    json.dumps(document, ensure_ascii=False).encode()
    return json.dumps(document, ensure_ascii=False)


def broken(told):
    return "".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n" for one in told).encode().replace(b"Hi", BAD)


@surfaces
def test_answers(bench, surface):
    dialect, request, answer, _ = SURFACES[surface]
    client = bench(dialect, response(200, json.dumps(answer).encode().replace(b"Hi", BAD)))
    outcome = client.call(surface, request)
    assert outcome.status == 0 and GOOD in sound(json.dumps(outcome.answer)), outcome
    chat = client.call("chat", {"model": "p/m", "messages": [{"role": "user", "content": "x"}]})
    assert chat.content == GOOD, chat


@surfaces
def test_streams(bench, surface):
    dialect, request, _, told = SURFACES[surface]
    client = bench(dialect, streamed(broken(told)))
    outcome = client.call(surface + "_stream", request)
    assert outcome.status == 0 and any(GOOD in sound(chunk[0]) for chunk in outcome.chunks), outcome
    assert len(outcome.chunks) == len(told)
    sound(json.dumps(outcome.answer))
    chat = client.call("stream", {"model": "p/m", "messages": [{"role": "user", "content": "x"}]})
    assert chat.status == 0 and chat.text == GOOD, chat
    for chunk in chat.chunks:
        sound(chunk[0])


@surfaces
def test_a_pair_over_two_events_stays_one(bench, surface):
    """The bytes of sound events are the provider's."""
    dialect, request, _, told = SURFACES[surface]
    body = "".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n" for one in told)
    delta = next(part for part in body.split("\n\n") if "delta" in part and '"Hi"' in part)
    halves = delta.replace('"Hi"', r'"a\ud83d"') + "\n\n" + delta.replace('"Hi"', r'"\ude00b"')
    outcome = bench(dialect, streamed(body.replace(delta, halves).encode())).call(surface + "_stream", request)
    sent = [chunk[0].decode() for chunk in outcome.chunks]
    assert outcome.status == 0 and any(r"a\ud83d" in one for one in sent) and any(r"\ude00b" in one for one in sent), outcome
    assert b"".join(chunk[1] if isinstance(chunk[1], bytes) else chunk[1].encode() for chunk in outcome.chunks).decode() == "a\U0001f600b"


@surfaces
def test_errors(bench, surface):
    """A refusal, and an error in the stream."""
    dialect, request, _, told = SURFACES[surface]
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Hi"}} if surface == "messages" else {"error": {"type": "server_error", "message": "Hi", "code": None, "param": None}}
    refused = bench(dialect, response(529, json.dumps(error).encode().replace(b"Hi", BAD))).call(surface, request)
    assert refused.status == 306 and GOOD in sound(json.dumps(refused.error)), refused
    late = error if surface == "messages" else {"type": "error", "sequence_number": 3, "code": "server_error", "message": "Hi", "param": None}
    body = broken([*told[:-1], late])
    for name in (surface + "_stream", "stream"):
        asked = request if name != "stream" else {"model": "p/m", "messages": [{"role": "user", "content": "x"}]}
        outcome = bench(dialect, streamed(body)).call(name, asked)
        assert outcome.status in (306, 307) and GOOD in sound(json.dumps(outcome.error)), outcome
        for chunk in outcome.chunks:
            sound(chunk[0])
