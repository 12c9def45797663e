"""The options as types: what a configuration, a call and the `gatelet` member of a request may say.

They are TypedDicts, so a plain dict is all that is needed; a type checker and an editor know every member and word.
"""

from .config import CapsConfig, Config, HttpConfig, ListsConfig, LogLevel, Preset, RequestExtensions
from .events import EventName, HookEvent
from .faults import Fault, FaultScript, Faults
from .limits import KeyLimits, LimitRules, LimitsConfig
from .provider import (
    AuthHeader,
    BalanceConfig,
    CapabilitiesConfig,
    Dialect,
    KeyConfig,
    KeyNeed,
    KnownModel,
    KnownPrices,
    KnownPricing,
    ListMap,
    ListPaging,
    ListServers,
    ModelsConfig,
    Paths,
    PriceName,
    PriceOverride,
    PriceUnit,
    ProviderConfig,
    Quirk,
    ServedBy,
)
from .request import CallOptions, ProviderWords, RequestOptions, RouteOptions, SortBy
from .resilience import (
    BreakerConfig,
    FailoverConfig,
    FailureAction,
    FailureClass,
    HedgeConfig,
    ProviderRetryConfig,
    RetryConfig,
)
from .routing import AllModelsConfig, MaxPrice, RoutingConfig, Sort, Strategy, TokenPrice
from .timeouts import TimeoutsConfig

__all__ = [
    "AllModelsConfig", "AuthHeader", "BalanceConfig", "BreakerConfig", "CallOptions", "CapabilitiesConfig", "CapsConfig", "Config",
    "Dialect", "EventName", "FailoverConfig", "FailureAction", "FailureClass", "Fault", "FaultScript", "Faults", "HedgeConfig",
    "HookEvent", "HttpConfig", "KeyConfig", "KeyLimits", "KeyNeed", "KnownModel", "KnownPrices", "KnownPricing", "LimitRules",
    "LimitsConfig", "ListMap", "ListPaging", "ListServers", "ListsConfig", "LogLevel", "MaxPrice", "ModelsConfig", "Paths", "Preset", "PriceName",
    "PriceOverride", "PriceUnit", "ProviderConfig", "ProviderRetryConfig", "ProviderWords", "Quirk",
    "RequestExtensions", "RequestOptions", "RetryConfig", "RouteOptions", "RoutingConfig", "ServedBy", "Sort", "SortBy", "Strategy",
    "TimeoutsConfig", "TokenPrice",
]  # fmt: skip
