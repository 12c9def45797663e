"""Failover, retries, plans, reload and providers as Python sees them."""

from __future__ import annotations

from typing import Any

import gatelet
import pytest
from conftest import MESSAGES, Upstream
from gatelet import _library
from gatelet.reports import Attempt
from gatelet.types import ChatCompletion


def two(server: Upstream, **more: Any) -> dict[str, Any]:
    """Providers `first` and `second` lead to the same server, which fails as the model's name says."""
    one = {"base_url": f"http://127.0.0.1:{server.port}/v1", "api_key": "sk-test-secret"}
    second = {**one, "model_ids": {"status:503": "chat", "status:401": "chat"}}
    config = {"providers": {"first": one, "second": second}, "default_provider": "first", "retry": {"attempts": 0}}
    return {"environment": False, "request_extensions": "all", **config, **more}


def dev(faults: Any, **more: Any) -> dict[str, Any]:
    """A development provider with that script, and one without faults."""
    providers = {"bad": {"dialect": "dev", "faults": faults}, "good": {"dialect": "dev", "model_ids": {"m": "m"}, "prefill": True}}
    return {
        "environment": False, "providers": providers, "default_provider": "bad", "request_extensions": "all",
        "retry": {"attempts": 1, "backoff_base": 0.01}, **more,
    }  # fmt: skip


def chat(client: gatelet.Client, model: str = "m", **more: Any) -> ChatCompletion:
    answer: ChatCompletion = client.chat.completions.create(model=model, messages=MESSAGES, **more)
    return answer


def test_attempts_of_an_answer(server: Upstream) -> None:
    with gatelet.Client(two(server)) as client:
        gone, came = chat(client, "status:503").gatelet.attempts
    assert isinstance(gone, Attempt) and (gone.provider, gone.http_status, gone.action) == ("first", 503, "next_provider")
    assert (came.provider, came.model, came.status, came.action, came.key) == ("second", "chat", "ok", None, "second#1")
    assert came.wait_ms is None and gone.timings and gone.timings.total_ms is not None


def test_attempts_of_an_error(server: Upstream) -> None:
    with gatelet.Client(two(server, retry={"attempts": 1, "backoff_base": 0.01})) as client:
        with pytest.raises(gatelet.OverloadedError) as caught:
            chat(client, "status:503", gatelet={"provider": "first"})
    assert [(one.provider, one.http_status, one.action) for one in caught.value.attempts] == [
        ("first", 503, "retry"),
        ("first", 503, "stop"),
    ]
    assert [one.wait_ms is not None and one.wait_ms > 1 for one in caught.value.attempts] == [False, True]


def test_attempts_of_a_stream(server: Upstream) -> None:
    with gatelet.Client(two(server)) as client:
        with client.chat.completions.create(model="status:503", messages=MESSAGES, stream=True) as stream:
            assert "".join(chunk.text for chunk in stream)
        assert stream.gatelet and [one.provider for one in stream.gatelet.attempts] == ["first", "second"]
        stream = client.chat.completions.create(model="cut:3", messages=MESSAGES, stream=True)
        with pytest.raises(gatelet.TruncatedError) as caught:
            list(stream)
        assert stream.gatelet and [one.status for one in stream.gatelet.attempts] == ["truncated"]
        assert [one.status for one in caught.value.attempts] == ["truncated"]


async def test_attempts_async(server: Upstream) -> None:
    async with gatelet.AsyncClient(two(server)) as client:
        answer = await client.chat.completions.create(model="status:503", messages=MESSAGES)
        assert [one.provider for one in answer.gatelet.attempts] == ["first", "second"]
        stream = await client.chat.completions.create(model="status:503", messages=MESSAGES, stream=True)
        assert [chunk.text async for chunk in stream]
        assert stream.gatelet and [one.provider for one in stream.gatelet.attempts] == ["first", "second"]
        with pytest.raises(gatelet.OverloadedError) as caught:
            await client.chat.completions.create(model="status:503", messages=MESSAGES, gatelet={"provider": "first"})
        assert len(caught.value.attempts) == 1


def test_models_and_provider_words(server: Upstream) -> None:
    with gatelet.Client(two(server)) as client:
        answer = chat(client, "status:404", models=["chat"])
        assert (answer.gatelet.model, len(answer.gatelet.attempts)) == ("chat", 2)
        assert chat(client, "chat", provider={"only": ["second"]}).gatelet.provider == "second"
        with pytest.raises(gatelet.OverloadedError):
            chat(client, "status:503", provider={"allow_fallbacks": False})
    body = server.seen()["requests"][-1]["body"]
    assert "models" not in body and "provider" not in body and "gatelet" not in body


def test_dry_run(server: Upstream) -> None:
    before = len(server.seen()["requests"])
    with gatelet.Client(two(server)) as client:
        answer = chat(client, "chat", gatelet={"dry_run": True, "route": {"order": ["second", "first"], "ignore": ["first"]}})
        plan = client.embeddings.create(input="x", model="chat", gatelet={"dry_run": True}).plan
    assert answer.plan and [one.provider for one in answer.plan] == ["second"] and answer.plan[0].reason
    assert answer.excluded and answer.excluded[0].provider == "first" and "ignore" in answer.excluded[0].reason
    assert plan and plan[0].model == "chat" and len(server.seen()["requests"]) == before


@pytest.mark.parametrize(
    ("faults", "statuses"),
    [
        ("ok", ["ok"]),
        ({"sequence": [429, "ok"]}, ["rate_limit", "ok"]),
        ({"sequence": [{"status": 503, "headers": {"retry-after": "0"}}, {"ok": True}]}, ["overloaded", "ok"]),
        ({"sequence": [{"refuse": True}, "ok"]}, ["connect", "ok"]),
        ({"sequence": [{"empty": True}, "ok"]}, ["empty", "ok"]),
    ],
)
def test_faults_of_a_request(faults: Any, statuses: list[str]) -> None:
    with gatelet.Client(dev("ok")) as client:
        attempts = chat(client, gatelet={"faults": faults, "provider": "bad"}).gatelet.attempts
    assert [one.status for one in attempts] == statuses


def test_faults_of_a_provider_and_failover() -> None:
    with gatelet.Client(dev({"error_at_chunk": 0}, retry={"attempts": 0})) as client:
        stream = client.chat.completions.create(model="m", messages=MESSAGES, stream=True)
        assert "".join(chunk.text for chunk in stream)
        assert stream.gatelet and [one.provider for one in stream.gatelet.attempts] == ["bad", "good"]


def test_continue_marks_the_answer() -> None:
    with gatelet.Client(dev({"truncate_at_chunk": 3}, retry={"attempts": 0})) as client:
        stream = client.chat.completions.create(model="m", messages=MESSAGES, stream=True, gatelet={"continue": True})
        list(stream)
    assert stream.end == "finished" and stream.gatelet and stream.gatelet.continued is True


def test_hedge_marks_the_attempt() -> None:
    with gatelet.Client(dev({"first_byte_delay": 3})) as client:
        answer = chat(client, gatelet={"hedge": {"delay": 0.05}})
    assert answer.gatelet.provider == "good" and [one.hedge for one in answer.gatelet.attempts] == [None, True]


def test_dev_fallback_marks_the_answer(server: Upstream) -> None:
    with gatelet.Client(server.config(dev_fallback=True)) as client:
        assert chat(client, "chat").gatelet.dev_fallback is None
        answer = chat(client, "status:401")
    assert answer.gatelet.dev_fallback is True and answer.gatelet.provider == "dev"


def test_limits_by_tag(server: Upstream) -> None:
    limits = {"tags": {"*": {"requests_per_minute": 1}}, "wait": False}
    with gatelet.Client(server.config(limits=limits)) as client:
        chat(client, "chat", gatelet={"tag": "a"})
        chat(client, "chat", gatelet={"tag": "b"})
        with pytest.raises(gatelet.GateletError) as caught:
            chat(client, "chat", gatelet={"tag": "a"})
    assert caught.value.kind in ("refused", "rate_limit") and caught.value.http_status is None


def test_reload_takes_effect_and_keeps_what_is_in_flight(server: Upstream) -> None:
    with gatelet.Client(server.config()) as client:
        stream = client.chat.completions.create(model="paced:10:30", messages=MESSAGES, stream=True)
        next(stream)
        config = server.config()
        config["providers"]["up"]["api_key"] = "sk-another-key"
        client.reload(config, aliases={"short": "chat"})
        assert chat(client, "short").choices
        assert server.seen()["requests"][-1]["headers"]["authorization"] == "Bearer sk-another-key"
        assert len([chunk for chunk in stream if chunk.text]) == 9 and stream.end == "finished"


def test_a_wrong_configuration_keeps_the_old_one(server: Upstream) -> None:
    with gatelet.Client(server.config()) as client:
        with pytest.raises(gatelet.ConfigError, match="providers.up.colour"):
            client.reload(server.config(), providers={"up": {"colour": 1}})
        assert chat(client, "chat").gatelet.provider == "up"


async def test_reload_async(server: Upstream) -> None:
    async with gatelet.AsyncClient(server.config()) as client:
        client.reload(server.config(), default_model="chat")
        assert (await client.chat.completions.create(messages=MESSAGES)).gatelet.model == "chat"


def test_providers(server: Upstream) -> None:
    with gatelet.Client(two(server)) as client:
        chat(client, "chat")
        every = client.providers()
        assert {"first", "second", "openrouter"} <= {one.id for one in every} and len(every) > 20
        [first] = client.providers("first")
    assert first.configured and first.named and first.base_url == f"http://127.0.0.1:{server.port}/v1"
    assert first.keys and (first.keys[0].name, first.keys[0].state) == ("first#1", "ok")
    assert first.health and first.health.breaker == "closed" and first.health.in_flight == 0 and first.probe is None
    assert "sk-test-secret" not in every.to_json()


def test_probe(server: Upstream) -> None:
    nobody = {"base_url": "http://127.0.0.1:9/v1", "api_key": "k"}
    config = two(server)
    config["providers"]["nobody"] = nobody
    with gatelet.Client(config) as client:
        alive, dead = client.providers(["first", "nobody"], probe=True)
    assert alive.probe and alive.probe.ok and alive.probe.latency_ms is not None
    assert dead.probe and not dead.probe.ok and dead.probe.error


async def test_providers_async(server: Upstream) -> None:
    async with gatelet.AsyncClient(two(server)) as client:
        assert [one.id for one in await client.providers(["first", "second"], probe=True)] == ["first", "second"]


def test_a_retired_key_is_seen(server: Upstream) -> None:
    with gatelet.Client(server.config()) as client:
        with pytest.raises(gatelet.AuthError):
            chat(client, "status:401")
        [up] = client.providers("up")
    assert up.keys and up.keys[0].state == "retired" and up.keys[0].retired_ms and up.keys[0].reason


def test_reload_and_hook_survive_a_fork(server: Upstream) -> None:
    """The child's client has the configuration and the hook that the parent's has now."""
    import os

    with gatelet.Client(server.config()) as client:
        client.reload(server.config(), aliases={"short": "chat"})
        client.set_hook(lambda event: 9 if event.get("tag") == "no" else None, events=["request"])
        child = os.fork()
        if child == 0:
            right = False
            try:
                chat(client, "short")
                chat(client, "short", gatelet={"tag": "no"})
            except gatelet.RefusedError as error:
                right = error.callback_result == 9
            finally:
                os._exit(0 if right else 1)
        assert os.waitpid(child, 0)[1] == 0


def test_functions_are_there() -> None:
    for name in _library._LATER:
        assert _library.load().later(name)
