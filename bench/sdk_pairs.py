#!/usr/bin/env python3
"""CPU of OpenAI's SDK over its own transport and over Gatelet's, in turns in one process, against one local server.

    build/venv/bin/python bench/sdk_pairs.py [ROUNDS]

A line each: the median CPU time of a request or chunk with both (all threads of the process), and the median of the ratios of the rounds.
`send` is what is below the SDK: its client of httpx alone.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from pathlib import Path
from typing import Any, Awaitable, Callable, List

sys.path.insert(0, str(Path(__file__).parents[1] / "Tests/Python"))

import gatelet.openai  # noqa: E402
import openai  # noqa: E402
from conftest import Upstream  # noqa: E402

MESSAGES: Any = [{"role": "user", "content": "hi"}]
LONG: Any = [{"role": "system", "content": "x" * 100_000}, *MESSAGES]


def show(name: str, theirs: List[float], ours: List[float]) -> None:
    ratio = statistics.median(own / other for own, other in zip(ours, theirs))
    print(f"{name:30} SDK's {statistics.median(theirs):8.1f} us   Gatelet's {statistics.median(ours):8.1f} us   {ratio:.2f}", flush=True)


class Pairs:
    def __init__(self, rounds: int, upstream: Upstream) -> None:
        self.rounds = rounds
        self.url = f"http://127.0.0.1:{upstream.port}/v1"
        given: Any = {"api_key": "unused", "base_url": self.url}
        own = gatelet.openai.http_client(upstream.config())
        self.both = openai.OpenAI(**given), openai.OpenAI(http_client=own, **given)
        self.given, self.config = given, upstream.config()

    def compare(self, name: str, count: int, run: Callable[[Any], None]) -> None:
        times: Any = [], []
        for number in range(self.rounds + 1):
            for client, found in zip(self.both, times):
                began = time.process_time()
                run(client)
                if number:  # the first round warms up
                    found.append((time.process_time() - began) / count * 1e6)
        show(name, *times)

    def blocking(self) -> None:
        def chat(messages: Any, count: int) -> Callable[[Any], None]:
            return lambda client: [client.chat.completions.create(model="chat", messages=messages) for _ in range(count)] and None

        def stream(model: str) -> Callable[[Any], None]:
            return lambda client: [chunk for chunk in client.chat.completions.create(model=model, messages=MESSAGES, stream=True)] and None

        def send(model: str, count: int, streams: bool) -> Callable[[Any], None]:
            body = {"model": model, "messages": MESSAGES, "stream": streams}

            def run(client: Any) -> None:
                request = client._client.build_request("POST", self.url + "/chat/completions", json=body)
                for _ in range(count):
                    response = client._client.send(request, stream=streams)
                    for _ in response.iter_bytes():
                        pass
                    response.close()

            return run

        self.compare("send, a request", 200, send("chat", 200, False))
        self.compare("send, a chunk of many", 2000, send("stream:2000", 1, True))
        self.compare("send, a chunk alone", 200, send("paced:200:1", 1, True))
        self.compare("a request", 200, chat(MESSAGES, 200))
        self.compare("a request of 100 kB", 50, chat(LONG, 50))
        self.compare("a chunk of many", 2000, stream("stream:2000"))
        self.compare("a chunk alone", 200, stream("paced:200:1"))

    async def asynchronous(self) -> None:
        own = gatelet.openai.async_http_client(self.config)
        both = openai.AsyncOpenAI(**self.given), openai.AsyncOpenAI(http_client=own, **self.given)

        async def compare(name: str, count: int, run: Callable[[Any], Awaitable[Any]]) -> None:
            times: Any = [], []
            for number in range(self.rounds + 1):
                for client, found in zip(both, times):
                    began = time.process_time()
                    await run(client)
                    if number:
                        found.append((time.process_time() - began) / count * 1e6)
            show(name, *times)

        async def chat(client: Any) -> None:
            await client.chat.completions.create(model="chat", messages=MESSAGES)

        async def one_by_one(client: Any) -> None:
            for _ in range(100):
                await chat(client)

        async def stream(client: Any, model: str) -> None:
            async for _ in await client.chat.completions.create(model=model, messages=MESSAGES, stream=True):
                pass

        await compare("async, a request", 100, one_by_one)
        await compare("async, a request, 50 in flight", 50, lambda client: asyncio.gather(*[chat(client) for _ in range(50)]))
        await compare("async, a chunk of many", 2000, lambda client: stream(client, "stream:2000"))
        await compare("async, a chunk, 50 streams", 5000, lambda client: asyncio.gather(*[stream(client, "paced:100:10") for _ in range(50)]))
        for client in both:
            await client.close()


def main() -> None:
    upstream = Upstream()
    pairs = Pairs(int(sys.argv[1]) if len(sys.argv) > 1 else 9, upstream)
    below = next(name for name in ("httpx2", "httpx") if isinstance(pairs.both[0]._client, getattr(sys.modules.get(name), "Client", ())))
    print(f"openai {openai.__version__} over {below}, Gatelet {gatelet.version()}")
    pairs.blocking()
    asyncio.run(pairs.asynchronous())
    upstream.stop()


if __name__ == "__main__":
    main()
