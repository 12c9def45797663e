"""frameworks.py NAME URL: what NAME says when it asks the gateway at URL, as a line of JSON. In the environment of Tests/Support/frameworks."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any, Dict

from pydantic import BaseModel

HELLO = "Say hello."


class City(BaseModel):
    """A city."""

    name: str
    inhabitants: int


def langchain_openai(url: str) -> Dict[str, Any]:
    import openai
    from langchain_openai import ChatOpenAI, OpenAIEmbeddings

    make = lambda name: ChatOpenAI(model=name, base_url=url + "/v1", api_key="any", max_retries=0)  # noqa: E731
    model = make("up/chat")
    try:
        make("up/status:429").invoke(HELLO)
        error = ""
    except openai.RateLimitError as caught:
        error = caught.response.headers["retry-after"]
    return {
        "said": model.invoke(HELLO).content,
        "streamed": "".join(str(part.content) for part in model.stream(HELLO)),
        "async": asyncio.run(model.ainvoke(HELLO)).content,
        "parsed": model.with_structured_output(City).invoke(HELLO).model_dump(),
        "vectors": OpenAIEmbeddings(model="up/chat", base_url=url + "/v1", api_key="any", check_embedding_ctx_length=False).embed_query("x"),
        "error": error,
    }


def langchain_anthropic(url: str) -> Dict[str, Any]:
    from langchain_anthropic import ChatAnthropic

    model = ChatAnthropic(model="up/chat", base_url=url, api_key="any", max_tokens=100, max_retries=0)
    return {
        "said": model.invoke(HELLO).content,
        "streamed": "".join(part.text if isinstance(part.text, str) else part.text() for part in model.stream(HELLO)),
        "parsed": model.with_structured_output(City).invoke(HELLO).model_dump(),
    }


def llama_index(url: str) -> Dict[str, Any]:
    from llama_index.core.llms import ChatMessage
    from llama_index.llms.openai import OpenAI

    # The name of a model whose context the package knows.
    model = OpenAI(model="gpt-4o-mini", api_base=url + "/v1", api_key="any", max_retries=0)
    asked = [ChatMessage(role="user", content=HELLO)]
    return {"said": model.chat(asked).message.content, "streamed": "".join(part.delta or "" for part in model.stream_chat(asked))}


def litellm(url: str) -> Dict[str, Any]:
    import litellm

    asked: Any = {"model": "openai/up/chat", "messages": [{"role": "user", "content": HELLO}], "api_base": url + "/v1", "api_key": "any"}
    claude: Any = {**asked, "model": "anthropic/up/chat", "api_base": url, "max_tokens": 100}
    try:
        litellm.completion(**{**asked, "model": "openai/up/status:429"}, max_retries=0)
        error = ""
    except litellm.RateLimitError:
        error = "120"
    return {
        "said": litellm.completion(**asked).choices[0].message.content,
        "streamed": "".join(part.choices[0].delta.content or "" for part in litellm.completion(stream=True, **asked)),
        "anthropic": litellm.completion(**claude).choices[0].message.content,
        "vectors": litellm.embedding(model="openai/up/chat", input=["x"], api_base=url + "/v1", api_key="any").data[0]["embedding"],
        "error": error,
    }


def instructor(url: str) -> Dict[str, Any]:
    import anthropic
    import instructor
    import openai

    asked: Any = {"model": "up/chat", "messages": [{"role": "user", "content": HELLO}], "response_model": City}
    sdk = instructor.from_openai(openai.OpenAI(base_url=url + "/v1", api_key="any"))
    claude = instructor.from_anthropic(anthropic.Anthropic(base_url=url, api_key="any"))
    return {"parsed": sdk.create(**asked).model_dump(), "anthropic": claude.create(max_tokens=100, **asked).model_dump()}


def portkey_ai(url: str) -> Dict[str, Any]:
    """The gateway's key is what this SDK calls `Authorization`; its `api_key` is one for Portkey's own gateway."""
    from portkey_ai import Portkey

    model = Portkey(base_url=url + "/v1", api_key="unused", Authorization="Bearer sk-own")
    asked: Any = {"model": "up/chat", "messages": [{"role": "user", "content": HELLO}]}
    weather: Any = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}}
    called = model.chat.completions.create(tools=[weather], **asked).choices[0].message.tool_calls[0].function
    try:
        model.with_options(max_retries=0).chat.completions.create(**{**asked, "model": "up/status:429"})
        error = ""
    except Exception as caught:
        error = getattr(caught, "response").headers["retry-after"]
    return {
        "said": model.chat.completions.create(**asked).choices[0].message.content,
        "streamed": "".join(part.choices[0].delta.content or "" for part in model.chat.completions.create(stream=True, **asked) if part.choices),
        "tool": json.loads(called.arguments),
        "vectors": model.embeddings.create(model="up/chat", input="x", encoding_format="float").data[0].embedding,
        "models": [one.id for one in model.models.list().data],
        "error": error,
    }


def pydantic_ai(url: str) -> Dict[str, Any]:
    from pydantic_ai import Agent
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    model = OpenAIChatModel("up/chat", provider=OpenAIProvider(base_url=url + "/v1", api_key="any"))
    tooled = Agent(model)

    @tooled.tool_plain
    def weather(city: str) -> str:
        """The weather of a city."""
        return "sunny in " + city

    async def streamed() -> str:
        async with Agent(model).run_stream(HELLO) as result:
            return "".join([text async for text in result.stream_text(delta=True)])

    return {
        "said": Agent(model).run_sync(HELLO).output,
        "streamed": asyncio.run(streamed()),
        "parsed": Agent(model, output_type=City).run_sync(HELLO).output.model_dump(),
        "tool": tooled.run_sync(HELLO).output,
    }


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]](sys.argv[2])))
