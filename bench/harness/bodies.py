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
    for name, count in (("s100", 100), ("s10k", 10_000)):
        text, body = stream(count)
        put(www / name / "v1/chat/completions", body)
        put(data / f"{name}.txt", text)
        put(data / f"{name}.facts", f"{count} {len(body.encode())}\n")
