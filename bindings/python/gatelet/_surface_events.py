"""Events of the streams of `client.messages` and `client.responses`, and what they add up to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, AsyncIterator, Callable, Dict, Generic, Iterator, Optional, TypeVar

from ._chunks import Chunk
from ._decode import document
from .types import messages, responses


T = TypeVar("T")
EventT = TypeVar("EventT")


class Event(Chunk):
    """One event; `type` is its name."""

    @property
    def event_name(self) -> Optional[str]:
        name: Optional[str] = self._document().get("type")
        return name


if TYPE_CHECKING:

    class MessageEvent(messages.EventDocument):
        raw: bytes
        event_name: str

    class ResponseEvent(responses.EventDocument):
        raw: bytes
        event_name: str

else:

    class MessageEvent(Event):
        made = messages.EventDocument

        def _parsed(self, raw: bytes) -> messages.EventDocument:
            return messages.EventDocument(document(raw))

    class ResponseEvent(Event):
        made = responses.EventDocument

        def _parsed(self, raw: bytes) -> responses.EventDocument:
            return responses.EventDocument(document(raw))


class MessageState:
    """Adds events to a message."""

    def __init__(self) -> None:
        self.message: Optional[messages.Message] = None
        self._json: Dict[int, str] = {}

    def handle(self, event: Any) -> Optional[str]:
        """The text that the event brings."""
        kind, message = event.type, self.message
        if kind == "message_start":
            self.message = messages.Message(event.message.to_dict())
        elif message is None:
            return None
        elif kind == "content_block_start":
            message.content.append(messages.ContentBlock(event.content_block.to_dict()))
        elif kind == "content_block_delta":
            return self._add(message.content[event.index], event.index, event.delta)
        elif kind == "content_block_stop" and event.index in self._json:
            message.content[event.index]["input"] = document(self._json.pop(event.index).encode() or b"{}")
        elif kind == "message_delta":
            message.update(event.delta.to_dict())
            message["usage"] = messages.MessageUsage({**(message.usage or {}), **(event.usage or {})})
        return None

    def _add(self, block: messages.ContentBlock, index: int, delta: messages.EventDelta) -> Optional[str]:
        if delta.type == "text_delta":
            block["text"] = (block.text or "") + delta.text
            return delta.text
        if delta.type == "input_json_delta":
            self._json[index] = self._json.get(index, "") + (delta.partial_json or "")
        elif delta.type == "thinking_delta":
            block["thinking"] = (block.thinking or "") + delta.thinking
        elif delta.type == "signature_delta":
            block["signature"] = delta.signature
        elif delta.type == "citations_delta":
            block["citations"] = [*(block.citations or ()), delta.get("citation")]
        return None

    def final(self) -> Any:
        return self.message


class ResponseState:
    """The last event holds all of the response."""

    def __init__(self, read: Callable[[Any], Any]) -> None:
        self._read = read
        self._response: Any = None

    def handle(self, event: Any) -> Optional[str]:
        if event.type in ("response.completed", "response.incomplete", "response.failed", "response.created"):
            self._response = event.response
        return event.delta if event.type == "response.output_text.delta" else None

    def final(self) -> Any:
        return self._read(self._response)


class _Surface:
    def __init__(self, stream: Any, state: Any) -> None:
        self._stream = stream
        self._state = state
        self._text = ""

    @property
    def gatelet(self) -> Any:
        """Request id, provider, attempts and timings; known after the end."""
        return self._stream.gatelet


class _SurfaceStream(_Surface, Generic[EventT]):
    """Iterates over the events."""

    def __init__(self, stream: Any, state: Any) -> None:
        super().__init__(stream, state)
        self._events = self._all()

    def _all(self) -> Iterator[EventT]:
        for event in self._stream:
            self._text = self._state.handle(event) or ""
            yield event

    def __iter__(self) -> Iterator[EventT]:
        return self._events

    def __next__(self) -> EventT:
        return next(self._events)

    @property
    def text_stream(self) -> Iterator[str]:
        return (self._text for _ in self._events if self._text)

    def until_done(self) -> None:
        for _ in self._events:
            pass

    def _final(self) -> Any:
        self.until_done()
        return self._state.final()

    def close(self) -> None:
        self._stream.close()


class MessageStream(_SurfaceStream["MessageEvent"]):
    def get_final_message(self) -> messages.Message:
        """Waits for the end."""
        return self._final()  # type: ignore[no-any-return]

    def get_final_text(self) -> str:
        return _text_of(self._final())


class ResponseStream(_SurfaceStream["ResponseEvent"], Generic[T]):
    def get_final_response(self) -> responses.ParsedResponse[T]:
        """Waits for the end."""
        return self._final()  # type: ignore[no-any-return]


def _text_of(message: messages.Message) -> str:
    return "".join(block.text for block in message.content if block.type == "text")


class _AsyncSurfaceStream(_Surface, Generic[EventT]):
    """Iterates over the events."""

    def __init__(self, stream: Any, state: Any) -> None:
        super().__init__(stream, state)
        self._events = self._all()

    async def _all(self) -> AsyncIterator[EventT]:
        async for event in self._stream:
            self._text = self._state.handle(event) or ""
            yield event

    def __aiter__(self) -> AsyncIterator[EventT]:
        return self._events

    async def __anext__(self) -> EventT:
        return await self._events.__anext__()

    @property
    def text_stream(self) -> AsyncIterator[str]:
        return self._texts()

    async def _texts(self) -> AsyncIterator[str]:
        async for _ in self._events:
            if self._text:
                yield self._text

    async def until_done(self) -> None:
        async for _ in self._events:
            pass

    async def _final(self) -> Any:
        await self.until_done()
        return self._state.final()

    async def close(self) -> None:
        await self._stream.aclose()


class AsyncMessageStream(_AsyncSurfaceStream["MessageEvent"]):
    async def get_final_message(self) -> messages.Message:
        """Waits for the end."""
        return await self._final()  # type: ignore[no-any-return]

    async def get_final_text(self) -> str:
        return _text_of(await self._final())


class AsyncResponseStream(_AsyncSurfaceStream["ResponseEvent"], Generic[T]):
    async def get_final_response(self) -> responses.ParsedResponse[T]:
        """Waits for the end."""
        return await self._final()  # type: ignore[no-any-return]


class _Manager:
    """Makes the request when it is entered, and closes its stream when it is left."""

    def __init__(self, make: Callable[[], Any], state: Any) -> None:
        self._make = make
        self._state = state
        self._opened: Any = None


class _SyncManager(_Manager):
    def __exit__(self, *_: object) -> None:
        self._opened.close()


class _AsyncManager(_Manager):
    async def __aexit__(self, *_: object) -> None:
        await self._opened.close()


class MessageStreamManager(_SyncManager):
    def __enter__(self) -> MessageStream:
        self._opened = opened = MessageStream(self._make(), self._state)
        return opened


class ResponseStreamManager(_SyncManager, Generic[T]):
    def __enter__(self) -> ResponseStream[T]:
        opened: ResponseStream[T] = ResponseStream(self._make(), self._state)
        self._opened = opened
        return opened


class AsyncMessageStreamManager(_AsyncManager):
    async def __aenter__(self) -> AsyncMessageStream:
        self._opened = opened = AsyncMessageStream(await self._make(), self._state)
        return opened


class AsyncResponseStreamManager(_AsyncManager, Generic[T]):
    async def __aenter__(self) -> AsyncResponseStream[T]:
        opened: AsyncResponseStream[T] = AsyncResponseStream(await self._make(), self._state)
        self._opened = opened
        return opened
