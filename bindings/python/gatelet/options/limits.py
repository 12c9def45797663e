"""Limits within this process."""

from __future__ import annotations

from typing import Dict, Literal, TypedDict, Union


class KeyLimits(TypedDict, total=False):
    """What a key may use. Minutes slide, days are UTC; USD as decimal text or a number."""

    requests_per_minute: int
    tokens_per_minute: int
    usd_per_minute: Union[str, float]
    requests_per_day: int
    tokens_per_day: int
    usd_per_day: Union[str, float]
    concurrency: int
    spacing: float
    """Seconds between the starts of two attempts."""


class LimitRules(KeyLimits, total=False):
    """What a client, provider or tag may use."""

    default_max_tokens: int
    """Sent where a request does not say how long its answer may be: the tag's, else the provider's, else the client's."""


class LimitsConfig(TypedDict, total=False):
    """Limits of the client and of the caller's tags, and what happens to a request that is over one."""

    client: LimitRules
    tags: Dict[str, LimitRules]
    """By `gatelet.tag` of the request; "*" holds for each tag that has no rules of its own."""
    wait: bool
    """Such a request waits, or fails at once."""
    max_wait: float
    """Seconds."""
    queue: int
    """Requests that may wait at a time."""
    max_cost: Union[str, float]
    """USD that all attempts of one request together may cost."""
    unknown_price: Literal["refuse", "allow"]
    """What happens to a request whose cost cannot be known before, where `max_cost` or a limit in USD holds for it."""
