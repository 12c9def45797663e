"""An OpenAI-like server for the snippets: it answers as OpenAI's API does, over what the request asks for. `python server.py` prints its
port and ends when its standard input does.

Models: `missing` 404, `limited` 429, `conflict` 409, `unprocessable` 422, `broken` 500, `flaky:N` 503 for N requests, `slow:S` waits
S seconds, `poor` 429 for lack of money. The key `wrong-key` is 401. `length` is cut off, `filtered` is filtered, `pause:MS` streams slowly.
GET /seen tells the requests."""

from __future__ import annotations

import base64
import json
import struct
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Dict, Iterator, List

USAGE = {"prompt_tokens": 9, "completion_tokens": 12, "total_tokens": 21}
MODELS = [{"id": name, "object": "model", "created": 1686935002, "owned_by": "openai"} for name in ("gpt-4o-mini", "gpt-4o", "text-embedding-3-small")]
ERRORS = {
    "missing": (404, "invalid_request_error", "model_not_found", "model", "The model `missing` does not exist"),
    "limited": (429, "requests", "rate_limit_exceeded", None, "Rate limit reached for requests"),
    "poor": (429, "insufficient_quota", "insufficient_quota", None, "You exceeded your current quota, please check your plan and billing details"),
    "conflict": (409, "invalid_request_error", None, None, "Conflict"),
    "unprocessable": (422, "invalid_request_error", None, "messages", "Unprocessable"),
    "broken": (500, "server_error", None, None, "The server had an error"),
    "invalid": (400, "invalid_request_error", "invalid_value", "temperature", "Invalid 'temperature'"),
}


def sample(schema: Dict[str, Any], root: Dict[str, Any]) -> Any:
    """A value that a JSON schema allows."""
    if "$ref" in schema:
        target: Any = root
        for step in schema["$ref"].lstrip("#/").split("/"):
            target = target[step]
        return sample(target, root)
    if "enum" in schema:
        return schema["enum"][0]
    if "const" in schema:
        return schema["const"]
    if "anyOf" in schema:
        return sample(schema["anyOf"][0], root)
    kind = schema.get("type")
    if kind == "object":
        return {name: sample(member, root) for name, member in (schema.get("properties") or {}).items()}
    if kind == "array":
        return [sample(schema["items"], root)]
    return {"string": "Paris", "integer": 7, "number": 1.5, "boolean": True}.get(str(kind))


def text_of(message: Dict[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, list):
        return " ".join(part.get("text") or f"[{part['type']}]" for part in content)
    return content or ""


def message_for(body: Dict[str, Any]) -> Dict[str, Any]:
    messages = body["messages"]
    last, tools, wanted = messages[-1], body.get("tools") or [], body.get("response_format") or {}
    if tools and last["role"] == "user" and body.get("tool_choice") != "none":
        asked = tools if "both" in text_of(last) else tools[:1]
        calls = [
            {"id": f"call_{place}", "type": "function",
             "function": {"name": tool["function"]["name"], "arguments": json.dumps(sample(tool["function"].get("parameters") or {}, tool["function"].get("parameters") or {}))}}
            for place, tool in enumerate(asked)
        ]  # fmt: skip
        return {"role": "assistant", "content": None, "tool_calls": calls, "refusal": None, "annotations": []}
    if wanted.get("type") == "json_schema":
        schema = wanted["json_schema"]["schema"]
        return {"role": "assistant", "content": json.dumps(sample(schema, schema)), "refusal": None, "annotations": []}
    if wanted.get("type") == "json_object":
        return {"role": "assistant", "content": '{"answer": 42}', "refusal": None, "annotations": []}
    text = f"You said {text_of(last)}" if last["role"] != "tool" else f"The tool said {text_of(last)}"
    return {"role": "assistant", "content": text, "refusal": None, "annotations": []}


def logprobs_of(text: str) -> Dict[str, Any]:
    tokens = [{"token": word, "logprob": -0.1, "bytes": list(word.encode()), "top_logprobs": []} for word in text.split()]
    return {"content": tokens, "refusal": None}


def completion(body: Dict[str, Any], model: str) -> Dict[str, Any]:
    message = message_for(body)
    reason = {"length": "length", "filtered": "content_filter"}.get(model) or ("tool_calls" if message.get("tool_calls") else "stop")
    logprobs = logprobs_of(message["content"] or "") if body.get("logprobs") else None
    choices = [{"index": index, "message": message, "logprobs": logprobs, "finish_reason": reason} for index in range(body.get("n") or 1)]
    return {"id": "chatcmpl-1", "object": "chat.completion", "created": 1700000000, "model": model, "choices": choices, "usage": USAGE,
            "service_tier": "default", "system_fingerprint": "fp_1"}  # fmt: skip


def deltas(body: Dict[str, Any], model: str) -> Iterator[Dict[str, Any]]:
    message = message_for(body)
    yield {"role": "assistant", "content": None if message.get("tool_calls") else "", "refusal": None}
    for index, call in enumerate(message.get("tool_calls") or ()):
        text = call["function"]["arguments"]
        yield {"tool_calls": [{"index": index, "id": call["id"], "type": "function", "function": {"name": call["function"]["name"], "arguments": ""}}]}
        for start in range(0, len(text), 7):
            yield {"tool_calls": [{"index": index, "function": {"arguments": text[start : start + 7]}}]}
    words = (message.get("content") or "").split(" ")
    for place, word in enumerate(words if message.get("content") else ()):
        yield {"content": word if place == len(words) - 1 else word + " "}


def chunks(body: Dict[str, Any], model: str) -> Iterator[Dict[str, Any]]:
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1700000000, "model": model, "service_tier": "default", "system_fingerprint": "fp_1"}
    usage = {"usage": None} if (body.get("stream_options") or {}).get("include_usage") else {}
    calls = False
    for delta in deltas(body, model):
        calls = calls or "tool_calls" in delta
        yield {**head, "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": None}], **usage}
    reason = {"length": "length", "filtered": "content_filter"}.get(model) or ("tool_calls" if calls else "stop")
    yield {**head, "choices": [{"index": 0, "delta": {}, "logprobs": None, "finish_reason": reason}], **usage}
    if usage:
        yield {**head, "choices": [], "usage": USAGE}


def response(body: Dict[str, Any], text: str) -> Dict[str, Any]:
    part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    item = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [part]}
    return {"id": "resp_1", "object": "response", "created_at": 1700000000, "status": "completed", "model": body["model"], "output": [item], "error": None,
            "incomplete_details": None, "instructions": None, "metadata": {}, "parallel_tool_calls": True, "temperature": 1.0, "tool_choice": "auto", "tools": [],
            "top_p": 1.0, "usage": {"input_tokens": 9, "output_tokens": 12, "total_tokens": 21, "input_tokens_details": {"cached_tokens": 0},
                                    "output_tokens_details": {"reasoning_tokens": 0}}}  # fmt: skip


def response_events(body: Dict[str, Any], text: str) -> Iterator[Dict[str, Any]]:
    whole = response(body, text)
    yield {"type": "response.created", "response": {**whole, "status": "in_progress", "output": []}}
    item = whole["output"][0]
    yield {"type": "response.output_item.added", "output_index": 0, "item": {**item, "status": "in_progress", "content": []}}
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    yield {"type": "response.content_part.added", **place, "part": {**item["content"][0], "text": ""}}
    for word in text.split(" "):
        yield {"type": "response.output_text.delta", **place, "delta": word + " ", "logprobs": []}
    yield {"type": "response.output_text.done", **place, "text": text + " ", "logprobs": []}
    yield {"type": "response.content_part.done", **place, "part": item["content"][0]}
    yield {"type": "response.output_item.done", "output_index": 0, "item": item}
    yield {"type": "response.completed", "response": whole}


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: List[Dict[str, Any]] = []
        self.failures: Dict[str, int] = {}
        self.lock = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        path, _, name = self.path.partition("/v1/models")
        if self.path == "/seen":
            return self.reply(200, self.server.seen)
        if not name.strip("/"):
            return self.reply(200, {"object": "list", "data": MODELS})
        found = [model for model in MODELS if model["id"] == name.strip("/")]
        self.reply(200, found[0]) if found else self.fail(404, "invalid_request_error", "model_not_found", "model", "no such model")

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        headers = {name.lower(): value for name, value in self.headers.items()}
        with self.server.lock:
            self.server.seen.append({"path": self.path, "headers": headers, "body": body})
        name, _, rest = str(body.get("model")).rpartition("/")[2].partition(":")
        if headers.get("authorization") == "Bearer wrong-key":
            return self.fail(401, "invalid_request_error", "invalid_api_key", None, "Incorrect API key provided")
        if name in ERRORS:
            return self.fail(*ERRORS[name])
        if name == "flaky" and self.one_more_failure(body, int(rest)):
            return self.fail(503, "server_error", None, None, "overloaded")
        if name == "slow":
            time.sleep(float(rest))
        self.answer(self.path.partition("?")[0], body, name, rest)

    def one_more_failure(self, body: Dict[str, Any], most: int) -> bool:
        """Of the conversation: several snippets may run at a time."""
        key = json.dumps(body["messages"])
        with self.server.lock:
            self.server.failures[key] = self.server.failures.get(key, 0) + 1
            return self.server.failures[key] <= most

    def answer(self, path: str, body: Dict[str, Any], name: str, rest: str) -> None:
        pause = float(rest) / 1000 if name == "pause" else 0
        if path.endswith("/chat/completions"):
            if body.get("stream"):
                self.stream(chunks(body, name), pause)
            else:
                self.reply(200, completion(body, name))
        elif path.endswith("/responses"):
            text = f"You said {body['input'] if isinstance(body['input'], str) else text_of(body['input'][-1])}"
            if body.get("stream"):
                numbered = ({**event, "sequence_number": number} for number, event in enumerate(response_events(body, text)))
                self.stream(numbered, pause, named=True)
            else:
                self.reply(200, response(body, text))
        elif path.endswith("/embeddings"):
            self.reply(200, self.embeddings(body))
        else:
            self.text_completion(body)

    def embeddings(self, body: Dict[str, Any]) -> Dict[str, Any]:
        texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
        vectors = [[float(len(text)), 0.5, -0.25][: body.get("dimensions") or 3] for text in texts]
        packed = body.get("encoding_format") == "base64"
        written = [base64.b64encode(struct.pack(f"<{len(one)}f", *one)).decode() if packed else one for one in vectors]
        data = [{"object": "embedding", "index": index, "embedding": one} for index, one in enumerate(written)]
        return {"object": "list", "data": data, "model": body["model"], "usage": {"prompt_tokens": 5, "total_tokens": 5}}

    def text_completion(self, body: Dict[str, Any]) -> None:
        head = {"id": "cmpl-1", "object": "text_completion", "created": 1700000000, "model": body["model"]}
        text = f"{body['prompt']} and so on"
        if body.get("stream"):
            parts = [{**head, "choices": [{"index": 0, "text": word + " ", "logprobs": None, "finish_reason": None}]} for word in text.split()]
            parts.append({**head, "choices": [{"index": 0, "text": "", "logprobs": None, "finish_reason": "stop"}]})
            return self.stream(iter(parts), 0)
        self.reply(200, {**head, "choices": [{"index": 0, "text": text, "logprobs": None, "finish_reason": "stop"}], "usage": USAGE})

    def head(self, status: int, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("x-request-id", "req_123")
        self.send_header("openai-processing-ms", "12")
        self.send_header("x-ratelimit-remaining-requests", "99")
        if status == 429:
            self.send_header("Retry-After", "1")

    def reply(self, status: int, document: Any) -> None:
        data = json.dumps(document).encode()
        self.head(status, "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def fail(self, status: int, kind: str, code: Any, param: Any, message: str) -> None:
        self.reply(status, {"error": {"message": message, "type": kind, "param": param, "code": code}})

    def stream(self, parts: Iterator[Dict[str, Any]], pause: float, named: bool = False) -> None:
        self.head(200, "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for part in parts:
                self.piece((f"event: {part['type']}\n" if named else "") + f"data: {json.dumps(part)}\n\n")
                time.sleep(pause)
            if not named:
                self.piece("data: [DONE]\n\n")
            self.wfile.write(b"0\r\n\r\n")
        except OSError:  # the client has left
            self.close_connection = True

    def piece(self, text: str) -> None:
        data = text.encode()
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")


if __name__ == "__main__":
    server = Server()
    print(server.server_address[1], flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()
