import os

import openai
from openai import OpenAI


def main():
    client = OpenAI(api_key="sk-test", base_url=os.environ["OPENAI_BASE_URL"], max_retries=0)
    for model, expected in (
        ("invalid", openai.BadRequestError),
        ("conflict", openai.ConflictError),
        ("unprocessable", openai.UnprocessableEntityError),
        ("limited", openai.RateLimitError),
        ("broken", openai.InternalServerError),
    ):
        try:
            client.chat.completions.create(model=model, messages=[{"role": "user", "content": "Hi"}])
        except openai.APIStatusError as error:
            assert isinstance(error, expected) and isinstance(error, openai.APIError), (model, type(error).__mro__)
        else:
            raise AssertionError(model)
