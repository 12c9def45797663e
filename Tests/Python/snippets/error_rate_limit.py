import os

import openai
from openai import OpenAI


def main():
    client = OpenAI(api_key="sk-test", base_url=os.environ["OPENAI_BASE_URL"], max_retries=0)
    try:
        client.chat.completions.create(model="limited", messages=[{"role": "user", "content": "Hi"}])
    except openai.APIConnectionError as error:
        raise AssertionError from error
    except openai.RateLimitError as error:
        assert error.response.headers.get("retry-after") == "1" and error.response.headers["X-RateLimit-Remaining-Requests"] == "99"
    try:
        client.chat.completions.create(model="poor", messages=[{"role": "user", "content": "Hi"}])
    except openai.RateLimitError as error:
        assert error.code == "insufficient_quota" and error.status_code == 429
