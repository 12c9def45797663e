"""The configuration: the argument of Client, of Client.reload, and the file GATELET_CONFIG.

Written by scripts/write-options from the schemas in docs; change those.
"""

from __future__ import annotations

from typing import Any, Dict, List, Literal, TypedDict, Union

from .provider import (
    AuthHeader,
    BalanceConfig,
    CapabilitiesConfig,
    Dialect,
    DialectConfig,
    Faults,
    KeyLimits,
    KeyNeed,
    KnownModel,
    LimitRules,
    ModelsConfig,
    ParameterRule,
    PathsConfig,
    PriceFactorConfig,
    PriceUnit,
    ProviderRetryConfig,
    Quirk,
    ServedBy,
    TimeoutsConfig,
)

class _KeyConfigRequired(TypedDict):
    value: str
    """The key itself."""


class KeyConfig(_KeyConfigRequired, total=False):
    """One of several keys."""

    name: str
    """What reports call the key. Without it a key is called `<provider>#<number>`."""
    weight: int
    """Share of the requests."""
    limits: KeyLimits
    """What this key may be used (docs/limits.md)."""


class ProviderConfig(TypedDict, total=False):
    """Members of a provider. One that Gatelet does not know needs a `base_url`."""

    api_key: str
    """A key of the provider."""
    keys: List[KeyConfig]
    """Several keys, instead of `api_key`."""
    models_url: str
    """Short for `models.url`."""
    id: str
    """The provider's name in configuration, requests and reports; never changes."""
    name: str
    """A name for people, used in messages."""
    aliases: List[str]
    """Other names that are accepted where the id is."""
    base_url: str
    """The address that requests go to: `/chat/completions` and the other operations are appended to it. `{name}`
    stands for a part that is the user's own (`values`, `variables`). A query goes with every address. A
    provider of the dialect `dev` needs none."""
    query: Dict[str, str]
    """Names and values that go with every address behind `base_url`, beside its own query."""
    paths: PathsConfig
    """Where the operations are behind `base_url`, where that is not OpenAI's place."""
    variables: Dict[str, str]
    """For each part of `base_url` in braces: the variable that holds it."""
    values: Dict[str, str]
    """For each part of `base_url` in braces: what stands there. It beats `variables`."""
    dialect: Dialect
    """The language that the provider speaks: `anthropic` is Anthropic's Messages, `gemini` Google's
    generateContent, `openai-responses` OpenAI's Responses API. Requests and answers are OpenAI's all the same.
    `cohere` and `ollama` are OpenAI's, but for embeddings, which go to the provider's own endpoint. `dev` is a
    development provider, which calls nobody and answers by itself."""
    dialects: Dict[str, DialectConfig]
    """By the name of a dialect: what is different where `dialect` names that one instead of the row's own."""
    auth: Union[Literal["bearer"], AuthHeader]
    """How the key is sent: as bearer token, or in a header of this name."""
    key: KeyNeed
    """Whether a key is needed."""
    only_when_named: bool
    """True: the provider is used only when the configuration names it. Local servers have it, and hosts that share
    a key with another row."""
    env: List[str]
    """Variables that may hold the key; the first that is set wins."""
    env_base_url: str
    """Variable for `base_url`."""
    env_default_model: str
    """Variable for `default_model`."""
    env_timeout: str
    """Variable for `timeouts.first_byte` and `timeouts.idle`."""
    env_retry_attempts: str
    """Variable for `retry.attempts`."""
    env_backoff_base: str
    """Variable for `retry.backoff_base`."""
    env_backoff_max: str
    """Variable for `retry.backoff_max`."""
    env_jitter: str
    """Variable for `retry.jitter`."""
    env_fallback_models: str
    """Variable for `fallback_models`, with commas between them."""
    headers: Dict[str, str]
    """Sent with every request."""
    allow_headers: List[str]
    """Names of headers that the options of a call may send to this provider. `*` at the end of a name stands for
    whatever follows."""
    allow_query: List[str]
    """Names of members of the query that the options of a call may add here. `*` at the end of a name stands for
    whatever follows."""
    models: ModelsConfig
    """Where and how the models are listed (docs/adding-a-provider.md)."""
    parameters: Dict[str, ParameterRule]
    """What becomes of a parameter of requests, by its name, before anything else is done with it. A rule takes the
    place of the one that the row has for it; an empty one leaves none. What is null is not sent. What passes
    through in a dialect of the caller's own stays as it is."""
    reasoning_back: Literal["reasoning_content", "reasoning", "reasoning_details"]
    """The member in which it wants back what a model thought: requests of the surfaces of Messages and Responses
    have it there. `reasoning_content` and `reasoning` are a text beside calls of tools; `reasoning_details` is
    the list as it came, with signatures of any dialect, and stays in chat requests too."""
    reasoning_tags: Union[Literal[False], str]
    """The name of the tags between which the provider writes reasoning at the beginning of a text: with `think`,
    `<think>...</think>` at the beginning of an answer becomes its `reasoning`, in streams too. false: texts
    stay as they are."""
    keep_prefix: List[str]
    """Model ids that begin with the provider's own name and keep it. `*` at the end stands for a word without a
    slash."""
    detect: List[str]
    """Patterns of model ids that are this provider's by their form. `*` stands for any text; the pattern with the
    most text before its `*` wins."""
    locks: List[str]
    """Patterns of model ids that no maker's name in front may claim while this provider is usable. `*` stands for
    any text."""
    serves: List[str]
    """For a router: beginnings of the ids that it passes on, such as `openai/`, or `*/` for any organization."""
    organization: str
    """Whose models the provider makes, as routers spell it: with `openai`, `openai/gpt-4o` is `gpt-4o` here."""
    bare: List[str]
    """Beginnings of the ids without a slash that are its own."""
    model_ids: Dict[str, str]
    """The general id of a model, and what this provider calls it."""
    known_models: Dict[str, KnownModel]
    """What is known of its models, by their id here."""
    priority: int
    """Place in the chain of the preset `gatewayz`; the smaller number is earlier."""
    weight: int
    """Share under the strategy `weighted`."""
    regions: List[str]
    """Tags of the provider: `routing.regions` and `gatelet.route.regions` ask for them."""
    collects_data: bool
    """Whether the provider may use prompts for itself; absent is not known."""
    zero_data_retention: bool
    """Whether the provider keeps nothing at all; absent is not known."""
    prefill: bool
    """True: the provider continues an assistant message at the end of a request."""
    cancel_stops_billing: bool
    """Whether closing the connection ends the billing, which counts for `max_cost`; absent is not known."""
    limits: LimitRules
    """What the provider may be used (docs/limits.md)."""
    retry: ProviderRetryConfig
    """As the client's `retry`, without `attempts_per_request`; it beats the client's."""
    fallback_models: List[str]
    """Models that are asked of this provider when the model that it was asked for failed."""
    pass_through: bool
    """True: the provider takes any model id, so it is found by its name, or as the default, only."""
    native_routing: bool
    """True: the provider understands the routing words `models`, `provider`, `reasoning` and `usage` itself."""
    stream_false: bool
    """True: the provider streams unless it is told not to, so `stream: false` is added to requests that do not
    stream and say nothing about it."""
    output_limit: Literal["max_tokens", "max_completion_tokens"]
    """The member that bounds an answer here, where one is added (`default_max_tokens`). By default it depends on
    the model."""
    stream_usage: bool
    """True: `stream_options.include_usage` is added to streams; false: it never is. Absent: it is tried, and not
    repeated where it was refused (docs/usage.md#estimates)."""
    usage_include: bool
    """True: `usage: {"include": true}` is added to requests."""
    prompt_billed_as_cached: bool
    """True: all of a prompt costs what cached tokens cost, hit or miss."""
    served_by: ServedBy
    """Where a router names the server that gave an answer (docs/prices.md#servers-behind-a-router)."""
    server_suffixes: Dict[str, Literal["cheapest", "any"]]
    """Words at the end of a model id, behind a colon, that choose the server: the one with the cheapest
    completion, or any (docs/prices.md#servers-behind-a-router)."""
    image_price: Literal["prompt", "answer", "tokens"]
    """What a price of an image is for: each image of the prompt, each image of the answer, or nothing, since
    images are tokens (docs/usage.md#gateletcost)."""
    price_table: str
    """The provider whose prices in the table are this one's too, as for a second address of the same account
    (docs/prices.md#the-table)."""
    price_factors: List[PriceFactorConfig]
    """What all tokens cost more for, by a word of the usage, or of the request where the usage says nothing
    (docs/prices.md#factors)."""
    search_models: List[str]
    """Patterns of model ids that search the web once for each answer (docs/usage.md#gateletcost)."""
    capabilities: CapabilitiesConfig
    """Operations beside chat that the provider has."""
    timeouts: TimeoutsConfig
    """As the client's `timeouts`; those of `providers` beat the client's, which beat those of a row."""
    default_model: str
    """Used when a request names no model."""
    prices: Literal["hybrid", "api", "cross_reference", "table"]
    """Which price of its models counts: `hybrid`, its list or else the table; `api`, its list only;
    `cross_reference`, its list or else what the maker asks; `table`, the table only
    (docs/prices.md#which-price-counts)."""
    price_unit: PriceUnit
    """What the prices in the list mean, where the form does not tell it. `none`: they are not read."""
    keep_alive: float
    """As `http.keep_alive`, for this provider: seconds that a connection may have been idle and still be used; 0:
    each request has one of its own."""
    token_delay: float
    """Seconds between the tokens of a stream."""
    faults: Faults
    """What goes wrong, attempt after attempt (docs/testing-failover.md)."""
    site_url: str
    """The provider's site."""
    docs_url: str
    """The provider's documentation."""
    logo_url: str
    """A picture that stands for the provider."""
    balance: BalanceConfig
    """Where the provider tells what is left on the account: a path behind `base_url`, and paths to numbers in USD
    in the answer."""
    quirks: List[Quirk]
    """For readers: what is odd about the provider, and where that is written."""


Preset = Literal["gatelet", "gatewayz", "openrouter"]
"""Which failures lead to what (docs/routing.md#after-a-failure)."""


FailureClass = Literal[
    "resolve", "connect", "tls", "timeout_connect", "timeout_first_byte", "timeout_idle", "timeout_content",
    "timeout_total", "truncated", "too_large", "protocol", "bad_request", "auth", "permission", "funds", "not_found",
    "rate_limit", "overloaded", "server", "unavailable", "context_length", "content_policy", "empty", "bad_response",
    "keys_exhausted",
]  # fmt: skip
"""Kinds of failures."""


FailureAction = Literal["retry", "rotate_key", "next_provider", "next_model", "stop"]
"""What is done next."""


FailoverConfig = Dict[FailureClass, List[FailureAction]]
"""Changes to the preset: a kind of failure, and a list of actions of which the first that is possible is taken."""


class RetryConfig(TypedDict, total=False):
    """When the same candidate is asked again (docs/routing.md#after-a-failure)."""

    attempts: int
    """Retries after the first try, for each candidate."""
    backoff_base: float
    """Seconds before the first retry; doubled for each further one."""
    backoff_max: float
    """Seconds before a retry at most."""
    jitter: float
    """A wait is multiplied by something between 1 - jitter and 1 + jitter."""
    attempts_per_request: int
    """Attempts of one request, over all candidates, keys and retries."""


Strategy = Literal["priority", "weighted", "price", "throughput", "latency", "least_busy", "rate_limit"]
"""The order of the candidates that nothing else puts in an order (docs/routing.md#strategies)."""


class TokenPrice(TypedDict, total=False):
    """The most that such a model may cost; those without a known price are left out."""

    prompt: Union[str, float]
    """USD for a million tokens."""
    completion: Union[str, float]
    """USD for a million tokens."""


class AllModelsConfig(TypedDict):
    """After every other candidate, the known models by context length, up to this price."""

    max_price: TokenPrice
    """The most that such a model may cost; those without a known price are left out."""


class HedgeConfig(TypedDict, total=False):
    """A second attempt beside a slow first one; the first content wins."""

    delay: Union[float, Literal["p95"]]
    """Seconds, or `p95`: the observed 95th percentile of the time to the first content."""


class RoutingConfig(TypedDict, total=False):
    """How candidates are found and ordered (docs/routing.md)."""

    strategy: Strategy
    """The order of the candidates that nothing else puts in an order (docs/routing.md#strategies)."""
    regions: List[str]
    """Only providers that have one of these tags are asked."""
    all_models: Union[Literal[False], AllModelsConfig]
    """After everything else, the known models of the usable providers are asked, the longest context first."""
    hedge: Union[Literal[False], HedgeConfig]
    """A second attempt beside one that is slow to begin (docs/routing.md#hedging)."""


class BreakerConfig(TypedDict, total=False):
    """When a candidate is left alone for a time (docs/limits.md#breaker)."""

    enabled: bool
    """False: no candidate is left alone."""
    failures: int
    """Failures in a row that open it."""
    rate: float
    """Opened by more than this share of failures within the window (1: never)."""
    minimum: int
    """Calls within the window before the share counts."""
    window: float
    """Seconds that the share is counted over."""
    open_for: float
    """Seconds that a candidate is left alone, until it is tried again."""
    successes: int
    """Successes of such tries that close it."""
    relapses: int
    """Failures of such tries that open it again."""


class LimitsConfig(TypedDict, total=False):
    """What may be used, in this process, or with `redis_url` in all (docs/limits.md)."""

    client: LimitRules
    """By all requests of the client."""
    tags: Dict[str, LimitRules]
    """By requests with this tag, or one beneath it: `org` counts `org/team` too. `*`, or `org/*`, stands for every
    tag (beneath `org`) without an entry, each by itself."""
    wait: bool
    """False: a request over a limit fails at once, instead of waiting."""
    max_wait: float
    """Seconds that it waits at most."""
    queue: int
    """Requests of one tag that wait at a time."""
    max_cost: Union[str, float]
    """USD that all attempts of one request together may cost."""
    unknown_price: Literal["refuse", "allow"]
    """What happens to a request whose cost cannot be known before, where `max_cost` or a limit in USD holds for
    it."""


ReplayMatch = Literal["strict", "loose"]
"""Which recorded exchange answers a request: `strict`, the next of the same method, path and body; `loose`, the
next of the same method, path and model."""


class CacheConfig(TypedDict, total=False):
    """Answers that are kept in memory and given again to equal requests."""

    mode: Literal["off", "on", "read_only", "write_only"]
    """What requests do that say nothing: `on`; `read_only`: nothing is kept; `write_only`: nothing is looked for;
    `off`."""
    ttl: float
    """Seconds for which an answer counts."""
    max_bytes: int
    """Bytes of all of them together; what was not used for the longest time goes first."""
    max_entry_bytes: int
    """Bytes of one; a larger one is not kept."""
    shared: bool
    """True: requests without a tag have a cache too, which they share; those with one have each tag's own in any
    case."""
    single_flight: bool
    """True: of equal requests at the same time one is sent, and the others wait for its answer."""


OnRedisFailure = Literal["open", "closed"]
"""While Redis cannot be asked, `open`: limits hold within each process; `closed`: requests under limits are
refused."""


class CapsConfig(TypedDict, total=False):
    """How much may come: bytes, levels of nesting, and numbers of things."""

    headers: int
    """Bytes of the header block of a response."""
    event: int
    """Bytes of one event of a stream."""
    body: int
    """Bytes of a response, decompressed."""
    request: int
    """Bytes of a request."""
    depth: int
    """Levels of nesting of a request."""
    models: int
    """How many further models a request may name (`models` and `gatelet.models` together)."""
    entries: int
    """Entries of a model list; it may have more where each has 200 bytes."""


class ListsConfig(TypedDict, total=False):
    """How long a model list counts, in seconds (docs/catalog.md#how-lists-are-kept)."""

    fresh: float
    """So long it is not fetched again, less up to a tenth by chance; 0: always."""
    stale: float
    """Until then it is answered at once while it is fetched again; past it a call waits."""


class HttpConfig(TypedDict, total=False):
    """The transport."""

    http2: bool
    """True: HTTP/2 is offered."""
    proxy: str
    """A proxy for all requests, as curl takes it. With it the proxies of the environment are not looked at."""
    no_proxy: str
    """Hosts that are reached without a proxy, separated by commas; `*` is all."""
    ca_file: str
    """A file of certificates to trust, PEM."""
    client_cert: str
    """A file with the client's certificate, PEM."""
    client_key: str
    """A file with its key, PEM."""
    unix_socket: str
    """A socket to connect to instead of the host."""
    resolve: List[str]
    """Entries `host:port:address` that replace DNS."""
    allow_insecure: bool
    """True: keys may travel over `http` to other machines."""
    keep_alive: float
    """Seconds that a connection may have been idle and still be used, rounded up to whole ones; 0: each request
    has one of its own. 30 unless the provider's row says otherwise."""


class FetchConfig(TypedDict, total=False):
    """What Gatelet may fetch by itself: images, files, sounds and videos that a request names by URL, for
    providers that do not read URLs (docs/requests.md#what-is-fetched)."""

    allowed: bool
    """True: they are fetched from public addresses; false: such a request is not sent to such a provider."""
    max_bytes: int
    """Bytes that each of them may have."""
    timeout: float
    """So long each of them may take, redirects included; 0: as long as the request. Its total time-out holds too."""
    allow_hosts: List[str]
    """The only hosts that are asked; `*.` at the beginning stands for all names below a domain. Empty: any."""
    allow_addresses: List[str]
    """Addresses that are not public and are reached all the same, each as `10.1.2.3` or `fd00::/8`: for tests and
    hosts of one's own. Any user who can write a URL can then have them asked."""


RequestExtensions = Literal["none", "routing", "all"]
"""What the member `gatelet` of a request may say (docs/requests.md)."""


LogLevel = Literal["off", "error", "warning", "info", "debug"]
"""How much the log function hears (docs/logging.md)."""


class Config(TypedDict, total=False):
    """Configuration of Gatelet: the argument of gatelet_init and the file GATELET_CONFIG."""

    dev_mode: bool
    """Every request goes to the development provider, without the network."""
    environment: bool
    """False: no variable of the process is read."""
    env_file: str
    """A file of `KEY=VALUE` lines, which count as variables that the environment does not have."""
    providers: Dict[str, ProviderConfig]
    """Changes to providers of the catalog, or further providers, by id. A further one needs a `base_url`, unless
    its dialect is `dev`."""
    price_file: str
    """A file with prices of your own, in the form of the price table or as JSON (docs/prices.md)."""
    default_provider: str
    """Id or alias of the provider that is asked when a model id leads to no other. Without it that is the first
    usable one of `provider_order`, else the only one in `providers`, else the only usable one."""
    default_model: str
    """Used when a request names no model; with the preset `openrouter` it is a fallback too."""
    fallback_models: List[str]
    """Models that are asked when every candidate of the request's own models failed."""
    provider_order: List[str]
    """Ids or aliases of providers in the order in which they are asked."""
    aliases: Dict[str, str]
    """Short names for model ids; an alias may name another one."""
    timeouts: TimeoutsConfig
    """Seconds; 0 means no limit."""
    preset: Preset
    """Which failures lead to what (docs/routing.md#after-a-failure)."""
    failover: FailoverConfig
    """Changes to the preset: a kind of failure, and a list of actions of which the first that is possible is
    taken."""
    retry: RetryConfig
    """When the same candidate is asked again (docs/routing.md#after-a-failure)."""
    routing: RoutingConfig
    """How candidates are found and ordered (docs/routing.md)."""
    breaker: BreakerConfig
    """When a candidate is left alone for a time (docs/limits.md#breaker)."""
    limits: LimitsConfig
    """What may be used, in this process, or with `redis_url` in all (docs/limits.md)."""
    dev_fallback: bool
    """True: where keys were refused, the development provider answers, and the answer is marked."""
    records: str
    """A file to which a line of JSON is appended for each request (docs/usage.md#records)."""
    record: str
    """A file to which each exchange with a provider is appended, a line of JSON for each, without keys
    (docs/testing-cassettes.md)."""
    replay: str
    """A file of recorded exchanges that requests are answered from: no provider is asked
    (docs/testing-cassettes.md)."""
    replay_match: ReplayMatch
    """Which recorded exchange answers a request: `strict`, the next of the same method, path and body; `loose`,
    the next of the same method, path and model."""
    replay_speed: float
    """How much faster than it was recorded an answer comes: 1 is as it was, 2 twice as fast; 0: at once."""
    cache: Union[Literal[False], CacheConfig]
    """Answers that are kept in memory and given again to equal requests (docs/cache.md). Without it there are
    none; false turns off what a layer below says."""
    redis_url: str
    """The Redis or Valkey through which all processes with the same `redis_prefix` share their limits
    (docs/shared-limits.md): `redis://[[user]:password@]host[:port][/database]`, `rediss://` with TLS,
    `unix://[[user]:password@]/path[?db=database]`."""
    redis_prefix: str
    """What the names of keys in Redis begin with."""
    redis_timeout: float
    """Seconds that an answer of Redis is waited for."""
    redis_lease: float
    """Seconds after which what a process that is gone has reserved is free."""
    on_redis_failure: OnRedisFailure
    """While Redis cannot be asked, `open`: limits hold within each process; `closed`: requests under limits are
    refused."""
    caps: CapsConfig
    """How much may come: bytes, levels of nesting, and numbers of things."""
    cache_dir: str
    """A folder for the last good model lists, made when it is not there. Without it nothing is written
    (docs/catalog.md#on-disk)."""
    lists: ListsConfig
    """How long a model list counts, in seconds (docs/catalog.md#how-lists-are-kept)."""
    http: HttpConfig
    """The transport."""
    fetch: FetchConfig
    """What Gatelet may fetch by itself: images, files, sounds and videos that a request names by URL, for
    providers that do not read URLs (docs/requests.md#what-is-fetched)."""
    request_extensions: RequestExtensions
    """What the member `gatelet` of a request may say (docs/requests.md)."""
    allow_headers: List[str]
    """Names of headers that the options of a call may send to every provider. `*` at the end of a name stands for
    whatever follows."""
    allow_query: List[str]
    """Names of members of the query that the options of a call may add at every provider. `*` at the end of a name
    stands for whatever follows."""
    allow_requests: List[str]
    """Raw requests that may be made beside the usual ones (docs/requests.md), as a method and a path: `POST
    /audio/*`. `*` is one part of a path."""
    watch: bool
    """The files that the configuration was read from (`GATELET_CONFIG`, the env file, `price_file`) are watched,
    and all is read anew when one has changed (docs/configuration.md#watching-the-files)."""
    log: LogLevel
    """How much the log function hears (docs/logging.md)."""
