import os

from openai import OpenAI


def main():
    client = OpenAI(
        api_key="sk-test",
        base_url=os.environ["OPENAI_BASE_URL"],
        organization="org-1",
        default_headers={"X-Team": "search", "X-Gone": "1"},
        default_query={"version": "2"},
    )
    completion = client.chat.completions.create(
        model="gpt-4o-mini",
        messages=[{"role": "user", "content": "Hi"}],
        extra_headers={"X-Trace": "abc", "X-Team": "ads"},
        extra_query={"trace": "1"},
        extra_body={"top_k": 5, "temperature": 0.5},
        temperature=0.1,
    )
    assert completion.choices
    client.with_options(default_headers={"X-Other": "2"}).chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": "Ho"}]
    )


def check(seen):
    first, second = seen[-2:]
    assert first["body"]["top_k"] == 5 and first["body"]["temperature"] == 0.5
    assert first["headers"]["x-trace"] == "abc" and first["headers"]["x-team"] == "ads" and first["headers"]["openai-organization"] == "org-1"
    assert "trace=1" in first["path"] and "version=2" in first["path"] and first["headers"]["authorization"] == "Bearer sk-test"
    assert second["headers"]["x-other"] == "2" and second["headers"]["x-team"] == "search"
