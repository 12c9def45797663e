"""What other software watches: /metrics for Prometheus, and OpenTelemetry where its own variables ask for it."""

from __future__ import annotations

import os
from typing import Any, Callable, Optional

from gatelet import AsyncClient
from gatelet.integrations.prometheus import GateletCollector
from prometheus_client import CollectorRegistry, Gauge, generate_latest


class Telemetry:
    def __init__(self, client: AsyncClient, worker: int) -> None:
        self._registry = CollectorRegistry()
        GateletCollector(client, name=f"worker-{worker}", registry=self._registry)
        self._open = Gauge("gateway_open_requests", "Requests of clients under way.", ["client"], registry=self._registry).labels(f"worker-{worker}")
        self._end: Optional[Callable[[], Any]] = None
        if os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
            self._end = _instrument(client)

    def count_open(self, count: Callable[[], int]) -> None:
        self._open.set_function(count)

    def metrics(self) -> bytes:
        return generate_latest(self._registry)

    def close(self) -> None:
        if self._end:
            self._end()


def _instrument(client: AsyncClient) -> Callable[[], Any]:
    """Needs opentelemetry-sdk and opentelemetry-exporter-otlp-proto-http, which read the other variables (OTEL_SERVICE_NAME, ...)."""
    from gatelet.integrations import opentelemetry
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    remove = opentelemetry.instrument(client, tracer_provider=provider)

    def end() -> None:
        remove()
        provider.shutdown()

    return end
