"""The canned answers: a 715-byte completion, streams of 281-byte chunks, a model list. The same bytes on every machine."""
import json
import random

CONTENT = ("Paris is the capital of France. It lies on the Seine in the north of the country and has been its centre of "
           "government for centuries.")
WORDS = ("the of and to in is that for it as with on by this are from at which one have not more token stream model answer "
         "gateway latency \"quoted\" über naïve 東京 🙂 line\n tab\t value function").split(" ")
COMMON = {"id": "chatcmpl-7d3f0c5ab1e2498fa60d7e1b3c9a5", "object": "chat.completion.chunk", "created": 1750000000, "model": "gpt-4o-mini-2024-07-18",
          "system_fingerprint": "fp_4f1c88d2a7"}
USAGE = {"prompt_tokens": 41, "completion_tokens": 29, "total_tokens": 70,
         "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
         "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0, "accepted_prediction_tokens": 0,
                                       "rejected_prediction_tokens": 0}}


def dump(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def completion():
    """715 bytes."""
    choice = {"index": 0, "message": {"role": "assistant", "content": CONTENT, "refusal": None, "annotations": []},
              "logprobs": None, "finish_reason": "stop"}
    return dump({**COMMON, "id": "chatcmpl-7d3f0c5ab1e2498fa60d7", "object": "chat.completion", "choices": [choice],
                 "usage": USAGE, "service_tier": "default"})


def event(choices, usage=None):
    return f"data: {dump({**COMMON, 'choices': choices, 'usage': usage})}\n\n"


def delta(members, finish=None):
    return [{"index": 0, "delta": members, "logprobs": None, "finish_reason": finish}]


def stream(count):
    """The text and the body of a stream of `count` text chunks, 281 bytes each on average."""
    chance = random.Random(715)
    text, events = [], []
    for i in range(count):
        word = (" " if i else "") + chance.choice(WORDS)
        text.append(word)
        members = {"role": "assistant", "content": word, "refusal": None} if i == 0 else {"content": word}
        events.append(event(delta(members)))
    events.append(event(delta({}, "stop")))
    events.append(event([], {**USAGE, "completion_tokens": count, "total_tokens": 41 + count}))
    return "".join(text), "".join(events) + "data: [DONE]\n\n"


def words(count):
    chance = random.Random(715)
    return [(" " if i else "") + chance.choice(WORDS) for i in range(count)]


def named(type, **members):
    return f"event: {type}\ndata: {dump({'type': type, **members})}\n\n"


def anthropic(count, kind="text"):
    """Likewise, of Anthropic's Messages: a block of text, or of thoughts with a short text behind."""
    def block(index, empty, deltas):
        return [named("content_block_start", index=index, content_block=empty),
                *(named("content_block_delta", index=index, delta=delta) for delta in deltas), named("content_block_stop", index=index)]
    message = {"id": "msg_01XFDUDYJgAACzvnptvVoYEL", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5-20250929", "content": [],
               "stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 41, "output_tokens": 1}}
    said, events = words(count), [named("message_start", message=message)]
    if kind == "text":
        events += block(0, {"type": "text", "text": ""}, [{"type": "text_delta", "text": word} for word in said])
    else:
        thoughts = [{"type": "thinking_delta", "thinking": word} for word in said] + [{"type": "signature_delta", "signature": "EqQBCgIYAhIM1gbcDa9GJwZA2b3h"}]
        events += block(0, {"type": "thinking", "thinking": "", "signature": ""}, thoughts)
        events += block(1, {"type": "text", "text": ""}, [{"type": "text_delta", "text": "Paris."}])
    events += [named("message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None}, usage={"output_tokens": count}), named("message_stop")]
    return "".join(said), "".join(events)


def gemini(count):
    usage = {"promptTokenCount": 41, "candidatesTokenCount": 1, "totalTokenCount": 42}
    common = {"usageMetadata": usage, "modelVersion": "gemini-2.5-flash", "responseId": "wVgnaYjsJ4a9qtsPiq7q8Ak"}
    said = words(count)
    events = [{"candidates": [{"content": {"parts": [{"text": word}], "role": "model"}, "index": 0}], **common} for word in said]
    events[-1]["candidates"][0]["finishReason"] = "STOP"
    return "".join(said), "".join(f"data: {dump(event)}\r\n\r\n" for event in events)


def responses(count):
    said, number = words(count), iter(range(count + 10))
    text = "".join(said)

    def event(type, **members):
        return named(type, **members, sequence_number=next(number))
    response = {"id": "resp_67ccd2bed1ec8190b14f964abc0542670bb6a6b452d3795b", "object": "response", "created_at": 1750000000, "status": "in_progress",
                "error": None, "incomplete_details": None, "model": "gpt-4o-mini-2024-07-18", "output": []}
    where = {"item_id": "msg_67ccd2bf17f0819081ff3bb2cf6508e60bb6a6b452d3795b", "output_index": 0, "content_index": 0}
    item = {"id": where["item_id"], "type": "message", "status": "in_progress", "role": "assistant", "content": []}
    part = {"type": "output_text", "text": "", "annotations": []}
    done, whole = {**part, "text": text}, {**item, "status": "completed", "content": [{**part, "text": text}]}
    usage = {"input_tokens": 41, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": count, "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 41 + count}
    events = [event("response.created", response=response), event("response.in_progress", response=response),
              event("response.output_item.added", output_index=0, item=item), event("response.content_part.added", **where, part=part)]
    events += [event("response.output_text.delta", **where, delta=word, logprobs=[]) for word in said]
    events += [event("response.output_text.done", **where, text=text, logprobs=[]), event("response.content_part.done", **where, part=done),
               event("response.output_item.done", output_index=0, item=whole),
               event("response.completed", response={**response, "status": "completed", "output": [whole], "usage": usage})]
    return text, "".join(events)


def models(count=350):
    def one(i):
        return {"id": f"maker-{i % 12}/model-{i}", "name": f"Maker {i % 12}: Model {i}", "created": 1719000000 + i * 86400,
                "description": "A model for long contexts, tools and code; see the documentation for its limits. " * 4,
                "context_length": 8192 << (i % 6), "supported_parameters": ["tools", "temperature", "seed"][i % 2:], "pricing": {"prompt": f"0.{i:09d}", "completion": f"0.{i * 4:09d}"}}
    return dump({"object": "list", "data": [one(i) for i in range(count)]})


def write(www, data):
    """Bodies below `www` for nginx; what they must come to in `data` for the clients."""
    def put(path, body):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body.encode())
    put(www / "ns/v1/chat/completions", completion())
    put(www / "ns/v1/models", models())
    for count in (5000, 20000):
        put(www / f"l{count}/v1/models", models(count))
    put(data / "content.txt", CONTENT)
    streams = {"s": ("chat/completions", stream), "a": ("messages", anthropic), "t": ("messages", lambda count: anthropic(count, "thinking")),
               "g": ("models/gpt-4o-mini:streamGenerateContent", gemini), "r": ("responses", responses)}
    for letter, (path, make) in streams.items():
        for size, count in (("100", 100), ("10k", 10_000)):
            name, (text, body) = letter + size, make(count)
            put(www / name / "v1" / path, body)
            put(data / f"{name}.txt", text)
            put(data / f"{name}.facts", f"{count} {len(body.encode())}\n")
