#!/usr/bin/env python3
"""CPU cost of our Python client, and of the openai SDK, for the same work against the same server.

    python_client.py --url http://127.0.0.1:PORT/v1 --client gatelet|openai --scenario seq|conc|stream|stream_async|attributes
    python_client.py --url ... --peer openai --scenario ...          both clients in turn, three rounds

Prints one JSON line per measurement. CPU is that of the process, all threads, over the measured part.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import resource
import statistics
import subprocess
import sys
import time
from typing import Any, Callable

KEY, MODEL = "sk-bench-0123456789abcdef", "gpt-4o-mini"
MESSAGES = [
    {"role": "system", "content": "You are a terse and helpful assistant."},
    {"role": "user", "content": "What is the capital of France? Answer in one or two sentences."},
]
ASK = {"model": MODEL, "messages": MESSAGES, "temperature": 0.7, "max_tokens": 256}
STREAM = {**ASK, "stream": True, "stream_options": {"include_usage": True}}
IN_FLIGHT = 64


def make(client: str, url: str, asynchronous: bool) -> Any:
    if client == "openai":
        import openai

        return (openai.AsyncOpenAI if asynchronous else openai.OpenAI)(api_key=KEY, base_url=url, max_retries=0)
    import gatelet

    provider = {"base_url": url, "api_key": KEY}
    config = {"environment": False, "providers": {"bench": provider}, "default_provider": "bench"}
    return (gatelet.AsyncClient if asynchronous else gatelet.Client)(config)


def delta_of(client: str, attributes: bool = False) -> Callable[[Any], str]:
    """How a user of that client gets at the text of a chunk."""
    if client == "gatelet" and not attributes:
        return lambda chunk: chunk.text
    return lambda chunk: (chunk.choices[0].delta.content or "") if chunk.choices else ""


class Measured:
    def __enter__(self) -> Measured:
        gc.collect()
        self.began, self.wall = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        self.user, self.sys = used.ru_utime - self.began.ru_utime, used.ru_stime - self.began.ru_stime
        self.wall = time.perf_counter() - self.wall


def seq(client: str, url: str, seconds: float) -> dict[str, Any]:
    made = make(client, url, False)
    create = made.chat.completions.create
    for _ in range(20):
        assert create(**ASK).choices[0].message.content
    count, times, end = 0, [], time.perf_counter() + seconds
    with Measured() as spent:
        while (began := time.perf_counter()) < end:
            create(**ASK).choices[0].message.content
            times.append(time.perf_counter() - began)
            count += 1
    return result(spent, count, "request", p50_us=round(statistics.median(times) * 1e6, 1))


def conc(client: str, url: str, seconds: float) -> dict[str, Any]:
    async def work(create: Any, end: float) -> int:
        count = 0
        while time.perf_counter() < end:
            (await create(**ASK)).choices[0].message.content
            count += 1
        return count

    async def main() -> dict[str, Any]:
        create = make(client, url, True).chat.completions.create
        await asyncio.gather(*(create(**ASK) for _ in range(IN_FLIGHT)))
        end = time.perf_counter() + seconds
        with Measured() as spent:
            count = sum(await asyncio.gather(*(work(create, end) for _ in range(IN_FLIGHT))))
        return result(spent, count, "request")

    return asyncio.run(main())


def stream(client: str, url: str, seconds: float, attributes: bool = False) -> dict[str, Any]:
    create, delta = make(client, url, False).chat.completions.create, delta_of(client, attributes)
    for chunk in create(**STREAM):
        delta(chunk)
    chunks, length, end = 0, 0, time.perf_counter() + seconds
    with Measured() as spent:
        while chunks == 0 or time.perf_counter() < end:
            for chunk in create(**STREAM):
                length += len(delta(chunk))
                chunks += 1
    assert length
    return result(spent, chunks, "chunk")


def attributes(client: str, url: str, seconds: float) -> dict[str, Any]:
    """Chunks read as `chunk.choices[0].delta.content`, in both clients."""
    return stream(client, url, seconds, attributes=True)


def stream_async(client: str, url: str, seconds: float) -> dict[str, Any]:
    async def main() -> dict[str, Any]:
        create, delta = make(client, url, True).chat.completions.create, delta_of(client)
        async for chunk in await create(**STREAM):
            delta(chunk)
        chunks, length, end = 0, 0, time.perf_counter() + seconds
        with Measured() as spent:
            while chunks == 0 or time.perf_counter() < end:
                async for chunk in await create(**STREAM):
                    length += len(delta(chunk))
                    chunks += 1
        assert length
        return result(spent, chunks, "chunk")

    return asyncio.run(main())


def result(spent: Measured, units: int, unit: str, **more: Any) -> dict[str, Any]:
    cpu = round((spent.user + spent.sys) / units * 1e6, 3)
    return {"unit": unit, "units": units, "user": spent.user, "sys": spent.sys, "cpu_us": cpu, "wall": spent.wall, **more}


SCENARIOS = {"seq": seq, "conc": conc, "stream": stream, "stream_async": stream_async, "attributes": attributes}


def compare(given: argparse.Namespace) -> None:
    """Both clients in turn, each in a process of its own."""
    for _ in range(given.rounds):
        for client in ("gatelet", given.peer):
            command = [sys.executable, __file__, "--url", given.url, "--scenario", given.scenario, "--client", client]
            subprocess.run([*command, "--seconds", str(given.seconds)], check=True)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--url", required=True, help="base URL, ending in /v1")
    options.add_argument("--client", choices=["gatelet", "openai"], default="gatelet")
    options.add_argument("--scenario", choices=list(SCENARIOS), required=True)
    options.add_argument("--seconds", type=float, default=3, help="length of one measurement")
    options.add_argument("--peer", choices=["openai"], help="measure both, in turn")
    options.add_argument("--rounds", type=int, default=3, help="with --peer")
    given = options.parse_args()
    if given.peer:
        return compare(given)
    figures = SCENARIOS[given.scenario](given.client, given.url, given.seconds)
    print(json.dumps({"client": given.client, "scenario": given.scenario, **figures}))


if __name__ == "__main__":
    main()
