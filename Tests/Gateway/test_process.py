"""The process: signals, draining, reloading, several workers."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from typing import Any, Callable, Dict, Iterator, List

import pytest
import requests
from conftest import BODIES, CHAT, ENDS, EXAMPLES, Process, bearer, eventually
from upstream import Upstream


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

    for count, wrong in enumerate(({"nonsense": 1}, {"gatelet": {"nonsense": 1}}, {"keep_alive": -1}, {"raw_paths": {"/v2/x": "up"}}), 1):
        gateway.write({**first, **wrong})
        gateway.signal(signal.SIGHUP)
        eventually(lambda: gateway.log().count("not reloaded") == workers * count)
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


def test_workers_that_cannot_start_end_the_gateway(tmp_path: Any) -> None:
    """What no look at the settings can know: here a module that is not there."""
    (tmp_path / "gateway.json").write_text(json.dumps({"workers": 3, "gatelet": {"dev_mode": True}}))
    environment = {**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
    code = "import sys; sys.modules['opentelemetry.exporter.otlp.proto.http.trace_exporter'] = None; from gateway.__main__ import main; main()"
    command = [sys.executable, "-c", code, str(tmp_path / "gateway.json"), "--port", "0"]
    told = subprocess.run(command, cwd=EXAMPLES, capture_output=True, text=True, timeout=120, env=environment)
    assert told.returncode == 1 and "trace_exporter" in told.stderr and "the gateway ends" in told.stderr, told
    assert told.stderr.count("is started again") <= 2


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
