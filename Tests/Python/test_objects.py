"""Answers as objects."""

from __future__ import annotations

import copy
import json

import pytest
from gatelet.types import ChatCompletion, ChatCompletionChunk, ModelList, Usage

ANSWER = {
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


def test_what_the_provider_adds_can_be_read(answer: ChatCompletion) -> None:
    assert answer.choices[0].message.extra.deep[0].a == 1  # type: ignore[attr-defined]


def test_dumps(answer: ChatCompletion) -> None:
    assert answer.to_dict() == answer.model_dump() == json.loads(answer.to_json()) == ANSWER
    assert json.loads(answer.model_dump_json(indent=2)) == ANSWER
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


def test_model_list_is_a_list_of_models() -> None:
    models = ModelList({"data": [{"id": "a"}, {"id": "b", "pricing": {"prompt": "0.000001"}}], "errors": []})
    assert [model.id for model in models] == ["a", "b"] and len(models) == 2
    assert models.data[1].pricing and models.data[1].pricing.prompt == "0.000001" and models.data[0].pricing is None
