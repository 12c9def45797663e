import os

import openai
from openai import OpenAI


def main():
    client = OpenAI(api_key="wrong-key", base_url=os.environ["OPENAI_BASE_URL"])
    for _ in range(3):
        try:
            client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": "Hi"}])
        except openai.AuthenticationError as error:
            assert error.status_code == 401 and error.code == "invalid_api_key"
            assert "wrong-key" not in str(error)
        else:
            raise AssertionError
