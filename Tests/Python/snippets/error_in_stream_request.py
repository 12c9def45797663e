import os

import openai
from openai import AsyncOpenAI


async def main():
    async with AsyncOpenAI(api_key="sk-test", base_url=os.environ["OPENAI_BASE_URL"], max_retries=0) as client:
        try:
            stream = await client.chat.completions.create(
                model="missing", messages=[{"role": "user", "content": "Hi"}], stream=True
            )
            async for _ in stream:
                pass
        except openai.NotFoundError as error:
            assert error.code == "model_not_found"
        else:
            raise AssertionError
