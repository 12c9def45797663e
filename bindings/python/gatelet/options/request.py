"""The member `gatelet` of a request.

Written by scripts/write-options from the schemas in docs; change those.
"""

from __future__ import annotations

from typing import List, Literal, TypedDict, Union

from .config import HedgeConfig, RetryConfig, Strategy
from .provider import Faults, TimeoutsConfig

Sort = Literal["price", "throughput", "latency"]
"""Orders all candidates."""


class MaxPrice(TypedDict, total=False):
    """Only models that are known to cost no more."""

    prompt: Union[str, float]
    """USD for a million tokens."""
    completion: Union[str, float]
    """USD for a million tokens."""
    request: Union[str, float]
    """USD for one."""
    image: Union[str, float]
    """USD for one."""


class RouteOptions(TypedDict, total=False):
    """Which providers are asked; holds for all of them, also those that route themselves. It narrows what the
    operator set."""

    order: List[str]
    """Providers to ask first, in this order."""
    only: List[str]
    """No others are asked."""
    ignore: List[str]
    """These are not asked."""
    allow_fallbacks: bool
    """False: one provider for each model."""
    require_parameters: bool
    """Only models that are known to obey every parameter of the request."""
    sort: Sort
    """Orders all candidates."""
    max_price: MaxPrice
    """Only models that are known to cost no more."""
    data_collection: Literal["allow", "deny"]
    """Deny: only providers that are known not to train on prompts."""
    zdr: bool
    """Only providers that are known to keep nothing."""
    strategy: Strategy
    """As routing.strategy of the configuration."""
    regions: List[str]
    """As routing.regions of the configuration."""


class CacheOptions(TypedDict, total=False):
    """What this request does with answers that are kept (docs/cache.md). More than the operator's is clamped."""

    mode: Literal["off", "on", "read_only", "write_only"]
    """`off`; `on`; `read_only`: its answer is not kept; `write_only`: none is looked for."""
    max_age: float
    """Seconds: an older answer does not count."""


# A keyword of Python cannot stand in the body of a class.
_RequestOptionsKeywords = TypedDict("_RequestOptionsKeywords", {"continue": bool}, total=False)


class RequestOptions(_RequestOptionsKeywords, total=False):
    """Options of Gatelet, which are never sent to a provider. null counts as absent, here and below. They can make
    stricter what the operator set, not laxer, unless `request_extensions` is "all". Also `continue`: true: a
    chat stream that breaks goes on at the next candidate."""

    provider: str
    """Id or alias of the only provider to ask."""
    models: List[str]
    """Further models, asked when the first one failed."""
    route: RouteOptions
    """Which providers are asked; holds for all of them, also those that route themselves. It narrows what the
    operator set."""
    timeouts: TimeoutsConfig
    """Seconds. What is longer than the operator's, or than 600 where there is none, is clamped, and so is 0."""
    retry: RetryConfig
    """As in the configuration. More than the operator's is clamped."""
    hedge: Union[Literal[False], HedgeConfig]
    """A second attempt beside one that is slow to begin; false: none. It is clamped to what the operator allows."""
    tag: str
    """Whose limits and statistics count; events show it."""
    max_cost: Union[str, float]
    """USD that all attempts together may cost. More than the operator's is clamped."""
    cache: CacheOptions
    """What this request does with answers that are kept (docs/cache.md). More than the operator's is clamped."""
    dry_run: bool
    """True: the answer is the plan, and nobody is asked. It needs `request_extensions` "all"."""
    faults: Faults
    """What goes wrong at development providers, attempt after attempt (docs/testing-failover.md). It needs
    `request_extensions` "all"."""
