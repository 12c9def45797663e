"""Gatelet below Anthropic's own SDK: `Anthropic(http_client=gatelet.anthropic.http_client(), api_key="unused")`."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Any, Mapping, Optional

from ._transport.clients import make
from ._transport.shapes import AnthropicShape

if TYPE_CHECKING:
    from logging import Logger

    from typing_extensions import Unpack

    from ._transport.clients import Given
    from .options import CallOptions, Config

__all__ = ["async_http_client", "http_client"]


def http_client(
    client: Given = None,
    *,
    logger: Optional[Logger] = None,
    options: Optional[CallOptions] = None,
    sdk_retries: bool = False,
    httpx: Optional[ModuleType] = None,
    **overrides: Unpack[Config],
) -> Any:
    """An httpx.Client for `Anthropic(http_client=...)`, whose requests Gatelet makes.

    `client` is a gatelet.Client that goes on being used elsewhere, or what gatelet.Client takes: a configuration or None, with
    `logger` and members of the configuration as keywords. Closing the SDK's client ends what was made here, and leaves a client
    that was given as it is. `options` are those of each call; a call's header `x-gatelet-options` (JSON) goes before them.
    The SDK does not try again what Gatelet has tried, unless `sdk_retries` says so: for a configuration without retries.
    `httpx` is the module, httpx or httpx2, where it is not to be that of the installed SDK.
    """
    return make(AnthropicShape(), client, logger, options, sdk_retries, httpx, overrides, False)


def async_http_client(
    client: Given = None,
    *,
    logger: Optional[Logger] = None,
    options: Optional[CallOptions] = None,
    sdk_retries: bool = False,
    httpx: Optional[ModuleType] = None,
    **overrides: Unpack[Config],
) -> Any:
    """An httpx.AsyncClient for `AsyncAnthropic(http_client=...)`, for asyncio. Arguments as those of `http_client`."""
    return make(AnthropicShape(), client, logger, options, sdk_retries, httpx, overrides, True)
