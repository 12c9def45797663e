from concurrent.futures import ThreadPoolExecutor

from openai import OpenAI


def main():
    client = OpenAI()

    def ask(number):
        return client.chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": str(number)}]
        ).choices[0].message.content

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(32))) == [f"You said {number}" for number in range(32)]
