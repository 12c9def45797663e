"""Gatelet below Google's own SDK (google-genai): `HttpOptions(httpx_client=gatelet.genai.http_client(allow_requests=["POST /models/*"]))`.

Gatelet has no surface of Google's: requests go to the provider `gemini` as they are, where the configuration allows them.
"""

from __future__ import annotations

from ._transport.clients import HttpClients
from ._transport.shapes import GoogleShape

__all__ = ["async_http_client", "http_client"]

_clients = HttpClients(GoogleShape)
http_client = _clients.http_client
"""For `HttpOptions(httpx_client=...)`."""
async_http_client = _clients.async_http_client
"""For `HttpOptions(httpx_async_client=...)`."""
