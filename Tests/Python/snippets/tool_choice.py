from openai import OpenAI


def main():
    client = OpenAI()
    tools = [{"type": "function", "function": {"name": "lookup", "parameters": {"type": "object", "properties": {}}}}]
    none = client.chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": "x"}], tools=tools, tool_choice="none"
    )
    assert none.choices[0].message.tool_calls is None
    forced = client.chat.completions.create(
        model="gpt-4o-mini",
        messages=[{"role": "user", "content": "x"}],
        tools=tools,
        tool_choice={"type": "function", "function": {"name": "lookup"}},
        parallel_tool_calls=False,
    )
    assert forced.choices[0].message.tool_calls[0].function.arguments == "{}"
