import asyncio

from openai import AsyncOpenAI


async def main():
    client = AsyncOpenAI()
    limit = asyncio.Semaphore(5)

    async def ask(number):
        async with limit:
            answer = await client.chat.completions.create(
                model="gpt-4o-mini", messages=[{"role": "user", "content": f"Number {number}"}]
            )
            return answer.choices[0].message.content

    answers = await asyncio.gather(*(ask(number) for number in range(20)), return_exceptions=True)
    assert answers == [f"You said Number {number}" for number in range(20)]
    await client.close()
