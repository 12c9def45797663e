"""OpenAI's Responses, read by plain means: https://platform.openai.com/docs/api-reference/responses and .../responses-streaming (2026-11)."""
import json

from reading import Reading, error, events, exactly, is_json, nothing, numbers, retry_after

ENDS = {"response.completed", "response.incomplete", "response.failed"}
REASONS = {"max_output_tokens": "length", "content_filter": "content_filter"}
CANONICAL = {"message", "function_call", "reasoning"}
# What an error of a response means, by its code.
ERRORS = {"server_error": 307, "rate_limit_exceeded": 305, "invalid_prompt": 300}
KNOWN = {"id", "object", "created_at", "status", "model", "output", "usage", "error", "incomplete_details"}


def of_chat(usage):
    """Usage by the names of chats: the words are others, what they count is the same."""
    names = {"input_tokens": "prompt_tokens", "input_tokens_details": "prompt_tokens_details", "output_tokens": "completion_tokens",
             "output_tokens_details": "completion_tokens_details"}
    return usage and {names.get(name, name): value for name, value in usage.items()}


def fill(reading, response):
    reading.id, reading.model, reading.usage = response.get("id"), response.get("model"), of_chat(numbers(response.get("usage")))
    reading.blocks = response.get("output") or []
    for item in reading.blocks:
        kind = item.get("type")
        if kind == "message":
            for part in item["content"]:
                reading.text += part["text"] if part["type"] == "output_text" else ""
                reading.cited += [note["url"] for note in part.get("annotations") or [] if note.get("url")]
        elif kind == "function_call":
            reading.calls.append((item["call_id"], item["name"], item["arguments"]))
        elif kind == "reasoning":
            reading.reasoning += "".join(part["text"] for part in [*(item.get("content") or []), *(item.get("summary") or [])])
            reading.secrets += [item["encrypted_content"]] if item.get("encrypted_content") else []
        else:
            reading.kept.append(item)
    reason = (response.get("incomplete_details") or {}).get("reason")
    reading.native = reason or response.get("status")
    reading.finish = REASONS.get(reason) or ("tool_calls" if reading.calls else "stop")
    return reading


def failed(reading, told, http_status=None):
    """`told`: {code, message}"""
    reading.status, reading.end = ERRORS.get(told.get("code"), 307), "error"
    reading.message, reading.http_status = told.get("message"), http_status
    return reading


def read_stream(exchange, body):
    reading, text, reasoning = Reading(), "", ""
    for _, data, end in events(body):
        event = exactly(data.decode("utf-8", "replace"))
        kind = event["type"]
        if kind == "response.output_text.delta":
            text += event["delta"]
        elif kind in ("response.reasoning_summary_text.delta", "response.reasoning_text.delta"):
            reasoning += event["delta"]
        elif kind == "error":
            reading.text, reading.reasoning = text, reasoning
            return failed(reading, event.get("error") or event)
        elif kind in ENDS:
            if kind == "response.failed":
                reading.text, reading.reasoning = text, reasoning
                return failed(reading, event["response"]["error"])
            reading.last = end
            fill(reading, event["response"])
            assert (text, reasoning) == (reading.text, reading.reasoning), exchange.id
        elif kind.startswith("x."):
            reading.unknown.append(event)
    if reading.last is None:
        reading.text, reading.reasoning, reading.status, reading.end = text, reasoning, 208, "truncated"
    return nothing(exchange, reading)


def read(exchange):
    status = exchange.response["status"]
    if exchange.stream and status == 200:
        return read_stream(exchange, exchange.body)
    if status >= 300:
        return retry_after(exchange, error(Reading(), status, json.loads(exchange.body) if is_json(exchange.body) else exchange.body.decode()))
    response = exactly(exchange.body.decode())
    if response.get("status") == "failed":
        return failed(Reading(), response["error"], 200)
    return nothing(exchange, fill(Reading(), response))


def disagreement(exchange, reading):
    """The package's typed model of what ends the stream, against this reader."""
    from openai._models import construct_type
    from openai.types.responses import Response
    if reading.status or exchange.response["status"] != 200:
        return []
    last = [json.loads(data) for _, data, _ in events(exchange.body)][-1]["response"] if exchange.stream else json.loads(exchange.body)
    return [] if construct_type(type_=Response, value=last).output_text == reading.text else ["the package reads another text"]
