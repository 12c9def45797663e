"""What Gatelet tells about its own work: attempts, usage, cost, plans, the state of providers, statistics."""

from __future__ import annotations

from typing import Any, Dict, List, Literal, Optional, Union

from ._object import Listing, Object


class ErrorDocument(Object):
    """What went wrong, as in exceptions' `json` (docs/errors.md)."""

    status: int
    kind: str
    message: str
    http_status: Optional[int]
    provider: Optional[str]
    model: Optional[str]
    code: Optional[str]
    type: Optional[str]
    param: Optional[str]
    provider_message: Optional[str]
    retryable: Optional[bool]
    retry_after_ms: Optional[float]
    request_id: Optional[str]


class ListError(Object):
    """A model list that could not be had."""

    provider: str
    error: ErrorDocument


class Timings(Object):
    connect_ms: Optional[float]
    first_byte_ms: Optional[float]
    first_content_ms: Optional[float]
    total_ms: Optional[float]
    connection_reused: Optional[bool]


class TokenUsage(Object):
    """Tokens in disjoint buckets; what is not known is None. `input`, `cache_read`, `cache_write`, `output` are the whole."""

    input: Optional[int]
    cache_read: Optional[int]
    cache_write: Optional[int]
    output: Optional[int]
    """Reasoning included."""
    cache_write_1h: Optional[int]
    reasoning: Optional[int]
    audio_output: Optional[int]
    image_output: Optional[int]
    audio_input: Optional[int]
    web_searches: Optional[int]
    total: Optional[int]
    source: Literal["reported", "estimated"]
    flags: Optional[List[str]]


class CostLine(Object):
    bucket: str
    tokens: Optional[int]
    count: Optional[int]
    """Of what is not billed by tokens."""
    price: str
    cost: str
    assumed: Optional[bool]
    """The price of another kind stands in for one that is not known."""


class CostDifference(Object):
    reported: str
    computed: str


class CostRange(Object):
    low: str
    high: str


class Cost(Object):
    """In USD, as decimal text: decimal.Decimal(cost.total) is exact. None is unknown."""

    total: Optional[str]
    currency: Optional[str]
    source: Literal["reported", "computed", "estimated", "unknown"]
    at_least: Optional[bool]
    """It may be more: an attempt without a usage may have been billed, or a line is missing."""
    missing: Optional[List[str]]
    """Lines that `total` lacks, as their count or their price is not known."""
    assumed: Optional[bool]
    service_tier: Optional[str]
    """In which it was served, in the provider's word."""
    served_by: Optional[str]
    """The server behind a router."""
    range: Optional[CostRange]
    """At the cheapest and at the dearest of the servers that may have given the answer."""
    served: Optional[str]
    others: Optional[str]
    difference: Optional[CostDifference]
    price_source: Optional[str]
    lines: Optional[List[CostLine]]


class Attempt(Object):
    """One try of a request."""

    provider: Optional[str]
    model: Optional[str]
    key: Optional[str]
    """The configured name of the key, never its value."""
    status: Optional[str]
    http_status: Optional[int]
    action: Optional[
        Literal["retry", "rotate_key", "next_provider", "next_model", "stop", "hedged", "continue", "abandoned", "resend"]
    ]
    """What was done next; None after a success."""
    cached: Optional[bool]
    """Nobody was asked: its answer was kept."""
    unsent: Optional[bool]
    """The provider has not begun with it: it was sent again, costs nothing and counts nowhere."""
    wait_ms: Optional[float]
    """How long it was waited before."""
    timings: Optional[Timings]
    hedge: Optional[bool]
    """It ran beside a slow one."""
    probe: Optional[bool]
    """Its circuit breaker was open, and nobody else was left."""
    usage: Optional[TokenUsage]
    """Left out, as the next two are, where the only attempt is the one that answered."""
    cost: Optional[Cost]
    provider_request_id: Optional[str]


class RequestWarning(Object):
    """Something that the `gatelet` of a request wanted and did not get."""

    code: str
    """`clamped`: more than is allowed; `overruled`: the options of the call say something else; `dropped`: the provider
    has no way to be told; `unsure`: it was sent, and nobody says what the provider makes of it."""
    path: str
    message: str


class Gatelet(Object):
    """What Gatelet adds to an answer, and to the end of a stream."""

    request_id: Optional[str]
    provider_request_id: Optional[str]
    """What the provider calls the request: its support asks for it."""
    provider: Optional[str]
    model: Optional[str]
    usage: Optional[TokenUsage]
    cost: Optional[Cost]
    attempts: List[Attempt]
    """Every try, failed ones too."""
    timings: Optional[Timings]
    continued: Optional[bool]
    """A stream broke and was resumed at another candidate."""
    dev_fallback: Optional[bool]
    """The development provider answered in place of a provider that refused the key."""
    warnings: Optional[List[RequestWarning]]
    cache: Optional["CacheHit"]
    limits: Optional[List["LimitStanding"]]
    """How the rules of the request's own tag stand."""
    """What the request's own `gatelet` did not get."""
    dev_mode: Optional[bool]
    """The development provider answered because a variable said so."""
    request_repaired: Optional[bool]
    """A lone surrogate in the request was replaced."""
    unclean_close: Optional[bool]
    """The connection broke after the answer was complete."""
    late_error: Optional[str]
    """An error came behind the end of the answer, or beside a whole one: its kind."""


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
    error: Optional[ErrorDocument]


class Balance(Object):
    """USD as decimal text; None is unknown."""

    currency: str
    remaining: Optional[str]
    total: Optional[str]
    used: Optional[str]
    error: Optional[ErrorDocument]


class ListState(Object):
    """The model list that the client has; of one that never came only the error."""

    source: Optional[str]
    fetched_at: Optional[int]
    age: Optional[int]
    stale: Optional[bool]
    count: Optional[int]
    error: Optional[ErrorDocument]


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
    key_need: Literal["required", "optional", "none"]
    key_variables: Optional[List[str]]
    """That may hold the key, in their order."""
    priority: Optional[int]
    """Its place in the chain of the preset `gatewayz`."""
    base_url: Optional[str]
    site_url: Optional[str]
    docs_url: Optional[str]
    logo_url: Optional[str]
    regions: Optional[List[str]]
    keys: Optional[List[KeyState]]  # type: ignore[assignment]
    health: Optional[Health]
    list: Optional[ListState]
    probe: Optional[Probe]
    """Only when asked for."""
    balance: Optional[Balance]
    """Only when asked for, where the provider tells it."""


class RedisState(Object):
    """How the Redis is doing through which processes share their limits."""

    url: str
    """Without its secrets."""
    prefix: str
    lease: int
    on_redis_failure: Literal["open", "closed"]
    state: Literal["connecting", "connected", "unavailable"]
    since: int
    """Unix seconds."""
    error: Optional[str]
    failures: int
    losses: int
    uncounted: int
    maxmemory_policy: Optional[str]


class ProviderList(Listing[ProviderState]):
    """Iterates over the providers."""

    object: str
    data: List[ProviderState]
    warnings: Optional[List[str]]
    """What loading the configuration had to say."""
    redis: Optional[RedisState]


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
    usage: Optional[TokenUsage]
    cost: Optional[Cost]
    response: Optional[str]
    """The beginning of the text."""
    reason: Optional[str]
    """Why not, in words for people."""
    error: Optional[ErrorDocument]
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


class ModelTestResults(Listing[ModelTestResult]):
    """Iterates over the results of the models."""

    _listed = "results"

    summary: ModelTestSummary
    results: List[ModelTestResult]
    fastest: List[ModelTestRank]
    errors: List[ListError]
    """Model lists that could not be had."""
    started_at: str
    finished_at: str
    options: Object


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


StatsBy = Literal["provider", "model", "key", "tag", "minute", "hour", "day"]


class Times(Object):
    """Milliseconds."""

    count: int
    mean: float
    p50: float
    p90: float
    p95: float
    p99: float
    max: float


class StatsCost(Object):
    """In USD, as decimal text."""

    known: str
    estimated: str
    unknown_attempts: int


class StatsRow(Object):
    """Sums of one provider, model, key, tag or stretch of time."""

    provider: Optional[str]
    model: Optional[str]
    key: Optional[str]
    tag: Optional[str]
    start: Optional[int]
    """Unix seconds."""
    other: Optional[bool]
    """All that came after the table was full."""
    requests: int
    successes: int
    failures: int
    cancelled: int
    truncated: int
    streams: int
    fallbacks: int
    attempts: int
    failed_attempts: int
    retries: int
    hedges: int
    list_fetches: Optional[int]
    list_failures: Optional[int]
    cache_hits: Optional[int]
    error_rate: Optional[float]
    fallback_rate: Optional[float]
    list_failure_rate: Optional[float]
    errors: Dict[str, int]
    """Failed attempts by kind."""
    tokens: Dict[str, int]
    cost: StatsCost
    latency_ms: Optional[Times]
    first_content_ms: Optional[Times]
    tokens_per_second: Optional[float]


class CacheHit(Object):
    """The answer was kept: nobody was asked."""

    hit: bool
    age_s: float
    saved: Optional[str]
    """USD that it would have cost; None where nobody knows."""


class CacheStats(Object):
    """What the cache of answers has done."""

    entries: int
    bytes: int
    hits: int
    misses: int
    stored: int
    evicted: int
    saved: str
    """USD."""


class LimitStanding(Object):
    """One rule; USD as decimal text."""

    rule: str
    limit: Union[int, str]
    used: Union[int, str]
    left: Union[int, str]
    reset: Optional[int]
    """Unix seconds when nothing of it counts any more."""


class ScopeStanding(Object):
    """The rules of a client, tag, provider or key."""

    scope: Literal["client", "tag", "provider", "key"]
    tag: Optional[str]
    provider: Optional[str]
    key: Optional[str]
    rules: List[LimitStanding]


class Stats(Object):
    """What a client has done since it was made, or since the last reset."""

    object: str
    since: int
    now: int
    total: StatsRow
    provider: Optional[List[StatsRow]]
    model: Optional[List[StatsRow]]
    key: Optional[List[StatsRow]]
    tag: Optional[List[StatsRow]]
    minute: Optional[List[StatsRow]]
    hour: Optional[List[StatsRow]]
    day: Optional[List[StatsRow]]
    cache: Optional[CacheStats]
    limits: Optional[List[ScopeStanding]]
    """How the rules of limits stand now."""
    redis: Optional[RedisState]
