from __future__ import annotations

from typing import Iterator

import gatelet.openai
import openai
import pytest
from upstream import Upstream


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    made = Upstream()
    yield made
    made.stop()


@pytest.fixture
def client(upstream: Upstream) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(http_client=gatelet.openai.http_client(upstream.config()), api_key="unused") as made:
        yield made
