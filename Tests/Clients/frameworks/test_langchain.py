from __future__ import annotations

from typing import Any

import openai
import pytest
from common import HELLO, SAID
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAI, OpenAIEmbeddings
from pydantic import BaseModel
from upstream import Upstream


class City(BaseModel):
    """A city."""

    name: str
    inhabitants: int


@tool
def weather(city: str) -> str:
    """The weather of a city."""
    return "sunny in " + city


@pytest.fixture
def model(http_client: Any, async_http_client: Any) -> ChatOpenAI:
    return ChatOpenAI(model="chat", api_key="unused", http_client=http_client, http_async_client=async_http_client)


def test_invoke_stream_and_batch(model: ChatOpenAI) -> None:
    answer = model.invoke(HELLO)
    assert answer.content == SAID and answer.usage_metadata["total_tokens"] == 8
    assert "".join(chunk.content for chunk in model.stream(HELLO)).strip() == SAID
    assert [answer.content for answer in model.batch([HELLO] * 5)] == [SAID] * 5


async def test_async(model: ChatOpenAI) -> None:
    assert (await model.ainvoke(HELLO)).content == SAID
    assert "".join([chunk.content async for chunk in model.astream(HELLO)]).strip() == SAID
    assert [answer.content for answer in await model.abatch([HELLO] * 5)] == [SAID] * 5


def test_tools(model: ChatOpenAI) -> None:
    bound = model.bind_tools([weather])
    asked: Any = [HumanMessage(HELLO)]
    asked.append(bound.invoke(asked))
    call = asked[-1].tool_calls[0]
    assert call["args"] == {"city": "Paris"}
    asked.append(ToolMessage(weather.invoke(call["args"]), tool_call_id=call["id"]))
    assert bound.invoke(asked).content == "The tool said: sunny in Paris"
    pieces = None
    for chunk in bound.stream(HELLO):
        pieces = chunk if pieces is None else pieces + chunk
    assert pieces is not None and pieces.tool_calls[0]["args"] == {"city": "Paris"}  # type: ignore[attr-defined]


@pytest.mark.parametrize("method", ["json_schema", "function_calling"])
def test_structured_output(model: ChatOpenAI, method: Any) -> None:
    assert model.with_structured_output(City, method=method).invoke(HELLO) == City(name="Paris", inhabitants=7)


def test_responses_completions_and_embeddings(http_client: Any) -> None:
    given: Any = {"api_key": "unused", "http_client": http_client}
    assert ChatOpenAI(model="chat", use_responses_api=True, **given).invoke(HELLO).text == SAID
    assert OpenAI(model="chat", **given).invoke("you").strip() == "After you"
    embeddings = OpenAIEmbeddings(model="e", check_embedding_ctx_length=False, **given)
    assert embeddings.embed_documents(["a", "b"]) == [[0.5, -0.25]] * 2


def test_errors(http_client: Any, upstream: Upstream) -> None:
    model = ChatOpenAI(model="status:429", api_key="unused", http_client=http_client)
    with pytest.raises(openai.RateLimitError):
        model.invoke(HELLO)
    assert len(upstream.requests) == 1
    with pytest.raises(openai.APITimeoutError):
        ChatOpenAI(model="silent", api_key="unused", http_client=http_client, timeout=0.3).invoke(HELLO)


async def test_anthropic(claude: Any, async_claude: Any) -> None:
    """It has no parameter for a client: the client that it has made is replaced."""
    model = ChatAnthropic(model="chat", api_key="unused", max_tokens=50)
    model.__dict__.update(_client=claude, _async_client=async_claude)
    assert model.invoke(HELLO).content == SAID
    assert "".join(chunk.text for chunk in model.stream(HELLO)).strip() == SAID
    assert (await model.ainvoke(HELLO)).content == SAID
    assert model.bind_tools([weather]).invoke(HELLO).tool_calls[0]["args"] == {"city": "Paris"}
