"""What Gatelet tells about its own work: attempts, plans, the state of providers."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Literal, Optional

from ._object import Object


class Timings(Object):
    connect_ms: Optional[float]
    first_byte_ms: Optional[float]
    first_content_ms: Optional[float]
    total_ms: Optional[float]
    connection_reused: Optional[bool]


class Attempt(Object):
    """One try of a request."""

    provider: Optional[str]
    model: Optional[str]
    key: Optional[str]
    """The configured name of the key, never its value."""
    status: Optional[str]
    http_status: Optional[int]
    action: Optional[
        Literal["retry", "rotate_key", "next_provider", "next_model", "stop", "hedged", "continue", "abandoned"]
    ]
    """What was done next; None after a success."""
    wait_ms: Optional[float]
    """How long it was waited before."""
    timings: Optional[Timings]
    hedge: Optional[bool]
    """It ran beside a slow one."""
    probe: Optional[bool]
    """Its circuit breaker was open, and nobody else was left."""


class Gatelet(Object):
    """What Gatelet adds to an answer, and to the end of a stream."""

    request_id: Optional[str]
    provider_request_id: Optional[str]
    provider: Optional[str]
    model: Optional[str]
    attempts: List[Attempt]
    """Every try, failed ones too."""
    timings: Optional[Timings]
    continued: Optional[bool]
    """A stream broke and was resumed at another candidate."""
    dev_fallback: Optional[bool]
    """The development provider answered in place of a provider that refused the key."""


class PlanEntry(Object):
    """Who would be asked."""

    provider: str
    model: str
    key: Optional[str]
    base_url: Optional[str]
    reason: str
    pricing: Optional[Dict[str, Any]]
    """What would bill: OpenRouter's names, USD for one token or piece as decimal text."""
    pricing_known: bool
    pricing_source: str


class PlanExclusion(Object):
    """Who would not be asked, and why."""

    provider: str
    model: str
    reason: str


class KeyState(Object):
    name: str
    state: Literal["ok", "retired"]
    retired_ms: Optional[float]
    """For how long it is still out of use."""
    reason: Optional[str]


class ModelHealth(Object):
    model: str
    breaker: Literal["closed", "open", "half_open"]
    open_ms: Optional[float]
    failures: Optional[int]
    latency_ms: Optional[float]


class Health(Object):
    """What this client has seen of a provider."""

    breaker: Literal["closed", "open", "half_open"]
    in_flight: Optional[int]
    latency_ms: Optional[float]
    requests_remaining: Optional[int]
    models: Optional[List[ModelHealth]]


class Probe(Object):
    """What a call just now found."""

    ok: bool
    latency_ms: Optional[float]
    error: Optional[Object]


class Balance(Object):
    """USD as decimal text; None is unknown."""

    currency: str
    remaining: Optional[str]
    total: Optional[str]
    used: Optional[str]
    error: Optional[Object]


class ListState(Object):
    """The model list that the client has; of one that never came only the error."""

    source: Optional[str]
    fetched_at: Optional[int]
    age: Optional[int]
    stale: Optional[bool]
    count: Optional[int]
    error: Optional[Object]


class ProviderState(Object):
    id: str
    slug: str
    name: Optional[str]
    aliases: Optional[List[str]]
    configured: bool
    """Usable: it has its key, or needs none."""
    named: bool
    """The configuration names it."""
    key_present: bool
    base_url: Optional[str]
    site_url: Optional[str]
    docs_url: Optional[str]
    logo_url: Optional[str]
    regions: Optional[List[str]]
    keys: Optional[List[KeyState]]
    health: Optional[Health]
    list: Optional[ListState]
    probe: Optional[Probe]
    """Only when asked for."""
    balance: Optional[Balance]
    """Only when asked for, where the provider tells it."""


class ProviderList(Object):
    """Iterates over the providers."""

    object: str
    data: List[ProviderState]

    def __iter__(self) -> Iterator[ProviderState]:
        return iter(self.data)

    def __len__(self) -> int:
        return len(self.data)


class ModelTestResult(Object):
    """What came of one model."""

    model: str
    name: str
    provider: Optional[str]
    status: Literal["success", "failed", "skipped"]
    latency_ms: Optional[float]
    first_content_ms: Optional[float]
    """With `stream` only."""
    tokens: Optional[int]
    usage: Optional[Dict[str, Any]]
    cost: Optional[Object]
    response: Optional[str]
    """The beginning of the text."""
    reason: Optional[str]
    """Why not, in words for people."""
    error: Optional[Object]
    """As in exceptions' `json`."""
    tested_at: str


class ModelTestSummary(Object):
    total: int
    """Models that were asked."""
    successful: int
    failed: int
    skipped: int
    remaining: int
    """Without a result: the test was stopped, or had a limit."""
    success_rate: Optional[float]
    """In percent."""
    average_latency: Optional[float]
    """Seconds, of those that answered."""
    duration: float
    """Seconds, earlier runs included."""


class ModelTestRank(Object):
    model: str
    name: str
    provider: str
    latency_ms: float


class ModelTestResults(Object):
    """Iterates over the results of the models."""

    summary: ModelTestSummary
    results: List[ModelTestResult]
    fastest: List[ModelTestRank]
    errors: List[Object]
    """Model lists that could not be had."""
    started_at: str
    finished_at: str
    options: Object

    def __iter__(self) -> Iterator[ModelTestResult]:
        return iter(self.results or ())

    def __len__(self) -> int:
        return len(self.results or ())


class ModelTestEvent(Object):
    """What a test of models tells while it runs."""

    event: Literal["start", "finish", "wait"]
    model: Optional[str]
    """start, finish."""
    name: Optional[str]
    provider: Optional[str]
    status: Optional[Literal["success", "failed", "skipped"]]
    """finish."""
    latency_ms: Optional[float]
    reason: Optional[str]
    done: int
    total: int
    passed: int
    failed: int
    skipped: int
    running: int
    wait_ms: Optional[float]
    """Until the next model may be asked."""
    elapsed_ms: float
    eta_ms: Optional[float]
    result: Optional[ModelTestResult]
    """finish."""
    report: Optional[ModelTestResults]
    """finish: the results so far, without those of the models."""
