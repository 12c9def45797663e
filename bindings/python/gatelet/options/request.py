"""What a call and a request may say: the options of the call, the `gatelet` member, and OpenRouter's `provider` words."""

from __future__ import annotations

from typing import Any, Dict, List, Literal, TypedDict, Union

from .faults import Faults
from .resilience import HedgeConfig, RetryConfig
from .routing import MaxPrice, Sort, Strategy
from .timeouts import TimeoutsConfig


class _Words(TypedDict, total=False):
    order: List[str]
    """Providers to ask first, in this order."""
    only: List[str]
    ignore: List[str]
    allow_fallbacks: bool
    """False: one provider per model."""
    require_parameters: bool
    """Only where every parameter of the request is known to be understood."""
    max_price: MaxPrice
    data_collection: Literal["allow", "deny"]
    zdr: bool
    """Only providers that keep nothing."""


class SortBy(TypedDict, total=False):
    """The longer form of `sort`; Gatelet reads `by`."""

    by: Sort
    partition: str


class ProviderWords(_Words, total=False):
    """The member `provider` of a request, as OpenRouter defines it; Gatelet applies it for every provider."""

    sort: Union[Sort, SortBy]
    quantizations: List[str]
    preferred_min_throughput: Union[float, Dict[str, Any]]
    preferred_max_latency: Union[float, Dict[str, Any]]


class RouteOptions(_Words, total=False):
    """The same words, always meant for Gatelet's own providers."""

    sort: Sort
    strategy: Strategy
    regions: List[str]


# `continue` is a keyword of Python: it cannot stand in the body of a class.
_Continue = TypedDict("_Continue", {"continue": bool}, total=False)


class RequestOptions(_Continue, total=False):
    """The member `gatelet` of a request, which can only make stricter what configuration and call say. Also `continue`: a stream that breaks is resumed at the next candidate."""

    provider: str
    """Only this one is asked."""
    models: List[str]
    """Models to ask when the first one fails, in this order."""
    route: RouteOptions
    timeouts: TimeoutsConfig
    retry: RetryConfig
    hedge: Union[HedgeConfig, Literal[False]]
    tag: str
    """Who this is for: limits are counted by it, events carry it. At most 128 bytes."""
    max_cost: Union[str, float]
    """USD for the whole request, all attempts together."""
    dry_run: bool
    """The answer is the plan, nobody is asked. Needs `request_extensions` "all"."""
    faults: Faults
    """Of development providers. Needs `request_extensions` "all"."""


class CallOptions(RequestOptions, total=False):
    """The argument `gatelet` of a call: it is sent beside the request, and goes before the configuration."""

    cancel_id: str
    """`client.cancel` ends every request that has it. At most 128 bytes."""
    request_extensions: Literal["none", "routing", "all"]
    """What a `gatelet` in `extra_body` may say, in the place of the configuration's."""
    headers: Dict[str, str]
    """Sent to providers whose `allow_headers`, or the configuration's, names them."""
    query: Dict[str, str]
    """Added to the address where `allow_query` names them."""
