from openai import OpenAI


def main():
    client = OpenAI()
    messages = [{"role": "system", "content": "You are helpful."}]
    for question in ("One", "Two", "Three"):
        messages.append({"role": "user", "content": question})
        answer = client.chat.completions.create(model="gpt-4o-mini", messages=messages)
        messages.append(answer.choices[0].message)
    assert len(messages) == 7
    assert messages[-1].content == "You said Three" and messages[-1].role == "assistant"
