"""What `client.responses` gives back: the documents of OpenAI's Responses API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, List, Optional, TypeVar

from .._object import Object
from ..reports import Gatelet


class OutputContent(Object):
    type: str
    text: str
    refusal: str
    annotations: Optional[List[Object]]


class OutputItem(Object):
    """`type` says which members there are."""

    id: str
    type: str
    role: str
    status: Optional[str]
    content: List[OutputContent]
    summary: List[Object]
    call_id: str
    name: str
    arguments: str
    input: str
    encrypted_content: Optional[str]


class TokenDetails(Object):
    cached_tokens: Optional[int]
    reasoning_tokens: Optional[int]


class ResponseUsage(Object):
    input_tokens: int
    output_tokens: int
    total_tokens: int
    input_tokens_details: Optional[TokenDetails]
    output_tokens_details: Optional[TokenDetails]


class ResponseError(Object):
    code: Optional[str]
    message: str


class Response(Object):
    """An answer."""

    __slots__ = ("_parsed",)

    id: str
    object: str
    created_at: float
    status: Optional[str]
    model: str
    output: List[OutputItem]
    error: Optional[ResponseError]
    incomplete_details: Optional[Object]
    instructions: Any
    usage: Optional[ResponseUsage]
    gatelet: Gatelet

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "_parsed":
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)

    @property
    def output_text(self) -> str:
        """The text of all messages in `output`."""
        parts = [part for item in self.output or () if item.type == "message" for part in item.content or ()]
        return "".join(part.text for part in parts if part.type == "output_text")

    @property
    def output_parsed(self) -> Any:
        """The text read into `text_format`; only of `parse`."""
        return getattr(self, "_parsed", None)


T = TypeVar("T")

if TYPE_CHECKING:

    class ParsedResponse(Response, Generic[T]):
        @property
        def output_parsed(self) -> Optional[T]: ...

else:
    ParsedResponse = Response


class EventDocument(Object):
    type: str
    sequence_number: int
    response: Response
    item: OutputItem
    part: OutputContent
    output_index: int
    content_index: int
    item_id: str
    delta: str
    text: str
    arguments: str
