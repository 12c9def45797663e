"""What a provider says beside the answer: words around a form that a tool gives, ends and events that nobody knows. It stays visible, and apart from the answer."""
import json

import library
import replies
import servers
import surfaces
from compare import differs

SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}}
FORM = {"chat": {"messages": [{"role": "user", "content": "hi"}], "response_format": {"type": "json_schema", "json_schema": {"name": "f", "schema": SCHEMA}}},
        "responses": {"input": "hi", "text": {"format": {"type": "json_schema", "name": "f", "schema": SCHEMA}}}}
START = {"type": "message_start", "message": {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [], "stop_reason": None, "stop_sequence": None,
                                              "usage": {"input_tokens": 1, "output_tokens": 1}}}


def text(*pieces):
    return {"type": "text", "text": "".join(pieces)}, {"type": "text", "text": ""}, [{"type": "text_delta", "text": piece} for piece in pieces]


def called(*pieces):
    head = {"type": "tool_use", "id": "toolu_1", "name": "gatelet_answer"}
    return {**head, "input": json.loads("".join(pieces) or "{}")}, {**head, "input": {}}, [{"type": "input_json_delta", "partial_json": piece} for piece in ("",) + pieces]


def whole(blocks, stop):
    return replies.answer({**START["message"], "content": [block for block, _, _ in blocks], "stop_reason": stop}, 200)


def streamed(blocks, stop):
    events = [START]
    for index, (_, head, deltas) in enumerate(blocks):
        events += [{"type": "content_block_start", "index": index, "content_block": head}, *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
                   {"type": "content_block_stop", "index": index}]
    events += [{"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": None}, "usage": {"output_tokens": 1}}, {"type": "message_stop"}]
    return replies.stream([(event["type"], event) for event in events])


# Blocks, stop, content, texts beside it, finish reason.
FORMED = {
    "an empty input": ([called()], "tool_use", "{}", [], "stop"),
    "an input": ([called('{"a"', ":1}")], "tool_use", {"a": 1}, [], "stop"),
    "words before": ([text("Su", "re: "), called('{"a":1}')], "tool_use", {"a": 1}, ["Sure: "], "stop"),
    "words before an empty input": ([text("Sure: "), called()], "tool_use", "{}", ["Sure: "], "stop"),
    "words around": ([text("Sure: "), text("it is"), called('{"a":1}'), text("Done.")], "tool_use", {"a": 1}, ["Sure: ", "it is", "Done."], "stop"),
    "a refusal": ([text("I can", "not.")], "refusal", "I cannot.", [], "content_filter"),
    "no call": ([text("Well, "), text("no.")], "end_turn", "Well, no.", [], "stop"),
}


def formed(client, number, surface, streams, name):
    _, _, content, words, finish = FORMED[name]
    body = json.dumps({"model": f"p{number}/claude-3-haiku", **FORM[surface]}).encode()
    pieces = None
    if streams:
        status, events, _, answer, error = surfaces.stream(client, "stream" if surface == "chat" else surface + "_stream", body)
        if surface == "chat":
            pieces = "".join(choice["delta"].get("content") or "" for _, data in events for choice in json.loads(data)["choices"])
        else:
            pieces = "".join(json.loads(data)["delta"] for kind, data in events if kind == "response.output_text.delta")
    else:
        status, answer, error = client.call(surface, body)
    if status:
        return [f"status {status}: {error}"]
    answer = json.loads(answer)
    if surface == "responses":
        said = "".join(part["text"] for item in answer["output"] if item["type"] == "message" for part in item["content"])
        told = [block["block"]["block"] for item in answer["output"] if item["type"] == "reasoning" for block in json.loads(item["encrypted_content"].partition(".")[2])]
        found = []
    else:
        message = answer["choices"][0]["message"]
        said, told = message["content"], [block["block"] for block in message.get("provider_blocks", [])]
        found = differs("finish_reason", answer["choices"][0]["finish_reason"], finish)
    found += differs("content", said if isinstance(content, str) else json.loads(said), content) + differs("beside", told, [{"type": "text", "text": word} for word in words])
    return found + (differs("pieces", pieces, said) if streams else [])


GEMINI = {"candidates": [{"content": {"parts": [{"text": "Hi"}], "role": "model"}, "finishReason": "BRAND_NEW", "index": 0}], "responseId": "r", "modelVersion": "m",
          "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2}}
RESPONSE = {"id": "resp_1", "object": "response", "created_at": 1, "status": "incomplete", "incomplete_details": {"reason": "brand_new"}, "model": "m",
            "output": [{"id": "msg_1", "type": "message", "role": "assistant", "status": "incomplete", "content": [{"type": "output_text", "text": "Hi", "annotations": []}]}]}
CHUNK = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": "stop", "native_finish_reason": "brand_new"}]}
CHAT = {**CHUNK, "object": "chat.completion", "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop", "native_finish_reason": "brand_new"}]}
# Dialect, answer, stream, the provider's word for the end.
ENDED = {
    "anthropic": (whole([text("Hi")], "brand_new"), streamed([text("Hi")], "brand_new"), "brand_new"),
    "gemini": (replies.answer(GEMINI, 200), replies.stream([("", GEMINI)]), "BRAND_NEW"),
    "openai-responses": (replies.answer(RESPONSE, 200), replies.stream([*replies.BEGINNING["responses"], ("response.new", {"type": "response.new", "sequence_number": 3, "told": [1.50]}),
                                                                       ("response.incomplete", {"type": "response.incomplete", "sequence_number": 4, "response": RESPONSE})]), "brand_new"),
    "openai": (replies.answer(CHAT, 200), replies.stream([("", CHUNK), ("", "[DONE]")]), "brand_new"),
}


def ended(client, number, dialect, surface, streams):
    word = ENDED[dialect][2]
    body = json.dumps({"model": f"p{number}/m", **replies.BODY[surface]}).encode()
    if not streams:
        status, answer, error = client.call(surface, body)
        return [f"status {status}: {error}"] if status else differs("end", json.loads(answer).get("native_finish_reason"), word)
    status, events, _, answer, error = surfaces.stream(client, surface + "_stream", body)
    if status:
        return [f"status {status}: {error}"]
    events = [(name, json.loads(data)) for name, data in events]
    last = [data["response"] if surface == "responses" else data["delta"] for name, data in events if name in ("message_delta", "response.completed", "response.incomplete")]
    found = differs("end", json.loads(answer).get("native_finish_reason"), word) + differs("last event", [one.get("native_finish_reason") for one in last], [word])
    if dialect == "openai-responses":
        found += differs("unknown", [(data["type"], data["provider_event"]["told"]) for name, data in events if name == "gatelet.provider_event"], [("gatelet.provider_event", [1.50])])
    return found


MARKED = {"role": "user", "cache_control": {"type": "ephemeral"}}
# Dialect, operation, request, paths of the warnings.
UNHEARD = {
    "continue on messages": ("anthropic", "messages_stream", {**replies.BODY["messages"], "gatelet": {"continue": True}}, ["gatelet.continue"]),
    "continue on responses": ("openai-responses", "responses_stream", {**replies.BODY["responses"], "gatelet": {"continue": True}}, ["gatelet.continue"]),
    "continue on responses over another dialect": ("anthropic", "responses_stream", {**replies.BODY["responses"], "gatelet": {"continue": True}}, ["gatelet.continue"]),
    "continue where it counts": ("anthropic", "stream", {**FORM["chat"], "gatelet": {"continue": True}}, []),
    "a mark on an empty text": ("anthropic", "stream", {"messages": [{"role": "user", "content": "a"}, {**MARKED, "content": ""}]}, ["messages[1].cache_control"]),
    "a mark on an empty part": ("anthropic", "stream", {"messages": [{"role": "user", "content": [{"type": "text", "text": " ", "cache_control": {"type": "ephemeral"}}, {"type": "text", "text": "a"}]}]},
                                ["messages[0].content[0].cache_control"]),
    "a mark on a message of parts": ("anthropic", "stream", {"messages": [{**MARKED, "content": [{"type": "text", "text": "a"}]}]}, ["messages[0].cache_control"]),
    "a mark on a text": ("anthropic", "stream", {"messages": [{**MARKED, "content": "a"}]}, []),
    "a mark on a result": ("anthropic", "stream", {"messages": [{"role": "assistant", "content": None, "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
                                                                {**MARKED, "role": "tool", "tool_call_id": "c", "content": ""}]}, []),
}


def unheard(client, number, call, request, paths):
    status, _, _, answer, error = surfaces.stream(client, call, json.dumps({"model": f"p{number}/claude-3-haiku", **request}).encode())
    return [f"status {status}: {error}"] if status else differs("warnings", [one["path"] for one in json.loads(answer)["gatelet"].get("warnings", [])], paths)


CALLED = [{"type": "text", "text": "a"}, {"type": "tool_use", "id": "t", "name": "f", "input": {}}]
ODD = {"type": "odd_block"}
SOUND = {"type": "input_audio", "input_audio": {"data": "QQ==", "format": "wav"}}
# Dialect, operation, request, the place that is told of, whether it is an error.
PLACED = {
    "a warning of messages": ("openai", "messages_stream", {"system": "s", "messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": [{"type": "thinking", "thinking": "x", "signature": "s"}, *CALLED]},
                                                           {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "r"}, {"type": "text", "text": "b"}]}], "max_tokens": 99}, "messages.1.", False),
    "a mark of messages": ("openai-responses", "messages_stream", {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": CALLED}, {"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": "t", "content": "r"}, {"type": "text", "text": "b", "cache_control": {"type": "ephemeral"}}]}], "max_tokens": 99}, "messages.2.content.", False),
    "a mark of the system": ("openai-responses", "messages_stream", {"system": [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}], "messages": [{"role": "user", "content": "a"}], "max_tokens": 99}, "system", False),
    "an odd block of messages": ("gemini", "messages_stream", {"system": "s", "messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"role": "user", "content": [ODD]}], "max_tokens": 99,
                                                             "tools": []}, "messages.2.content.0", True),
    "a sound of responses": ("anthropic", "responses_stream", {"instructions": "s", "input": [{"role": "user", "content": "a"}, {"type": "reasoning", "id": "r", "summary": []},
                                                              {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}, {"type": "function_call_output", "call_id": "c", "output": "r"},
                                                              {"role": "user", "content": [SOUND]}]}, "input[4].content[0]", True),
    "a turn of responses": ("anthropic", "responses_stream", {"instructions": "s", "input": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}, {"role": "assistant", "content": "c"},
                                                             {"type": "function_call", "call_id": "c", "name": "f", "arguments": "[1]"}, {"type": "function_call_output", "call_id": "c", "output": "r"}]}, "input[2].", True),
}


def placed(client, number, call, request, place, fails):
    status, _, _, answer, error = surfaces.stream(client, call, json.dumps({"model": f"p{number}/m", **request}).encode())
    if bool(status) != fails:
        return [f"status {status}: {error}"]
    told = [json.loads(error)["message"].partition("`")[2]] if fails else [one["path"] for one in json.loads(answer)["gatelet"].get("warnings", [])]
    return [] if told and all(one.startswith(place) for one in told) else [f"{told}, not at {place}"]


def from_a_gateway(client, number, surface, streams):
    """The provider is a gateway like this one, and has said `gatelet` itself."""
    body = json.dumps({"model": f"p{number}/m", **replies.BODY[surface]}).encode()
    if streams:
        status, _, _, answer, error = surfaces.stream(client, surface + "_stream", body)
    else:
        status, answer, error = client.call(surface, body)
    if status:
        return [f"status {status}: {error}"]
    members = json.loads(answer, object_pairs_hook=lambda pairs: pairs)
    told = [dict(value) for name, value in members if name == "gatelet"]
    return differs("members", len(told), 1) + differs("provider", [one.get("provider") for one in told], [f"p{number}"])


def a_summary_comes_back(streams):
    """Thoughts of the Responses API, told as blocks of Messages: sent back they are the item that they were."""
    reasoning = {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "**Hm**\n\nI see"}], "encrypted_content": "ENC"}
    call = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": "{}", "status": "completed"}
    response = {**RESPONSE, "status": "completed", "incomplete_details": None, "output": [reasoning, call]}
    events = [("response.created", {"type": "response.created", "sequence_number": 0, "response": {**response, "status": "in_progress", "output": []}}),
              ("response.output_item.done", {"type": "response.output_item.done", "sequence_number": 1, "output_index": 0, "item": reasoning}),
              ("response.output_item.added", {"type": "response.output_item.added", "sequence_number": 2, "output_index": 1, "item": {**call, "arguments": ""}}),
              ("response.output_item.done", {"type": "response.output_item.done", "sequence_number": 3, "output_index": 1, "item": call}),
              ("response.completed", {"type": "response.completed", "sequence_number": 4, "response": response})]
    upstream = servers.Upstream()
    try:
        upstream.behave = lambda handler, seen: (servers.send(handler, 200, replies.stream(events)["bytes"], content_type="text/event-stream") if seen.body.get("stream") else servers.send_json(handler, response)) or True
        client = library.Client(json.dumps({"environment": False, "providers": {"p": {"dialect": "openai-responses", "base_url": upstream.url, "api_key": "sk-summary"}}}))
        turns = [{"role": "user", "content": "x"}]
        request = {"model": "p/gpt-5", "max_tokens": 99, "messages": turns, "tools": [{"name": "f", "input_schema": {"type": "object"}}]}
        if streams:
            _, _, _, answer, _ = surfaces.stream(client, "messages_stream", json.dumps(request).encode())
        else:
            _, answer, _ = client.call("messages", json.dumps(request).encode())
        turns += [{"role": "assistant", "content": json.loads(answer)["content"]}, {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "call_1", "content": "r"}]}]
        status, again, error = client.call("messages", json.dumps(request).encode())
        client.free()
    finally:
        upstream.stop()
    if status:
        return [f"status {status}: {error}"]
    return differs("sent", [item for item in upstream.seen[-1].body["input"] if item.get("type") == "reasoning"], [reasoning]) + differs("warnings", json.loads(again)["gatelet"].get("warnings"), None)


def relayed(surface, streams):
    own = {"gatelet": {"provider": "theirs", "a": [1]}}
    if surface == "messages":
        if not streams:
            return replies.answer({**own, **START["message"], "content": [text("Hi")[0]], "stop_reason": "end_turn"}, 200)
        events = [{**START, "message": {**START["message"], **own}}, {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}}, {"type": "message_stop"}]
        return replies.stream([(event["type"], event) for event in events])
    answer = {**RESPONSE, "status": "completed", "incomplete_details": None, **own}
    return replies.stream([*replies.BEGINNING["responses"], ("response.completed", {"type": "response.completed", "sequence_number": 4, "response": answer})]) if streams else replies.answer(answer, 200)


def all_of(tests):
    checks, providers = [], []

    def add(name, dialect, response, check, *arguments):
        if tests.wanted(name):
            checks.append((name, check, (len(providers),) + arguments))
            providers.append((dialect, response))
    for surface in FORM:
        for streams in (False, True):
            for name, (blocks, stop, *_) in FORMED.items():
                add(f"beside {surface}{' stream' * streams}: a form by a tool, {name}", "anthropic", (streamed if streams else whole)(blocks, stop), formed, surface, streams, name)
    for surface, own in surfaces.OWN.items():
        for streams in (False, True):
            for dialect, (answer, stream, _) in ENDED.items():
                if dialect != own:
                    add(f"beside {surface}{' stream' * streams} over {dialect}: an end that nobody knows", dialect, stream if streams else answer, ended, dialect, surface, streams)
    for name, (dialect, call, request, paths) in UNHEARD.items():
        response = replies.stream([*replies.BEGINNING["responses"], ("response.completed", {"type": "response.completed", "sequence_number": 4, "response": {**RESPONSE, "status": "completed"}})])
        add(f"beside: {name}", dialect, response if dialect == "openai-responses" else streamed([text("Hi")], "end_turn"), unheard, call, request, paths)
    for name, (dialect, call, *rest) in PLACED.items():
        response = replies.stream([*replies.BEGINNING["responses"], ("response.completed", {"type": "response.completed", "sequence_number": 4, "response": {**RESPONSE, "status": "completed"}})])
        add(f"beside: the place of {name}", dialect, response if dialect == "openai-responses" else ENDED[dialect][1], placed, call, *rest)
    for surface, dialect in surfaces.OWN.items():
        for streams in (False, True):
            add(f"beside {surface}{' stream' * streams}: one `gatelet`", dialect, relayed(surface, streams), from_a_gateway, surface, streams)
    for streams in (False, True):
        name = f"beside messages{' stream' * streams}: a summary comes back"
        if tests.wanted(name):
            tests.check(name, a_summary_comes_back(streams))
    replies.checked(tests, providers, checks)
