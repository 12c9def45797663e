"""A service hands on what its user wrote, as bytes: the body says what is asked, and nothing else."""

from __future__ import annotations

import json
from typing import Any, Dict

import gatelet
import pytest
from conftest import MESSAGES, Upstream
from gatelet import _sse

BODY = json.dumps({"model": "chat", "messages": MESSAGES, "temperature": 0.5, "own": {"a": 1}}).encode()


def last(server: Upstream) -> Dict[str, Any]:
    return server.seen()["requests"][-1]  # type: ignore[no-any-return]


def test_bytes_in_bytes_out(client: gatelet.Client, server: Upstream) -> None:
    answer = client.raw.chat(BODY)
    assert type(answer) is bytes and json.loads(answer)["choices"][0]["message"]["content"] == "You said: Say hello."
    assert last(server)["body"] == json.loads(BODY)
    assert json.loads(client.raw.chat(BODY.decode()))["object"] == "chat.completion" == json.loads(client.raw.chat(bytearray(BODY)))["object"]
    assert json.loads(client.raw.completions(b'{"model": "chat", "prompt": "x"}'))["choices"][0]["text"] == "After x"
    assert json.loads(client.raw.embeddings(b'{"model": "chat", "input": "x"}'))["data"][0]["embedding"]
    assert "response" not in json.loads(answer)["gatelet"]


def test_streams(client: gatelet.Client) -> None:
    body = json.dumps({"model": "stream:3", "messages": MESSAGES}).encode()
    chunks = [json.loads(raw) for raw in client.raw.chat_stream(body)]
    assert "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks) == "w0 w1 w2 "
    events = list(client.raw.chat_stream(body, sse=True))
    assert all(event.startswith(b"data: {") and event.endswith(b"}\n\n") for event in events) and len(events) == len(chunks)


async def test_async(server: Upstream) -> None:
    async with gatelet.AsyncClient(server.config()) as client:
        assert json.loads(await client.raw.chat(BODY))["choices"]
        body = json.dumps({"model": "stream:3", "messages": MESSAGES}).encode()
        assert len([raw async for raw in await client.raw.chat_stream(body)]) == 4


@pytest.mark.parametrize("member", [{"tag": "mine"}, {"dry_run": True}, {"provider": "up"}, {"headers": {"X-A": "b"}}])
def test_the_body_cannot_say_options(client: gatelet.Client, server: Upstream, member: Any) -> None:
    before = len(server.seen()["requests"])
    with pytest.raises(gatelet.RefusedError):
        client.raw.chat(json.dumps({**json.loads(BODY), "gatelet": member}))
    with pytest.raises(gatelet.RefusedError):
        client.raw.chat_stream(json.dumps({**json.loads(BODY), "gatelet": member}))
    assert len(server.seen()["requests"]) == before


def test_unless_they_are_allowed(client: gatelet.Client) -> None:
    body = json.dumps({**json.loads(BODY), "gatelet": {"tag": "mine"}})
    assert json.loads(client.raw.chat(body, gatelet={"request_extensions": "routing"}))["choices"]
    with pytest.raises(gatelet.RefusedError):
        client.raw.chat(json.dumps({**json.loads(BODY), "gatelet": {"dry_run": True}}), gatelet={"request_extensions": "routing"})


def test_the_body_cannot_reach_arguments(server: Upstream) -> None:
    """What would be an argument of `create` is one more member of a document, and goes to the provider as any other."""
    extras = {"extra_headers": {"X-Team": "a"}, "extra_query": {"v": "1"}, "timeout": 0.001, "max_retries": 9, "tag": "x"}
    with gatelet.Client(server.config(allow_headers=["*"], allow_query=["*"])) as client:
        client.raw.chat(json.dumps({**json.loads(BODY), **extras}))
        sent = last(server)
        assert "x-team" not in sent["headers"] and "?" not in sent["path"] and sent["body"]["tag"] == "x"
        client.raw.chat(BODY, extra_headers={"X-Team": "b"}, tag="team", total_timeout=30, timeout=20, max_retries=0)
        assert last(server)["headers"]["x-team"] == "b"
        with pytest.raises(TypeError, match="temperature"):
            client.raw.chat(BODY, temperature=1)  # type: ignore[call-arg]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"model": "chat"}', BODY + b"\0", b'{"model": "\xff"}', "\ud800", b"null"])
def test_what_is_no_request(client: gatelet.Client, body: Any) -> None:
    with pytest.raises(gatelet.InvalidRequestError):
        client.raw.chat(body)


def test_events_keep_their_lines() -> None:
    assert _sse.event(b'{"a":\n1}') == b'data: {"a":\ndata: 1}\n\n' == _sse.event(b'{"a":\r\n1}')
    assert _sse.event(b'{"type":"message_stop"}') == b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
    assert _sse.event(b'{"type":"a\\nb"}') == b'data: {"type":"a\\nb"}\n\n'
    assert json.loads(_sse.error(gatelet.GateletError("no"))[6:])["error"]["message"] == "no"


@pytest.mark.parametrize(
    ("model", "status", "kind", "anthropics"),
    [("status:400", 400, "test", "invalid_request_error"), ("status:429", 429, "test", "rate_limit_error"), ("status:500", 500, "test", "api_error"),
     ("cut", 502, "server_error", "api_error"), ("silent", 504, "server_error", "api_error")],
)  # fmt: skip
def test_what_the_services_client_is_told(client: gatelet.Client, model: str, status: int, kind: str, anthropics: str) -> None:
    body = json.dumps({"model": model, "messages": MESSAGES, "stream": model == "cut"}).encode()
    with pytest.raises(gatelet.APIError) as caught:
        list(client.raw.chat_stream(body)) if model == "cut" else client.raw.chat(body, timeout=0.4)
    error = caught.value
    told, headers, document = error.reply()
    assert told == status and headers["x-should-retry"] == "false" and headers["content-type"] == "application/json" and headers["x-request-id"]
    assert document["error"]["type"] == kind and document["error"]["message"] and set(document["error"]) == {"message", "type", "code", "param"}
    assert (headers.get("retry-after") == "120") == (status == 429)
    theirs = error.reply("anthropic")
    assert (theirs.status, theirs.body["type"], theirs.body["error"]["type"]) == (status, "error", anthropics)
    assert json.loads(_sse.error(error)[6:]) == document and _sse.error(error, "anthropic").startswith(b"event: error\ndata: {")
    with pytest.raises(ValueError, match="surface"):
        error.reply("cohere")


def test_the_librarys_own_words_go_before(client: gatelet.Client) -> None:
    body = json.dumps({"model": "status:429", "messages": MESSAGES, "max_tokens": 5}).encode()
    with pytest.raises(gatelet.RateLimitError) as caught:
        client.raw.messages(body)
    error = caught.value
    assert error.reply("anthropic")[::2] == (error.json["reply"]["status"], error.json["reply"]["body"])
    assert error.reply().body["error"]["code"] == "rate_limit_exceeded"


def test_what_is_no_request_is_told_so(client: gatelet.Client) -> None:
    with pytest.raises(gatelet.InvalidRequestError) as caught:
        client.raw.chat(b"[]")
    assert caught.value.reply()[::2] == (400, {"error": {"message": caught.value.message, "type": "invalid_request_error", "param": None, "code": "json"}})
