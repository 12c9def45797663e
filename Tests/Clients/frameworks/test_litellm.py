from __future__ import annotations

from typing import Any

import litellm
import pytest
from common import HELLO, SAID

ASKED: Any = {"model": "openai/chat", "messages": [{"role": "user", "content": HELLO}], "api_key": "unused"}


def test_completion(sdk: Any) -> None:
    assert litellm.completion(client=sdk, **ASKED).choices[0].message.content == SAID
    parts = litellm.completion(client=sdk, stream=True, **ASKED)
    assert "".join(part.choices[0].delta.content or "" for part in parts).strip() == SAID


async def test_acompletion(async_sdk: Any) -> None:
    assert (await litellm.acompletion(client=async_sdk, **ASKED)).choices[0].message.content == SAID
    parts = await litellm.acompletion(client=async_sdk, stream=True, **ASKED)
    assert "".join([part.choices[0].delta.content or "" async for part in parts]).strip() == SAID


def test_embeddings(sdk: Any) -> None:
    assert litellm.embedding(model="openai/e", input=["a"], client=sdk, api_key="unused").data[0]["embedding"] == [0.5, -0.25]


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, litellm.BadRequestError), (401, litellm.AuthenticationError), (429, litellm.RateLimitError), (500, litellm.InternalServerError)],
)
def test_errors(sdk: Any, status: int, kind: Any) -> None:
    with pytest.raises(kind):
        litellm.completion(client=sdk, **{**ASKED, "model": f"openai/status:{status}"})
