"""What the README shows and what `make gateway` prints works."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any, Iterator

import pytest
import requests
from conftest import EXAMPLES, MESSAGES, Process, eventually

ROOT = EXAMPLES.parent
PAGE = (EXAMPLES / "gateway/README.md").read_text()
sys.path.insert(0, str(EXAMPLES))


def test_every_setting_is_told() -> None:
    from gateway.settings import Settings

    told = set(re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`.*?) \| .*\| .* \|$", PAGE, flags=re.M))))
    assert {one.name for one in fields(Settings)} <= told


def test_the_command_shown_starts_it() -> None:
    (line,) = re.findall(r"^    cd examples && python (-m gateway .*)$", PAGE, flags=re.M)
    running = subprocess.Popen([sys.executable, *line.split(), "--port", "0"], cwd=EXAMPLES, stderr=subprocess.PIPE, text=True)
    assert running.stderr and "http://127.0.0.1:" in running.stderr.readline()
    running.terminate()
    assert running.wait(60) in (0, -signal.SIGTERM)  # before it heard signals, or after


def test_the_settings_shown_are_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import gatelet
    from gateway.settings import library_config, load

    for name in "GATEWAY_OPERATOR_KEY", "KEY_OF_SEARCH", "OPENROUTER_API_KEY", "GROQ_API_KEY":
        monkeypatch.setenv(name, "sk-" + name)
    shown = re.findall(r"```json [^\n]*\n(.*?)```", PAGE, flags=re.S)[0]
    (tmp_path / "gateway.json").write_text(shown)
    settings = load(tmp_path / "gateway.json")
    with gatelet.Client(library_config(settings)) as client:
        assert {one.id for one in client.providers() if one.named} == {"openrouter", "groq"} and settings.keys["support"].max_cost == "0.50"


@pytest.fixture
def shown_budget(tmp_path: Path) -> Iterator[Process]:
    (shown,) = re.findall(r'```json gateway title="budget.json"\n(.*?)```', PAGE, flags=re.S)
    gateway = Process(tmp_path, json.loads(shown))
    yield gateway
    assert gateway.end() == 0


def test_the_budget_shown_holds(shown_budget: Process, tmp_path: Path) -> None:
    eventually(lambda: bool(shown_budget.get("/status/models").json()["data"]))
    (lines,) = re.findall(r"```sh\npython -m gateway budget.json &\n(.*?)```", PAGE, flags=re.S)
    done = subprocess.run(lines.replace("http://127.0.0.1:8080", shown_budget.url), shell=True, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    codes = done.stdout.splitlines()[:8]
    assert 1 <= codes.count("200") <= 7 and codes == ["200"] * codes.count("200") + ["429"] * codes.count("429"), done
    assert "the limit usd_per_day of the tag is reached" in (tmp_path / "answer.json").read_text()
    now = shown_budget.get("/status/now").json()["total"]
    assert float(now["cost"]["known"]) > 0 and now["cost"]["unknown_attempts"] == 0


@pytest.mark.parametrize("model", ["dev/echo", "echo", "openai/gpt-4o-mini", "anthropic/claude-haiku-4-5"])
def test_what_the_example_answers_has_a_price(tmp_path: Path, model: str) -> None:
    """Every model that its list shows, by the name that it has there, and those that `make gateway` prints."""
    gateway = Process(tmp_path, json.loads((EXAMPLES / "gateway/gateway.json").read_text()))
    eventually(lambda: bool(gateway.get("/status/models").json()["data"]))
    listed = {one["id"]: one["pricing"] for one in gateway.get("/v1/models").json()["data"]}
    told = gateway.post("/v1/chat/completions", {"model": model, "messages": MESSAGES}).json()["gatelet"]
    assert float(told["cost"]["total"]) > 0, told
    if model in listed:
        assert told["cost"]["lines"][0]["price"] == listed[model]["prompt"]
    assert gateway.end() == 0


def test_a_service_of_your_own(tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.S)
    (tmp_path / "gateway.json").write_text(json.dumps({"gatelet": {"dev_mode": True}}))
    code += f"""
import time
from fastapi.testclient import TestClient
with TestClient(app, base_url="http://localhost") as client:
    for _ in range(300):  # until the list with its price is there
        answer = client.post("/v1/chat/completions", json={{"model": "echo", "messages": {MESSAGES!r}}}).json()
        if answer["gatelet"]["cost"]["total"]:
            break
        time.sleep(0.1)
print(answer["choices"][0]["message"]["content"], float(answer["gatelet"]["cost"]["total"] or 0) > 0)
"""
    environment = {**os.environ, "PYTHONPATH": f"{EXAMPLES}:{os.environ.get('PYTHONPATH', '')}"}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60, env=environment)
    assert done.stdout.startswith("You said: Say hello.") and done.stdout.endswith(" True\n"), done


@pytest.mark.long
def test_the_bench_loses_nothing() -> None:
    """Nor does the gateway in 100,000 requests where one in twenty answers of the provider is a 503. An idle stream holds less than 40 KB."""
    for more in ["--streams", "50", "--requests", "200"], ["--streams", "1000", "--requests", "100000", "--faults", "20", "--alone"]:
        command = [sys.executable, str(ROOT / "bench/gateway"), "--chunks", "5", "--pause", "0.05", *more]
        done = subprocess.run(command, capture_output=True, text=True, timeout=900)
        assert done.returncode == 0 and done.stdout.count("lost 0.0") == (1 if "--alone" in more else 2), done
    (held,) = re.findall(r"kb_per_idle_stream ([\d.]+)", done.stdout)
    assert float(held) < 40


@pytest.mark.long
def test_make_gateway() -> None:
    """As scripts/gateway starts it, whose every line is run. The packages come from PyPI."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment: Any = {**os.environ, "GATEWAY_PORT": str(port)}
    running = subprocess.Popen([str(ROOT / "scripts/gateway")], stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True)
    try:
        assert running.stdout
        lines = []
        for line in running.stdout:
            lines.append(line.strip())
            if line.startswith("Ctrl-C"):
                break
        shown = [line for line in lines if re.match(r"curl |\w+=\S+ \S+=any \S+python ", line)]
        assert len(shown) == 3, lines
        for line in shown:
            done = subprocess.run(line, shell=True, cwd=ROOT, capture_output=True, text=True, timeout=100)
            said = "".join(re.findall(r'"content":"([^"]*)"', done.stdout)) or done.stdout
            assert "You said: Hi." in said, (line, done)
        running.send_signal(signal.SIGTERM)
        assert running.wait(60) == 0
        with pytest.raises(requests.ConnectionError):
            requests.get(f"http://127.0.0.1:{port}/healthz", timeout=10)
    finally:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)
