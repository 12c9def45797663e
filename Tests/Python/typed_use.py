"""Not run: mypy and pyright check in strict mode that the calls have the types that users see, and that mistakes are found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator, List, Optional, Union

import gatelet
import httpx
from gatelet.reports import Attempt, ModelTestEvent, ModelTestResults
from gatelet.types import ChatCompletion, ChatCompletionChunk, Completion, Model
from gatelet.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam


@dataclass
class City:
    name: str


def sync(client: gatelet.Client, flag: bool) -> None:
    messages: List[ChatCompletionMessageParam] = [{"role": "user", "content": "x"}]
    answer: ChatCompletion = client.chat.completions.create(messages=messages, model="m", temperature=0.1)
    text: Optional[str] = answer.choices[0].message.content
    stream: gatelet.Stream[ChatCompletionChunk] = client.chat.completions.create(messages=messages, stream=True)
    parts: List[str] = [chunk.text for chunk in stream]
    either = client.chat.completions.create(messages=messages, stream=flag)
    assert isinstance(either, (ChatCompletion, gatelet.Stream))
    completion: Completion = client.completions.create(prompt="x")
    models: List[Model] = list(client.models.list())
    print(text, parts, completion.choices[0].text, models[0].pricing)
    messages.append(answer.choices[0].message)
    deltas: List[Optional[str]] = [chunk.choices[0].delta.content for chunk in stream]
    raw = client.chat.completions.with_raw_response.create(messages=messages, model="m")
    limit: Optional[str] = raw.headers.get("x-ratelimit-remaining-requests")
    again: ChatCompletion = raw.parse()
    owner: Optional[str] = client.models.retrieve("m").owned_by
    print(deltas, limit, again.to_dict(exclude_none=True), owner, dict(answer), {**answer}, answer.keys(), answer["usage"])


def parsed(client: gatelet.Client) -> None:
    city: Optional[City] = client.chat.completions.parse(messages=[], model="m", response_format=City).choices[0].message.parsed
    with client.chat.completions.stream(messages=[], model="m", response_format=City) as stream:
        for event in stream:
            if event.type == "content.delta":
                print(event.delta)
        final: Optional[City] = stream.get_final_completion().choices[0].message.parsed
    tools: List[ChatCompletionToolParam] = [
        {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}, "strict": True}},
    ]
    client.chat.completions.create(messages=[], model="m", tools=tools, tool_choice={"type": "function", "function": {"name": "f"}})
    print(city, final)


async def surfaces(client: gatelet.AsyncClient, plain: gatelet.Client) -> None:
    message = await client.messages.create(model="m", max_tokens=5, messages=[{"role": "user", "content": "x"}])
    text: str = "".join(block.text for block in message.content)
    async with client.messages.stream(model="m", max_tokens=5, messages=[]) as stream:
        parts: List[str] = [part async for part in stream.text_stream]
        tokens: int = (await stream.get_final_message()).usage.output_tokens
    response = await client.responses.create(model="m", input="x", instructions="y")
    async for event in await client.responses.create(model="m", input="x", stream=True):
        print(event.type, event.delta)
    city: Optional[City] = plain.responses.parse(model="m", input="x", text_format=City).output_parsed
    ids: List[str] = [model.id async for model in client.models.list()]
    body: bytes = await client.raw.chat(b"{}", gatelet={"tag": "a"})
    events: Iterator[bytes] = iter(plain.raw.chat_stream(b"{}", sse=True, total_timeout=5))
    sound: bytes = (await client.raw.request("POST", "/audio/speech", {"input": "x"}, provider="openai")).content
    pieces: Iterator[bytes] = iter(plain.raw.request_stream("GET", "/files/f/content", tag="a"))
    await client.raw.request("POST", "/files", {"purpose": "batch"}, files={"file": ("a.jsonl", b"{}")})
    print(text, parts, tokens, response.output_text, city, ids, body, events, sound, pieces)


def options(key: Union[str, None]) -> gatelet.Client:
    client = gatelet.Client(api_key=key, base_url="http://127.0.0.1:1/v1", timeout=5, max_retries=1, default_headers={"X-A": "b"})
    client.chat.completions.create(
        messages=[], model="m", temperature=gatelet.NOT_GIVEN, stop=gatelet.omit, timeout=5.5, total_timeout=60, max_retries=0, tag="t",
        extra_headers={"X-B": gatelet.omit}, extra_query={"a": 1}, extra_body={"top_k": 1}, usage={"include": True},
        reasoning={"effort": "low"}, route="fallback", transforms=["middle-out"],
    )  # fmt: skip
    gatelet.AsyncClient(base_url=httpx.URL("http://127.0.0.1:1/v1"), timeout=httpx.Timeout(5, read=60))
    with client.embeddings.with_streaming_response.create(input="x", model="m") as response:
        print(response.status_code, client.models.with_raw_response.list(), client.with_raw_response.messages)
    address: Optional[str] = client.base_url
    retries: Optional[int] = client.max_retries
    print(address, retries, client.timeout, client.is_closed())
    return client.with_options(timeout=None, tag="x")


def failure(error: gatelet.GateletError) -> bytes:
    status, headers, body = error.reply("anthropic")
    print(status + 1, headers["retry-after"], body["error"])
    return gatelet.sse.error(error)


async def asynchronous(client: gatelet.AsyncClient) -> None:
    answer: ChatCompletion = await client.chat.completions.create(messages=[], model="m")
    async with await client.chat.completions.create(messages=[], stream=True) as stream:
        parts: List[str] = [chunk.text async for chunk in stream]
    print(answer.usage.prompt_tokens if answer.usage else None, parts, stream.end)


def routing(client: gatelet.Client) -> None:
    own: gatelet.RequestOptions = {"continue": True, "hedge": {"delay": "p95"}, "route": {"sort": "price"}, "max_cost": "0.01"}
    answer = client.chat.completions.create(
        messages=[], models=["a", "b"], provider={"order": ["groq"], "zdr": True}, gatelet=own, logit_bias={}
    )
    attempts: List[Attempt] = answer.gatelet.attempts
    wait: Optional[float] = attempts[0].wait_ms
    reasons: List[str] = [entry.reason for entry in answer.plan or []] + [entry.reason for entry in answer.excluded or []]
    try:
        client.embeddings.create(input="x", gatelet={"dry_run": True, "faults": {"sequence": [429, "ok"]}})
    except gatelet.RefusedError as error:
        print(error.callback_result, [attempt.status for attempt in error.attempts], wait, reasons)
    states: List[str] = [key.state for provider in client.providers("groq", probe=True) for key in provider.keys or []]
    client.reload({"retry": {"attempts": 1}}, log="info")
    client.reload('{"log": "debug"}')
    print(states)


def hook(event: gatelet.HookEvent) -> Optional[int]:
    if event["event"] == "request" and event.get("tag") == "nobody":
        raise gatelet.Veto("nobody asks", 7)
    return None


def testing(client: gatelet.Client, event: ModelTestEvent) -> Optional[float]:
    found: ModelTestResults = client.test_models(["a/*"], provider="a", spacing=1.5, on_progress=lambda event: event.failed > 3)
    again = client.test_models(results=found, limit=3, stream=True)
    reasons: List[Optional[str]] = [one.reason for one in again if one.status == "failed"]
    print(reasons, found.summary.success_rate, found.fastest[0].latency_ms)
    return event.eta_ms


async def control(client: gatelet.AsyncClient) -> None:
    client.set_hook(hook, events=["request", "attempt_end"], content=True)
    client.set_hook(None)
    client.reload(dev_mode=True)
    latencies: List[Optional[float]] = [one.health.latency_ms for one in await client.providers() if one.health]
    print(latencies)


def wrong(client: gatelet.Client) -> None:
    """Each of these is an error of types: mypy would complain about an ignore that is not needed."""
    gatelet.Client({"retry": {"attempt": 1}})  # type: ignore[arg-type]
    client.test_models(spacings=1)  # type: ignore[call-arg]
    gatelet.Client({"preset": "gatway"})  # type: ignore[arg-type]
    gatelet.Client({"failover": {"auth": ["retri"]}})  # type: ignore[arg-type]
    gatelet.Client({"providers": {"a": {"keys": [{"name": "without a value"}]}}})  # type: ignore[arg-type]
    gatelet.Client(colour="blue")  # type: ignore[call-arg]
    gatelet.AsyncClient(log="loud")  # type: ignore[arg-type]
    client.reload({"timeouts": {"total": "1"}})  # type: ignore[arg-type]
    client.set_hook(hook, events=["reqest"])  # type: ignore[list-item]
    client.chat.completions.create(messages=[], gatelet={"hedge": True})  # type: ignore[call-overload]
    client.chat.completions.create(messages=[], provider={"sort": "luck"})  # type: ignore[call-overload]
    client.chat.completions.create(messages=[], model="m", temperatur=1)  # type: ignore[call-overload]
    client.chat.completions.create(messages=[], model="m", temperature="hot")  # type: ignore[call-overload]
    client.chat.completions.create(messages=[{"role": "usr", "content": "x"}], model="m")  # type: ignore[list-item]
    client.chat.completions.create(messages=[{"role": "user", "contents": "x"}], model="m")  # type: ignore[list-item]
    client.chat.completions.create(messages="x", model="m")  # type: ignore[arg-type]
    client.chat.completions.create(messages=[], model="m", tools=[{"type": "fn"}])  # type: ignore[list-item]
    client.chat.completions.create(messages=[], model="m").choices[0].message.contents  # type: ignore[attr-defined]
    client.chat.completions.create(messages=[], model="m").usages  # type: ignore[attr-defined]
    client.chat.completions.creat(messages=[], model="m")  # type: ignore[attr-defined]
    for chunk in client.chat.completions.create(messages=[], model="m", stream=True):
        print(chunk.choices[0].delta.contnt)  # type: ignore[attr-defined]
    client.completions.create(prompt="x", model="m", max_token=1)  # type: ignore[call-overload]
    client.embeddings.create(input="x", model="m", dimension=1)  # type: ignore[call-arg]
    client.messages.create(model="m", messages=[])  # type: ignore[call-overload]
    client.responses.create(model="m", inputs="x")  # type: ignore[call-overload]
    client.raw.chat(b"", tags="x")  # type: ignore[call-arg]
    client.raw.request("BREW", "/coffee")  # type: ignore[arg-type]
    client.raw.request("GET", "/files", tags="x")  # type: ignore[call-arg]
    client.raw.request("POST", "/files", files=b"x")  # type: ignore[arg-type]
    client.base_url = "http://127.0.0.1:1/v1"  # type: ignore[misc]
    client.timeout = 5  # type: ignore[misc]
    gatelet.Client(api_key=5)  # type: ignore[arg-type]
    gatelet.Client(base_url=5)  # type: ignore[arg-type]
    client.with_options(timeouts=5)  # type: ignore[call-arg]
    print(client.chats)  # type: ignore[attr-defined]
