"""Spans and metrics of requests by OpenTelemetry's conventions for generative AI.

    from gatelet.integrations import opentelemetry

    opentelemetry.instrument(client)

https://opentelemetry.io/docs/specs/semconv/gen-ai/
"""

from __future__ import annotations

import json
import threading
import time
from collections import OrderedDict
from typing import Any, Callable, Dict, List, Optional, Union

from opentelemetry import context, metrics, trace

from .. import AsyncClient, Client
from ..options import HookEvent

# A request that another hook refuses has no further event: more than so many are no longer under way.
_MOST_OPEN = 16_384
# Names that the conventions have for providers (gen_ai.provider.name, 2026-11-30); others go by our ids.
_PROVIDERS = {
    "gemini": "gcp.gemini", "vertex": "gcp.vertex_ai", "azure-openai": "azure.ai.openai", "azure-openai-deployments": "azure.ai.openai",
    "bedrock": "aws.bedrock", "bedrock-runtime": "aws.bedrock", "xai": "x_ai", "mistral": "mistral_ai",
}  # fmt: skip
_SECONDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]
_TOKENS = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864]


def instrument(
    client: Union[Client, AsyncClient],
    *,
    tracer_provider: Optional[trace.TracerProvider] = None,
    meter_provider: Optional[metrics.MeterProvider] = None,
    capture_content: bool = False,
) -> Callable[[], None]:
    """A span for each request, inside of the caller's, and one inside of it for each attempt; how long requests take and how many
    tokens they use. What comes back ends it. Prompts and answers are in spans only with `capture_content`.
    """
    return client.add_hook(_Requests(tracer_provider, meter_provider, capture_content), content=capture_content)


class _Open:
    """A request under way."""

    def __init__(self, event: HookEvent) -> None:
        self.context = context.get_current()
        self.began = time.time_ns()
        self.event = event
        self.span: Optional[trace.Span] = None
        self.attempts: Dict[int, trace.Span] = {}


class _Requests:
    def __init__(
        self, tracer_provider: Optional[trace.TracerProvider], meter_provider: Optional[metrics.MeterProvider], content: bool
    ) -> None:
        self._tracer = trace.get_tracer("gatelet", tracer_provider=tracer_provider)
        meter = metrics.get_meter("gatelet", meter_provider=meter_provider)
        self._duration = meter.create_histogram(
            "gen_ai.client.operation.duration", "s", "GenAI operation duration.", explicit_bucket_boundaries_advisory=_SECONDS
        )
        self._tokens = meter.create_histogram(
            "gen_ai.client.token.usage", "{token}", "Number of input and output tokens used.", explicit_bucket_boundaries_advisory=_TOKENS
        )
        self._content = content
        self._lock = threading.Lock()
        self._open: "OrderedDict[str, _Open]" = OrderedDict()

    def __call__(self, event: HookEvent) -> None:
        name = event["event"]
        if name == "request":  # in the caller's thread or task: what is current there is the parent
            with self._lock:
                self._open[event["request_id"]] = _Open(event)
                if len(self._open) > _MOST_OPEN:
                    self._open.popitem(last=False)
            return
        with self._lock:
            found = self._open.pop(event["request_id"], None) if name == "request_end" else self._open.get(event["request_id"])
        if found is None:  # it began before there was this hook
            return
        if found.span is None:
            found.span = self._begin(found)
        if name == "attempt":
            found.attempts[event["attempt"]] = self._begin_attempt(found.span, event)
        elif name == "attempt_end":
            _end_attempt(found.attempts.pop(event["attempt"], None), event)
        else:
            self._end(found, event)

    def _begin(self, found: _Open) -> trace.Span:
        event = found.event
        operation, model = _operation(event), event.get("model") or ""
        span = self._tracer.start_span(
            f"{operation} {model}".strip(), found.context, trace.SpanKind.CLIENT, start_time=found.began,
            attributes={"gen_ai.operation.name": operation, "gen_ai.provider.name": _provider(event.get("provider")),
                        "gen_ai.request.model": model, "gatelet.request_id": event["request_id"]},
        )  # fmt: skip
        if event["operation"].endswith("_stream"):
            span.set_attribute("gen_ai.request.stream", True)
        tag = event.get("tag")
        if tag:
            span.set_attribute("gatelet.tag", tag)
        if self._content and span.is_recording():
            for name, value in _asked(event.get("request") or {}).items():
                span.set_attribute(name, value)
        return span

    def _begin_attempt(self, parent: trace.Span, event: HookEvent) -> trace.Span:
        span = self._tracer.start_span(
            f"attempt {event['provider']}/{event['model']}", trace.set_span_in_context(parent), trace.SpanKind.CLIENT,
            attributes={"gen_ai.operation.name": _operation(event), "gen_ai.provider.name": _provider(event["provider"]),
                        "gen_ai.request.model": event["model"], "gatelet.attempt": event["attempt"]},
        )  # fmt: skip
        for name in ("key", "wait_ms", "hedge", "probe"):
            value: Any = event.get(name)
            if value:
                span.set_attribute(f"gatelet.{name}", value)
        return span

    def _end(self, found: _Open, event: HookEvent) -> None:
        for left in found.attempts.values():
            left.end()
        span, told = found.span, event.get("gatelet") or {}
        assert span is not None
        labels: Dict[str, Any] = {
            "gen_ai.operation.name": _operation(event),
            "gen_ai.provider.name": _provider(told.get("provider") or found.event.get("provider")),
            "gen_ai.request.model": found.event.get("model") or "",
        }
        if told.get("model"):
            labels["gen_ai.response.model"] = told["model"]
        for name, value in labels.items():
            span.set_attribute(name, value)
        usage = _usage(told.get("usage"))
        for name, value in usage.items():
            span.set_attribute(f"gen_ai.usage.{name}", value)
        first = (told.get("timings") or {}).get("first_content_ms")
        if first is not None:
            span.set_attribute("gen_ai.response.time_to_first_chunk", first / 1000)
        cost = (told.get("cost") or {}).get("total")
        if cost is not None:
            span.set_attribute("gatelet.cost.usd", float(cost))
        span.set_attribute("gatelet.attempts", len(told.get("attempts") or ()))
        if self._content and span.is_recording():
            for name, value in _answered(event.get("answer") or {}).items():
                span.set_attribute(name, value)
        kind = _failed(span, event)
        span.end()
        self._duration.record((time.time_ns() - found.began) / 1e9, {**labels, **({"error.type": kind} if kind else {})})
        for name, word in (("input_tokens", "input"), ("output_tokens", "output")):
            if name in usage:
                self._tokens.record(usage[name], {**labels, "gen_ai.token.type": word})


def _end_attempt(span: Optional[trace.Span], event: HookEvent) -> None:
    if span is None:
        return
    if event.get("http_status"):
        span.set_attribute("http.response.status_code", event["http_status"])
    if event.get("action"):
        span.set_attribute("gatelet.action", event["action"])
    for name, value in _usage(event.get("usage")).items():
        span.set_attribute(f"gen_ai.usage.{name}", value)
    _failed(span, event)
    span.end()


def _failed(span: trace.Span, event: HookEvent) -> Optional[str]:
    error = event.get("error")
    if not error:
        return None
    kind = str(error.get("kind"))
    span.set_attribute("error.type", kind)
    span.set_status(trace.Status(trace.StatusCode.ERROR, kind))
    return kind


def _operation(event: HookEvent) -> str:
    operation = event["operation"]
    word = operation[: -len("_stream")] if operation.endswith("_stream") else operation
    return "text_completion" if word == "completion" else word


def _provider(provider: Optional[str]) -> str:
    return _PROVIDERS.get(provider or "", provider or "")


def _usage(buckets: Any) -> Dict[str, int]:
    """The conventions count cached tokens among those of the input."""
    if not isinstance(buckets, dict):
        return {}
    told: Dict[str, int] = {}
    read, written = buckets.get("cache_read"), buckets.get("cache_write")
    if buckets.get("input") is not None:
        told["input_tokens"] = buckets["input"] + (read or 0) + (written or 0)
    for name, value in (("output_tokens", buckets.get("output")), ("cache_read.input_tokens", read),
                        ("cache_creation.input_tokens", written), ("reasoning.output_tokens", buckets.get("reasoning"))):  # fmt: skip
        if value is not None:
            told[name] = value
    return told


# Content, where it was asked for.


def _asked(request: Dict[str, Any]) -> Dict[str, Any]:
    told: Dict[str, Any] = {}
    for name in ("temperature", "top_p", "max_tokens", "frequency_penalty", "presence_penalty", "seed"):
        if isinstance(request.get(name), (int, float)):
            told[f"gen_ai.request.{name}"] = request[name]
    messages = request.get("messages")
    if isinstance(messages, list):
        told["gen_ai.input.messages"] = json.dumps([_message(one) for one in messages], ensure_ascii=False)
    return told


def _answered(answer: Dict[str, Any]) -> Dict[str, Any]:
    told: Dict[str, Any] = {"gen_ai.response.id": answer["id"]} if isinstance(answer.get("id"), str) else {}
    choices: List[Dict[str, Any]] = [one for one in answer.get("choices") or () if isinstance(one, dict)]
    reasons = [one["finish_reason"] for one in choices if isinstance(one.get("finish_reason"), str)]
    if reasons:
        told["gen_ai.response.finish_reasons"] = reasons
    messages = [{**_message(one["message"]), "finish_reason": one.get("finish_reason")} for one in choices if isinstance(one.get("message"), dict)]
    if messages:
        told["gen_ai.output.messages"] = json.dumps(messages, ensure_ascii=False)
    return told


def _message(message: Any) -> Dict[str, Any]:
    if not isinstance(message, dict):
        return {"role": "", "parts": []}
    content = message.get("content")
    parts: List[Dict[str, Any]] = []
    if isinstance(content, str):
        parts.append({"type": "text", "content": content})
    elif isinstance(content, list):
        parts += [_part(one) for one in content if isinstance(one, dict)]
    for call in message.get("tool_calls") or ():
        function = call.get("function") or {} if isinstance(call, dict) else {}
        parts.append({"type": "tool_call", "id": call.get("id"), "name": function.get("name"), "arguments": function.get("arguments")})
    return {"role": message.get("role"), "parts": parts}


def _part(part: Dict[str, Any]) -> Dict[str, Any]:
    return {"type": "text", "content": part.get("text")} if part.get("type") == "text" else {"type": str(part.get("type"))}
