"""Each test has a gateway in a process of its own, and a provider with OpenAI's API behind it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional

import pytest
import requests

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parents[1] / "examples"
sys.path.insert(0, str(HERE.parent / "Clients"))

from upstream import Upstream  # noqa: E402

MESSAGES: Any = [{"role": "user", "content": "Say hello."}]
CHAT = {"model": "up/chat", "messages": MESSAGES}
# What a request to each path has to have.
BODIES: Dict[str, Any] = {
    "/v1/chat/completions": CHAT,
    "/v1/completions": {"model": "up/chat", "prompt": "x"},
    "/v1/embeddings": {"model": "up/chat", "input": "x"},
    "/v1/messages": {**CHAT, "max_tokens": 9},
    "/v1/messages/count_tokens": CHAT,
    "/v1/responses": {"model": "up/chat", "input": "x"},
}
# What tells the end of a stream that broke: by the path, in the words of its event.
ENDS: Dict[str, Any] = {
    "/v1/chat/completions": lambda event: event["error"]["code"],
    "/v1/completions": lambda event: event["error"]["code"],
    "/v1/messages": lambda event: event["type"] == "error" and event["error"]["type"],
    "/v1/responses": lambda event: event["type"] == "error" and event["code"],
}
_ADDRESS = re.compile(r"gateway: (http://\S+:\d+)$")


def bearer(key: str) -> Dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def eventually(true: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.02)


class Process:
    """A gateway that runs until the test is over."""

    def __init__(self, folder: Path, settings: Dict[str, Any], **variables: str) -> None:
        self.file = folder / "gateway.json"
        self.write(settings)
        self.said: List[str] = []
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", **variables}
        command = [sys.executable, "-m", "gateway", str(self.file), "--port", "0"]
        self.process = subprocess.Popen(command, cwd=EXAMPLES, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True)
        self.url = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        eventually(lambda: bool(self.url) or self.process.poll() is not None)
        assert self.url, self.log()
        eventually(lambda: self._answers() or self.process.poll() is not None)
        assert self.process.poll() is None, self.log()

    def _answers(self) -> bool:
        try:
            return requests.get(self.url + "/healthz", timeout=30).status_code == 200
        except requests.ConnectionError:
            return False

    def _read(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self.said.append(line)
            found = _ADDRESS.search(line)
            if found:
                self.url = found[1]

    def log(self) -> str:
        return "".join(self.said)

    def write(self, settings: Dict[str, Any]) -> None:
        self.file.write_text(json.dumps(settings))

    def post(self, path: str, body: Any, **options: Any) -> requests.Response:
        return requests.post(self.url + path, json=body, timeout=60, **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        return requests.get(self.url + path, timeout=60, **options)

    def signal(self, number: int) -> None:
        os.kill(self.process.pid, number)

    def end(self) -> int:
        """Its exit code, after SIGTERM."""
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise AssertionError("did not end; " + self.log()) from None
        finally:
            self._reader.join(10)


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    made = Upstream()
    yield made
    made.stop()


@pytest.fixture
def start(tmp_path: Path, upstream: Upstream) -> Iterator[Callable[..., Process]]:
    """Starts a gateway: its settings as keywords; `gatelet` is of the provider here unless it is said."""
    made: List[Process] = []

    def begin(variables: Optional[Dict[str, str]] = None, **settings: Any) -> Process:
        folder = tmp_path / str(len(made))
        folder.mkdir()
        made.append(Process(folder, {"gatelet": upstream.config(), "lists_at_start": False, **settings}, **(variables or {})))
        return made[-1]

    yield begin
    for one in made:
        one.end()


@pytest.fixture
def gateway(start: Callable[..., Process]) -> Process:
    return start()
