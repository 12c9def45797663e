from openai import OpenAI


def main():
    client = OpenAI()
    response = client.responses.create(model="gpt-4o-mini", instructions="Be brief.", input="Hi there")
    assert response.output_text == "You said Hi there" and response.status == "completed" and response.usage.total_tokens == 21
    text, kinds = "", []
    for event in client.responses.create(model="gpt-4o-mini", input="Hi there", stream=True):
        kinds.append(event.type)
        if event.type == "response.output_text.delta":
            text += event.delta
    assert text.strip() == "You said Hi there" and kinds[0] == "response.created" and kinds[-1] == "response.completed"
    with client.responses.stream(model="gpt-4o-mini", input="Hi there") as stream:
        assert "response.completed" in [event.type for event in stream]
        assert stream.get_final_response().output_text.strip() == "You said Hi there"
