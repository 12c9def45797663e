"""The cases that every dialect must pass, each by its name and with what is expected written out."""
import json
import threading
import time
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import handmade
import judge
import library
import recordings
import schemas
import written
from handmade import START, STOP, call, candidate, end, text

DIALECTS = ("anthropic", "gemini")
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
WEATHER = {"type": "function", "function": {"name": "weather", "description": "Weather of a city", "parameters": {
    "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}
USER = {"role": "user", "content": "hi"}



def ask(dialect, request, answer=None, stream=False):
    """(outcome, body as the provider got it)"""
    [(_, delivered, body)] = written.sent([written.Wanted("a case", dialect, {"max_tokens": 1000, **request}, answer=answer and answer.response, stream=stream)])
    return Outcome(delivered, stream), body and json.loads(body)


class Outcome:
    def __init__(self, delivered, stream):
        self.status = delivered.refused[0] if delivered.refused else delivered.status
        self.chunks = [json.loads(chunk[0]) for chunk in delivered.chunks]
        self.text = b"".join(chunk[1] for chunk in delivered.chunks).decode()
        self.joined = judge.Assembled(self.chunks)
        self.end = json.loads(delivered.ends[0][1]) if delivered.ends else {}
        document = json.loads(delivered.refused[1]) if delivered.refused else self.end.get("error")
        self.error = document or {}
        self.answer = json.loads(delivered.answers[0]) if delivered.answers else {}
        self.choice = (self.answer.get("choices") or [{}])[0] if not stream else {**self.joined.choice, "message": self.joined.message}
        self.message = self.choice.get("message") or {}
        gatelet = self.end.get("gatelet") or self.answer.get("gatelet") or {}
        self.gatelet = gatelet
        self.warned = {warning["path"]: warning for warning in gatelet.get("warnings") or []}


class Case:
    """Collects what is wrong in one case of one dialect."""

    def __init__(self):
        self.found = []

    def equal(self, what, got, wanted):
        if got != wanted:
            self.found.append(f"{what} is {got!r}, not {wanted!r}")

    def true(self, what, holds):
        if not holds:
            self.found.append(f"not so: {what}")


def calls_of(message):
    return [(call["id"], call["function"]["name"], call["function"]["arguments"]) for call in message.get("tool_calls") or []]


# ---------------------------------------------------------------- 1 to 5: what is sent and called

def case_01_two_calls_in_parallel(dialect, case):
    if dialect == "anthropic":
        events = [START, *call(0, "toolu_1", "weather", "", '{"city":"Par', 'is"}'), *call(1, "toolu_2", "weather", '{"city": "\\u00d6lu"}'), end("tool_use"), STOP]
        stream = handmade.anthropic_stream("x", events)
    else:
        parts = [{"functionCall": {"id": "toolu_1", "name": "weather", "args": {"city": "Paris"}}}, {"functionCall": {"id": "toolu_2", "name": "weather", "args": {"city": "\u00d6lu"}}}]
        stream = handmade.gemini_stream("x", [candidate(parts[:1]), candidate(parts[1:], "STOP")])
    outcome, _ = ask(dialect, {"messages": [USER], "tools": [WEATHER]}, stream, stream=True)
    case.equal("status", outcome.status, 0)
    arguments = ['{"city":"Paris"}', '{"city": "\\u00d6lu"}'] if dialect == "anthropic" else ['{"city": "Paris"}', '{"city": "\\u00d6lu"}']
    case.equal("calls", calls_of(outcome.message), [("toolu_1", "weather", arguments[0]), ("toolu_2", "weather", arguments[1])])
    indexes = [piece["index"] for chunk in outcome.chunks for choice in chunk["choices"] for piece in choice["delta"].get("tool_calls") or []]
    case.equal("indexes", sorted(set(indexes)), [0, 1])
    case.equal("finish", outcome.choice.get("finish_reason"), "tool_calls")


def case_02_call_without_arguments(dialect, case):
    streams = {"anthropic": [handmade.anthropic_stream("x", [START, *call(0, "toolu_1", "now", ""), end("tool_use"), STOP]),
                             handmade.anthropic_stream("x", [START, *call(0, "toolu_1", "now"), end("tool_use"), STOP])],
               "gemini": [handmade.gemini_stream("x", [candidate([{"functionCall": {"name": "now"}}], "STOP")]),
                          handmade.gemini_stream("x", [candidate([{"functionCall": {"name": "now", "args": {}}}], "STOP")])]}
    for stream in streams[dialect]:
        outcome, _ = ask(dialect, {"messages": [USER]}, stream, stream=True)
        case.equal("calls", [made[1:] for made in calls_of(outcome.message)], [("now", "{}")])
    for arguments in ("", "{}", " "):
        outcome, body = ask(dialect, {"messages": [USER, {"role": "assistant", "content": None, "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "now", "arguments": arguments}}]}, {"role": "tool", "tool_call_id": "c1", "content": "12:00"}]})
        case.equal(f"status with arguments {arguments!r}", outcome.status, 0)
        case.true("the call is sent", body and '"now"' in json.dumps(body))
        case.equal("faults", schemas.faults(dialect, body), [])


def case_03_system_not_first(dialect, case):
    outcome, body = ask(dialect, {"messages": [{"role": "system", "content": "one"}, USER, {"role": "assistant", "content": "hello"}, {"role": "developer", "content": "two"},
                                               {"role": "user", "content": "three"}]})
    case.equal("status", outcome.status, 0)
    case.equal("faults", schemas.faults(dialect, body), [])
    order = [json.dumps(body).find(f'"{word}"') for word in ("one", "two", "three")]
    case.true(f"all of it is sent: {body}", all(place >= 0 or word in json.dumps(body) for place, word in zip(order, ("one", "two", "three"))))
    system = json.dumps(body.get("system") or body.get("systemInstruction"))
    case.true(f"the first stands apart: {system}", "one" in system)
    roles = [message["role"] for message in body.get("messages") or body.get("contents")]
    case.true(f"roles take turns: {roles}", all(one != other for one, other in zip(roles, roles[1:])))


def case_04_images(dialect, case):
    parts = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
             {"type": "image_url", "image_url": {"url": "https://example.org/cat.jpg", "detail": "low"}}]
    outcome, body = ask(dialect, {"messages": [{"role": "user", "content": parts}]})
    case.equal("status", outcome.status, 0)
    case.equal("faults", schemas.faults(dialect, body), [])
    if dialect == "anthropic":
        case.equal("images", body["messages"][0]["content"][1:], [{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
                                                                 {"type": "image", "source": {"type": "url", "url": "https://example.org/cat.jpg"}}])
    else:
        image, other = body["contents"][0]["parts"][1:]
        case.equal("image", image, {"inlineData": {"mimeType": "image/png", "data": PNG}})
        case.equal("image by address", other["fileData"]["fileUri"], "https://example.org/cat.jpg")


def case_05_temperature(dialect, case):
    for given, allowed in ((0, {0}), (1.7, {1} if dialect == "anthropic" else {1.7}), (0.3, {0.3})):
        outcome, body = ask(dialect, {"messages": [USER], "temperature": given})
        config = body if dialect == "anthropic" else body["generationConfig"]
        case.true(f"temperature {given} is {config.get('temperature')}", config.get("temperature") in allowed)
        case.equal(f"warned of {given}", "temperature" in outcome.warned, config.get("temperature") != given)
    outcome, body = ask(dialect, {"messages": [USER], "temperature": 0.5, "top_p": 0.9})
    config = body if dialect == "anthropic" else body["generationConfig"]
    if dialect == "gemini":
        case.equal("both", (config.get("temperature"), config.get("topP")), (0.5, 0.9))
    else:
        case.true(f"one of both is sent, or a warning says why: {config}", config.get("temperature") == 0.5 and ("top_p" in config or "top_p" in outcome.warned))


# ---------------------------------------------------------------- 6 to 9: thoughts, refusals, usage

def case_06_thoughts_come_back(dialect, case):
    if dialect == "anthropic":
        thinking = handmade.block(0, {"type": "thinking", "thinking": "", "signature": ""}, {"type": "thinking_delta", "thinking": "Paris, "},
                                  {"type": "thinking_delta", "thinking": "so ask"}, {"type": "signature_delta", "signature": "c2lnbmF0dXJl"})
        stream = handmade.anthropic_stream("x", [START, *thinking, *handmade.block(1, {"type": "redacted_thinking", "data": "ZGF0YQ=="}), *text(2, "Let me see."),
                                                 *call(3, "toolu_1", "weather", '{"city":"Paris"}'), end("tool_use"), STOP])
        wanted = [{"type": "thinking", "thinking": "Paris, so ask", "signature": "c2lnbmF0dXJl"}, {"type": "redacted_thinking", "data": "ZGF0YQ=="},
                  {"type": "text", "text": "Let me see."}, {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Paris"}}]
    else:
        called = {"functionCall": {"id": "toolu_1", "name": "weather", "args": {"city": "Paris"}}, "thoughtSignature": "c2lnbmF0dXJl"}
        stream = handmade.gemini_stream("x", [candidate([{"text": "Paris, ", "thought": True}]), candidate([{"text": "so ask", "thought": True}, {"text": "Let me see."}]),
                                              candidate([called], "STOP")])
        wanted = [{"text": "Let me see."}, called]
    outcome, _ = ask(dialect, {"messages": [USER], "tools": [WEATHER], "reasoning": {"effort": "low"}}, stream, stream=True)
    case.equal("reasoning", outcome.message["reasoning"], "Paris, so ask")
    result = {"role": "tool", "tool_call_id": "toolu_1", "content": "sunny"}
    outcome, body = ask(dialect, {"messages": [USER, assembled(outcome), result], "tools": [WEATHER], "reasoning": {"effort": "low"}, "max_tokens": 4000})
    case.equal("status", outcome.status, 0)
    case.equal("faults", schemas.faults(dialect, body), [])
    got = body["messages"][1]["content"] if dialect == "anthropic" else [part for part in body["contents"][1]["parts"] if not part.get("thought")]
    case.equal("sent back", got, wanted)
    if dialect == "anthropic":
        case.true(f"thinking is asked for: {body.get('thinking')}", (body.get("thinking") or {}).get("type") in ("enabled", "adaptive"))
    else:
        case.equal("result", body["contents"][2]["parts"][0]["functionResponse"]["name"], "weather")


def assembled(outcome):
    """The message that a client of OpenAI's makes of the chunks: entries of reasoning_details with one index are one."""
    message = {name: value for name, value in outcome.joined.message.items() if value}
    details = {}
    for entry in message.get("reasoning_details") or []:
        known = details.setdefault((entry.get("index"), entry["type"]), {})
        for name, value in entry.items():
            known[name] = known[name] + value if name in ("text", "summary") and name in known else value
    return {"role": "assistant", **message, **({"reasoning_details": list(details.values())} if details else {})}


def case_07_refusals(dialect, case):
    if dialect == "anthropic":
        outcome, _ = ask(dialect, {"messages": [USER]}, handmade.anthropic_answer("x", handmade.whole([], "refusal")))
        case.equal("status", outcome.status, 0)
        case.equal("finish", (outcome.choice.get("finish_reason"), outcome.choice.get("native_finish_reason")), ("content_filter", "refusal"))
        return
    outcome, _ = ask(dialect, {"messages": [USER]}, handmade.gemini_answer("x", {"candidates": [{"finishReason": "SAFETY", "index": 0}], "usageMetadata": handmade.USAGE}))
    case.equal("finish", (outcome.status, outcome.choice.get("finish_reason"), outcome.choice.get("native_finish_reason")), (0, "content_filter", "SAFETY"))
    outcome, _ = ask(dialect, {"messages": [USER]}, handmade.gemini_answer("x", {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 3}}))
    case.equal("a blocked prompt", (outcome.status, outcome.error.get("kind")), (310, "content_policy"))
    case.true(f"the reason is told: {outcome.error}", "SAFETY" in json.dumps(outcome.error))


def case_08_usage_is_replaced(dialect, case):
    if dialect == "anthropic":
        stream = handmade.anthropic_stream("x", [dict(START, message=dict(START["message"], usage={"input_tokens": 100, "output_tokens": 7, "cache_read_input_tokens": 5})),
                                                 *text(0, "a"), end("end_turn", 40, {"input_tokens": 160}), end("end_turn", 41), STOP])
        wanted = {"prompt_tokens": 165, "completion_tokens": 41}
    else:
        stream = handmade.gemini_stream("x", [candidate([{"text": "a"}], None, {"promptTokenCount": 50, "candidatesTokenCount": 9, "totalTokenCount": 59}),
                                              candidate([{"text": "b"}], "STOP", {"promptTokenCount": 165, "candidatesTokenCount": 31, "thoughtsTokenCount": 10, "totalTokenCount": 206})])
        wanted = {"prompt_tokens": 165, "completion_tokens": 41}
    outcome, _ = ask(dialect, {"messages": [USER], "stream_options": {"include_usage": True}}, stream, stream=True)
    usage = outcome.end["usage"] or {}
    case.equal("usage", {name: usage.get(name) for name in wanted}, wanted)
    case.equal("usage in the chunks", {name: (outcome.joined.usage or {}).get(name) for name in wanted}, wanted)


BILLED = {
    "anthropic": ("anthropic", {"input_tokens": 100, "cache_read_input_tokens": 60, "output_tokens": 25, "output_tokens_details": {"thinking_tokens": 20}}),
    "gemini": ("gemini", {"promptTokenCount": 160, "cachedContentTokenCount": 60, "candidatesTokenCount": 5, "thoughtsTokenCount": 20, "totalTokenCount": 185}),
    "openai": ("openai", {"prompt_tokens": 160, "completion_tokens": 25, "total_tokens": 185, "prompt_tokens_details": {"cached_tokens": 60},
                          "completion_tokens_details": {"reasoning_tokens": 20}}),
}


def case_09_cached_tokens_cost_the_same(dialect, case):
    bills = {}
    for one in (dialect, "openai"):
        document = json.loads(json.dumps(written.ANSWERS[one]))
        document["usageMetadata" if one == "gemini" else "usage"] = BILLED[one][1]
        outcome, _ = ask(one, {"messages": [USER]}, handmade.exchange(one, "x", json.dumps(document), {}))
        bills[one] = (outcome.gatelet.get("usage"), outcome.gatelet.get("cost", {}).get("total"))
    wanted = 100 * Decimal(judge.PRICES["prompt"]) + 60 * Decimal(judge.PRICES["input_cache_read"]) + 25 * Decimal(judge.PRICES["completion"])
    for one, (usage, cost) in bills.items():
        case.equal(f"usage by {one}", {name: (usage or {}).get(name) for name in ("input", "cache_read", "output", "reasoning", "total")},
                   {"input": 100, "cache_read": 60, "output": 25, "reasoning": 20, "total": 185})
        case.true(f"{one} costs {cost}, not {wanted}", cost is not None and Decimal(cost) == wanted)


# ---------------------------------------------------------------- 10 to 12: streams that fail

def bad_streams(dialect):
    """(before text, after text), and one that ends well."""
    if dialect == "anthropic":
        failed = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
        hi = list(text(0, "Hello"))
        return (handmade.anthropic_stream("x", [START, {"type": "ping"}, failed]), handmade.anthropic_stream("x", [START, *hi, failed]),
                handmade.anthropic_stream("x", [START, *text(0, "Well"), end("end_turn"), STOP]))
    failed = handmade.gemini_failure(503, "UNAVAILABLE", "The model is overloaded.")
    return (handmade.gemini_stream("x", [candidate([]), failed]), handmade.gemini_stream("x", [candidate([{"text": "Hello"}]), failed]),
            handmade.gemini_stream("x", [candidate([{"text": "Well"}], "STOP")]))


def two_providers(dialect, first, second):
    """(outcome, how often each was asked) of a stream that may go to two providers."""
    def body(port):
        providers = {name: {"dialect": dialect, "base_url": f"http://127.0.0.1:{port}/{number}/W/{recordings.VERSION[dialect]}", "api_key": "sk-x"}
                     for number, name in enumerate(("first", "second"))}
        client = library.Client(json.dumps({"environment": False, "providers": providers, "request_extensions": "all", "retry": {"attempts": 1}}))
        request = {"model": "first/m", "models": ["second/m"], "messages": [USER], "max_tokens": 100}
        status, chunks, ends, _, error = client.stream("stream", json.dumps(request).encode())
        client.free()
        asked = [number for number, *_ in written.received(port)]
        return status, b"".join(chunk[1] for chunk in chunks).decode(), json.loads(ends[0][2]) if ends else {}, asked
    return recordings.served([first.response, second.response], body)


def case_10_error_before_and_after_text(dialect, case):
    before, after, well = bad_streams(dialect)
    status, said, ended, asked = two_providers(dialect, before, well)
    case.equal("before text another is asked", (status, said, asked[-1]), (0, "Well", 1))
    status, said, ended, asked = two_providers(dialect, after, well)
    case.equal("after text nobody is", (status, said, asked), (306, "Hello", [0]))
    case.equal("end", ended.get("end"), "error")
    case.equal("kind", (ended.get("error") or {}).get("kind"), "overloaded")


def case_11_closed_without_its_last_event(dialect, case):
    if dialect == "anthropic":
        stream = handmade.anthropic_stream("x", [START, *text(0, "Hello"), end("end_turn")])
    else:
        stream = handmade.gemini_stream("x", [candidate([{"text": "Hello"}])])
    for close in (None, "short", "eof"):
        stream.response["close"] = close
        outcome, _ = ask(dialect, {"messages": [USER]}, stream, stream=True)
        case.true(f"{close}: status {outcome.status}", outcome.status != 0)
        case.equal(f"{close}: end and text", (outcome.end.get("end"), outcome.text), ("truncated", "Hello"))


class Pinging(BaseHTTPRequestHandler):
    """A stream that says nothing but that it lives."""

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        beat = b'event: ping\ndata: {"type": "ping"}\n\n' if "messages" in self.path else b": ping\r\n\r\n"
        try:
            self.wfile.write(f"event: message_start\ndata: {json.dumps(START)}\n\n".encode() if "messages" in self.path else beat)
            for _ in range(400):
                self.wfile.write(beat)
                self.wfile.flush()
                time.sleep(0.05)
        except OSError:
            pass

    def log_message(self, *_):
        pass


def case_12_pings_are_no_content(dialect, case):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pinging)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    client = library.Client(json.dumps({"environment": False, "retry": {"attempts": 1}, "timeouts": {"first_byte": 15, "idle": 15, "content": 1}, "providers": {
        "p": {"dialect": dialect, "base_url": f"http://127.0.0.1:{server.server_port}/{recordings.VERSION[dialect]}", "api_key": "sk-x"}}}))
    status, _, _, _, error = client.stream("stream", json.dumps({"model": "p/m", "messages": [USER], "max_tokens": 10}).encode())
    client.free()
    server.shutdown()
    case.equal("kind", json.loads(error or b"{}").get("kind"), "timeout_content")


# ---------------------------------------------------------------- 13 to 15

RECURSIVE = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}, "$defs": {"Node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}}}}


def case_13_recursive_schema(dialect, case):
    asks = [{"response_format": {"type": "json_schema", "json_schema": {"name": "list", "schema": RECURSIVE}}},
            {"tools": [{"type": "function", "function": {"name": "put", "parameters": RECURSIVE}}]}]
    for more in asks:
        outcome, body = ask(dialect, {"messages": [USER], **more})
        if outcome.status == 0:  # the dialect takes JSON Schema as it is: whole
            case.true(f"the schema is sent as it is: {json.dumps(body)[:300]}", "#/$defs/Node" in json.dumps(body))
            case.equal("faults", schemas.faults(dialect, body), [])
        else:
            case.true(f"the error names it: {outcome.error}", "recurs" in outcome.error.get("message", "").lower() or "$ref" in outcome.error.get("message", ""))


def case_14_unknown_words(dialect, case):
    if dialect == "anthropic":
        odd = {"type": "weather_report", "sky": "grey"}
        stream = handmade.anthropic_stream("x", [START, odd, *text(0, "Hello"), end("tea_break"), STOP])
    else:
        stream = handmade.gemini_stream("x", [candidate([{"text": "Hello"}, {"hologram": {"edges": 12}}], "TEA_BREAK")])
    outcome, _ = ask(dialect, {"messages": [USER]}, stream, stream=True)
    case.equal("status and text", (outcome.status, outcome.text), (0, "Hello"))
    case.equal("finish", (outcome.choice.get("finish_reason"), outcome.choice.get("native_finish_reason")), ("stop", "tea_break" if dialect == "anthropic" else "TEA_BREAK"))
    if dialect == "anthropic":
        case.equal("the event is seen", outcome.joined.events, [odd])
    else:
        case.equal("the part is seen", [entry["block"] for entry in outcome.message["provider_blocks"]], [{"hologram": {"edges": 12}}])


def case_15_every_border(dialect, case):
    """All handmade streams, in pieces of one byte and at random splits: the chunks are the same."""
    streams = [one for one in handmade.all_of() if one.dialect == dialect and one.stream and one.response["status"] == 200]
    seen = {}
    def body(port):
        for mode in ("W", "B", "R"):
            jobs = [recordings.driver.Job(number, one, mode, "queue") for number, one in enumerate(streams)]
            for job, delivered in recordings.run(jobs, port, "queue", 32):
                chunks = recordings.comparable([json.loads(chunk[0]) for chunk in delivered.chunks])
                first = seen.setdefault(job.number, (chunks, delivered.status))
                case.equal(f"{job.exchange.id} in mode {mode}", (chunks, delivered.status), first)
    recordings.served([one.response for one in streams], body)


def all_of(tests):
    for name, run in sorted(globals().items()):
        if not name.startswith("case_"):
            continue
        for dialect in DIALECTS:
            title = f"{dialect} {name.replace('_', ' ')}"
            if tests.wanted(title) and recordings.spoken(dialect):
                case = Case()
                try:
                    run(dialect, case)
                except Exception as fault:
                    case.found.append(f"{type(fault).__name__}: {fault}")
                tests.check(title, case.found)
