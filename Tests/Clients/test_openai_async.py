"""OpenAI's SDK for asyncio over the transport."""

from __future__ import annotations

import asyncio
import gc
import resource
import threading
from typing import Any, AsyncIterator, List

import gatelet.openai
import openai
import pytest
import pytest_asyncio
import uvloop
from common import MESSAGES, eventually
from test_openai import FAILURES, TOOL, City
from upstream import SOUND, Upstream


@pytest_asyncio.fixture
async def sdk(upstream: Upstream) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(http_client=gatelet.openai.async_http_client(upstream.config()), api_key="unused") as made:
        yield made


async def say(client: openai.AsyncOpenAI, model: str = "chat", **more: Any) -> Any:
    return await client.chat.completions.create(model=model, messages=MESSAGES, **more)


async def words(client: openai.AsyncOpenAI, model: str = "chat", **more: Any) -> List[str]:
    return [chunk.choices[0].delta.content or "" async for chunk in await say(client, model, stream=True, **more)]


async def closes(upstream: Upstream) -> None:
    await asyncio.get_running_loop().run_in_executor(None, lambda: eventually(lambda: upstream.closed == 1))


async def test_calls(sdk: openai.AsyncOpenAI) -> None:
    assert (await say(sdk)).choices[0].message.content == "You said: Say hello."
    assert "".join(await words(sdk)).strip() == "You said: Say hello."
    assert (await sdk.completions.create(model="chat", prompt="you")).choices[0].text == "After you"
    assert (await sdk.embeddings.create(model="e", input="a")).data[0].embedding == [0.5, -0.25]
    assert [model.id async for model in sdk.models.list()] == ["chat", "second"]
    assert (await sdk.models.retrieve("up/second")).owned_by == "up"
    assert (await sdk.responses.create(model="chat", input="Hi")).output_text == "You said: Hi"
    parsed = await sdk.chat.completions.parse(model="chat", messages=MESSAGES, response_format=City)
    assert parsed.choices[0].message.parsed == City(name="Paris", inhabitants=7, tags=["Paris"])
    async with sdk.chat.completions.stream(model="chat", messages=MESSAGES, tools=[TOOL]) as stream:
        assert [event async for event in stream]
        assert (await stream.get_final_completion()).choices[0].finish_reason == "tool_calls"


async def test_responses_and_headers(sdk: openai.AsyncOpenAI) -> None:
    raw = await sdk.chat.completions.with_raw_response.create(model="chat", messages=MESSAGES)
    assert raw.headers["x-ratelimit-remaining-requests"] == "99" and raw.parse().choices
    kept = sdk.chat.completions.with_streaming_response.create(model="chat", messages=MESSAGES, stream=True)
    async with kept as response:
        assert response.headers["x-request-id"] == "req_upstream_1"
        lines = [line async for line in response.iter_lines() if line]
    assert lines[-1] == "data: [DONE]"


@pytest.mark.parametrize(("status", "kind"), FAILURES)
async def test_errors(sdk: openai.AsyncOpenAI, upstream: Upstream, status: int, kind: Any) -> None:
    with pytest.raises(kind) as caught:
        await say(sdk, f"status:{status}")
    assert type(caught.value) is kind and len(upstream.requests) == 1
    assert caught.value.request_id == "req_upstream_1"


async def test_time_outs_and_broken_connections(sdk: openai.AsyncOpenAI, upstream: Upstream) -> None:
    with pytest.raises(openai.APITimeoutError):
        await say(sdk, "silent", timeout=0.3)
    assert len(upstream.requests) == 1
    with pytest.raises(openai.APITimeoutError):
        await words(sdk, "stall:2", timeout=0.3)
    with pytest.raises(openai.APIConnectionError):
        await words(sdk, "cut:2")


@pytest.mark.parametrize("stream", [False, True])
async def test_cancelling_a_task_before_the_first_chunk(sdk: openai.AsyncOpenAI, upstream: Upstream, stream: bool) -> None:
    task = asyncio.create_task(say(sdk, "silent", stream=stream))
    while not upstream.requests:
        await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await closes(upstream)


async def test_cancelling_a_task_within_a_stream(sdk: openai.AsyncOpenAI, upstream: Upstream) -> None:
    task = asyncio.create_task(words(sdk, "stall:1"))
    while not upstream.sent:
        await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await closes(upstream)


async def test_closing_and_dropping_streams(sdk: openai.AsyncOpenAI, upstream: Upstream) -> None:
    stream = await say(sdk, "stall:1", stream=True)
    assert (await stream.__anext__()).choices[0].delta.content == "w0 "
    await stream.close()
    await closes(upstream)
    upstream.closed = 0
    stream = await say(sdk, "stall:1", stream=True)
    await stream.__anext__()
    del stream
    gc.collect()
    await closes(upstream)


async def test_closing_a_stream_ends_the_task_that_reads(sdk: openai.AsyncOpenAI, upstream: Upstream) -> None:
    stream = await say(sdk, "stall:1", stream=True)
    await stream.__anext__()
    reader = asyncio.create_task(stream.__anext__())
    await asyncio.sleep(0.1)
    await stream.close()
    with pytest.raises(openai.APIConnectionError):
        await reader
    await closes(upstream)


async def test_closing_the_client_ends_what_waits(upstream: Upstream) -> None:
    client = openai.AsyncOpenAI(http_client=gatelet.openai.async_http_client(upstream.config()), api_key="unused")
    task = asyncio.create_task(say(client, "silent"))
    while not upstream.requests:
        await asyncio.sleep(0.02)
    await client.close()
    with pytest.raises(openai.APIConnectionError):
        await task
    await closes(upstream)


async def test_other_endpoints(sdk: openai.AsyncOpenAI) -> None:
    assert (await sdk.moderations.create(input="bad")).results[0].flagged
    async with sdk.audio.speech.with_streaming_response.create(model="tts", voice="alloy", input="Hi") as streamed:
        assert b"".join([piece async for piece in streamed.iter_bytes()]) == SOUND
    with pytest.raises(openai.NotFoundError, match="told to fail with 404"):
        await sdk.responses.retrieve("resp_1")


async def test_many_at_once(sdk: openai.AsyncOpenAI) -> None:
    answers = await asyncio.gather(*[words(sdk, "paced:5:20") for _ in range(50)])
    assert answers == [[f"w{i} " for i in range(5)] + [""]] * 50


async def test_a_slow_reader_has_the_provider_wait(sdk: openai.AsyncOpenAI, upstream: Upstream) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    streams = [await say(sdk, "big:20000", stream=True) for _ in range(3)]
    sent = -1
    while sent != upstream.sent:
        sent = upstream.sent
        await asyncio.sleep(0.5)
    assert sent < 10000, "600 MB are there to be read"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150 << 10
    for stream in streams[1:]:
        await stream.close()
    count = 0
    async for chunk in streams[0]:
        count += 1
    assert count == 20001


def test_loops_and_threads_share_a_client(upstream: Upstream) -> None:
    client = openai.AsyncOpenAI(http_client=gatelet.openai.async_http_client(upstream.config()), api_key="unused")
    found: List[Any] = []

    async def ask() -> None:
        found.append("".join(await words(client)).strip())

    asyncio.run(ask())
    uvloop.run(ask())
    threads = [threading.Thread(target=lambda: asyncio.run(ask())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["You said: Say hello."] * 6
    asyncio.run(client.close())
