"""Fixtures of the list tests: a server of model lists that does as it is told, and clients for it."""
import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
os.environ.setdefault("GATELET_PREFIX", os.path.join(ROOT, "build", "stage"))
sys.path[:0] = [os.path.join(HERE, "..", "Replay")]

import library  # noqa: E402


def entries(count, **members):
    """Entries as OpenRouter writes them, each a little different."""
    return [{"id": f"maker/model-{n}", "name": f"Model {count - n:06}", "created": 1700000000 + n, "context_length": 1000 * (n + 1),
             "architecture": {"input_modalities": ["text", "image"] if n % 2 else ["text"], "output_modalities": ["text"]},
             "pricing": {"prompt": str(n) + "e-7", "completion": str(2 * n) + "e-7"},
             "supported_parameters": ["tools", "seed"] if n % 3 == 0 else ["seed"], **members} for n in range(count)]


def body(models):
    return json.dumps({"data": models}).encode()


class ListServer:
    """Answers GET with what `answer(path, number)` returns: bytes, (status, bytes), or a function of the handler. Counts."""

    def __init__(self):
        self.seen, self.lock = [], threading.Lock()
        self.answer = lambda path, number: body(entries(3))
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                with outer.lock:
                    outer.seen.append(self.path)
                    number = len(outer.seen)
                answer = outer.answer(self.path, number)
                if callable(answer):
                    return answer(self)
                status, text = answer if isinstance(answer, tuple) else (200, answer)
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                status, text = outer.chat(self)
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

            def handle(self):
                try:
                    super().handle()
                except (ConnectionError, BrokenPipeError):
                    pass

        self.chat = lambda handler: (200, json.dumps({"id": "x", "object": "chat.completion", "choices": [
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hi"}}]}).encode())
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Outcome:
    def __init__(self, status, answer, error):
        self.status = status
        self.answer = json.loads(answer) if answer else None
        self.error = json.loads(error) if error else None

    def __repr__(self):
        return f"<status {self.status}: {self.error or str(self.answer)[:500]}>"

    @property
    def ids(self):
        return [entry["id"] for entry in self.answer["data"]]

    @property
    def list(self):
        assert len(self.answer["lists"]) == 1, self
        return self.answer["lists"][0]


class Gateway:
    def __init__(self, config):
        self.client = library.Client(json.dumps({"environment": False, "retry": {"attempts": 0}, **config}))

    def models(self, **query):
        return Outcome(*self.client.call("list_models", json.dumps(query).encode() if query else None))

    def call(self, name, request):
        return Outcome(*self.client.call(name, json.dumps(request).encode()))


def config(server, **members):
    return {"providers": {"p": {"base_url": server.url, "api_key": "sk-lists-1", "models": {"form": "openrouter"}}}, **members}


@pytest.fixture
def server():
    made = ListServer()
    yield made
    made.stop()


@pytest.fixture
def gateway():
    made = []

    def make(config):
        made.append(Gateway(config))
        return made[-1]

    yield make
    for one in made:
        one.client.free()


def until(condition, seconds=100):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False
