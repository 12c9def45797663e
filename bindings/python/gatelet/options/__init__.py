"""The options as types: what a configuration, a call and the `gatelet` member of a request may say.

They are TypedDicts, so a plain dict is all that is needed; a type checker and an editor know every member and word.
Written by scripts/write-options from the schemas in docs; change those.
"""

from .call import CallOptions, RawRequest
from .config import (
    AllModelsConfig,
    BreakerConfig,
    CacheConfig,
    CapsConfig,
    Config,
    FailoverConfig,
    FailureAction,
    FailureClass,
    FetchConfig,
    HedgeConfig,
    HttpConfig,
    KeyConfig,
    LimitsConfig,
    ListsConfig,
    LogLevel,
    OnRedisFailure,
    Preset,
    ProviderConfig,
    ReplayMatch,
    RequestExtensions,
    RetryConfig,
    RoutingConfig,
    Strategy,
    TokenPrice,
)
from .events import EventName, HookEvent
from .openrouter import ProviderWords, SortBy
from .provider import (
    AuthHeader,
    BalanceConfig,
    CapabilitiesConfig,
    Dialect,
    DialectConfig,
    Fault,
    FaultScript,
    Faults,
    KeyLimits,
    KeyNeed,
    KnownModel,
    KnownPrices,
    KnownPricing,
    LimitRules,
    ListMap,
    ListPaging,
    ListServers,
    ModelsConfig,
    ParameterRule,
    Paths,
    PathsConfig,
    PriceFactorConfig,
    PriceName,
    PriceOverride,
    PriceUnit,
    ProviderRetryConfig,
    Quirk,
    ServedBy,
    TimeoutsConfig,
)
from .request import CacheOptions, MaxPrice, RequestOptions, RouteOptions, Sort

__all__ = [
    "AllModelsConfig", "AuthHeader", "BalanceConfig", "BreakerConfig", "CacheConfig", "CacheOptions", "CallOptions",
    "CapabilitiesConfig", "CapsConfig", "Config", "Dialect", "DialectConfig", "EventName", "FailoverConfig",
    "FailureAction", "FailureClass", "Fault", "FaultScript", "Faults", "FetchConfig", "HedgeConfig", "HookEvent",
    "HttpConfig", "KeyConfig", "KeyLimits", "KeyNeed", "KnownModel", "KnownPrices", "KnownPricing", "LimitRules",
    "LimitsConfig", "ListMap", "ListPaging", "ListServers", "ListsConfig", "LogLevel", "MaxPrice", "ModelsConfig",
    "OnRedisFailure", "ParameterRule", "Paths", "PathsConfig", "Preset", "PriceFactorConfig", "PriceName",
    "PriceOverride", "PriceUnit", "ProviderConfig", "ProviderRetryConfig", "ProviderWords", "Quirk", "RawRequest",
    "ReplayMatch", "RequestExtensions", "RequestOptions", "RetryConfig", "RouteOptions", "RoutingConfig", "ServedBy",
    "Sort", "SortBy", "Strategy", "TimeoutsConfig", "TokenPrice",
]  # fmt: skip
