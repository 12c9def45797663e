"""The interfaces, by the clients that people have."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, Iterator

import anthropic
import openai
import pytest
import requests
from conftest import MESSAGES, Process, eventually
from upstream import Upstream

WEATHER: Any = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
PICTURE = "data:image/png;base64,iVBORw0KGgo="
SEEN: Any = [{"role": "user", "content": [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": PICTURE}}]}]
TOOL: Any = {"type": "function", "function": {"name": "weather", "parameters": WEATHER}}


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    """One provider and one gateway for all of these tests."""
    made = Upstream()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def gateway(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    config = upstream.config()
    config["providers"]["other"] = config["providers"]["up"]  # whose key is refused, and rests then
    made = Process(tmp_path_factory.mktemp("gateway"), {"gatelet": config, "lists_at_start": False})
    yield made
    assert made.end() == 0 and "Traceback" not in made.log()


@pytest.fixture
def sdk(gateway: Process) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=gateway.url + "/v1", api_key="any", max_retries=0) as made:
        yield made


@pytest.fixture
def claude(gateway: Process) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=gateway.url, api_key="any", max_retries=0) as made:
        yield made


def test_openai_chat(sdk: openai.OpenAI) -> None:
    answer = sdk.chat.completions.create(model="up/chat", messages=MESSAGES)
    assert answer.choices[0].message.content == "You said: Say hello."
    assert answer.usage and answer.usage.total_tokens == 8


def test_openai_stream(sdk: openai.OpenAI) -> None:
    stream = sdk.chat.completions.create(model="up/chat", messages=MESSAGES, stream=True, stream_options={"include_usage": True})
    chunks = list(stream)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "You said: Say hello. "
    assert chunks[-1].usage and chunks[-1].usage.total_tokens == 8
    assert stream.response.headers["content-type"].startswith("text/event-stream")


def test_openai_tools(sdk: openai.OpenAI) -> None:
    answer = sdk.chat.completions.create(model="up/chat", messages=MESSAGES, tools=[TOOL])
    calls = answer.choices[0].message.tool_calls
    assert calls and calls[0].type == "function" and json.loads(calls[0].function.arguments) == {"city": "Paris"}
    told = [*MESSAGES, answer.choices[0].message, {"role": "tool", "tool_call_id": calls[0].id, "content": "rain"}]
    stream = sdk.chat.completions.create(model="up/chat", messages=told, tools=[TOOL], stream=True)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices) == "The tool said: rain "


def test_openai_image(sdk: openai.OpenAI, upstream: Upstream) -> None:
    answer = sdk.chat.completions.create(model="up/chat", messages=SEEN)
    assert answer.choices[0].message.content == "You said: What is it?"
    assert upstream.requests[-1]["body"]["messages"][0]["content"][1]["image_url"]["url"] == PICTURE


def test_openai_who_stops_reading_ends_the_request(sdk: openai.OpenAI, upstream: Upstream) -> None:
    closed = upstream.closed
    with sdk.chat.completions.create(model="up/stall:2", messages=MESSAGES, stream=True) as stream:
        assert next(iter(stream)).choices[0].delta.content == "w0 " and upstream.closed == closed
    eventually(lambda: upstream.closed == closed + 1)
    with pytest.raises(openai.APITimeoutError):
        sdk.with_options(timeout=1).chat.completions.create(model="up/silent", messages=MESSAGES)
    eventually(lambda: upstream.closed == closed + 2)


def test_openai_others(sdk: openai.OpenAI) -> None:
    assert sdk.completions.create(model="up/chat", prompt="Once").choices[0].text == "After Once"
    assert "".join(chunk.choices[0].text for chunk in sdk.completions.create(model="up/chat", prompt="Once", stream=True)) == "After Once "
    vectors = sdk.embeddings.create(model="up/chat", input=["a", "b"], encoding_format="float")
    assert [one.embedding for one in vectors.data] == [[0.5, -0.25]] * 2
    assert sdk.responses.create(model="up/chat", input="Say hello.").output_text == "You said: Say hello."
    with sdk.responses.stream(model="up/chat", input="Say hello.") as stream:
        kinds = [event.type for event in stream]
        assert stream.get_final_response().output_text.strip() == "You said: Say hello."
    assert kinds[0] == "response.created" and kinds[-1] == "response.completed"
    assert [model.id for model in sdk.models.list() if model.owned_by == "up"] == ["up/chat", "up/second"]
    assert sdk.models.retrieve("up/second").owned_by == "up"
    with pytest.raises(openai.NotFoundError):
        sdk.models.retrieve("up/third")


@pytest.mark.parametrize(
    "code, kind",
    [
        (400, openai.BadRequestError),
        (401, openai.InternalServerError),  # the gateway's key is bad, not the caller's
        (404, openai.NotFoundError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
        (503, openai.InternalServerError),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_openai_errors(sdk: openai.OpenAI, code: int, kind: Any, stream: bool) -> None:
    with pytest.raises(kind) as caught:
        provider = "other" if code == 401 else "up"
        sdk.chat.completions.create(model=f"{provider}/status:{code}", messages=MESSAGES, stream=stream)
    said = str(caught.value.body["message"])
    assert (str(code) in said or code == 401 and "the key rests" in said) and caught.value.body["type"]  # a refused key is not asked again
    assert caught.value.response.headers.get("retry-after") == ("120" if code == 429 else None)


def test_a_stream_that_breaks_tells_it(sdk: openai.OpenAI) -> None:
    seen = []
    with pytest.raises(openai.APIError) as caught:
        for chunk in sdk.chat.completions.create(model="up/cut:3", messages=MESSAGES, stream=True):
            seen.append(chunk.choices[0].delta.content)
    assert seen == ["w0 ", "w1 ", "w2 "] and caught.value.body["code"]


async def test_openai_async(gateway: Process, upstream: Upstream) -> None:
    async with openai.AsyncOpenAI(base_url=gateway.url + "/v1", api_key="any", max_retries=0) as sdk:
        ask = lambda: sdk.chat.completions.create(model="up/chat", messages=MESSAGES)  # noqa: E731
        answers = await asyncio.gather(*[ask() for _ in range(30)])
        assert {answer.choices[0].message.content for answer in answers} == {"You said: Say hello."}

        async def words() -> str:
            stream = await sdk.chat.completions.create(model="up/paced:5:10", messages=MESSAGES, stream=True)
            return "".join([chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices])

        assert set(await asyncio.gather(*[words() for _ in range(30)])) == {"w0 w1 w2 w3 w4 "}
        called = (await sdk.chat.completions.create(model="up/chat", messages=MESSAGES, tools=[TOOL])).choices[0].message.tool_calls
        assert called and called[0].type == "function" and json.loads(called[0].function.arguments) == {"city": "Paris"}
        seen = await sdk.chat.completions.create(model="up/chat", messages=SEEN)
        assert seen.choices[0].message.content == "You said: What is it?" and PICTURE in json.dumps(upstream.requests[-1]["body"])
        with pytest.raises(openai.RateLimitError) as caught:
            await sdk.chat.completions.create(model="up/status:429", messages=MESSAGES)
        assert caught.value.response.headers["retry-after"] == "120"
        closed = upstream.closed
        async with await sdk.chat.completions.create(model="up/stall:2", messages=MESSAGES, stream=True) as left:
            assert (await left.__anext__()).choices[0].delta.content == "w0 "
        await asyncio.to_thread(eventually, lambda: upstream.closed == closed + 1)
        closed = upstream.closed
        task = asyncio.create_task(sdk.chat.completions.create(model="up/silent", messages=MESSAGES))
        await asyncio.to_thread(eventually, lambda: upstream.requests[-1]["body"]["model"] == "silent")
        task.cancel()
        await asyncio.to_thread(eventually, lambda: upstream.closed == closed + 1)


def test_anthropic(claude: anthropic.Anthropic) -> None:
    answer = claude.messages.create(model="up/chat", max_tokens=100, messages=MESSAGES)
    assert answer.content[0].type == "text" and answer.content[0].text == "You said: Say hello."
    with claude.messages.stream(model="up/chat", max_tokens=100, messages=MESSAGES) as stream:
        assert "".join(stream.text_stream) == "You said: Say hello. "
        assert stream.get_final_message().stop_reason == "end_turn"
    tool: Any = {"name": "weather", "input_schema": WEATHER}
    with claude.messages.stream(model="up/chat", max_tokens=100, messages=MESSAGES, tools=[tool]) as stream:
        called = stream.get_final_message()
    assert called.stop_reason == "tool_use" and called.content[-1].type == "tool_use" and called.content[-1].input == {"city": "Paris"}
    pages = claude.models.list(limit=1)
    assert pages.has_more and {model.id for model in pages} == {"up/chat", "up/second", "other/chat", "other/second"}
    assert claude.models.retrieve("up/chat").type == "model"


def test_anthropic_image(claude: anthropic.Anthropic, upstream: Upstream) -> None:
    picture: Any = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}
    answer = claude.messages.create(model="up/chat", max_tokens=100, messages=[{"role": "user", "content": [{"type": "text", "text": "What is it?"}, picture]}])
    assert answer.content[0].type == "text" and answer.content[0].text == "You said: What is it?"
    assert upstream.requests[-1]["body"]["messages"][0]["content"][1]["image_url"]["url"] == PICTURE


def test_anthropic_who_stops_reading_ends_the_request(claude: anthropic.Anthropic, upstream: Upstream) -> None:
    closed = upstream.closed
    with claude.messages.stream(model="up/stall:2", max_tokens=100, messages=MESSAGES) as stream:
        assert next(iter(stream.text_stream)) == "w0 "
    eventually(lambda: upstream.closed == closed + 1)


async def test_anthropic_async(gateway: Process, upstream: Upstream) -> None:
    async with anthropic.AsyncAnthropic(base_url=gateway.url, api_key="any", max_retries=0) as claude:
        assert (await claude.messages.create(model="up/chat", max_tokens=100, messages=MESSAGES)).content[0].type == "text"
        async with claude.messages.stream(model="up/chat", max_tokens=100, messages=MESSAGES) as stream:
            assert "".join([text async for text in stream.text_stream]) == "You said: Say hello. "
        closed = upstream.closed
        task = asyncio.create_task(claude.messages.create(model="up/silent", max_tokens=100, messages=MESSAGES))
        await asyncio.to_thread(eventually, lambda: upstream.requests[-1]["body"]["model"] == "silent")
        task.cancel()
        await asyncio.to_thread(eventually, lambda: upstream.closed == closed + 1)


def test_anthropic_counts_tokens(tmp_path: Path) -> None:
    gateway = Process(tmp_path, {"gatelet": {"dev_mode": True}})
    with anthropic.Anthropic(base_url=gateway.url, api_key="any") as claude:
        assert claude.messages.count_tokens(model="claude-sonnet-4-5", messages=MESSAGES).input_tokens > 0
    assert gateway.end() == 0


@pytest.mark.parametrize("code, kind", [(400, anthropic.BadRequestError), (429, anthropic.RateLimitError), (503, anthropic.InternalServerError)])
def test_anthropic_errors(claude: anthropic.Anthropic, code: int, kind: Any) -> None:
    for ask in claude.messages.create, lambda **request: claude.messages.create(stream=True, **request):
        with pytest.raises(kind) as caught:
            ask(model=f"up/status:{code}", max_tokens=100, messages=MESSAGES)
        assert caught.value.body["type"] == "error" and str(code) in caught.value.body["error"]["message"]
    seen = []
    with pytest.raises(anthropic.APIError):
        for event in claude.messages.create(model="up/cut:3", max_tokens=100, messages=MESSAGES, stream=True):
            seen.append(event.type)
    assert seen.count("content_block_delta") == 3


def curl(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["curl", "-sS", "--max-time", "60", *arguments], capture_output=True, text=True)


def test_curl(gateway: Process, upstream: Upstream) -> None:
    body = json.dumps({"model": "up/chat", "messages": MESSAGES})
    header = "Content-Type: application/json"
    told = curl(gateway.url + "/v1/chat/completions", "-H", header, "-H", "Authorization: Bearer any", "-d", body)
    assert json.loads(told.stdout)["choices"][0]["message"]["content"] == "You said: Say hello."
    told = curl("-N", gateway.url + "/v1/chat/completions", "-d", json.dumps({"model": "up/chat", "messages": MESSAGES, "stream": True}))
    events = told.stdout.split("\n\n")
    assert events[-2:] == ["data: [DONE]", ""] and all(event.startswith("data: {") for event in events[:-2])
    told = curl(gateway.url + "/v1/chat/completions", "-d", json.dumps({"model": "up/chat", "messages": MESSAGES, "tools": [TOOL]}))
    assert json.loads(json.loads(told.stdout)["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"]) == {"city": "Paris"}
    told = curl(gateway.url + "/v1/chat/completions", "-d", json.dumps({"model": "up/chat", "messages": SEEN}))
    assert json.loads(told.stdout)["choices"][0]["message"]["content"] == "You said: What is it?" and PICTURE in json.dumps(upstream.requests[-1]["body"])
    closed = upstream.closed
    silent = ["curl", "-sN", gateway.url + "/v1/chat/completions", "-d", json.dumps({"model": "up/stall:2", "messages": MESSAGES, "stream": True})]
    with subprocess.Popen(silent, stdout=subprocess.PIPE) as asking:
        assert asking.stdout and asking.stdout.readline().startswith(b"data: ")
        asking.terminate()
    eventually(lambda: upstream.closed == closed + 1)
    told = curl("-i", gateway.url + "/v1/chat/completions", "-d", json.dumps({"model": "up/status:429", "messages": MESSAGES}))
    assert told.stdout.startswith("HTTP/1.1 429 ") and "\nretry-after: 120" in told.stdout
    told = curl("-i", gateway.url + "/v1/chat/completions", "-d", '{"model": "up/chat", "messages": [')
    assert told.stdout.startswith("HTTP/1.1 400 ") and '"type":"invalid_request_error"' in told.stdout


def test_requests(gateway: Process, upstream: Upstream) -> None:
    assert gateway.post("/v1/chat/completions", {"model": "up/chat", "messages": MESSAGES}).json()["choices"][0]["message"]["content"] == "You said: Say hello."
    called = gateway.post("/v1/chat/completions", {"model": "up/chat", "messages": MESSAGES, "tools": [TOOL]}).json()["choices"][0]
    assert called["finish_reason"] == "tool_calls" and json.loads(called["message"]["tool_calls"][0]["function"]["arguments"]) == {"city": "Paris"}
    seen = gateway.post("/v1/chat/completions", {"model": "up/chat", "messages": SEEN})
    assert seen.json()["choices"][0]["message"]["content"] == "You said: What is it?" and PICTURE in json.dumps(upstream.requests[-1]["body"])
    refused = gateway.post("/v1/chat/completions", {"model": "up/status:429", "messages": MESSAGES})
    assert refused.status_code == 429 and refused.headers["retry-after"] == "120"
    closed = upstream.closed
    with gateway.post("/v1/chat/completions", {"model": "up/stall:2", "messages": MESSAGES, "stream": True}, stream=True) as left:
        assert next(left.iter_lines()).startswith(b"data: ")
    eventually(lambda: upstream.closed == closed + 1)
    with requests.post(
        gateway.url + "/v1/chat/completions", json={"model": "up/chat", "messages": MESSAGES, "stream": True}, stream=True, timeout=60
    ) as told:
        lines = [line for line in told.iter_lines() if line]
    assert lines[-1] == b"data: [DONE]" and json.loads(lines[1][6:])["choices"][0]["delta"]["content"] == "You "
    assert {"up/chat", "up/second"} <= {model["id"] for model in gateway.get("/api/v1/models").json()["data"]}
    shown = {model["id"]: model for model in gateway.get("/api/display_models").json()["data"]}
    assert shown["up/chat"]["min_prompt_price"] is None


@pytest.mark.skipif(not shutil.which("node"), reason="no node here")
def test_fetch_of_node(gateway: Process, upstream: Upstream) -> None:
    closed = upstream.closed
    script = str(Path(__file__).with_name("fetch.mjs"))
    told = subprocess.run(["node", script, gateway.url], capture_output=True, text=True, timeout=60)
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout)
    assert PICTURE in json.dumps([one["body"] for one in upstream.requests[-8:]])
    assert found.pop("tool") == {"city": "Paris"} and found.pop("seen") == "You said: What is it?"
    assert found == {"answer": "You said: What is the meaning of life?", "streamed": "w0 w1 w2 ", "status": 429, "retryAfter": "120", "aborted": "AbortError"}
    eventually(lambda: upstream.closed == closed + 1)
