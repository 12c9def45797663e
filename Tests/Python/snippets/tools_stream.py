import json

from openai import OpenAI

client = OpenAI()


def main():
    tools = [
        {
            "type": "function",
            "function": {
                "name": name,
                "parameters": {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}},
            },
        }
        for name in ("forecast", "history")
    ]
    stream = client.chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": "both please"}], tools=tools, stream=True
    )
    calls = {}
    for chunk in stream:
        for part in chunk.choices[0].delta.tool_calls or []:
            if part.index not in calls:
                calls[part.index] = part
            else:
                calls[part.index].function.arguments += part.function.arguments
    assert [calls[index].function.name for index in sorted(calls)] == ["forecast", "history"]
    assert json.loads(calls[0].function.arguments) == json.loads(calls[1].function.arguments) == {"city": "Paris", "days": 7}
    assert calls[1].id and calls[1].type == "function"
