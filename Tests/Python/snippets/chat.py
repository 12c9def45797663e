from openai import OpenAI

client = OpenAI()


def main():
    completion = client.chat.completions.create(
        model="gpt-4o-mini",
        messages=[
            {"role": "developer", "content": "Talk like a pirate."},
            {"role": "user", "content": "How do I check if a Python object is an instance of a class?"},
        ],
        temperature=0.2,
        max_tokens=100,
    )
    assert completion.choices[0].message.content.startswith("You said How do I check")
    assert completion.choices[0].finish_reason == "stop" and completion.usage.total_tokens == 21
    assert completion.id and completion.object == "chat.completion" and completion.model.endswith("gpt-4o-mini")
