"""Not run: mypy checks in strict mode that the calls have the types that users see."""

from __future__ import annotations

from typing import List, Optional

import gatelet
from gatelet.types import ChatCompletion, ChatCompletionChunk, Completion, Model


def sync(client: gatelet.Client, flag: bool) -> None:
    messages = [{"role": "user", "content": "x"}]
    answer: ChatCompletion = client.chat.completions.create(messages=messages, model="m", temperature=0.1)
    text: Optional[str] = answer.choices[0].message.content
    stream: gatelet.Stream[ChatCompletionChunk] = client.chat.completions.create(messages=messages, stream=True)
    parts: List[str] = [chunk.text for chunk in stream]
    either = client.chat.completions.create(messages=messages, stream=flag)
    assert isinstance(either, (ChatCompletion, gatelet.Stream))
    completion: Completion = client.completions.create(prompt="x")
    models: List[Model] = list(client.models.list())
    print(text, parts, completion.choices[0].text, models[0].pricing)


async def asynchronous(client: gatelet.AsyncClient) -> None:
    answer: ChatCompletion = await client.chat.completions.create(messages=[], model="m")
    async with await client.chat.completions.create(messages=[], stream=True) as stream:
        parts: List[str] = [chunk.text async for chunk in stream]
    print(answer.usage.prompt_tokens if answer.usage else None, parts, stream.end)
