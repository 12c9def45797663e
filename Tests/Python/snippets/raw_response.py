from openai import OpenAI


def main():
    client = OpenAI()
    response = client.chat.completions.with_raw_response.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": "Say this is a test"}]
    )
    assert response.headers.get("x-ratelimit-remaining-requests") == "99" and response.headers["X-Request-Id"] == "req_123"
    assert response.status_code == 200 and response.request_id == "req_123" and response.retries_taken == 0
    completion = response.parse()
    assert completion.choices[0].message.content == "You said Say this is a test"
    stream = client.chat.completions.with_raw_response.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": "x"}], stream=True
    )
    assert stream.headers["openai-processing-ms"] == "12"
    assert "".join(chunk.choices[0].delta.content or "" for chunk in stream.parse()) == "You said x"
