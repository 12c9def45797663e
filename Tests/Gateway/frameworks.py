"""frameworks.py NAME URL: what NAME says when it asks the gateway at URL, as a line of JSON: `said`, `streamed`, `tool`, `picture`, `error` and `cancelled`
of each, and what it has beside those. In the environment of Tests/Support/frameworks."""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import urllib.request
from typing import Any, Awaitable, Callable, Dict, List, Optional

from pydantic import BaseModel

HELLO = "Say hello."
WHAT = "What is it?"
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PICTURE = "data:image/png;base64," + PNG
ASKED: Any = {"model": "up/chat", "messages": [{"role": "user", "content": HELLO}]}
SEEN: Any = [{"role": "user", "content": [{"type": "text", "text": WHAT}, {"type": "image_url", "image_url": {"url": PICTURE}}]}]
WEATHER: Any = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL: Any = {"type": "function", "function": {"name": "weather", "description": "The weather.", "parameters": WEATHER}}


class City(BaseModel):
    """A city."""

    name: str
    inhabitants: int


def refusal(ask: Callable[[], Any]) -> List[Any]:
    """Status and `retry-after` of what the client raises, or of what that was raised from."""
    try:
        ask()
    except Exception as caught:
        error: Optional[BaseException] = caught
        while error is not None:
            response = getattr(error, "response", None)
            if getattr(response, "status_code", None):
                return [response.status_code, response.headers.get("retry-after")]
            error = error.__cause__ or error.__context__
        raise
    return []


def live(url: str) -> int:
    with urllib.request.urlopen(url + "/status/now", timeout=60) as told:
        return int(json.load(told)["live_count"])


async def until(url: str, count: int) -> bool:
    for _ in range(600):
        if await asyncio.to_thread(live, url) == count:
            return True
        await asyncio.sleep(0.05)
    return False


async def _cancelled(url: str, begin: Callable[[], Awaitable[Any]]) -> bool:
    task = asyncio.ensure_future(begin())
    assert await until(url, 1), task
    task.cancel()
    return await until(url, 0)


def cancelled(url: str, begin: Callable[[], Awaitable[Any]]) -> bool:
    """Whether a task of asyncio that is cancelled ends the request at the gateway, while this process lives on."""
    return asyncio.run(_cancelled(url, begin))


def closed(url: str, begin: Callable[[], Any]) -> bool:
    """So with a stream whose reader stops, and lets go of it."""
    stream = begin()
    next(stream)
    began = asyncio.run(until(url, 1))
    stream.close()
    del stream
    return began and asyncio.run(until(url, 0))


def langchain_openai(url: str) -> Dict[str, Any]:
    from langchain_core.messages import HumanMessage
    from langchain_openai import ChatOpenAI, OpenAIEmbeddings

    make = lambda name: ChatOpenAI(model=name, base_url=url + "/v1", api_key="any", max_retries=0)  # noqa: E731
    model = make("up/chat")

    async def later() -> List[Any]:
        """In one loop, since all models here share their connections."""
        return [(await model.ainvoke(HELLO)).content, await _cancelled(url, lambda: make("up/silent").ainvoke(HELLO))]

    said, ended = asyncio.run(later())
    return {
        "said": model.invoke(HELLO).content,
        "streamed": "".join(str(part.content) for part in model.stream(HELLO)),
        "async": said,
        "tool": model.bind_tools([TOOL]).invoke(HELLO).tool_calls[0]["args"],
        "picture": model.invoke([HumanMessage(SEEN[0]["content"])]).content,
        "error": refusal(lambda: make("up/status:429").invoke(HELLO)),
        "cancelled": closed(url, lambda: make("up/stall:2").stream(HELLO)) and ended,
        "parsed": model.with_structured_output(City).invoke(HELLO).model_dump(),
        "vectors": OpenAIEmbeddings(model="up/chat", base_url=url + "/v1", api_key="any", check_embedding_ctx_length=False).embed_query("x"),
    }


def langchain_anthropic(url: str) -> Dict[str, Any]:
    from langchain_anthropic import ChatAnthropic
    from langchain_core.messages import HumanMessage

    make = lambda name: ChatAnthropic(model=name, base_url=url, api_key="any", max_tokens=100, max_retries=0)  # noqa: E731
    model = make("up/chat")
    seen = [{"type": "text", "text": WHAT}, {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}]
    return {
        "said": model.invoke(HELLO).content,
        "streamed": "".join(part.text if isinstance(part.text, str) else part.text() for part in model.stream(HELLO)),
        "tool": model.bind_tools([TOOL]).invoke(HELLO).tool_calls[0]["args"],
        "picture": model.invoke([HumanMessage(seen)]).content,
        "error": refusal(lambda: make("up/status:429").invoke(HELLO)),
        "cancelled": closed(url, lambda: make("up/stall:2").stream(HELLO)) and cancelled(url, lambda: make("up/silent").ainvoke(HELLO)),
        "parsed": model.with_structured_output(City).invoke(HELLO).model_dump(),
    }


def llama_index(url: str) -> Dict[str, Any]:
    from llama_index.core.llms import ChatMessage, ImageBlock, TextBlock
    from llama_index.core.tools import FunctionTool
    from llama_index.llms.openai import OpenAI

    def weather(city: str) -> str:
        """The weather of a city."""
        return "sunny in " + city

    # The name of a model whose context the package knows; the calls name others.
    model = OpenAI(model="gpt-4o-mini", api_base=url + "/v1", api_key="any", max_retries=0)
    asked = [ChatMessage(role="user", content=HELLO)]
    seen = [ChatMessage(role="user", blocks=[TextBlock(text=WHAT), ImageBlock(image=base64.b64decode(PNG), image_mimetype="image/png")])]
    return {
        "said": model.chat(asked).message.content,
        "streamed": "".join(part.delta or "" for part in model.stream_chat(asked)),
        "tool": model.get_tool_calls_from_response(model.chat_with_tools([FunctionTool.from_defaults(weather)], user_msg=HELLO))[0].tool_kwargs,
        "picture": model.chat(seen).message.content,
        "error": refusal(lambda: model.chat(asked, model="up/status:429")),
        "cancelled": cancelled(url, lambda: model.achat(asked, model="up/silent")),
    }


def litellm(url: str) -> Dict[str, Any]:
    import litellm

    asked: Any = {**ASKED, "model": "openai/up/chat", "api_base": url + "/v1", "api_key": "any", "max_retries": 0}
    claude: Any = {**asked, "model": "anthropic/up/chat", "api_base": url, "max_tokens": 100}
    return {
        "said": litellm.completion(**asked).choices[0].message.content,
        "streamed": "".join(part.choices[0].delta.content or "" for part in litellm.completion(stream=True, **asked)),
        "tool": json.loads(litellm.completion(tools=[TOOL], **asked).choices[0].message.tool_calls[0].function.arguments),
        "picture": litellm.completion(**{**asked, "messages": SEEN}).choices[0].message.content,
        "error": refusal(lambda: litellm.completion(**{**asked, "model": "openai/up/status:429"})),
        "cancelled": cancelled(url, lambda: litellm.acompletion(**{**asked, "model": "openai/up/silent"})),
        "anthropic": litellm.completion(**claude).choices[0].message.content,
        "vectors": litellm.embedding(model="openai/up/chat", input=["x"], api_base=url + "/v1", api_key="any").data[0]["embedding"],
    }


def instructor(url: str) -> Dict[str, Any]:
    """It knows answers in the form of a model only, which it asks for as a tool."""
    import anthropic
    import instructor
    import openai
    from instructor.processing.multimodal import Image

    sdk = instructor.from_openai(openai.OpenAI(base_url=url + "/v1", api_key="any", max_retries=0))
    later = instructor.from_openai(openai.AsyncOpenAI(base_url=url + "/v1", api_key="any", max_retries=0))
    claude = instructor.from_anthropic(anthropic.Anthropic(base_url=url, api_key="any"))
    asked: Any = {**ASKED, "response_model": City}
    seen: Any = [{"role": "user", "content": [WHAT, Image.from_base64(PICTURE)]}]
    return {
        "tool": sdk.create(**asked).model_dump(),
        "streamed": list(sdk.create_partial(**asked))[-1].model_dump(),
        "picture": sdk.create(**{**asked, "messages": seen}).model_dump(),
        "error": refusal(lambda: sdk.create(**{**asked, "model": "up/status:429"}, max_retries=0)),
        "cancelled": cancelled(url, lambda: later.create(**{**asked, "model": "up/silent"})),
        "anthropic": claude.create(max_tokens=100, **asked).model_dump(),
    }


def portkey_ai(url: str) -> Dict[str, Any]:
    """The gateway's key is what this SDK calls `Authorization`; its `api_key` is one for Portkey's own gateway."""
    from portkey_ai import AsyncPortkey, Portkey

    named: Any = {"base_url": url + "/v1", "api_key": "unused", "Authorization": "Bearer sk-own"}
    model = Portkey(**named)

    async def silent() -> None:
        await AsyncPortkey(**named).chat.completions.create(**{**ASKED, "model": "up/silent"})

    return {
        "said": model.chat.completions.create(**ASKED).choices[0].message.content,
        "streamed": "".join(part.choices[0].delta.content or "" for part in model.chat.completions.create(stream=True, **ASKED) if part.choices),
        "tool": json.loads(model.chat.completions.create(tools=[TOOL], **ASKED).choices[0].message.tool_calls[0].function.arguments),
        "picture": model.chat.completions.create(**{**ASKED, "messages": SEEN}).choices[0].message.content,
        "error": refusal(lambda: model.with_options(max_retries=0).chat.completions.create(**{**ASKED, "model": "up/status:429"})),
        "cancelled": cancelled(url, silent),
        "vectors": model.embeddings.create(model="up/chat", input="x", encoding_format="float").data[0].embedding,
        "models": [one.id for one in model.models.list().data],
    }


def pydantic_ai(url: str) -> Dict[str, Any]:
    from openai import AsyncOpenAI
    from pydantic_ai import Agent, BinaryContent
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    sdk: Any = {"base_url": url + "/v1", "api_key": "any", "max_retries": 0}
    make = lambda name: OpenAIChatModel(name, provider=OpenAIProvider(openai_client=AsyncOpenAI(**sdk)))  # noqa: E731
    agent = Agent(make("up/chat"))
    tooled = Agent(make("up/chat"))

    @tooled.tool_plain
    def weather(city: str) -> str:
        """The weather of a city."""
        return "sunny in " + city

    async def streamed() -> str:
        async with agent.run_stream(HELLO) as result:
            return "".join([text async for text in result.stream_text(delta=True)])

    async def ask() -> Dict[str, Any]:
        """In one loop, to which the connections of the SDK belong."""
        return {
            "said": (await agent.run(HELLO)).output,
            "streamed": await streamed(),
            "tool": (await tooled.run(HELLO)).output,
            "picture": (await agent.run([WHAT, BinaryContent(base64.b64decode(PNG), media_type="image/png")])).output,
            "cancelled": await _cancelled(url, lambda: Agent(make("up/silent")).run(HELLO)),
            "parsed": (await Agent(make("up/chat"), output_type=City).run(HELLO)).output.model_dump(),
        }

    return {**asyncio.run(ask()), "error": refusal(lambda: Agent(make("up/status:429")).run_sync(HELLO))}


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]](sys.argv[2])))
