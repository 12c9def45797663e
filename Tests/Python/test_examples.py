"""Runs every example and checks what it prints. On the development provider, or wherever GATELET_CONFIG points."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Upstream

FOLDER = Path(__file__).parents[2] / "examples/python"
MODEL = os.environ.get("EXAMPLE_MODEL", "openai/gpt-4o-mini")
EXPECTED = {
    "01_chat": ([MODEL], r"\w{2}"),
    "02_stream": ([MODEL], r"\w{2}"),
    "03_models": ([], r"\S+ +\d+ tokens +in .* +out .*\n[1-9]\d* models\n$"),
    "04_async": ([MODEL], r"\w{2}(.|\n)*\n[1-9]\d* clock ticks meanwhile, ended: finished\n$"),
    "05_parallel": ([MODEL, "20"], r"\n20 requests, 0 failed\n$"),
}


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


@pytest.mark.parametrize("name", EXPECTED)
def test_example_over_tcp(name: str, server: Upstream, tmp_path: Path) -> None:
    import json

    arguments, pattern = EXPECTED[name]
    config = tmp_path / "gatelet.json"
    config.write_text(json.dumps({"providers": server.config()["providers"], "default_provider": "up"}))
    done = run(name, *(["chat" if "async" not in name and "stream" not in name else "stream:5", *arguments[1:]] if arguments else []), GATELET_CONFIG=str(config), DEV_MODE="false")
    assert done.returncode == 0 and not done.stderr and re.search(pattern, done.stdout), done


@pytest.mark.parametrize("name", EXPECTED)
def test_failure_is_a_sentence_and_an_exit_code(name: str) -> None:
    arguments, _ = EXPECTED[name]
    done = run(name, *arguments, GATELET_CONFIG="/nonexistent/gatelet.json", DEV_MODE="false")
    assert done.returncode == 1 and "Traceback" not in done.stderr and done.stderr, done
