"""Fixtures of the tests with Redis."""
import json
import os
import socket
import sys
import threading
import time

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
os.environ.setdefault("GATELET_PREFIX", os.path.join(ROOT, "build", "stage"))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "Replay")]

import library  # noqa: E402
from redisserver import Redis  # noqa: E402


def eventually(holds, seconds=20):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


class Gateway:
    """A client of the development provider, and what it logged."""

    def __init__(self, config):
        self.lines = []
        self.client = library.Client(json.dumps({"environment": False, "log": "info", "retry": {"attempts": 0}, "dev_mode": True, **config}))
        self.client.log_to(self.lines)

    def chat(self, tag=None, options=None, **members):
        request = {"model": "dev/echo", "messages": [{"role": "user", "content": "hello"}], **members}
        status, answer, error = self.client.call("chat", json.dumps(request).encode(), json.dumps({"tag": tag, **(options or {})} if tag else options or {}).encode())
        return status, json.loads(answer if status == 0 else error)

    @property
    def redis(self):
        status, document, error = self.client.call("providers", b"{}")
        assert status == 0, error
        return json.loads(document)["redis"]

    def is_in(self, state):
        eventually(lambda: self.redis["state"] == state)
        return self.redis

    def logged(self, word):
        return [text for _, text in self.lines if word in text]

    def free(self):
        self.client.free()


@pytest.fixture
def gateway():
    made = []

    def make(redis=None, **config):
        made.append(Gateway({**({"redis_url": redis} if redis else {}), **config}))
        return made[-1]

    yield make
    for one in made:
        one.free()


@pytest.fixture
def server(tmp_path):
    """server(...): a redis-server that is stopped after the test."""
    made = []

    def make(*options, **more):
        folder = tmp_path / f"redis{len(made)}"
        folder.mkdir()
        made.append(Redis(folder, *options, **more))
        return made[-1]

    yield make
    for one in made:
        one.stop()


@pytest.fixture
def redis(server):
    return server()


@pytest.fixture
def raw_server():
    """raw_server(bytes): the port of a server that says this to whatever it is told."""
    made = []

    def serve(listener, answer):
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            with peer:
                peer.recv(4096)
                peer.sendall(answer + b"\r\n\r\n")

    def make(answer):
        listener = socket.create_server(("127.0.0.1", 0))
        made.append(listener)
        threading.Thread(target=serve, args=(listener, answer), daemon=True).start()
        return listener.getsockname()[1]

    yield make
    for listener in made:
        listener.close()


@pytest.fixture
def echo_server():
    """The port of a server that says what it is told."""
    def serve(listener):
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            with peer:
                while said := peer.recv(4096):
                    peer.sendall(said)

    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=serve, args=(listener,), daemon=True).start()
    yield listener.getsockname()[1]
    listener.close()
