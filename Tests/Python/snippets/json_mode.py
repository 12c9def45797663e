import json

from openai import OpenAI


def main():
    client = OpenAI()
    completion = client.chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": "JSON please"}], response_format={"type": "json_object"}
    )
    assert json.loads(completion.choices[0].message.content) == {"answer": 42}
