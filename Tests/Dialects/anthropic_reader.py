"""Anthropic's answers, read by plain means, and once more with the official package's own accumulation.
https://docs.anthropic.com/en/api/messages, https://docs.anthropic.com/en/docs/build-with-claude/streaming (2026-11)."""
import json

from reading import Reading, error, events, exactly, is_json, nothing, numbers, retry_after

FINISH = {"end_turn": "stop", "stop_sequence": "stop", "pause_turn": "stop", "max_tokens": "length", "model_context_window_exceeded": "length",
          "tool_use": "tool_calls", "refusal": "content_filter"}
# What the type of an error means where no HTTP status tells: https://docs.anthropic.com/en/api/errors.
ERRORS = {"invalid_request_error": 300, "authentication_error": 301, "permission_error": 302, "billing_error": 303, "not_found_error": 304,
          "request_too_large": 300, "rate_limit_error": 305, "overloaded_error": 306, "api_error": 307, "timeout_error": 308}
TEXTS = {"text_delta": "text", "thinking_delta": "thinking"}
CANONICAL = {"text", "tool_use", "thinking", "redacted_thinking"}
MESSAGE = {"type", "id", "role", "model", "content", "usage", "stop_reason"}


class Message:
    """The events of one stream, joined."""

    def __init__(self):
        self.message, self.pieces, self.unknown, self.ended = None, {}, [], False
        self.usage = {}

    def add(self, event):
        kind = event.get("type")
        if kind in KNOWN:
            getattr(self, kind)(event)
        elif kind != "ping":
            self.unknown.append(event)

    def message_start(self, event):
        self.message = dict(event["message"], content=[])
        self.usage = dict(self.message.get("usage") or {})

    def content_block_start(self, event):
        self.message["content"].append(dict(event["content_block"]))

    def content_block_delta(self, event):
        block, delta = self.message["content"][int(event["index"])], event["delta"]
        kind = delta["type"]
        if kind in TEXTS:
            block[TEXTS[kind]] = block.get(TEXTS[kind], "") + delta[TEXTS[kind]]
        elif kind == "signature_delta":
            block["signature"] = delta["signature"]
        elif kind == "input_json_delta":
            at = int(event["index"])
            self.pieces[at] = self.pieces.get(at, "") + delta["partial_json"]
        elif kind == "citations_delta":
            block["citations"] = (block.get("citations") or []) + [delta["citation"]]
        elif kind == "compaction_delta":
            block.update({name: value for name, value in delta.items() if name != "type"})
        else:
            self.unknown.append(event)

    def content_block_stop(self, event):
        at = int(event["index"])
        text = self.pieces.get(at)
        if text:
            self.message["content"][at]["input"] = exactly(text)

    def message_delta(self, event):
        self.message.update(event["delta"])
        for name, value in event.items():
            if name not in ("type", "delta", "usage"):
                self.message[name] = value
        self.usage.update({name: value for name, value in (event.get("usage") or {}).items() if value is not None})

    def message_stop(self, event):
        self.ended = True


KNOWN = {"message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta", "message_stop"}


def fill(reading, message, arguments):
    """The canonical facts of a message. `arguments`: text of the input of the tool_use blocks, by their place."""
    reading.id, reading.model = message.get("id"), message.get("model")
    reading.native, reading.usage = message.get("stop_reason"), numbers(message.get("usage"))
    reading.finish = FINISH.get(reading.native, "stop") if reading.native else None
    reading.blocks = message.get("content") or []
    for at, block in enumerate(reading.blocks):
        kind = block.get("type")
        if kind == "text":
            reading.text += block["text"]
            for remark in block.get("citations") or []:
                reading.cited += [remark["url"]] if remark.get("url") else []
                reading.secrets += [remark["encrypted_index"]] if remark.get("encrypted_index") else []
        elif kind == "thinking":
            reading.reasoning += block["thinking"]
            reading.secrets += [block["signature"]] if block.get("signature") else []
        elif kind == "redacted_thinking":
            reading.secrets.append(block["data"])
        elif kind == "tool_use":
            reading.calls.append((block["id"], block["name"], arguments(at, block)))
        if kind not in CANONICAL:
            reading.kept.append(block)
    reading.fields = {name: value for name, value in message.items() if name not in MESSAGE and value is not None}


def read_stream(exchange, body):
    reading, it = Reading(), Message()
    for _, data, end in events(body):
        event = exactly(data.decode("utf-8", "replace"))
        if event.get("type") == "error":
            fill(reading, it.message or {}, lambda at, _: it.pieces.get(at) or "{}")
            return stream_error(reading, event)
        it.add(event)
        if it.ended and reading.last is None:
            reading.last = end
    if it.message is not None:
        it.message["usage"] = it.usage
        fill(reading, it.message, lambda at, block: it.pieces.get(at) or json.dumps(block.get("input") or {}))
    reading.unknown = it.unknown
    if not it.ended:
        reading.status, reading.end = 208, "truncated"
    return nothing(exchange, reading)


def stream_error(reading, event):
    inner = event.get("error") or {}
    reading.end, reading.status = "error", ERRORS.get(inner.get("type"), 307)
    reading.message, reading.code = inner.get("message"), inner.get("type")
    return reading


def read(exchange):
    status = exchange.response["status"]
    if exchange.stream and status == 200:
        return read_stream(exchange, exchange.body)
    body = exactly(exchange.body.decode("utf-8", "replace")) if is_json(exchange.body) else exchange.body.decode()
    reading = Reading()
    if status >= 300 or body.get("type") == "error":
        return retry_after(exchange, error(reading, status, json.loads(exchange.body) if is_json(exchange.body) else body))
    fill(reading, body, lambda at, block: block["input"])
    return nothing(exchange, reading)


def official(exchange):
    """The message as the `anthropic` package puts it together, as JSON values."""
    from anthropic._models import construct_type
    from anthropic.lib.streaming._beta_messages import accumulate_event
    from anthropic.types.beta import BetaMessage, BetaRawMessageStreamEvent

    if not exchange.stream:
        return BetaMessage.construct(**json.loads(exchange.body)).to_dict()
    snapshot, buffers = None, {}
    for _, data, _ in events(exchange.body):
        value = json.loads(data)
        if value["type"] == "ping":
            continue
        snapshot = accumulate_event(event=construct_type(type_=BetaRawMessageStreamEvent, value=value), current_snapshot=snapshot,
                                    json_bufs=buffers, request_headers={})
    return snapshot.to_dict()


def disagreement(exchange, reading):
    """The two readers against each other."""
    if reading.status:
        return []
    message, found = official(exchange), []
    ours = {"content": numbers(reading.blocks), "stop_reason": reading.native, "id": reading.id, "model": reading.model}
    for name, value in ours.items():
        theirs = message.get(name)
        if name == "content":
            theirs, value = [strip(one) for one in json.loads(json.dumps(theirs))], [strip(one) for one in value]
        if theirs != value:
            found.append(f"the package reads {name} as {str(theirs)[:300]}, this reader as {str(value)[:300]}")
    for name, count in (message.get("usage") or {}).items():
        if isinstance(count, int) and count != reading.usage.get(name):
            found.append(f"the package reads usage.{name} as {count}, this reader as {reading.usage.get(name)}")
    return found


def strip(block):
    """Without members that say nothing."""
    return {name: value for name, value in block.items() if value is not None and value != []}
