"""A small provider with OpenAI's API, in this process. What it does follows from the request:

tools, and the last message is the user's     it calls the first tool with sample arguments
response_format with a JSON schema            it answers with a sample document
otherwise                                     it says what it was told last

Requests of other endpoints are answered by `others`. `status:CODE` as the model fails, `stall:N` is silent after N chunks, `silent` from the beginning, `cut:N` hangs up after N chunks,
`paced:N:MS` sends N chunks with MS milliseconds between them, `big:N` N chunks of 10 KB at once. `requests` and `closed` tell what happened.
"""

from __future__ import annotations

import json
import select
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Dict, Iterator, List

USAGE = {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}
ERROR_CODES = {400: "invalid_value", 401: "invalid_api_key", 429: "rate_limit_exceeded"}
SOUND = bytes(range(256)) * 1000
LIMITS = {"x-request-id": "req_upstream_1", "x-ratelimit-limit-requests": "100", "x-ratelimit-remaining-requests": "99"}


def sample(schema: Dict[str, Any], root: Dict[str, Any]) -> Any:
    """Something that the schema allows."""
    if "$ref" in schema:
        found: Any = root
        for name in schema["$ref"].split("/")[1:]:
            found = found[name]
        return sample(found, root)
    for member in ("anyOf", "oneOf", "allOf"):
        if member in schema:
            return sample(schema[member][0], root)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if kind == "object":
        return {name: sample(inner, root) for name, inner in schema.get("properties", {}).items()}
    if kind == "array":
        return [sample(schema.get("items", {}), root)]
    return {"string": "Paris", "integer": 7, "number": 7.5, "boolean": True, "null": None}[kind]


def text_of(content: Any) -> str:
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content or [])


def after(prompt: Any) -> str:
    return f"After {prompt[0] if isinstance(prompt, list) else prompt}"


def answer(request: Dict[str, Any]) -> Dict[str, Any]:
    """The message of the assistant."""
    last = request["messages"][-1]
    tools = request.get("tools")
    form = request.get("response_format") or {}
    if tools and last["role"] == "user" and request.get("tool_choice") != "none":
        function = tools[0]["function"]
        parameters = function.get("parameters", {})
        call = {"name": function["name"], "arguments": json.dumps(sample(parameters, parameters))}
        return {"role": "assistant", "content": None, "tool_calls": [{"id": "call_1", "type": "function", "function": call}]}
    if form.get("type") == "json_schema":
        schema = form["json_schema"]["schema"]
        return {"role": "assistant", "content": json.dumps(sample(schema, schema)), "refusal": None}
    said = "The tool said: " if last["role"] == "tool" else "You said: "
    return {"role": "assistant", "content": said + text_of(last["content"]), "refusal": None}


def deltas(message: Dict[str, Any]) -> Iterator[Dict[str, Any]]:
    yield {"role": "assistant"}
    for index, call in enumerate(message.get("tool_calls", [])):
        arguments = call["function"]["arguments"]
        yield {"tool_calls": [{"index": index, **call, "function": {**call["function"], "arguments": ""}}]}
        for piece in arguments[: len(arguments) // 2], arguments[len(arguments) // 2 :]:
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}
    for word in (message["content"] or "").split(" "):
        yield {"content": word + " "} if message["content"] else {}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "Upstream"

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        self.server.requests.append({"path": self.path, "headers": dict(self.headers.items()), "body": None})
        if not self.path.endswith("/models"):
            return self.safely(b"")
        models = [{"id": "chat", "object": "model", "created": 1, "owned_by": "upstream"}, {"id": "second", "object": "model"}]
        self.reply(200, {"object": "list", "data": models})

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["content-length"]))
        if not self.path.partition("?")[0].endswith(("/completions", "/embeddings")):
            self.server.requests.append({"path": self.path, "headers": dict(self.headers.items()), "body": raw})
            return self.safely(raw)
        body = json.loads(raw)
        self.server.requests.append({"path": self.path, "headers": dict(self.headers.items()), "body": body})
        model, _, rest = body["model"].partition(":")
        try:
            if model == "status":
                self.fail(int(rest))
            elif model == "silent":
                self.until_closed()
            elif self.path.partition("?")[0].endswith("/embeddings"):
                given = body["input"] if isinstance(body["input"], list) else [body["input"]]
                data = [{"object": "embedding", "index": i, "embedding": [0.5, -0.25]} for i, _ in enumerate(given)]
                self.reply(200, {"object": "list", "model": model, "data": data, "usage": {"prompt_tokens": 2, "total_tokens": 2}})
            elif body.get("stream"):
                self.stream(body, model, rest)
            else:
                self.whole(body)
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def safely(self, raw: bytes) -> None:
        try:
            self.others(raw)
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def others(self, raw: bytes) -> None:
        if "silent" in self.path:
            self.until_closed()
        elif "/files/cut/" in self.path:
            self.send(200, SOUND, **{"Content-Type": "audio/mpeg", "Content-Length": str(len(SOUND) + 1)})
            self.close_connection = True
        elif self.path.endswith("/audio/transcriptions"):
            self.reply(200, {"text": f"{raw.count(SOUND)} sound"})
        elif self.path.endswith("/images/generations"):
            self.reply(200, {"created": 1, "data": [{"b64_json": "AAAA"}]})
        elif self.path.endswith("/audio/speech"):
            self.send(200, SOUND, **{"Content-Type": "audio/mpeg"})
        elif self.path.endswith("/moderations"):
            self.reply(200, {"id": "modr-1", "model": "m", "results": [{"flagged": json.loads(raw)["input"] == "bad"}]})
        elif self.path.endswith("/files"):
            self.reply(200, {"id": "file-1", "object": "file", "bytes": len(raw), "filename": "a.bin", "purpose": "batch"})
        elif self.path.partition("?")[0].endswith(":generateContent"):
            said = {"parts": [{"text": "Hello from Gemini"}], "role": "model"}
            self.reply(200, {"candidates": [{"content": said, "finishReason": "STOP"}]})
        elif "/messages/batches" in self.path:
            self.reply(200, {"data": [], "has_more": False, "first_id": None, "last_id": None})
        else:
            self.fail(404)

    def whole(self, body: Dict[str, Any]) -> None:
        chat = self.path.partition("?")[0].endswith("/chat/completions")
        choice: Dict[str, Any] = {"index": 0, "logprobs": None}
        if chat:
            message = answer(body)
            choice.update(message=message, finish_reason="tool_calls" if message.get("tool_calls") else "stop")
        else:
            choice.update(text=after(body["prompt"]), finish_reason="stop")
        kind = "chat.completion" if chat else "text_completion"
        self.reply(200, {**self.head(body, kind), "choices": [choice], "usage": USAGE})

    def head(self, body: Dict[str, Any], kind: str) -> Dict[str, Any]:
        return {"id": "chatcmpl-1", "object": kind, "created": 1700000000, "model": body["model"]}

    def reply(self, status: int, document: Any, **headers: str) -> None:
        self.send(status, json.dumps(document).encode(), **headers)

    def send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {**LIMITS, "Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def fail(self, status: int) -> None:
        error = {"message": f"told to fail with {status}", "type": "test", "code": ERROR_CODES.get(status), "param": "model"}
        self.reply(status, {"error": error}, **({"Retry-After": "120"} if status == 429 else {}))

    def stream(self, body: Dict[str, Any], model: str, rest: str) -> None:
        chat = self.path.partition("?")[0].endswith("/chat/completions")
        self.send_response(200)
        for name, value in {**LIMITS, "Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"}.items():
            self.send_header(name, value)
        self.end_headers()
        count, _, pause = rest.partition(":")
        found: List[Dict[str, Any]] = []
        if not chat:
            found = [{"text": word + " "} for word in after(body["prompt"]).split(" ")]
        elif model in ("stall", "cut", "paced"):
            found = [{"content": f"w{i} "} for i in range(int(count))]
        elif model == "big":
            found = [{"content": "x" * 10240}] * int(count)
        else:
            message = answer(body)
            found = list(deltas(message))
        kind = "chat.completion.chunk" if chat else "text_completion"
        for part in found:
            choice: Dict[str, Any] = {"index": 0, "finish_reason": None, "logprobs": None}
            choice.update({"delta": part} if chat else part)
            self.event({**self.head(body, kind), "choices": [choice]})
            self.server.sent += 1
            if pause:
                time.sleep(float(pause) / 1000)
        if model == "stall":
            self.until_closed()
        if model == "cut":
            raise ConnectionError
        calls = chat and model not in ("paced", "big") and bool(message.get("tool_calls"))
        last: Dict[str, Any] = {"index": 0, "finish_reason": "tool_calls" if calls else "stop", "logprobs": None}
        last.update({"delta": {}} if chat else {"text": ""})
        self.event({**self.head(body, kind), "choices": [last]})
        if (body.get("stream_options") or {}).get("include_usage"):
            self.event({**self.head(body, kind), "choices": [], "usage": USAGE})
        self.frame(b"data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def event(self, document: Any) -> None:
        self.frame(b"data: " + json.dumps(document).encode() + b"\n\n")

    def frame(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))

    def until_closed(self) -> None:
        while not self.server.ended:
            if select.select([self.connection], [], [], 0.05)[0]:
                self.server.closed += 1
                raise ConnectionError


class Upstream(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests: List[Dict[str, Any]] = []
        self.closed = self.sent = 0
        self.ended = False
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def config(self, **more: Any) -> Dict[str, Any]:
        provider = {"base_url": f"http://127.0.0.1:{self.server_address[1]}/v1", "api_key": "sk-provider"}
        return {"environment": False, "retry": {"attempts": 0}, "providers": {"up": provider}, "default_provider": "up", **more}

    def stop(self) -> None:
        self.ended = True
        self.shutdown()
        self.server_close()
