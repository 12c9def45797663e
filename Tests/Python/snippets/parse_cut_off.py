import os

import openai
from openai import OpenAI
from pydantic import BaseModel


class Answer(BaseModel):
    value: int


def main():
    client = OpenAI(api_key="sk-test", base_url=os.environ["OPENAI_BASE_URL"])
    for model, error in (("length", openai.LengthFinishReasonError), ("filtered", openai.ContentFilterFinishReasonError)):
        try:
            client.chat.completions.parse(model=model, messages=[{"role": "user", "content": "x"}], response_format=Answer)
        except error as caught:
            assert isinstance(caught, openai.OpenAIError)
        else:
            raise AssertionError(model)
