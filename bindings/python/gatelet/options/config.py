"""The configuration: the argument of Client, of Client.reload, and the file GATELET_CONFIG."""

from __future__ import annotations

from typing import Dict, List, Literal, TypedDict

from .limits import LimitsConfig
from .provider import ProviderConfig
from .resilience import BreakerConfig, FailoverConfig, RetryConfig
from .routing import RoutingConfig
from .timeouts import TimeoutsConfig

LogLevel = Literal["off", "error", "warning", "info", "debug"]
Preset = Literal["gatelet", "gatewayz", "openrouter"]
RequestExtensions = Literal["none", "routing", "all"]


class CapsConfig(TypedDict, total=False):
    """Bytes, levels of nesting, and numbers of things."""

    headers: int
    event: int
    body: int
    request: int
    depth: int
    models: int
    """How many further models a request may name."""
    entries: int
    """Of a model list; more where each has 200 bytes."""


class ListsConfig(TypedDict, total=False):
    """How long a model list counts, in seconds."""

    fresh: float
    """So long it is not fetched again."""
    stale: float
    """Until then it is answered at once while it is fetched again; past it a call waits."""


class HttpConfig(TypedDict, total=False):
    """The transport."""

    http2: bool
    proxy: str
    """For all requests, as curl takes it; with it the proxies of the environment are not looked at."""
    no_proxy: str
    """Hosts that are reached without a proxy, separated by commas."""
    ca_file: str
    client_cert: str
    client_key: str
    unix_socket: str
    resolve: List[str]
    """`host:port:address` entries that replace DNS."""
    allow_insecure: bool
    """Keys may travel over http to other machines."""
    keep_alive: float
    """Seconds that a connection may have been idle and still be used; 0: each request has one of its own."""


class Config(TypedDict, total=False):
    """Everything that a client can be told. Every member may be left out."""

    dev_mode: bool
    """Every request goes to the development provider, without the network."""
    dev_fallback: bool
    """A 401 or 403 is answered by the development provider instead, marked in the answer."""
    environment: bool
    """False: no variable of the process is read."""
    env_file: str

    providers: Dict[str, ProviderConfig]
    """By id: changes to a provider that Gatelet knows, or a further one."""
    price_file: str
    """A file with prices of your own, in the form of the price table."""
    default_provider: str
    default_model: str
    aliases: Dict[str, str]
    """Short names for model ids."""

    fallback_models: List[str]
    """Asked in this order when the requested model fails."""
    provider_order: List[str]
    """Providers that may stand in for each other, best first."""
    preset: Preset
    """A named table of what each class of failure leads to."""
    routing: RoutingConfig
    retry: RetryConfig
    failover: FailoverConfig
    """Changes to the preset's table."""
    breaker: BreakerConfig
    limits: LimitsConfig

    timeouts: TimeoutsConfig
    caps: CapsConfig
    cache_dir: str
    """A folder for the last good model lists."""
    lists: ListsConfig
    http: HttpConfig
    request_extensions: RequestExtensions
    """What the `gatelet` member of a request may say."""
    allow_headers: List[str]
    """Headers that a call may send to every provider; a name may end with `*`."""
    allow_query: List[str]
    """Members of the query that a call may add at every provider."""
    log: LogLevel
    records: str
    """A file to which a line of JSON is appended for each request."""
