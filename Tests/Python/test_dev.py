"""Every call on the development provider, and its answers read by the OpenAI SDK's own types, strictly."""

from __future__ import annotations

import asyncio
from typing import Any

import gatelet
import pytest
from conftest import MESSAGES
from openai.types import Completion, CreateEmbeddingResponse
from openai.types.chat import ChatCompletion, ChatCompletionChunk

MODEL = "openai/gpt-4o-mini"


def strict(cls: Any, answer: Any) -> Any:
    """Types must fit exactly: no text where a number belongs."""
    return cls.model_validate_json(answer.to_json(), strict=True)


def test_chat(dev: gatelet.Client) -> None:
    answer = dev.chat.completions.create(model=MODEL, messages=MESSAGES)
    theirs = strict(ChatCompletion, answer)
    assert answer.choices[0].message.content and answer.choices[0].message.content == theirs.choices[0].message.content
    assert answer.choices[0].finish_reason == theirs.choices[0].finish_reason == "stop"
    assert answer.usage and answer.usage.total_tokens == theirs.usage.total_tokens > 0
    assert answer.gatelet.provider == "dev" and answer.gatelet.request_id
    assert answer.gatelet.timings and answer.gatelet.timings.total_ms is not None


def test_stream(dev: gatelet.Client) -> None:
    stream = dev.chat.completions.create(model=MODEL, messages=MESSAGES, stream=True)
    assert stream.end is None and stream.usage is None
    chunks = list(stream)
    texts = [strict(ChatCompletionChunk, chunk).choices[0].delta.content for chunk in chunks]
    assert len(chunks) > 2 and [chunk.text for chunk in chunks] == [text or "" for text in texts]
    assert [chunk.choices[0].delta.content for chunk in chunks] == texts
    assert stream.end == "finished" and stream.usage and stream.usage.total_tokens and stream.gatelet
    assert stream.gatelet.provider == "dev"
    whole = dev.chat.completions.create(model=MODEL, messages=MESSAGES)
    assert "".join(chunk.text for chunk in chunks) == whole.choices[0].message.content
    assert list(stream) == []


def test_completion(dev: gatelet.Client) -> None:
    answer = dev.completions.create(model=MODEL, prompt="Once upon")
    assert answer.choices[0].text == strict(Completion, answer).choices[0].text != ""


def test_completion_stream(dev: gatelet.Client) -> None:
    with dev.completions.create(model=MODEL, prompt="Once upon", stream=True) as stream:
        chunks = list(stream)
    assert "".join(chunk.text for chunk in chunks) == "".join(chunk.choices[0].text for chunk in chunks) != ""
    assert stream.end == "finished"


def test_embeddings(dev: gatelet.Client) -> None:
    answer = dev.embeddings.create(model=MODEL, input=["one", "two"])
    theirs = strict(CreateEmbeddingResponse, answer)
    assert len(answer.data) == 2 and answer.data[1].embedding == theirs.data[1].embedding
    assert all(isinstance(number, (int, float)) for number in answer.data[0].embedding)


def test_models(dev: gatelet.Client) -> None:
    models = dev.models.list()
    assert len(models) == len(models.data) > 0
    for model in models:
        assert isinstance(model.id, str) and model.provider == "dev"
        assert model.pricing is None or model.pricing.prompt is None or isinstance(model.pricing.prompt, str)
    assert [model.id for model in dev.models.list(provider="dev", fresh=True)] == [model.id for model in models]


async def test_async_calls() -> None:
    async with gatelet.AsyncClient(dev_mode=True, environment=False) as client:
        answer = await client.chat.completions.create(model=MODEL, messages=MESSAGES)
        stream = await client.chat.completions.create(model=MODEL, messages=MESSAGES, stream=True)
        assert "".join([chunk.text async for chunk in stream]) == answer.choices[0].message.content
        assert stream.end == "finished" and stream.usage and stream.gatelet and stream.gatelet.provider == "dev"
        assert (await client.completions.create(model=MODEL, prompt="x")).choices[0].text
        parts = await client.completions.create(model=MODEL, prompt="x", stream=True)
        assert "".join([chunk.text async for chunk in parts])
        assert (await client.embeddings.create(model=MODEL, input="x")).data[0].embedding
        assert len(await client.models.list()) > 0


async def test_tokens_arrive_one_by_one_while_the_loop_goes_on() -> None:
    ticks = 0

    async def clock() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.005)

    ticking = asyncio.ensure_future(clock())
    at: list[int] = []
    async with gatelet.AsyncClient(dev_mode=True, environment=False) as client:
        async for _ in await client.chat.completions.create(model=MODEL, messages=MESSAGES, stream=True):
            at.append(ticks)
    ticking.cancel()
    assert len(set(at)) > 2


def test_environment_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEV_MODE", "true")
    with gatelet.Client() as client:
        assert client.chat.completions.create(model=MODEL, messages=MESSAGES).gatelet.provider == "dev"
