"""A small OpenAI-like server whose behaviour is told by the model's name. Runs as its own process; prints its port.

    chat            an answer                     stream:N        N chunks "w0 ".."wN-1 ", usage, [DONE]
    status:CODE     an error with that status     stall:N         N chunks, then silence
    silent          no answer at all              cut:N           N chunks, then the connection closes
    large:N         N chunks of 4000 characters
    slow:S          an answer after S seconds     paced:N:MS      N chunks, MS milliseconds apart

    Another path (/moderations, /audio/speech, ...) is answered with bytes that are no text; what it was sent is told in base64.

GET /seen tells what happened: requests, and how many connections the client closed before the answer was complete.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from typing import Any

SEEN: dict[str, Any] = {"requests": [], "closed_early": 0, "connections": 0}
USAGE = {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}
BYTES = b"\0\xff\x01abc"
KEPT = {"id": "resp_1", "object": "response", "status": "completed", "model": "m", "output": [
    {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hello", "annotations": []}]}
]}  # fmt: skip
ERROR_CODES = {400: "invalid_value", 401: "invalid_api_key", 429: "rate_limit_exceeded"}


def reply(status: int, document: Any, extra: str = "") -> bytes:
    body = json.dumps(document).encode()
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{extra}\r\n"
    return head.encode() + body


def completion(model: str, text: str) -> dict[str, Any]:
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": text, "refusal": None},
        "finish_reason": "stop",
        "logprobs": None,
    }
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1700000000,
        "model": model,
        "choices": [choice],
        "usage": USAGE,
    }


def text_completion(model: str, text: str) -> dict[str, Any]:
    choice = {"index": 0, "text": text, "finish_reason": "stop", "logprobs": None}
    return {
        "id": "cmpl-1",
        "object": "text_completion",
        "created": 1700000000,
        "model": model,
        "choices": [choice],
        "usage": USAGE,
    }


def embedding(model: str, given: Any) -> dict[str, Any]:
    texts = given if isinstance(given, list) else [given]
    data = [{"object": "embedding", "index": i, "embedding": [0.5, -0.25, len(text)]} for i, text in enumerate(texts)]
    return {"object": "list", "model": model, "data": data, "usage": {"prompt_tokens": 2, "total_tokens": 2}}


def event(model: str, text: str | None, chat: bool, finish: str | None = None) -> bytes:
    if chat:
        choice = {"index": 0, "delta": {"content": text} if text is not None else {}, "logprobs": None, "finish_reason": finish}
    else:
        choice = {"index": 0, "text": text or "", "logprobs": None, "finish_reason": finish}
    kind = "chat.completion.chunk" if chat else "text_completion"
    chunk = {"id": "chatcmpl-1", "object": kind, "created": 1700000000, "model": model, "choices": [choice]}
    return frame(f"data: {json.dumps(chunk)}\n\n".encode())


def frame(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


class Cut(Exception):
    """The server closes the connection."""


class Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def serve(self) -> None:
        SEEN["connections"] += 1
        try:
            while head := await self.reader.readuntil(b"\r\n\r\n"):
                asked = await self.request(head.decode("latin-1"))
                try:
                    await self.answer(*asked)
                    await self.writer.drain()
                except ConnectionError:
                    SEEN["closed_early"] += 1
                    raise
        except (asyncio.IncompleteReadError, ConnectionError, Cut):
            pass
        finally:
            self.writer.close()

    async def request(self, head: str) -> tuple[str, str, dict[str, Any]]:
        lines = head.split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        if headers.get("expect") == "100-continue":
            self.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        length = int(headers.get("content-length", 0))
        content = await self.reader.readexactly(length)
        path = lines[0].split()[1]
        if not path.partition("?")[0].endswith(("/seen", "/completions", "/embeddings", "/models")):
            method = lines[0].split()[0]
            SEEN["requests"].append({"method": method, "path": path, "headers": headers, "body": base64.b64encode(content).decode()})
            return path, headers.get("authorization", ""), {"model": "bytes"}
        body = json.loads(content) if content else {}
        if not path.endswith("/seen"):
            SEEN["requests"].append({"path": path, "headers": headers, "body": body})
        return path, headers.get("authorization", ""), body

    async def answer(self, path: str, key: str, body: dict[str, Any]) -> None:
        path = path.partition("?")[0]
        model = str(body.get("model", ""))
        name, _, rest = model.partition(":")
        chat = path.endswith("/chat/completions")
        if path.endswith("/seen"):
            self.writer.write(reply(200, SEEN))
        elif model == "bytes" and path.endswith("/missing"):
            self.writer.write(self.error(404))
        elif model == "bytes" and "/responses/" in path:
            self.writer.write(reply(200, KEPT, "X-Request-Id: r-1\r\n"))
        elif model == "bytes":
            head = "HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nContent-Length: 6\r\nX-Request-Id: r-1\r\nSet-Cookie: a=b\r\n\r\n"
            self.writer.write(head.encode() + BYTES)
        elif path.endswith("/models"):
            self.writer.write(
                reply(200, {"object": "list", "data": [{"id": "chat", "object": "model", "created": 1, "owned_by": "test"}]})
            )
        elif name == "status":
            self.writer.write(self.error(int(rest)))
        elif name == "silent":
            await self.until_closed()
        elif path.endswith("/embeddings"):
            self.writer.write(reply(200, embedding(model, body["input"])))
        elif body.get("stream"):
            await self.stream(model, name, rest, chat, bool((body.get("stream_options") or {}).get("include_usage")))
        else:
            if name == "slow":
                await self.unless_closed(float(rest))
            text = f"You said: {body['messages'][-1]['content']}" if chat else f"After {body['prompt']}"
            self.writer.write(reply(200, completion(model, text) if chat else text_completion(model, text)))

    def error(self, status: int) -> bytes:
        extra = "Retry-After: 120\r\n" if status == 429 else ""
        error = {"message": f"told to fail with {status}", "type": "test", "code": ERROR_CODES.get(status), "param": None}
        return reply(status, {"error": error}, extra)

    async def stream(self, model: str, name: str, rest: str, chat: bool, usage: bool) -> None:
        count, _, pause = rest.partition(":")
        head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        self.writer.write(head.encode())
        for i in range(int(count or 3)):
            self.writer.write(event(model, f"w{i} ".ljust(4000) if name == "large" else f"w{i} ", chat))
            if self.writer.transport.is_closing():
                raise ConnectionError
            if pause:
                await self.unless_closed(float(pause) / 1000)
        await self.writer.drain()
        if name == "stall":
            await self.until_closed()
        if name == "cut":
            raise Cut
        self.writer.write(event(model, None, chat, "stop"))
        if usage:
            kind = "chat.completion.chunk" if chat else "text_completion"
            last = {"id": "chatcmpl-1", "object": kind, "created": 1700000000, "model": model, "choices": [], "usage": USAGE}
            self.writer.write(frame(f"data: {json.dumps(last)}\n\n".encode()))
        self.writer.write(frame(b"data: [DONE]\n\n") + b"0\r\n\r\n")

    async def until_closed(self) -> None:
        await self.unless_closed(3600)

    async def unless_closed(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self.reader.read(1), seconds)
        except asyncio.TimeoutError:
            return
        raise ConnectionError


async def main() -> None:
    server = await asyncio.start_server(lambda r, w: Connection(r, w).serve(), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    # Ends with the test run: its standard input closes.
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
