from openai import OpenAI


def main():
    client = OpenAI()
    response = client.embeddings.create(model="text-embedding-3-small", input=["one", "three"], encoding_format="float")
    assert [item.embedding[0] for item in response.data] == [3.0, 5.0] and [item.index for item in response.data] == [0, 1]
    assert response.usage.prompt_tokens == 5 and response.model.endswith("text-embedding-3-small")
    one = client.embeddings.create(model="text-embedding-3-small", input="x", dimensions=2)
    assert len(one.data[0].embedding) == 2 and isinstance(one.data[0].embedding[0], float)
