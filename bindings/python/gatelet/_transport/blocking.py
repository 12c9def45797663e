"""The transport of httpx.Client. The calling thread does the transfer's work, and the interpreter lock is free while it waits."""

from __future__ import annotations

from time import perf_counter
from typing import Any, Iterator, List, Optional

from .._errors import GateletError
from .._ending import end_error
from .._library import EVENT_ANSWER, EVENT_CHUNK, EVENT_END, EVENT_RESPONSE, OP_LIST_MODELS
from .._native import Native
from .._request import Document
from .._sync import CALLER, THREAD, WAIT_MS, Queues
from . import shapes
from .base import Transport
from .call import OP_RAW_STREAM, Call, Refusal, path_of
from .frames import Frame, FrameQueue


class Pool(Queues):
    def _made(self, native: Native, options: bytes) -> FrameQueue:
        return FrameQueue(native, options)

    def close(self, all_of_it: bool) -> None:
        self.let_go()
        if all_of_it:
            self._native.close()


class Exchange:
    """One request, with a queue to itself until its end. Dropping it cancels."""

    _queue: Optional[FrameQueue] = None

    def __init__(self, pool: Pool, operation: int, document: Document) -> None:
        self._pool = pool
        queue = pool.take(THREAD if operation == OP_LIST_MODELS else CALLER)
        queue.framed = operation != OP_RAW_STREAM
        try:
            self._tag = queue.submit(operation, document)
        except Exception:  # refused, also by what a hook raised
            pool.give_back(queue)
            raise
        self._queue = queue

    def events(self) -> List[Frame]:
        """What came next; the last one may be the end, and after it there is nothing."""
        tag = self._tag
        try:
            while True:
                queue = self._queue
                if queue is None:
                    return []
                events: Any = queue.wait(WAIT_MS)
                events = [event for event in events if event[0] == tag]
                if events:
                    break
        except BaseException:
            self.close()
            raise
        if events[-1][1] == EVENT_END:
            self._queue = None
            self._pool.give_back(queue)
        found: List[Frame] = events
        return found

    def answer(self) -> "tuple[bytes, Frame]":
        answer = b""
        while True:
            for event in self.events():
                if event[1] == EVENT_ANSWER:
                    answer = event[3]
                elif event[1] == EVENT_END:
                    return answer, event

    def cancel(self) -> None:
        """From another thread: the reading one gets the end."""
        queue = self._queue
        if queue is not None:
            queue.cancel(self._tag)

    def close(self) -> None:
        queue, self._queue = self._queue, None
        if queue is not None and queue.settle(self._tag):
            self._pool.give_back(queue)

    __del__ = close


class FrameStream:
    """The body of a response that streams, with its base class of httpx added in `clients`."""

    def __init__(self, transport: "BlockingTransport", request: Any, operation: int, exchange: Exchange, first: List[Frame]) -> None:
        self._transport = transport
        self._request = request
        self._operation = operation
        self._exchange = exchange
        self._events = first
        self._reading = False

    def __iter__(self) -> Iterator[bytes]:
        exchange = self._exchange
        events, self._events = self._events or exchange.events(), []
        while events:
            last = events[-1]
            frames = b"".join([event[3] for event in events if event[1] == EVENT_CHUNK])
            if last[1] != EVENT_END:
                yield frames
                self._reading = True
                try:
                    events = exchange.events()
                finally:
                    self._reading = False
                continue
            failure = None
            if last[2] == 0:
                frames += self._transport.end(self._operation)
            else:
                event, failure = self._transport.broken(self._request, self._operation, last[2], last[3])
                frames += event
            if frames:
                yield frames
            if failure is not None:
                raise failure
            return

    def close(self) -> None:
        if self._reading:  # another thread waits in it
            self._exchange.cancel()
        else:
            self._exchange.close()


class BlockingTransport(Transport):
    frame_stream: Any
    _owner: Pool

    def handle_request(self, request: Any) -> Any:
        began = perf_counter()
        try:
            self.fail_again(request)
            path = path_of(request.url.raw_path)
            wanted = self._shape.model_query(request.method, path)
            if wanted is not None:
                return self._models(request, wanted, began)
            request.read()
            call = self.call(request, path)
            return self._stream(request, call) if call.streams else self._once(call, began)
        except Refusal as refusal:
            return self.refuse(refusal)
        except GateletError as error:
            return self.handle_request(request) if self.lets_go(error) else self.fail(request, error)

    def _once(self, call: Call, began: float) -> Any:
        answer, end = Exchange(self._owner, call.operation, call.document).answer()
        if end[2]:
            raise end_error(end)  # type: ignore[arg-type]
        return self.answer(answer, end[3], began)

    def _stream(self, request: Any, call: Call) -> Any:
        exchange = Exchange(self._owner, call.operation, call.document)
        events, response = exchange.events(), b""
        while events and events[0][1] == EVENT_RESPONSE:
            response = events.pop(0)[3]
            if call.operation != OP_RAW_STREAM:
                events = events or exchange.events()
        if events and events[0][1] == EVENT_END and events[0][2]:
            raise end_error(events[0])  # type: ignore[arg-type]
        return self.stream(response, call.operation, self.frame_stream(self, request, call.operation, exchange, events))

    def _models(self, request: Any, wanted: str, began: float) -> Any:
        answer = b""
        for query in shapes.model_lists_to_ask(wanted):
            answer, end = Exchange(self._owner, OP_LIST_MODELS, Document(query)).answer()
            if end[2]:
                raise end_error(end)  # type: ignore[arg-type]
            if not wanted or b'"data":[]' not in answer[:40]:
                break
        return self.answer(shapes.model_document(self._shape, wanted, answer, request.url.params), b"", began)

    def close(self) -> None:
        self._owner.close(self._owned)
