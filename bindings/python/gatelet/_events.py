"""The events of `chat.completions.stream`, and the completion that they add up to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, AsyncIterator, Callable, Dict, Generic, Iterator, List, Optional, TypeVar

from . import _errors
from ._object import Object
from ._parsing import ParsedChatCompletion, Wanted
from .types import Gatelet


if TYPE_CHECKING:
    from .types import ChatCompletionChunk

T = TypeVar("T")


class StreamEvent(Object):
    """`type` says what it is; the names are the OpenAI SDK's."""

    type: str
    delta: str
    content: str
    refusal: str
    snapshot: Any
    parsed: Any
    chunk: ChatCompletionChunk
    name: str
    index: int
    arguments: str
    arguments_delta: str
    parsed_arguments: Any


def _event(kind: str, **members: Any) -> StreamEvent:
    event = StreamEvent(type=kind)
    for name, value in members.items():
        dict.__setitem__(event, name, value)
    return event


class State:
    """Adds chunks to a completion."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._document: Dict[str, Any] = {}
        self._choices: Dict[int, Dict[str, Any]] = {}
        self._open: Dict[int, int] = {}  # by choice: the tool call whose arguments arrive

    @property
    def snapshot(self) -> ParsedChatCompletion[Any]:
        choices = [choice for _, choice in sorted(self._choices.items())]
        return ParsedChatCompletion({**self._document, "object": "chat.completion", "choices": choices})

    def final(self, usage: Any) -> ParsedChatCompletion[Any]:
        if not self._document:
            raise _errors.GateletError("the stream had no chunk")
        document = self.snapshot._plain()
        if document.get("usage") is None and usage is not None:
            document["usage"] = usage
        return self._wanted.parsed(document)

    def handle(self, chunk: Any) -> List[StreamEvent]:
        data = chunk.to_dict()
        choices = data.pop("choices", None) or []
        for name, value in data.items():
            if value is not None or name not in self._document:
                self._document[name] = value
        events: List[StreamEvent] = []
        for delta in choices:
            events += self._add(delta)
        return [_event("chunk", chunk=chunk, snapshot=self.snapshot), *events]

    def _add(self, given: Dict[str, Any]) -> List[StreamEvent]:
        index = given.get("index") or 0
        message: Dict[str, Any] = {"role": "assistant", "content": None}
        choice = self._choices.setdefault(index, {"index": index, "finish_reason": None, "message": message})
        delta, message, events = given.get("delta") or {}, choice["message"], []
        for name, value in delta.items():
            if name == "tool_calls":
                events += self._add_calls(index, message, value or [])
            elif isinstance(value, str) and name not in ("role", "id", "type"):
                message[name] = (message.get(name) or "") + value
            elif value is not None:
                old = message.get(name)
                message[name] = old + value if isinstance(old, list) and isinstance(value, list) else value
        if isinstance(delta.get("content"), str):
            so_far = self._wanted.begun(message["content"])
            events.append(_event("content.delta", delta=delta["content"], snapshot=message["content"], parsed=so_far))
        if isinstance(delta.get("refusal"), str):
            events.append(_event("refusal.delta", delta=delta["refusal"], snapshot=message["refusal"]))
        for name, value in (given.get("logprobs") or {}).items():
            logprobs = choice.setdefault("logprobs", {})
            logprobs[name] = (logprobs.get(name) or []) + (value or [])
            if value:
                events.append(_event(f"logprobs.{name}.delta", **{name: value, "snapshot": logprobs[name]}))
        if given.get("finish_reason"):
            choice["finish_reason"] = given["finish_reason"]
            events += self._done(index, choice)
        return events

    def _add_calls(self, choice: int, message: Dict[str, Any], given: List[Dict[str, Any]]) -> List[StreamEvent]:
        calls, events = message.setdefault("tool_calls", []), []
        for part in given:
            place = part.get("index")
            place = len(calls) if place is None else place
            if self._open.get(choice, place) != place:
                events += self._call_done(message, self._open[choice])
            self._open[choice] = place
            while len(calls) <= place:
                calls.append({"type": "function", "function": {"name": "", "arguments": ""}})
            call = calls[place]
            for name, value in part.items():
                if name == "function":
                    for word, text in (value or {}).items():
                        call["function"][word] = call["function"].get(word, "") + (text or "") if isinstance(text, str) else text
                elif name != "index" and value is not None:
                    call[name] = value
            text = (part.get("function") or {}).get("arguments")
            if text is not None:
                function = call["function"]
                events.append(_event("tool_calls.function.arguments.delta", name=function["name"], index=place,
                                     arguments=function["arguments"], parsed_arguments=None, arguments_delta=text))  # fmt: skip
        return events

    def _call_done(self, message: Dict[str, Any], place: int) -> List[StreamEvent]:
        function = message["tool_calls"][place]["function"]
        parsed = self._wanted.arguments(function["name"], function["arguments"])
        return [_event("tool_calls.function.arguments.done", name=function["name"], index=place, arguments=function["arguments"],
                       parsed_arguments=parsed)]  # fmt: skip

    def _done(self, index: int, choice: Dict[str, Any]) -> List[StreamEvent]:
        message, events = choice["message"], []
        reason = choice["finish_reason"]
        if reason == "length":
            raise _errors.LengthFinishReasonError(completion=self.snapshot)
        if reason == "content_filter":
            raise _errors.ContentFilterFinishReasonError(completion=self.snapshot)
        if message.get("content"):
            events.append(_event("content.done", content=message["content"], parsed=self._wanted.content(message["content"])))
        if message.get("refusal"):
            events.append(_event("refusal.done", refusal=message["refusal"]))
        if index in self._open:
            events += self._call_done(message, self._open.pop(index))
        return events


class ChatStream(Generic[T]):
    """Iterates over the events."""

    def __init__(self, stream: Any, wanted: Wanted) -> None:
        self._stream = stream
        self._state = State(wanted)
        self._events = self._all()

    def _all(self) -> Iterator[StreamEvent]:
        for chunk in self._stream:
            yield from self._state.handle(chunk)

    def __iter__(self) -> Iterator[StreamEvent]:
        return self._events

    def __next__(self) -> StreamEvent:
        return next(self._events)

    def __enter__(self) -> "ChatStream[T]":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._stream.close()

    def until_done(self) -> "ChatStream[T]":
        for _ in self._events:
            pass
        return self

    def get_final_completion(self) -> ParsedChatCompletion[T]:
        """Waits for the end."""
        self.until_done()
        return self._state.final(self._stream.usage)

    @property
    def current_completion_snapshot(self) -> ParsedChatCompletion[T]:
        return self._state.snapshot

    @property
    def gatelet(self) -> Optional[Gatelet]:
        """Request id, provider, attempts and timings; known after the end."""
        return self._stream.gatelet  # type: ignore[no-any-return]


class AsyncChatStream(Generic[T]):
    """As ChatStream."""

    def __init__(self, stream: Any, wanted: Wanted) -> None:
        self._stream = stream
        self._state = State(wanted)
        self._events = self._all()

    async def _all(self) -> AsyncIterator[StreamEvent]:
        async for chunk in self._stream:
            for event in self._state.handle(chunk):
                yield event

    def __aiter__(self) -> AsyncIterator[StreamEvent]:
        return self._events

    async def __anext__(self) -> StreamEvent:
        return await self._events.__anext__()

    async def __aenter__(self) -> "AsyncChatStream[T]":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._stream.aclose()

    async def until_done(self) -> "AsyncChatStream[T]":
        async for _ in self._events:
            pass
        return self

    async def get_final_completion(self) -> ParsedChatCompletion[T]:
        """Waits for the end."""
        await self.until_done()
        return self._state.final(self._stream.usage)

    @property
    def current_completion_snapshot(self) -> ParsedChatCompletion[T]:
        return self._state.snapshot

    @property
    def gatelet(self) -> Optional[Gatelet]:
        return self._stream.gatelet  # type: ignore[no-any-return]


class ChatStreamManager(Generic[T]):
    """Makes the request when it is entered, and closes its stream when it is left."""

    def __init__(self, make: Callable[[], Any], wanted: Wanted) -> None:
        self._make = make
        self._wanted = wanted

    def __enter__(self) -> ChatStream[T]:
        self._entered: ChatStream[T] = ChatStream(self._make(), self._wanted)
        return self._entered

    def __exit__(self, *_: object) -> None:
        self._entered.close()


class AsyncChatStreamManager(Generic[T]):
    """As ChatStreamManager."""

    def __init__(self, make: Callable[[], Any], wanted: Wanted) -> None:
        self._make = make
        self._wanted = wanted

    async def __aenter__(self) -> AsyncChatStream[T]:
        self._opened: AsyncChatStream[T] = AsyncChatStream(await self._make(), self._wanted)
        return self._opened

    async def __aexit__(self, *_: object) -> None:
        await self._opened.close()
