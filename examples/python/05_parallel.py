"""05: many requests at once, answers as they come; no thread per request.   python 05_parallel.py [model [how many]]"""

import asyncio
import sys

from gatelet import AsyncClient, GateletError

model = sys.argv[1] if len(sys.argv) > 1 else "openai/gpt-4o-mini"
count = int(sys.argv[2]) if len(sys.argv) > 2 else 20


async def ask(client, number):
    """True when the request succeeded."""
    messages = [{"role": "user", "content": f"What is {number} times {number}? One number."}]
    try:
        answer = await client.chat.completions.create(model=model, messages=messages)
        print(f"{number:3}: {answer.choices[0].message.content:.60}")
        return True
    except GateletError as error:
        print(f"{number:3}: {error}")
        return False


async def main():
    async with AsyncClient() as client:
        done = await asyncio.gather(*(ask(client, number) for number in range(count)))
    print(f"{count} requests, {done.count(False)} failed")
    return 1 if False in done else 0


try:
    sys.exit(asyncio.run(main()))
except GateletError as error:
    sys.exit(str(error))
