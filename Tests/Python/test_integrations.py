"""gatelet.integrations, each with the official package's own exporter: OTLP and Sentry's envelopes to a local server, a scrape."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import re
import subprocess
import sys
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

import gatelet
import pytest
import sentry_sdk
from conftest import MESSAGES
from gatelet import compat
from gatelet.integrations import opentelemetry as ours
from gatelet.integrations.prometheus import GateletCollector
from gatelet.integrations.sentry import GateletIntegration
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.parser import text_string_to_metric_families
from replay import Replay, recorded

SECRET = "the prompt that nobody may see"
TWO: Dict[str, Any] = {
    "environment": False, "retry": {"attempts": 0}, "provider_order": ["bad", "good"],
    "providers": {"bad": {"dialect": "dev", "faults": 503}, "good": {"dialect": "dev", "aliases": []}},
}  # fmt: skip


class Sink:
    """Takes what exporters post."""

    def __init__(self) -> None:
        sink = self
        self.posted: List[Tuple[str, bytes]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = self.headers.get("content-length")
                body = self.rfile.read(int(length)) if length else self._chunks()
                if self.headers.get("content-encoding") == "gzip":
                    body = gzip.decompress(body)
                sink.posted.append((self.path, body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def _chunks(self) -> bytes:
                body = b""
                while size := int(self.rfile.readline(), 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                return body

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def sink() -> Iterator[Sink]:
    made = Sink()
    yield made
    made.stop()


# OpenTelemetry


def plain(attributes: Any) -> Dict[str, Any]:
    found = {}
    for one in attributes:
        kind = one.value.WhichOneof("value")
        value = getattr(one.value, kind)
        found[one.key] = [item.string_value for item in value.values] if kind == "array_value" else value
    return found


class Traced:
    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self.provider = TracerProvider(shutdown_on_exit=False)
        self.provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(endpoint=f"http://{sink.address}/v1/traces")))
        reader = PeriodicExportingMetricReader(OTLPMetricExporter(endpoint=f"http://{sink.address}/v1/metrics"), 3_600_000)
        self.meters = MeterProvider([reader], shutdown_on_exit=False)
        self.tracer = self.provider.get_tracer("test")

    def instrument(self, client: Any, **options: Any) -> Any:
        return ours.instrument(client, tracer_provider=self.provider, meter_provider=self.meters, **options)

    def spans(self) -> List[Any]:
        found = [ExportTraceServiceRequest.FromString(body) for path, body in self.sink.posted if path == "/v1/traces"]
        return [span for request in found for of in request.resource_spans for scope in of.scope_spans for span in scope.spans]

    def metrics(self) -> Dict[str, Any]:
        self.meters.force_flush()
        found = [ExportMetricsServiceRequest.FromString(body) for path, body in self.sink.posted if path == "/v1/metrics"]
        return {one.name: one for request in found for of in request.resource_metrics for scope in of.scope_metrics for one in scope.metrics}


@pytest.fixture
def traced(sink: Sink) -> Iterator[Traced]:
    made = Traced(sink)
    yield made
    made.meters.shutdown()
    made.provider.shutdown()


@pytest.mark.parametrize("stream", [False, True])
def test_spans_of_a_request_and_its_attempts(traced: Traced, stream: bool) -> None:
    with gatelet.Client(TWO) as client:  # type: ignore[arg-type]
        traced.instrument(client)
        with traced.tracer.start_as_current_span("handler"):
            answer = client.chat.completions.create(model="bad/echo", messages=MESSAGES, stream=stream, gatelet={"tag": "search"})
        text = "".join(chunk.text for chunk in answer) if stream else answer.choices[0].message.content  # type: ignore[union-attr]
        assert text
    spans = {span.name: span for span in traced.spans()}
    assert set(spans) == {"handler", "chat echo", "attempt bad/echo", "attempt good/echo"}
    request, first, second = spans["chat echo"], spans["attempt bad/echo"], spans["attempt good/echo"]
    assert request.parent_span_id == spans["handler"].span_id
    assert first.parent_span_id == second.parent_span_id == request.span_id and request.kind == first.kind == 3
    told = plain(request.attributes)
    assert told["gen_ai.operation.name"] == "chat" and told["gen_ai.provider.name"] == "good" and told["gen_ai.request.model"] == "echo"
    assert told["gen_ai.usage.input_tokens"] > 0 and told["gen_ai.usage.output_tokens"] > 0 and told["gatelet.attempts"] == 2
    assert told["gatelet.tag"] == "search" and told["gatelet.request_id"].startswith("gl-")
    assert told.get("gen_ai.request.stream", False) is stream and ("gen_ai.response.time_to_first_chunk" in told) is stream
    failed = plain(first.attributes)
    assert failed["error.type"] == "overloaded" and failed["http.response.status_code"] == 503 and first.status.code == 2
    assert failed["gatelet.action"] == "next_provider" and request.status.code == 0
    assert request.start_time_unix_nano <= first.start_time_unix_nano <= first.end_time_unix_nano <= second.end_time_unix_nano
    assert second.end_time_unix_nano <= request.end_time_unix_nano
    found = traced.metrics()
    [point] = found["gen_ai.client.operation.duration"].histogram.data_points
    assert point.count == 1 and plain(point.attributes)["gen_ai.provider.name"] == "good"
    points = {plain(one.attributes)["gen_ai.token.type"]: one.sum for one in found["gen_ai.client.token.usage"].histogram.data_points}
    assert points == {"input": told["gen_ai.usage.input_tokens"], "output": told["gen_ai.usage.output_tokens"]}


def test_a_request_that_fails(traced: Traced) -> None:
    with gatelet.Client({**TWO, "providers": {"bad": TWO["providers"]["bad"]}, "provider_order": ["bad"]}) as client:  # type: ignore[typeddict-item]
        end = traced.instrument(client)
        with pytest.raises(gatelet.OverloadedError):
            client.chat.completions.create(model="bad/echo", messages=MESSAGES)
        end()
        with pytest.raises(gatelet.OverloadedError):
            client.chat.completions.create(model="bad/echo", messages=MESSAGES)
    spans = {span.name: span for span in traced.spans()}
    assert set(spans) == {"chat echo", "attempt bad/echo"} and spans["chat echo"].status.code == 2
    assert plain(spans["chat echo"].attributes)["error.type"] == "overloaded" and not spans["chat echo"].parent_span_id
    [point] = traced.metrics()["gen_ai.client.operation.duration"].histogram.data_points
    assert plain(point.attributes)["error.type"] == "overloaded" and point.count == 1


@pytest.mark.parametrize("content", [False, True])
def test_content_only_where_it_is_asked_for(traced: Traced, content: bool) -> None:
    echoing = (400, "application/json", json.dumps({"error": {"message": f"bad: {SECRET}", "code": f"code {SECRET}"}}).encode())
    with Replay({"": recorded("openai", "15adae4a392d80b9"), "fails": echoing}) as replay:
        provider = {"base_url": f"{replay.url}/v1", "api_key": "k"}
        with gatelet.Client({"environment": False, "providers": {"up": provider}}) as client:  # type: ignore[arg-type]
            traced.instrument(client, capture_content=content)
            asked = [{"role": "user", "content": [{"type": "text", "text": SECRET}]}]
            client.chat.completions.create(model="m", messages=asked, temperature=0.5)
            with pytest.raises(gatelet.BadRequestError):
                client.chat.completions.create(model="fails", messages=asked)
    spans = {span.name: plain(span.attributes) for span in traced.spans()}
    exported = b"".join(body for _, body in traced.sink.posted)
    assert (SECRET.encode() in exported) is content
    if content:
        told = spans["chat m"]
        assert json.loads(told["gen_ai.input.messages"]) == [{"role": "user", "parts": [{"type": "text", "content": SECRET}]}]
        assert json.loads(told["gen_ai.output.messages"])[0]["parts"][0]["type"] == "text"
        assert told["gen_ai.request.temperature"] == 0.5 and told["gen_ai.response.finish_reasons"] == ["stop"]


async def test_tasks_are_their_requests_parents(traced: Traced) -> None:
    async with gatelet.AsyncClient(TWO) as client:  # type: ignore[arg-type]
        traced.instrument(client)

        async def handle(name: str) -> None:
            with traced.tracer.start_as_current_span(name):
                await client.chat.completions.create(model="good/echo", messages=MESSAGES)

        await asyncio.gather(*(handle(f"handler {place}") for place in range(5)))
    spans = traced.spans()
    parents = {span.span_id: span for span in spans}
    requests = [span for span in spans if span.name == "chat echo"]
    assert len(requests) == 5 and {parents[span.parent_span_id].name for span in requests} == {f"handler {place}" for place in range(5)}
    assert all(span.trace_id == parents[span.parent_span_id].trace_id for span in requests)


# Prometheus


@pytest.mark.parametrize("kind", [gatelet.Client, gatelet.AsyncClient])
def test_a_scrape(kind: Any) -> None:
    registry = CollectorRegistry()
    client = kind(TWO)
    GateletCollector(client, name="main", registry=registry)
    server, thread = start_http_server(0, addr="127.0.0.1", registry=registry)
    try:
        ask(client)
        with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/metrics") as answer:
            families = list(text_string_to_metric_families(answer.read().decode()))
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    found = {(sample.name, *sorted(sample.labels.items())): sample.value for family in families for sample in family.samples}

    def value(name: str, provider: str, **labels: str) -> float:
        who = {"client": "main", "provider": provider, **labels}
        return found[(name, *sorted(who.items()))]

    assert value("gatelet_requests_total", "good", model="echo", outcome="success") == 2
    assert value("gatelet_attempts_total", "bad", model="echo") == 2 and value("gatelet_attempts_total", "good", model="echo") == 2
    assert value("gatelet_attempt_errors_total", "bad", model="echo", kind="overloaded") == 2
    assert value("gatelet_tokens_total", "good", model="echo", kind="output") > 0
    assert value("gatelet_cost_usd_total", "good", model="echo", source="known") == 0
    assert value("gatelet_request_duration_seconds_count", "good", model="echo") == 2
    assert value("gatelet_request_duration_seconds", "good", model="echo", quantile="0.5") > 0
    assert value("gatelet_breaker_open", "good") == 0 and value("gatelet_in_flight", "good") == 0


def ask(client: Any) -> None:
    if isinstance(client, gatelet.AsyncClient):
        asyncio.run(asked_twice(client))
        return
    for _ in range(2):
        client.chat.completions.create(model="bad/echo", messages=MESSAGES)


async def asked_twice(client: Any) -> None:
    for _ in range(2):
        await client.chat.completions.create(model="bad/echo", messages=MESSAGES)


# Sentry


@pytest.fixture
def sentry(sink: Sink) -> Iterator[Any]:
    def begin(**options: Any) -> None:
        sentry_sdk.init(dsn=f"http://public@{sink.address}/1", **options)

    yield begin
    sentry_sdk.get_client().close(timeout=10)
    sentry_sdk.init()


def events(sink: Sink) -> List[Dict[str, Any]]:
    sentry_sdk.flush(10)
    found = []
    for _, body in sink.posted:
        lines = body.split(b"\n")
        found += [json.loads(lines[place + 1]) for place, line in enumerate(lines[:-1]) if line.startswith(b'{"type":"event"')]
    return found


def fail(replay: Replay) -> None:
    provider = {"base_url": f"{replay.url}/v1", "api_key": "sk-test-sentry"}
    with gatelet.Client({"environment": False, "providers": {"up": provider}}) as client:  # type: ignore[arg-type]
        try:
            client.chat.completions.create(model="m", messages=[{"role": "user", "content": "x"}])
        except gatelet.BadRequestError as error:
            sentry_sdk.capture_exception(error)


@pytest.mark.parametrize("content", [False, True])
def test_sentry_has_the_providers_context(sink: Sink, sentry: Any, content: bool) -> None:
    echoing = (400, "application/json", json.dumps({"error": {"message": f"bad: {SECRET}"}}).encode())
    sentry(integrations=[GateletIntegration(include_content=content)])
    with Replay({"": echoing}) as replay:
        fail(replay)
    [event] = events(sink)
    told = event["contexts"]["gatelet"]
    assert told["provider"] == "up" and told["model"] == "m" and told["kind"] == "bad_request" and told["http_status"] == 400
    assert told["attempts"][0]["status"] == "bad_request" and event["tags"]["gatelet.provider"] == "up"
    assert (SECRET in json.dumps(event)) is content
    frames = [frame for value in event["exception"]["values"] for frame in value["stacktrace"]["frames"]]
    assert any(frame.get("vars") for frame in frames if (frame.get("module") or "").startswith("gatelet")) is content
    assert "sk-test-sentry" not in json.dumps([one for one in event["contexts"].items()])


def test_without_the_integration_sentry_stays_as_it_is(sink: Sink, sentry: Any) -> None:
    sentry()
    with Replay({"": (400, "application/json", b'{"error": {"message": "no"}}')}) as replay:
        fail(replay)
    [event] = events(sink)
    assert "gatelet" not in event["contexts"]


def test_failures_of_compat_are_sent_once(sink: Sink, sentry: Any) -> None:
    echoing = (400, "application/json", json.dumps({"error": {"message": f"bad: {SECRET}"}}).encode())
    sentry()
    with Replay({"": echoing}) as replay:
        compat.configure({"environment": False, "providers": {"groq": {"base_url": f"{replay.url}/v1", "api_key": "k"}}})
        try:
            compat.make_groq_request_openai([{"role": "user", "content": SECRET}], "m")
        except gatelet.BadRequestError as error:
            sentry_sdk.capture_exception(error)  # as a web framework does with what nobody caught
    compat.configure({"environment": False})
    [event] = events(sink)
    assert event["contexts"]["gatelet"]["provider"] == "groq"


def test_each_needs_only_its_own_package() -> None:
    for name, package in (("opentelemetry", "prometheus_client"), ("prometheus", "sentry_sdk"), ("sentry", "opentelemetry")):
        code = f"import sys; sys.modules[{package!r}] = None; import gatelet.integrations.{name}"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(
    "block", [one for page in ("observability", "compat") for one in re.findall(r"^```python\n(.*?)^```", (DOCS / f"{page}.md").read_text(), re.S | re.M)]
)
def test_what_the_pages_show_runs(block: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "GATELET_CONFIG"}
    done = subprocess.run([sys.executable, "-c", block], capture_output=True, text=True, env={**environment, "DEV_MODE": "true"})
    assert done.returncode == 0 and not done.stderr, done.stderr
