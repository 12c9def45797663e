"""The event hook: what it is told, how it vetoes, and where its exceptions go."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import threading
import time
from typing import Any, Iterator, List

import gatelet
import pytest
from conftest import MESSAGES, Upstream, eventually
from gatelet import _hook
from gatelet._hook import Hook

Events = List[gatelet.HookEvent]


class Wrong(Exception):
    pass


@pytest.fixture
def unraisable(monkeypatch: pytest.MonkeyPatch) -> List[Any]:
    """What exceptions nobody could catch."""
    seen: List[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda told: seen.append(told.exc_value))
    return seen


@pytest.fixture(params=["sync", "async"])
def ask(request: Any, server: Upstream) -> Iterator[Any]:
    """A client of each kind: ask(model, hook, ...) makes one chat under a hook."""
    client: Any = gatelet.Client(server.config()) if request.param == "sync" else gatelet.AsyncClient(server.config())

    def chat(model: str, hook: Any, tag: str = "t", **options: Any) -> Any:
        client.set_hook(hook, **options)
        created = {"model": model, "messages": MESSAGES, "gatelet": {"tag": tag}}
        if isinstance(client, gatelet.Client):
            return client.chat.completions.create(**created)
        return asyncio.run(awaited(client, created))

    yield chat
    client.close() if request.param == "sync" else asyncio.run(client.aclose())


async def awaited(client: gatelet.AsyncClient, created: Any) -> Any:
    return await client.chat.completions.create(**created)


def call(hook: Hook, event: str) -> int:
    return hook(json.dumps({"event": event}).encode(), None)


@pytest.mark.parametrize(("result", "told"), [(None, 0), (0, 0), (1, 1), (-7, -7)])
def test_results(result: Any, told: int) -> None:
    assert call(Hook(lambda _: result, None, False), "request") == told and not _hook.raised


@pytest.mark.parametrize("result", [True, "yes", 1.0, 2**31])
def test_a_result_that_says_nothing_clear_is_an_error(result: Any) -> None:
    assert call(Hook(lambda _: result, None, False), "request") == 1
    with pytest.raises(TypeError, match="None, or a number"):
        _hook.reraise()


def test_options_document() -> None:
    assert json.loads(Hook(print, None, False).options) == {"content": False}  # type: ignore[arg-type]
    assert json.loads(Hook(print, ("attempt",), True).options) == {"events": ["attempt"], "content": True}  # type: ignore[arg-type]


def test_a_veto_is_never_zero() -> None:
    def veto(_: Any) -> None:
        raise gatelet.Veto("no", 0)

    assert call(Hook(veto, None, False), "request") == 1
    with pytest.raises(gatelet.Veto):
        _hook.reraise()


def test_events_of_a_request(ask: Any) -> None:
    events: Events = []
    ask("chat", events.append)
    eventually(lambda: len(events) == 4)
    assert [event["event"] for event in events] == ["request", "attempt", "attempt_end", "request_end"]
    assert all(event["tag"] == "t" and event["operation"] == "chat" for event in events)
    assert len({event["request_id"] for event in events}) == 1
    assert events[1]["provider"] == "up" and events[1]["attempt"] == 0 and events[1]["key"] == "up#1"
    assert events[2]["http_status"] == 200 and events[2]["status"] == "ok"
    assert "Say hello." not in json.dumps(events) and "sk-test-secret" not in json.dumps(events)


def test_chosen_events_with_content(ask: Any) -> None:
    events: Events = []
    ask("chat", events.append, events=["request", "request_end"], content=True)
    eventually(lambda: len(events) == 2)
    assert events[0]["request"]["messages"] == MESSAGES
    assert events[1]["answer"]["choices"][0]["message"]["content"] == "You said: Say hello."


@pytest.mark.parametrize("value", [5, -1])
def test_a_number_vetoes(ask: Any, server: Upstream, value: int) -> None:
    before = len(server.seen()["requests"])
    with pytest.raises(gatelet.RefusedError) as caught:
        ask("chat", lambda _: value)
    assert caught.value.status == 110 and caught.value.callback_result == value and caught.value.attempts == []
    assert len(server.seen()["requests"]) == before
    assert ask("chat", None).choices


def test_veto_is_the_cause(ask: Any, server: Upstream) -> None:
    def veto(event: gatelet.HookEvent) -> None:
        raise gatelet.Veto("over the budget", 7)

    before = len(server.seen()["requests"])
    with pytest.raises(gatelet.RefusedError) as caught:
        ask("chat", veto)
    assert caught.value.callback_result == 7 and isinstance(caught.value.__cause__, gatelet.Veto)
    assert str(caught.value.__cause__) == "over the budget"
    assert len(server.seen()["requests"]) == before and not _hook.raised


def test_other_exceptions_come_out_of_the_call(ask: Any, server: Upstream) -> None:
    def fail(event: gatelet.HookEvent) -> None:
        raise Wrong("the database is away")

    before = len(server.seen()["requests"])
    with pytest.raises(Wrong, match="the database is away"):
        ask("chat", fail)
    assert len(server.seen()["requests"]) == before and not _hook.raised
    assert ask("chat", None).choices


@pytest.mark.parametrize("event", ["attempt", "attempt_end", "request_end"])
def test_exceptions_of_later_events_are_reported_and_disturb_nothing(ask: Any, unraisable: List[Any], event: str) -> None:
    def fail(told: gatelet.HookEvent) -> None:
        if told["event"] == event:
            raise Wrong(event)

    assert ask("chat", fail).choices
    eventually(lambda: [str(one) for one in unraisable] == [event])


def test_results_of_later_events_do_not_count(ask: Any) -> None:
    assert ask("chat", lambda event: None if event["event"] == "request" else 1).choices


def test_each_attempt_has_its_events(server: Upstream) -> None:
    events: Events = []
    config = server.config(retry={"attempts": 2, "backoff_base": 0.01})
    with gatelet.Client(config) as client:
        client.set_hook(events.append, events=["attempt", "attempt_end", "request_end"])
        with pytest.raises(gatelet.OverloadedError):
            client.chat.completions.create(model="status:503", messages=MESSAGES)
    assert [(event["event"], event.get("attempt")) for event in events if event["event"] != "request_end"] == [
        (name, number) for number in range(3) for name in ("attempt", "attempt_end")
    ]
    assert [event["status"] for event in events if event["event"] == "attempt_end"] == ["overloaded"] * 3
    assert events[-1]["event"] == "request_end" and events[-1]["end"] == "error" and events[-1]["error"]
    assert [one["action"] for one in events[-1]["gatelet"]["attempts"]] == ["retry", "retry", "stop"]


def test_unknown_event_keeps_the_hook(server: Upstream) -> None:
    events: Events = []
    with gatelet.Client(server.config()) as client:
        client.set_hook(events.append, events=["request"])
        with pytest.raises(gatelet.GateletError):
            client.set_hook(print, events=["reqest"])  # type: ignore[arg-type, list-item]
        client.chat.completions.create(model="chat", messages=MESSAGES)
    assert [event["event"] for event in events] == ["request"]


def test_hook_is_held_and_replaced(server: Upstream) -> None:
    first: Events = []
    second: Events = []
    with gatelet.Client(server.config()) as client:
        client.set_hook(lambda event: first.append(event), events=["request"])
        client.chat.completions.create(model="chat", messages=MESSAGES)
        client.set_hook(lambda event: second.append(event), events=["request"])
        client.chat.completions.create(model="chat", messages=MESSAGES)
        client.set_hook(None)
        client.chat.completions.create(model="chat", messages=MESSAGES)
    assert len(first) == len(second) == 1


def test_ctrl_c_in_a_hook_is_not_lost(client: gatelet.Client) -> None:
    """Whichever event the main thread is in: the signal comes out of the call."""
    for name in ("request", "attempt", "attempt_end"):
        sent: List[str] = []

        def interrupt(event: gatelet.HookEvent, name: str = name, sent: List[str] = sent) -> None:
            if event["event"] == name and not sent:
                sent.append(name)
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(0.05)

        client.set_hook(interrupt)
        with pytest.raises(KeyboardInterrupt):
            client.chat.completions.create(model="chat", messages=MESSAGES)
        assert sent == [name] and not _hook.raised
    client.set_hook(None)
    assert client.chat.completions.create(model="chat", messages=MESSAGES).choices


def test_hooks_of_many_threads_do_not_mix_up_their_exceptions(server: Upstream) -> None:
    def veto(event: gatelet.HookEvent) -> None:
        if event["event"] == "request":
            raise Wrong(event["tag"])

    wrong: List[str] = []

    def work(number: int) -> None:
        for _ in range(50):
            try:
                client.chat.completions.create(model="chat", messages=MESSAGES, gatelet={"tag": f"t{number}"})
            except Wrong as error:
                wrong.append(str(error) if str(error) != f"t{number}" else "right")

    with gatelet.Client(server.config()) as client:
        client.set_hook(veto)
        workers = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    assert wrong == ["right"] * 200


def test_several_hooks_hear_what_each_asked_for(client: gatelet.Client, unraisable: List[Any]) -> None:
    heard: List[Any] = []

    def wrong(event: gatelet.HookEvent) -> None:
        if event["event"] != "request":
            raise Wrong

    def hear(name: str) -> Any:
        return lambda event: heard.append((name, event["event"], "request" in event, "answer" in event))

    client.set_hook(wrong)
    client.add_hook(hear("plain"), events=["request", "request_end"])
    remove = client.add_hook(hear("content"), events=["request_end"], content=True)
    client.chat.completions.create(model="chat", messages=MESSAGES)
    assert heard == [("plain", "request", False, False), ("plain", "request_end", False, False), ("content", "request_end", False, True)]
    assert unraisable and all(isinstance(one, Wrong) for one in unraisable)
    heard.clear()
    remove()
    remove()  # safe to call again
    client.set_hook(None)
    client.chat.completions.create(model="chat", messages=MESSAGES)
    assert heard == [("plain", "request", False, False), ("plain", "request_end", False, False)]


def test_one_of_several_refuses(client: gatelet.Client) -> None:
    heard: List[str] = []

    def veto(_: Any) -> None:
        raise gatelet.Veto("no", 7)

    client.add_hook(lambda event: heard.append("first"), events=["request"])
    remove = client.add_hook(veto, events=["request"])
    client.add_hook(lambda event: heard.append("last"), events=["request"])
    with pytest.raises(gatelet.RefusedError) as raised:
        client.chat.completions.create(model="chat", messages=MESSAGES)
    assert raised.value.callback_result == 7 and isinstance(raised.value.__cause__, gatelet.Veto) and heard == ["first"]
    remove()
    client.chat.completions.create(model="chat", messages=MESSAGES)
    assert heard == ["first", "first", "last"]


def test_what_a_provider_repeats_reaches_only_hooks_that_asked_for_content() -> None:
    from replay import Replay

    secret = "the prompt that a provider repeats"
    told: Any = {}
    failing = (400, "application/json", json.dumps({"error": {"message": secret, "code": f"code {secret}"}}).encode())
    with Replay({"": failing}) as replay:
        provider = {"base_url": f"{replay.url}/v1", "api_key": "k"}
        with gatelet.Client({"environment": False, "providers": {"up": provider}}) as client:  # type: ignore[arg-type]
            client.add_hook(lambda event: told.setdefault("plain", []).append(event))
            client.add_hook(lambda event: told.setdefault("content", []).append(event), content=True)
            with pytest.raises(gatelet.BadRequestError):
                client.chat.completions.create(model="m", messages=[{"role": "user", "content": secret}])
    assert secret not in json.dumps(told["plain"]) and json.dumps(told["content"]).count(secret) > 2
    assert [one["event"] for one in told["plain"]] == ["request", "attempt", "attempt_end", "request_end"]
    assert told["plain"][-1]["error"]["kind"] == "bad_request"
