"""Not run: mypy checks in strict mode that the calls have the types that users see."""

from __future__ import annotations

from typing import List, Optional

import gatelet
from gatelet.reports import Attempt, ModelTestEvent, ModelTestResults
from gatelet.types import ChatCompletion, ChatCompletionChunk, Completion, Model


def sync(client: gatelet.Client, flag: bool) -> None:
    messages = [{"role": "user", "content": "x"}]
    answer: ChatCompletion = client.chat.completions.create(messages=messages, model="m", temperature=0.1)
    text: Optional[str] = answer.choices[0].message.content
    stream: gatelet.Stream[ChatCompletionChunk] = client.chat.completions.create(messages=messages, stream=True)
    parts: List[str] = [chunk.text for chunk in stream]
    either = client.chat.completions.create(messages=messages, stream=flag)
    assert isinstance(either, (ChatCompletion, gatelet.Stream))
    completion: Completion = client.completions.create(prompt="x")
    models: List[Model] = list(client.models.list())
    print(text, parts, completion.choices[0].text, models[0].pricing)


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
