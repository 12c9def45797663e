"""Frameworks that are told the gateway's address, and nothing else."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, Callable, Dict

import pytest
from conftest import Process

SHORT = ("langchain_openai", "litellm", "pydantic_ai")
HERE = Path(__file__).resolve().parent
SAID = "You said: Say hello."
SEEN = "You said: What is it?"
PARIS = {"city": "Paris"}
CITY = {"name": "Paris", "inhabitants": 7}
VECTOR = [0.5, -0.25]
REFUSED = [429, "120"]
USUAL: Dict[str, Any] = {"said": SAID, "streamed": SAID, "tool": PARIS, "picture": SEEN, "error": REFUSED, "cancelled": True}
EXPECTED: Dict[str, Dict[str, Any]] = {
    "langchain_openai": {**USUAL, "async": SAID, "parsed": CITY, "vectors": VECTOR},
    "langchain_anthropic": {**USUAL, "parsed": CITY},
    "llama_index": USUAL,
    "litellm": {**USUAL, "anthropic": SAID, "vectors": VECTOR},
    "instructor": {"tool": CITY, "streamed": CITY, "picture": CITY, "error": REFUSED, "cancelled": True, "anthropic": CITY},
    "portkey_ai": {**USUAL, "vectors": VECTOR, "models": ["up/chat", "up/second"]},
    "pydantic_ai": {**USUAL, "tool": "The tool said: sunny in Paris", "parsed": CITY},
}


@pytest.fixture(scope="module")
def python() -> str:
    made = subprocess.run([str(HERE.parent / "Support/frameworks")], capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


@pytest.mark.parametrize("name", [pytest.param(name, marks=() if name in SHORT else pytest.mark.long) for name in EXPECTED])
def test_framework(start: Callable[..., Process], upstream: Any, python: str, name: str) -> None:
    keys = {"own": {"key": "sk-own"}} if name == "portkey_ai" else {}
    gateway = start(gatelet={**upstream.config(), "default_provider": "up"}, keys=keys)
    done = subprocess.run([python, str(HERE / "frameworks.py"), name, gateway.url], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    if isinstance(found["streamed"], str):
        found["streamed"] = found["streamed"].strip()
    assert found == EXPECTED[name]
    assert any("data:image/png;base64,iVBORw0KGgo" in json.dumps(one["body"]) for one in upstream.requests)  # the provider saw the picture
    assert "Traceback" not in gateway.log()
