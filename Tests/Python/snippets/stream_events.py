from openai import OpenAI


def main():
    client = OpenAI()
    with client.chat.completions.stream(
        model="gpt-4o-mini", messages=[{"role": "user", "content": "Hi there"}], stream_options={"include_usage": True}
    ) as stream:
        kinds, text = [], ""
        for event in stream:
            kinds.append(event.type)
            if event.type == "content.delta":
                text += event.delta
                assert event.snapshot == text
            elif event.type == "content.done":
                assert event.content == text == "You said Hi there"
    assert kinds[0] == "chunk" and kinds.count("content.delta") == 5 and kinds.count("content.done") == 1
    completion = stream.get_final_completion()
    assert completion.choices[0].message.content == text and completion.choices[0].finish_reason == "stop"
    assert completion.usage.total_tokens == 21
