from openai import OpenAI


def main():
    """A redaction before the conversation goes on."""
    client = OpenAI()
    messages = [{"role": "user", "content": "my password is hunter2"}]
    message = client.chat.completions.create(model="gpt-4o-mini", messages=messages).choices[0].message
    assert "hunter2" in message.content
    message.content = message.content.replace("hunter2", "***")
    messages = [{"role": "user", "content": "hello"}, message, {"role": "user", "content": "next"}]
    client.chat.completions.create(model="gpt-4o-mini", messages=messages)
    assert message.model_dump()["content"] == "You said my password is ***"


def check(seen):
    sent = seen[-1]["body"]["messages"][1]
    assert sent["content"] == "You said my password is ***" and sent["role"] == "assistant"
