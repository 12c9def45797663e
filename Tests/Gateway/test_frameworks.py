"""Frameworks that are told the gateway's address, and nothing else."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, Callable, Dict

import pytest
from conftest import Process

pytestmark = pytest.mark.long
HERE = Path(__file__).resolve().parent
SAID = "You said: Say hello."
CITY = {"name": "Paris", "inhabitants": 7}
VECTOR = [0.5, -0.25]
EXPECTED: Dict[str, Dict[str, Any]] = {
    "langchain_openai": {"said": SAID, "streamed": SAID, "async": SAID, "parsed": CITY, "vectors": VECTOR, "error": "120"},
    "langchain_anthropic": {"said": SAID, "streamed": SAID, "parsed": CITY},
    "llama_index": {"said": SAID, "streamed": SAID},
    "litellm": {"said": SAID, "streamed": SAID, "anthropic": SAID, "vectors": VECTOR, "error": "120"},
    "instructor": {"parsed": CITY, "anthropic": CITY},
    "portkey_ai": {"said": SAID, "streamed": SAID, "tool": {"city": "Paris"}, "vectors": VECTOR, "models": ["up/chat", "up/second"], "error": "120"},
    "pydantic_ai": {"said": SAID, "streamed": SAID, "parsed": CITY, "tool": "The tool said: sunny in Paris"},
}


@pytest.fixture(scope="module")
def python() -> str:
    made = subprocess.run([str(HERE.parent / "Support/frameworks")], capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


@pytest.mark.parametrize("name", EXPECTED)
def test_framework(start: Callable[..., Process], upstream: Any, python: str, name: str) -> None:
    keys = {"own": {"key": "sk-own"}} if name == "portkey_ai" else {}
    gateway = start(gatelet={**upstream.config(), "default_provider": "up"}, keys=keys)
    done = subprocess.run([python, str(HERE / "frameworks.py"), name, gateway.url], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    found["streamed"] = found.get("streamed", SAID).strip()
    assert found == {"streamed": SAID, **EXPECTED[name]}
