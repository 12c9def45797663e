"""Keys, limits, the member `gatelet` of bodies, origins, silence, leaving, draining, reloading."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import Any, Callable, Dict, Iterator, List

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


def refused(tmp_path: Any, settings: Any, *arguments: str) -> str:
    """What a gateway with these settings says before it ends."""
    file = tmp_path / "refused.json"
    file.write_text(settings if isinstance(settings, str) else json.dumps(settings))
    told = subprocess.run([sys.executable, "-m", "gateway", str(file), *arguments], cwd=EXAMPLES, capture_output=True, text=True, timeout=60)
    assert told.returncode == 1 and "Traceback" not in told.stderr, told
    return told.stderr


@pytest.mark.parametrize("workers", [1, 3])
def test_what_the_library_refuses_is_said_once(tmp_path: Any, workers: int) -> None:
    for config in {"nonsense": 1}, {"limits": {"max_wait": -1}}, {"limits": 1}, {"providers": {"up": {"base_url": 5}}}:
        said = refused(tmp_path, {"workers": workers, "gatelet": config}, "--port", "0")
        (name,) = [name for name in ("nonsense", "max_wait", "limits", "base_url") if name in json.dumps(config) and (name != "limits" or config["limits"] == 1)]
        assert said.count("gateway: ") == 1 and name in said and "http://" not in said, said
    said = refused(tmp_path, {"workers": workers, "keys": {"a": {"key": "k", "limits": {"requests_per_minute": -1}}}}, "--port", "0")
    assert said.count("gateway: ") == 1 and "requests_per_minute" in said and "a" in said


def test_workers_that_cannot_start_end_the_gateway(tmp_path: Any) -> None:
    """What no look at the settings can know: here a module that is not there."""
    (tmp_path / "gateway.json").write_text(json.dumps({"workers": 3, "gatelet": {"dev_mode": True}}))
    environment = {**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
    code = "import sys; sys.modules['opentelemetry.exporter.otlp.proto.http.trace_exporter'] = None; from gateway.__main__ import main; main()"
    command = [sys.executable, "-c", code, str(tmp_path / "gateway.json"), "--port", "0"]
    told = subprocess.run(command, cwd=EXAMPLES, capture_output=True, text=True, timeout=120, env=environment)
    assert told.returncode == 1 and "trace_exporter" in told.stderr and "the gateway ends" in told.stderr, told
    assert told.stderr.count("is started again") <= 2


NUMBERS: Dict[str, Any] = {
    "port": [-1, 65536, 80.5, "80", True, None],
    "workers": [-1, 0, 257, 1.5, "2", True],
    "keep_alive": [-1, -0.1, 0.0001, 1e9, "15", True, []],
    "drain": [-1, 1e9, "1", False],
    "drain_delay": [-1, 1e9, "1"],
    "max_body": [-1, 0, 1 << 40, 1.5, "1"],
    "models_for": [-1, 1e9, "60"],
}


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_have_ranges(tmp_path: Any, name: str) -> None:
    sys.path.insert(0, str(EXAMPLES))
    from gateway.settings import SettingsError, load

    file = tmp_path / "gateway.json"
    for wrong in [*map(json.dumps, NUMBERS[name]), "NaN", "Infinity", "-Infinity", "1e400", "-1e400"]:
        file.write_text('{"%s": %s}' % (name, wrong))
        with pytest.raises(SettingsError, match=f"^{name} must be "):
            load(file)
    for good in {"keep_alive": [0, 0.1, 3600], "drain": [0, 0.5], "workers": [1], "port": [0, 65535], "max_body": [1]}.get(name, [0, 0.5]):
        file.write_text(json.dumps({name: good}))
        assert getattr(load(file), name) == good


def test_members_of_keys_are_looked_at(tmp_path: Any) -> None:
    for wrong in "-1", "nan", "inf", "much", "", "1e99", " 1", "0,5":
        assert "keys.a.max_cost must be USD" in refused(tmp_path, {"keys": {"a": {"key": "k", "max_cost": wrong}}})
    assert "keys.b.key is that of keys.a" in refused(tmp_path, {"keys": {"a": {"key": "k"}, "b": {"key": "k"}}})
    assert "keys.a.key is that of operator_key" in refused(tmp_path, {"operator_key": "k", "keys": {"a": {"key": "k"}}})
    for name in "", "x" * 129, "\u00fc" * 65, "a\n", "*", "acme/*", "operator", "\ud800":
        assert "the name of a key" in refused(tmp_path, {"keys": {name: {"key": "k"}}})
    for origin in 1, "app.example", "https://app.example/", "":
        assert "cors: " in refused(tmp_path, {"cors": [origin]})
    assert "--port must be 0 to 65535" in refused(tmp_path, {}, "--port", "70000")
    refused(tmp_path, "[" * 100_000)


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


ENDS: Dict[str, Any] = {
    "/v1/chat/completions": lambda event: event["error"]["code"],
    "/v1/completions": lambda event: event["error"]["code"],
    "/v1/messages": lambda event: event["type"] == "error" and event["error"]["type"],
    "/v1/responses": lambda event: event["type"] == "error" and event["code"],
}


@pytest.mark.parametrize("workers", [1, 2])
def test_streams_that_a_drain_cuts_are_told(start: Callable[..., Process], upstream: Upstream, workers: int) -> None:
    gateway = start(drain=1, workers=workers)
    found: Dict[str, str] = {}

    def ask(path: str) -> None:
        found[path] = gateway.post(path, {**BODIES[path], "model": "up/stall:3", "stream": True}).text

    asking = [threading.Thread(target=ask, args=[path]) for path in ENDS]
    whole: Dict[str, Any] = {}
    waits = threading.Thread(target=lambda: whole.update(told=gateway.post("/v1/chat/completions", {**CHAT, "model": "up/silent"})))
    for thread in [*asking, waits]:
        thread.start()
    eventually(lambda: upstream.sent >= 11 and len(upstream.requests) == 5)
    time.sleep(0.5)
    assert gateway.end() == 0
    for thread in [*asking, waits]:
        thread.join(60)
    for path, code in ENDS.items():
        event = found[path].strip().split("\n\n")[-1]
        said = json.loads(event[event.index("data: ") + 6 :])
        assert code(said) in ("draining", "overloaded_error") and "the gateway ends" in event, (path, event)
        assert event.startswith("event: error\n") == (path in ("/v1/messages", "/v1/responses"))
    assert whole["told"].status_code == 503 and whole["told"].json()["error"]["code"] == "draining" and whole["told"].headers["retry-after"] == "1"
    assert "Traceback" not in gateway.log()


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


@pytest.fixture
def redis(tmp_path: Any) -> Iterator[str]:
    """A Redis of its own, on a socket in a folder."""
    place = str(tmp_path / "redis.sock")
    with subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", place, "--save", "", "--dir", str(tmp_path)], stdout=subprocess.DEVNULL) as running:
        eventually(lambda: os.path.exists(place))
        yield "unix://" + place
        running.terminate()


@pytest.mark.skipif(not shutil.which("redis-server"), reason="no redis-server here")
def test_workers_share_limits_through_redis(start: Callable[..., Process], upstream: Upstream, redis: str) -> None:
    keys = {"a": {"key": "sk-a", "limits": {"requests_per_minute": 5}}, "b": {"key": "sk-b", "limits": {"requests_per_day": 3}}}

    def answered(*gateways: Process) -> Dict[str, int]:
        found = {key: [one.post("/v1/chat/completions", CHAT, headers=bearer(key)) for _ in range(20) for one in gateways] for key in ("sk-a", "sk-b")}
        assert all("retry-after" in told.headers for some in found.values() for told in some if told.status_code == 429)
        return {key: [told.status_code for told in some].count(200) for key, some in found.items()}

    first = start(workers=3, keys=keys, gatelet=upstream.config(redis_url=redis))
    second = start({"GATELET_REDIS_URL": redis}, workers=2, keys=keys, gatelet={**upstream.config(), "environment": True})
    assert "share limits and budgets through Redis" in first.log() and "share limits and budgets through Redis" in second.log()
    assert answered(first, second) == {"sk-a": 5, "sk-b": 3}
    assert first.get("/status/providers").json()["redis"]["state"] == "connected"
    alone = start(workers=2, keys=keys)
    assert "a key may use 2 times its own" in alone.log() and alone.get("/status/providers").json()["redis"] is None


def children(gateway: Process) -> List[int]:
    return [int(one) for one in subprocess.run(["ps", "-o", "pid=", "--ppid", str(gateway.process.pid)], capture_output=True, text=True).stdout.split()]


def test_a_worker_that_is_started_again_has_what_was_reloaded(start: Callable[..., Process], upstream: Upstream) -> None:
    first = {"keys": {"a": {"key": "sk-a"}}, "gatelet": upstream.config(), "workers": 2}
    gateway = start(**first)
    gateway.write({**first, "keys": {"b": {"key": "sk-b"}}})
    gateway.signal(signal.SIGHUP)
    eventually(lambda: gateway.log().count("reloaded") == 2)
    gateway.write({**first, "gatelet": {"nonsense": 1}})  # a wrong file changes nothing, not for who comes later either
    gateway.signal(signal.SIGHUP)
    eventually(lambda: gateway.log().count("not reloaded") == 2)
    for child in children(gateway):
        os.kill(child, signal.SIGKILL)
        eventually(lambda: child not in children(gateway) and len(children(gateway)) == 2)
    eventually(lambda: gateway.get("/healthz").status_code == 200)
    for _ in range(8):
        assert gateway.post("/v1/chat/completions", CHAT, headers=bearer("sk-b")).status_code == 200
        assert gateway.post("/v1/chat/completions", CHAT, headers=bearer("sk-a")).status_code == 401


def test_signals_in_the_middle_of_the_start_are_heard(start: Callable[..., Process], upstream: Upstream) -> None:
    """However early: none is lost, and no worker stays behind."""
    for delay in 0.0, 0.05, 0.3:
        gateway = start(workers=3)
        for child in children(gateway)[:1]:
            os.kill(child, signal.SIGKILL)
        time.sleep(delay)
        gateway.signal(signal.SIGHUP)
        gateway.signal(signal.SIGTERM)
        assert gateway.process.wait(60) == 0 and "Traceback" not in gateway.log()
