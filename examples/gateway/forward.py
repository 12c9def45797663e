"""Bytes in, bytes out: one request of a client as one call of the library, which ends when the client leaves."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Awaitable, Callable, Dict, Optional

import msgspec
from gatelet import GateletError
from starlette.requests import Request

from .failures import Failure

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]

_TOLD = (b"event: error\n", b"event: response.failed\n")
"""How the library's own last event begins where a stream of Messages or Responses breaks off: no other one is needed then."""
_STREAM_HEADERS = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache", "x-accel-buffering": "no"}


class Head(msgspec.Struct):
    """What the gateway itself looks at in a body; everything else is the library's."""

    model: Any = None
    stream: Any = None


_head = msgspec.json.Decoder(Head)


def head_of(body: bytes) -> Head:
    try:
        return _head.decode(body)
    except msgspec.DecodeError:  # the library tells what is wrong with it
        return Head()


class Open:
    """A request under way, for the status page."""

    __slots__ = ("who", "path", "model", "since", "chunks", "stream")

    def __init__(self, who: str, path: str, head: Head) -> None:
        self.who, self.path, self.since, self.chunks, self.stream = who, path, time.time(), 0, head.stream is True
        self.model = head.model[:200] if isinstance(head.model, str) else ""


class Live(Dict[Open, "Reply"]):
    """Every request under way in this worker."""

    def cut(self) -> None:
        """Ends them, and tells their clients so."""
        for reply in list(self.values()):
            reply.cut()


class Reply:
    """A response that asks while it is sent: so the client's leaving is noticed at any time, before the first byte too."""

    __slots__ = ("_asks", "_surface", "_live", "_opened", "_began", "_is_cut", "_here")

    def __init__(self, asks: Callable[[], Awaitable[Any]], surface: str, live: Live, opened: Open) -> None:
        """`surface`: `chat`, `messages` or `responses`: whose failures the client understands."""
        self._asks: Optional[Callable[[], Awaitable[Any]]] = asks
        self._surface, self._live, self._opened = surface, live, opened
        self._began = self._is_cut = False
        self._here: "Optional[asyncio.Task[Any]]" = None

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """One task more for each request, since memory counts where there are thousands of them: it waits for the client to leave, and
        cancels this one then."""
        self._live[self._opened] = self
        self._here = asyncio.current_task()
        gone = asyncio.ensure_future(left(receive))
        gone.add_done_callback(self._end)
        try:
            await self._work(send)
        except asyncio.CancelledError:
            if self._is_cut:
                await self._fail(send, Failure("draining", "the gateway ends; what was asked for is not complete", retry_after=1))
            elif not gone.done():  # it is the server that ends
                raise
        finally:
            self._here = None
            gone.cancel()
            self._live.pop(self._opened, None)

    def _end(self, _: Any) -> None:
        if self._here:
            self._here.cancel()

    def cut(self) -> None:
        if self._here and not self._is_cut:
            self._is_cut = True
            self._here.cancel()

    async def _work(self, send: Send) -> None:
        raise NotImplementedError

    def _ask(self) -> Awaitable[Any]:
        """Once. The request's body goes with it, and is not kept for as long as the answer takes."""
        asks, self._asks = self._asks, None
        assert asks
        return asks()

    async def _fail(self, send: Send, failure: Failure) -> None:
        if self._began:
            await send({"type": "http.response.body", "body": failure.event(self._surface, self._opened.chunks), "more_body": False})
            return
        body = failure.body(self._surface == "messages")
        await self._start(send, failure.status, {**failure.headers(), "content-length": str(len(body))})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    async def _start(self, send: Send, status: int, headers: Dict[str, str]) -> None:
        self._began = True
        raw = [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": raw})


class Answer(Reply):
    """A whole answer."""

    __slots__ = ()

    async def _work(self, send: Send) -> None:
        try:
            body = await self._ask()
        except GateletError as error:
            return await self._fail(send, Failure.of(error))
        await self._start(send, 200, {"content-type": "application/json", "content-length": str(len(body))})
        await send({"type": "http.response.body", "body": body, "more_body": False})


class Events(Reply):
    """Server-sent events. A comment in each long silence keeps proxies from closing the connection; when the first one is sent before
    anybody answered, what goes wrong later is told in the stream."""

    __slots__ = ("_done", "_keep_alive", "_comment", "_timer")

    def __init__(
        self, asks: Callable[[], Awaitable[Any]], surface: str, live: Live, opened: Open, done: bytes, keep_alive: float
    ) -> None:
        super().__init__(asks, surface, live, opened)
        self._done, self._keep_alive = done, keep_alive
        self._timer: Optional[asyncio.TimerHandle] = None
        self._comment: "Optional[asyncio.Future[None]]" = None

    def _look_later(self, send: Send, chunks: int) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._keep_alive, self._look, send, chunks)

    def _look(self, send: Send, chunks: int) -> None:
        if chunks == self._opened.chunks and (self._comment is None or self._comment.done()):
            self._comment = asyncio.ensure_future(self._say_something(send))
        self._look_later(send, self._opened.chunks)

    async def _say_something(self, send: Send) -> None:
        if not self._began:
            await self._start(send, 200, _STREAM_HEADERS)
        await send({"type": "http.response.body", "body": b": keep-alive\n\n", "more_body": True})

    async def _work(self, send: Send) -> None:
        opened, is_told = self._opened, False
        if self._keep_alive:
            self._look_later(send, opened.chunks)
        try:
            async with await self._ask() as stream:
                if not self._began:
                    await self._start(send, 200, _STREAM_HEADERS)
                async for event in stream:
                    opened.chunks += 1
                    is_told = event.startswith(_TOLD)
                    await send({"type": "http.response.body", "body": event, "more_body": True})
        except GateletError as error:
            if not is_told:
                return await self._fail(send, Failure.of(error))
            return await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            for waits in (self._timer, self._comment):
                if waits:
                    waits.cancel()
        await send({"type": "http.response.body", "body": self._done, "more_body": False})


class Direct:
    """A handler as a route without FastAPI's wrappings, which a stream would keep for as long as it lasts."""

    def __init__(self, handle: Callable[[Request], Awaitable[Reply]]) -> None:
        self._handle = handle

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        await (await self._handle(Request(scope, receive)))(scope, receive, send)


async def left(receive: Receive) -> None:
    """Returns when the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def body_of(receive: Receive, most: int) -> bytes:
    """The whole body; raises where it is too long, and where the client left in the middle."""
    pieces, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Failure("cancelled", "the client left")
        piece = message.get("body", b"")
        size += len(piece)
        if size > most:
            raise Failure("too_large", f"the body has more than {most} bytes")
        pieces.append(piece)
        if not message.get("more_body"):
            return b"".join(pieces)
