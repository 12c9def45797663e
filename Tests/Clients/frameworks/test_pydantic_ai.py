from __future__ import annotations

from typing import Any

import pytest
from common import HELLO, SAID
from pydantic import BaseModel
from pydantic_ai import Agent
from pydantic_ai.exceptions import ModelHTTPError
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.openai import OpenAIProvider


class City(BaseModel):
    name: str
    inhabitants: int


def model(sdk: Any, name: str = "chat") -> OpenAIChatModel:
    return OpenAIChatModel(name, provider=OpenAIProvider(openai_client=sdk))


async def test_run_and_stream(async_sdk: Any) -> None:
    agent = Agent(model(async_sdk))
    assert (await agent.run(HELLO)).output == SAID
    async with agent.run_stream(HELLO) as result:
        assert "".join([text async for text in result.stream_text(delta=True)]).strip() == SAID
    responses = Agent(OpenAIResponsesModel("chat", provider=OpenAIProvider(openai_client=async_sdk)))
    assert (await responses.run(HELLO)).output == SAID


async def test_structured_output(async_sdk: Any) -> None:
    assert (await Agent(model(async_sdk), output_type=City).run(HELLO)).output == City(name="Paris", inhabitants=7)


async def test_tools(async_sdk: Any) -> None:
    agent = Agent(model(async_sdk))

    @agent.tool_plain
    def weather(city: str) -> str:
        """The weather of a city."""
        return "sunny in " + city

    assert (await agent.run(HELLO)).output == "The tool said: sunny in Paris"


async def test_errors(async_sdk: Any) -> None:
    with pytest.raises(ModelHTTPError) as caught:
        await Agent(model(async_sdk, "status:403")).run(HELLO)
    assert caught.value.status_code == 403


def test_without_a_loop(async_sdk: Any) -> None:
    assert Agent(model(async_sdk)).run_sync(HELLO).output == SAID
