"""OpenRouter's words in a request: they are that service's, so no schema of ours declares them."""

from __future__ import annotations

from typing import Any, Dict, List, Literal, TypedDict, Union

from .request import MaxPrice, Sort


class SortBy(TypedDict, total=False):
    """The longer form of `sort`; Gatelet reads `by`."""

    by: Sort
    partition: str


class ProviderWords(TypedDict, total=False):
    """The member `provider` of a request, as OpenRouter defines it; Gatelet applies it for every provider."""

    order: List[str]
    """Providers to ask first, in this order."""
    only: List[str]
    ignore: List[str]
    allow_fallbacks: bool
    """False: one provider per model."""
    require_parameters: bool
    """Only where every parameter of the request is known to be understood."""
    sort: Union[Sort, SortBy]
    max_price: MaxPrice
    data_collection: Literal["allow", "deny"]
    zdr: bool
    """Only providers that keep nothing."""
    quantizations: List[str]
    preferred_min_throughput: Union[float, Dict[str, Any]]
    preferred_max_latency: Union[float, Dict[str, Any]]
