"""Calls of tools that share an id, an index or a name with others, and more calls than one message may have: no call goes into another, and none is lost unseen."""
import json

import replies
import surfaces

TOOLS = {"chat": [{"type": "function", "function": {"name": name}} for name in "fg"], "messages": [{"name": name, "input_schema": {"type": "object"}} for name in "fg"],
         "responses": [{"type": "function", "name": name} for name in "fg"]}
BODY = {"chat": {"messages": [{"role": "user", "content": "hi"}]}, **replies.BODY}
F, G = ("z", "f", {"a": 1}), ("z", "g", {"b": 2})
WANTED = {"two names": [F, G], "one name": [F, ("z", "f", {"b": 2})], "ids of their own": [("y", "f", {"a": 1}), G]}


def chunked(pieces):
    chunks = [{**replies.CHUNK, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in [{"role": "assistant"}] + [{"tool_calls": [piece]} for piece in pieces]]
    chunks.append({**replies.CHUNK, "choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]})
    return replies.stream([("", chunk) for chunk in chunks] + [("", "[DONE]")])


def openai(calls, streams):
    whole = [{"id": id, "type": "function", "function": {"name": name, "arguments": json.dumps(given)}} for id, name, given in calls]
    if not streams:
        return replies.answer({"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [
            {"index": 0, "message": {"role": "assistant", "content": None, "tool_calls": whole}, "finish_reason": "tool_calls"}]}, 200)
    return chunked([{"index": index, **call} for index, call in enumerate(whole)])


def anthropic(calls, streams):
    start = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [], "stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 1}}
    blocks = [{"type": "tool_use", "id": id, "name": name, "input": given} for id, name, given in calls]
    if not streams:
        return replies.answer({**start, "content": blocks, "stop_reason": "tool_use"}, 200)
    events = [{"type": "message_start", "message": start}]
    for index, block in enumerate(blocks):
        events += [{"type": "content_block_start", "index": index, "content_block": {**block, "input": {}}},
                   {"type": "content_block_delta", "index": index, "delta": {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}}, {"type": "content_block_stop", "index": index}]
    events += [{"type": "message_delta", "delta": {"stop_reason": "tool_use", "stop_sequence": None}, "usage": {"output_tokens": 1}}, {"type": "message_stop"}]
    return replies.stream([(event["type"], event) for event in events])


def gemini(calls, streams):
    parts = [{"functionCall": {"id": id, "name": name, "args": given}} for id, name, given in calls]
    document = {"candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}]}
    return replies.stream([("", document)]) if streams else replies.answer(document, 200)


def responses(calls, streams):
    items = [{"type": "function_call", "id": f"fc_{number}", "call_id": id, "name": name, "arguments": json.dumps(given), "status": "completed"} for number, (id, name, given) in enumerate(calls)]
    answer = {"id": "resp_1", "object": "response", "created_at": 1, "status": "completed", "model": "m", "output": items}
    if not streams:
        return replies.answer(answer, 200)
    events = [{"type": "response.created", "response": {**answer, "status": "in_progress", "output": []}}]
    for index, item in enumerate(items):
        events += [{"type": "response.output_item.added", "output_index": index, "item": {**item, "arguments": "", "status": "in_progress"}},
                   {"type": "response.function_call_arguments.delta", "output_index": index, "item_id": item["id"], "delta": item["arguments"]},
                   {"type": "response.output_item.done", "output_index": index, "item": item}]
    return replies.stream([(event["type"], {**event, "sequence_number": number}) for number, event in enumerate(events + [{"type": "response.completed", "response": answer}])])


DIALECTS = {"openai": openai, "anthropic": anthropic, "gemini": gemini, "openai-responses": responses}
# Pieces of calls as servers of OpenAI's dialect send them.
PIECES = {
    "one id in every piece": ([{"index": 0, "id": "z", "function": {"name": "f", "arguments": '{"a'}}, {"index": 0, "id": "z", "function": {"name": "f", "arguments": '":1}'}}], [F]),
    "arguments before id and name": ([{"index": 0, "function": {"arguments": '{"a":'}}, {"index": 0, "id": "z", "function": {"name": "f", "arguments": "1}"}}], [F]),
    "index 0 for each": ([{"index": 0, "id": "z", "function": {"name": "f", "arguments": '{"a":1}'}}, {"index": 0, "id": "z", "function": {"name": "g", "arguments": '{"b":2}'}}], [F, G]),
    "no index": ([{"id": "z", "function": {"name": "f", "arguments": '{"a":1}'}}, {"id": "z", "function": {"name": "g", "arguments": '{"b":2}'}}], [F, G]),
    "pieces in turn": ([{"index": 0, "id": "z", "function": {"name": "f", "arguments": '{"a'}}, {"index": 1, "id": "z", "function": {"name": "g", "arguments": '{"b'}},
                        {"index": 0, "function": {"arguments": '":1}'}}, {"index": 1, "function": {"arguments": '":2}'}}], [F, G]),
}


def calls_of(surface, answer):
    if surface == "chat":
        return [(call["id"], call["function"]["name"], json.loads(call["function"]["arguments"])) for call in answer["choices"][0]["message"].get("tool_calls") or []]
    if surface == "messages":
        return [(block["id"], block["name"], block["input"]) for block in answer["content"] if block["type"] == "tool_use"]
    return [(item["call_id"], item["name"], json.loads(item["arguments"])) for item in answer["output"] if item["type"] == "function_call"]


def asked(client, number, surface, streams):
    body = json.dumps({"model": f"p{number}/m", "tools": TOOLS[surface], **BODY[surface]}).encode()
    if not streams:
        return (*client.call(surface, body), [])
    status, events, _, answer, error = surfaces.stream(client, "stream" if surface == "chat" else surface + "_stream", body)
    return status, answer, error, events


def kept(client, number, surface, streams, wanted):
    status, answer, error, _ = asked(client, number, surface, streams)
    if status:
        return [f"status {status}: {error}"]
    got = calls_of(surface, json.loads(answer))
    return [] if got == wanted else [f"calls: {got} instead of {wanted}"]


def counted(client, number, surface, streams, count):
    """Every call, or a failure that tells of it."""
    status, answer, error, _ = asked(client, number, surface, streams)
    if status:
        return [] if count > 1024 and streams and surface != "chat" else [f"status {status}: {error}"]
    got = len(calls_of(surface, json.loads(answer)))
    return [] if got == count else [f"{got} calls of {count}"]


def named(client, number, surface, streams):
    """Official packages choose by an event's name, which some relays leave out."""
    _, _, _, events = asked(client, number, surface, streams)
    wrong = [(name, json.loads(data)["type"]) for name, data in events if name != json.loads(data)["type"]]
    return [f"names: {wrong}"] if wrong or not events else []


def nameless(response):
    return {**response, "bytes": b"\n".join(line for line in response["bytes"].split(b"\n") if not line.startswith(b"event:"))}


def all_of(tests):
    checks, providers = [], []

    def add(name, dialect, response, check, *arguments):
        if tests.wanted(name):
            checks.append((name, check, (len(providers), *arguments)))
            providers.append((dialect, response))
    for surface in BODY:
        for streams in (False, True):
            for dialect, made in DIALECTS.items():
                at = f"{surface}{' stream' * streams} over {dialect}"
                for name, calls in WANTED.items():
                    add(f"twins {at}: {name}", dialect, made(calls, streams), kept, surface, streams, calls)
                for count in (1024, 1500):
                    add(f"twins {at}: {count} calls", dialect, made([(f"id{number}", "f", {}) for number in range(count)], streams), counted, surface, streams, count)
        for name, (pieces, wanted) in PIECES.items():
            add(f"twins {surface} stream: {name}", "openai", chunked([{"type": "function", **piece} for piece in pieces]), kept, surface, True, wanted)
    for surface, dialect in surfaces.OWN.items():
        add(f"twins {surface} stream: events without names", dialect, nameless(DIALECTS[dialect]([F], True)), named, surface, True)
    replies.checked(tests, providers, checks)
