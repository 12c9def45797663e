"""Keys, limits, the member `gatelet` of bodies, origins, silence, leaving, draining, reloading."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import Any, Callable, Dict

import pytest
import requests
from conftest import EXAMPLES, MESSAGES, Process, eventually
from upstream import Upstream

KEYS: Dict[str, Any] = {"team-a": {"key": "sk-a"}, "team-b": {"key": "env:KEY_OF_B", "limits": {"requests_per_minute": 1}}}
CHAT = {"model": "up/chat", "messages": MESSAGES}
# What a request to each path has to have.
BODIES: Dict[str, Any] = {
    "/v1/chat/completions": CHAT,
    "/v1/completions": {"model": "up/chat", "prompt": "x"},
    "/v1/embeddings": {"model": "up/chat", "input": "x"},
    "/v1/messages": {**CHAT, "max_tokens": 9},
    "/v1/messages/count_tokens": CHAT,
    "/v1/responses": {"model": "up/chat", "input": "x"},
}


def bearer(key: str) -> Dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


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


def test_elsewhere_than_on_this_machine_keys_are_needed(tmp_path: Any, start: Callable[..., Process]) -> None:
    def refused(settings: Any) -> str:
        file = tmp_path / "refused.json"
        file.write_text(json.dumps(settings))
        told = subprocess.run([sys.executable, "-m", "gateway", str(file)], cwd=EXAMPLES, capture_output=True, text=True, timeout=60)
        assert told.returncode == 1
        return told.stderr

    assert "keys" in refused({"host": "0.0.0.0"})
    assert "unknown member kyes" in refused({"kyes": {}})
    assert "keys.a.limit" in refused({"keys": {"a": {"key": "k", "limit": {}}}})
    assert "NOT_THERE" in refused({"keys": {"a": {"key": "env:NOT_THERE"}}})
    assert "port must be int" in refused({"port": "80"})

    gateway = start(host="0.0.0.0", keys={"a": {"key": "sk-a"}})
    gateway.url = gateway.url.replace("0.0.0.0", "127.0.0.1")
    assert gateway.post("/v1/chat/completions", CHAT).status_code == 401
    assert gateway.post("/v1/chat/completions", CHAT, headers={"Host": "gateway.example", **bearer("sk-a")}).status_code == 200


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


@pytest.mark.parametrize("workers", [1, 2])
def test_sigterm_lets_requests_end(start: Callable[..., Process], upstream: Upstream, workers: int) -> None:
    gateway = start(workers=workers, drain=50)
    found: Dict[str, Any] = {}

    def ask() -> None:
        told = gateway.post("/v1/chat/completions", {**CHAT, "model": "up/paced:20:100", "stream": True})
        found["text"] = told.text

    asking = threading.Thread(target=ask)
    asking.start()
    eventually(lambda: upstream.sent > 2)
    gateway.signal(signal.SIGTERM)
    asking.join(60)
    assert found["text"].count('"content":"w') == 20 or found["text"].count('"content": "w') == 20
    assert found["text"].endswith("data: [DONE]\n\n")
    assert gateway.end() == 0
    with pytest.raises(requests.ConnectionError):
        gateway.get("/healthz")


def test_requests_that_do_not_end_are_cut_off(start: Callable[..., Process], upstream: Upstream) -> None:
    gateway = start(drain=1)
    with gateway.post("/v1/chat/completions", {**CHAT, "model": "up/stall:3", "stream": True}, stream=True) as told:
        assert next(told.iter_lines()).startswith(b"data: ")
        assert gateway.end() == 0
    eventually(lambda: upstream.closed == 1)


@pytest.mark.parametrize("delay", [0, 500])
def test_the_second_signal_ends_it_at_once(start: Callable[..., Process], upstream: Upstream, delay: int) -> None:
    gateway = start(drain=500, drain_delay=delay)
    with gateway.post("/v1/chat/completions", {**CHAT, "model": "up/stall:3", "stream": True}, stream=True) as told:
        lines = told.iter_lines()
        assert next(lines).startswith(b"data: ")
        gateway.signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            gateway.process.wait(1)
        gateway.signal(signal.SIGTERM)
        assert gateway.process.wait(60) == 0
    eventually(lambda: upstream.closed == 1)


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


def test_a_balancer_is_told_of_the_end(start: Callable[..., Process]) -> None:
    gateway = start(drain_delay=3)
    assert gateway.get("/readyz").status_code == 200
    gateway.signal(signal.SIGTERM)
    eventually(lambda: gateway.get("/readyz").status_code == 503)
    assert gateway.post("/v1/chat/completions", CHAT).status_code == 200
    assert gateway.end() == 0


@pytest.mark.parametrize("workers", [1, 2])
def test_sighup_reads_the_file_anew(start: Callable[..., Process], upstream: Upstream, workers: int) -> None:
    first = {"keys": {"a": {"key": "sk-a"}}, "gatelet": upstream.config(), "workers": workers}
    gateway = start(**first)
    found: Dict[str, Any] = {}

    def ask() -> None:
        found["text"] = gateway.post("/v1/chat/completions", {**CHAT, "model": "up/paced:20:100", "stream": True}, headers=bearer("sk-a")).text

    asking = threading.Thread(target=ask)
    asking.start()
    eventually(lambda: upstream.sent > 2)
    gateway.write({**first, "keys": {"b": {"key": "sk-b"}}})
    gateway.signal(signal.SIGHUP)
    eventually(lambda: gateway.log().count("reloaded") == workers)
    for _ in range(8):  # whichever worker it is
        assert gateway.post("/v1/chat/completions", CHAT, headers=bearer("sk-b")).status_code == 200
        assert gateway.post("/v1/chat/completions", CHAT, headers=bearer("sk-a")).status_code == 401
    asking.join(60)
    assert found["text"].endswith("data: [DONE]\n\n")  # it ended as it began

    for wrong in {**first, "nonsense": 1}, {**first, "gatelet": {"nonsense": 1}}:
        gateway.write(wrong)
        gateway.signal(signal.SIGHUP)
    eventually(lambda: gateway.log().count("not reloaded") >= workers)
    assert gateway.post("/v1/chat/completions", CHAT, headers=bearer("sk-b")).status_code == 200


def test_a_worker_that_dies_is_started_again(start: Callable[..., Process]) -> None:
    gateway = start(workers=2)
    children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(gateway.process.pid)], capture_output=True, text=True).stdout.split()
    assert len(children) == 2 and "2 workers" in gateway.log()
    os.kill(int(children[0]), signal.SIGKILL)
    eventually(lambda: "started again" in gateway.log())
    eventually(
        lambda: len(subprocess.run(["ps", "-o", "pid=", "--ppid", str(gateway.process.pid)], capture_output=True, text=True).stdout.split()) == 2
    )
    assert gateway.post("/v1/chat/completions", CHAT).status_code == 200
