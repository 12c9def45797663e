"""Requests of the blocking client. The calling thread does the transfer's work, inside gatelet_queue_next; but the fetch of
a model list, which other callers may wait for too, is the work of the library's thread."""

from __future__ import annotations

from typing import Any, Callable, Dict, Generic, Iterator, List, Optional, TypeVar

from . import _errors
from ._ending import CANCELLED, Ending, end_error
from ._library import EVENT_ANSWER, EVENT_CHUNK, EVENT_END, EVENT_RESPONSE, OP_LIST_MODELS
from ._native import Native, Owner
from ._queue import Event, Queue
from ._request import Document
from .types import End, parse

ChunkT = TypeVar("ChunkT")
AnswerT = TypeVar("AnswerT")
MakeChunk = Callable[[bytes, str, str], ChunkT]
"""Of the JSON of a chunk, its text and its reasoning."""

# A signal that arrives just before the wait begins is noticed this late.
WAIT_MS = 250
POOL_SIZE = 64
CALLER, THREAD = b'{"driver":"caller"}', b'{"driver":"thread"}'


class Queues(Owner):
    """The native client, and queues out of use, by driver, the last one on top (it has warm connections). A call takes one for
    itself, which makes the client safe for threads."""

    def __init__(self, native: Native) -> None:
        super().__init__(native)
        self._idle: Dict[bytes, List[Any]] = {CALLER: [], THREAD: []}

    def _made(self, native: Native, options: bytes) -> Any:
        return Queue(native, options)

    def take(self, options: bytes) -> Any:
        native = self.native()
        idle = self._idle[options]
        try:
            queue = idle.pop()
            while queue.native is not native:
                queue = idle.pop()
            return queue
        except IndexError:
            return self._made(native, options)

    def give_back(self, queue: Any) -> None:
        idle = self._idle[queue.options]
        if not self._closed and len(idle) < POOL_SIZE:
            idle.append(queue)

    def let_go(self) -> None:
        self._closed = True
        for idle in self._idle.values():
            idle.clear()


class Connection(Queues):
    """What a client's calls share."""

    awaited = False
    """What it gives back is there at once."""

    def open(self, operation: int, request: Document) -> "tuple[Queue, int]":
        """Submits a request; returns the queue that now works for it alone, and its tag."""
        queue = self.take(THREAD if operation == OP_LIST_MODELS else CALLER)
        try:
            return queue, queue.submit(operation, request)
        except Exception:  # refused, also by what a hook raised
            self.give_back(queue)
            raise

    def ask(self, operation: int, request: Document, read: Callable[[bytes], AnswerT]) -> AnswerT:
        return read(self._request(operation, request))

    def stream(self, operation: int, request: Document, chunk: MakeChunk[ChunkT]) -> "Stream[ChunkT]":
        return Stream(Feed(self, operation, request, chunk))

    def _request(self, operation: int, request: Document) -> bytes:
        """One answer. Whatever interrupts the wait (Ctrl-C) cancels the request."""
        queue, tag = self.open(operation, request)
        try:
            answer, end = _exchange(queue, tag)
        except BaseException:
            if queue.settle(tag):
                self.give_back(queue)
            raise
        self.give_back(queue)
        if end[2]:
            raise end_error(end)
        return answer

    def close(self) -> None:
        self.let_go()
        self._native.close()


def _exchange(queue: Queue, tag: int) -> "tuple[bytes, Event]":
    answer = b""
    while True:
        for event in queue.wait(WAIT_MS):
            if event[0] != tag:
                continue
            if event[1] == EVENT_ANSWER:
                answer = event[3]
            elif event[1] == EVENT_END:
                return answer, event


class Feed(Generic[ChunkT]):
    """One stream's request, with a queue to itself until its end. Dropping it cancels."""

    queue: Optional[Queue] = None
    end: Optional[End] = None
    response = b""
    """Status and headers, where the options of the call asked for them."""

    def __init__(self, connection: Connection, operation: int, request: Document, chunk: MakeChunk[ChunkT]) -> None:
        self._connection = connection
        self._chunk = chunk
        self.queue, self._tag = connection.open(operation, request)
        try:
            self._events = self._wait()
            while self._events[-1][1] == EVENT_RESPONSE:  # nothing has come but the headers
                self._events = self._wait()
        except BaseException:
            self.close()
            raise
        if self._events[0][1] == EVENT_END:
            self._finish(self._events[0])

    def _wait(self) -> List[Event]:
        while self.queue is not None:
            events = self.queue.wait(WAIT_MS)
            if events and events[0][0] != self._tag:  # what is left of an earlier request has ended before this one began
                events = [event for event in events if event[0] == self._tag]
            if events:
                if events[0][1] == EVENT_RESPONSE:
                    self.response = events[0][3]
                    events = events[1:] or events
                return events
        raise _errors.make(107, {"kind": "cancelled", "message": "the stream is closed"})

    def chunks(self) -> Iterator[ChunkT]:
        make = self._chunk
        try:
            while self.end is None:
                for _, kind, _, raw, text, reasoning in self._events:
                    if kind == EVENT_CHUNK:
                        yield make(raw, text, reasoning)
                if self._events[-1][1] == EVENT_END:
                    return self._finish(self._events[-1])
                self._events = self._wait()
        finally:
            self.close()

    def _finish(self, event: Event) -> None:
        queue, self.queue = self.queue, None
        if queue is not None:
            self._connection.give_back(queue)
        self.end = End(parse(event[3]))
        if event[2]:
            raise end_error(event)

    def cancel(self) -> None:
        """From another thread: the reading one gets the end."""
        queue = self.queue
        if queue is not None:
            queue.cancel(self._tag)

    def close(self) -> None:
        queue, self.queue = self.queue, None
        if queue is None:
            return
        self.end = CANCELLED
        if queue.settle(self._tag):
            self._connection.give_back(queue)

    def __del__(self) -> None:
        self.close()


class Stream(Ending, Generic[ChunkT]):
    """Iterates over the chunks. Closing or dropping it cancels the request upstream.

    A stream that fails or is cut off raises after the chunks that arrived.
    """

    def __init__(self, feed: Feed[ChunkT]) -> None:
        self._feed = feed
        self._chunks: Any = feed.chunks()

    def __iter__(self) -> Iterator[ChunkT]:
        # The generator itself, which a for loop resumes without a call of ours.
        chunks: Iterator[ChunkT] = self._chunks
        return chunks

    def __next__(self) -> ChunkT:
        chunk: ChunkT = next(self._chunks)
        return chunk

    def __enter__(self) -> "Stream[ChunkT]":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Cancels what is left. Legal from another thread, whose loop then ends with CancelledError."""
        try:
            self._chunks.close()
        except ValueError:  # the generator is running: another thread waits in it
            self._feed.cancel()
        else:
            self._feed.close()

    def _ending(self) -> Optional[End]:
        return self._feed.end

    def _response(self) -> bytes:
        return self._feed.response
