"""Runs every example and checks what it prints. On the development provider, or wherever GATELET_CONFIG points."""

from __future__ import annotations

import inspect
import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Callable, Iterator

import gatelet
import pytest
from conftest import eventually
from gatelet._calls import Models

FOLDER = Path(__file__).parents[2] / "examples/python"
MODEL = os.environ.get("EXAMPLE_MODEL", "openai/gpt-4o-mini")
EXPECTED = {
    "01_chat": ([MODEL], r"\w{2}"),
    "02_stream": ([MODEL], r"\w{2}"),
    "03_models": ([], r"\S+ +\d+ tokens +in .* +out .*\n[1-9]\d* models\n$"),
    "04_async": ([MODEL], r"\w{2}(.|\n)*\n[1-9]\d* clock ticks meanwhile, ended: finished\n$"),
    "05_parallel": ([MODEL, "20"], r"\n20 requests, 0 failed\n$"),
    "06_failover": ([], r"main +overloaded +HTTP 503  then: next_provider\nspare +ok (.|\n)*answers without any network"),
    "07_hook": ([MODEL], r"search: \S+ of \S+: ok\nrefused: "),
    "08_test_models": ([], r"\[1 of (\d)\] .+: success\n(.|\n)*1\. .+: \d\.\d\d s\n(.|\n)*\1 tested, \1 successful\n$"),
}


README = (Path(__file__).parents[2] / "bindings/python/README.md").read_text()


def run(name: str, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(FOLDER / f"{name}.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env={**os.environ, **environment})


def test_all_are_here() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.py")) == sorted(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_example(name: str) -> None:
    arguments, pattern = EXPECTED[name]
    environment = {} if os.environ.get("GATELET_CONFIG") else {"DEV_MODE": "true"}
    done = run(name, *arguments, **environment)
    assert done.returncode == 0 and not done.stderr, done
    assert re.search(pattern, done.stdout), done.stdout


@pytest.fixture(scope="module")
def katan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """llm-katan, a server by others whose echo backend needs no model; gives the configuration that leads there."""
    folder = tmp_path_factory.mktemp("katan")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).parent / "llm-katan"), "--model", "katan", "--backend", "echo", "--host", "127.0.0.1",
               "--port", str(port), "--disable-dashboard", "--stats-file", str(folder / "stats.json")]  # fmt: skip
    with open(folder / "log", "w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    eventually(lambda: answers(port))
    config = folder / "gatelet.json"
    provider = {"base_url": f"http://127.0.0.1:{port}/v1", "api_key": "k"}
    config.write_text(json.dumps({"providers": {"katan": provider}, "default_provider": "katan"}))
    yield config
    process.kill()
    process.wait()


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("name", EXPECTED)
def test_example_over_tcp(name: str, katan: Path) -> None:
    arguments, pattern = EXPECTED[name]
    done = run(name, *["katan" if word == MODEL else word for word in arguments], GATELET_CONFIG=str(katan), DEV_MODE="false")
    assert done.returncode == 0 and not done.stderr and re.search(pattern, done.stdout), done


@pytest.mark.parametrize("name", EXPECTED)
def test_failure_is_a_sentence_and_an_exit_code(name: str) -> None:
    arguments, _ = EXPECTED[name]
    done = run(name, *arguments, GATELET_CONFIG="/nonexistent/gatelet.json", DEV_MODE="false")
    assert done.returncode == 1 and "Traceback" not in done.stderr and done.stderr, done


@pytest.mark.parametrize("block", re.findall(r"^```python\n(.*?)^```", README, re.S | re.M))
def test_what_the_readme_shows_runs(block: str) -> None:
    environment = {**os.environ, "DEV_MODE": "true"}
    environment.pop("GATELET_CONFIG", None)
    done = subprocess.run([sys.executable, "-c", block], capture_output=True, text=True, timeout=60, env=environment)
    assert done.returncode == 0 and not done.stderr and done.stdout, done


@pytest.mark.parametrize("client", [gatelet.Client, gatelet.AsyncClient])
def test_the_readme_names_every_call_and_its_arguments(client: type) -> None:
    calls = {name: call for name, call in inspect.getmembers(client, inspect.isfunction) if not name.startswith("_")}
    assert {"providers", "reload", "set_hook", "stats", "cancel"} <= calls.keys()
    for name, call in [*calls.items(), ("Client", gatelet.Client.__init__)]:
        if name in ("close", "aclose"):
            continue
        arguments = {argument for argument in inspect.signature(call).parameters if argument != "self"}
        mentions = re.findall(rf"`{name}\(([^`]*)\)`", README)
        assert any(arguments <= set(re.findall(r"\w+", mention)) for mention in mentions), (name, mentions)


@pytest.mark.parametrize(
    ("call", "page"), [(Models.list, "catalog.md"), (gatelet.Client.test_models, "test-models.md"), (gatelet.Client.stats, "usage.md")]
)
def test_the_pages_name_every_keyword(call: Callable[..., object], page: str) -> None:
    text = (Path(__file__).parents[2] / "docs" / page).read_text()
    for argument in inspect.signature(call).parameters:
        assert argument in ("self", "on_progress") or f"`{argument}`" in text or f'"{argument}"' in text, argument
