"""04: a stream inside asyncio, next to something else (a clock). Nothing blocks the loop.   python 04_async.py [model]"""

import asyncio
import sys

from gatelet import AsyncClient, GateletError

model = sys.argv[1] if len(sys.argv) > 1 else "openai/gpt-4o-mini"
ticks = 0


async def clock():
    global ticks
    while True:
        ticks += 1
        await asyncio.sleep(0.1)


async def main():
    ticking = asyncio.create_task(clock())
    async with AsyncClient() as client:
        messages = [{"role": "user", "content": "Count from one to ten, in words."}]
        stream = await client.chat.completions.create(model=model, messages=messages, stream=True)
        async for chunk in stream:
            print(chunk.text, end="", flush=True)
    ticking.cancel()
    print(f"\n{ticks} clock ticks meanwhile, ended: {stream.end}")


try:
    asyncio.run(main())
except GateletError as error:
    sys.exit(str(error))
