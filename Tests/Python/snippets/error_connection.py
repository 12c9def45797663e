import socket

import openai
from openai import OpenAI


def main():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        client = OpenAI(api_key="sk-test", base_url=f"http://127.0.0.1:{unused.getsockname()[1]}/v1", max_retries=0)
        try:
            client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": "Hi"}])
        except openai.APIStatusError as error:
            raise AssertionError from error
        except openai.APIConnectionError as error:
            assert not isinstance(error, openai.APITimeoutError) and isinstance(error, openai.APIError)
        else:
            raise AssertionError
