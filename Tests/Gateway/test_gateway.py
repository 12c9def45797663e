"""Keys, limits, the member `gatelet` of bodies, origins, silence, leaving."""

from __future__ import annotations

import json
import socket
import time
from typing import Any, Callable, Dict

import pytest
import requests
from conftest import BODIES, CHAT, ENDS, Process, bearer, eventually
from upstream import Upstream

KEYS: Dict[str, Any] = {"team-a": {"key": "sk-a"}, "team-b": {"key": "env:KEY_OF_B", "limits": {"requests_per_minute": 1}}}


def test_keys(start: Callable[..., Process], upstream: Upstream) -> None:
    config = upstream.config(limits={"max_wait": 0})
    gateway = start({"KEY_OF_B": "sk-b"}, keys=KEYS, gatelet=config)
    for headers in {}, bearer("sk-c"), {"x-api-key": "sk-c"}, {"Authorization": "Basic sk-a"}, bearer("team-a"):
        refused = gateway.post("/v1/chat/completions", CHAT, headers=headers)
        assert refused.status_code == 401 and refused.json()["error"]["type"] == "authentication_error"
        refused = gateway.post("/v1/messages", CHAT, headers=headers)
        assert refused.status_code == 401 and refused.json()["type"] == "error" and refused.json()["error"]["type"] == "authentication_error"
        for path in "/v1/models", "/v1/models/up/chat", "/api/v1/models", "/api/display_models":
            assert gateway.get(path, headers=headers).status_code == 401
    assert upstream.requests == []
    for headers in bearer("sk-a"), {"x-api-key": "sk-a"}, {"authorization": "bearer sk-a"}:
        assert gateway.post("/v1/chat/completions", CHAT, headers=headers).status_code == 200
    assert gateway.post("/v1/chat/completions", CHAT, headers=bearer("sk-b")).status_code == 200
    refused = gateway.post("/v1/chat/completions", CHAT, headers=bearer("sk-b"))
    assert refused.status_code == 429 and 1 <= int(refused.headers["retry-after"]) <= 61
    assert refused.json()["error"]["type"] == "rate_limit_error"
    assert gateway.post("/v1/chat/completions", CHAT, headers=bearer("sk-a")).status_code == 200  # its own limits are its own
    sent = json.dumps(upstream.requests)
    assert "sk-a" not in sent and "sk-b" not in sent


def test_a_budget_holds(start: Callable[..., Process], upstream: Upstream) -> None:
    config = upstream.config()
    config["providers"]["up"]["known_models"] = {"chat": {"pricing": {"prompt": "0.000001", "completion": "0.000001"}}}
    keys = {"poor": {"key": "sk-poor", "max_cost": "0.00001"}, "rich": {"key": "sk-rich", "max_cost": "1"}, "day": {"key": "sk-day", "limits": {"usd_per_day": "0.0002"}}}
    gateway = start(keys=keys, gatelet=config)
    body = {**CHAT, "max_tokens": 100}
    assert gateway.post("/v1/chat/completions", body, headers=bearer("sk-rich")).status_code == 200
    refused = gateway.post("/v1/chat/completions", body, headers=bearer("sk-poor"))
    assert refused.status_code == 403 and "max_cost" in refused.json()["error"]["message"]
    assert gateway.post("/v1/chat/completions", body, headers=bearer("sk-day")).status_code == 200
    refused = gateway.post("/v1/chat/completions", {**body, "max_tokens": 199}, headers=bearer("sk-day"))
    assert refused.status_code == 429 and refused.json()["error"]["type"] == "rate_limit_error"
    assert len(upstream.requests) == 2


@pytest.mark.parametrize("path", BODIES)
def test_a_body_cannot_speak_to_the_library(start: Callable[..., Process], upstream: Upstream, path: str) -> None:
    gateway = start(gatelet=upstream.config(request_extensions="all"))
    body = BODIES[path]
    for stream in False, True:
        refused = gateway.post(path, {**body, "stream": stream, "gatelet": {"tag": "another", "dry_run": True}})
        assert refused.status_code == 403 and "gatelet" in refused.json()["error"]["message"]
    assert upstream.requests == []


def test_what_is_no_request(gateway: Process, upstream: Upstream) -> None:
    for body in b"", b"{", b"[]", b"null", b'"stream"', b'{"stream": "yes"}', b"\xff\xfe", b"{}\0", b'{"model": 1, "messages": []}', b"[" * 100_000:
        told = requests.post(gateway.url + "/v1/chat/completions", data=body, timeout=60)
        assert told.status_code == 400 and told.json()["error"]["type"] == "invalid_request_error", body[:20]
        told = requests.post(gateway.url + "/v1/messages", data=body, timeout=60)
        assert told.status_code == 400 and told.json()["error"]["type"] == "invalid_request_error", body[:20]
    assert gateway.get("/v1/chat/completions").status_code == 405
    assert gateway.post("/v1/nothing", CHAT).json()["error"]["code"] == "not_found"
    assert upstream.requests == []


def test_a_body_that_is_too_long(start: Callable[..., Process], upstream: Upstream) -> None:
    gateway = start(max_body=1000)
    told = gateway.post("/v1/chat/completions", {**CHAT, "user": "x" * 1000})
    assert told.status_code == 413 and told.json()["error"]["code"] == "too_large"
    assert gateway.post("/v1/chat/completions", CHAT).status_code == 200 and len(upstream.requests) == 1


def test_pages_of_others_do_not_get_in(gateway: Process, start: Callable[..., Process], upstream: Upstream) -> None:
    """A web page that a browser on this machine shows may send requests here."""
    own = gateway.url.replace("http://", "")
    for headers in {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Host": "evil.example"}:
        assert gateway.post("/v1/chat/completions", CHAT, headers=headers).status_code == 403
    assert upstream.requests == []
    assert gateway.post("/v1/chat/completions", CHAT, headers={"Origin": f"http://{own}"}).status_code == 200
    assert "access-control-allow-origin" not in gateway.post("/v1/chat/completions", CHAT).headers

    other = start(cors=["https://app.example"], keys={"a": {"key": "sk-a"}})
    asked = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    allowed = requests.options(other.url + "/v1/chat/completions", headers=asked, timeout=60)
    assert allowed.status_code == 200 and allowed.headers["access-control-allow-origin"] == "https://app.example"
    told = other.post("/v1/chat/completions", CHAT, headers={"Origin": "https://app.example", **bearer("sk-a")})
    assert told.status_code == 200 and told.headers["access-control-allow-origin"] == "https://app.example"
    refused = requests.options(other.url + "/v1/chat/completions", headers={**asked, "Origin": "https://evil.example"}, timeout=60)
    assert "access-control-allow-origin" not in refused.headers


def test_silence_is_filled(start: Callable[..., Process], upstream: Upstream) -> None:
    gateway = start(keep_alive=0.1)
    # Before the first chunk: the response begins with comments, and what goes wrong is told in the stream.
    with gateway.post("/v1/chat/completions", {**CHAT, "model": "up/silent", "stream": True}, stream=True) as told:
        lines = told.iter_lines()
        assert told.status_code == 200 and [next(lines) for _ in range(4)] == [b": keep-alive", b""] * 2
    eventually(lambda: upstream.closed == 1)
    with gateway.post("/v1/chat/completions", {**CHAT, "model": "up/stall:2", "stream": True}, stream=True) as told:
        lines = (line for line in told.iter_lines() if line)
        found = [next(lines) for _ in range(4)]
        assert found[0].startswith(b"data: ") and found[1].startswith(b"data: ") and found[2:] == [b": keep-alive"] * 2
    eventually(lambda: upstream.closed == 2)


def test_a_failure_after_a_comment_is_told_in_the_stream(start: Callable[..., Process], upstream: Upstream) -> None:
    gateway = start(keep_alive=0.1, gatelet=upstream.config(timeouts={"first_byte": 1}))
    told = gateway.post("/v1/chat/completions", {**CHAT, "model": "up/silent", "stream": True})
    events = [event for event in told.text.split("\n\n") if event and event != ": keep-alive"]
    assert told.status_code == 200 and len(events) == 1 and json.loads(events[0][6:])["error"]["code"] == "timeout"
    told = gateway.post("/v1/messages", {**CHAT, "model": "up/silent", "stream": True, "max_tokens": 9})
    events = [event for event in told.text.split("\n\n") if event and event != ": keep-alive"]
    assert len(events) == 1 and events[0].startswith("event: error\ndata: {")


@pytest.mark.parametrize("path", [path for path in BODIES if "count" not in path])
@pytest.mark.parametrize("stream", [False, True])
def test_who_leaves_before_the_answer_ends_the_request(gateway: Process, upstream: Upstream, path: str, stream: bool) -> None:
    body = json.dumps({**BODIES[path], "model": "up/silent", "stream": stream}).encode()
    host, port = gateway.url.replace("http://", "").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as made:
        made.sendall(b"POST %b HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n%b" % (path.encode(), len(body), body))
        eventually(lambda: len(upstream.requests) == 1)
        assert upstream.closed == 0
    eventually(lambda: upstream.closed == 1)
    assert "Traceback" not in gateway.log()


def test_who_leaves_in_the_middle_ends_the_request(gateway: Process, upstream: Upstream) -> None:
    with gateway.post("/v1/chat/completions", {**CHAT, "model": "up/stall:3", "stream": True}, stream=True) as told:
        assert next(told.iter_lines()).startswith(b"data: ")
    eventually(lambda: upstream.closed == 1)
    assert gateway.post("/v1/chat/completions", CHAT).status_code == 200
    assert "Traceback" not in gateway.log()


def test_who_reads_slowly_has_the_provider_wait(gateway: Process, upstream: Upstream) -> None:
    """200 MB that nobody reads do not come to lie in the gateway."""
    with gateway.post("/v1/chat/completions", {**CHAT, "model": "up/big:20000", "stream": True}, stream=True) as told:
        lines = told.iter_lines()
        assert next(lines).startswith(b"data: ")
        sent = -1
        while sent != upstream.sent:  # until the provider waits
            sent = upstream.sent
            time.sleep(2)
        assert sent < 10_000
    eventually(lambda: gateway.get("/status/now").json()["live_count"] == 0)


def test_over_a_limit_nobody_waits(start: Callable[..., Process], upstream: Upstream) -> None:
    config = upstream.config()
    config["providers"]["up"]["known_models"] = {"chat": {"pricing": {"prompt": "0.000001", "completion": "0.000001"}, "max_output_tokens": 10}}
    keys = {
        "minute": {"key": "sk-minute", "limits": {"requests_per_minute": 1}},
        "tokens": {"key": "sk-tokens", "limits": {"tokens_per_minute": 40}},
        "day": {"key": "sk-day", "limits": {"requests_per_day": 1}},
        "usd": {"key": "sk-usd", "limits": {"usd_per_day": "0.00008"}},
    }
    gateway = start(keys=keys, gatelet=config)
    for key, most in ("minute", 61), ("tokens", 61), ("day", 86400), ("usd", 86400):
        for path in "/v1/chat/completions", "/v1/messages":
            told = [gateway.post(path, {**BODIES[path], "max_tokens": 9}, headers=bearer(f"sk-{key}")) for _ in range(6)]
            assert told[-1].status_code == 429, (key, told[-1].text)
            assert 1 <= int(told[-1].headers.get("retry-after", 0)) <= most and told[-1].elapsed.total_seconds() < 30, (key, told[-1].text)
    waiting = start(keys={"a": {"key": "sk-a", "limits": {"requests_per_minute": 1}}}, gatelet=upstream.config(limits={"max_wait": 90}))
    assert waiting.post("/v1/chat/completions", CHAT, headers=bearer("sk-a")).status_code == 200
    with pytest.raises(requests.ReadTimeout):  # who wants to have them wait says so
        requests.post(waiting.url + "/v1/chat/completions", json=CHAT, headers=bearer("sk-a"), timeout=2)


def test_a_stream_that_breaks_has_one_last_event(gateway: Process) -> None:
    for path in ENDS:
        events = gateway.post(path, {**BODIES[path], "model": "up/cut:3", "stream": True}).text.strip().split("\n\n")
        failed = [event for event in events if '"error":{' in event]
        assert len(failed) == 1 and failed[0] == events[-1], (path, events[-2:])
        assert failed[0].startswith({"/v1/messages": "event: error\n", "/v1/responses": "event: response.failed\n"}.get(path, "data: "))


def test_head(gateway: Process) -> None:
    for path in "/healthz", "/readyz", "/", "/v1/models", "/status/now", "/metrics", "/page/page.js":
        told = requests.head(gateway.url + path, timeout=60)
        assert told.status_code == 200 and not told.content and told.headers["content-type"] == gateway.get(path).headers["content-type"], path


def test_pages_of_other_origins_read_the_headers_that_clients_need(start: Callable[..., Process], upstream: Upstream) -> None:
    gateway = start(cors=["https://app.example"], keys={"a": {"key": "sk-a"}}, raw_paths={"DELETE /v1/files/{id}": "up", "PUT /v1/x": "up", "PATCH /v1/x": "up"})
    page = {"Origin": "https://app.example"}
    refused = gateway.post("/v1/chat/completions", {**CHAT, "model": "up/status:429"}, headers={**page, **bearer("sk-a")})
    exposed = {name.strip() for name in refused.headers["access-control-expose-headers"].lower().split(",")}
    assert refused.status_code == 429 and {"retry-after", "retry-after-ms", "x-request-id", "x-should-retry"} <= exposed
    assert {name for name in map(str.lower, refused.headers) if name.startswith("x-") or "retry" in name} <= exposed
    for method in "GET", "POST", "PUT", "PATCH", "DELETE":
        asked = requests.options(gateway.url + "/v1/files/1", headers={**page, "Access-Control-Request-Method": method}, timeout=60)
        assert asked.status_code == 200 and method in asked.headers["access-control-allow-methods"]
