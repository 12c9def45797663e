"""Responses that say they are not finished, and events that tell less than what they belong to, from OpenAI's Responses API on the other surfaces."""
import json

import handmade_responses as openai
import recordings
import replies
import surfaces
from compare import differs

HI = openai.message("hel")
REASONS = {"without details": None, "without a reason": {}, "of an unknown reason": {"reason": "brand_new"}}
STATES = ("in_progress", "queued", "cancelled")
WHOLE = "hello \u00fc"


def short(delta, whole):
    """(text, its item's events) of which the deltas tell only the beginning."""
    item, inner = openai.message(whole)
    return item, [{**one, "delta": delta} if one["type"].endswith(".delta") else one for one in inner]


def short_call(delta, whole):
    item, inner = openai.call("call_1", "f", whole)
    return item, [{**one, "delta": delta} if one["type"].endswith(".delta") else one for one in inner]


def without_done(events):
    return [one for one in events if not one["type"].endswith(".done")]


SHORT = openai.events(short("hel", WHOLE), short_call('{"a"', '{"a":1}'))
ANOTHER = openai.events(short("hal", WHOLE), short_call('{"b"', '{"a":1}'))
CASES = []  # (name, document or events, wanted)
for kind, details in REASONS.items():
    CASES.append((f"incomplete {kind}", openai.response([HI[0]], "incomplete", incomplete_details=details), ("length", "max_tokens")))
    CASES.append((f"incomplete {kind} in a stream", openai.events(HI, last="response.incomplete", status="incomplete", incomplete_details=details), ("length", "max_tokens")))
    CASES.append((f"completed but incomplete {kind} in a stream", openai.events(HI, status="incomplete", incomplete_details=details), ("length", "max_tokens")))
CASES.append(("incomplete by its event alone", openai.events(HI, last="response.incomplete", status="completed"), ("length", "max_tokens")))
for state in STATES:
    CASES.append((f"answer that is {state}", openai.response([HI[0]], state), None))
    CASES.append((f"completed but {state} in a stream", openai.events(HI, status=state), None))
TOLD = [("the rest comes with what is done", SHORT, (WHOLE, '{"a":1}')), ("the rest comes with the response", without_done(SHORT), (WHOLE, '{"a":1}')),
        ("nothing is added to another text", ANOTHER, ("hal", '{"b"'))]


def response(made):
    if isinstance(made, dict):
        return replies.answer(made, 200)
    return {"status": 200, "headers": replies.EVENTS, "bytes": openai.written(made).encode()}


BODY = {"chat": {"messages": [{"role": "user", "content": "hi"}]}, "messages": replies.BODY["messages"]}


def said(client, surface, number, streams):
    """(status, answer)"""
    body = json.dumps({"model": f"p{number}/m", **BODY[surface]}).encode()
    if not streams:
        status, answer, _ = client.call(surface, body)
    else:
        status, _, _, answer, _ = surfaces.stream(client, "stream" if surface == "chat" else surface + "_stream", body)
    return status, answer and json.loads(answer)


def ends(client, surface, number, made, wanted):
    status, answer = said(client, surface, number, isinstance(made, list))
    if wanted is None:
        ended = answer and (answer["choices"][0]["finish_reason"] if surface == "chat" else answer["stop_reason"])
        return differs("failed", status != 0, True) + differs("end", ended in ("stop", "end_turn"), False)
    ended = answer["choices"][0]["finish_reason"] if surface == "chat" else answer["stop_reason"]
    return differs("status", status, 0) + differs("end", ended, wanted[surface == "messages"])


def tells(client, surface, number, wanted):
    status, answer = said(client, surface, number, True)
    text, arguments = wanted
    if surface == "chat":
        message = answer["choices"][0]["message"]
        return differs("text", message["content"], text) + differs("arguments", message["tool_calls"][0]["function"]["arguments"], arguments)
    found = differs("text", "".join(one["text"] for one in answer["content"] if one["type"] == "text"), text)
    if arguments.endswith("}"):
        found += differs("input", [one["input"] for one in answer["content"] if one["type"] == "tool_use"], [json.loads(arguments)])
    return found


def all_of(tests):
    jobs = [(f"unfinished {name} on {surface}", ends, surface, at, (made, wanted)) for at, (name, made, wanted) in enumerate(CASES) for surface in BODY]
    jobs += [(f"unfinished {name} on {surface}", tells, surface, at, (wanted,)) for at, (name, _, wanted) in enumerate(TOLD, len(CASES)) for surface in BODY]
    jobs = [one for one in jobs if tests.wanted(one[0])]
    if not jobs:
        return
    served = [response(made) for _, made, _ in CASES + TOLD]

    def run(port):
        client = replies.Bench(port, [("openai-responses", one) for one in served]).client
        for name, check, surface, at, arguments in jobs:
            try:
                tests.check(name, check(client, surface, at, *arguments))
            except Exception as fault:
                tests.check(name, [f"{type(fault).__name__}: {fault}"])
        client.free()
    recordings.served(served, run)
