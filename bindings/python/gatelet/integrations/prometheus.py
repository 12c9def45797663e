"""The statistics of a client as metrics of Prometheus. They are read when they are asked for: a request costs nothing more.

    from gatelet.integrations.prometheus import GateletCollector

    GateletCollector(client)
"""

from __future__ import annotations

from typing import Iterator, List, Optional, Union

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, SummaryMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import REGISTRY, Collector, CollectorRegistry

from .. import AsyncClient, Client
from ..reports import StatsRow, Times

_WHO = ["client", "provider", "model"]
_OUTCOMES = (("success", "successes"), ("failure", "failures"), ("cancelled", "cancelled"), ("truncated", "truncated"))


class GateletCollector(Collector):
    """Registers itself at `registry`. `name` is the label `client`, for programs with several clients.

    Counters count since the client was made, or since `client.stats(reset=True)`.
    """

    def __init__(
        self, client: Union[Client, AsyncClient], *, name: str = "", registry: Optional[CollectorRegistry] = REGISTRY
    ) -> None:
        self._client, self._name = client, name
        if registry is not None:
            registry.register(self)

    def describe(self) -> List[Metric]:
        """Nothing is read before the first scrape."""
        return []

    def collect(self) -> Iterator[Metric]:
        rows = self._client.stats(["model", "provider"])
        yield from self._requests(rows.model or [])
        yield from self._use(rows.model or [])
        yield from self._times(rows.model or [])
        yield from self._lists(rows.provider or [])
        yield from self._health()

    def _who(self, row: StatsRow) -> List[str]:
        return [self._name, row.provider or "", row.model or ""]

    def _requests(self, rows: List[StatsRow]) -> Iterator[Metric]:
        requests = CounterMetricFamily("gatelet_requests", "Requests, by who answered or failed last.", labels=[*_WHO, "outcome"])
        counters = [
            ("attempts", CounterMetricFamily("gatelet_attempts", "Tries of requests.", labels=_WHO)),
            ("retries", CounterMetricFamily("gatelet_retries", "Tries after a failure of the same candidate.", labels=_WHO)),
            ("hedges", CounterMetricFamily("gatelet_hedges", "Tries beside a slow one.", labels=_WHO)),
            ("fallbacks", CounterMetricFamily("gatelet_fallbacks", "Requests that somebody else than the first choice answered.", labels=_WHO)),
        ]
        errors = CounterMetricFamily("gatelet_attempt_errors", "Failed tries, by kind of error.", labels=[*_WHO, "kind"])
        for row in rows:
            who = self._who(row)
            for outcome, member in _OUTCOMES:
                requests.add_metric([*who, outcome], row[member])
            for member, family in counters:
                family.add_metric(who, row[member])
            for kind, count in row.to_dict()["errors"].items():
                errors.add_metric([*who, kind], count)
        yield from (requests, *(family for _, family in counters), errors)

    def _use(self, rows: List[StatsRow]) -> Iterator[Metric]:
        tokens = CounterMetricFamily("gatelet_tokens", "Tokens, estimates included; kinds as in docs/usage.md.", labels=[*_WHO, "kind"])
        cost = CounterMetricFamily("gatelet_cost_usd", "What it cost.", labels=[*_WHO, "source"])
        unknown = CounterMetricFamily("gatelet_unpriced_attempts", "Tries whose cost is not known.", labels=_WHO)
        for row in rows:
            who = self._who(row)
            for kind, count in row.to_dict()["tokens"].items():
                tokens.add_metric([*who, kind], count)
            for source in ("known", "estimated"):
                cost.add_metric([*who, source], float(row.cost[source]))
            unknown.add_metric(who, row.cost.unknown_attempts)
        yield from (tokens, cost, unknown)

    def _times(self, rows: List[StatsRow]) -> Iterator[Metric]:
        whole = SummaryMetricFamily("gatelet_request_duration_seconds", "Of requests that succeeded.", labels=_WHO)
        first = SummaryMetricFamily("gatelet_time_to_first_content_seconds", "Of streams.", labels=_WHO)
        for row in rows:
            _add(whole, self._who(row), row.latency_ms)
            _add(first, self._who(row), row.first_content_ms)
        yield from (whole, first)

    def _lists(self, rows: List[StatsRow]) -> Iterator[Metric]:
        labels = ["client", "provider"]
        fetches = CounterMetricFamily("gatelet_list_fetches", "Fetches of model lists.", labels=labels)
        failures = CounterMetricFamily("gatelet_list_failures", "Those that failed.", labels=labels)
        for row in rows:
            fetches.add_metric([self._name, row.provider or ""], row.list_fetches or 0)
            failures.add_metric([self._name, row.provider or ""], row.list_failures or 0)
        yield from (fetches, failures)

    def _health(self) -> Iterator[Metric]:
        labels = ["client", "provider"]
        breakers = GaugeMetricFamily("gatelet_breaker_open", "1: the provider is left alone for now.", labels=labels)
        flying = GaugeMetricFamily("gatelet_in_flight", "Tries under way.", labels=labels)
        retired = GaugeMetricFamily("gatelet_keys_retired", "Keys that are out of use for now.", labels=labels)
        for state in self._client._states():
            if not state.configured or not state.health:
                continue
            who = [self._name, state.id]
            breakers.add_metric(who, float(state.health.breaker == "open"))
            flying.add_metric(who, state.health.in_flight or 0)
            retired.add_metric(who, sum(key.state == "retired" for key in state.keys or ()))
        yield from (breakers, flying, retired)


def _add(family: SummaryMetricFamily, who: List[str], times: Optional[Times]) -> None:
    if not times:
        return
    family.add_metric(who, times.count, times.count * times.mean / 1000)
    labels = dict(zip(_WHO, who))
    for quantile, value in (("0.5", times.p50), ("0.9", times.p90), ("0.95", times.p95), ("0.99", times.p99)):
        family.add_sample(family.name, {**labels, "quantile": quantile}, value / 1000)
