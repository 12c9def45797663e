"""Answers sent back: what the provider said must reach it unchanged, signatures and tools of its own included; another dialect gets what it can
be told, and a warning about the rest."""
import json

import judge
import normal
import recordings
import schemas
import written

OTHER = {"anthropic": "gemini", "gemini": "anthropic"}


def following(message):
    """What comes after an answer: results of its calls, or a word."""
    results = [{"role": "tool", "tool_call_id": call["id"], "content": f"result {at}"} for at, call in enumerate(message.get("tool_calls") or [])]
    return results or [{"role": "user", "content": "Go on."}]


def request(message, exchange):
    tools = [{"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}}
             for name in dict.fromkeys(call["function"]["name"] for call in message.get("tool_calls") or [])]
    made = {"max_tokens": 4096, "messages": [{"role": "user", "content": "hi"}, message, *following(message)]}
    return made | ({"tools": tools} if tools else {})


# ---------------------------------------------------------------- the same dialect

def texts_joined(items):
    """Neighbouring texts are one; citations are the provider's remark on its own text."""
    made = []
    for kind, one in items:
        if kind == "text" and made and made[-1][0] == "text":
            made[-1] = ("text", made[-1][1] + one)
        elif not (kind == "text" and not one.strip()):  # APIs refuse texts of nothing but white space
            made.append((kind, one))
    return [(kind, one.strip()) if kind == "text" else (kind, one) for kind, one in made]


def anthropic_items(blocks):
    return texts_joined([("text", block["text"]) if block["type"] == "text" else (block["type"], block) for block in normal.value(blocks)])


def gemini_items(parts):
    items = []
    for part in filter(normal.counts, normal.value(parts)):
        part = {name: one for name, one in part.items() if not (name == "thought" and one is False)}
        if set(part) == {"text"}:
            items.append(("text", part["text"]))
        elif "functionCall" in part:
            items.append(("call", normal.gemini_part(part)))
        else:
            items.append(("part", part))
    return texts_joined(items)


def said(dialect, body):
    """What the assistant said in a request."""
    document = normal.exactly(body.decode())
    if dialect == "anthropic":
        [message] = [one for one in document["messages"] if one["role"] == "assistant"]
        return anthropic_items(message["content"] if isinstance(message["content"], list) else [{"type": "text", "text": message["content"]}])
    if dialect == "openai-responses":
        return response_items([one for one in document["input"] if one.get("role") not in ("user", "system") and one.get("type") != "function_call_output"])
    [content] = [one for one in document["contents"] if one["role"] == "model"]
    return gemini_items(content["parts"])


def response_items(items):
    """Ids and states of items need not come back."""
    made = []
    for item in normal.value(items):
        if item.get("type", "message") == "message":
            made += [("text", part["text"]) for part in item["content"]] if isinstance(item["content"], list) else [("text", item["content"])]
        elif item["type"] == "reasoning":
            made.append(("reasoning", item.get("encrypted_content")))
        elif item["type"] == "function_call":
            made.append(("call", {name: item[name] for name in ("call_id", "name", "arguments")}))
        else:
            made.append((item["type"], item))
    return texts_joined(made)


ITEMS = {"anthropic": anthropic_items, "gemini": gemini_items, "openai-responses": response_items}


def same(exchange, reading, body):
    wanted = ITEMS[exchange.dialect](reading.blocks)
    got = said(exchange.dialect, body)
    if got == wanted:
        return []
    at = next((at for at, (one, other) in enumerate(zip(got, wanted)) if one != other), min(len(got), len(wanted)))
    return [f"sent back: item {at} is {json.dumps(got[at:at + 1])[:300]}, not {json.dumps(wanted[at:at + 1])[:300]}; there are {len(got)} of {len(wanted)}: "
            f"{[kind for kind, _ in got]}, {[kind for kind, _ in wanted]}"]


# ---------------------------------------------------------------- another dialect

def told(exchange, reading, message, body, warned):
    """Text and calls arrive; nothing of the first dialect's secrets does, and a warning says what was left out."""
    text = body.decode()
    found = [f"by the published schema: {fault}" for fault in schemas.faults(OTHER[exchange.dialect], json.loads(text))]
    strings = judge.strings(json.loads(text), set())
    if reading.text.strip() and not any(reading.text.strip() in one for one in strings):
        found.append("the text did not arrive")
    names = {name for _, name, _ in reading.calls}
    if not names <= strings:
        found.append(f"calls did not arrive: {names - strings}")
    leaked = [secret[:60] for secret in reading.secrets if len(secret) > 20 and json.dumps(secret)[1:-1] in text]
    if leaked:
        found.append(f"signatures of {exchange.dialect} arrived: {leaked[:2]}")
    left_out = [name for name in ("reasoning_details", "provider_blocks") if message.get(name)]
    for name in left_out:
        if not any(name in path for path in warned):
            found.append(f"no warning that {name} are left out; there are {sorted(warned)}")
    return found


def all_of(tests, listing, readings, messages):
    """`messages`: the answer's message by the number of its exchange."""
    back, over = [], []
    for number, message in messages.items():
        exchange, reading = listing[number], readings[number]
        if reading.end != "finished" or reading.status or not (message.get("content") or message.get("tool_calls") or message.get("provider_blocks")):
            continue
        if exchange.dialect == "openai-responses" and not reading.secrets:
            continue  # nothing but what every dialect has
        if message.get("images"):
            continue  # of the assistant: no dialect takes all of them back
        one = written.Wanted(f"{exchange.name}: sent back", exchange.dialect, request(message, exchange), exchange.model)
        one.exchange, one.reading, one.message = exchange, reading, message
        back.append(one)
        if exchange.dialect in OTHER and recordings.spoken(OTHER[exchange.dialect]):
            other = written.Wanted(f"{exchange.name}: sent to {OTHER[exchange.dialect]}", OTHER[exchange.dialect], one.body)
            other.exchange, other.reading, other.message = exchange, reading, message
            over.append(other)
    for one, delivered, body in written.sent([one for one in back if tests.wanted(one.name)]):
        problem = written.refusal(delivered)
        if problem:
            tests.check(one.name, [problem])
            continue
        unknown = "hologram" in json.dumps(one.body)  # made by hand: no schema has it
        faults = [] if unknown else [f"by the published schema: {fault}" for fault in schemas.faults(one.dialect, json.loads(body))]
        tests.check(one.name, faults + same(one.exchange, one.reading, body))
    for one, delivered, body in written.sent([one for one in over if tests.wanted(one.name)]):
        problem = written.refusal(delivered)
        tests.check(one.name, [problem] if problem else told(one.exchange, one.reading, one.message, body, written.warnings(delivered)))
