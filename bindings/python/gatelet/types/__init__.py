"""What the calls give back. The annotations are the well-known members; others read by the same syntax when present."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, ItemsView, Iterator, List, Optional, ValuesView

from .._object import Listing, Object
from ..reports import Attempt as Attempt
from ..reports import ErrorDocument as ErrorDocument
from ..reports import Gatelet as Gatelet
from ..reports import ListError as ListError
from ..reports import PlanEntry, PlanExclusion
from ..reports import Timings as Timings


_document: Any = None


def parse(raw: bytes) -> Dict[str, Any]:
    """What reads JSON is imported with the first client."""
    global _document
    if _document is None:
        from .._decode import document

        _document = document
    found: Dict[str, Any] = _document(raw)
    return found


class Function(Object):
    name: str
    arguments: str


class CustomCall(Object):
    name: str
    input: str


class ToolCall(Object):
    id: str
    index: Optional[int]
    type: str
    function: Function
    custom: CustomCall


class ToolCallDelta(Object):
    """A piece of a call: what is in it is added to what came before at that index."""

    index: int
    id: Optional[str]
    type: Optional[str]
    function: Optional[Function]


class Annotation(Object):
    type: str
    url_citation: Optional[Object]


class Message(Object):
    """Of the assistant. It may go back into `messages` as it is, also changed."""

    role: str
    content: Optional[str]
    refusal: Optional[str]
    reasoning: Optional[str]
    reasoning_content: Optional[str]
    tool_calls: Optional[List[ToolCall]]
    function_call: Optional[Function]
    reasoning_details: Optional[List[Object]]
    annotations: Optional[List[Annotation]]
    audio: Optional[Object]


class Choice(Object):
    index: int
    message: Message
    finish_reason: Optional[str]
    logprobs: Optional[Object]


class TextChoice(Object):
    index: int
    text: str
    finish_reason: Optional[str]
    logprobs: Optional[Object]


class PromptTokensDetails(Object):
    cached_tokens: Optional[int]
    audio_tokens: Optional[int]


class CompletionTokensDetails(Object):
    reasoning_tokens: Optional[int]
    audio_tokens: Optional[int]
    accepted_prediction_tokens: Optional[int]
    rejected_prediction_tokens: Optional[int]


class Usage(Object):
    prompt_tokens: Optional[int]
    completion_tokens: Optional[int]
    total_tokens: Optional[int]
    prompt_tokens_details: Optional[PromptTokensDetails]
    completion_tokens_details: Optional[CompletionTokensDetails]
    cost: Optional[Any]


class Answer(Object):
    gatelet: Gatelet
    plan: Optional[List[PlanEntry]]
    """Only with `gatelet={"dry_run": True}`: who would be asked."""
    excluded: Optional[List[PlanExclusion]]
    """Only with `gatelet={"dry_run": True}`: who would not, and why."""

    if not TYPE_CHECKING:
        _later = ("gatelet", "usage")

        def __getitem__(self, name: str) -> Any:
            value = dict.__getitem__(self, name)
            if type(value) is dict and name in self._later:
                value = (self._classes or self._find_classes())[name](value)
                dict.__setitem__(self, name, value)
            return value

        def get(self, name: str, default: Any = None) -> Any:
            return self[name] if name in self else default

        def _read_all(self) -> Any:
            """Who sees all members sees those too as what they are."""
            for name in self._later:
                self.get(name)
            return super()

        def __iter__(self) -> Iterator[str]:
            return self._read_all().__iter__()

        def values(self) -> ValuesView[Any]:
            return self._read_all().values()

        def items(self) -> ItemsView[str, Any]:
            return self._read_all().items()

        def pop(self, name: str, *default: Any) -> Any:
            return self._read_all().pop(name, *default)

        def __repr__(self) -> str:
            return self._read_all().__repr__()

    @property
    def _request_id(self) -> Optional[str]:
        """What the provider calls the request."""
        return self.gatelet.provider_request_id if self.gatelet else None


class ChatCompletion(Answer):
    id: str
    object: str
    created: int
    model: str
    choices: List[Choice]
    usage: Optional[Usage]
    system_fingerprint: Optional[str]
    service_tier: Optional[str]


class Completion(Answer):
    id: str
    object: str
    created: int
    model: str
    choices: List[TextChoice]
    usage: Optional[Usage]
    system_fingerprint: Optional[str]


class Embedding(Object):
    index: int
    object: str
    embedding: Any
    """A list of numbers, or text where `encoding_format="base64"` was asked for."""


class EmbeddingList(Answer):
    object: str
    model: str
    data: List[Embedding]
    usage: Optional[Usage]


class Pricing(Object):
    """USD per token as decimal text; None is unknown."""

    prompt: Optional[str]
    completion: Optional[str]
    request: Optional[str]
    image: Optional[str]


class Model(Object):
    id: str
    object: str
    name: Optional[str]
    slug: Optional[str]
    provider: Optional[str]
    created: Optional[int]
    owned_by: Optional[str]
    description: Optional[str]
    context_length: Optional[int]
    max_output_tokens: Optional[int]
    architecture: Optional[Object]
    pricing: Optional[Pricing]
    pricing_source: Optional[str]
    pricing_known: Optional[bool]
    supported_parameters: Optional[List[str]]
    capabilities: Optional[List[str]]
    type: Optional[str]
    availability: Optional[Object]


class ListSource(Object):
    """Where a provider's list was read."""

    provider: str
    source: str
    fetched_at: int
    age: int
    stale: bool
    count: int


class ModelList(Listing[Model]):
    """Iterates over the models, each of which has what OpenAI tells of one (`object`, `owned_by`), and what Gatelet knows."""

    object: str
    data: List[Model]
    total: int
    lists: List[ListSource]
    errors: List[ListError]


if TYPE_CHECKING:

    class Chunk(Object):
        """One chunk of a stream. `text` and `reasoning` are decoded; the JSON is parsed when something else is asked for.

        It has the ways of a dict, but is none: `isinstance(chunk, dict)` is False.
        """

        raw: bytes
        """The provider's bytes."""
        text: str
        """The content of choice 0, "" where there is none."""
        reasoning: str
        """The reasoning of choice 0, "" where there is none."""

    class ChatCompletionChunk(Chunk):
        id: str
        object: str
        created: int
        model: str
        choices: List[ChunkChoice]
        usage: Optional[Usage]
        system_fingerprint: Optional[str]
        service_tier: Optional[str]

    class CompletionChunk(Chunk):
        id: str
        object: str
        created: int
        model: str
        choices: List[TextChoice]
        usage: Optional[Usage]
        system_fingerprint: Optional[str]

    class ChoiceDelta(Object):
        role: Optional[str]
        content: Optional[str]
        refusal: Optional[str]
        reasoning: Optional[str]
        reasoning_content: Optional[str]
        reasoning_details: Optional[List[Object]]
        tool_calls: Optional[List[ToolCallDelta]]
        function_call: Optional[Function]
        annotations: Optional[List[Object]]
        audio: Optional[Object]

    class ChunkChoice(Object):
        index: int
        delta: ChoiceDelta
        finish_reason: Optional[str]
        native_finish_reason: Optional[str]
        logprobs: Optional[Object]


_CHUNKS = {"Chunk", "ChatCompletionChunk", "CompletionChunk"}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        """Made when they are first used: they need msgspec, whose import takes half as long as everything else."""
        if name in _CHUNKS:
            from .. import _chunks

            return getattr(_chunks, name)
        if name in ("ChoiceDelta", "ChunkChoice"):
            from .._chunks import ChatDocument
            from sys import modules

            return getattr(modules[ChatDocument.__module__], name)
        raise AttributeError(f"module 'gatelet.types' has no attribute {name!r}")


class End(Object):
    """How a stream ended: the json of the library's END event."""

    end: str
    usage: Optional[Usage]
    error: Optional[ErrorDocument]
    gatelet: Gatelet


# What the OpenAI SDK calls them.
CompletionUsage = Usage
CompletionChoice = TextChoice
CreateEmbeddingResponse = EmbeddingList
