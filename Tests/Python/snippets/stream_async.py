from openai import AsyncOpenAI


async def main():
    async with AsyncOpenAI() as client:
        stream = await client.chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": "Hi there"}], stream=True
        )
        parts = []
        async for chunk in stream:
            parts.append(chunk.choices[0].delta.content or "")
        assert "".join(parts) == "You said Hi there"
