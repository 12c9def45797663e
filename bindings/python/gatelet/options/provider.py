"""A provider of the configuration: members of its row, its keys, what is known about its models."""

from __future__ import annotations

from typing import Dict, List, Literal, TypedDict, Union

from .faults import Faults
from .limits import KeyLimits, LimitRules
from .resilience import ProviderRetryConfig
from .timeouts import TimeoutsConfig

Dialect = Literal["openai", "dev"]
KeyNeed = Literal["required", "optional", "none"]


class _KeyValue(TypedDict):
    value: str


class KeyConfig(_KeyValue, total=False):
    """One of several keys."""

    name: str
    """Shown in reports; default `<provider>#<number>`."""
    weight: int
    """Share of the requests."""
    limits: KeyLimits


class AuthHeader(TypedDict):
    """The key is sent in a header of this name."""

    header: str


PriceName = Literal[
    "prompt", "completion", "request", "image", "input_cache_read", "input_cache_write", "input_cache_write_1h", "internal_reasoning",
    "audio", "audio_output", "input_audio_cache", "image_output", "web_search",
]  # fmt: skip
PriceUnit = Literal["none", "usd_per_token", "usd_per_million", "us_cents_per_token", "1e-4_usd_per_million"]
Paths = Union[str, List[str]]


class ListPaging(TypedDict, total=False):
    """How the pages of a model list follow each other."""

    next: str
    """Where a page tells the next one's token."""
    query: str
    """The member of the query that takes it."""
    more: str
    """Where it says whether there is a next one."""
    link: str
    """Where it tells the next one's address."""
    page: str
    """The member of the query that counts pages."""
    size: str
    """Part of every query: `limit=1000`."""


class ListServers(TypedDict, total=False):
    """The servers behind a router, each with prices of its own."""

    list: str
    """Where an entry has them."""
    name: str
    """Where one has its name."""
    prices: Dict[PriceName, str]


class ListMap(TypedDict, total=False):
    """Where a model list keeps what an entry holds; names with dots between them."""

    list: Paths
    """The array of models."""
    id: Paths
    canonical_slug: Paths
    hugging_face_id: Paths
    name: Paths
    created: Paths
    description: Paths
    context_length: Paths
    max_output_tokens: Paths
    modality: Paths
    input_modalities: Paths
    output_modalities: Paths
    instruct_type: Paths
    tokenizer: Paths
    top_provider: Paths
    per_request_limits: Paths
    supported_parameters: Paths
    default_parameters: Paths
    type: Paths
    capabilities: Paths
    aliases: Paths
    expiration_date: Paths
    overrides: Paths
    hourly: Paths
    prices: Union[str, Dict[PriceName, Paths]]
    """The object that holds prices under these names, or where each is; a place may begin with its unit and a colon."""
    tiers: Dict[PriceName, Paths]
    servers: ListServers
    flags: Dict[str, str]
    """Place of true or false: the capability it stands for."""
    defaults: Dict[str, str]
    """Parameter: place of its default."""
    skip: Dict[str, Union[str, float, bool]]
    """Entries that have this value are left out."""
    types: Dict[str, str]
    """The provider's word for a kind of model: ours."""
    words: Dict[str, str]
    """The provider's word for a capability: ours."""
    strip: str
    """What ids begin with that requests leave out."""
    unit: PriceUnit
    paging: ListPaging


class ModelsConfig(TypedDict, total=False):
    """Where and how the models are listed."""

    url: str
    prices_url: str
    """Where the provider tells prices that its list does not, in the form of the list."""
    form: Literal[
        "aimlapi", "anthropic", "baseten", "chutes", "cohere", "deepinfra", "dev", "featherless", "fireworks",
        "gatelet", "gemini", "groq", "huggingface", "infron", "infron_display", "io_net", "llamacpp", "mistral", "near",
        "novita", "ollama_tags", "openai", "openrouter", "perplexity", "requesty", "together", "vercel", "vllm", "xai",
    ]  # fmt: skip
    map: ListMap
    """What is different from the form."""
    file: str
    """A list of your own, JSON or CSV, in place of the provider's."""
    public: bool
    """The list is fetched without the key."""
    auth: Union[Literal["bearer"], AuthHeader]
    """How the list wants the key, where that differs."""
    headers: Dict[str, str]


class CapabilitiesConfig(TypedDict, total=False):
    """Operations beside chat."""

    embeddings: bool
    completions: bool


class KnownPrices(TypedDict, total=False):
    """USD for one token, request, image or search, as decimal text or a number."""

    prompt: Union[str, float]
    completion: Union[str, float]
    request: Union[str, float]
    image: Union[str, float]
    input_cache_read: Union[str, float]
    input_cache_write: Union[str, float]
    input_cache_write_1h: Union[str, float]
    internal_reasoning: Union[str, float]
    audio: Union[str, float]
    audio_output: Union[str, float]
    input_audio_cache: Union[str, float]
    image_output: Union[str, float]
    web_search: Union[str, float]


class PriceOverride(KnownPrices, total=False):
    """Other prices for long prompts, at some hours, in a service tier, or of one server behind a router."""

    min_prompt_tokens: int
    utc_from: str
    """A time of day, `16:30`."""
    utc_to: str
    service_tier: Literal["flex", "priority", "batch"]
    server: str


class ServedBy(TypedDict, total=False):
    """Where a router names the server that gave an answer."""

    header: str
    members: List[str]
    """Places in the answer, names with dots between them."""


class KnownPricing(KnownPrices, total=False):
    """What a model costs."""

    overrides: List[PriceOverride]
    """The last one that holds counts."""


class KnownModel(TypedDict, total=False):
    """Facts about a model, for checks before the call and for strategies."""

    context_length: int
    max_output_tokens: int
    input_modalities: List[Literal["text", "image", "audio", "file", "video"]]
    supported_parameters: List[str]
    pricing: KnownPricing


class Quirk(TypedDict):
    """For readers: what is odd about the provider, and where that is written."""

    note: str
    link: str
    date: str


class _BalancePlace(TypedDict):
    url: str


class BalanceConfig(_BalancePlace, total=False):
    """A path behind base_url, and paths to numbers in USD in the answer."""

    remaining: Union[str, List[str]]
    """Of a list the first that is there."""
    total: str
    """What was paid in; with `used`, what is left is the difference."""
    used: str


class PathsConfig(TypedDict, total=False):
    """Where operations are behind base_url, where that is not OpenAI's place."""

    chat: str
    completions: str
    embeddings: str
    models: str


class ProviderConfig(TypedDict, total=False):
    """Members of a provider. One that Gatelet does not know needs a `base_url`."""

    api_key: str
    keys: List[KeyConfig]
    """Instead of `api_key`."""
    base_url: str
    """May have parts of your own, `https://{resource}.example.com/v1`."""
    query: Dict[str, str]
    """Goes with every address behind base_url, beside its own query."""
    paths: PathsConfig
    values: Dict[str, str]
    """The parts of base_url by their names."""
    dialect: Dialect
    auth: Union[Literal["bearer"], AuthHeader]
    key: KeyNeed
    headers: Dict[str, str]
    """Sent with every request."""
    allow_headers: List[str]
    """Headers that a call may send to it; a name may end with `*`."""
    allow_query: List[str]
    timeouts: TimeoutsConfig
    retry: ProviderRetryConfig
    limits: LimitRules
    default_model: str
    fallback_models: List[str]
    """Asked in this order, at this provider, when the requested model fails."""

    # Choosing
    priority: int
    weight: int
    """Its share under the strategy `weighted`."""
    regions: List[str]
    collects_data: bool
    zero_data_retention: bool
    model_ids: Dict[str, str]
    """General model id to this provider's own."""
    known_models: Dict[str, KnownModel]
    detect: List[str]
    """Patterns of model ids that are this provider's."""
    locks: List[str]
    """Patterns of model ids that never lose their first part to another provider."""
    serves: List[str]
    """Organizations of which this router has models: `openai/`, or `*/` for all."""
    organization: str
    """What routers call this provider before the slash."""
    bare: List[str]
    """Beginnings of its model ids without a slash."""
    keep_prefix: List[str]
    pass_through: bool
    """Takes any model id: found by name or as default only."""
    native_routing: bool
    """Understands the routing words of a request itself."""
    only_when_named: bool

    # What it understands
    models: ModelsConfig
    models_url: str
    """Short for `models.url`."""
    prices: Literal["hybrid", "api", "cross_reference", "table"]
    """Which price of a model counts."""
    price_unit: PriceUnit
    capabilities: CapabilitiesConfig
    renames: Dict[str, str]
    drops: List[str]
    output_limit: Literal["max_tokens", "max_completion_tokens"]
    """The member that bounds an answer here, where one is added (`default_max_tokens`); by default it depends on the model."""
    stream_usage: bool
    """Streams are asked for usage; without this it is tried, and not repeated where it was refused."""
    usage_include: bool
    prompt_billed_as_cached: bool
    """All of a prompt costs what cached tokens cost, hit or miss."""
    served_by: ServedBy
    server_suffixes: Dict[str, Literal["cheapest", "any"]]
    """Ends of model ids that choose the server."""
    image_price: Literal["prompt", "answer", "tokens"]
    """What a price of an image is for."""
    search_models: List[str]
    """Globs of models that search the web once for each answer."""
    prefill: bool
    """A last assistant message is continued."""
    stream_false: bool
    """`stream: false` is added to requests that do not stream and say nothing about it."""
    cancel_stops_billing: bool
    keep_alive: float
    """Seconds that a connection may have been idle and still be used; 0: each request has one of its own."""

    # The development provider's
    token_delay: float
    """Seconds between the tokens of a stream."""
    faults: Faults

    # What rows have, and configurations rarely need
    id: str
    name: str
    aliases: List[str]
    env: List[str]
    """Variables that may hold the key."""
    env_base_url: str
    variables: Dict[str, str]
    """Part of base_url to the variable that holds it."""
    env_default_model: str
    env_timeout: str
    env_retry_attempts: str
    env_backoff_base: str
    env_backoff_max: str
    env_jitter: str
    env_fallback_models: str
    site_url: str
    docs_url: str
    logo_url: str
    balance: BalanceConfig
    """Where the provider tells what is left on the account."""
    quirks: List[Quirk]
