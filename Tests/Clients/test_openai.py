"""OpenAI's SDK, blocking, over the transport."""

from __future__ import annotations

import gc
import json
import os
import threading
import time
from pathlib import Path
from typing import Any, List

import gatelet.openai
import openai
import pydantic
import pytest
from common import MESSAGES, eventually
from upstream import SOUND, Upstream

PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
TOOL: Any = {"type": "function", "function": {"name": "weather", "strict": True, "parameters": PARAMETERS}}


class City(pydantic.BaseModel):
    name: str
    inhabitants: int
    tags: List[str]


def say(client: openai.OpenAI, model: str = "chat", **more: Any) -> Any:
    return client.chat.completions.create(model=model, messages=MESSAGES, **more)


def test_chat(client: openai.OpenAI) -> None:
    answer = say(client)
    assert answer.choices[0].message.content == "You said: Say hello."
    assert answer.usage.total_tokens == 8
    assert answer.gatelet["provider"] == "up"


def test_key_of_the_sdk_stays_here(client: openai.OpenAI, upstream: Upstream) -> None:
    say(client, extra_headers={"OpenAI-Organization": "org", "sentry-trace": "1-2", "traceparent": "00-1-2-01", "Cookie": "a=b"})
    sent = upstream.requests[-1]
    assert sent["path"] == "/v1/chat/completions"
    headers = {name.lower(): value for name, value in sent["headers"].items()}
    assert headers["authorization"] == "Bearer sk-provider"
    assert "unused" not in json.dumps(sent) and not [name for name in headers if name.startswith("x-stainless")]
    assert headers["user-agent"].startswith("gatelet/") and not {"openai-organization", "sentry-trace", "traceparent", "cookie"} & set(headers)


def test_stream(client: openai.OpenAI) -> None:
    chunks = list(say(client, stream=True, stream_options={"include_usage": True}))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices).strip() == "You said: Say hello."
    assert chunks[-1].usage.total_tokens == 8


def test_chunks_come_when_they_are_there(client: openai.OpenAI, upstream: Upstream) -> None:
    with say(client, "stall:3", stream=True) as stream:
        assert [next(stream).choices[0].delta.content for _ in range(3)] == ["w0 ", "w1 ", "w2 "]
        assert upstream.closed == 0


def test_closing_a_stream_closes_the_connection(client: openai.OpenAI, upstream: Upstream) -> None:
    stream = say(client, "stall:1", stream=True)
    next(stream)
    stream.close()
    eventually(lambda: upstream.closed == 1)


def test_dropping_a_stream_closes_the_connection(client: openai.OpenAI, upstream: Upstream) -> None:
    stream = say(client, "stall:1", stream=True)
    next(stream)
    del stream
    gc.collect()
    eventually(lambda: upstream.closed == 1)


def test_closing_a_stream_from_another_thread(client: openai.OpenAI, upstream: Upstream) -> None:
    stream = say(client, "stall:1", stream=True)
    next(stream)
    threading.Timer(0.2, stream.close).start()
    with pytest.raises(openai.APIConnectionError):
        next(stream)
    eventually(lambda: upstream.closed == 1)


def test_closing_the_client_ends_what_waits(upstream: Upstream) -> None:
    client = openai.OpenAI(http_client=gatelet.openai.http_client(upstream.config()), api_key="unused")
    threading.Timer(0.2, client.close).start()
    with pytest.raises(openai.APIConnectionError):
        say(client, "silent", stream=True)
    eventually(lambda: upstream.closed == 1)


def test_tools(client: openai.OpenAI) -> None:
    answer = say(client, tools=[TOOL])
    call = answer.choices[0].message.tool_calls[0]
    assert (call.function.name, json.loads(call.function.arguments)) == ("weather", {"city": "Paris", "days": 7})
    result = {"role": "tool", "tool_call_id": call.id, "content": "sunny"}
    messages = [*MESSAGES, answer.choices[0].message, result]
    again = client.chat.completions.create(model="chat", messages=messages, tools=[TOOL])
    assert again.choices[0].message.content == "The tool said: sunny"


def test_tools_in_a_stream(client: openai.OpenAI) -> None:
    with client.chat.completions.stream(model="chat", messages=MESSAGES, tools=[TOOL]) as stream:
        kinds = {event.type for event in stream}
        call = stream.get_final_completion().choices[0].message.tool_calls
    assert "tool_calls.function.arguments.done" in kinds
    assert call and json.loads(call[0].function.arguments) == {"city": "Paris", "days": 7}


def test_parse(client: openai.OpenAI) -> None:
    answer = client.chat.completions.parse(model="chat", messages=MESSAGES, response_format=City)
    assert answer.choices[0].message.parsed == City(name="Paris", inhabitants=7, tags=["Paris"])
    with client.chat.completions.stream(model="chat", messages=MESSAGES, response_format=City) as stream:
        assert [event.type for event in stream][-1] == "content.done"
        assert stream.get_final_completion().choices[0].message.parsed == City(name="Paris", inhabitants=7, tags=["Paris"])


def test_completions(client: openai.OpenAI) -> None:
    assert client.completions.create(model="chat", prompt="you").choices[0].text == "After you"
    words = [chunk.choices[0].text for chunk in client.completions.create(model="chat", prompt="you", stream=True)]
    assert "".join(words).strip() == "After you"


def test_embeddings(client: openai.OpenAI) -> None:
    """The SDK asks for base64 by itself, and the upstream gives numbers."""
    answer = client.embeddings.create(model="embed", input=["a", "b"])
    assert [vector.embedding for vector in answer.data] == [[0.5, -0.25], [0.5, -0.25]]


def test_models(client: openai.OpenAI) -> None:
    models = client.models.list()
    assert [(model.id, model.owned_by, model.object) for model in models] == [("chat", "up", "model"), ("second", "up", "model")]
    assert client.models.retrieve("chat").created == 1
    assert client.models.retrieve("up/second").owned_by == "up"
    for name in "third", "up/third", "nobody/chat", "cha*":
        with pytest.raises(openai.NotFoundError) as caught:
            client.models.retrieve(name)
        assert caught.value.code == "model_not_found"


def test_responses(client: openai.OpenAI) -> None:
    assert client.responses.create(model="chat", input="Hi").output_text == "You said: Hi"
    kinds = [event.type for event in client.responses.create(model="chat", input="Hi", stream=True)]
    assert (kinds[0], kinds[-1]) == ("response.created", "response.completed")
    parsed = client.responses.parse(model="chat", input="Hi", text_format=City)
    assert parsed.output_parsed == City(name="Paris", inhabitants=7, tags=["Paris"])


FAILURES = [
    (400, openai.BadRequestError), (401, openai.AuthenticationError), (403, openai.PermissionDeniedError),
    (404, openai.NotFoundError), (409, openai.ConflictError), (422, openai.UnprocessableEntityError),
    (429, openai.RateLimitError), (500, openai.InternalServerError), (503, openai.InternalServerError),
]  # fmt: skip


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("status", "kind"), FAILURES)
def test_errors(client: openai.OpenAI, upstream: Upstream, status: int, kind: Any, stream: bool) -> None:
    with pytest.raises(kind) as caught:
        say(client, f"status:{status}", stream=stream)
    error = caught.value
    assert type(error) is kind and error.status_code == status
    told = json.loads(error.response.headers["x-gatelet-error"])
    # The SDK does not try again what Gatelet has tried.
    assert len(upstream.requests) == len(told["attempts"])
    assert error.body["message"] == f"told to fail with {status}"
    assert (error.type, error.param, error.code) == ("test", "model", {400: "invalid_value", 401: "invalid_api_key", 429: "rate_limit_exceeded"}.get(status))  # fmt: skip
    assert error.request_id == "req_upstream_1"
    assert error.response.headers["x-should-retry"] == "false"
    assert error.response.headers["x-ratelimit-remaining-requests"] == "99"
    assert told["attempts"][-1]["http_status"] == status and "gatelet" not in str(error)
    if status == 429:
        assert 100 < int(error.response.headers["retry-after"]) <= 120


def test_errors_of_gatelet() -> None:
    keyless = openai.OpenAI(http_client=gatelet.openai.http_client(environment=False), api_key="unused")
    with pytest.raises(openai.AuthenticationError, match="GROQ_API_KEY"):
        say(keyless, "groq/llama")
    config: Any = {"environment": False, "providers": {"openai": {"api_key": "k"}, "mistral": {"api_key": "k"}}}
    client = openai.OpenAI(http_client=gatelet.openai.http_client(config), api_key="unused")
    with pytest.raises(openai.NotFoundError) as caught:
        say(client, "nobody-knows-it")
    assert caught.value.code == "model_not_found"
    with pytest.raises(openai.BadRequestError, match="messages"):
        client.chat.completions.create(model="openai/gpt-4o", messages=7)  # type: ignore[call-overload]


def test_time_outs(client: openai.OpenAI, upstream: Upstream) -> None:
    """Per read, as in httpx, and told to the library, whose error is the cause."""
    for stream in False, True:
        with pytest.raises(openai.APITimeoutError) as caught:
            say(client, "silent", timeout=0.3, stream=stream)
        assert isinstance(caught.value.__cause__, gatelet.TimeoutError)
    assert len(upstream.requests) == 2
    with pytest.raises(openai.APITimeoutError):
        list(say(client, "stall:2", timeout=0.3, stream=True))
    assert len(list(say(client, "paced:8:100", timeout=5, stream=True))) == 9
    slow = client.with_options(timeout=0.3)
    with pytest.raises(openai.APITimeoutError):
        say(slow, "silent")


def test_a_connection_that_breaks(client: openai.OpenAI, upstream: Upstream) -> None:
    seen = []
    with pytest.raises(openai.APIConnectionError) as caught:
        for chunk in say(client, "cut:2", stream=True):
            seen.append(chunk.choices[0].delta.content)
    assert seen == ["w0 ", "w1 "] and isinstance(caught.value.__cause__, gatelet.TransportError)
    refused = {**upstream.config(), "providers": {"up": {"base_url": "http://127.0.0.1:1/v1", "api_key": "k"}}}
    with openai.OpenAI(http_client=gatelet.openai.http_client(refused), api_key="unused") as other:
        with pytest.raises(openai.APIConnectionError, match="up"):
            say(other)


def test_raw_response(client: openai.OpenAI) -> None:
    raw = client.chat.completions.with_raw_response.create(model="chat", messages=MESSAGES)
    assert raw.status_code == 200 and raw.request_id == "req_upstream_1"
    assert raw.headers["x-ratelimit-remaining-requests"] == "99"
    assert raw.headers["x-gatelet-provider"] == "up" and raw.headers["x-gatelet-request-id"].startswith("gl-")
    assert raw.elapsed.total_seconds() > 0
    assert raw.parse().choices[0].message.content == "You said: Say hello."
    assert raw.parse()._request_id == "req_upstream_1"


def test_streaming_response(client: openai.OpenAI, upstream: Upstream) -> None:
    with client.chat.completions.with_streaming_response.create(model="chat", messages=MESSAGES) as response:
        assert response.headers["x-request-id"] == "req_upstream_1"
        assert json.loads(response.read())["object"] == "chat.completion"
    kept = client.chat.completions.with_streaming_response.create(model="chat", messages=MESSAGES, stream=True)
    with kept as response:
        assert response.headers["x-ratelimit-remaining-requests"] == "99"
        lines = [line for line in response.iter_lines() if line]
    assert lines[0].startswith('data: {"id"') and lines[-1] == "data: [DONE]"
    stalled = client.chat.completions.with_streaming_response.create(model="stall:1", messages=MESSAGES, stream=True)
    with stalled as response:
        next(response.iter_lines())
    eventually(lambda: upstream.closed == 1)


def test_extra_headers_and_query(upstream: Upstream) -> None:
    config = upstream.config(allow_headers=["X-Team"], allow_query=["debug"])
    with openai.OpenAI(http_client=gatelet.openai.http_client(config), api_key="unused") as client:
        say(client, extra_headers={"X-Team": "search"}, extra_query={"debug": "1"}, extra_body={"custom": 5})
        sent = upstream.requests[-1]
        assert {name.lower(): value for name, value in sent["headers"].items()}["x-team"] == "search"
        assert sent["path"].endswith("?debug=1") and sent["body"]["custom"] == 5
        for extra in {"extra_headers": {"X-Other": "a"}}, {"extra_query": {"other": "a"}}:
            with pytest.raises(openai.PermissionDeniedError, match="allow_"):
                say(client, **extra)


def test_options_of_calls(upstream: Upstream) -> None:
    http_client = gatelet.openai.http_client(upstream.config(), options={"tag": "all"})
    with gatelet.Client(upstream.config()) as own, openai.OpenAI(http_client=http_client, api_key="unused") as client:
        say(client, extra_headers={"x-gatelet-options": '{"dry_run": true}'})
        assert upstream.requests == []
        with pytest.raises(openai.BadRequestError, match="x-gatelet-options"):
            say(client, extra_headers={"x-gatelet-options": "tag"})
        with openai.OpenAI(http_client=gatelet.openai.http_client(own, options={"tag": "shared"}), api_key="unused") as second:
            say(second)
            say(second, extra_headers={"x-gatelet-options": '{"tag": "one"}'})
        tags = [row.tag for row in own.stats("tag").tag or []]
        assert sorted(tags) == ["one", "shared"]
        # Closing the SDK's client leaves a client that was given as it is.
        assert own.chat.completions.create(model="chat", messages=MESSAGES).choices


def test_body_can_only_make_things_stricter(client: openai.OpenAI) -> None:
    answer = say(client, extra_body={"gatelet": {"tag": "mine", "timeouts": {"total": 5000}}})
    assert answer.gatelet["warnings"][0]["code"] == "clamped"


def test_failover(upstream: Upstream) -> None:
    dead = {"base_url": "http://127.0.0.1:1/v1", "api_key": "k"}
    config = upstream.config(provider_order=["dead", "up"])
    config["providers"] = {"dead": dead, **config["providers"]}
    with openai.OpenAI(http_client=gatelet.openai.http_client(config), api_key="unused") as client:
        answer = say(client, "dead/chat", extra_body={"models": ["up/chat"]})
        assert answer.gatelet["provider"] == "up"
        assert [attempt["status"] for attempt in answer.gatelet["attempts"]] == ["connect", "ok"]


def test_retries_of_the_sdk(upstream: Upstream) -> None:
    http_client = gatelet.openai.http_client(upstream.config(), sdk_retries=True)
    with openai.OpenAI(http_client=http_client, api_key="unused", max_retries=1) as client:
        with pytest.raises(openai.InternalServerError):
            say(client, "status:503")
        assert len(upstream.requests) == 2
        with pytest.raises(openai.APITimeoutError):
            say(client, "silent", timeout=0.3)
        assert len(upstream.requests) == 4


def test_other_endpoints(client: openai.OpenAI, upstream: Upstream, tmp_path: Path) -> None:
    """They are handed on as they are, with the provider's key."""
    assert client.moderations.create(input="bad").results[0].flagged
    headers = {name.lower(): value for name, value in upstream.requests[-1]["headers"].items()}
    assert upstream.requests[-1]["path"] == "/v1/moderations" and headers["authorization"] == "Bearer sk-provider"
    spoken = client.audio.speech.create(model="tts", voice="alloy", input="Hi")
    assert spoken.content == SOUND and spoken.response.headers["content-type"] == "audio/mpeg"
    with client.audio.speech.with_streaming_response.create(model="tts", voice="alloy", input="Hi") as streamed:
        streamed.stream_to_file(tmp_path / "sound")
    assert (tmp_path / "sound").read_bytes() == SOUND
    sent = bytes(range(256)) * 10
    assert client.files.create(file=("a.bin", sent), purpose="batch").id == "file-1"
    assert sent in upstream.requests[-1]["body"]
    with pytest.raises(openai.NotFoundError, match="told to fail with 404"):
        client.responses.retrieve("resp_1")
    assert upstream.requests[-1]["path"] == "/v1/responses/resp_1"


def test_what_is_not_served(client: openai.OpenAI, upstream: Upstream) -> None:
    asks: Any = [lambda: client.chat.completions.list(), lambda: client.post("/anything", cast_to=object, body={})]
    for ask in asks:
        with pytest.raises(openai.NotFoundError, match="allow_requests"):
            ask()
    assert upstream.requests == []
    config = upstream.config(allow_requests=["POST /anything"])
    with openai.OpenAI(http_client=gatelet.openai.http_client(config), api_key="unused") as other:
        with pytest.raises(openai.NotFoundError, match="told to fail with 404"):
            other.post("/anything", cast_to=object, body={})


def test_threads_share_a_client(client: openai.OpenAI, upstream: Upstream) -> None:
    answers: List[str] = []

    def ask() -> None:
        for _ in range(5):
            answers.append(say(client).choices[0].message.content)
            answers.append("".join(chunk.choices[0].delta.content or "" for chunk in say(client, stream=True)).strip())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == ["You said: Say hello."] * 80


def test_other_threads_run_while_one_waits(client: openai.OpenAI) -> None:
    done = threading.Event()

    def wait() -> None:
        list(say(client, "paced:5:100", stream=True))
        done.set()

    threading.Thread(target=wait).start()
    turns = 0
    while not done.is_set():
        turns += 1
        time.sleep(0.001)
    assert turns > 50


def test_a_forked_child_goes_on(client: openai.OpenAI) -> None:
    assert say(client).choices
    child = os.fork()
    if not child:
        code = 1
        try:
            code = 0 if say(client).choices[0].message.content == "You said: Say hello." else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert say(client).choices


def test_old_addresses_and_azure(upstream: Upstream) -> None:
    """The address of the SDK does not count, only what follows the version in it, or its end."""
    for base in "http://localhost/v1", "https://example.com/some/openai/v1/", "https://example.com/api":
        with openai.OpenAI(http_client=gatelet.openai.http_client(upstream.config()), api_key="unused", base_url=base) as client:
            assert say(client).choices and client.models.list().data
    azure = openai.AzureOpenAI(
        http_client=gatelet.openai.http_client(upstream.config()),
        api_key="unused",
        azure_endpoint="https://example.com",
        api_version="2024-10-21",
    )
    with azure:
        assert say(azure).choices


def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch, upstream: Upstream) -> None:
    for name in "HTTPS_PROXY", "https_proxy", "ALL_PROXY":
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with openai.OpenAI(http_client=gatelet.openai.http_client(upstream.config()), api_key="unused") as client:
        assert say(client).choices


def test_only_the_member_of_the_request_asks_for_a_stream(client: openai.OpenAI) -> None:
    """Long and short ones: long bodies are searched otherwise."""
    for text in "", "x" * 10000:
        told: Any = [{"role": "user", "content": text + '{"stream": true} "stream":true'}]
        schema = {"type": "object", "properties": {"stream": {"const": True}}, "default": {"stream": True}}
        tools: Any = [{"type": "function", "function": {"name": "f", "parameters": schema}}]
        raw = client.chat.completions.with_raw_response.create(model="chat", messages=told, tools=tools)
        assert raw.headers["content-type"] == "application/json" and raw.parse().choices[0].finish_reason == "tool_calls"
        told = [{"role": "user", "content": text}]
        assert client.chat.completions.with_raw_response.create(
            model="chat", messages=told, stream=True
        ).headers["content-type"].startswith("text/event-stream")
