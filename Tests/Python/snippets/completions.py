from openai import OpenAI


def main():
    client = OpenAI()
    answer = client.completions.create(model="gpt-3.5-turbo-instruct", prompt="Once upon a time", max_tokens=7, temperature=0)
    assert answer.choices[0].text == "Once upon a time and so on"
    parts = [part.choices[0].text for part in client.completions.create(model="gpt-3.5-turbo-instruct", prompt="One", stream=True)]
    assert "".join(parts).split() == ["One", "and", "so", "on"]
