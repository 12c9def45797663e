"""Programs that were written for the OpenAI SDK, with its name in imports and constructors changed. `snippets` holds them as they are
written for that; the official SDK runs them too, against the same server, so that they ask for nothing that it does not do."""

from __future__ import annotations

import asyncio
import inspect
import json
import re
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List

import pytest

SNIPPETS = Path(__file__).parent / "snippets"
NAMES = sorted(path.stem for path in SNIPPETS.glob("*.py") if path.stem != "server")


class Upstream:
    def __init__(self) -> None:
        command = [sys.executable, str(SNIPPETS / "server.py")]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        self.address = f"http://127.0.0.1:{int(self.process.stdout.readline())}"

    def seen(self) -> List[Dict[str, Any]]:
        with urllib.request.urlopen(f"{self.address}/seen") as answer:
            found: List[Dict[str, Any]] = json.load(answer)
            return found

    def stop(self) -> None:
        self.process.communicate()


@pytest.fixture(scope="module")
def openai_like() -> Iterator[Upstream]:
    upstream = Upstream()
    yield upstream
    upstream.stop()


@pytest.fixture
def environment(openai_like: Upstream, monkeypatch: pytest.MonkeyPatch) -> Upstream:
    monkeypatch.setenv("OPENAI_BASE_URL", f"{openai_like.address}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    return openai_like


def for_gatelet(source: str) -> str:
    source = re.sub(r"^from openai import", "from gatelet import", source, flags=re.M)
    source = re.sub(r"^import openai$", "import gatelet as openai", source, flags=re.M)
    return re.sub(r"\bOpenAI\b", "Client", re.sub(r"\bAsyncOpenAI\b", "AsyncClient", source))


def run(source: str, name: str, upstream: Upstream) -> None:
    program: Dict[str, Any] = {"__name__": f"snippet_{name}"}
    exec(compile(source, f"{name}.py", "exec", dont_inherit=True), program)
    main: Callable[[], Any] = program["main"]
    asyncio.run(main()) if inspect.iscoroutinefunction(main) else main()
    if "check" in program:
        program["check"](upstream.seen())


def test_there_are_enough() -> None:
    assert len(NAMES) >= 30


@pytest.mark.parametrize("name", NAMES)
def test_snippet(environment: Upstream, name: str) -> None:
    source = for_gatelet((SNIPPETS / f"{name}.py").read_text())
    assert "gatelet" in source and "from openai" not in source
    run(source, name, environment)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", NAMES)
def test_snippet_is_the_official_sdks(environment: Upstream, name: str) -> None:
    run((SNIPPETS / f"{name}.py").read_text(), name, environment)
