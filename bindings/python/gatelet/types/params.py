"""What requests may say: the parameters of the calls, and messages, tools and formats in them, as TypedDicts.

At run time they are plain dicts, and nothing of this module is loaded unless a program imports it.
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Literal, Mapping, Optional, Protocol, Sequence, Tuple, TypedDict, Union

from .._given import NotGiven, Omit
from ..options import CallOptions, ProviderWords, RequestOptions
from . import Message, ToolCall

Left = Union[NotGiven, Omit]
"""A parameter that has one of these is not sent."""


class TimeoutLike(Protocol):
    """What httpx.Timeout has."""

    @property
    def connect(self) -> Optional[float]: ...

    @property
    def read(self) -> Optional[float]: ...


class URLLike(Protocol):
    """What httpx.URL has."""

    @property
    def host(self) -> str: ...


# Messages


class CacheControl(TypedDict, total=False):
    type: Literal["ephemeral"]
    ttl: str


class _TextPart(TypedDict):
    type: Literal["text"]
    text: str


class TextPart(_TextPart, total=False):
    cache_control: CacheControl


class _ImageURL(TypedDict):
    url: str


class ImageURL(_ImageURL, total=False):
    detail: Literal["auto", "low", "high", "original"]


class _ImagePart(TypedDict):
    type: Literal["image_url"]
    image_url: ImageURL


class ImagePart(_ImagePart, total=False):
    cache_control: CacheControl


class InputAudio(TypedDict):
    data: str
    format: Literal["wav", "mp3"]


class AudioPart(TypedDict):
    type: Literal["input_audio"]
    input_audio: InputAudio


class FileData(TypedDict, total=False):
    file_data: str
    file_id: str
    filename: str


class FilePart(TypedDict):
    type: Literal["file"]
    file: FileData


class RefusalPart(TypedDict):
    type: Literal["refusal"]
    refusal: str


ContentPart = Union[TextPart, ImagePart, AudioPart, FilePart]


class _SystemMessage(TypedDict):
    role: Literal["system"]
    content: Union[str, Iterable[TextPart]]


class SystemMessage(_SystemMessage, total=False):
    name: str


class _DeveloperMessage(TypedDict):
    role: Literal["developer"]
    content: Union[str, Iterable[TextPart]]


class DeveloperMessage(_DeveloperMessage, total=False):
    name: str


class _UserMessage(TypedDict):
    role: Literal["user"]
    content: Union[str, Iterable[ContentPart]]


class UserMessage(_UserMessage, total=False):
    name: str


class FunctionOfCall(TypedDict):
    name: str
    arguments: str


class FunctionCallParam(TypedDict):
    id: str
    type: Literal["function"]
    function: FunctionOfCall


class CustomOfCall(TypedDict):
    name: str
    input: str


class CustomCallParam(TypedDict):
    id: str
    type: Literal["custom"]
    custom: CustomOfCall


ToolCallParam = Union[FunctionCallParam, CustomCallParam, ToolCall]


class AudioReference(TypedDict):
    id: str


class _AssistantMessage(TypedDict):
    role: Literal["assistant"]


class AssistantMessage(_AssistantMessage, total=False):
    content: Union[str, Iterable[Union[TextPart, RefusalPart]], None]
    name: str
    refusal: Optional[str]
    audio: Optional[AudioReference]
    tool_calls: Iterable[ToolCallParam]
    function_call: Optional[FunctionOfCall]
    reasoning: Optional[str]
    reasoning_content: Optional[str]
    reasoning_details: Optional[Iterable[Mapping[str, Any]]]


class ToolMessage(TypedDict):
    role: Literal["tool"]
    tool_call_id: str
    content: Union[str, Iterable[TextPart]]


class FunctionMessage(TypedDict):
    role: Literal["function"]
    name: str
    content: Optional[str]


MessageParam = Union[SystemMessage, DeveloperMessage, UserMessage, AssistantMessage, ToolMessage, FunctionMessage, Message]
"""One of `messages`: a dict, or the message of an answer."""


# Tools and formats


class _FunctionDefinition(TypedDict):
    name: str


class FunctionDefinition(_FunctionDefinition, total=False):
    description: str
    parameters: Dict[str, object]
    strict: Optional[bool]


class _FunctionTool(TypedDict):
    type: Literal["function"]
    function: FunctionDefinition


class FunctionTool(_FunctionTool, total=False):
    cache_control: CacheControl


class _CustomDefinition(TypedDict):
    name: str


class CustomDefinition(_CustomDefinition, total=False):
    description: str
    format: Mapping[str, Any]


class CustomTool(TypedDict):
    type: Literal["custom"]
    custom: CustomDefinition


ToolParam = Union[FunctionTool, CustomTool]


class Named(TypedDict):
    name: str


class ChosenFunction(TypedDict):
    type: Literal["function"]
    function: Named


class ChosenCustom(TypedDict):
    type: Literal["custom"]
    custom: Named


class AllowedTools(TypedDict):
    type: Literal["allowed_tools"]
    allowed_tools: Mapping[str, Any]


ToolChoice = Union[Literal["none", "auto", "required"], ChosenFunction, ChosenCustom, AllowedTools]


class _JSONSchema(TypedDict):
    name: str


class JSONSchema(_JSONSchema, total=False):
    description: str
    schema: Dict[str, object]
    strict: Optional[bool]


class FormatText(TypedDict):
    type: Literal["text"]


class FormatJSON(TypedDict):
    type: Literal["json_object"]


class FormatSchema(TypedDict):
    type: Literal["json_schema"]
    json_schema: JSONSchema


ResponseFormat = Union[FormatText, FormatJSON, FormatSchema]


class StreamOptions(TypedDict, total=False):
    include_usage: bool
    include_obfuscation: bool


class Reasoning(TypedDict, total=False):
    """OpenRouter's; every provider gets it in its own words."""

    effort: Optional[Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]]
    max_tokens: Optional[int]
    exclude: bool
    enabled: bool
    summary: Optional[Literal["auto", "concise", "detailed"]]


class UsageWish(TypedDict, total=False):
    include: bool


class Prediction(TypedDict):
    type: Literal["content"]
    content: Union[str, Iterable[TextPart]]


Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
ServiceTier = Literal["auto", "default", "flex", "scale", "priority", "fast"]
Stop = Union[str, Sequence[str], None]
Headers = Mapping[str, Union[str, Omit]]


class RawArguments(TypedDict, total=False):
    """Arguments that are no part of the document."""

    timeout: Union[float, TimeoutLike, None, NotGiven]
    """Seconds for the connection, and then between any two bytes; a httpx.Timeout says more. None: no limit."""
    total_timeout: Optional[float]
    """Seconds for all of the request."""
    max_retries: Optional[int]
    """Retries after the first try, for each candidate."""
    tag: Optional[str]
    """Whose limits and statistics count."""
    extra_headers: Optional[Headers]
    """Sent along, where `allow_headers` of the configuration let them."""
    extra_query: Optional[Mapping[str, object]]
    """Added to the address, where `allow_query` of the configuration let them."""
    gatelet: Union[CallOptions, RequestOptions, None]
    """All options of this call."""


class KeptArguments(RawArguments, total=False):
    """Those of `client.responses.retrieve`, `cancel` and `delete`. `extra_headers` and `extra_query` are sent, whatever the configuration
    allows."""

    provider: Union[str, Sequence[str], None]
    """Who is asked, else the default provider; of several, those after the first only take over."""


class RawRequestArguments(KeptArguments, total=False):
    """Those of `client.raw.request`."""

    content_type: Optional[str]
    """Of the body: application/json, unless this or `extra_headers` says something else."""
    files: Union[Mapping[str, Any], Sequence[Tuple[str, Any]], None]
    """Those of a form, as httpx has them: by name bytes, an open file, or (file name, either, content type)."""
    model: Optional[str]
    """What statistics and limits call it."""


class CallArguments(RawArguments, total=False):
    """Arguments that are no parameters."""

    extra_body: Optional[Mapping[str, Any]]
    """Further members of the document, which go before the parameters."""


class ClientOptions(TypedDict, total=False):
    """What `with_options` takes."""

    timeout: Union[float, TimeoutLike, None, NotGiven]
    total_timeout: Optional[float]
    max_retries: Optional[int]
    default_headers: Optional[Headers]
    default_query: Optional[Mapping[str, object]]
    tag: Optional[str]
    gatelet: Union[CallOptions, RequestOptions, None]


class Routing(CallArguments, total=False):
    """What a document says to Gatelet."""

    models: Union[List[str], None, Left]
    """Further models, asked when the first one failed."""
    provider: Union[ProviderWords, None, Left]
    """OpenRouter's words, for every provider."""


class ChatParams(Routing, total=False):
    """Parameters of a chat."""

    audio: Union[Mapping[str, Any], None, Left]
    frequency_penalty: Union[float, None, Left]
    function_call: Union[Literal["none", "auto"], Named, None, Left]
    functions: Union[Iterable[FunctionDefinition], None, Left]
    logit_bias: Union[Dict[str, int], None, Left]
    logprobs: Union[bool, None, Left]
    max_completion_tokens: Union[int, None, Left]
    max_tokens: Union[int, None, Left]
    metadata: Union[Dict[str, str], None, Left]
    modalities: Union[List[Literal["text", "audio", "image"]], None, Left]
    moderation: Union[Mapping[str, Any], None, Left]
    n: Union[int, None, Left]
    parallel_tool_calls: Union[bool, None, Left]
    prediction: Union[Prediction, None, Left]
    presence_penalty: Union[float, None, Left]
    prompt_cache_key: Union[str, None, Left]
    prompt_cache_options: Union[Mapping[str, Any], None, Left]
    prompt_cache_retention: Union[Literal["in_memory", "24h"], None, Left]
    reasoning: Union[Reasoning, None, Left]
    """OpenRouter's, for every provider."""
    reasoning_effort: Union[Effort, None, Left]
    route: Union[Literal["fallback"], None, Left]
    """OpenRouter's."""
    safety_identifier: Union[str, None, Left]
    seed: Union[int, None, Left]
    service_tier: Union[ServiceTier, None, Left]
    stop: Union[Stop, Left]
    store: Union[bool, None, Left]
    stream_options: Union[StreamOptions, None, Left]
    temperature: Union[float, None, Left]
    tool_choice: Union[ToolChoice, None, Left]
    tools: Union[Iterable[ToolParam], None, Left]
    top_logprobs: Union[int, None, Left]
    top_p: Union[float, None, Left]
    transforms: Union[List[str], None, Left]
    """OpenRouter's."""
    usage: Union[UsageWish, None, Left]
    """OpenRouter's."""
    user: Union[str, None, Left]
    verbosity: Union[Literal["low", "medium", "high"], None, Left]
    web_search_options: Union[Mapping[str, Any], None, Left]


class FormattedChatParams(ChatParams, total=False):
    response_format: Union[ResponseFormat, None, Left]


class CompletionParams(Routing, total=False):
    """Parameters of a text completion."""

    best_of: Union[int, None, Left]
    echo: Union[bool, None, Left]
    frequency_penalty: Union[float, None, Left]
    logit_bias: Union[Dict[str, int], None, Left]
    logprobs: Union[int, None, Left]
    max_tokens: Union[int, None, Left]
    n: Union[int, None, Left]
    presence_penalty: Union[float, None, Left]
    seed: Union[int, None, Left]
    stop: Union[Stop, Left]
    stream_options: Union[StreamOptions, None, Left]
    suffix: Union[str, None, Left]
    temperature: Union[float, None, Left]
    top_p: Union[float, None, Left]
    usage: Union[UsageWish, None, Left]
    user: Union[str, None, Left]


class EmbeddingParams(Routing, total=False):
    """Parameters of embeddings."""

    dimensions: Union[int, None, Left]
    encoding_format: Union[Literal["float", "base64"], None, Left]
    user: Union[str, None, Left]


class CountParams(Routing, total=False):
    """Parameters of a request of Anthropic's Messages API that decide how many tokens it has."""

    cache_control: Union[Mapping[str, Any], None, Left]
    output_config: Union[Mapping[str, Any], None, Left]
    output_format: Union[Mapping[str, Any], None, Left]
    speed: Union[Literal["standard", "fast"], None, Left]
    system: Union[str, Iterable[Mapping[str, Any]], None, Left]
    thinking: Union[Mapping[str, Any], None, Left]
    tool_choice: Union[Mapping[str, Any], None, Left]
    tools: Union[Iterable[Mapping[str, Any]], None, Left]


class MessagesParams(CountParams, total=False):
    """Parameters of Anthropic's Messages API."""

    container: Union[str, Mapping[str, Any], None, Left]
    context_management: Union[Mapping[str, Any], None, Left]
    diagnostics: Union[Mapping[str, Any], None, Left]
    inference_geo: Union[str, None, Left]
    mcp_servers: Union[Iterable[Mapping[str, Any]], None, Left]
    metadata: Union[Mapping[str, Any], None, Left]
    service_tier: Union[Literal["auto", "standard_only"], None, Left]
    stop_sequences: Union[Sequence[str], None, Left]
    temperature: Union[float, None, Left]
    top_k: Union[int, None, Left]
    top_p: Union[float, None, Left]


class ResponsesParams(Routing, total=False):
    """Parameters of OpenAI's Responses API."""

    access_programs: Union[Mapping[str, Any], None, Left]
    background: Union[bool, None, Left]
    background_options: Union[Mapping[str, Any], None, Left]
    context_management: Union[Iterable[Mapping[str, Any]], None, Left]
    conversation: Union[str, Mapping[str, Any], None, Left]
    image: Union[Mapping[str, Any], None, Left]
    include: Union[List[str], None, Left]
    instructions: Union[str, None, Left]
    max_output_tokens: Union[int, None, Left]
    max_tool_calls: Union[int, None, Left]
    metadata: Union[Dict[str, str], None, Left]
    moderation: Union[Mapping[str, Any], None, Left]
    parallel_tool_calls: Union[bool, None, Left]
    previous_response_id: Union[str, None, Left]
    prompt: Union[Mapping[str, Any], None, Left]
    prompt_cache_key: Union[str, None, Left]
    prompt_cache_options: Union[Mapping[str, Any], None, Left]
    prompt_cache_retention: Union[Literal["in_memory", "24h"], None, Left]
    reasoning: Union[Reasoning, None, Left]
    safety_identifier: Union[str, None, Left]
    service_tier: Union[ServiceTier, None, Left]
    store: Union[bool, None, Left]
    stream_options: Union[StreamOptions, None, Left]
    temperature: Union[float, None, Left]
    text: Union[Mapping[str, Any], None, Left]
    tool_choice: Union[str, Mapping[str, Any], None, Left]
    tools: Union[Iterable[Mapping[str, Any]], None, Left]
    top_logprobs: Union[int, None, Left]
    top_p: Union[float, None, Left]
    truncation: Union[Literal["auto", "disabled"], None, Left]
    user: Union[str, None, Left]
