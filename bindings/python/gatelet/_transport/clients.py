"""Clients of httpx or httpx2, whichever the SDK takes, with a transport of ours."""

from __future__ import annotations

import importlib
import sys
from functools import lru_cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, Mapping, Optional, Type, Union

from .. import _request
from .._native import Native
from .shapes import Shape

if TYPE_CHECKING:
    from logging import Logger

    from typing_extensions import Unpack

    from .._async_client import AsyncClient
    from .._client import Client
    from ..options import CallOptions, Config

    Given = Union[Client, AsyncClient, _request.GivenConfig]


class HttpClients:
    """The functions that each of `gatelet.openai`, `anthropic` and `genai` has, for its SDK."""

    def __init__(self, shape: Type[Shape]) -> None:
        self._shape = shape

    def http_client(
        self,
        client: Given = None,
        *,
        logger: Optional[Logger] = None,
        options: Optional[CallOptions] = None,
        sdk_retries: bool = False,
        httpx: Optional[ModuleType] = None,
        **overrides: Unpack[Config],
    ) -> Any:
        """An httpx.Client for the SDK's client, whose requests Gatelet makes.

        `client` is a gatelet.Client that goes on being used elsewhere, or what gatelet.Client takes: a configuration or None, with
        `logger` and members of the configuration as keywords. Closing the SDK's client ends what was made here, and leaves a client
        that was given as it is. `options` are those of each call; a call's header `x-gatelet-options` (JSON) goes before them.
        The SDK does not try again what Gatelet has tried, unless `sdk_retries` says so: for a configuration without retries.
        `httpx` is the module, httpx or httpx2, where it is not to be that of the installed SDK.
        """
        return _made(self._shape(), client, logger, options, sdk_retries, httpx, overrides, False)

    def async_http_client(
        self,
        client: Given = None,
        *,
        logger: Optional[Logger] = None,
        options: Optional[CallOptions] = None,
        sdk_retries: bool = False,
        httpx: Optional[ModuleType] = None,
        **overrides: Unpack[Config],
    ) -> Any:
        """An httpx.AsyncClient for the SDK's asynchronous client, for asyncio. Arguments as those of `http_client`."""
        return _made(self._shape(), client, logger, options, sdk_retries, httpx, overrides, True)


def _made(
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
