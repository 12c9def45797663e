"""Providers that repeat the key which they were asked with: wherever it is not the model that says it, `***` stands for it."""
import json

import library
import recordings
import surfaces

KEY = "sk-repeating-9Xp2Lc7Qv4Rt"
JSON, EVENTS = {"content-type": "application/json"}, {"content-type": "text/event-stream"}
BODY = {"messages": {"max_tokens": 99, "messages": [{"role": "user", "content": "hi"}]}, "responses": {"input": "hi"}, "chat": {"messages": [{"role": "user", "content": "hi"}]}}


def answer(document):
    return {"status": 200, "headers": JSON, "bytes": json.dumps(document).encode()}


def stream(events):
    return {"status": 200, "headers": EVENTS, "bytes": "".join((f"event: {name}\n" if name else "") + f"data: {json.dumps(data)}\n\n" for name, data in events).encode()}


USAGE = {"input_tokens": 1, "output_tokens": 1}
MESSAGE = {"id": f"msg_{KEY}", "type": "message", "role": "assistant", "model": f"m {KEY}", "content": [{"type": "text", "text": "said"}], "stop_reason": f"odd {KEY}", "stop_sequence": KEY,
           "container": {"id": KEY}, KEY: 1, "usage": {**USAGE, "service_tier": KEY}}
START = {"type": "message_start", "message": {"id": "msg_1", "type": "message", "role": "assistant", "model": f"m {KEY}", "content": [], "stop_reason": None, "stop_sequence": None, "usage": USAGE}}
ANTHROPIC = [("message_start", START), ("ping", {"type": "ping", "note": KEY}), ("content_block_start", {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
             ("new_event", {"type": "new_event", "told": KEY}), ("content_block_delta", {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "said"}}),
             ("another", {"type": "another", "told": [KEY]}), ("content_block_stop", {"type": "content_block_stop", "index": 0}),
             ("message_delta", {"type": "message_delta", "delta": {"stop_reason": f"odd {KEY}", "stop_sequence": KEY, "container": {"id": KEY}}, "usage": {"output_tokens": 1}}), ("message_stop", {"type": "message_stop"})]
GEMINI = {"candidates": [{"content": {"parts": [{"text": "said"}], "role": "model"}, "finishReason": "STOP", "safetyRatings": [{"category": KEY}], "index": 0}], "modelVersion": f"m {KEY}",
          "responseId": KEY, "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2}, "news": KEY}
RESPONSE = {"id": f"resp_{KEY}", "object": "response", "created_at": 1, "status": "completed", "model": f"m {KEY}", "metadata": {"a": KEY}, "news": KEY, "tools": [], "tool_choice": "auto", "parallel_tool_calls": True,
            "output": [{"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [{"type": "output_text", "text": "said", "annotations": []}]}],
            "usage": {**USAGE, "total_tokens": 2, "input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}}
OPENAI = [("response.created", {"type": "response.created", "sequence_number": 0, "response": {**RESPONSE, "status": "in_progress", "output": []}}), ("response.news", {"type": "response.news", "sequence_number": 1, "told": KEY}),
          ("response.output_item.added", {"type": "response.output_item.added", "sequence_number": 2, "output_index": 0, "item": {"id": "msg_1", "type": "message", "role": "assistant", "status": "in_progress", "content": []}}),
          ("response.output_text.delta", {"type": "response.output_text.delta", "sequence_number": 3, "item_id": "msg_1", "output_index": 0, "content_index": 0, "delta": "said", "logprobs": []}),
          ("response.completed", {"type": "response.completed", "sequence_number": 4, "response": RESPONSE})]
GEMINI_STREAM = [("", {"candidates": [{"content": {"parts": [{"text": "said"}], "role": "model"}, "index": 0}], "modelVersion": "m"}), ("", {**GEMINI, "candidates": [{**GEMINI["candidates"][0], "content": {"parts": [], "role": "model"}}]})]
PROVIDERS = {"anthropic": ("anthropic", answer(MESSAGE), stream(ANTHROPIC)), "gemini": ("gemini", answer(GEMINI), stream(GEMINI_STREAM)),
             "openai-responses": ("openai-responses", answer(RESPONSE), stream(OPENAI))}


def whole(client, provider, surface):
    status, told, error = client.call(surface, json.dumps({"model": f"{provider}/m", **BODY[surface]}).encode())
    return [told or b""], "" if status == 0 and b"said" in told else f"status {status}: {error} {told}"


def streamed(client, provider, surface):
    body = json.dumps({"model": f"{provider}s/m", **BODY[surface]}).encode()
    status, events, ends, assembled, error = surfaces.stream(client, "stream" if surface == "chat" else surface + "_stream", body)
    told = [data for _, data in events] + [json.dumps(ends).encode(), assembled or b""]
    return told, "" if status == 0 and any(b"said" in data for data in told) else f"status {status}: {error}"


def problems(told):
    return [f"the key is told: {text[max(0, text.index(KEY.encode()) - 80):][:160]!r}" for text in told if KEY.encode() in text]


def all_of(tests):
    cases = [(way, provider, surface, name) for way in (whole, streamed) for provider in PROVIDERS for surface in BODY
             if tests.wanted(name := f"repeated keys: {way.__name__} {provider} to {surface}")]
    if not cases:
        return
    responses = [response for _, one, two in PROVIDERS.values() for response in (one, two)]

    def body(port):
        providers = {}
        for number, (name, (dialect, *_)) in enumerate(PROVIDERS.items()):
            for at, ending in enumerate(("", "s")):
                providers[name + ending] = {"dialect": dialect, "base_url": f"http://127.0.0.1:{port}/{number * 2 + at}/W/v1", "api_key": KEY}
        client = library.Client(json.dumps({"environment": False, "retry": {"attempts": 0}, "providers": providers}))
        for way, provider, surface, name in cases:
            told, wrong = way(client, provider, surface)
            tests.check(name, [wrong] if wrong else problems(told))
        client.free()
    recordings.served(responses, body)
