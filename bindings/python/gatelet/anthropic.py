"""Gatelet below Anthropic's own SDK: `Anthropic(http_client=gatelet.anthropic.http_client(), api_key="unused")`."""

from __future__ import annotations

from ._transport.clients import HttpClients
from ._transport.shapes import AnthropicShape

__all__ = ["async_http_client", "http_client"]

_clients = HttpClients(AnthropicShape)
http_client = _clients.http_client
"""For `Anthropic(http_client=...)`."""
async_http_client = _clients.async_http_client
"""For `AsyncAnthropic(http_client=...)`."""
