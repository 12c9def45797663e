from __future__ import annotations

import time
from typing import Any, Callable, Iterator

import gatelet.anthropic
import gatelet.openai
import openai
import pytest
from upstream import Upstream

MESSAGES: Any = [{"role": "user", "content": "Say hello."}]


def eventually(true: Callable[[], bool], seconds: float = 100) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.02)


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    made = Upstream()
    yield made
    made.stop()


@pytest.fixture
def client(upstream: Upstream) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(http_client=gatelet.openai.http_client(upstream.config()), api_key="unused") as made:
        yield made
