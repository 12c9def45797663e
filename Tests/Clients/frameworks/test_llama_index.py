from __future__ import annotations

from typing import Any

import gatelet.openai
import openai
import pytest
from common import HELLO, SAID
from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool
from llama_index.llms.openai import OpenAI
from pydantic import BaseModel
from upstream import Upstream


class City(BaseModel):
    name: str
    inhabitants: int


@pytest.fixture
def model(http_client: Any, async_http_client: Any) -> OpenAI:
    # The name of a model whose context the package knows.
    return OpenAI(model="gpt-4o-mini", api_key="unused", http_client=http_client, async_http_client=async_http_client, max_retries=0)


def weather(city: str) -> str:
    """The weather of a city."""
    return "sunny in " + city


async def test_chat(model: OpenAI) -> None:
    messages = [ChatMessage(role="user", content=HELLO)]
    assert model.chat(messages).message.content == SAID
    assert "".join(part.delta or "" for part in model.stream_chat(messages)).strip() == SAID
    assert (await model.achat(messages)).message.content == SAID
    assert "".join([part.delta or "" async for part in await model.astream_chat(messages)]).strip() == SAID
    assert model.complete(HELLO).text == SAID


def test_tools_and_structured_output(model: OpenAI) -> None:
    response = model.chat_with_tools([FunctionTool.from_defaults(weather)], user_msg=HELLO)
    assert model.get_tool_calls_from_response(response)[0].tool_kwargs == {"city": "Paris"}
    assert model.as_structured_llm(City).chat([ChatMessage(role="user", content=HELLO)]).raw == City(name="Paris", inhabitants=7)


def test_errors(upstream: Upstream) -> None:
    nobody = {**upstream.config(), "providers": {"up": {"base_url": "http://127.0.0.1:1/v1", "api_key": "k"}}}
    model = OpenAI(model="gpt-4o-mini", api_key="unused", http_client=gatelet.openai.http_client(nobody), max_retries=0)
    with pytest.raises(openai.APIConnectionError):
        model.chat([ChatMessage(role="user", content=HELLO)])
