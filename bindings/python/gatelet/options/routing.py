"""Which provider is asked first."""

from __future__ import annotations

from typing import List, Literal, TypedDict, Union

from .resilience import HedgeConfig

Strategy = Literal["priority", "weighted", "price", "throughput", "latency", "least_busy", "rate_limit"]
Sort = Literal["price", "throughput", "latency"]


class TokenPrice(TypedDict, total=False):
    """USD per million tokens, as decimal text or a number."""

    prompt: Union[str, float]
    completion: Union[str, float]


class MaxPrice(TokenPrice, total=False):
    """The most that may be paid: prompt and completion per million tokens, request and image each."""

    request: Union[str, float]
    image: Union[str, float]


class AllModelsConfig(TypedDict):
    """After every other candidate, the known models by context length, up to this price."""

    max_price: TokenPrice


class RoutingConfig(TypedDict, total=False):
    """How candidates are ordered that nobody put in an order."""

    strategy: Strategy
    regions: List[str]
    """A provider must have one of these tags."""
    all_models: Union[AllModelsConfig, Literal[False]]
    hedge: Union[HedgeConfig, Literal[False]]
