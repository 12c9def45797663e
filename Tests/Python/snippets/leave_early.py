from openai import OpenAI


def main():
    client = OpenAI()
    stream = client.chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": "many words " * 50}], stream=True
    )
    for number, chunk in enumerate(stream):
        if number == 3:
            break
    stream.close()
    assert chunk.object == "chat.completion.chunk"
    assert client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": "Hi"}]).choices
