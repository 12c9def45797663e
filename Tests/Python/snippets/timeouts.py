import os

import httpx
import openai
from openai import OpenAI


def main():
    client = OpenAI(api_key="sk-test", base_url=os.environ["OPENAI_BASE_URL"], timeout=httpx.Timeout(30.0, read=0.5), max_retries=0)
    messages = [{"role": "user", "content": "Hi"}]
    try:
        client.chat.completions.create(model="slow:4", messages=messages)
    except openai.APITimeoutError as error:
        assert isinstance(error, openai.APIConnectionError)
    else:
        raise AssertionError
    assert client.with_options(timeout=30).chat.completions.create(model="slow:1", messages=messages).choices
    assert client.chat.completions.create(model="slow:1", messages=messages, timeout=30).choices
    # Between two reads, not for all of a stream.
    stream = client.chat.completions.create(model="pause:150", messages=[{"role": "user", "content": "one two three four"}], stream=True)
    assert len(list(stream)) > 5
