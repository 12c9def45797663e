"""Anthropic's SDK over the transport; the provider speaks OpenAI's dialect."""

from __future__ import annotations

import asyncio
from typing import Any, Iterator

import anthropic
import gatelet.anthropic
import pytest
from common import MESSAGES, eventually
from upstream import Upstream

ASKED: Any = {"max_tokens": 50, "messages": MESSAGES}
TOOL: Any = {"name": "weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}


@pytest.fixture
def sdk(upstream: Upstream) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(http_client=gatelet.anthropic.http_client(upstream.config()), api_key="unused") as made:
        yield made


def test_messages(sdk: anthropic.Anthropic, upstream: Upstream) -> None:
    message = sdk.messages.create(model="chat", system="Be brief.", **ASKED)
    assert message.content[0].text == "You said: Say hello." and message.usage.input_tokens == 3
    headers = {name.lower(): value for name, value in upstream.requests[-1]["headers"].items()}
    assert headers["authorization"] == "Bearer sk-provider" and "x-api-key" not in headers
    assert upstream.requests[-1]["body"]["messages"][0] == {"role": "system", "content": "Be brief."}


def test_streams(sdk: anthropic.Anthropic, upstream: Upstream) -> None:
    kinds = [event.type for event in sdk.messages.create(model="chat", stream=True, **ASKED)]
    assert (kinds[0], kinds[-1]) == ("message_start", "message_stop")
    with sdk.messages.stream(model="chat", **ASKED) as stream:
        assert "".join(stream.text_stream).strip() == "You said: Say hello."
        assert stream.get_final_message().stop_reason == "end_turn"
    stalled = sdk.messages.create(model="stall:1", stream=True, **ASKED)
    next(stalled)
    stalled.close()
    eventually(lambda: upstream.closed == 1)


def test_tools(sdk: anthropic.Anthropic) -> None:
    message = sdk.messages.create(model="chat", tools=[TOOL], **ASKED)
    call = message.content[0]
    assert call.type == "tool_use" and call.input == {"city": "Paris"}
    with sdk.messages.stream(model="chat", tools=[TOOL], **ASKED) as stream:
        assert stream.get_final_message().content[0].input == {"city": "Paris"}
    result = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "sunny"}]}
    told: Any = [*MESSAGES, {"role": "assistant", "content": message.content}, result]
    again = sdk.messages.create(model="chat", max_tokens=50, tools=[TOOL], messages=told)
    assert again.content[0].text == "The tool said: sunny"


FAILURES = [
    (400, anthropic.BadRequestError, "invalid_request_error"), (401, anthropic.AuthenticationError, "authentication_error"),
    (403, anthropic.PermissionDeniedError, "permission_error"), (404, anthropic.NotFoundError, "not_found_error"),
    (429, anthropic.RateLimitError, "rate_limit_error"), (500, anthropic.InternalServerError, "api_error"),
    (529, anthropic.InternalServerError, "overloaded_error"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "kind", "name"), FAILURES)
def test_errors(sdk: anthropic.Anthropic, upstream: Upstream, status: int, kind: Any, name: str) -> None:
    with pytest.raises(kind) as caught:
        sdk.messages.create(model=f"status:{status}", **ASKED)
    assert caught.value.status_code == status and len(upstream.requests) == 1
    body: Any = caught.value.body
    assert body["type"] == "error" and body["error"]["type"] == name and f"told to fail with {status}" in body["error"]["message"]
    assert caught.value.request_id == "req_upstream_1"


def test_time_outs_are_not_asked_again(sdk: anthropic.Anthropic, upstream: Upstream) -> None:
    """This SDK sends again what had no response, whatever it is told; the transport knows that it is the same."""
    with pytest.raises(anthropic.APITimeoutError):
        sdk.messages.create(model="silent", timeout=0.3, **ASKED)
    assert len(upstream.requests) == 1
    with pytest.raises(anthropic.APITimeoutError):
        sdk.with_options(max_retries=0).messages.create(model="silent", timeout=0.3, **ASKED)
    assert len(upstream.requests) == 2


def test_a_stream_that_breaks(sdk: anthropic.Anthropic) -> None:
    texts = []
    with pytest.raises(anthropic.APIError):
        for event in sdk.messages.create(model="cut:2", stream=True, **ASKED):
            if event.type == "content_block_delta":
                texts.append(event.delta.text)
    assert texts == ["w0 ", "w1 "]


def test_models(sdk: anthropic.Anthropic) -> None:
    assert [model.id for model in sdk.models.list(limit=1)] == ["chat", "second"]
    assert sdk.models.retrieve("up/chat").created_at.year == 1970
    with pytest.raises(anthropic.NotFoundError):
        sdk.models.retrieve("third")


def test_betas_concern_only_who_knows_them(sdk: anthropic.Anthropic) -> None:
    for _ in range(2):
        assert sdk.beta.messages.create(model="chat", betas=["some-2025-01-01"], **ASKED).content[0].text == "You said: Say hello."


def test_counting_tokens(sdk: anthropic.Anthropic) -> None:
    """A provider of OpenAI's dialect has no place where tokens are counted; the development provider estimates."""
    with pytest.raises(anthropic.BadRequestError, match="up"):
        sdk.messages.count_tokens(model="chat", messages=MESSAGES)
    own = anthropic.Anthropic(http_client=gatelet.anthropic.http_client(dev_mode=True, environment=False), api_key="unused")
    with own:
        assert own.messages.count_tokens(model="any", messages=MESSAGES).input_tokens > 0


def test_headers(sdk: anthropic.Anthropic) -> None:
    raw = sdk.messages.with_raw_response.create(model="chat", **ASKED)
    assert raw.headers["request-id"] and raw.headers["x-ratelimit-limit-requests"] == "100" and raw.parse().content


def test_other_endpoints_are_those_of_anthropic(upstream: Upstream) -> None:
    config = upstream.config()
    config["providers"]["anthropic"] = {"base_url": config["providers"]["up"]["base_url"], "api_key": "sk-ant"}
    with anthropic.Anthropic(http_client=gatelet.anthropic.http_client(config), api_key="unused") as sdk:
        assert sdk.messages.batches.list().data == []
        headers = {name.lower(): value for name, value in upstream.requests[-1]["headers"].items()}
        assert headers["x-api-key"] == "sk-ant" and "unused" not in str(headers)
        with pytest.raises(anthropic.NotFoundError, match="allow_requests"):
            sdk.post("/v1/anything", cast_to=object, body={})


async def test_async(upstream: Upstream) -> None:
    http_client = gatelet.anthropic.async_http_client(upstream.config())
    async with anthropic.AsyncAnthropic(http_client=http_client, api_key="unused") as sdk:
        assert (await sdk.messages.create(model="chat", **ASKED)).content[0].text == "You said: Say hello."
        async with sdk.messages.stream(model="chat", **ASKED) as stream:
            assert "".join([text async for text in stream.text_stream]).strip() == "You said: Say hello."
        task = asyncio.create_task(sdk.messages.create(model="silent", **ASKED))
        while len(upstream.requests) < 3:
            await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.get_running_loop().run_in_executor(None, lambda: eventually(lambda: upstream.closed == 1))
