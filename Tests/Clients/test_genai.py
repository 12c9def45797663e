"""Google's SDK over the transport, which has no surface for it: it says so, and nothing is sent."""

from __future__ import annotations

import gatelet.genai
import pytest
from google import genai
from google.genai import errors, types
from upstream import Upstream


async def test_unsupported(upstream: Upstream) -> None:
    options = types.HttpOptions(
        httpx_client=gatelet.genai.http_client(upstream.config()),
        httpx_async_client=gatelet.genai.async_http_client(upstream.config()),
    )
    client = genai.Client(api_key="unused", http_options=options)
    with pytest.raises(errors.ServerError, match="no surface for POST /models/gemini-2.5-flash:generateContent") as caught:
        client.models.generate_content(model="gemini-2.5-flash", contents="Hi")
    assert caught.value.code == 501 and caught.value.status == "UNIMPLEMENTED"
    with pytest.raises(errors.ServerError, match="no surface"):
        await client.aio.models.generate_content(model="gemini-2.5-flash", contents="Hi")
    assert upstream.requests == []
