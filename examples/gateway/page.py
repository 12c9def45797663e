"""The status page and what it asks for. All of it is the operator's."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any, Callable, Dict
from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response
from gatelet import GateletError
from msgspec import to_builtins
from starlette.routing import Route

from . import activity, forward
from .access import COOKIE
from .app import Gateway
from .failures import Failure, to_json
from .lists import display

router = APIRouter()
_FOLDER = Path(__file__).parent / "page"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".html": "text/html"}
_BEGAN = time.time()


def gateway_of(request: Request) -> Gateway:
    found: Gateway = request.app.state.gateway
    return found


def answer(document: Any) -> Response:
    return Response(to_json(document), media_type="application/json", headers={"cache-control": "no-store"})


def file(name: str, status: int = 200, pictures: str = "") -> Response:
    """Nothing of the page comes from another host, but logos where they are asked for."""
    policy = f"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: {pictures}; "
    headers = {
        "content-security-policy": policy + "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
        "cache-control": "no-cache", "referrer-policy": "no-referrer", "x-content-type-options": "nosniff",
    }  # fmt: skip
    return Response((_FOLDER / name).read_bytes(), status, headers, _TYPES[Path(name).suffix])


@router.get("/")
async def page(request: Request) -> Response:
    gateway = gateway_of(request)
    try:
        gateway.operator(request)
    except Failure as failure:
        if failure.status != 401:
            raise
        return file("login.html", 401)
    return file("index.html", pictures="https:" if gateway.settings.remote_logos else "")


@router.post("/login")
async def login(request: Request) -> Response:
    gateway = gateway_of(request)
    told = parse_qs((await forward.body_of(request.receive, 10_000)).decode("utf-8", "replace"))
    if not gateway.access.is_key(told.get("key", [""])[0]):
        return file("login.html", 401)
    response = Response(status_code=303, headers={"location": "/"})
    response.set_cookie(COOKIE, gateway.access.cookie(), httponly=True, samesite="strict", secure=request.url.scheme == "https")
    return response


@router.get("/page/{name}")
async def part(request: Request, name: str) -> Response:
    if name == "chart.js":
        path = Path(gateway_of(request).settings.chart_js)
        if path.is_file():
            return Response(path.read_bytes(), headers={"cache-control": "max-age=3600"}, media_type="text/javascript")
    elif name in ("page.css", "page.js", "charts.js"):
        return file(name)
    raise Failure("no_path", f"/page/{name} is not served here")


@router.get("/status/now")
async def now(request: Request) -> Response:
    gateway = gateway_of(request)
    gateway.operator(request)
    live = sorted(gateway.live, key=lambda one: one.since)
    stats = gateway.client.stats("provider").total
    return answer(
        {
            "now": time.time(),
            "since": _BEGAN,
            "worker": gateway.worker,
            "workers": gateway.settings.workers,
            "live_count": len(live),
            "live": [{"who": one.who, "path": one.path, "model": one.model, "since": one.since, "chunks": one.chunks, "stream": one.stream} for one in live[:100]],
            "total": stats.to_dict(),
            "failovers": await in_thread(lambda: to_builtins(gateway.failovers.read()[::-1])),
        }
    )


@router.get("/status/providers")
async def providers(request: Request) -> Response:
    gateway = gateway_of(request)
    gateway.operator(request)
    found = await gateway.client.providers(balance=request.query_params.get("balance") == "1")
    shown = []
    for one in found:
        if not (one.configured or one.named):
            continue
        told = one.to_dict()
        kept = {name: told.get(name) for name in ("id", "name", "configured", "base_url", "site_url", "logo_url", "keys", "health", "list", "balance")}
        shown.append(kept)
    others, redis = len(found.data) - len(shown), found.to_dict().get("redis")
    return answer({"remote_logos": gateway.settings.remote_logos, "providers": shown, "others": others, "redis": redis, "warnings": found.warnings or []})


@router.get("/status/models")
async def models(request: Request) -> Response:
    gateway = gateway_of(request)
    gateway.operator(request)
    try:
        data = await gateway.lists.write("page", lambda entries: [display(entry) for entry in entries])
        missing = gateway.lists.missing
    except GateletError as error:
        data, missing = b"[]", [error.message]
    return Response(b'{"data":%b,"missing":%b}' % (data, to_json(missing)), media_type="application/json", headers={"cache-control": "no-store"})


@router.get("/status/names")
async def names(request: Request) -> Response:
    """What there is to filter by, and what each key has used today and what is left of its limits."""
    gateway = gateway_of(request)
    gateway.operator(request)
    rows = await in_thread(gateway.records.read)
    found, today = await in_thread(lambda: (activity.names(rows), activity.of_today(rows)))
    keys = gateway.settings.keys
    found["keys"] = sorted({*found["keys"], *keys})
    nothing = {"requests": 0, "tokens": 0, "usd": 0.0, "unpriced": 0}
    rules = {one["tag"]: one["rules"] for one in gateway.client.stats("limits").to_dict()["limits"] if one["scope"] == "tag"}
    used = [{"name": name, **today.get(name, nothing), "rules": rules.get(name, [])} for name in sorted({*keys, *today})]
    return answer({**found, "today": used[:200]})


async def in_thread(work: Callable[[], Any]) -> Any:
    """There may be 100,000 rows."""
    return await asyncio.get_running_loop().run_in_executor(None, work)


async def rows_of(request: Request, made: Callable[[Any], Any]) -> Any:
    """What `made` makes of the rows that the query chooses."""
    gateway = gateway_of(request)
    gateway.operator(request)
    asked: Dict[str, str] = dict(request.query_params)
    return await in_thread(lambda: made(activity.chosen(gateway.records.read(), asked)))


@router.get("/status/activity")
async def acts(request: Request) -> Response:
    by, step = request.query_params.get("by", "model"), request.query_params.get("step", "3600")
    if by not in activity.MEMBERS or not step.isdigit() or not 10 <= int(step) <= 86400:
        raise Failure("argument", f"`by` is one of {', '.join(activity.MEMBERS)}, `step` 10 to 86400 seconds")
    since, until = (activity.number(request.query_params.get(name), 0) for name in ("since", "until"))
    return answer(await rows_of(request, lambda rows: activity.summary(rows, by, int(step), since, until)))


@router.get("/status/activity.csv")
async def acts_as_csv(request: Request) -> Response:
    by = request.query_params.get("by", "model")
    if by not in activity.MEMBERS:
        raise Failure("argument", f"`by` is one of {', '.join(activity.MEMBERS)}")
    return sheet("activity.csv", await rows_of(request, lambda rows: activity.sums_to_csv(rows, by)))


def sheet(name: str, body: bytes) -> Response:
    return Response(body, media_type="text/csv; charset=utf-8", headers={"content-disposition": f'attachment; filename="{name}"'})


@router.get("/status/logs")
async def logs(request: Request) -> Response:
    first = request.query_params.get("offset", "0")
    offset = int(first) if first.isdigit() else 0

    def made(rows: Any) -> Any:
        shown = rows[::-1][offset : offset + 100]
        return {"total": len(rows), "offset": offset, "rows": activity.entries(shown)}

    return answer(await rows_of(request, made))


@router.get("/status/logs.csv")
async def logs_as_csv(request: Request) -> Response:
    return sheet("requests.csv", await rows_of(request, activity.to_csv))


async def chat(request: Request) -> forward.Reply:
    """The chat box: a stream of chat, asked by the operator."""
    gateway = gateway_of(request)
    caller = gateway.operator(request)
    body = await forward.body_of(request.receive, gateway.settings.max_body)
    opened = forward.Open(caller.name, "/status/chat", forward.head_of(body))
    asks = lambda: gateway.client.raw.chat_stream(body, sse=True, **caller.arguments)  # noqa: E731
    return forward.Events(asks, "chat", gateway.live, opened, b"data: [DONE]\n\n", gateway.settings.keep_alive)


router.routes.append(Route("/status/chat", forward.Direct(chat), methods=["POST"]))


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    gateway = gateway_of(request)
    gateway.operator(request)
    body = await in_thread(gateway.telemetry.metrics)
    return Response(body, media_type="text/plain; version=0.0.4; charset=utf-8")
