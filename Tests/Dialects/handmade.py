"""Answers that nobody recorded, put together from the events and documents that the providers describe. Each says what is expected of it
itself, so that the readers are held to something, too.

Anthropic: https://docs.anthropic.com/en/docs/build-with-claude/streaming, https://docs.anthropic.com/en/api/errors,
https://docs.anthropic.com/en/docs/build-with-claude/handling-stop-reasons, https://docs.anthropic.com/en/docs/build-with-claude/compaction.
Gemini: https://ai.google.dev/api/generate-content, https://ai.google.dev/gemini-api/docs/troubleshooting,
https://ai.google.dev/gemini-api/docs/safety-settings, https://google.aip.dev/193 (all 2026-11)."""
import json

from corpus import Exchange

SSE, JSON = {"content-type": "text/event-stream"}, {"content-type": "application/json"}
MODEL = "a-model"


def exchange(dialect, name, body, expect, status=200, stream=False, form=None, headers=None, sent=None):
    record = {"id": name.replace(" ", "-"), "provider": "handmade", "model": MODEL, "streaming": stream, "stream_format": form or ("sse" if stream else None),
              "expect": expect, "request": {"body": json.dumps(sent or {})},
              "response": {"status": status, "headers": {**(SSE if stream and status == 200 and form != "json-array" else JSON), **(headers or {})}, "body": body}}
    return Exchange(record, dialect, own=True)


# ---------------------------------------------------------------- Anthropic

START = {"type": "message_start", "message": {"id": "msg_01", "type": "message", "role": "assistant", "model": MODEL, "content": [], "stop_reason": None,
                                              "stop_sequence": None, "usage": {"input_tokens": 25, "output_tokens": 1}}}
STOP = {"type": "message_stop"}


def named(events):
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)


def block(index, start, *deltas):
    yield {"type": "content_block_start", "index": index, "content_block": start}
    for delta in deltas:
        yield {"type": "content_block_delta", "index": index, "delta": delta}
    yield {"type": "content_block_stop", "index": index}


def text(index, *pieces):
    return block(index, {"type": "text", "text": ""}, *({"type": "text_delta", "text": piece} for piece in pieces))


def call(index, id_, name, *pieces):
    return block(index, {"type": "tool_use", "id": id_, "name": name, "input": {}}, *({"type": "input_json_delta", "partial_json": piece} for piece in pieces))


def end(reason, output=15, usage=None, **more):
    return {"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": None, **more}, "usage": {"output_tokens": output, **(usage or {})}}


def anthropic_stream(name, events, **expect):
    return exchange("anthropic", name, named(events), expect, stream=True)


def whole(content, reason, usage=None, **more):
    return json.dumps({"id": "msg_01", "type": "message", "role": "assistant", "model": MODEL, "content": content, "stop_reason": reason, "stop_sequence": None,
                       "usage": usage or {"input_tokens": 25, "output_tokens": 15}, **more})


def anthropic_answer(name, body, **expect):
    return exchange("anthropic", name, body, expect)


def anthropic_error(name, status, kind, message, expected, headers=None, stream=False, **expect):
    body = json.dumps({"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_011"})
    return exchange("anthropic", name, body, {"status": expected, "end": "error", "message": message, **expect}, status, stream, headers=headers)


def anthropic():
    hi = list(text(0, "Hello", " there"))
    yield anthropic_stream("refusal", [START, *hi, end("refusal", stop_details={"type": "refusal", "category": "cyber"}), STOP],
                           text="Hello there", finish="content_filter", native="refusal")
    yield anthropic_answer("refusal without a word", whole([], "refusal"), text="", finish="content_filter", status=0)
    yield anthropic_stream("pause", [START, *hi, end("pause_turn"), STOP], finish="stop", native="pause_turn")
    yield anthropic_answer("pause in an answer", whole([{"type": "text", "text": "wait"}, {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "x"}}],
                                                       "pause_turn"), finish="stop", native="pause_turn")
    yield anthropic_stream("window exceeded", [START, *hi, end("model_context_window_exceeded"), STOP], finish="length")
    yield anthropic_stream("unknown stop reason", [START, *hi, end("tea_break"), STOP], finish="stop", native="tea_break")
    yield anthropic_stream("unknown event", [START, {"type": "weather_report", "sky": {"clouds": [1, 2.50]}}, *hi, end("end_turn"), STOP], text="Hello there", status=0)
    yield anthropic_stream("unknown block", [START, *block(0, {"type": "hologram", "form": "cube", "edges": 12}), *text(1, "see above"), end("end_turn"), STOP],
                           text="see above", status=0)
    yield anthropic_answer("unknown block in an answer", whole([{"type": "hologram", "edges": 12, "at": [1.0, 2e3]}, {"type": "text", "text": "see above"}], "end_turn"),
                           text="see above", status=0)
    yield anthropic_stream("unknown delta", [START, *block(0, {"type": "text", "text": ""}, {"type": "text_delta", "text": "a"}, {"type": "blink_delta", "rate": 3},
                                                           {"type": "text_delta", "text": "b"}), end("end_turn"), STOP], text="ab", status=0)
    yield anthropic_stream("ping everywhere", [{"type": "ping"}, START, {"type": "ping"}, *[one for event in hi for one in (event, {"type": "ping"})], end("end_turn"), STOP],
                           text="Hello there", status=0)
    two = [list(call(0, "toolu_1", "first", "", '{"a"', ': 1.0, "b": "\\u00e9"}')), list(call(1, "toolu_2", "second", "", '{"c":', " []}"))]
    woven = [two[0][0], two[1][0], two[0][1], two[1][1], two[0][2], two[1][2], two[0][3], two[1][3], two[0][4], two[1][4]]
    wanted = [["toolu_1", "first", '{"a": 1.0, "b": "\\u00e9"}'], ["toolu_2", "second", '{"c": []}']]
    yield anthropic_stream("two calls", [START, *two[0], *two[1], end("tool_use"), STOP], calls=wanted, finish="tool_calls")
    yield anthropic_stream("two calls woven", [START, *woven, end("tool_use"), STOP], calls=wanted, finish="tool_calls")
    yield anthropic_stream("call without arguments", [START, *call(0, "toolu_1", "now"), end("tool_use"), STOP], calls=[["toolu_1", "now", "{}"]])
    yield anthropic_stream("call with its input at once", [START, *block(0, {"type": "tool_use", "id": "toolu_1", "name": "now", "input": {"zone": "UTC"}}), end("tool_use"), STOP],
                           calls=[["toolu_1", "now", '{"zone": "UTC"}']])
    yield anthropic_stream("usage replaces", [dict(START, message=dict(START["message"], usage={"input_tokens": 100, "output_tokens": 7, "cache_read_input_tokens": 50,
                                                                                                "cache_creation_input_tokens": 30, "cache_creation": {
                                                                                                    "ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20}})),
                                              *hi, end("end_turn", 40, {"input_tokens": 160, "cache_read_input_tokens": 55}), STOP], status=0)
    yield anthropic_stream("compaction", [START, *block(0, {"type": "compaction", "content": None}, {"type": "compaction_delta", "content": "So far: nothing."}), *text(1, "On we go"),
                                          end("end_turn"), STOP], text="On we go", status=0)
    yield anthropic_answer("compaction billed apart", whole([{"type": "compaction", "content": "So far."}, {"type": "text", "text": "ok"}], "end_turn",
                                                            {"input_tokens": 25, "output_tokens": 15, "iterations": [
                                                                {"type": "compaction", "input_tokens": 1000, "output_tokens": 80}, {"type": "message", "input_tokens": 25, "output_tokens": 15}]}),
                           text="ok")
    yield anthropic_stream("fallback", [START, *block(0, {"type": "fallback", "from": {"model": MODEL}, "to": {"model": "another"}}), *text(1, "ok"), end("end_turn"), STOP],
                           text="ok", status=0)
    yield anthropic_stream("nothing at all", [START, end("end_turn", 0), STOP], status=311, end="error")
    for kind, status in (("overloaded_error", 306), ("rate_limit_error", 305), ("api_error", 307), ("invalid_request_error", 300), ("timeout_error", 308)):
        failed = {"type": "error", "error": {"type": kind, "message": f"this is an {kind}"}}
        yield anthropic_stream(f"{kind} at once", [failed], status=status, end="error", message=f"this is an {kind}")
        yield anthropic_stream(f"{kind} before text", [START, {"type": "ping"}, failed], status=status, end="error")
        yield anthropic_stream(f"{kind} after text", [START, *hi[:2], failed], status=status, end="error", text="Hello")
    yield anthropic_stream("closed early", [START, *hi], status=208, end="truncated", text="Hello there")
    yield anthropic_stream("closed before its last event", [START, *hi, end("end_turn")], status=208, end="truncated", text="Hello there")
    yield anthropic_error("overloaded", 529, "overloaded_error", "Overloaded", 306)
    yield anthropic_error("overloaded for a stream", 529, "overloaded_error", "Overloaded", 306, stream=True)
    yield anthropic_error("rate limited", 429, "rate_limit_error", "This request would exceed your rate limit", 305, {"retry-after": "7"}, retry_after_ms=7000)
    yield anthropic_error("too large", 413, "request_too_large", "Request exceeds the maximum size", 300)
    yield anthropic_error("unpaid", 402, "billing_error", "Your credit balance is too low", 303)
    yield anthropic_error("forbidden", 403, "permission_error", "Your API key does not have permission to use the specified resource.", 302)
    yield anthropic_error("broken", 500, "api_error", "Internal server error", 307)
    yield anthropic_error("too slow", 504, "timeout_error", "Request timed out", 308)
    yield anthropic_error("too long", 400, "invalid_request_error", "prompt is too long: 208310 tokens > 200000 maximum", 309)


# ---------------------------------------------------------------- Gemini

USAGE = {"promptTokenCount": 8, "candidatesTokenCount": 4, "totalTokenCount": 12}


def candidate(parts, reason=None, usage=None, **more):
    made = {"content": {"parts": parts, "role": "model"}, "index": 0, **more}
    if reason is not None:
        made["finishReason"] = reason
    return {"candidates": [made], "usageMetadata": usage or USAGE, "modelVersion": MODEL, "responseId": "resp1"}


def gemini_stream(name, documents, form="sse", **expect):
    if form == "sse":
        body = "".join(f"data: {json.dumps(one)}\r\n\r\n" for one in documents)
    else:
        body = "[" + "\n,\n".join(json.dumps(one, indent=1) for one in documents) + "\n]"
    return exchange("gemini", name + ("" if form == "sse" else " in an array"), body, expect, stream=True, form=form)


def gemini_answer(name, document, **expect):
    return exchange("gemini", name, json.dumps(document), expect)


def gemini_failure(code, status, message, details=()):
    return {"error": {"code": code, "message": message, "status": status, **({"details": list(details)} if details else {})}}


def gemini_error(name, code, status, message, expected, details=(), stream=False, wrapped=False, **expect):
    document = gemini_failure(code, status, message, details)
    return exchange("gemini", name, json.dumps([document] if wrapped else document), {"status": expected, "end": "error", "message": message, **expect}, code, stream)


def gemini():
    word = {"text": "Hello"}
    for form in ("sse", "json-array"):
        yield gemini_stream("refused after text", [candidate([word]), candidate([], "SAFETY", safetyRatings=[{"category": "HARM_CATEGORY_HARASSMENT", "probability": "HIGH"}])], form,
                            text="Hello", finish="content_filter", native="SAFETY")
        yield gemini_stream("text and call", [candidate([{"text": "Let me see. "}, {"functionCall": {"name": "look", "args": {"at": 1.50}}}]),
                                              candidate([{"functionCall": {"name": "now"}}], "STOP")], form, text="Let me see. ", finish="tool_calls")
        yield gemini_stream("unknown part", [candidate([{"hologram": {"edges": 12}, "thoughtSignature": "c2ln"}, word], "STOP")], form, text="Hello", status=0)
        yield gemini_stream("unknown reason", [candidate([word], "TEA_BREAK")], form, finish="stop", native="TEA_BREAK")
        yield gemini_stream("error after text", [candidate([word]), gemini_failure(503, "UNAVAILABLE", "The model is overloaded.")], form,
                            text="Hello", status=306, end="error", message="The model is overloaded.")
        yield gemini_stream("blocked prompt", [{"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {"promptTokenCount": 8, "totalTokenCount": 8}}], form,
                            status=310, end="error")
        yield gemini_stream("closed early", [candidate([word])], form, status=208, end="truncated", text="Hello")
        yield gemini_stream("no candidates", [{"usageMetadata": {"promptTokenCount": 8, "totalTokenCount": 8}, "modelVersion": MODEL}], form, status=208, end="truncated")
    yield gemini_answer("blocked prompt in an answer", {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 8, "totalTokenCount": 8}}, status=310, end="error")
    yield gemini_answer("no candidates in an answer", {"usageMetadata": {"promptTokenCount": 8, "totalTokenCount": 8}, "modelVersion": MODEL}, status=311, end="error")
    for reason in ("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY"):
        yield gemini_answer(f"ends by {reason}", {"candidates": [{"finishReason": reason, "index": 0}], "usageMetadata": USAGE}, finish="content_filter", native=reason, status=0)
    yield gemini_answer("malformed call", candidate([], "MALFORMED_FUNCTION_CALL", finishMessage="Malformed function call: x("), status=312, end="error")
    yield gemini_answer("numbers for words", candidate([word], 2), finish="length", native="2")
    yield gemini_answer("image and text", candidate([{"text": "Here: "}, {"inlineData": {"mimeType": "image/png", "data": "iVBORw0K"}}], "STOP"), text="Here: ",
                        images=["data:image/png;base64,iVBORw0K"])
    yield gemini_answer("cached and thought", candidate([word], "STOP", {"promptTokenCount": 100, "cachedContentTokenCount": 60, "candidatesTokenCount": 5, "thoughtsTokenCount": 20,
                                                                         "toolUsePromptTokenCount": 7, "totalTokenCount": 132}), text="Hello")
    yield gemini_error("rate limited", 429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.", 305,
                       [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34s"}], retry_after_ms=34000)
    yield gemini_error("rate limited for a stream", 429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.", 305,
                       [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "2.5s"}], stream=True, wrapped=True, retry_after_ms=2500)
    yield gemini_error("forbidden", 403, "PERMISSION_DENIED", "Your API key was reported as leaked.", 302)
    yield gemini_error("overloaded", 503, "UNAVAILABLE", "The model is overloaded. Please try again later.", 306)
    yield gemini_error("broken", 500, "INTERNAL", "An internal error has occurred.", 307)
    yield gemini_error("too slow", 504, "DEADLINE_EXCEEDED", "Deadline expired before operation could complete.", 308)
    yield gemini_error("too long", 400, "INVALID_ARGUMENT", "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).", 309)


def all_of():
    yield from anthropic()
    yield from gemini()
