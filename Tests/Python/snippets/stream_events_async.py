from openai import AsyncOpenAI
from pydantic import BaseModel


class City(BaseModel):
    name: str


async def main():
    client = AsyncOpenAI()
    async with client.chat.completions.stream(
        model="gpt-4o-mini", messages=[{"role": "user", "content": "a city"}], response_format=City
    ) as stream:
        async for event in stream:
            if event.type == "content.done":
                assert event.parsed == City(name="Paris")
        completion = await stream.get_final_completion()
    assert completion.choices[0].message.parsed == City(name="Paris")
    await client.close()
