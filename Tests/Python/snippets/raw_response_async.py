from openai import AsyncOpenAI


async def main():
    async with AsyncOpenAI() as client:
        raw = await client.chat.completions.with_raw_response.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": "Hi"}]
        )
        assert raw.headers["x-request-id"] == "req_123" and raw.parse().choices[0].message.content == "You said Hi"
        async with client.chat.completions.with_streaming_response.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": "Hi"}]
        ) as response:
            assert response.headers["x-request-id"] == "req_123"
            assert (await response.parse()).choices[0].message.content == "You said Hi"
