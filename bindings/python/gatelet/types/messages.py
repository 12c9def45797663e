"""What `client.messages` gives back: Anthropic's documents."""

from __future__ import annotations

from typing import Any, List, Optional

from .._object import Object
from ..reports import Gatelet


class ContentBlock(Object):
    """`type` says which members there are."""

    type: str
    text: str
    thinking: str
    signature: str
    id: str
    name: str
    input: Any
    citations: Optional[List[Object]]


class MessageUsage(Object):
    input_tokens: int
    output_tokens: int
    cache_creation_input_tokens: Optional[int]
    cache_read_input_tokens: Optional[int]
    service_tier: Optional[str]


class Message(Object):
    """An answer."""

    id: str
    type: str
    role: str
    model: str
    content: List[ContentBlock]
    stop_reason: Optional[str]
    stop_sequence: Optional[str]
    usage: MessageUsage
    gatelet: Gatelet


class TokenCount(Object):
    input_tokens: int
    gatelet: Gatelet


class EventDelta(Object):
    type: Optional[str]
    text: str
    thinking: str
    signature: str
    partial_json: str
    stop_reason: Optional[str]
    stop_sequence: Optional[str]


class EventDocument(Object):
    type: str
    index: int
    message: Message
    content_block: ContentBlock
    delta: EventDelta
    usage: MessageUsage
