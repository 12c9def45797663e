"""Events of the streams of `client.messages` and `client.responses`, and what they add up to."""

from __future__ import annotations

from typing import Any, AsyncIterator, Callable, Dict, Iterator, Optional

from ._chunks import Chunk
from ._decode import document
from .types import messages, responses


class Event(Chunk):
    """One event; `type` is its name."""

    @property
    def event_name(self) -> Optional[str]:
        name: Optional[str] = self._document().get("type")
        return name


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


class SurfaceStream:
    """Iterates over the events."""

    def __init__(self, stream: Any, state: Any) -> None:
        self._stream = stream
        self._state = state
        self._events = self._all()
        self._text = ""

    def _all(self) -> Iterator[Any]:
        for event in self._stream:
            self._text = self._state.handle(event) or ""
            yield event

    def __iter__(self) -> Iterator[Any]:
        return self._events

    def __next__(self) -> Any:
        return next(self._events)

    @property
    def text_stream(self) -> Iterator[str]:
        return (self._text for _ in self._events if self._text)

    def until_done(self) -> "SurfaceStream":
        for _ in self._events:
            pass
        return self

    def get_final_message(self) -> Any:
        """Waits for the end."""
        return self.until_done()._state.final()

    get_final_response = get_final_message

    def get_final_text(self) -> str:
        final = self.get_final_message()
        return final.output_text if isinstance(final, responses.Response) else _text_of(final)

    @property
    def gatelet(self) -> Any:
        return self._stream.gatelet

    def close(self) -> None:
        self._stream.close()


def _text_of(message: messages.Message) -> str:
    return "".join(block.text for block in message.content if block.type == "text")


class AsyncSurfaceStream:
    """As SurfaceStream."""

    def __init__(self, stream: Any, state: Any) -> None:
        self._stream = stream
        self._state = state
        self._events = self._all()
        self._text = ""

    async def _all(self) -> AsyncIterator[Any]:
        async for event in self._stream:
            self._text = self._state.handle(event) or ""
            yield event

    def __aiter__(self) -> AsyncIterator[Any]:
        return self._events

    async def __anext__(self) -> Any:
        return await self._events.__anext__()

    @property
    def text_stream(self) -> AsyncIterator[str]:
        return self._texts()

    async def _texts(self) -> AsyncIterator[str]:
        async for _ in self._events:
            if self._text:
                yield self._text

    async def until_done(self) -> "AsyncSurfaceStream":
        async for _ in self._events:
            pass
        return self

    async def get_final_message(self) -> Any:
        """Waits for the end."""
        return (await self.until_done())._state.final()

    get_final_response = get_final_message

    async def get_final_text(self) -> str:
        final = await self.get_final_message()
        return final.output_text if isinstance(final, responses.Response) else _text_of(final)

    @property
    def gatelet(self) -> Any:
        return self._stream.gatelet

    async def close(self) -> None:
        await self._stream.aclose()


class SurfaceStreamManager:
    """Makes the request when it is entered, and closes its stream when it is left."""

    def __init__(self, make: Callable[[], Any], state: Any) -> None:
        self._make = make
        self._state = state

    def __enter__(self) -> SurfaceStream:
        self._entered = SurfaceStream(self._make(), self._state)
        return self._entered

    def __exit__(self, *_: object) -> None:
        self._entered.close()

    async def __aenter__(self) -> AsyncSurfaceStream:
        self._opened = AsyncSurfaceStream(await self._make(), self._state)
        return self._opened

    async def __aexit__(self, *_: object) -> None:
        await self._opened.close()
