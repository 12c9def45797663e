"""Streams of both clients: the four ends, closing, dropping, slow readers."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
import weakref
from typing import Any, AsyncIterator, Callable

import gatelet
import pytest
from conftest import MESSAGES, Upstream, threads


def start(client: gatelet.Client, model: str, **more: Any) -> gatelet.Stream[Any]:
    return client.chat.completions.create(model=model, messages=MESSAGES, stream=True, **more)


async def start_async(client: gatelet.AsyncClient, model: str, **more: Any) -> gatelet.AsyncStream[Any]:
    return await client.chat.completions.create(model=model, messages=MESSAGES, stream=True, **more)


def words(count: int) -> list[str]:
    return [f"w{i} " for i in range(count)]


@pytest.mark.parametrize("count", [1, 3, 1000])
def test_finished(client: gatelet.Client, count: int) -> None:
    stream = start(client, f"stream:{count}")
    assert [chunk.text for chunk in stream if chunk.text] == words(count)
    assert stream.end == "finished" and stream.gatelet and stream.gatelet.provider == "up"


def test_usage(client: gatelet.Client) -> None:
    stream = start(client, "stream:3", stream_options={"include_usage": True})
    last = list(stream)[-1]
    assert last.choices == [] and last.usage.total_tokens == 8
    assert stream.usage and stream.usage.total_tokens == 8


def test_next_and_generator_can_be_mixed(client: gatelet.Client) -> None:
    with start(client, "stream:5") as stream:
        assert next(stream).text == "w0 "
        for chunk in stream:
            assert chunk.text == "w1 "
            break
        assert next(iter(stream)).text == "w2 "
    assert list(stream) == [] and stream.end == "cancelled"


def test_truncated_raises_after_the_chunks(client: gatelet.Client) -> None:
    stream, seen = start(client, "cut:4"), []
    with pytest.raises(gatelet.TruncatedError) as caught:
        seen.extend(chunk.text for chunk in stream)
    assert seen == [] or seen == words(4)  # extend may have stored none when its source raised
    assert stream.end == "truncated" and caught.value.status == 208
    seen = []
    with pytest.raises(gatelet.TruncatedError):
        for chunk in start(client, "cut:4"):
            seen.append(chunk.text)
    assert seen == words(4) and list(stream) == []


async def test_truncated_raises_after_the_chunks_async(server: Upstream) -> None:
    seen = []
    async with gatelet.AsyncClient(server.config()) as client:
        stream = await start_async(client, "cut:4")
        with pytest.raises(gatelet.TruncatedError):
            async for chunk in stream:
                seen.append(chunk.text)
        assert seen == words(4) and stream.end == "truncated"
        with pytest.raises(StopAsyncIteration):
            await stream.__anext__()


@pytest.mark.parametrize("how", ["close", "with", "drop", "drop generator"])
def test_leaving_early_closes_upstream(client: gatelet.Client, closes: Callable[[int], None], how: str) -> None:
    if how == "close":
        stream = start(client, "stall:2")
        assert next(stream).text == "w0 "
        stream.close()
        stream.close()
        assert stream.end == "cancelled" and list(stream) == []
    elif how == "with":
        with start(client, "stall:2") as stream:
            assert next(stream).text == "w0 "
    elif how == "drop":
        stream = start(client, "stall:2")
        assert next(stream).text == "w0 "
        del stream
    else:
        for _ in start(client, "stall:2"):
            break
    closes(1)
    assert client.chat.completions.create(model="chat", messages=MESSAGES).choices


@pytest.mark.parametrize("how", ["aclose", "async with", "drop", "task"])
async def test_leaving_early_closes_upstream_async(server: Upstream, closes: Callable[[int], None], how: str) -> None:
    async with gatelet.AsyncClient(server.config()) as client:
        stream = await start_async(client, "stall:2")
        assert (await stream.__anext__()).text == "w0 "
        if how == "aclose":
            await stream.aclose()
            assert stream.end == "cancelled" and [chunk async for chunk in stream] == []
        elif how == "async with":
            async with stream:
                pass
        elif how == "task":
            task = asyncio.ensure_future(_read_all(stream))
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        del stream
        await asyncio.get_running_loop().run_in_executor(None, closes, 1)
        assert (await client.chat.completions.create(model="chat", messages=MESSAGES)).choices


async def _read_all(stream: gatelet.AsyncStream[Any]) -> None:
    async for _ in stream:
        pass


def test_close_from_another_thread_ends_the_reader(client: gatelet.Client, closes: Callable[[int], None]) -> None:
    stream = start(client, "stall:2")
    threading.Timer(0.2, stream.close).start()
    with pytest.raises(gatelet.CancelledError):
        list(stream)
    closes(1)


def test_several_streams_in_one_thread(client: gatelet.Client) -> None:
    streams = [start(client, f"paced:{n}:1") for n in range(3, 9)]
    texts = [[chunk.text for chunk in stream if chunk.text] for stream in streams]
    assert texts == [words(n) for n in range(3, 9)]


def test_a_slow_reader_is_no_timeout(server: Upstream) -> None:
    """The idle clocks measure the provider, not the program that reads."""
    with gatelet.Client(server.config(timeouts={"idle": 0.5, "content": 0.5})) as client:
        stream = start(client, "paced:6:150")
        seen = []
        for chunk in stream:
            seen.append(chunk.text)
            if len(seen) in (1, 4):
                time.sleep(1.2)
        assert seen[:6] == words(6) and stream.end == "finished"


async def test_a_slow_reader_is_no_timeout_async(server: Upstream) -> None:
    async with gatelet.AsyncClient(server.config(timeouts={"idle": 0.5, "content": 0.5})) as client:
        seen = []
        async for chunk in await start_async(client, "paced:6:150"):
            seen.append(chunk.text)
            if len(seen) in (1, 4):
                time.sleep(1.2)  # the loop itself is stuck
        assert seen[:6] == words(6)


def test_idle_timeout_raises_after_the_chunks(server: Upstream) -> None:
    seen = []
    with gatelet.Client(server.config(timeouts={"idle": 0.4})) as client:
        with pytest.raises(gatelet.APITimeoutError) as caught:
            for chunk in start(client, "stall:2"):
                seen.append(chunk.text)
    assert seen == words(2) and caught.value.status == 205


async def test_200_streams_need_no_thread_each(server: Upstream) -> None:
    before = threads()
    async with gatelet.AsyncClient(server.config()) as client:
        streams = await asyncio.gather(*(start_async(client, "paced:5:20") for _ in range(200)))
        at_work = threads()
        texts = await asyncio.gather(*(_texts(stream) for stream in streams))
    assert texts == [words(5)] * 200
    assert at_work <= before + 3


async def _texts(stream: gatelet.AsyncStream[Any]) -> list[str]:
    return [chunk.text async for chunk in stream if chunk.text]


@pytest.mark.parametrize(("kind", "count"), [("stream", 20000), ("large", 3000)])
async def test_streams_that_nobody_reads_hold_little_and_lose_nothing(server: Upstream, kind: str, count: int) -> None:
    def resident() -> int:
        with open("/proc/self/statm") as pages:
            return int(pages.read().split()[1]) * 4096

    async with gatelet.AsyncClient(server.config()) as client:
        assert len(await _texts(await start_async(client, "stream:100"))) == 100
        before = resident()
        streams = [await start_async(client, f"{kind}:{count}") for _ in range(10)]
        await asyncio.sleep(2)
        assert resident() - before < 20 << 20
        for stream in streams[1:]:
            await stream.aclose()
        texts = [chunk.text async for chunk in streams[0] if chunk.text]
        assert len(texts) == count and streams[0].end == "finished"


@pytest.mark.parametrize("how", ["aclose", "aexit", "generator"])
async def test_closing_ends_the_one_who_waits(server: Upstream, closes: Callable[[int], None], how: str) -> None:
    async with gatelet.AsyncClient(server.config()) as client:
        stream = await start_async(client, "stall:3")

        async def generate() -> AsyncIterator[Any]:
            async for chunk in stream:
                yield chunk

        async def read() -> int:
            return len([chunk async for chunk in generate()] if how == "generator" else [chunk async for chunk in stream])

        reader = asyncio.ensure_future(read())
        await asyncio.sleep(0.3)
        assert not reader.done()
        if how == "aexit":
            async with stream:
                pass
        else:
            await stream.aclose()
        with pytest.raises(gatelet.CancelledError):
            await asyncio.wait_for(reader, 20)
        assert [chunk async for chunk in stream] == []
        await asyncio.get_running_loop().run_in_executor(None, closes, 1)


async def test_many_chunks_at_once_are_read_by_the_clock(server: Upstream) -> None:
    """More wake-ups than are worth one each: whatever the loop does about it, all of it comes, and what follows comes too."""
    async with gatelet.AsyncClient(server.config()) as client:
        streams = await asyncio.gather(*(start_async(client, "paced:200:5") for _ in range(40)))
        texts = await asyncio.gather(*(_texts(stream) for stream in streams))
        assert all(len(text) == 200 for text in texts)
        await asyncio.sleep(0.2)
        assert len(await _texts(await start_async(client, "paced:5:50"))) == 5


async def test_two_tasks_on_one_stream(server: Upstream) -> None:
    async with gatelet.AsyncClient(server.config()) as client:
        stream = await start_async(client, "stall:1")
        await stream.__anext__()
        first = asyncio.ensure_future(_read_all(stream))
        await asyncio.sleep(0.05)
        with pytest.raises(RuntimeError):
            await _read_all(stream)
        first.cancel()


def test_dropped_streams_need_no_collector(client: gatelet.Client, closes: Callable[[int], None]) -> None:
    gc.disable()
    try:
        streams = [start(client, "stall:1") for _ in range(5)]
        left = [weakref.ref(stream) for stream in streams]
        for stream in streams:
            next(stream)
        del stream, streams
        assert [reference() for reference in left] == [None] * 5
    finally:
        gc.enable()
    closes(5)


def test_paced_chunks_arrive_when_they_are_sent(client: gatelet.Client) -> None:
    times = []
    for _ in start(client, "paced:5:400"):
        times.append(time.monotonic())
    gaps = [b - a for a, b in zip(times, times[1:4])]
    assert all(gap < 4 for gap in gaps) and sum(gaps) > 0.8, gaps  # not all of them at the end
