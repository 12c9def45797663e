"""Answers as objects."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys
from typing import Any, Dict, List

import pydantic
import pytest
from gatelet.types import ChatCompletion, ChatCompletionChunk, CompletionChunk, Choice, Message, ModelList, Usage

ANSWER: Dict[str, Any] = {
    "id": "x", "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi", "extra": {"deep": [{"a": 1}]}}}],
    "usage": {"prompt_tokens": 1, "prompt_tokens_details": {"cached_tokens": 4}, "items": 7}, "custom": None,
}  # fmt: skip
RAW = b'{"id": "c", "choices": [{"index": 0, "delta": {"content": "Hi"}}]}'


@pytest.fixture
def answer() -> ChatCompletion:
    return ChatCompletion(copy.deepcopy(ANSWER))


def test_members_are_attributes_and_keys(answer: ChatCompletion) -> None:
    assert answer.choices[0].message.content == answer["choices"][0]["message"]["content"] == "Hi"
    assert answer.usage and isinstance(answer.usage, Usage)
    assert answer.usage.prompt_tokens_details and answer.usage.prompt_tokens_details.cached_tokens == 4
    assert answer.usage["items"] == 7 and answer.usage.get("nothing", 5) == 5
    assert "custom" in answer and "service_tier" not in answer
    assert answer.choices is answer.choices


def test_left_out_members_are_none_and_misspelt_ones_errors(answer: ChatCompletion) -> None:
    assert answer.service_tier is None and answer.choices[0].message.tool_calls is None
    assert answer.custom is None  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="ChatCompletion has no member 'choises'"):
        answer.choises  # noqa: B018
    with pytest.raises(KeyError):
        answer["service_tier"]


class Pair(pydantic.BaseModel):
    model_config = {"extra": "allow"}
    choices: List[Dict[str, Any]]


@pytest.mark.parametrize(
    "said",
    [
        {"exclude": {"id"}}, {"include": {"id", "usage"}}, {"exclude": {"choices": {0: {"message"}}}}, {"include": {"choices": {0: {"index"}}}},
        {"exclude": {"choices": {"__all__": {"message": {"content", "extra"}}}}}, {"exclude": {"choices": {0}}}, {"include": {"choices": {"__all__": {"index"}}, "id": True}},
        {"exclude": {"choices": ..., "usage": True}}, {"include": {"id"}, "exclude": {"id"}}, {"include": set()}, {"exclude": set()},
    ],
)  # fmt: skip
def test_members_are_chosen_as_pydantic_does(answer: ChatCompletion, said: Any) -> None:
    assert answer.model_dump(**said) == Pair(**copy.deepcopy(ANSWER)).model_dump(**said) == json.loads(answer.model_dump_json(**said))


def test_names_of_members(answer: ChatCompletion) -> None:
    assert {"id", "choices", "service_tier", "gatelet"} <= set(ChatCompletion.model_fields) and "custom" not in answer.model_fields
    assert answer.model_fields_set == set(ANSWER) and ChatCompletionChunk(RAW, "Hi", "").model_fields_set == {"id", "choices"}


def test_what_the_provider_adds_can_be_read(answer: ChatCompletion) -> None:
    assert answer.choices[0].message.extra.deep[0].a == 1  # type: ignore[attr-defined]


def test_dumps(answer: ChatCompletion) -> None:
    assert answer.to_dict() == answer.model_dump() == json.loads(answer.to_json()) == ANSWER
    assert json.loads(answer.model_dump_json(indent=2)) == ANSWER
    assert answer.dict(exclude={"id"}) == {name: value for name, value in ANSWER.items() if name != "id"} and json.loads(answer.json()) == ANSWER
    chunk = ChatCompletionChunk(RAW, "Hi", "")
    assert chunk.dict() == json.loads(chunk.json()) == json.loads(RAW)
    assert "content='Hi'" in repr(answer) and repr(answer).startswith("ChatCompletion(id='x'")
    assert copy.deepcopy(answer) == answer and answer != ChatCompletion({})
    assert {"usage", "service_tier", "to_dict"} <= set(dir(answer))


def test_chunk_is_parsed_only_when_needed() -> None:
    chunk = ChatCompletionChunk(b"not JSON at all", "Hi", "hm")
    assert (chunk.text, chunk.reasoning, chunk.raw, chunk.to_json()) == ("Hi", "hm", b"not JSON at all", "not JSON at all")
    with pytest.raises(ValueError):
        chunk.choices  # noqa: B018
    chunk = ChatCompletionChunk(RAW, "Hi", "")
    assert chunk.choices[0].delta.content == "Hi" and chunk.usage is None and chunk["id"] == "c"
    assert chunk == ChatCompletionChunk(RAW, "Hi", "") and "delta" in repr(chunk)


def test_chunks_are_made_for_tests() -> None:
    from gatelet.types import ChoiceDelta, ChunkChoice

    delta = ChoiceDelta.model_construct(content="Hi", role="assistant")
    made = ChatCompletionChunk.model_construct(id="c", choices=[ChunkChoice.model_construct(index=0, delta=delta, finish_reason=None)])
    for chunk in made, ChatCompletionChunk.model_validate_json(made.model_dump_json()):
        assert (chunk.id, chunk.text, chunk.choices[0].delta.content, chunk.choices[0].delta.role, chunk.choices[0].index) == ("c", "Hi", "Hi", "assistant", 0)
        assert chunk.model_dump()["choices"] == [{"index": 0, "delta": {"content": "Hi", "role": "assistant"}, "finish_reason": None}]


def test_model_list_is_a_list_of_models() -> None:
    models = ModelList({"data": [{"id": "a"}, {"id": "b", "pricing": {"prompt": "0.000001"}}], "errors": []})
    assert [model.id for model in models] == ["a", "b"] and len(models) == 2
    assert models.data[1].pricing and models.data[1].pricing.prompt == "0.000001" and models.data[0].pricing is None


def test_an_answer_is_a_dict(answer: ChatCompletion) -> None:
    assert dict(answer) == {**answer} == answer == ANSWER and list(answer) == list(answer.keys()) == list(ANSWER)
    assert json.loads(json.dumps(answer)) == ANSWER and len(answer) == len(ANSWER) and bool(ChatCompletion({}))
    assert answer.choices[0].message.get("role") == "assistant" and "content" in answer.choices[0].message


@pytest.mark.parametrize(
    "read",
    [
        lambda a: a.usage, lambda a: a["usage"], lambda a: a.get("usage"), lambda a: dict(a)["usage"], lambda a: {**a}["usage"],
        lambda a: dict(a.items())["usage"], lambda a: a.pop("usage"), lambda a: dict(zip(a, a.values()))["usage"], lambda a: copy.copy(a)["usage"],
        lambda a: copy.deepcopy(a).usage, lambda a: pickle.loads(pickle.dumps(a)).usage, lambda a: a.model_copy(deep=True)["usage"],
    ],
)  # fmt: skip
def test_usage_is_an_object_wherever_it_is_read(answer: ChatCompletion, read: Any) -> None:
    assert read(answer).prompt_tokens == ANSWER["usage"]["prompt_tokens"]
    assert "Usage(prompt_tokens=" in repr(ChatCompletion(ANSWER))


@pytest.mark.parametrize("look", [lambda a: None, lambda a: a.usage, lambda a: a.choices[0].message.content, lambda a: a["choices"], repr, dir])
def test_what_was_looked_at_makes_no_difference(answer: ChatCompletion, look: Any) -> None:
    look(answer)
    assert answer.to_dict() == dict(answer) == json.loads(answer.to_json()) == json.loads(json.dumps(answer)) == ANSWER
    assert pickle.loads(pickle.dumps(answer)) == copy.copy(answer) == copy.deepcopy(answer) == answer.model_copy() == ANSWER


def test_what_is_changed_is_changed_everywhere(answer: ChatCompletion) -> None:
    message = answer.choices[0].message
    message.content = "***"
    message.own = 5  # type: ignore[attr-defined]
    del message.extra  # type: ignore[attr-defined]
    answer.usage.prompt_tokens = 7  # type: ignore[union-attr]
    answer.choices.append(Choice(index=1, message=Message(role="assistant", content="two")))
    answer["id"] = "y"
    expected = {**ANSWER, "id": "y", "usage": {**ANSWER["usage"], "prompt_tokens": 7}}
    expected["choices"] = [
        {"index": 0, "message": {"role": "assistant", "content": "***", "own": 5}},
        {"index": 1, "message": {"role": "assistant", "content": "two"}},
    ]
    assert answer.to_dict() == json.loads(answer.model_dump_json()) == json.loads(json.dumps(answer)) == answer == expected
    assert answer["choices"][0]["message"]["content"] == answer.choices[0].message.content == "***"
    copied = copy.deepcopy(answer)
    copied.choices[0].message.content = "other"
    assert answer.choices[0].message.content == "***" and copied != answer
    with pytest.raises(AttributeError):
        del message.nothing  # type: ignore[attr-defined]


def test_a_dump_is_a_copy(answer: ChatCompletion) -> None:
    answer.to_dict()["choices"][0]["message"]["content"] = "changed"
    answer.model_dump()["usage"]["prompt_tokens"] = 99
    assert answer == ANSWER
    assert type(answer.model_dump()["choices"][0]["message"]) is dict
    assert answer.model_dump(exclude_none=True) == {name: value for name, value in ANSWER.items() if value is not None}
    assert answer.model_dump(include={"id"}) == {"id": "x"} and "id" not in answer.model_dump(exclude={"id"}, mode="json")
    assert json.loads(answer.model_dump_json(exclude={"id", "custom"})).keys() == ANSWER.keys() - {"id", "custom"}


CHUNKS = [
    RAW,
    b'{"id":"c","choices":[{"index":0,"delta":{"role":"assistant","content":null},"finish_reason":null}],"usage":null}',
    b'{"id":"c","own":1,"choices":[{"index":0,"more":{"x":[{"y":2}]},"delta":{"content":[{"type":"text","text":"Hi"}],"z":{"q":1}}}]}',
    b'{"choices":[],"usage":{"total_tokens":3}}',
    b'{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{"}}]}}]}',
    b'{"choices":null,"error":{"message":"x"}}',
    b'{"choices":[{"delta":"odd"},7]}',
    b'{"id_":1,"more_":2,"choices":[{"index":null,"delta":null,"delta_":1},{"delta":{"content_":"x","more":[{"a":1}]}}]}',
    b'{"more":[1],"choices":[{"delta":{"content":"\\ud83d"},"logprobs":{"content":[{"token":"a","logprob":NaN}]}}]}',
]


@pytest.mark.parametrize("raw", CHUNKS)
def test_chunks_keep_everything(raw: bytes) -> None:
    document = json.loads(raw)
    for look in (lambda c: None, lambda c: c.choices, lambda c: c.usage, repr, dir, dict):
        chunk: Any = ChatCompletionChunk(raw, "", "")
        look(chunk)
        for twin in (chunk, copy.copy(chunk), copy.deepcopy(chunk), pickle.loads(pickle.dumps(chunk)), chunk.model_copy()):
            assert json.dumps(twin.to_dict(), sort_keys=True) == json.dumps(document, sort_keys=True)
            assert json.dumps(json.loads(twin.to_json()), sort_keys=True) == json.dumps(document, sort_keys=True)
        assert chunk.keys() == document.keys() == {**chunk}.keys()
        if b"NaN" not in raw:
            assert chunk == ChatCompletionChunk(raw, "", "") and ChatCompletionChunk.model_validate(document) == chunk


def test_answers_and_chunks_are_made_of_members() -> None:
    """As programs make them for their own tests."""
    from gatelet.types.chat.chat_completion import ChatCompletionMessage, Choice
    from gatelet.types.chat.chat_completion_chunk import Choice as ChunkChoice
    from gatelet.types.chat.chat_completion_chunk import ChoiceDelta, ChoiceDeltaToolCall, ChoiceDeltaToolCallFunction
    from gatelet.types.chat.chat_completion_message_tool_call import ChatCompletionMessageToolCall, Function
    from gatelet.types.completion_usage import CompletionUsage

    call = ChatCompletionMessageToolCall(id="a", type="function", function=Function(name="f", arguments="{}"))
    message = ChatCompletionMessage(role="assistant", content="Hi", tool_calls=[call])
    usage = CompletionUsage(prompt_tokens=1, completion_tokens=2, total_tokens=3)
    choice = Choice(index=0, message=message, finish_reason="stop")
    answer = ChatCompletion(id="x", object="chat.completion", created=1, model="m", choices=[choice], usage=usage)
    tools = answer.choices[0].message.tool_calls
    assert tools and tools[0].function.name == "f" and answer.usage and answer.usage.total_tokens == 3

    function = ChoiceDeltaToolCallFunction(name="f", arguments="{}")
    delta = ChoiceDelta(role="assistant", content="Hi", tool_calls=[ChoiceDeltaToolCall(index=0, function=function)], own=1)
    chunk = ChatCompletionChunk(id="x", object="chat.completion.chunk", created=1, model="m", choices=[ChunkChoice(index=0, delta=delta, finish_reason=None)])
    assert (chunk.text, chunk.id, chunk.choices[0].delta.content, chunk.choices[0].finish_reason) == ("Hi", "x", "Hi", None)
    calls: Any = chunk.choices[0].delta.tool_calls
    assert calls[0].function.name == "f" and chunk.usage is None and isinstance(chunk, ChatCompletionChunk)
    read = json.loads(chunk.to_json())
    assert read["choices"] == [{"index": 0, "delta": delta.to_dict(), "finish_reason": None}] and read["choices"][0]["delta"]["own"] == 1
    assert ChatCompletionChunk.model_validate(read) == chunk == pickle.loads(pickle.dumps(chunk)) == copy.deepcopy(chunk)
    text: Any = CompletionChunk(id="x", choices=[{"index": 0, "text": "Hi", "finish_reason": None}])
    assert text.text == "Hi" == text.choices[0].text and ChatCompletionChunk().text == "" and ChoiceDelta() == {}


def test_chunks_can_be_changed() -> None:
    chunk: Any = ChatCompletionChunk(CHUNKS[2], "Hi", "")
    choice = chunk.choices[0]
    assert choice.delta.content[0].text == "Hi" and choice.delta.z.q == 1 and choice.more.x[0].y == 2 and chunk.own == 1
    assert choice.delta.role is None and chunk.model is None and choice.finish_reason is None
    choice.delta.content = "***"
    choice["finish_reason"] = "stop"
    choice.delta.own = 2
    del choice.delta.z
    del choice["more"]
    assert chunk.to_dict() == {"id": "c", "own": 1, "choices": [{"index": 0, "finish_reason": "stop", "delta": {"content": "***", "own": 2}}]}
    assert json.loads(chunk.model_dump_json()) == chunk.to_dict() and chunk.raw == CHUNKS[2]
    with pytest.raises(AttributeError, match="ChoiceDelta has no member 'contents'"):
        choice.delta.contents  # noqa: B018
    with pytest.raises(AttributeError, match="ChatCompletionChunk has no member 'choises'"):
        chunk.choises  # noqa: B018
    call = ChatCompletionChunk(CHUNKS[4], "", "").choices[0].delta.tool_calls[0]  # type: ignore[index]
    assert call.function and call.function.arguments == "{" and call.index == 0 and call.id == "a"


def test_chunks_are_the_same_without_msgspec() -> None:
    program = """
import sys; sys.modules["msgspec"] = None
import json, pickle, copy
from gatelet.types import ChatCompletionChunk
assert "without" in type(ChatCompletionChunk(b'{"choices":[{"delta":{}}]}', "", "").choices[0]).__module__
for raw in eval(sys.argv[1]):
    chunk = ChatCompletionChunk(raw, "", "")
    chunk.choices
    for twin in (chunk, copy.deepcopy(chunk), pickle.loads(pickle.dumps(chunk)), chunk.model_copy()):
        assert json.dumps(twin.to_dict(), sort_keys=True) == json.dumps(json.loads(raw), sort_keys=True)
chunk = ChatCompletionChunk(eval(sys.argv[1])[2], "Hi", "")
chunk.choices[0].delta.content = "***"
assert chunk.to_dict()["choices"][0]["delta"]["content"] == "***" and chunk.choices[0].delta.z.q == 1 and chunk.text == "Hi"
import gatelet
with gatelet.Client(dev_mode=True, environment=False) as client:
    asked = {"model": "m", "messages": [{"role": "user", "content": "x"}]}
    whole = client.chat.completions.create(**asked).choices[0].message.content
    assert whole == "".join(part.choices[0].delta.content or "" for part in client.chat.completions.create(**asked, stream=True))
"""
    done = subprocess.run([sys.executable, "-c", program, repr(CHUNKS)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


async def test_pydantic_and_fastapi_give_the_whole_document(answer: ChatCompletion) -> None:
    import httpx
    import pydantic
    from fastapi import FastAPI
    from fastapi.encoders import jsonable_encoder

    chunk: Any = ChatCompletionChunk(CHUNKS[2], "Hi", "")
    assert answer.choices[0].message.content and chunk.choices[0].delta.content
    for one, whole in ((answer, ANSWER), (chunk, json.loads(CHUNKS[2]))):
        assert jsonable_encoder(one) == whole == pydantic.TypeAdapter(type(one)).dump_python(one)
        assert json.loads(pydantic.TypeAdapter(type(one)).dump_json(one)) == whole
    assert json.loads(pydantic.TypeAdapter(Any).dump_json(answer)) == ANSWER

    class Kept(pydantic.BaseModel):
        answer: ChatCompletion

    kept = Kept(answer=answer)
    assert json.loads(kept.model_dump_json())["answer"] == ANSWER and Kept.model_validate({"answer": ANSWER}).answer == answer
    app = FastAPI()

    def typed() -> ChatCompletion:
        return answer

    app.get("/typed")(typed)
    app.get("/plain", response_model=None)(lambda: answer)
    app.get("/nested")(lambda: {"answer": answer, "list": [answer]})
    app.get("/chunk")(lambda: chunk)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app") as browser:
        got = {path: (await browser.get(path)).json() for path in ("/typed", "/plain", "/nested", "/chunk", "/openapi.json")}
    assert got["/typed"] == got["/plain"] == ANSWER and got["/nested"] == {"answer": ANSWER, "list": [ANSWER]}
    assert got["/chunk"] == json.loads(CHUNKS[2])
    described = got["/openapi.json"]["paths"]["/typed"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert described["type"] == "object"


def test_what_gatelet_adds_is_an_object_when_it_is_read() -> None:
    told = {"provider": "up", "attempts": [{"status": "ok", "timings": {"total_ms": 1.5}}]}
    for look in (lambda a: a.gatelet, lambda a: a["gatelet"], lambda a: a.get("gatelet")):
        answer = ChatCompletion({**ANSWER, "gatelet": json.loads(json.dumps(told))})
        assert answer == {**ANSWER, "gatelet": told} == answer.to_dict() == json.loads(json.dumps(answer))
        assert look(answer).attempts[0].timings.total_ms == 1.5 and look(answer) is answer.gatelet
        answer.gatelet.provider = "other"
        assert answer.to_dict()["gatelet"]["provider"] == "other" == copy.deepcopy(answer).gatelet.provider
    assert ChatCompletion({}).gatelet is None and ChatCompletion({}).get("gatelet", 5) == 5


@pytest.mark.parametrize("raw", [RAW, CHUNKS[2]])
def test_choices_that_were_read_first_are_those_of_the_document(raw: bytes) -> None:
    chunk: Any = ChatCompletionChunk(raw, "", "")
    choice = chunk.choices[0]
    choice.delta.content = "***"
    assert chunk.id == "c" and chunk.choices[0] is choice is chunk["choices"][0] and chunk.choices is chunk.choices
    assert chunk.to_dict()["choices"][0]["delta"]["content"] == json.loads(chunk.to_json())["choices"][0]["delta"]["content"] == "***"
    assert pickle.loads(pickle.dumps(chunk)).choices[0].delta.content == copy.deepcopy(chunk).choices[0].delta.content == "***"
    chunk.choices.append("x")
    assert chunk.model_copy().to_dict()["choices"][1] == "x"
    chunk.choices = []
    assert chunk.choices == [] == chunk.to_dict()["choices"]
    del chunk.choices
    assert not chunk.choices and "choices" not in chunk
    fresh: Any = ChatCompletionChunk(raw, "", "")
    assert fresh.choices and json.loads(fresh.to_json()) == json.loads(raw) and fresh == ChatCompletionChunk(raw, "", "")
