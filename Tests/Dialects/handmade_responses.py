"""Streams and answers of OpenAI's Responses, which nobody recorded, put together from the documented events:
https://platform.openai.com/docs/api-reference/responses-streaming, https://platform.openai.com/docs/guides/reasoning,
https://platform.openai.com/docs/guides/error-codes (2026-11)."""
import json

from handmade import MODEL, exchange

DIALECT = "openai-responses"
USAGE = {"input_tokens": 36, "input_tokens_details": {"cached_tokens": 12, "cache_write_tokens": 0}, "output_tokens": 87, "output_tokens_details": {"reasoning_tokens": 20}, "total_tokens": 123}


def response(output, status="completed", **more):
    return {"id": "resp_01", "object": "response", "created_at": 1741476542, "status": status, "error": None, "incomplete_details": None, "instructions": None,
            "max_output_tokens": None, "model": MODEL, "output": output, "parallel_tool_calls": True, "previous_response_id": None, "store": False, "temperature": 1.0,
            "text": {"format": {"type": "text"}}, "tool_choice": "auto", "tools": [], "top_p": 1.0, "truncation": "disabled", "metadata": {},
            **({"usage": USAGE} if status in ("completed", "incomplete") else {}), **more}


def message(*pieces, annotations=()):
    """(item, its events without their numbers)"""
    part = {"type": "output_text", "text": "".join(pieces), "annotations": list(annotations), "logprobs": []}
    item = {"id": "msg_01", "type": "message", "status": "completed", "role": "assistant", "content": [part]}
    where = {"item_id": "msg_01", "content_index": 0}
    return item, [{"type": "response.content_part.added", **where, "part": {"type": "output_text", "text": "", "annotations": []}},
                  *({"type": "response.output_text.delta", **where, "delta": piece, "logprobs": []} for piece in pieces),
                  *({"type": "response.output_text.annotation.added", **where, "annotation_index": at, "annotation": one} for at, one in enumerate(annotations)),
                  {"type": "response.output_text.done", **where, "text": part["text"], "logprobs": []}, {"type": "response.content_part.done", **where, "part": part}]


def call(id_, name, *pieces):
    item = {"id": f"fc_{id_}", "type": "function_call", "status": "completed", "call_id": id_, "name": name, "arguments": "".join(pieces)}
    return item, [*({"type": "response.function_call_arguments.delta", "item_id": item["id"], "delta": piece} for piece in pieces),
                  {"type": "response.function_call_arguments.done", "item_id": item["id"], "name": name, "arguments": item["arguments"]}]


def reasoning(*pieces, secret="gAAAA-secret"):
    summary = {"type": "summary_text", "text": "".join(pieces)}
    item = {"id": "rs_01", "type": "reasoning", "summary": [summary] if pieces else [], "encrypted_content": secret}
    where = {"item_id": "rs_01", "summary_index": 0}
    deltas = [{"type": "response.reasoning_summary_part.added", **where, "part": {"type": "summary_text", "text": ""}},
              *({"type": "response.reasoning_summary_text.delta", **where, "delta": piece} for piece in pieces),
              {"type": "response.reasoning_summary_text.done", **where, "text": summary["text"]}, {"type": "response.reasoning_summary_part.done", **where, "part": summary}]
    return item, deltas if pieces else []


def search():
    item = {"id": "ws_01", "type": "web_search_call", "status": "completed", "action": {"type": "search", "query": "cats"}}
    return item, [{"type": f"response.web_search_call.{step}", "item_id": "ws_01"} for step in ("in_progress", "searching", "completed")]


def begun(item):
    """As it is when it is added."""
    empty = {"message": {"content": []}, "function_call": {"arguments": ""}, "reasoning": {"summary": []}}.get(item["type"], {})
    return {**item, **empty, **({"status": "in_progress"} if "status" in item else {})}


def events(*items, last="response.completed", extra=(), status="completed", **more):
    made = [{"type": "response.created", "response": response([], "in_progress")}, {"type": "response.in_progress", "response": response([], "in_progress")}, *extra]
    for at, (item, inner) in enumerate(items):
        made.append({"type": "response.output_item.added", "output_index": at, "item": begun(item)})
        made += [{**one, "output_index": at} for one in inner]
        made.append({"type": "response.output_item.done", "output_index": at, "item": item})
    if last:
        made.append({"type": last, "response": response([item for item, _ in items], status, **more)})
    return made


def written(made):
    return "".join(f"event: {event['type']}\ndata: {json.dumps({**event, 'sequence_number': at})}\n\n" for at, event in enumerate(made))


def stream(name, made, **expect):
    return exchange(DIALECT, name, written(made), expect, stream=True)


def answer(name, *items, status="completed", expect=None, **more):
    return exchange(DIALECT, name, json.dumps(response([item for item, _ in items], status, **more)), expect or {})


def failure(name, status, code, kind, text, expected, headers=None, stream=False, **expect):
    body = json.dumps({"error": {"message": text, "type": kind, "param": None, "code": code}})
    return exchange(DIALECT, name, body, {"status": expected, "end": "error", "message": text, **expect}, status, stream, headers=headers)


def all_of():
    hi, two = message("Hello", " there"), [call("call_1", "first", '{"a"', ": 1.0}"), call("call_2", "second", "{}")]
    cited = {"type": "url_citation", "url": "https://example.org/cats", "title": "Cats", "start_index": 0, "end_index": 5}
    yield stream("text", events(hi), text="Hello there", finish="stop", status=0)
    yield answer("text in an answer", hi, expect={"text": "Hello there", "finish": "stop"})
    yield stream("thought and two calls", events(reasoning("I ", "think"), *two), reasoning="I think", finish="tool_calls",
                 calls=[["call_1", "first", '{"a": 1.0}'], ["call_2", "second", "{}"]], secrets=["gAAAA-secret"])
    yield answer("thought and two calls in an answer", reasoning("I ", "think"), *two, expect={"reasoning": "I think", "finish": "tool_calls"})
    yield stream("secret thought", events(reasoning(), hi), reasoning="", text="Hello there", secrets=["gAAAA-secret"])
    yield stream("searched", events(search(), message("Cats.", annotations=[cited])), text="Cats.", status=0)
    yield answer("searched in an answer", search(), message("Cats.", annotations=[cited]), expect={"text": "Cats."})
    yield stream("too long", events(hi, last="response.incomplete", status="incomplete", incomplete_details={"reason": "max_output_tokens"}), finish="length", text="Hello there")
    yield answer("filtered", hi, status="incomplete", incomplete_details={"reason": "content_filter"}, expect={"finish": "content_filter"})
    yield stream("unknown event", events(hi, extra=[{"type": "x.weather_report", "sky": "grey"}]), text="Hello there", status=0)
    yield stream("unknown item", events(({"id": "h_1", "type": "hologram", "edges": 12}, []), hi), text="Hello there", status=0)
    told = {"code": "server_error", "message": "The model produced invalid content."}
    yield stream("failed", events(hi, last="response.failed", status="failed", error=told), text="Hello there", status=307, end="error", message=told["message"])
    yield stream("failed at once", events(last="response.failed", status="failed", error={"code": "rate_limit_exceeded", "message": "Slow down."}), status=305, end="error")
    yield stream("error event", events(hi, last=None) + [{"type": "error", "code": "server_error", "message": "Oh no.", "param": None}], status=307, end="error", text="Hello there")
    yield stream("closed early", events(hi, last=None), status=208, end="truncated", text="Hello there")
    yield answer("failed in an answer", status="failed", error=told, expect={"status": 307, "end": "error"})
    yield failure("rate limited", 429, "rate_limit_exceeded", "requests", "Rate limit reached", 305, {"retry-after": "3"}, retry_after_ms=3000)
    yield failure("wrong key", 401, "invalid_api_key", "invalid_request_error", "Incorrect API key provided", 301)
    yield failure("broken for a stream", 500, None, "server_error", "The server had an error", 307, stream=True)
