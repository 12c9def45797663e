"""Clients of httpx or httpx2, whichever the SDK takes, with a transport of ours."""

from __future__ import annotations

import importlib
import sys
from functools import lru_cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, Mapping, Optional, Union

from .. import _request
from .._native import Native
from .shapes import Shape

if TYPE_CHECKING:
    from .._async_client import AsyncClient
    from .._client import Client

    Given = Union[Client, AsyncClient, _request.GivenConfig]


def make(
    shape: Shape,
    given: Given,
    logger: Any,
    options: Optional[Mapping[str, Any]],
    sdk_retries: bool,
    httpx: Optional[ModuleType],
    overrides: Mapping[str, Any],
    asynchronous: bool,
) -> Any:
    module = httpx or httpx_of(shape.sdk)
    connection = getattr(given, "_connection", None)
    if connection is None:
        native = Native(_request.config(given, overrides), logger)  # type: ignore[arg-type]
    elif overrides or logger:
        raise TypeError("a client of Gatelet has its configuration and its logger already")
    else:
        native = connection.native()
        options = _request.merge(getattr(given, "_defaults").options, options or {})
    # Not from the environment: a proxy named there would be asked in the place of the transport. No time-outs of httpx's own: then
    # the SDK has none either, unless it is told some, and the configuration's hold.
    settings = {"trust_env": False, "timeout": None, "follow_redirects": False}
    if asynchronous:
        from .._async import AsyncConnection

        transport = async_transport(module)(module, shape, AsyncConnection(native), connection is None, options or {}, sdk_retries)
        return module.AsyncClient(transport=transport, **settings)
    from .blocking import Pool

    transport = blocking_transport(module)(module, shape, Pool(native), connection is None, options or {}, sdk_retries)
    return module.Client(transport=transport, **settings)


@lru_cache(maxsize=None)
def blocking_transport(httpx: Any) -> Any:
    from .blocking import BlockingTransport, FrameStream

    stream = type("FrameStream", (FrameStream, httpx.SyncByteStream), {})
    return type("GateletTransport", (BlockingTransport, httpx.BaseTransport), {"frame_stream": stream})


@lru_cache(maxsize=None)
def async_transport(httpx: Any) -> Any:
    from .asynchronous import AsyncFrameStream, AsyncTransport

    stream = type("AsyncFrameStream", (AsyncFrameStream, httpx.AsyncByteStream), {})
    return type("AsyncGateletTransport", (AsyncTransport, httpx.AsyncBaseTransport), {"frame_stream": stream})


def httpx_of(sdk: str) -> ModuleType:
    """The one that the installed SDK is made with; without an SDK, the newer one that is installed."""
    try:
        default = importlib.import_module(sdk).DefaultHttpxClient
        name = next(cls.__module__.partition(".")[0] for cls in default.__mro__ if cls.__module__.startswith("httpx"))
        return sys.modules[name]
    except (ImportError, AttributeError, StopIteration):
        pass
    for name in ("httpx2", "httpx"):
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise ImportError("neither httpx2 nor httpx is installed: the SDK brings one of them along")
