"""What stands in for msgspec where it is not installed. Everything is the same, but for the time it takes."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from ._decode import document
from ._object import Object
from .types import Function, ToolCallDelta, Usage


StructMeta = type


class Struct:
    """Holds a chunk."""

    __slots__ = ("raw", "text", "reasoning", "doc", "part")

    def __init_subclass__(cls, **_: Any) -> None:
        for name in ("raw", "text", "reasoning", "doc", "part"):
            cls.__annotations__.pop(name, None)

    def __init__(self, raw: bytes, text: str, reasoning: str, doc: Any = None) -> None:
        put = object.__setattr__
        put(self, "raw", raw)
        put(self, "text", text)
        put(self, "reasoning", reasoning)
        put(self, "doc", doc)
        put(self, "part", None)


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
    stop_reason: Any
    token_ids: Optional[List[int]]


class ChatDocument(Object):
    choices: List[ChunkChoice]
    id: str
    object: str
    created: int
    model: str
    usage: Optional[Usage]
    system_fingerprint: Optional[str]
    service_tier: Optional[str]
    obfuscation: Optional[str]
    provider: Optional[str]
    prompt_token_ids: Optional[List[int]]

    @classmethod
    def made(cls, data: Dict[str, Any]) -> ChatDocument:
        return cls(data)


def chat_document(raw: bytes) -> ChatDocument:
    return ChatDocument(document(raw))


class _Nothing:
    choices = None


not_known = ()


def only_choices(raw: bytes) -> Any:
    """The whole is read at once."""
    return _Nothing
