from openai import OpenAI


def main():
    client = OpenAI()
    completion = client.chat.completions.create(
        model="gpt-4o-mini",
        messages=[{"role": "user", "content": "Hi"}],
        n=2,
        logprobs=True,
        top_logprobs=0,
        seed=7,
        stop=["END"],
        frequency_penalty=0.1,
        presence_penalty=0.1,
        logit_bias={"50256": -100},
        user="someone",
        metadata={"a": "b"},
        store=False,
        service_tier="default",
    )
    assert [choice.index for choice in completion.choices] == [0, 1]
    assert [token.token for token in completion.choices[0].logprobs.content] == ["You", "said", "Hi"]
    assert completion.choices[0].logprobs.content[0].logprob == -0.1
