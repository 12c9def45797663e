"""Paths that the gateway does not know itself: sounds, pictures, files and the like, handed on to one provider where the settings say so."""

from __future__ import annotations

import re
from typing import Any, Dict, List, NamedTuple

from fastapi import APIRouter, Request
from gatelet import GateletError
from starlette.routing import Route

from . import forward
from .failures import Failure
from .settings import Settings, SettingsError

_KEPT = ("content-type", "content-disposition", "cache-control", "x-request-id", "openai-processing-ms")


class Rule(NamedTuple):
    method: str
    path: str
    provider: str


def rules_of(settings: Settings) -> List[Rule]:
    """`POST /v1/audio/speech`, or `GET /v1/files/{id}/content`, where braces stand for one part of the path; without a method POST."""
    found = []
    for said, provider in settings.raw_paths.items():
        parts = re.fullmatch(r"(?:(GET|POST|PUT|PATCH|DELETE) +)?(/v1(?:/(?:(?!\.+(?:/|$))[\w.-]+|\{\w+\}))+)", said)
        if not parts or not isinstance(provider, str) or not provider:
            raise SettingsError(f'raw_paths: {said!r} is not of the form "POST /v1/audio/speech": "provider"')
        found.append(Rule(parts[1] or "POST", parts[2], provider))
    return found


class Passed(forward.Reply):
    """What the provider answers, as it comes."""

    __slots__ = ()

    async def _work(self, send: forward.Send) -> None:
        try:
            async with await self._ask() as parts:
                head = parts.response
                await self._start(send, head.status_code, {name: head.headers[name] for name in _KEPT if name in head.headers})
                async for part in parts:
                    self._opened.chunks += 1
                    await send({"type": "http.response.body", "body": part, "more_body": True})
        except GateletError as error:
            return await self._fail(send, Failure.of(error))
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _fail(self, send: forward.Send, failure: Failure) -> None:
        """A body that has begun breaks off: HTTP's own way to say so."""
        if not self._began:
            await super()._fail(send, failure)


def router_of(settings: Settings) -> APIRouter:
    router = APIRouter()
    for rule in rules_of(settings):
        _add(router, rule)
    return router


def _add(router: APIRouter, rule: Rule) -> None:
    async def handle(request: Request) -> forward.Reply:
        gateway = request.app.state.gateway
        caller = gateway.caller(request)
        body = await forward.body_of(request.receive, gateway.settings.max_body)
        head = forward.head_of(body)
        opened = forward.Open(caller.name, rule.path, head)
        arguments: Dict[str, Any] = {**caller.arguments, "provider": rule.provider, "content_type": request.headers.get("content-type")}
        if opened.model:
            arguments["model"] = opened.model  # for limits and statistics
        path = request.url.path[len("/v1") :]
        asks = lambda: gateway.client.raw.request_stream(rule.method, path, body or None, **arguments)  # noqa: E731
        return Passed(asks, "messages" if request.url.path.startswith("/v1/messages") else "chat", gateway.live, opened)

    router.routes.append(Route(rule.path, forward.Direct(handle), methods=[rule.method]))
