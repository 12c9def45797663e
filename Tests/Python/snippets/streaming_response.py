import json

from openai import OpenAI


def main():
    client = OpenAI()
    with client.chat.completions.with_streaming_response.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": "Say this is a test"}]
    ) as response:
        assert response.headers.get("x-request-id") == "req_123" and response.status_code == 200
        document = json.loads("\n".join(response.iter_lines()))
        assert document["choices"][0]["message"]["content"] == "You said Say this is a test"
    with client.chat.completions.with_streaming_response.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": "Hi"}], stream=True
    ) as response:
        lines = [line for line in response.iter_lines() if line]
    assert lines[-1] == "data: [DONE]" and json.loads(lines[0][6:])["object"] == "chat.completion.chunk"
