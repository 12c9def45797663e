"""The programs of Tests/Python/snippets, which are written for OpenAI's SDK, over that SDK with the transport: only what makes the client
is another, and it gives the transport the address and key of the program's provider."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Iterator

import gatelet
import gatelet.openai
import openai
import pytest

PYTHON = Path(__file__).parents[1] / "Python"
sys.path.append(str(PYTHON))

import test_snippets as programs  # noqa: E402


def given(http_client: Any, options: Any) -> Any:
    """As a program says it to Gatelet that speaks with one provider, as `OpenAI(...)` does."""
    if "http_client" in options:  # of with_options
        return options.pop("http_client")
    own = gatelet.Client(max_retries=0, **{name: options[name] for name in ("api_key", "base_url") if name in options})
    return http_client(own, sdk_retries=True)


class OpenAI(openai.OpenAI):
    def __init__(self, **options: Any) -> None:
        super().__init__(http_client=given(gatelet.openai.http_client, options), **options)


class AsyncOpenAI(openai.AsyncOpenAI):
    def __init__(self, **options: Any) -> None:
        super().__init__(http_client=given(gatelet.openai.async_http_client, options), **options)


@pytest.fixture(scope="module")
def openai_like() -> Iterator[programs.Upstream]:
    upstream = programs.Upstream()
    yield upstream
    upstream.stop()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", programs.NAMES)
def test_snippet(openai_like: programs.Upstream, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", f"{openai_like.address}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.setattr(openai, "OpenAI", OpenAI)
    monkeypatch.setattr(openai, "AsyncOpenAI", AsyncOpenAI)
    programs.run((programs.SNIPPETS / f"{name}.py").read_text(), name, openai_like)
