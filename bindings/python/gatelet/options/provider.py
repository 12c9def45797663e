"""A provider of the configuration: its row, its keys, what is known about its models.

Written by scripts/write-options from the schemas in docs; change those.
"""

from __future__ import annotations

from typing import Any, Dict, List, Literal, TypedDict, Union


class KeyLimits(TypedDict, total=False):
    """What a key may use; minutes slide; hours, days and months are UTC, USD as decimal text or a number."""

    requests_per_minute: int
    """Requests in any 60 seconds."""
    tokens_per_minute: int
    """Prompt and completion tokens in any 60 seconds."""
    usd_per_minute: Union[str, float]
    """Cost in any 60 seconds."""
    requests_per_hour: int
    """Requests in a UTC hour."""
    tokens_per_hour: int
    """Prompt and completion tokens in a UTC hour."""
    usd_per_hour: Union[str, float]
    """Cost in a UTC hour."""
    requests_per_day: int
    """Requests in a UTC day."""
    tokens_per_day: int
    """Prompt and completion tokens in a UTC day."""
    usd_per_day: Union[str, float]
    """Cost in a UTC day."""
    requests_per_month: int
    """Requests in a UTC month."""
    tokens_per_month: int
    """Prompt and completion tokens in a UTC month."""
    usd_per_month: Union[str, float]
    """Cost in a UTC month."""
    concurrency: int
    """Attempts at a time."""
    spacing: float
    """Seconds between the starts of two attempts."""
    warn_at: List[float]
    """Shares of these rules, the lowest first: the hook and the log are told when one is used, once in each window
    (docs/limits.md)."""


class PathsConfig(TypedDict, total=False):
    """Where the operations are behind `base_url`, where that is not OpenAI's place."""

    chat: str
    """Of chats."""
    chat_stream: str
    """Of chats that stream, where that is another place than `chat`."""
    completions: str
    """Of text completions."""
    embeddings: str
    """Of embeddings."""
    models: str
    """Of the model list."""
    count_tokens: str
    """Where the tokens of a request are counted; absent: where the dialect has that."""


Dialect = Literal["openai", "openai-responses", "anthropic", "gemini", "cohere", "ollama", "dev"]
"""The language that the provider speaks: `anthropic` is Anthropic's Messages, `gemini` Google's generateContent,
`openai-responses` OpenAI's Responses API. Requests and answers are OpenAI's all the same. `cohere` and `ollama`
are OpenAI's, but for embeddings, which go to the provider's own endpoint. `dev` is a development provider,
which calls nobody and answers by itself."""


class AuthHeader(TypedDict):
    """The key is sent in a header of this name."""

    header: str
    """Name of the header."""


class DialectConfig(TypedDict, total=False):
    """What is different in one dialect."""

    base_url: str
    """The address, unless the configuration names another."""
    auth: Union[Literal["bearer"], AuthHeader]
    """How the key is sent."""


KeyNeed = Literal["required", "optional", "none"]
"""Whether a key is needed."""


Paths = Union[str, List[str]]
"""One path, or several of which the first counts that leads to something."""


PriceName = Literal[
    "prompt", "completion", "request", "image", "input_cache_read", "input_cache_write", "input_cache_write_1h",
    "internal_reasoning", "audio", "audio_output", "input_audio_cache", "image_output", "web_search",
]  # fmt: skip
"""The kinds of prices."""


class ListServers(TypedDict, total=False):
    """The servers behind a router, each with prices of its own."""

    list: str
    """Where the entry has them."""
    name: str
    """Where one has its name."""
    prices: Dict[PriceName, str]
    """Where one has its prices, by kind."""


PriceUnit = Literal["none", "usd_per_token", "usd_per_million", "us_cents_per_token", "1e-4_usd_per_million"]
"""What a number in a price list means."""


class ListPaging(TypedDict, total=False):
    """How pages follow each other."""

    next: str
    """Path of the token of the next page."""
    query: str
    """Member of the query that takes it."""
    more: str
    """Path of true or false: whether there is a next page."""
    link: str
    """Path of the address of the next page; at the same host."""
    page: str
    """Member of the query that counts pages, from 1; needs a size."""
    size: str
    """Part of every query, such as `limit=1000`."""


class ListMap(TypedDict, total=False):
    """Where a model list keeps what an entry holds; paths are names with dots between them."""

    id: Paths
    """What requests call the model; an entry without it is passed over."""
    canonical_slug: Paths
    """The id that stays when the model's id changes."""
    hugging_face_id: Paths
    """The id of its weights at Hugging Face."""
    name: Paths
    """A name for people."""
    created: Paths
    """Unix seconds or milliseconds, or a date of RFC 3339."""
    description: Paths
    """A text for people."""
    context_length: Paths
    """Tokens of prompt and answer together."""
    max_output_tokens: Paths
    """Tokens of an answer."""
    modality: Paths
    """What it takes and gives, as `text+image->text`."""
    input_modalities: Paths
    """What a prompt may hold."""
    output_modalities: Paths
    """What an answer may hold."""
    instruct_type: Paths
    """The format of its instructions."""
    tokenizer: Paths
    """The kind of its tokenizer."""
    top_provider: Paths
    """An object, kept as it is."""
    per_request_limits: Paths
    """An object, kept as it is."""
    supported_parameters: Paths
    """Parameters of requests that it obeys; of all the paths together."""
    default_parameters: Paths
    """An object, kept as it is."""
    type: Paths
    """What kind of model it is."""
    capabilities: Paths
    """What it can, as texts, or as an object of true or `{"supported": true}`; of all the paths together."""
    aliases: Paths
    """Other ids; of all the paths together."""
    expiration_date: Paths
    """When the model goes."""
    overrides: Paths
    """A list of `{"min_prompt_tokens", "utc_from", "utc_to", "service_tier", "server", prices}`."""
    servers: ListServers
    """The servers behind a router, each with prices of its own."""
    hourly: Paths
    """The price by the hour: a token price of 0 beside it is none."""
    list: Union[str, List[str]]
    """Where the array of models is; `""` is the document itself."""
    prices: Union[str, Dict[PriceName, Paths]]
    """The object that holds prices under OpenRouter's names, or paths by kind. A path may begin with its unit:
    `usd_per_token:a.b`."""
    tiers: Dict[PriceName, Paths]
    """Lists of `{"cost", "min"}` by kind: other prices from a number of prompt tokens on."""
    flags: Dict[str, str]
    """Path of a member that is true or false: the capability it stands for."""
    defaults: Dict[str, str]
    """Parameter: path of the value that holds when a request names none."""
    skip: Dict[str, Union[str, float, bool]]
    """Path: value; entries that have it are left out."""
    types: Dict[str, str]
    """The provider's word for what a model is: ours (`chat`, `completion`, `embedding`, `image`, ...). Of several
    the one that stands first here counts; `""` drops it."""
    words: Dict[str, str]
    """The provider's word for a capability: ours."""
    strip: str
    """What ids begin with that requests leave out."""
    unit: PriceUnit
    """What prices mean whose path names no unit."""
    paging: ListPaging
    """How pages follow each other."""


class ModelsConfig(TypedDict, total=False):
    """Where and how the models are listed (docs/adding-a-provider.md)."""

    url: str
    """Where the list is, as an absolute address; without it `base_url` + `/models`. To change `base_url` makes the
    row's own address of the list void."""
    prices_url: str
    """Where the provider tells prices that its list does not, in the form of the list. It is asked before the
    list, in the same way (docs/prices.md)."""
    form: Literal[
        "aimlapi", "anthropic", "baseten", "chutes", "cohere", "deepinfra", "dev", "featherless", "fireworks",
        "gatelet", "gemini", "groq", "huggingface", "infron", "io_net", "llamacpp", "mistral", "near", "novita",
        "ollama_tags", "openai", "openrouter", "perplexity", "requesty", "together", "vercel", "vertex", "vllm",
        "xai",
    ]  # fmt: skip
    """Which shape the list has: a file of `Sources/Catalog/forms`."""
    public: bool
    """True: the list is fetched without the key."""
    map: ListMap
    """What is different from the form (docs/adding-a-provider.md#a-list-of-a-new-shape)."""
    file: str
    """A list of your own, JSON or CSV, in the place of the provider's. Its form is `gatelet`, unless `form` says
    otherwise (docs/adding-a-provider.md#a-list-of-your-own)."""
    auth: Union[Literal["bearer"], AuthHeader]
    """How the key is sent for the list, where that differs."""
    headers: Dict[str, str]
    """Sent with requests for the list alone."""


class ParameterRule(TypedDict, total=False):
    """The rule for one parameter."""

    models: List[str]
    """The models it holds for, as the provider calls them; `*` at the end stands for any text. By default it holds
    for all."""
    rename: str
    """What the provider calls it. The caller's own use of that word wins."""
    min: float
    """The least that is sent: what is less becomes this, with the warning `clamped`."""
    max: float
    """The most that is sent: what is more becomes this, with the warning `clamped`."""
    drop: bool
    """True: it is left out, with the warning `dropped`."""
    reject: bool
    """True: a request that has it is not sent to this provider (`unsupported`); another candidate may take it."""


class KnownPrices(TypedDict, total=False):
    """USD for one token, request, image or search, as decimal text or a number."""

    prompt: Union[str, float]
    """For one token."""
    completion: Union[str, float]
    """For one token."""
    request: Union[str, float]
    """For one request."""
    image: Union[str, float]
    """For one image."""
    input_cache_read: Union[str, float]
    """For one prompt token that the provider had in its cache."""
    input_cache_write: Union[str, float]
    """For one prompt token that goes into the cache."""
    input_cache_write_1h: Union[str, float]
    """For one prompt token that goes into the cache for an hour."""
    internal_reasoning: Union[str, float]
    """For one token of reasoning, where that is not the price of completion."""
    audio: Union[str, float]
    """For one prompt token of audio."""
    audio_output: Union[str, float]
    """For one token of spoken answer."""
    input_audio_cache: Union[str, float]
    """For one prompt token of audio from the cache."""
    image_output: Union[str, float]
    """For one token of an image in the answer."""
    web_search: Union[str, float]
    """For one search."""


class PriceOverride(KnownPrices, total=False):
    """Other prices for long prompts, at some hours, in a service tier, or of one server behind a router."""

    min_prompt_tokens: int
    """Holds from this many prompt tokens on."""
    utc_from: str
    """Holds from this time of day (UTC) on."""
    utc_to: str
    """Until this one, also over midnight."""
    service_tier: Literal["flex", "priority", "batch"]
    """Holds for requests that are served in this tier."""
    server: str
    """Holds for answers of this server behind a router, by its name in any case."""


class KnownPricing(KnownPrices, total=False):
    """What it costs, in USD, exact: a price for each kind of tokens or pieces, and `overrides` (docs/prices.md)."""

    overrides: List[PriceOverride]
    """Other prices for some requests; the last one that holds counts."""


class KnownModel(TypedDict, total=False):
    """What is known of a model, for checks before the call, for strategies and for bills."""

    context_length: int
    """Tokens of prompt and answer together."""
    max_output_tokens: int
    """Tokens of an answer."""
    input_modalities: List[Literal["text", "image", "audio", "file", "video"]]
    """What a prompt may hold."""
    supported_parameters: List[str]
    """Members of a request that it obeys, in OpenRouter's words."""
    pricing: KnownPricing
    """What it costs, in USD, exact: a price for each kind of tokens or pieces, and `overrides` (docs/prices.md)."""


class LimitRules(TypedDict, total=False):
    """What a client, a tag or a provider may use; minutes slide; hours, days and months are UTC, USD as decimal
    text or a number."""

    requests_per_minute: int
    """Requests in any 60 seconds."""
    tokens_per_minute: int
    """Prompt and completion tokens in any 60 seconds."""
    usd_per_minute: Union[str, float]
    """Cost in any 60 seconds."""
    requests_per_hour: int
    """Requests in a UTC hour."""
    tokens_per_hour: int
    """Prompt and completion tokens in a UTC hour."""
    usd_per_hour: Union[str, float]
    """Cost in a UTC hour."""
    requests_per_day: int
    """Requests in a UTC day."""
    tokens_per_day: int
    """Prompt and completion tokens in a UTC day."""
    usd_per_day: Union[str, float]
    """Cost in a UTC day."""
    requests_per_month: int
    """Requests in a UTC month."""
    tokens_per_month: int
    """Prompt and completion tokens in a UTC month."""
    usd_per_month: Union[str, float]
    """Cost in a UTC month."""
    concurrency: int
    """Attempts at a time."""
    spacing: float
    """Seconds between the starts of two attempts."""
    default_max_tokens: int
    """Sent where a request does not say how long its answer may be: the tag's, else the provider's, else the
    client's (docs/limits.md)."""
    warn_at: List[float]
    """Shares of these rules, the lowest first: the hook and the log are told when one is used, once in each window
    (docs/limits.md)."""


class ProviderRetryConfig(TypedDict, total=False):
    """Retry n waits min(backoff_max, backoff_base * 2^(n-1)) seconds, times something between 1 - jitter and 1 +
    jitter."""

    attempts: int
    """Retries after the first try, for each candidate."""
    backoff_base: float
    """Seconds before the first retry; doubled for each further one."""
    backoff_max: float
    """Seconds before a retry at most."""
    jitter: float
    """A wait is multiplied by something between 1 - jitter and 1 + jitter."""


class ServedBy(TypedDict, total=False):
    """Where a router names the server that gave an answer (docs/prices.md#servers-behind-a-router)."""

    header: str
    """A header of the answer."""
    members: List[str]
    """Paths in the answer or a chunk, names with dots between them. A list leads on by its first element."""


class _PriceFactorConfigRequired(TypedDict):
    usage: Literal["speed", "inference_geo"]
    """The member that says it."""
    says: str
    """Its word."""
    factor: float
    """By which the prices of tokens are multiplied, from 0.001 to 1000, in thousandths."""


class PriceFactorConfig(_PriceFactorConfigRequired, total=False):
    """One word that tokens cost more for."""

    models: List[str]
    """Patterns of the ids of the models it holds for; without them, all."""


class CapabilitiesConfig(TypedDict, total=False):
    """Operations beside chat that the provider has."""

    embeddings: bool
    """False: it has no embeddings."""
    completions: Literal[True, False, "chat"]
    """False: it has no text completions; `chat`: it is asked for a chat instead
    (docs/requests.md#text-completions-over-chats)."""
    count_tokens: bool
    """False: it does not count the tokens of a request; true where its dialect has that (`anthropic`, `gemini`,
    `openai-responses`, `dev`)."""
    embedding_inputs: int
    """Inputs of one embeddings request at most: one with more goes to others, or is refused; absent: as many as
    may be."""
    media_urls: List[str]
    """What reaches the provider as a URL, because it reads that itself: kinds of parts of a message (`image`,
    `audio`, `file`, `video`), and addresses with `*` at the end for whatever follows. Anything else is fetched
    for it, where `fetch.allowed` lets it be. Absent: everything."""
    embedding_format: Literal["float", "int8"]
    """How its vectors come: `float`, as numbers or as 32-bit floats in base64; `int8`, as signed bytes in base64,
    which are made floats, and `encoding_format` `float` and `base64` are not sent to it."""


class TimeoutsConfig(TypedDict, total=False):
    """Seconds; 0 means no limit."""

    connect: float
    """Until the connection stands, TLS included."""
    first_byte: float
    """Until the response's header is complete."""
    idle: float
    """Without any byte."""
    content: float
    """Without any content; keep-alives do not count."""
    total: float
    """For the whole request."""


class Fault(TypedDict, total=False):
    """What one attempt does."""

    ok: Literal[True]
    """The usual answer."""
    status: int
    """HTTP status; from 300 on with an error that fits."""
    headers: Dict[str, str]
    """Of the response, such as retry-after."""
    body: str
    """Text instead of the answer."""
    error: Dict[str, Any]
    """The error object of the body, or of error_at_chunk."""
    first_byte_delay: float
    """Seconds before the response headers."""
    error_at_chunk: int
    """An error event instead of this chunk and the rest; HTTP 200 with an error where nothing streams."""
    stall_at_chunk: int
    """Nothing more comes before this chunk."""
    truncate_at_chunk: int
    """The connection closes before this chunk."""
    length: Literal["short", "long"]
    """A Content-Length that promises less or more than there is."""
    empty: bool
    """A response without a byte of body."""
    html: bool
    """An HTML page, as proxies write them."""
    reset: bool
    """The connection breaks before the response."""
    refuse: bool
    """No connection can be made."""


class FaultScript(TypedDict):
    """Each attempt takes the next step; the last one repeats."""

    sequence: List[Union[Literal["ok"], int, Fault]]
    """One step for each attempt; the last one repeats."""


Faults = Union[Union[Literal["ok"], int, Fault], FaultScript]
"""What the attempts at a development provider do, one after the other: one step, or a script of them."""


class _BalanceConfigRequired(TypedDict):
    url: str
    """The path behind `base_url`."""


class BalanceConfig(_BalanceConfigRequired, total=False):
    """Where the provider tells what is left on the account: a path behind `base_url`, and paths to numbers in USD
    in the answer."""

    remaining: Union[str, List[str]]
    """What is left; of a list of places the first that is there."""
    total: str
    """What was paid in; with `used`, what is left is the difference."""
    used: str
    """What was used."""


class Quirk(TypedDict):
    """Something odd about the provider, and where that is written."""

    note: str
    """What is odd."""
    link: str
    """The document that says so."""
    date: str
    """The day it was read."""
