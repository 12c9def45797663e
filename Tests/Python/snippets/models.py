from openai import OpenAI


def main():
    client = OpenAI()
    models = client.models.list()
    assert {"gpt-4o", "gpt-4o-mini"} <= {model.id for model in models}
    assert all(model.object == "model" and model.owned_by == "openai" for model in models.data)
    assert client.models.retrieve("gpt-4o-mini").id == "gpt-4o-mini"
