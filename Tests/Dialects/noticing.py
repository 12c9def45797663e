"""The judge itself is tried: answers that lack something, or say something else, must not pass."""
import copy
import json

import driver
import handmade
import handmade_responses
import judge
import recordings


def candidates():
    """One stream of each dialect with thoughts, text, calls and usage."""
    thinking = handmade.block(0, {"type": "thinking", "thinking": "", "signature": ""}, {"type": "thinking_delta", "thinking": "I see"}, {"type": "signature_delta", "signature": "c2lnbmF0dXJl"})
    yield handmade.anthropic_stream("noticed", [handmade.START, *thinking, *handmade.text(1, "Hello", " there"), *handmade.call(2, "toolu_1", "first", '{"a"', ": 1.0}"),
                                                *handmade.block(3, {"type": "hologram", "edges": 12}), handmade.end("tool_use"), handmade.STOP])
    parts = [{"text": "I see", "thought": True}, {"text": "Hello", "thoughtSignature": "c2lnbmF0dXJl"}, {"functionCall": {"name": "first", "args": {"a": 1.0}}}, {"hologram": {"edges": 12}}]
    yield handmade.gemini_stream("noticed", [*(handmade.candidate([part]) for part in parts), handmade.candidate([], "STOP")])
    yield handmade_responses.stream("noticed", handmade_responses.events(handmade_responses.reasoning("I ", "see"), handmade_responses.message("Hello", " there"),
                                                                        handmade_responses.call("call_1", "first", '{"a"', ": 1.0}"), handmade_responses.search()))


def says_something(chunk):
    """Whether a client would miss it."""
    if chunk.get("usage"):
        return False  # it also stands in END
    return any(choice.get("finish_reason") or any(value for name, value in choice["delta"].items() if name != "role") for choice in chunk["choices"])


def altered(value):
    """Every way to change one text or number within a value: (where, changed copy)."""
    def walk(one, path):
        if isinstance(one, dict):
            for name, inner in one.items():
                yield from walk(inner, path + [name])
        elif isinstance(one, list):
            for at, inner in enumerate(one):
                yield from walk(inner, path + [at])
        elif isinstance(one, str) and one or isinstance(one, (int, float)) and not isinstance(one, bool):
            yield path, one + "x" if isinstance(one, str) else one + 1
    for path, changed in walk(value, []):
        made = copy.deepcopy(value)
        inner = made
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = changed
        yield ".".join(map(str, path)), made


# Of these nobody promised what they are.
FREE = ("created", "format", "type", "logprobs", "at", "index", "place", "length", "output_index", "role", "annotations")


def unnoticed(job, delivered, reading):
    found = judge.difference(job, delivered, reading)
    if found:
        return [f"it does not pass as it is: {found[0]}"]
    for at, chunk in enumerate(delivered.documents):
        if says_something(chunk):
            without = copy.copy(delivered)
            without.chunks = delivered.chunks[:at] + delivered.chunks[at + 1:]
            if not judge.difference(job, without, reading):
                found.append(f"without chunk {at} it passes: {json.dumps(chunk)}")
        for where, made in altered(chunk.get("choices") or []):
            if where.split(".")[-1] in FREE or "reasoning_details" in where and where.endswith(("text", "summary", "id")):
                continue
            if "tool_calls" in where and where.endswith(".id") and reading.calls[0][0] is None:
                continue  # the provider gave none
            changed = copy.copy(delivered)
            changed.chunks = [*delivered.chunks[:at], (json.dumps({**chunk, "choices": made}).encode(), *delivered.chunks[at][1:]), *delivered.chunks[at + 1:]]
            if not judge.difference(job, changed, reading):
                found.append(f"with another {where} in chunk {at} it passes: {json.dumps(made)}")
    for where, made in altered(json.loads(delivered.ends[0][1])["usage"]):
        if where.endswith("_tokens") and where != "total_tokens":
            changed = copy.copy(delivered)
            changed.ends = [(delivered.ends[0][0], json.dumps({**json.loads(delivered.ends[0][1]), "usage": made}).encode())]
            if not judge.difference(job, changed, reading):
                found.append(f"with another {where} it passes")
    return found[:5]


def all_of(tests):
    for exchange in candidates():
        title = f"{exchange.dialect} the judge notices"
        if not tests.wanted(title) or not recordings.spoken(exchange.dialect):
            continue
        reading = recordings.READERS[exchange.dialect].read(exchange)

        def body(port):
            [(job, delivered)] = recordings.run([driver.Job(0, exchange, "W", "queue")], port, "queue", 1)
            return unnoticed(job, delivered, reading)
        tests.check(title, recordings.served([exchange.response], body))
