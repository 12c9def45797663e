from openai import OpenAI


def main():
    client = OpenAI()
    with client.chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": "Hi"}], stream=True, stream_options={"include_usage": True}
    ) as stream:
        usage, reasons = None, []
        for chunk in stream:
            if chunk.usage:
                usage = chunk.usage
                assert chunk.choices == []
            else:
                reasons.append(chunk.choices[0].finish_reason)
    assert usage.total_tokens == 21 and reasons[-1] == "stop" and set(reasons[:-1]) == {None}
