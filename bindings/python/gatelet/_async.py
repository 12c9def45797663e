"""Requests of the asyncio client: per event loop a completion queue whose descriptor the loop watches, and one for lists."""

from __future__ import annotations

import asyncio
import weakref
from typing import Any, AsyncIterator, Callable, Dict, Generic, List, Optional, Type, TypeVar

from . import _errors
from ._ending import CANCELLED, Ending, end_error
from ._library import EVENT_ANSWER, EVENT_CHUNK, EVENT_END, EVENT_RESPONSE, OP_LIST_MODELS
from ._native import Native, Owner
from ._queue import MOST_EVENTS, Event, Queue
from ._request import Document
from ._sync import AnswerT, ChunkT, MakeChunk
from .types import End, parse

QueueT = TypeVar("QueueT", bound="LoopQueue")

# A stream with so much unread waits, down to the provider's socket, until half of it has been read.
MOST_UNREAD_BYTES = 256 << 10
MOST_UNREAD_EVENTS = 256
_CHECK_EVERY, _LARGE = 16, 4096
# The library holds no more of one than that either: what it has read before the pause still comes, all at once.
_OPTIONS = b'{"driver":"thread","bytes":%d}' % MOST_UNREAD_BYTES

# When so many wake-ups came within so many seconds, the queue is looked into by the clock instead: what came meanwhile is handed out
# at once, which costs one wake-up of the loop for all of it. Until so many looks in a row have found little.
_WAKES, _SOON = 64, 0.032
_TICK = 0.002
_LITTLE, _QUIET_TICKS = 4, 8
_MOST_AT_ONCE = 4096


class Reply:
    """The one who waits for an answer."""

    __slots__ = ("future", "_answer")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.future: "asyncio.Future[bytes]" = loop.create_future()
        self._answer = b""

    def push(self, event: Event) -> bool:
        if event[1] == EVENT_ANSWER:
            self._answer = event[3]
        elif not self.future.done():
            if event[2]:
                self.future.set_exception(end_error(event))
            else:
                self.future.set_result(self._answer)
        return False

    def fail(self, error: Exception) -> None:
        if not self.future.done():
            self.future.set_exception(error)


class LoopQueue:
    """The queue of one event loop, and who waits for which tag."""

    _wakes = 0
    _since = 0.0
    _quiet = 0

    def __init__(self, native: Native, loop: asyncio.AbstractEventLoop) -> None:
        self.native = native
        self.loop = loop
        self._queue = self._made(native)
        self._waiting: Dict[int, Any] = {}
        self._watch()

    def _made(self, native: Native) -> Queue:
        return Queue(native, _OPTIONS)

    def __del__(self) -> None:
        if hasattr(self, "_waiting"):
            self.close()

    def _watch(self) -> None:
        # Weak, so that a dropped client is collected although the loop watches its descriptor.
        self.loop.add_reader(self._queue.descriptor(), _on_readable, weakref.ref(self))

    def submit(self, operation: int, request: Document, waiting: Any) -> int:
        tag = self._queue.submit(operation, request)
        self._waiting[tag] = waiting
        return tag

    def forget(self, tag: int) -> None:
        """After this, events of the tag are dropped; a request that is still open is cancelled."""
        if self._waiting.pop(tag, None) is not None:
            self._queue.cancel(tag)

    def deliver(self) -> None:
        self._hand_out(self._queue.poll())
        self._wakes += 1
        if self._wakes >= _WAKES:
            self._wakes, since, self._since = 0, self._since, self.loop.time()
            if self._since - since < _SOON and self._queue.handle.value:
                self.loop.remove_reader(self._queue.descriptor())
                self._quiet = 0
                self._wait_for_tick()

    def _wait_for_tick(self) -> None:
        self.loop.call_later(_TICK, _on_tick, weakref.ref(self))

    def tick(self) -> None:
        if not self._queue.handle.value:  # closed meanwhile
            return
        came = 0
        events = self._queue.poll()
        while events:
            came += len(events)
            self._hand_out(events)
            events = self._queue.poll() if len(events) >= MOST_EVENTS and came < _MOST_AT_ONCE and self._queue.handle.value else []
        self._quiet = self._quiet + 1 if came < _LITTLE else 0
        if not self._queue.handle.value:
            return
        if self._quiet < _QUIET_TICKS:
            self._wait_for_tick()
        else:
            self._watch()

    def pause(self, tag: int) -> None:
        self._queue.pause(tag)

    def resume(self, tag: int) -> None:
        self._queue.resume(tag)

    def _hand_out(self, events: List[Event]) -> None:
        waiting = self._waiting
        for event in events:
            target = waiting.get(event[0])
            if target is None:
                continue
            if event[1] == EVENT_END:
                del waiting[event[0]]
            if target.push(event):
                self.forget(event[0])

    def close(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for target in waiting.values():
            target.fail(_errors.make(108, {"kind": "closed", "message": "the client was closed meanwhile"}))
        try:
            self.loop.call_soon_threadsafe(_retire, self.loop, self._queue)
        except RuntimeError:  # the loop is closed: nothing watches the descriptor any more
            self._queue.free()


class ListQueue(LoopQueue):
    """For model lists. Who submits one may have to read a file, who takes its event what a provider sent: with thousands of
    models that takes as much as a second, so threads of the loop's executor do both."""

    async def ask(self, request: Document, reply: Reply) -> bytes:
        tag = self._queue.new_tag()
        self._waiting[tag] = reply  # before events can come
        try:
            await self.loop.run_in_executor(None, self._queue.submit, OP_LIST_MODELS, request, tag)
            return await reply.future
        finally:
            self.forget(tag)
            reply.future.cancel()  # it may hold what `fail` said while a file was read

    def deliver(self) -> None:
        self.loop.remove_reader(self._queue.descriptor())
        try:
            taking = self.loop.run_in_executor(None, self._queue.wait, 0)
        except RuntimeError:  # the executor has ended, the loop is about to
            return super().deliver()
        reference = weakref.ref(self)
        taking.add_done_callback(lambda done: _on_taken(reference, done))

    def taken(self, done: "asyncio.Future[List[Event]]") -> None:
        if not self._queue.handle.value:  # closed meanwhile
            return
        self._watch()
        self._hand_out(done.result())


def _on_taken(reference: "weakref.ref[ListQueue]", done: "asyncio.Future[List[Event]]") -> None:
    done.exception()  # so that asyncio does not report it where nobody is left to be told
    queue = reference()
    if queue is not None:
        queue.taken(done)


def _on_readable(reference: "weakref.ref[LoopQueue]") -> None:
    queue = reference()
    if queue is not None:
        queue.deliver()


def _on_tick(reference: "weakref.ref[LoopQueue]") -> None:
    queue = reference()
    if queue is not None:
        queue.tick()


def _retire(loop: asyncio.AbstractEventLoop, queue: Queue) -> None:
    """In the loop's thread, and in this order: the number of a closed descriptor may be another one's."""
    if queue.handle.value:
        loop.remove_reader(queue.descriptor())
        queue.free()


class AsyncConnection(Owner):
    """What a client's calls share."""

    awaited = True

    def __init__(self, native: Native) -> None:
        super().__init__(native)
        self._queues: List[LoopQueue] = []

    def queue(self, kind: Type[QueueT]) -> QueueT:
        native = self.native()
        loop = asyncio.get_running_loop()
        for queue in self._queues:
            if type(queue) is kind and queue.loop is loop and queue.native is native:
                return queue
        self._queues = [queue for queue in self._queues if queue.native is native and not queue.loop.is_closed()]
        made = kind(native, loop)
        self._queues.append(made)
        return made

    async def ask(self, operation: int, request: Document, read: Callable[[bytes], AnswerT]) -> AnswerT:
        """Cancelling the task cancels the request."""
        if operation == OP_LIST_MODELS:
            return read(await self.list(request))
        queue = self.queue(LoopQueue)
        reply = Reply(queue.loop)
        tag = queue.submit(operation, request, reply)
        try:
            return read(await reply.future)
        finally:
            queue.forget(tag)

    async def list(self, request: Document) -> bytes:
        queue = self.queue(ListQueue)
        return await queue.ask(request, Reply(queue.loop))

    async def stream(self, operation: int, request: Document, chunk: MakeChunk[ChunkT]) -> "AsyncStream[ChunkT]":
        return await AsyncStream(self, operation, request, chunk)._start()

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        queues, self._queues = self._queues, []
        for queue in queues:
            queue.close()
        # Ending the engine's thread can take a moment; the loop goes on meanwhile.
        await asyncio.get_running_loop().run_in_executor(None, self._native.close)


class Inbox:
    """The chunks of one stream until they are read."""

    __slots__ = ("events", "failure", "response", "waits", "wake", "queue", "tag")

    def __init__(self, queue: LoopQueue) -> None:
        self.events: List[Event] = []  # a deque takes 0.7 KB, even if it is empty
        self.failure: Optional[Exception] = None
        self.response = b""
        """Status and headers, where the options of the call asked for them."""
        self.waits = False
        """The provider has to wait until more was read."""
        self.wake: "Optional[asyncio.Future[None]]" = None
        """The reader is waiting."""
        self.queue = queue
        self.tag = 0

    def push(self, event: Event) -> bool:
        if event[1] == EVENT_RESPONSE:
            self.response = event[3]
            return False
        events = self.events
        events.append(event)
        wake = self.wake
        if wake is not None:
            self.wake = None
            if not wake.done():
                wake.set_result(None)
        elif not self.waits and (len(events) % _CHECK_EVERY == 0 or len(event[3]) > _LARGE) and self._is_full(1):
            self.waits = True
            self.queue.pause(self.tag)
        return False

    def _is_full(self, share: int) -> bool:
        events = self.events
        return len(events) * share >= MOST_UNREAD_EVENTS or sum(len(unread[3]) for unread in events) * share >= MOST_UNREAD_BYTES

    def make_room(self) -> None:
        """Some was read."""
        if not self._is_full(2):
            self.waits = False
            self.queue.resume(self.tag)

    def fail(self, error: Exception) -> None:
        self.failure = error
        wake, self.wake = self.wake, None
        if wake is not None and not wake.done():
            wake.set_result(None)


class AsyncStream(Ending, Generic[ChunkT]):
    """Iterates over the chunks. Closing or dropping it, or cancelling the waiting task, cancels the request upstream. When another
    task closes it, the one that waits for a chunk gets CancelledError (gatelet's, not asyncio's).

    A stream that fails or is cut off raises after the chunks that arrived. One that nobody reads has its provider wait.
    """

    _queue: Optional[LoopQueue] = None
    _end: Optional[End] = None

    def __init__(self, connection: AsyncConnection, operation: int, request: Document, chunk: MakeChunk[ChunkT]) -> None:
        self._chunk = chunk
        queue = connection.queue(LoopQueue)
        self._inbox = Inbox(queue)
        self._tag = self._inbox.tag = queue.submit(operation, request, self._inbox)
        self._queue = queue

    async def _start(self) -> "AsyncStream[ChunkT]":
        """Waits for the first event, so that a request that fails raises where it was made."""
        await self._more()
        event = self._inbox.events[0]
        if event[1] != EVENT_CHUNK:
            self._finish(event)
        return self

    async def _more(self) -> None:
        """Waits for an event; raises what ended the stream from our side."""
        inbox = self._inbox
        while not inbox.events:
            if inbox.failure is not None:
                self._cancel()
                raise inbox.failure
            if inbox.wake is not None:
                raise RuntimeError("another task waits for this stream")
            wake = inbox.wake = inbox.queue.loop.create_future()
            try:
                await wake
            except BaseException:
                self._cancel()
                raise
            finally:
                if inbox.wake is wake:
                    inbox.wake = None

    def __aiter__(self) -> AsyncIterator[ChunkT]:
        return self

    async def __anext__(self) -> ChunkT:
        inbox = self._inbox
        events = inbox.events
        if not events:
            if self._queue is None:
                raise StopAsyncIteration
            await self._more()
        event = events.pop(0)
        if event[1] == EVENT_CHUNK:
            if inbox.waits:
                inbox.make_room()
            return self._chunk(event[3], event[4], event[5])
        self._finish(event)
        raise StopAsyncIteration

    def _finish(self, event: Event) -> None:
        self._queue = None
        self._inbox.events.clear()
        self._end = End(parse(event[3]))
        if event[2]:
            raise end_error(event)

    async def __aenter__(self) -> "AsyncStream[ChunkT]":
        return self

    async def __aexit__(self, *_: object) -> None:
        self._cancel()

    def __del__(self) -> None:
        self._cancel()

    async def aclose(self) -> None:
        """Cancels what is left."""
        self._cancel()

    close = aclose

    def _cancel(self) -> None:
        queue, self._queue = self._queue, None
        if queue is not None:
            self._end = CANCELLED
            self._inbox.events.clear()
            queue.forget(self._tag)
            if self._inbox.wake is not None:
                self._inbox.fail(_errors.make(107, {"kind": "cancelled", "message": "the stream is closed"}))

    def _ending(self) -> Optional[End]:
        return self._end

    def _response(self) -> bytes:
        return self._inbox.response
