"""The standard logger "gatelet": lines without any set-up of ours, at their levels, and none of what was said."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from typing import Any, Dict, List, Tuple

import gatelet
import pytest
from conftest import MESSAGES
from replay import Replay, recorded

CHAT = recorded("openai", "15adae4a392d80b9")
SECRET = "the prompt that nobody may see"


def run(code: str) -> "subprocess.CompletedProcess[str]":
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done


CLIENT = """
client = gatelet.Client({"environment": False, "providers": {"bad": {"dialect": "dev", "faults": 429}, "good": {"dialect": "dev"}},
                         "provider_order": ["bad", "good"], "retry": {"attempts": 0}})
"""
ASK = 'client.chat.completions.create(model="bad/echo", messages=[{"role": "user", "content": "x"}])\n'


@pytest.mark.parametrize(
    ("code", "levels"),
    [
        ("import logging, gatelet\nlogging.basicConfig()" + CLIENT + ASK, {"WARNING"}),
        ("import logging, gatelet\nlogging.basicConfig(level=logging.DEBUG)" + CLIENT + ASK, {"WARNING", "DEBUG"}),
        # Handlers that come after the client, and after its first request.
        ("import logging, gatelet" + CLIENT + "logging.basicConfig(level=logging.DEBUG)\n" + ASK, {"WARNING", "DEBUG"}),
        ("import logging, gatelet" + CLIENT + ASK + "logging.basicConfig()\n" + ASK, {"WARNING"}),
        ("import logging, gatelet\nlogging.getLogger('gatelet').addHandler(logging.StreamHandler())" + CLIENT + ASK, {""}),
        # Nobody listens.
        ("import gatelet" + CLIENT + ASK, set()),
        ("import logging, gatelet" + CLIENT + ASK, set()),
        ("import logging, gatelet\nlogging.basicConfig(); logging.getLogger('gatelet').setLevel(logging.CRITICAL)" + CLIENT + ASK, set()),
        ("import logging, gatelet\nlogging.getLogger('gatelet').addHandler(logging.NullHandler())" + CLIENT + ASK, set()),
    ],
)
def test_lines_come_once_somebody_handles_them(code: str, levels: Any) -> None:
    lines = run(code).stderr.splitlines()
    if levels == {""}:
        assert any("rate limited: bad/echo" in line for line in lines)
        return
    assert {line.partition(":")[0] for line in lines} == levels
    assert all(line.split(":")[1] == "gatelet" for line in lines)
    if levels:
        assert any("rate limited: bad/echo, http 429" in line for line in lines) and any("switch of provider: bad/echo" in line for line in lines)


def test_nobody_listening_costs_nothing() -> None:
    code = (
        "import sys, gatelet" + CLIENT + ASK + "native = client._connection.native()\n"
        "print('logging' in sys.modules, native.logger, native.quick is native.library.quick)"
    )
    assert run(code).stdout.split() == ["False", "None", "True"]


def told(caplog: pytest.LogCaptureFixture) -> List[Tuple[str, str]]:
    return [(one.levelname, one.getMessage()) for one in caplog.records if one.name == "gatelet"]


def test_each_event_at_its_level(caplog: pytest.LogCaptureFixture) -> None:
    """429s, retries, switches of key, provider and model, breakers, reloads, lists."""
    faults = {"sequence": [429, 500, "ok", 401, "ok"]}
    config: Dict[str, Any] = {
        "environment": False,
        "providers": {
            "one": {"dialect": "dev", "faults": faults, "keys": [{"name": "a", "value": "key-a"}, {"name": "b", "value": "key-b"}]},
            "two": {"dialect": "dev", "faults": 503}, "three": {"dialect": "dev"},
        },
        "provider_order": ["one", "two", "three"], "retry": {"attempts": 1, "backoff_base": 0.001},
        "breaker": {"failures": 2},
    }  # fmt: skip
    with caplog.at_level(logging.DEBUG, "gatelet"), gatelet.Client(config) as client:  # type: ignore[arg-type]
        for model in ("two/echo", "two/echo", "two/echo"):
            client.chat.completions.create(model=model, messages=MESSAGES, models=["three/other"])
        client.models.list(provider="three")
        client.reload(config)  # type: ignore[arg-type]
    lines = told(caplog)
    for level, begin in [
        ("DEBUG", "retry: two/echo"), ("WARNING", "switch of "), ("WARNING", "breaker opened: two"), ("INFO", "configuration loaded anew"),
        ("INFO", "model list of three: "), ("DEBUG", "waits "), ("DEBUG", "ok: "),
    ]:  # fmt: skip
        assert any(one == level and begin in line for one, line in lines), (level, begin, lines)


def test_rate_limits_and_switches(caplog: pytest.LogCaptureFixture) -> None:
    limited = recorded("openrouter", "c1c0a4b7e58686b2")
    with Replay({"a": limited, "": CHAT}) as replay:
        keys = [{"name": "first", "value": "key-1"}, {"name": "second", "value": "key-2"}]
        config: Dict[str, Any] = {"environment": False, "retry": {"attempts": 0}, "providers": {
            "up": {"base_url": f"{replay.url}/v1", "keys": keys, "known_models": {"a": {}, "b": {}}}}}  # fmt: skip
        with caplog.at_level(logging.WARNING, "gatelet"), gatelet.Client(config) as client:  # type: ignore[arg-type]
            client.chat.completions.create(model="up/a", models=["up/b"], messages=MESSAGES)
    lines = [line for level, line in told(caplog) if level == "WARNING"]
    for part in ("rate limited: up/a, key first, http 429", "switch of key: up/a, first", "switch of model: up/a"):
        assert any(part in line for line in lines), (part, lines)


@pytest.mark.parametrize("stream", [False, True])
def test_no_line_repeats_a_prompt_that_a_provider_echoes(caplog: pytest.LogCaptureFixture, stream: bool) -> None:
    error = {"error": {"message": f"bad prompt: {SECRET}", "type": f"type {SECRET}", "code": SECRET, "param": SECRET}}
    delta = {"id": SECRET, "object": "chat.completion.chunk", "model": SECRET, "choices": [{"index": 0, "delta": {"content": SECRET}}]}
    chunk = f"data: {json.dumps(delta)}\n\n"
    bodies = [
        (400, "application/json", json.dumps(error).encode()),
        (500, "text/html", f"<html>{SECRET}</html>".encode()),
        (200, "application/json", json.dumps(error).encode()),
        (200, "text/event-stream", f"data: {json.dumps(error)}\n\n".encode()),
        (200, "text/event-stream", f"{chunk}event: error\ndata: {json.dumps(error)}\n\n".encode()),
        (200, "text/event-stream", f"{chunk}{SECRET}\n\n<html>{SECRET}</html>".encode()),
        (200, "text/plain", SECRET.encode()),
        (429, "application/json", json.dumps({"detail": SECRET, "message": SECRET}).encode()),
    ]
    with Replay({str(place): body for place, body in enumerate(bodies)}) as replay:
        config: Dict[str, Any] = {"environment": False, "log": "debug", "retry": {"attempts": 1, "backoff_base": 0.001},
                                  "providers": {"up": {"base_url": f"{replay.url}/v1", "api_key": "k"}}}  # fmt: skip
        with caplog.at_level(logging.DEBUG), gatelet.Client(config) as client:  # type: ignore[arg-type]
            for place in range(len(bodies)):
                with pytest.raises(gatelet.GateletError):
                    list(client.chat.completions.create(  # type: ignore[call-overload]
                        model=str(place), messages=[{"role": "user", "content": SECRET}], stream=stream))  # fmt: skip
    assert len(told(caplog)) >= len(bodies) and SECRET not in caplog.text and "nobody may see" not in caplog.text


def test_an_explicit_level_stays(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "gatelet"), gatelet.Client(dev_mode=True, environment=False, log="error") as client:
        client.chat.completions.create(messages=MESSAGES)
    assert told(caplog) == []


def test_a_forked_childs_client_logs_too() -> None:
    code = (
        "import os, logging, gatelet\nlogging.basicConfig()" + CLIENT + ASK
        + "pid = os.fork()\nif pid == 0:\n    " + ASK + "    os._exit(0)\nassert os.waitpid(pid, 0)[1] == 0"
    )  # fmt: skip
    assert run(code).stderr.count("rate limited: bad/echo") == 2


def test_asyncio_clients_log_too() -> None:
    code = "import asyncio, logging, gatelet" + CLIENT.replace("gatelet.Client", "gatelet.AsyncClient") + (
        "async def main():\n    for _ in range(2):\n        await client.chat.completions.create(model='bad/echo', messages=[{'role': 'user', 'content': 'x'}])\n"
        "        logging.basicConfig()\nasyncio.run(main())"
    )  # fmt: skip
    assert run(code).stderr.count("rate limited: bad/echo") == 1
