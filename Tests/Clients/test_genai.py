"""Google's SDK over the transport: its requests are handed on to Gemini as they are, where the configuration allows them."""

from __future__ import annotations

from typing import Any

import gatelet.genai
import pytest
from google import genai
from google.genai import errors, types
from upstream import Upstream


def client_of(config: Any) -> genai.Client:
    options = types.HttpOptions(
        httpx_client=gatelet.genai.http_client(config), httpx_async_client=gatelet.genai.async_http_client(config)
    )
    return genai.Client(api_key="unused", http_options=options)


def config_of(upstream: Upstream, **more: Any) -> Any:
    config = upstream.config(**more)
    address = config["providers"]["up"]["base_url"]
    return {**config, "providers": {"gemini": {"base_url": address, "api_key": "AIza-provider"}}}


async def test_raw_requests(upstream: Upstream) -> None:
    client = client_of(config_of(upstream, allow_requests=["POST /models/*"], default_provider="gemini"))
    assert client.models.generate_content(model="gemini-2.5-flash", contents="Hi").text == "Hello from Gemini"
    headers = {name.lower(): value for name, value in upstream.requests[-1]["headers"].items()}
    assert headers["x-goog-api-key"] == "AIza-provider" and "unused" not in str(upstream.requests[-1])
    answer = await client.aio.models.generate_content(model="gemini-2.5-flash", contents="Hi")
    assert answer.text == "Hello from Gemini"


async def test_what_is_not_allowed(upstream: Upstream) -> None:
    client = client_of(config_of(upstream, default_provider="gemini"))
    with pytest.raises(errors.ClientError, match="allow_requests") as caught:
        client.models.generate_content(model="gemini-2.5-flash", contents="Hi")
    assert caught.value.code == 404 and caught.value.status == "NOT_FOUND"
    with pytest.raises(errors.ClientError, match="allow_requests"):
        await client.aio.models.generate_content(model="gemini-2.5-flash", contents="Hi")
    assert upstream.requests == []
