"""What happens after a failure: retries, failover, circuit breaker, hedging."""

from __future__ import annotations

from typing import Dict, List, Literal, TypedDict, Union

FailureAction = Literal["retry", "rotate_key", "next_provider", "next_model", "stop"]
FailureClass = Literal[
    "resolve", "connect", "tls", "timeout_connect", "timeout_first_byte", "timeout_idle", "timeout_content",
    "timeout_total", "truncated", "too_large", "protocol",
    "bad_request", "auth", "permission", "funds", "not_found", "rate_limit", "overloaded", "server", "unavailable",
    "context_length", "content_policy", "empty", "bad_response", "keys_exhausted",
]  # fmt: skip

FailoverConfig = Dict[FailureClass, List[FailureAction]]
"""By the `kind` of the failure: the first action that is possible is taken."""


class ProviderRetryConfig(TypedDict, total=False):
    """Retry n waits min(max, base * 2^(n-1)) seconds, times something between 1 - jitter and 1 + jitter."""

    attempts: int
    """Retries after the first try, for each candidate."""
    backoff_base: float
    backoff_max: float
    jitter: float


class RetryConfig(ProviderRetryConfig, total=False):
    """The same, and the cap on attempts."""

    attempts_per_request: int
    """Over all candidates, keys and retries."""


class BreakerConfig(TypedDict, total=False):
    """When a provider's model is left alone for a time."""

    enabled: bool
    failures: int
    """Failures in a row that open it."""
    rate: float
    """Share of failures within `window` that opens it, once there are `minimum` calls."""
    minimum: int
    window: float
    """Seconds."""
    open_for: float
    """Seconds."""
    successes: int
    """Half open: successes that close it."""
    relapses: int
    """Half open: failures that open it again."""


class HedgeConfig(TypedDict, total=False):
    """A second attempt beside a slow first one; the first content wins."""

    delay: Union[float, Literal["p95"]]
    """Seconds, or the observed 95th percentile of the time to the first content."""
