"""What is sent: every parameter reaches the provider, and what cannot be sent is a clear error."""

from __future__ import annotations

import datetime
import decimal
import json
import uuid
from typing import Any

import gatelet
import pytest
from conftest import MESSAGES, Upstream


def sent(server: Upstream) -> dict[str, Any]:
    return server.seen()["requests"][-1]["body"]  # type: ignore[no-any-return]


def test_parameters_pass_through(client: gatelet.Client, server: Upstream) -> None:
    client.chat.completions.create(
        model="chat", messages=(message for message in MESSAGES), temperature=0.5, stop=["a"], tools=[{"type": "function"}],
        gatelet={"provider": "up"}, extra_body={"top_k": 4, "temperature": 0.25, "my_own": {"b": None}},
    )  # fmt: skip
    body = sent(server)
    assert body["temperature"] == 0.25 and body["top_k"] == 4 and body["stop"] == ["a"] and body["my_own"] == {"b": None}
    assert body["messages"] == MESSAGES and body["model"] == "chat" and "gatelet" not in body
    assert server.seen()["requests"][-1]["headers"]["authorization"] == "Bearer sk-test-secret"


def test_an_answer_goes_back_as_a_message(client: gatelet.Client, server: Upstream) -> None:
    message = client.chat.completions.create(model="chat", messages=MESSAGES).choices[0].message
    client.chat.completions.create(model="chat", messages=[*MESSAGES, message, *MESSAGES])
    assert sent(server)["messages"][1] == {"role": "assistant", "content": "You said: Say hello.", "refusal": None}


@pytest.mark.parametrize("text", ["Grüße, 世界 👋", 'tab\tquote"back\\slash', "\x01\x1f\x7f", "a" * 100_000])
def test_text_survives_the_way_there_and_back(client: gatelet.Client, text: str) -> None:
    answer = client.chat.completions.create(model="chat", messages=[{"role": "user", "content": text}])
    assert answer.choices[0].message.content == f"You said: {text}"


def test_lone_surrogate_is_replaced(client: gatelet.Client) -> None:
    answer = client.chat.completions.create(model="chat", messages=[{"role": "user", "content": "a\ud83d b\ud83d\ude00"}])
    assert answer.choices[0].message.content == "You said: a\ufffd b\U0001f600"


def test_large_numbers_and_names_that_are_no_texts_are_sent_as_json_has_them(client: gatelet.Client, server: Upstream) -> None:
    own = {"large": 2**70, "small": -(2**63), "tiny": 1e-7, "pair": (1, None), 1: True}
    client.chat.completions.create(model="chat", messages=MESSAGES, extra_body={"own": own})
    assert sent(server)["own"] == {**{str(name): value for name, value in own.items()}, "pair": [1, None]}


CIRCLE: list[Any] = []
CIRCLE.append(CIRCLE)


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (float("nan"), ValueError), (float("-inf"), ValueError), (CIRCLE, ValueError), ({1, 2}, TypeError), (object(), TypeError), (b"x", TypeError),
        (datetime.date(2026, 1, 1), TypeError), (decimal.Decimal(1), TypeError), (uuid.UUID(int=1), TypeError),
    ],
)  # fmt: skip
@pytest.mark.parametrize("place", [lambda value: value, lambda value: {"a": [value]}])
def test_what_json_cannot_hold(client: gatelet.Client, value: Any, error: type[Exception], place: Any) -> None:
    with pytest.raises(error):
        client.chat.completions.create(model="chat", messages=MESSAGES, temperature=place(value))


def test_headers_and_query_need_to_be_allowed(client: gatelet.Client, server: Upstream) -> None:
    extra: Any = {"extra_headers": {"X-Team": "a"}, "extra_query": {"v": "1 2"}}
    with pytest.raises(gatelet.RefusedError, match="X-Team"):
        client.chat.completions.create(model="chat", messages=MESSAGES, **extra)
    with gatelet.Client(server.config(allow_headers=["X-Team"], allow_query=["v"])) as allowed:
        for more in (extra, {"gatelet": {"headers": {"X-Team": "a"}, "query": {"v": "1 2"}}}):
            allowed.chat.completions.create(model="chat", messages=MESSAGES, **more)
            sent = server.seen()["requests"][-1]
            assert sent["headers"]["x-team"] == "a" and sent["path"].endswith("?v=1%202")
            assert not {"gatelet", "extra_headers", "extra_query"} & set(sent["body"])


def test_what_is_forwarded_says_less_than_the_arguments(server: Upstream) -> None:
    with gatelet.Client(server.config(timeouts={"total": 30})) as client:
        ask = client.chat.completions.create
        assert ask(model="chat", messages=MESSAGES, gatelet={"timeouts": {"total": 900}}).gatelet.warnings is None
        assert ask(model="chat", messages=MESSAGES, total_timeout=900).gatelet.warnings is None
        forwarded = {"model": "chat", "messages": MESSAGES, "gatelet": {"timeouts": {"total": 0}, "tag": "mine"}}
        answer = ask(messages=MESSAGES, extra_body=forwarded, gatelet={"tag": "theirs"})
        assert [(one.code, one.path) for one in answer.gatelet.warnings] == [("overruled", "gatelet.tag"), ("clamped", "gatelet.timeouts.total")]
        with pytest.raises(gatelet.InvalidRequestError):
            ask(messages=MESSAGES, extra_body={**forwarded, "gatelet": {"headers": {"X-Team": "a"}}})


def test_refused_at_the_door(client: gatelet.Client, server: Upstream) -> None:
    before = len(server.seen()["requests"])
    for stream in (False, True):
        with pytest.raises(gatelet.InvalidRequestError) as caught:
            client.chat.completions.create(model="chat", messages=[], stream=stream)
        assert caught.value.status == 102 and "messages" in caught.value.message
    with pytest.raises(gatelet.InvalidRequestError):
        client.chat.completions.create(model="chat", messages=MESSAGES, gatelet={"no_such_option": 1})
    assert len(server.seen()["requests"]) == before
    assert client.chat.completions.create(model="chat", messages=MESSAGES).choices


def test_configuration_forms(server: Upstream) -> None:
    for config, more in ((json.dumps(server.config()), {}), (server.config(), {}), (server.config(), {"dev_mode": False}),
                         (json.dumps(server.config()), {"dev_mode": False}), (None, server.config())):  # fmt: skip
        with gatelet.Client(config, **more) as client:
            assert client.chat.completions.create(model="chat", messages=MESSAGES).gatelet.provider == "up"


def test_overrides_merge(server: Upstream) -> None:
    with gatelet.Client(server.config(), providers={"up": {"headers": {"X-One": "1"}}}) as client:
        client.chat.completions.create(model="chat", messages=MESSAGES)
    assert server.seen()["requests"][-1]["headers"]["x-one"] == "1"


def test_configuration_errors_name_the_place() -> None:
    with pytest.raises(gatelet.ConfigError, match="provders") as caught:
        gatelet.Client(provders={})
    assert caught.value.status == 103
    with pytest.raises(gatelet.GateletError):
        gatelet.Client("{not json")
    with pytest.raises(ValueError, match="NUL"):
        gatelet.Client('{"dev_mode": true}\0')
