from openai import AsyncOpenAI


async def main():
    client = AsyncOpenAI()
    completion = await client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": "Hi"}])
    assert completion.choices[0].message.content == "You said Hi"
    await client.close()
