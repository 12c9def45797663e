import json

from openai import OpenAI, pydantic_function_tool
from pydantic import BaseModel


class Search(BaseModel):
    query: str
    limit: int


def main():
    client = OpenAI()
    with client.chat.completions.stream(
        model="gpt-4o-mini", messages=[{"role": "user", "content": "find"}], tools=[pydantic_function_tool(Search)]
    ) as stream:
        text, done = "", None
        for event in stream:
            if event.type == "tool_calls.function.arguments.delta":
                text += event.arguments_delta
            elif event.type == "tool_calls.function.arguments.done":
                done = event
        call = stream.get_final_completion().choices[0].message.tool_calls[0]
    assert json.loads(text) == {"query": "Paris", "limit": 7}
    assert done.name == "Search" and isinstance(done.parsed_arguments, Search)
    assert isinstance(call.function.parsed_arguments, Search)
