import openai
from openai import NOT_GIVEN, OpenAI


def ask(client, temperature=None, tools=None):
    return client.chat.completions.create(
        model="gpt-4o-mini",
        messages=[{"role": "user", "content": "Hi"}],
        temperature=temperature if temperature is not None else NOT_GIVEN,
        tools=tools or NOT_GIVEN,
        stop=openai.omit,
    )


def main():
    client = OpenAI()
    assert ask(client).choices and ask(client, temperature=0.0).choices


def check(seen):
    first, second = seen[-2:]
    assert not {"temperature", "tools", "stop"} & set(first["body"]) and second["body"]["temperature"] == 0.0
