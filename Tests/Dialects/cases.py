"""The cases that every dialect must pass, each by its name and with what is expected written out."""
import copy
import json
import threading
import time
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import handmade
import handmade_responses
import judge
import library
import makers
import meaning
import recordings
import schemas
import written
from makers import story
from openai._models import construct_type
from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.types.chat import ChatCompletionChunk

DIALECTS = ("anthropic", "gemini", "openai-responses")
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
        self.gatelet = self.end.get("gatelet") or self.answer.get("gatelet") or {}
        self.warned = {warning["path"]: warning for warning in self.gatelet.get("warnings") or []}

    def finish(self):
        return self.choice.get("finish_reason"), self.choice.get("native_finish_reason")


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

    def valid(self, dialect, body):
        self.equal("faults by the published schema", schemas.faults(dialect, body), [])


def calls_of(message):
    return [(call["id"], call["function"]["name"], call["function"]["arguments"]) for call in message.get("tool_calls") or []]


def case_01_two_calls_in_parallel(dialect, case):
    stream = story(dialect, ("call", "toolu_1", "weather", '{"city": "Par', 'is"}'), ("call", "toolu_2", "weather", '{"city": "\\u00d6', 'lu"}'), end="calls")
    outcome, _ = ask(dialect, {"messages": [USER], "tools": [WEATHER]}, stream, stream=True)
    case.equal("status", outcome.status, 0)
    case.equal("calls", calls_of(outcome.message), [("toolu_1", "weather", '{"city": "Paris"}'), ("toolu_2", "weather", '{"city": "\\u00d6lu"}')])
    indexes = [piece["index"] for chunk in outcome.chunks for choice in chunk["choices"] for piece in choice["delta"].get("tool_calls") or []]
    case.equal("indexes", sorted(set(indexes)), [0, 1])
    case.equal("finish", outcome.choice.get("finish_reason"), "tool_calls")


def case_02_call_without_arguments(dialect, case):
    outcome, _ = ask(dialect, {"messages": [USER]}, story(dialect, ("call", "toolu_1", "now"), end="calls"), stream=True)
    case.equal("calls", calls_of(outcome.message), [("toolu_1", "now", "{}")])
    for arguments in ("", "{}", " "):
        called = {"role": "assistant", "content": None, "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "now", "arguments": arguments}}]}
        outcome, body = ask(dialect, {"messages": [USER, called, {"role": "tool", "tool_call_id": "c1", "content": "12:00"}]})
        case.equal(f"status with arguments {arguments!r}", outcome.status, 0)
        case.equal(f"what {arguments!r} says", meaning.of(dialect, body).turns[1:2], [["assistant", [("call", 0, "now", "{}")]]])
        case.valid(dialect, body)


def case_03_system_not_first(dialect, case):
    outcome, body = ask(dialect, {"messages": [{"role": "system", "content": "one"}, USER, {"role": "assistant", "content": "hello"}, {"role": "developer", "content": "two"},
                                               {"role": "user", "content": "three"}]})
    case.equal("status", outcome.status, 0)
    case.valid(dialect, body)
    said = meaning.of(dialect, body)
    case.true(f"the first stands apart: {said.system}", "one" in said.system)
    case.true(f"nothing is lost: {body}", all(word in json.dumps(body) for word in ("one", "two", "three")))
    roles = [role for role, _ in said.turns]
    case.true(f"roles take turns: {roles}", all(one != other for one, other in zip(roles, roles[1:])))


def case_04_images(dialect, case):
    parts = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
             {"type": "image_url", "image_url": {"url": "https://example.org/cat.jpg", "detail": "low"}}]
    outcome, body = ask(dialect, {"messages": [{"role": "user", "content": parts}]})
    case.equal("status", outcome.status, 0)
    case.valid(dialect, body)
    case.equal("parts", meaning.of(dialect, body).turns, [["user", [("text", "What is this?"), ("media", "image/png", PNG), ("media", "url", "https://example.org/cat.jpg")]]])


def case_05_temperature(dialect, case):
    for given, allowed in ((0, {0}), (1.7, {1} if dialect == "anthropic" else {1.7}), (0.3, {0.3})):
        outcome, body = ask(dialect, {"messages": [USER], "temperature": given})
        got = meaning.of(dialect, body).settings.get("temperature")
        case.true(f"temperature {given} is {got}", got in allowed)
        case.equal(f"warned of {given}", "temperature" in outcome.warned, got != given)
    outcome, body = ask(dialect, {"messages": [USER], "temperature": 0.5, "top_p": 0.9})
    got = meaning.of(dialect, body).settings
    # Anthropic's newest models refuse both together: which one goes is told.
    case.equal("temperature beside top_p", got.get("temperature"), 0.5)
    case.true(f"top_p is sent, or a warning says why not: {got}", got.get("top_p") == 0.9 or dialect == "anthropic" and "top_p" in outcome.warned)


THOUGHTS = {
    "anthropic": [{"type": "thinking", "thinking": "Paris, so ask", "signature": "c2lnbmF0dXJl"}, {"type": "text", "text": "Let me see."},
                  {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Paris"}}],
    "gemini": [{"text": "Let me see."}, {"functionCall": {"id": "toolu_1", "name": "weather", "args": {"city": "Paris"}}, "thoughtSignature": "c2lnbmF0dXJl"}],
}


def case_06_thoughts_come_back(dialect, case):
    stream = story(dialect, ("thought", "Paris, so ask", "c2lnbmF0dXJl"), ("text", "Let me", " see."), ("call", "toolu_1", "weather", '{"city": "Paris"}'), end="calls")
    more = {"tools": [WEATHER], "reasoning": {"effort": "low"}, "max_tokens": 4000}
    outcome, first = ask(dialect, {"messages": [USER], **more}, stream, stream=True)
    case.equal("reasoning", outcome.message["reasoning"], "Paris, so ask")
    outcome, body = ask(dialect, {"messages": [USER, assembled(outcome), {"role": "tool", "tool_call_id": "toolu_1", "content": "sunny"}], **more})
    case.equal("status", outcome.status, 0)
    case.valid(dialect, body)
    if dialect == "openai-responses":
        secrets = [item.get("encrypted_content") for item in body["input"] if item.get("type") == "reasoning"]
        case.equal("sent back", secrets, ["c2lnbmF0dXJl"])
        case.true("secrets are asked for", "reasoning.encrypted_content" in first.get("include", []) and first.get("store") is False)
        return
    got = body["messages"][1]["content"] if dialect == "anthropic" else [part for part in body["contents"][1]["parts"] if not part.get("thought")]
    case.equal("sent back", got, THOUGHTS[dialect])
    asked = body.get("thinking") or {} if dialect == "anthropic" else body["generationConfig"].get("thinkingConfig") or {}
    case.true(f"thoughts are asked for: {asked}", asked.get("type") in ("enabled", "adaptive") or asked.get("includeThoughts") is True)


def assembled(outcome):
    """The message that OpenAI's own package makes of the chunks, without what it adds for its user."""
    state = ChatCompletionStreamState()
    for chunk in outcome.chunks:
        list(state.handle_chunk(construct_type(type_=ChatCompletionChunk, value=chunk)))
    message = state.get_final_completion().choices[0].message.to_dict()
    for call in message.get("tool_calls") or []:
        call.get("function", {}).pop("parsed_arguments", None)
    return {"role": "assistant", **{name: value for name, value in message.items() if value and name != "parsed"}}


def case_07_refusals(dialect, case):
    outcome, _ = ask(dialect, {"messages": [USER]}, story(dialect, ("text", "No"), end="refused"), stream=True)
    case.equal("finish", (outcome.status, outcome.text, *outcome.finish()),
               (0, "No", "content_filter", {"anthropic": "refusal", "gemini": "SAFETY", "openai-responses": "content_filter"}[dialect]))
    if dialect == "anthropic":
        outcome, _ = ask(dialect, {"messages": [USER]}, handmade.anthropic_answer("x", handmade.whole([], "refusal")))
        case.equal("without a word", (outcome.status, *outcome.finish()), (0, "content_filter", "refusal"))
    if dialect == "gemini":
        blocked = handmade.gemini_answer("x", {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 3}})
        outcome, _ = ask(dialect, {"messages": [USER]}, blocked)
        case.equal("a blocked prompt", (outcome.status, outcome.error.get("kind")), (310, "content_policy"))
        case.true(f"the reason is told: {outcome.error}", "SAFETY" in json.dumps(outcome.error))


def case_08_usage_is_replaced(dialect, case):
    if dialect == "anthropic":
        start = dict(handmade.START, message=dict(handmade.START["message"], usage={"input_tokens": 100, "output_tokens": 7, "cache_read_input_tokens": 5}))
        stream = handmade.anthropic_stream("x", [start, *handmade.text(0, "a"), handmade.end("end_turn", 40, {"input_tokens": 160}), handmade.end("end_turn", 41), handmade.STOP])
    elif dialect == "gemini":
        stream = handmade.gemini_stream("x", [
            handmade.candidate([{"text": "a"}], None, {"promptTokenCount": 50, "candidatesTokenCount": 9, "totalTokenCount": 59}),
            handmade.candidate([{"text": "b"}], "STOP", {"promptTokenCount": 165, "candidatesTokenCount": 31, "thoughtsTokenCount": 10, "totalTokenCount": 206})])
    else:
        usage = {"input_tokens": 165, "input_tokens_details": {"cached_tokens": 5, "cache_write_tokens": 0}, "output_tokens": 41, "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 206}
        stream = story(dialect, ("text", "a"), usage=usage)
    wanted = {"prompt_tokens": 165, "completion_tokens": 41}
    outcome, _ = ask(dialect, {"messages": [USER], "stream_options": {"include_usage": True}}, stream, stream=True)
    usage = outcome.end["usage"] or {}
    case.equal("usage", {name: usage.get(name) for name in wanted}, wanted)
    case.equal("usage in the chunks", {name: (outcome.joined.usage or {}).get(name) for name in wanted}, wanted)


BILLED = {
    "anthropic": {"input_tokens": 100, "cache_read_input_tokens": 60, "output_tokens": 25, "output_tokens_details": {"thinking_tokens": 20}},
    "gemini": {"promptTokenCount": 160, "cachedContentTokenCount": 60, "candidatesTokenCount": 5, "thoughtsTokenCount": 20, "totalTokenCount": 185},
    "openai": {"prompt_tokens": 160, "completion_tokens": 25, "total_tokens": 185, "prompt_tokens_details": {"cached_tokens": 60}, "completion_tokens_details": {"reasoning_tokens": 20}},
    "openai-responses": {"input_tokens": 160, "input_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 0}, "output_tokens": 25,
                         "output_tokens_details": {"reasoning_tokens": 20}, "total_tokens": 185},
}


def case_09_cached_tokens_cost_the_same(dialect, case):
    wanted = 100 * Decimal(judge.PRICES["prompt"]) + 60 * Decimal(judge.PRICES["input_cache_read"]) + 25 * Decimal(judge.PRICES["completion"])
    for one in (dialect, "openai"):
        outcome, _ = ask(one, {"messages": [USER]}, makers.answer(one, BILLED[one]))
        usage, cost = outcome.gatelet.get("usage") or {}, outcome.gatelet.get("cost", {}).get("total")
        case.equal(f"usage by {one}", {name: usage.get(name) for name in ("input", "cache_read", "output", "reasoning", "total")},
                   {"input": 100, "cache_read": 60, "output": 25, "reasoning": 20, "total": 185})
        case.true(f"{one} costs {cost}, not {wanted}", cost is not None and Decimal(cost) == wanted)


def two_providers(dialect, first, second):
    """(status, text, END, who was asked) of a stream that may go to two providers."""
    def body(port):
        providers = {name: {"dialect": dialect, "base_url": f"http://127.0.0.1:{port}/{number}/W/{recordings.VERSION[dialect]}", "api_key": "sk-x"}
                     for number, name in enumerate(("first", "second"))}
        client = library.Client(json.dumps({"environment": False, "providers": providers, "request_extensions": "all", "retry": {"attempts": 1}}))
        request = {"model": "first/m", "models": ["second/m"], "messages": [USER], "max_tokens": 100}
        status, chunks, ends, _, _ = client.stream("stream", json.dumps(request).encode())
        client.free()
        asked = [number for number, *_ in written.received(port)]
        return status, b"".join(chunk[1] for chunk in chunks).decode(), json.loads(ends[0][2]) if ends else {}, asked
    return recordings.served([first.response, second.response], body)


def broken(stream, dialect):
    """A stream that ends in an error instead."""
    made = copy.copy(stream)
    made.response = dict(stream.response, bytes=stream.body + makers.failure(dialect))
    return made


def case_10_error_before_and_after_text(dialect, case):
    well = story(dialect, ("text", "Well"))
    status, said, _, asked = two_providers(dialect, broken(story(dialect, end=None), dialect), well)
    case.equal("before text another is asked", (status, said, asked[-1]), (0, "Well", 1))
    status, said, ended, asked = two_providers(dialect, broken(story(dialect, ("text", "Hello"), end=None), dialect), well)
    wanted, kind = makers.KIND[dialect]
    case.equal("after text nobody is", (status, said, asked), (wanted, "Hello", [0]))
    case.equal("end and kind", (ended.get("end"), (ended.get("error") or {}).get("kind")), ("error", kind))


def case_11_closed_without_its_last_event(dialect, case):
    streams = [story(dialect, ("text", "Hello"), end=None)]
    if dialect == "anthropic":
        streams.append(handmade.anthropic_stream("x", [handmade.START, *handmade.text(0, "Hello"), handmade.end("end_turn")]))
    for stream in streams:
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
        first = f"event: message_start\ndata: {json.dumps(handmade.START)}\n\n".encode() if "messages" in self.path else b""
        try:
            self.wfile.write(first)
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
    _, _, _, _, error = client.stream("stream", json.dumps({"model": "p/m", "messages": [USER], "max_tokens": 16}).encode())
    client.free()
    server.shutdown()
    server.server_close()
    case.equal("kind", json.loads(error or b"{}").get("kind"), "timeout_content")


RECURSIVE = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}, "$defs": {"Node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}}}}


def case_13_recursive_schema(dialect, case):
    asks = [{"response_format": {"type": "json_schema", "json_schema": {"name": "list", "schema": RECURSIVE}}},
            {"tools": [{"type": "function", "function": {"name": "put", "parameters": RECURSIVE}}]}]
    for more in asks:
        outcome, body = ask(dialect, {"messages": [USER], **more})
        if outcome.status == 0:  # the dialect takes JSON Schema as it is: whole
            case.true(f"the schema is sent as it is: {json.dumps(body)[:300]}", "#/$defs/Node" in json.dumps(body))
            case.valid(dialect, body)
        else:
            case.true(f"the error names it: {outcome.error}", "recurs" in outcome.error.get("message", "").lower() or "$ref" in outcome.error.get("message", ""))


def case_14_unknown_words(dialect, case):
    if dialect == "openai-responses":
        odd = {"type": "response.x.weather_report", "sky": "grey", "sequence_number": 0}
        stream = story(dialect, ("text", "Hello"))
        stream.response["bytes"] = f"event: {odd['type']}\ndata: {json.dumps(odd)}\n\n".encode() + stream.body
    elif dialect == "anthropic":
        odd = {"type": "weather_report", "sky": "grey"}
        stream = handmade.anthropic_stream("x", [handmade.START, odd, *handmade.text(0, "Hello"), handmade.end("tea_break"), handmade.STOP])
    else:
        odd = {"hologram": {"edges": 12}}
        stream = handmade.gemini_stream("x", [handmade.candidate([{"text": "Hello"}, odd], "TEA_BREAK")])
    outcome, _ = ask(dialect, {"messages": [USER]}, stream, stream=True)
    case.equal("status and text", (outcome.status, outcome.text), (0, "Hello"))
    case.equal("finish", outcome.finish(), ("stop", {"anthropic": "tea_break", "gemini": "TEA_BREAK", "openai-responses": "completed"}[dialect]))
    seen = [entry["block"] for entry in outcome.message["provider_blocks"]] if dialect == "gemini" else outcome.joined.events
    case.equal("what is unknown is seen", seen, [odd])


def case_15_every_border(dialect, case):
    """All handmade streams, in pieces of one byte and at random splits: the chunks are the same."""
    streams = [one for one in recordings.corpus.handmade() if one.dialect == dialect and one.stream and one.response["status"] == 200]
    seen = {}

    def body(port):
        for mode in ("W", "B", "R"):
            jobs = [recordings.driver.Job(number, one, mode, "queue") for number, one in enumerate(streams)]
            for job, delivered in recordings.run(jobs, port, "queue", 32):
                chunks = recordings.comparable([json.loads(chunk[0]) for chunk in delivered.chunks])
                case.equal(f"{job.exchange.id} in mode {mode}", (chunks, delivered.status), seen.setdefault(job.number, (chunks, delivered.status)))
    recordings.served([one.response for one in streams], body)


SAID = {
    "anthropic": [{"type": "thinking", "thinking": "one more", "signature": "S0"}, {"type": "text", "text": "Cats", "citations": [{"type": "web_search_result_location", "url": "https://example.org/1", "title": "A"}]},
                  {"type": "thinking", "thinking": "two more", "signature": "S2"}, {"type": "redacted_thinking", "data": "R3"},
                  {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "cats"}},
                  {"type": "text", "text": " purr.", "citations": [{"type": "web_search_result_location", "url": "https://example.org/2", "title": "B"}]},
                  {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Paris"}}, {"type": "tool_use", "id": "toolu_2", "name": "weather", "input": {}}],
    "gemini": [{"text": "Cats", "thoughtSignature": "S0"}, {"executableCode": {"code": "1"}}, {"text": " purr.", "thoughtSignature": "S2"}, {"codeExecutionResult": {"output": "1"}},
               {"inlineData": {"mimeType": "image/png", "data": "QUJD"}}, {"inlineData": {"mimeType": "image/png", "data": "REVG"}},
               {"functionCall": {"id": "toolu_1", "name": "weather", "args": {"city": "Paris"}}, "thoughtSignature": "S6"}, {"functionCall": {"id": "toolu_2", "name": "weather", "args": {}}}],
    "openai-responses": ["secret-1", "ws_01", "secret-2", "ws_01", "message", "function_call", "function_call"],
}


def all_said(dialect):
    """A stream with more than one of everything that is told in lists."""
    if dialect == "anthropic":
        events = [handmade.START]
        for at, one in enumerate(SAID[dialect]):
            if one["type"] == "thinking":
                pieces = one["thinking"].split(" ")
                events += handmade.block(at, {"type": "thinking", "thinking": "", "signature": ""}, {"type": "thinking_delta", "thinking": pieces[0]},
                                         {"type": "thinking_delta", "thinking": " " + pieces[1]}, {"type": "signature_delta", "signature": one["signature"]})
            elif one["type"] == "text":
                events += handmade.block(at, {"type": "text", "text": "", "citations": []}, {"type": "text_delta", "text": one["text"]}, {"type": "citations_delta", "citation": one["citations"][0]})
            elif one["type"] == "redacted_thinking":
                events += handmade.block(at, one)
            else:
                text = json.dumps(one["input"])
                events += handmade.block(at, {**one, "input": {}}, {"type": "input_json_delta", "partial_json": text[:3]}, {"type": "input_json_delta", "partial_json": text[3:]})
        return handmade.anthropic_stream("x", [*events, handmade.end("tool_use"), handmade.STOP])
    if dialect == "gemini":
        odd = [{**part, "new": number} if "text" in part else part for number, part in enumerate(SAID[dialect])]
        return handmade.gemini_stream("x", [*(handmade.candidate([part]) for part in odd), handmade.candidate([], "STOP")])
    cited = [{"type": "url_citation", "url": f"https://example.org/{at}", "title": "A", "start_index": 0, "end_index": 2} for at in range(2)]
    return handmade_responses.stream("x", handmade_responses.events(
        handmade_responses.reasoning("one", " more", secret="secret-1"), handmade_responses.search(), handmade_responses.reasoning("two", secret="secret-2"),
        handmade_responses.search(), handmade_responses.message("Cats", " purr.", annotations=cited),
        handmade_responses.call("toolu_1", "weather", '{"city"', ': "Paris"}'), handmade_responses.call("toolu_2", "weather", "{}")))


def case_16_clients_join_streams(dialect, case):
    """What OpenAI's own package makes of the chunks goes back to where it came from as it was."""
    outcome, _ = ask(dialect, {"messages": [USER], "tools": [WEATHER]}, all_said(dialect), stream=True)
    message = assembled(outcome)
    for name in judge.LISTS:
        entries = message.get(name) or []
        case.equal(f"places in {name}", [entry.get("index") for entry in entries], list(range(len(entries))))
    results = [{"role": "tool", "tool_call_id": f"toolu_{at}", "content": "sunny"} for at in (1, 2)]
    outcome, body = ask(dialect, {"messages": [USER, message, *results], "tools": [WEATHER]})
    case.equal("status", outcome.status, 0)
    if dialect == "anthropic":
        said = body["messages"][1]["content"]
    elif dialect == "gemini":
        said = body["contents"][1]["parts"]
    else:
        said = [item.get("encrypted_content") or (item.get("id") if "search" in item.get("type", "") else item.get("type", "message")) for item in body["input"][1:-2]]
    case.equal("sent back", said, SAID[dialect])
    case.equal("warnings", list(outcome.warned), [])


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
