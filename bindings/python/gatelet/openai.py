"""Gatelet below OpenAI's own SDK: `OpenAI(http_client=gatelet.openai.http_client(), api_key="unused")`."""

from __future__ import annotations

from ._transport.clients import HttpClients
from ._transport.shapes import Shape

__all__ = ["async_http_client", "http_client"]

_clients = HttpClients(Shape)
http_client = _clients.http_client
"""For `OpenAI(http_client=...)`."""
async_http_client = _clients.async_http_client
"""For `AsyncOpenAI(http_client=...)`."""
