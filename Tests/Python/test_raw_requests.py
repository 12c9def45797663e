"""`client.raw.request`: a provider's other endpoints, described by the arguments alone."""

from __future__ import annotations

import asyncio
import base64
import email
import email.policy
import json
import sys
from pathlib import Path
from typing import Any, Dict

import gatelet
import pytest
from conftest import MESSAGES, Upstream

ANSWER = b"\0\xff\x01abc"


def last(server: Upstream) -> Dict[str, Any]:
    sent: Dict[str, Any] = server.seen()["requests"][-1]
    return {**sent, "body": base64.b64decode(sent["body"])}


def test_an_answer_of_bytes(client: gatelet.Client, server: Upstream) -> None:
    answer = client.raw.request("POST", "/audio/speech", {"model": "tts-1", "input": "é"}, tag="team")
    assert (answer.status_code, answer.content, answer.headers["content-type"], answer.request_id) == (200, ANSWER, "audio/mpeg", "r-1")
    assert "set-cookie" not in answer.headers and answer.gatelet.provider == "up" and answer.gatelet.attempts[0].http_status == 200
    sent = last(server)
    assert (sent["method"], sent["path"], json.loads(sent["body"])) == ("POST", "/v1/audio/speech", {"model": "tts-1", "input": "é"})
    assert sent["headers"]["content-type"] == "application/json" and sent["headers"]["authorization"] == "Bearer sk-test-secret"
    rows = [row for row in client.stats("tag").tag or [] if row.tag == "team"]
    assert rows[0].requests == rows[0].attempts == 1


def test_bytes_and_what_they_are(client: gatelet.Client, server: Upstream) -> None:
    more: Dict[str, Any] = {"extra_query": {"a": True, "b": "x y"}, "extra_headers": {"X-A": "1"}}
    client.raw.request("POST", "/files", b"\0\1\xff\0", content_type="application/pdf", **more)
    sent = last(server)
    assert sent["body"] == b"\0\1\xff\0" and sent["path"] == "/v1/files?a=true&b=x%20y"
    assert sent["headers"]["content-type"] == "application/pdf" and sent["headers"]["x-a"] == "1"
    client.raw.request("POST", "/moderations", '{"input":"x"}', timeout=None, max_retries=1, total_timeout=20, model="check")
    assert last(server)["body"] == b'{"input":"x"}' and "check" in [row.model for row in client.stats("model").model or []]
    assert client.raw.request("DELETE", "/files/file-1").content == ANSWER
    assert last(server)["method"] == "DELETE" and not last(server)["body"]


def test_streams(client: gatelet.Client) -> None:
    with client.raw.request_stream("GET", "/files/file-1/content") as stream:
        assert stream.response.headers["content-type"] == "audio/mpeg"
        assert b"".join(stream) == ANSWER and stream.end == "finished"
    with pytest.raises(gatelet.NotFoundError):
        client.raw.request_stream("GET", "/files/missing")


def form(server: Upstream) -> Dict[str, Any]:
    """By the standard library's reader of messages, which nothing here has written with."""
    sent = last(server)
    head = f"Content-Type: {sent['headers']['content-type']}\r\n\r\n".encode()
    parts: Any = email.message_from_bytes(head + sent["body"], policy=email.policy.HTTP).get_payload()
    return {
        part.get_param("name", header="Content-Disposition"): (part.get_filename(), part.get_content_type(), part.get_payload(decode=True)) for part in parts
    }


def test_forms_with_files(client: gatelet.Client, server: Upstream, tmp_path: Path) -> None:
    sound = b"\0\xff\r\n--\n" * 3
    (tmp_path / "a.jsonl").write_bytes(b"{}\n")
    fields = {"model": "whisper-1", "temperature": 0.5, "flag": True}
    client.raw.request("POST", "/audio/transcriptions", fields, files={"file": ("é.mp3", sound, "audio/mpeg")}, extra_headers={"Content-Type": "x/y"})
    sent = form(server)
    assert sent.pop("file") == ("é.mp3", "audio/mpeg", sound) and last(server)["body"].count(sound) == 1
    assert {name: value for name, (_, _, value) in sent.items()} == {"model": b"whisper-1", "temperature": b"0.5", "flag": b"true"}
    with open(tmp_path / "a.jsonl", "rb") as file:
        assert client.raw.request("POST", "/files", files=[("file", file), ("more", b"x")]).content == ANSWER
    assert form(server) == {"file": ("a.jsonl", "application/octet-stream", b"{}\n"), "more": ("upload", "application/octet-stream", b"x")}
    for wrong in {"files": {"file": 5}}, {"files": [("file", ("name", None))]}, {"files": {"file": b""}, "content_type": "x/y"}, {"files": {"file": b""}, "body": b"x"}:
        with pytest.raises(TypeError):
            client.raw.request("POST", "/files", **wrong)  # type: ignore[arg-type]


def test_forms_without_httpx(client: gatelet.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("httpx", "httpx2"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match="pip install httpx"):
        client.raw.request("POST", "/files", files={"file": b"x"})


async def test_async(server: Upstream) -> None:
    async with gatelet.AsyncClient(server.config()) as client:
        answers = await asyncio.gather(*(client.raw.request("GET", f"/batches/{number}") for number in range(5)))
        assert [answer.content for answer in answers] == [ANSWER] * 5
        stream = await client.raw.request_stream("POST", "/images/generations", {"prompt": "x"})
        assert b"".join([part async for part in stream]) == ANSWER and stream.response.status_code == 200


def test_refusals(client: gatelet.Client, server: Upstream) -> None:
    with pytest.raises(gatelet.NotFoundError) as found:
        client.raw.request("GET", "/files/missing")
    assert found.value.status_code == 404 and found.value.body["message"] == "told to fail with 404"
    before = len(server.seen()["requests"])
    with pytest.raises(gatelet.RefusedError, match="allow_requests"):
        client.raw.request("POST", "/nothing")
    for path in "/files/../x", "http://there/files", "/files?x=1", "//files":
        with pytest.raises(gatelet.InvalidRequestError, match="plain path"):
            client.raw.request("GET", path)
    with pytest.raises(gatelet.InvalidRequestError, match="cannot be set"):
        client.raw.request("GET", "/files", extra_headers={"Authorization": "Bearer mine"})
    with pytest.raises(TypeError, match=r"Client\(api_key=...\)"):
        client.raw.request("GET", "/files", api_key="sk")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="'content_type'"):
        client.raw.request("GET", "/files", content_typ="x")  # type: ignore[call-arg]
    with pytest.raises(gatelet.ModelUnresolvedError, match="nobody"):
        client.raw.request("GET", "/files", provider="nobody")
    assert json.loads(client.raw.request("GET", "/files", gatelet={"dry_run": True}).content)["plan"][0]["provider"] == "up"
    assert len(server.seen()["requests"]) == before


def test_another_takes_over_where_it_may(server: Upstream) -> None:
    config = server.config()
    config["providers"]["gone"] = {"base_url": "http://127.0.0.1:9/v1", "api_key": "sk-other"}
    with gatelet.Client(config) as client:
        assert client.raw.request("POST", "/moderations", {"input": "x"}, provider=["gone", "up"]).gatelet.provider == "up"
        with pytest.raises(gatelet.APIConnectionError):
            client.raw.request("POST", "/moderations", {"input": "x"}, provider="gone")


def test_one_of_several_that_has_no_key_is_passed_over(server: Upstream) -> None:
    config = server.config()
    config["providers"]["keyless"] = {"base_url": f"http://127.0.0.1:{server.port}/v1"}
    with gatelet.Client(config) as client:
        for asked in ["up", "keyless"], ["keyless", "up"]:
            assert client.raw.request("POST", "/moderations", {"input": "x"}, provider=asked).gatelet.provider == "up"
        for nobody in "keyless", ["keyless"]:
            with pytest.raises(gatelet.NoKeyError, match="keyless API key not configured"):
                client.raw.request("POST", "/moderations", {"input": "x"}, provider=nobody)


def test_responses_that_a_provider_keeps(client: gatelet.Client, server: Upstream) -> None:
    kept = client.responses.retrieve("resp_1", extra_query={"include[]": "usage"}, timeout=20)
    assert (kept.id, kept.status, kept.output_text, kept.gatelet.provider) == ("resp_1", "completed", "Hello", "up")
    assert "response" not in kept.gatelet and last(server)["path"] == "/v1/responses/resp_1?include%5B%5D=usage"
    assert client.responses.cancel("resp_1", provider="up").id == "resp_1"
    assert (last(server)["method"], last(server)["path"]) == ("POST", "/v1/responses/resp_1/cancel")
    assert client.responses.delete("resp_1") is None and last(server)["method"] == "DELETE"  # type: ignore[func-returns-value]
    raw = client.responses.with_raw_response.retrieve("resp_1")
    assert raw.headers["x-request-id"] == "r-1" and json.loads(raw.content)["id"] == raw.parse().id == "resp_1"
    with client.with_streaming_response.responses.retrieve("resp_1") as streamed:
        assert streamed.json()["id"] == "resp_1"
    with pytest.raises(gatelet.NotFoundError):
        client.responses.retrieve("missing")
    for wrong in "", "../files":
        with pytest.raises((ValueError, gatelet.InvalidRequestError)):
            client.responses.retrieve(wrong)
    with pytest.raises(TypeError, match="'model'"):
        client.responses.retrieve("resp_1", model="m")  # type: ignore[call-arg]


async def test_kept_responses_async(server: Upstream) -> None:
    async with gatelet.AsyncClient(server.config()) as client:
        assert (await client.responses.retrieve("resp_1")).output_text == "Hello"
        await client.responses.delete("resp_1")


def test_what_every_call_of_a_client_has(server: Upstream) -> None:
    address = f"http://127.0.0.1:{server.port}/v1"
    headers = {"X-Team": "a", "Content-Type": "x/y"}
    with gatelet.Client(api_key="sk", base_url=address, default_headers=headers, timeout=400, environment=False) as client:
        for one in client, client.with_options(timeout=None, tag="b"):
            one.raw.request("POST", "/files", b"x", content_type="text/plain", extra_headers={"x-team": "b"})
            sent = last(server)["headers"]
            assert (sent["x-team"], sent["content-type"]) == ("b", "text/plain")
        assert client.with_options(timeout=None).with_raw_response.raw.request("GET", "/files").content == ANSWER
        assert client.chat.completions.create(model="chat", messages=MESSAGES, extra_headers={"Content-Type": gatelet.omit}).choices
