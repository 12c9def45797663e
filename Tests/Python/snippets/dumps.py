import copy
import json
import pickle

from openai import OpenAI


def main():
    client = OpenAI()
    answer = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": "Hi"}])
    dumped = answer.model_dump()
    assert dumped["choices"][0]["message"]["content"] == "You said Hi" and type(dumped["choices"][0]) is dict
    assert json.loads(answer.model_dump_json())["usage"]["total_tokens"] == answer.to_dict()["usage"]["total_tokens"] == 21
    assert json.loads(answer.to_json())["id"] == answer.id and json.dumps(dumped)
    assert None not in answer.model_dump(exclude_none=True)["choices"][0]["message"].values()
    assert "usage" not in answer.model_dump(exclude={"usage"}) and answer.model_dump(mode="json")["object"] == "chat.completion"
    for twin in (copy.copy(answer), copy.deepcopy(answer), pickle.loads(pickle.dumps(answer)), answer.model_copy(deep=True)):
        assert twin == answer and type(twin) is type(answer) and twin.choices[0].message.content == "You said Hi"
    assert answer.model_copy(update={"id": "other"}).id == "other" != answer.id
    chunks = list(client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": "Hi"}], stream=True))
    for chunk in chunks:
        assert json.loads(chunk.model_dump_json())["id"] == chunk.id == chunk.model_dump()["id"]
        assert pickle.loads(pickle.dumps(chunk)) == chunk == copy.deepcopy(chunk)
    assert repr(answer).startswith("ChatCompletion(id='chatcmpl-1'")
