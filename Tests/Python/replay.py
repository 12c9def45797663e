"""A server that answers with what providers really sent (Tests/Fixtures/recorded), chosen by the model of the request."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

FIXTURES = Path(__file__).parents[1] / "Fixtures"
RECORDED = FIXTURES / "recorded/exchanges"

Recorded = Tuple[int, str, bytes]


def recorded(provider: str, exchange: str) -> Recorded:
    """Status, content type and body of one exchange."""
    for line in (RECORDED / f"{provider}.jsonl").read_text().splitlines():
        found = json.loads(line)
        if found["id"] == exchange:
            response = found["response"]
            headers = {name.lower(): value for name, value in response["headers"].items()}
            kind = "text/event-stream" if found["streaming"] else headers.get("content-type", "application/json")
            return response["status"], kind, response["body"].encode()
    raise LookupError(exchange)


class Replay:
    """`answers` maps a model, or a model and " stream", to what is sent; "" is for all others. `lists` maps a path to a list."""

    def __init__(self, answers: Dict[str, Recorded], lists: Optional[Dict[str, bytes]] = None) -> None:
        replay = self
        self.answers, self.lists = answers, lists or {}
        self.bodies: List[Dict[str, Any]] = []
        self.keys: List[str] = []
        self.listed: List[str] = []
        self.refuse: Optional[Recorded] = None
        """Sent in the place of any list."""

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                replay.listed.append(path)
                found = replay.lists.get(path)
                if replay.refuse:
                    return self.answer(replay.refuse)
                self.answer((200, "application/json", found) if found else (404, "application/json", b'{"error": {"message": "no list"}}'))

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                replay.bodies.append(body)
                replay.keys.append(self.headers.get("authorization", ""))
                name = f"{body.get('model')}{' stream' if body.get('stream') else ''}"
                self.answer(replay.answers.get(name) or replay.answers[" stream" if body.get("stream") else ""])

            def answer(self, what: Recorded) -> None:
                status, kind, body = what
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def __enter__(self) -> Replay:
        return self

    def __exit__(self, *_: Any) -> None:
        self._server.shutdown()
        self._server.server_close()
