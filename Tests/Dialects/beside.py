"""What a provider says beside the answer: words around a form that a tool gives, ends and events that nobody knows. It stays visible, and apart from the answer."""
import json

import recordings
import replies
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
    if not checks:
        return

    def run(port):
        client = replies.Bench(port, providers).client
        for name, check, arguments in checks:
            try:
                tests.check(name, check(client, *arguments))
            except Exception as fault:
                tests.check(name, [f"{type(fault).__name__}: {fault}"])
        client.free()
    recordings.served([response for _, response in providers], run)
