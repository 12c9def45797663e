"""Clients of the SDKs that lead to the provider of the suite."""

from __future__ import annotations

import os
from typing import Any

# Nothing here asks anybody but the provider of these tests, nor tells anybody of them.
os.environ.update(LANGSMITH_TRACING="false", LITELLM_LOCAL_MODEL_COST_MAP="True", PYDANTIC_AI_DISABLE_UPDATE_CHECK="1")

import anthropic  # noqa: E402
import gatelet.anthropic  # noqa: E402
import gatelet.openai  # noqa: E402
import openai  # noqa: E402
import pytest  # noqa: E402
from upstream import Upstream  # noqa: E402

@pytest.fixture
def http_client(upstream: Upstream) -> Any:
    return gatelet.openai.http_client(upstream.config())


@pytest.fixture
def async_http_client(upstream: Upstream) -> Any:
    return gatelet.openai.async_http_client(upstream.config())


@pytest.fixture
def sdk(http_client: Any) -> openai.OpenAI:
    return openai.OpenAI(http_client=http_client, api_key="unused")


@pytest.fixture
def async_sdk(async_http_client: Any) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(http_client=async_http_client, api_key="unused")


@pytest.fixture
def claude(upstream: Upstream) -> anthropic.Anthropic:
    return anthropic.Anthropic(http_client=gatelet.anthropic.http_client(upstream.config()), api_key="unused")


@pytest.fixture
def async_claude(upstream: Upstream) -> anthropic.AsyncAnthropic:
    return anthropic.AsyncAnthropic(http_client=gatelet.anthropic.async_http_client(upstream.config()), api_key="unused")
