from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any, Callable, Iterator

import gatelet
import pytest

HERE = Path(__file__).parent

AT_ONCE: dict[str, Any] = {"retry": {"attempts": 0}}
"""Failures are reported without another try."""
MESSAGES = [{"role": "user", "content": "Say hello."}]


class Upstream:
    def __init__(self) -> None:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen([sys.executable, str(HERE / "upstream.py")], **pipes)  # type: ignore[call-overload]
        self.port = int(self.process.stdout.readline())

    def config(self, **more: Any) -> dict[str, Any]:
        provider = {"base_url": f"http://127.0.0.1:{self.port}/v1", "api_key": "sk-test-secret"}
        return {"environment": False, **AT_ONCE, "providers": {"up": provider}, "default_provider": "up", **more}

    def seen(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/seen") as answer:
            document: dict[str, Any] = json.load(answer)
            return document

    def closed(self) -> int:
        """How many connections the client has closed before their answers were complete."""
        return int(self.seen()["closed_early"])

    def stop(self) -> None:
        self.process.communicate()


def eventually(true: Callable[[], bool], seconds: float = 100) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.02)


def threads() -> int:
    return len(list(Path("/proc/self/task").iterdir()))


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture(scope="session")
def server() -> Iterator[Upstream]:
    upstream = Upstream()
    yield upstream
    upstream.stop()


@pytest.fixture
def closes(server: Upstream) -> Callable[[int], None]:
    """Waits until that many connections were closed early since the test began."""
    before = server.closed()
    return lambda count: eventually(lambda: server.closed() >= before + count)


@pytest.fixture
def client(server: Upstream) -> Iterator[gatelet.Client]:
    with gatelet.Client(server.config()) as made:
        yield made


@pytest.fixture
def dev() -> Iterator[gatelet.Client]:
    with gatelet.Client(dev_mode=True, environment=False) as made:
        yield made
