"""The status page: whose it is, and what it is told."""

from __future__ import annotations

import csv
import io
import json
import signal
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, Dict, List

import pytest
import requests
from conftest import MESSAGES, Process, eventually
from upstream import Upstream

CHAT = {"model": "up/chat", "messages": MESSAGES}
OPERATORS = ["/status/now", "/status/providers", "/status/models", "/status/activity", "/status/logs", "/status/logs.csv", "/status/activity.csv", "/status/names", "/metrics"]
FAILING: Any = {
    "environment": False,
    "retry": {"attempts": 0},
    "providers": {"main": {"dialect": "dev", "faults": 503}, "spare": {"dialect": "dev"}},
    "provider_order": ["main", "spare"],
}


def bearer(key: str) -> Dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def chat_box(gateway: Process, **options: Any) -> requests.Response:
    return gateway.post("/status/chat", {**CHAT, "stream": True}, **options)


def test_it_is_the_operators(start: Callable[..., Process], upstream: Upstream) -> None:
    gateway = start(operator_key="sk-op", keys={"a": {"key": "sk-a"}})
    own = gateway.url
    for headers in {}, bearer("sk-a"), bearer("wrong"), {"Cookie": "gateway_operator=sk-op"}:
        for path in OPERATORS:
            assert gateway.get(path, headers=headers).status_code == 401, path
        assert chat_box(gateway, headers=headers).status_code == 401
        asked = gateway.get("/", headers=headers)
        assert asked.status_code == 401 and "operator" in asked.text and "Providers" not in asked.text
    assert requests.post(own + "/login", data={"key": "sk-a"}, timeout=60).status_code == 401
    for path in OPERATORS:
        assert gateway.get(path, headers=bearer("sk-op")).status_code == 200
    assert gateway.post("/v1/chat/completions", CHAT, headers=bearer("sk-op")).status_code == 200  # and it is an API key

    with requests.Session() as browser:
        told = browser.post(own + "/login", data={"key": "sk-op"}, timeout=60)
        assert told.status_code == 200 and "Providers" in told.text
        cookie = told.history[0].headers["set-cookie"]
        assert "HttpOnly" in cookie and "SameSite=strict" in cookie and "sk-op" not in cookie
        for path in OPERATORS:
            assert browser.get(own + path, timeout=60).status_code == 200
            assert browser.get(own + path, headers={"Origin": "https://evil.example"}, timeout=60).status_code == 403
        said = browser.post(own + "/status/chat", json={**CHAT, "stream": True}, headers={"Origin": own}, timeout=60)
        assert said.text.endswith("data: [DONE]\n\n")
        assert browser.post(own + "/status/chat", json=CHAT, headers={"Origin": "https://evil.example"}, timeout=60).status_code == 403
        assert browser.post(own + "/v1/chat/completions", json=CHAT, timeout=60).status_code == 401  # a cookie is no key


def test_elsewhere_it_needs_a_key(start: Callable[..., Process]) -> None:
    gateway = start(host="0.0.0.0", keys={"a": {"key": "sk-a"}})
    gateway.url = gateway.url.replace("0.0.0.0", "127.0.0.1")
    for path in ["/", *OPERATORS]:
        assert gateway.get(path, headers=bearer("sk-a")).status_code == 403, path
    assert chat_box(gateway, headers=bearer("sk-a")).status_code == 403
    assert gateway.get("/healthz").status_code == gateway.get("/readyz").status_code == 200


def test_on_this_machine_it_is_open_to_this_machine(gateway: Process) -> None:
    page = gateway.get("/")
    assert page.status_code == 200 and "default-src 'none'" in page.headers["content-security-policy"]
    assert "https:" not in page.headers["content-security-policy"] and "//" not in page.text
    for path in ["/", *OPERATORS]:
        assert gateway.get(path).status_code == 200
        assert gateway.get(path, headers={"Host": "evil.example"}).status_code == 403, path
    assert gateway.get("/page/..%2fapp.py").status_code == 404


def test_what_happened_is_told(start: Callable[..., Process]) -> None:
    gateway = start(keys={"a": {"key": "sk-a", "limits": {"requests_per_day": 9}}, "b": {"key": "sk-b"}}, gatelet=FAILING, lists_at_start=True)
    eventually(lambda: all(one["list"] for one in gateway.get("/status/providers").json()["providers"]))  # prices are there
    body = {"model": "echo", "messages": MESSAGES}
    for key, count in ("sk-a", 3), ("sk-b", 2):
        for i in range(count):
            assert gateway.post("/v1/chat/completions", {**body, "stream": bool(i)}, headers=bearer(key)).status_code == 200
    failed = gateway.post("/v1/chat/completions", {**body, "model": "main/=cmd()", "provider": {"only": ["main"]}}, headers=bearer("sk-a"))
    assert failed.status_code == 503

    now = gateway.get("/status/now").json()
    assert now["total"]["requests"] == 6 and now["total"]["failures"] == 1 and now["total"]["errors"]["overloaded"] >= 2
    first = now["failovers"][-1]
    assert (first["provider"], first["status"], first["http_status"], first["action"], first["tag"]) == ("main", "overloaded", 503, "next_provider", "a")
    assert [one["time"] for one in now["failovers"]] == sorted((one["time"] for one in now["failovers"]), reverse=True)

    today = time.strftime("%Y-%m-%d", time.gmtime())
    by_day = gateway.get("/status/activity?by=day&step=86400").json()
    assert [(group["name"], group["requests"]) for group in by_day["groups"]] == [(today, 6)] and by_day["times"][-1] % 86400 == 0
    told = gateway.get("/status/activity?by=key&step=60").json()
    assert told["total"]["requests"] == 6 and told["total"]["failed"] == 1 and told["errors"] == {"overloaded": 1}
    assert [(group["name"], group["requests"]) for group in told["groups"]] == [("a", 4), ("b", 2)]
    assert told["total"]["tokens_out"] > 0 and told["total"]["usd"] > 0 and told["total"]["ms"]["p50"] <= told["total"]["ms"]["p99"]
    assert sum(spot[0] for spot in told["series"]["a"]) == 4 and len(told["series"]["a"]) == len(told["times"])
    for asked, count in (
        ("key=b", 2), ("key=b&provider=spare", 2), ("key=b&provider=main", 0), ("status=failed", 1), ("status=ok", 5), ("model=echo", 5), ("model=spare/echo", 5), ("model=main/echo", 0),
        ("model=main/=cmd()", 1), (f"day={today}", 6), ("day=2020-01-01", 0), ("day=nonsense", 0), ("since=9999999999", 0),
        ("q=CMD", 1), ("until=1", 0),
    ):  # fmt: skip
        assert gateway.get(f"/status/activity?{asked}").json()["total"]["requests"] == count, asked
        assert gateway.get(f"/status/logs?{asked}").json()["total"] == count, asked
    for wrong in "by=secret", "step=1", "step=x":
        assert gateway.get(f"/status/activity?{wrong}").status_code == 400
    for odd in "since=nan", "since=-1", "offset=-5", "offset=x", "until=%00", "q=%ff":
        assert gateway.get(f"/status/logs?{odd}").status_code == gateway.get(f"/status/activity?{odd}").status_code == 200

    rows = gateway.get("/status/logs").json()["rows"]
    assert rows[0]["status"] == "overloaded" and rows[0]["key"] == "a" and rows[0]["requested_model"] == "main/=cmd()"
    assert rows[-1]["provider"] == "spare" and rows[-1]["attempts"] == 2
    sheet = list(csv.DictReader(io.StringIO(gateway.get("/status/logs.csv?status=ok").text)))
    assert len(sheet) == 5 and sheet[0]["model"] == "echo" and float(sheet[0]["usd"]) > 0 and sheet[0]["time"].startswith(today + "T")
    sheet = list(csv.DictReader(io.StringIO(gateway.get("/status/activity.csv?by=key").text)))
    assert [(row["key"], row["requests"], row["failed"]) for row in sheet] == [("a", "4", "1"), ("b", "2", "0")] and float(sheet[0]["usd"]) > 0
    assert gateway.get("/status/activity.csv?by=secret").status_code == 400

    names = gateway.get("/status/names").json()
    assert {"echo", "spare/echo", "main/=cmd()"} <= set(names["models"]) and "spare" in names["providers"] and names["keys"] == ["a", "b"]
    for model in names["models"]:  # what is suggested is found
        assert gateway.get("/status/logs", params={"model": model}).json()["total"] > 0, model
    assert [(one["name"], one["requests"], one["usd"] > 0) for one in names["today"]] == [("a", 4, True), ("b", 2, True)]
    (rule,) = names["today"][0]["rules"]
    assert rule["rule"] == "requests_per_day" and rule["left"] == 9 - rule["used"] < 9 and names["today"][1]["rules"] == []

    providers = gateway.get("/status/providers").json()["providers"]
    assert {one["id"]: one["health"]["in_flight"] for one in providers} == {"main": 0, "spare": 0}
    models = gateway.get("/status/models").json()["data"]
    assert {model["id"]: model["min_prompt_price"] for model in models}["spare/echo"] == 0.1

    metrics = gateway.get("/metrics").text
    assert 'gatelet_requests_total{client="worker-0",model="echo",outcome="success",provider="spare"} 5.0' in metrics
    assert 'gateway_open_requests{client="worker-0"} 0.0' in metrics


def test_a_sheet_runs_no_formula(start: Callable[..., Process]) -> None:
    gateway = start(gatelet={"dev_mode": True})
    for model in "=1+1", "+1", "-1", "@x":
        assert gateway.post("/v1/chat/completions", {"model": model, "messages": MESSAGES}).status_code == 200
    sheet = list(csv.DictReader(io.StringIO(gateway.get("/status/logs.csv").text)))
    assert [row["requested_model"] for row in sheet] == ["'=1+1", "'+1", "'-1", "'@x"]


def test_requests_under_way_are_told(gateway: Process, upstream: Upstream) -> None:
    with gateway.post("/v1/chat/completions", {**CHAT, "model": "up/stall:3", "stream": True}, stream=True) as told:
        lines = told.iter_lines()
        next(lines)
        eventually(lambda: [one["chunks"] for one in gateway.get("/status/now").json()["live"]] == [3])
        (live,) = gateway.get("/status/now").json()["live"]
        assert live["who"] == "local" and live["model"] == "up/stall:3" and live["path"] == "/v1/chat/completions" and live["stream"]
        assert 'gateway_open_requests{client="worker-0"} 1.0' in gateway.get("/metrics").text
    eventually(lambda: gateway.get("/status/now").json()["live_count"] == 0)


def test_records_outlive_the_gateway_and_are_of_all_workers(start: Callable[..., Process], tmp_path: Any) -> None:
    file = tmp_path / "records.jsonl"
    first = start(workers=2, records=str(file))
    for _ in range(10):
        assert first.post("/v1/chat/completions", CHAT).status_code == 200
    for _ in range(6):  # whichever worker it is
        assert first.get("/status/activity").json()["total"]["requests"] == 10
    assert first.end() == 0
    file.write_bytes(file.read_bytes() + b'no JSON\n{"time": "x"}\n\n{"time": 1700000000, "status": "ok", "new": []}\n{"time": 17')
    second = start(records=str(file))
    assert second.post("/v1/chat/completions", CHAT).status_code == 200
    assert second.get("/status/logs").json()["total"] in (11, 12)  # the half of a line took the next one with it, or not
    file.rename(tmp_path / "records.1")
    eventually(lambda: second.post("/v1/chat/completions", CHAT).status_code == 200 and file.exists())
    assert 1 <= second.get("/status/logs").json()["total"] <= 100


def test_spans_go_where_the_variables_say(start: Callable[..., Process]) -> None:
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="the exporter is not installed")
    got: List[bytes] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Collector) as collector:
        threading.Thread(target=collector.serve_forever, daemon=True).start()
        gateway = start({"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.server_address[1]}", "OTEL_SERVICE_NAME": "the-gateway"})
        assert gateway.post("/v1/chat/completions", CHAT).status_code == 200
        assert gateway.end() == 0
        collector.shutdown()
    spans = b"".join(got)
    assert b"the-gateway" in spans and b"chat chat" in spans and b"attempt up/chat" in spans and b"Say hello" not in spans, gateway.log()
    assert json.dumps(MESSAGES).encode() not in spans


@pytest.mark.parametrize("workers", [1, 2])
def test_failovers_are_of_all_workers_and_outlive_the_gateway(start: Callable[..., Process], tmp_path: Any, workers: int) -> None:
    file = tmp_path / "records.jsonl"
    body = {"model": "echo", "messages": MESSAGES}
    first = start(workers=workers, records=str(file), gatelet=FAILING)
    for _ in range(3):
        assert first.post("/v1/chat/completions", body).status_code == 200
    for _ in range(6):  # whichever worker it is
        assert [one["provider"] for one in first.get("/status/now").json()["failovers"]] == ["main"] * 3
    assert first.end() == 0
    second = start(workers=workers, records=str(file), gatelet=FAILING)
    assert second.post("/v1/chat/completions", body).status_code == 200
    for _ in range(6):
        told = second.get("/status/now").json()["failovers"]
        assert [(one["status"], one["http_status"], one["action"]) for one in told] == [("overloaded", 503, "next_provider")] * 4


def test_models_that_come_later_are_shown(start: Callable[..., Process], upstream: Upstream) -> None:
    """A provider that is not there when the page first asks."""
    config = upstream.config()
    config["providers"]["gone"] = {"base_url": "http://127.0.0.1:9/v1", "api_key": "k"}
    gateway = start(gatelet=config)
    told = gateway.get("/status/models").json()
    assert [one["id"] for one in told["data"]] == ["up/chat", "up/second"] and len(told["missing"]) == 1 and told["missing"][0].startswith("gone: ")
    alone = start(gatelet={"environment": False, "providers": {"gone": config["providers"]["gone"]}})
    told = alone.get("/status/models").json()
    assert told["data"] == [] and len(told["missing"]) == 1
    port = upstream.config()["providers"]["up"]["base_url"]
    alone.write({"lists_at_start": False, "gatelet": {"environment": False, "providers": {"gone": {"base_url": port, "api_key": "k"}}}})
    alone.signal(signal.SIGHUP)
    eventually(lambda: [one["id"] for one in alone.get("/status/models").json()["data"]] == ["gone/chat", "gone/second"])
