import os

import openai
from openai import OpenAI


def main():
    client = OpenAI(api_key="sk-test", base_url=os.environ["OPENAI_BASE_URL"], max_retries=0)
    question = f"retries, please: {os.urandom(4).hex()}"
    messages = [{"role": "user", "content": question}]
    try:
        client.chat.completions.create(model="flaky:2", messages=messages)
    except openai.InternalServerError as error:
        assert error.status_code == 503
    else:
        raise AssertionError
    answer = client.with_options(max_retries=3).chat.completions.create(model="flaky:2", messages=messages)
    assert answer.choices[0].message.content == f"You said {question}"
