"""The transport of httpx.AsyncClient, for asyncio: one queue for each event loop, whose descriptor the loop watches."""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import Any, AsyncIterator, List, Optional

from .. import _errors
from .._async import AsyncConnection, LoopQueue
from .._ending import end_error
from .._errors import GateletError
from .._library import EVENT_CHUNK, EVENT_END, EVENT_RESPONSE
from .._native import Native
from .._request import Document
from .._sync import THREAD
from . import shapes
from .base import Transport
from .call import OP_RAW_STREAM, Call, Refusal, path_of
from .frames import Frame, FrameQueue

# A stream with so many bytes unread waits, down to the provider's socket.
MOST_UNREAD_BYTES = 256 << 10


class FrameLoopQueue(LoopQueue):
    framed = True

    def _made(self, native: Native) -> FrameQueue:
        queue = FrameQueue(native, THREAD)
        queue.framed = self.framed
        return queue


class BodyLoopQueue(FrameLoopQueue):
    """For raw requests."""

    framed = False


class Inbox:
    """What came of one request, for the one who reads it."""

    def __init__(self, queue: FrameLoopQueue) -> None:
        self._queue = queue
        self._loop = queue.loop
        self.tag = 0
        self._events: List[Frame] = []
        self._unread = 0
        self._waits = False
        self._wake: "Optional[asyncio.Future[None]]" = None
        self._failure: Optional[Exception] = None

    def push(self, event: Frame) -> bool:
        self._events.append(event)
        self._unread += len(event[3])
        if self._unread > MOST_UNREAD_BYTES and not self._waits and self.tag:
            self._waits = True
            self._queue.pause(self.tag)
        self._notify()
        return False

    def fail(self, error: Exception) -> None:
        self._failure = error
        self._notify()

    def _notify(self) -> None:
        wake, self._wake = self._wake, None
        if wake is not None and not wake.done():
            wake.set_result(None)

    async def events(self) -> List[Frame]:
        """Everything that is there, after waiting for something."""
        while not self._events:
            if self._failure is not None:
                raise self._failure
            if self._wake is not None:
                raise RuntimeError("another task reads this response")
            self._wake = self._loop.create_future()
            try:
                await self._wake
            finally:
                self._wake = None
        events, self._events, self._unread = self._events, [], 0
        if self._waits:
            self._waits = False
            self._queue.resume(self.tag)
        return events


class AsyncExchange:
    """One request. Closing or dropping it, or cancelling the waiting task, cancels it upstream."""

    _queue: Optional[FrameLoopQueue] = None

    def __init__(self, connection: AsyncConnection, operation: int, document: Document) -> None:
        queue = connection.queue(BodyLoopQueue if operation == OP_RAW_STREAM else FrameLoopQueue)
        self._inbox = Inbox(queue)
        self._tag = self._inbox.tag = queue.submit(operation, document, self._inbox)
        self._queue = queue

    async def events(self) -> List[Frame]:
        try:
            events = await self._inbox.events()
        except BaseException:
            self.close()
            raise
        if events[-1][1] == EVENT_END:
            self._queue = None
        return events

    async def answer(self) -> "tuple[bytes, Frame]":
        events = await self.events()
        while events[-1][1] != EVENT_END:
            events += await self.events()
        return events[0][3], events[-1]

    def close(self) -> None:
        queue, self._queue = self._queue, None
        if queue is not None:
            queue.forget(self._tag)
            self._inbox.fail(_errors.make(107, {"kind": "cancelled", "message": "the response is closed"}))

    __del__ = close


class AsyncFrameStream:
    """The body of a response that streams, with its base class of httpx added in `clients`."""

    def __init__(
        self, transport: "AsyncTransport", request: Any, operation: int, exchange: AsyncExchange, first: List[Frame]
    ) -> None:
        self._transport = transport
        self._request = request
        self._operation = operation
        self._exchange = exchange
        self._events = first

    async def __aiter__(self) -> AsyncIterator[bytes]:
        request = self._request
        events, self._events = self._events or await self._more(), []
        while events:
            last = events[-1]
            frames = b"".join([event[3] for event in events if event[1] == EVENT_CHUNK])
            if last[1] != EVENT_END:
                yield frames
                events = await self._more()
                continue
            failure = None
            if last[2] == 0:
                frames += self._transport.end(self._operation)
            else:
                event, failure = self._transport.broken(request, self._operation, last[2], last[3])
                frames += event
            if frames:
                yield frames
            if failure is not None:
                raise failure
            return

    async def _more(self) -> List[Frame]:
        try:
            return await self._exchange.events()
        except GateletError as error:
            raise self._transport.unreachable(self._request, error) from error

    async def aclose(self) -> None:
        self._exchange.close()


class AsyncTransport(Transport):
    frame_stream: Any
    _owner: AsyncConnection

    async def handle_async_request(self, request: Any) -> Any:
        began = perf_counter()
        try:
            self.fail_again(request)
            path = path_of(request.url.raw_path)
            wanted = self._shape.model_query(request.method, path)
            if wanted is not None:
                return await self._models(request, wanted, began)
            await request.aread()
            call = self.call(request, path)
            return await (self._stream(request, call) if call.streams else self._once(call, began))
        except Refusal as refusal:
            return self.refuse(refusal)
        except GateletError as error:
            if not self.lets_go(error):
                return self.fail(request, error)
        return await self.handle_async_request(request)

    async def _once(self, call: Call, began: float) -> Any:
        answer, end = await AsyncExchange(self._owner, call.operation, call.document).answer()
        if end[2]:
            raise end_error(end)  # type: ignore[arg-type]
        return self.answer(answer, end[3], began)

    async def _stream(self, request: Any, call: Call) -> Any:
        exchange = AsyncExchange(self._owner, call.operation, call.document)
        events, response = await exchange.events(), b""
        while events and events[0][1] == EVENT_RESPONSE:
            response = events.pop(0)[3]
            if call.operation != OP_RAW_STREAM:
                events = events or await exchange.events()
        if events and events[0][1] == EVENT_END and events[0][2]:
            raise end_error(events[0])  # type: ignore[arg-type]
        return self.stream(response, call.operation, self.frame_stream(self, request, call.operation, exchange, events))

    async def _models(self, request: Any, wanted: str, began: float) -> Any:
        answer = b""
        for query in shapes.model_lists_to_ask(wanted):
            answer = await self._owner.list(Document(query))
            if not wanted or b'"data":[]' not in answer[:40]:
                break
        loop, asked = asyncio.get_running_loop(), (self._shape, wanted, answer, request.url.params)
        return self.answer(await loop.run_in_executor(None, shapes.model_document, *asked), b"", began)

    async def aclose(self) -> None:
        if self._owned:
            return await self._owner.close()
        queues, self._owner._queues = self._owner._queues, []
        for queue in queues:
            queue.close()
