"""The gateway's routes. `create` makes the application, `add_to` adds them to another one."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from tempfile import TemporaryDirectory
from typing import Any, AsyncIterator, Callable, Optional

from fastapi import APIRouter, FastAPI, Request, Response
from gatelet import AsyncClient, GateletError
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route

from . import forward, lists, raw_paths
from .access import Access, Caller, Denied
from .activity import MOST_ROWS, Failovers, Row, Tail
from .failures import Failure, to_json
from .settings import Settings, SettingsError, in_our_words, library_config, load
from .telemetry import Telemetry

log = logging.getLogger("gateway")
router = APIRouter()
_DONE = b"data: [DONE]\n\n"
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
# What a web page of another origin may read of a response, beside its body.
_EXPOSED = ["retry-after", "retry-after-ms", "x-should-retry", "x-request-id", "content-disposition", "openai-processing-ms"]


class Gateway:
    """What the requests of one worker share."""

    def __init__(self, path: str, settings: Settings, worker: int = 0, records: Optional[str] = None) -> None:
        self.path, self.settings, self.worker = path, settings, worker
        self.access = Access(settings)
        if records is None and settings.records is None:
            self._folder = TemporaryDirectory(prefix="gateway-")
            records = self._folder.name + "/records.jsonl"
        self._records = records
        self.client = AsyncClient(library_config(settings, records))
        file = settings.records or records or ""
        self.records = Tail(file, Row, MOST_ROWS)
        self.failovers = Failovers(self.client, file)
        self.telemetry = Telemetry(self.client, worker)
        self.telemetry.count_open(lambda: len(self.live))
        self.lists = lists.Lists(self.client, settings.models_for)
        self.live = forward.Live()
        self.draining = False

    async def reload(self) -> None:
        """Takes the file anew. One that is wrong changes nothing; requests under way end as they began."""
        try:
            settings = load(self.path)
            raw_paths.rules_of(settings)
            await asyncio.get_running_loop().run_in_executor(None, self.client.reload, library_config(settings, self._records))
        except SettingsError as error:
            return log.error("not reloaded: %s", error)
        except GateletError as error:
            return log.error("not reloaded: %s", in_our_words(settings, error.message))
        for name in ("host", "port", "workers", "cors", "raw_paths"):
            if getattr(settings, name) != getattr(self.settings, name):
                log.warning("`%s` changes with the next start", name)
        settings.host, settings.workers = self.settings.host, self.settings.workers
        self.settings, self.access = settings, Access(settings)
        file = settings.records or self._records or ""
        self.records.follow(file)
        self.failovers.follow(file)
        self.lists.forget()
        log.info("reloaded %s", self.path)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """For as long as the service runs: model lists come, and with them prices; what is under way ends with it."""
        async with self.client:
            fetching = asyncio.ensure_future(self.fetch_lists()) if self.settings.lists_at_start else None
            yield
            if fetching:
                fetching.cancel()
        await asyncio.get_running_loop().run_in_executor(None, self.telemetry.close)

    async def fetch_lists(self) -> None:
        try:
            await self.lists.entries()
        except GateletError as error:
            log.warning("no model lists: %s", error)

    def caller(self, request: Request) -> Caller:
        try:
            return self.access.caller(request.headers)
        except Denied as denied:
            raise Failure("unauthorized" if denied.status == 401 else "forbidden", denied.message) from None

    def operator(self, request: Request) -> Caller:
        try:
            return self.access.operator(request.headers, request.cookies)
        except Denied as denied:
            raise Failure("unauthorized" if denied.status == 401 else "forbidden", denied.message) from None


def create(path: str, settings: Settings, worker: int = 0, records: Optional[str] = None) -> FastAPI:
    """An application that is nothing but the gateway."""

    gateway = Gateway(path, settings, worker, records)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with gateway.running():
            yield

    app = FastAPI(title="Gateway", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.add_exception_handler(HTTPException, _failed)
    app.add_exception_handler(Exception, _failed)
    if settings.cors:
        app.add_middleware(CORSMiddleware, allow_origins=settings.cors, allow_methods=_METHODS, allow_headers=["*"], expose_headers=_EXPOSED, max_age=600)
    add_to(app, gateway)
    return app


def add_to(app: FastAPI, gateway: Gateway) -> None:
    """Adds the routes to a service that there is, whose lifespan has `gateway.running()` in it."""
    app.state.gateway = gateway
    from . import page

    for added in router, page.router:
        for route in added.routes:
            if isinstance(route, Route) and "GET" in (route.methods or ()):
                route.methods = {*(route.methods or ()), "HEAD"}
        app.include_router(added)
    app.include_router(raw_paths.router_of(gateway.settings))
    app.add_exception_handler(Failure, _failed)
    app.add_exception_handler(GateletError, _failed)


def _failed(request: Request, error: Exception) -> Response:
    if isinstance(error, GateletError):
        error = Failure.of(error)
    elif isinstance(error, HTTPException):
        kind = {404: "no_path", 405: "method"}.get(error.status_code, "argument")
        error = Failure(kind, f"{request.method} {request.url.path} is not served here" if kind != "argument" else str(error.detail))
    elif not isinstance(error, Failure):
        error = Failure("internal", "the gateway failed; its log tells more")
    return Response(error.body(_is_anthropics(request)), error.status, error.headers())


def _is_anthropics(request: Request) -> bool:
    return request.url.path.startswith("/v1/messages") or "anthropic-version" in request.headers


def operation(path: str, whole: str, stream: str = "", done: bytes = b"", surface: str = "chat") -> None:
    """A path whose requests are calls `whole` and `stream` of `client.raw`."""

    async def handle(request: Request) -> forward.Reply:
        gateway: Gateway = request.app.state.gateway
        caller = gateway.caller(request)
        body = await forward.body_of(request.receive, gateway.settings.max_body)
        head = forward.head_of(body)
        opened = forward.Open(caller.name, path, head)
        raw = gateway.client.raw
        if stream and head.stream is True:
            asks = _call(getattr(raw, stream), body, {**caller.arguments, "sse": True})
            return forward.Events(asks, surface, gateway.live, opened, done, gateway.settings.keep_alive)
        return forward.Answer(_call(getattr(raw, whole), body, caller.arguments), surface, gateway.live, opened)

    router.routes.append(Route(path, forward.Direct(handle), methods=["POST"]))


def _call(function: Callable[..., Any], body: bytes, arguments: Any) -> Callable[[], Any]:
    return lambda: function(body, **arguments)


operation("/v1/chat/completions", "chat", "chat_stream", _DONE)
operation("/v1/completions", "completions", "completions_stream", _DONE)
operation("/v1/embeddings", "embeddings")
operation("/v1/responses", "responses", "responses_stream", surface="responses")
operation("/v1/messages", "messages", "messages_stream", surface="messages")
operation("/v1/messages/count_tokens", "count_tokens", surface="messages")


@router.get("/v1/models")
async def models(request: Request) -> Response:
    gateway: Gateway = request.app.state.gateway
    gateway.caller(request)
    if _is_anthropics(request):
        return _json(to_json(lists.anthropic_page(await gateway.lists.entries(), request.query_params)))
    return _json(await gateway.lists.write("openai", lists.openai_list))


@router.get("/v1/models/{wanted:path}")
async def model(request: Request, wanted: str) -> Response:
    gateway: Gateway = request.app.state.gateway
    gateway.caller(request)
    entry = await gateway.lists.one(wanted)
    return _json(to_json(lists.anthropic(entry) if _is_anthropics(request) else lists.openai(entry)))


@router.get("/api/v1/models")
async def openrouter_models(request: Request) -> Response:
    gateway: Gateway = request.app.state.gateway
    gateway.caller(request)
    return _json(await gateway.lists.write("openrouter", lists.openrouter_list))


@router.get("/api/display_models")
async def display_models(request: Request) -> Response:
    gateway: Gateway = request.app.state.gateway
    gateway.caller(request)
    return _json(await gateway.lists.write("display", lists.display_list))


@router.get("/healthz")
async def alive() -> Response:
    return Response("ok\n", media_type="text/plain")


@router.get("/readyz")
async def ready(request: Request) -> Response:
    """Not while the gateway ends, and not without a provider that can be asked."""
    gateway: Gateway = request.app.state.gateway
    if gateway.draining:
        return Response("draining\n", 503, media_type="text/plain")
    if not any(provider.configured for provider in await gateway.client.providers()):
        return Response("no provider has a key\n", 503, media_type="text/plain")
    return Response("ready\n", media_type="text/plain")


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json")
