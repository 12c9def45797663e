import openai
from openai import AsyncOpenAI


async def main():
    async with AsyncOpenAI() as client:
        assert "gpt-4o" in [model.id async for model in client.models.list()]
        assert len((await client.models.list()).data) >= 3
        try:
            await client.models.retrieve("no-such-model")
        except openai.NotFoundError as error:
            assert error.status_code == 404
        else:
            raise AssertionError
