"""Recorded answers of every dialect through the surfaces: what a client of Anthropic's or OpenAI's own package gets must be valid by that
package's types, come in the order that the API promises, and say what was recorded. A provider of the surface's own dialect passes."""
import collections
import ctypes
import functools
import json
import re

import buckets
import corpus
import exchanges
import judge
import library
import passed
import reader as openai_reader
import recordings
import schemas
import written
from compare import differs, message_facts as message_facts_of_chat, short
from judge import same_json
from pydantic import TypeAdapter, ValidationError
from reading import Reading, exactly, numbers

OWN = {"messages": "anthropic", "responses": "openai-responses"}
STOP = {"stop": {"end_turn", "stop_sequence", "pause_turn"}, "length": {"max_tokens", "model_context_window_exceeded"}, "tool_calls": {"tool_use"}, "content_filter": {"refusal"}}
REQUESTS = {"messages": {"max_tokens": 4096, "messages": [{"role": "user", "content": "hi"}]}, "responses": {"input": "hi"}}


class Named(ctypes.Structure):
    _fields_ = library.Event._fields_ + [("name", ctypes.c_void_p), ("name_len", ctypes.c_size_t)]


def stream(client, call, request):
    """(status, [(name, data)], [END], assembled answer, error JSON)"""
    events, ends = [], []

    def on_event(event, _):
        e = ctypes.cast(event, ctypes.POINTER(Named)).contents
        document = ctypes.string_at(e.json, e.json_len)
        if e.kind == library.CHUNK:
            events.append((ctypes.string_at(e.name, e.name_len).decode() if e.name else "", document))
        else:
            ends.append(json.loads(document))
        return 0

    answer, error = ctypes.c_void_p(), ctypes.c_void_p()
    status = getattr(library.lib, "gatelet_" + call)(client.handle, request, library.EVENT_FN(on_event), None, ctypes.byref(answer), ctypes.byref(error))
    return status, events, ends, library._string(answer), library._error(error)


# ---------------------------------------------------------------- Messages

@functools.cache
def messages_types():
    from anthropic.types.beta import BetaMessage, BetaRawMessageStreamEvent
    return TypeAdapter(BetaMessage), TypeAdapter(BetaRawMessageStreamEvent)


@functools.cache
def responses_types():
    from openai.types.responses import Response, ResponseStreamEvent
    return TypeAdapter(Response), TypeAdapter(ResponseStreamEvent)


def invalid(adapter, document, what):
    if document.get("type", "").startswith("gatelet."):  # clients leave it out
        return []
    try:
        adapter.validate_python(document)
        return []
    except ValidationError as fault:
        return [f"{what} is not valid: {one}; {short(json.dumps(document))}" for one in schemas.sentences(fault.errors())[:1]]


def message_facts(message):
    """(text, reasoning, calls) of a message."""
    text = "".join(block["text"] for block in message["content"] if block["type"] == "text")
    reasoning = "".join(block["thinking"] for block in message["content"] if block["type"] == "thinking")
    return text, reasoning, [(block["id"], block["name"], block["input"]) for block in message["content"] if block["type"] == "tool_use"]


def calls_differ(got, reading):
    found = differs("number of calls", len(got), len(reading.calls))
    for (id_, name, arguments), wanted in zip(got, reading.calls):
        found += differs("name of a call", name, wanted[1])
        if wanted[0] is not None:
            found += differs("id of a call", id_, wanted[0])
        told = exactly(wanted[2] or "{}") if isinstance(wanted[2], str) else wanted[2]
        # Messages have objects, Responses have text.
        same = same_json(arguments or "{}", told) if isinstance(arguments, str) else exactly(json.dumps(arguments)) == exactly(json.dumps(numbers(told)))
        if not same:
            found.append(f"arguments of a call: got {short(str(arguments))}, the recording has {short(json.dumps(told))}")
    return found


def message_differs(message, reading):
    text, reasoning, calls = message_facts(message)
    found = (differs("model", message.get("model"), reading.model) if reading.model else []) + differs("text", text, reading.text) + differs("reasoning", reasoning, reading.reasoning) + calls_differ(calls, reading)
    if reading.finish and message.get("stop_reason") not in STOP[reading.finish]:
        found.append(f"stop_reason {message.get('stop_reason')} stands for {reading.finish}")
    return found + usage_differs(message.get("usage"), reading)


def usage_differs(usage, reading):
    wanted, got = buckets.buckets(reading.usage), buckets.buckets(usage)
    if wanted is None:
        return []
    names = [name for name in judge.KINDS if name not in ("total", "cache_write_1h")]
    return differs("usage", {name: (got or {}).get(name, 0) for name in names}, {name: wanted.get(name, 0) for name in names})


def message_of(events):
    """The message of a stream as the `anthropic` package puts it together, and what is wrong with the order of its events."""
    from anthropic._models import construct_type
    from anthropic.lib.streaming._beta_messages import accumulate_event
    from anthropic.types.beta import BetaRawMessageStreamEvent
    found, open_, opened, snapshot, buffers = [], set(), 0, None, {}
    kinds = [event["type"] for event in events if event["type"] != "ping"]
    if kinds[:1] != ["message_start"] or kinds[-2:] != ["message_delta", "message_stop"] or kinds.count("message_start") != 1 or kinds.count("message_stop") != 1:
        found.append(f"the order of events is {kinds[:3]} ... {kinds[-3:]}")
        return None, found
    for event in events:
        if event["type"] == "content_block_start":
            if open_ or event["index"] != opened:
                found.append(f"block {event['index']} begins while {open_} are open and {opened} were begun")
            open_.add(event["index"])
            opened += 1
        elif event["type"] in ("content_block_delta", "content_block_stop"):
            if event["index"] not in open_:
                found.append(f"{event['type']} of block {event['index']}, which is not open")
                return None, found
            if event["type"] == "content_block_stop":
                open_.discard(event["index"])
        elif event["type"] == "message_delta" and open_:
            found.append(f"blocks {open_} are open at the end")
        if event["type"] != "ping":
            snapshot = accumulate_event(event=construct_type(type_=BetaRawMessageStreamEvent, value=event), current_snapshot=snapshot, json_bufs=buffers, request_headers={})
    return json.loads(json.dumps(snapshot.to_dict())), found


def messages_stream_differs(events, assembled, reading):
    found = [fault for name, event in events for fault in invalid(messages_types()[1], event, f"event {name}") + differs("name", name, event.get("type"))][:3]
    if found:
        return found
    message, found = message_of([event for _, event in events])
    if message:
        found += message_differs(message, reading)
        whole = assembled and {name: value for name, value in assembled.items() if name != "gatelet"}
        if assembled is None or message_facts(whole)[:2] != message_facts(message)[:2]:
            found.append(f"the assembled answer differs: {short(json.dumps(assembled))}")
        elif reading.id:
            found += differs("id of the assembled answer", whole["id"], message["id"])
    return found


# ---------------------------------------------------------------- Responses

def response_facts(response):
    text = "".join(part["text"] for item in response["output"] if item["type"] == "message" for part in item["content"] if part["type"] == "output_text")
    reasoning = "".join(part["text"] for item in response["output"] if item["type"] == "reasoning" for part in [*(item.get("content") or []), *(item.get("summary") or [])])
    return text, reasoning, [(item["call_id"], item["name"], item["arguments"]) for item in response["output"] if item["type"] == "function_call"]


def response_differs(response, reading):
    text, reasoning, calls = response_facts(response)
    found = (differs("model", response.get("model"), reading.model) if reading.model else []) + differs("text", text, reading.text) + differs("reasoning", reasoning, reading.reasoning) + calls_differ(calls, reading)
    wanted = {"length": ("incomplete", "max_output_tokens"), "content_filter": ("incomplete", "content_filter")}.get(reading.finish, ("completed", None))
    got = (response.get("status"), (response.get("incomplete_details") or {}).get("reason"))
    found += differs("status and reason", got, wanted) if reading.finish else []
    usage = response.get("usage") or {}
    bought = buckets.buckets(reading.usage)
    if bought is not None:
        cached = (usage.get("input_tokens_details") or {}).get("cached_tokens", 0)
        found += differs("input tokens", usage.get("input_tokens"), sum(bought.get(name, 0) for name in ("input", "cache_read", "cache_write")))
        found += differs("cached and output tokens", (cached, usage.get("output_tokens")), (bought.get("cache_read", 0), bought.get("output", 0)))
    return found


def responses_stream_differs(events, assembled, reading):
    # What no type has is another provider's event that nobody knows.
    found = [fault for name, event in events if name != "gatelet.provider_event"
             for fault in invalid(responses_types()[1], event, f"event {name}") + differs("name", name, event.get("type"))][:3]
    if found:
        return found
    kinds = [event["type"] for _, event in events]
    if kinds[:1] != ["response.created"] or kinds[-1] not in passed.ENDS or sum(kind in passed.ENDS for kind in kinds) != 1:
        return [f"the order of events is {kinds[:3]} ... {kinds[-3:]}"]
    found += differs("sequence numbers", [event["sequence_number"] for _, event in events], list(range(len(events))))
    last = events[-1][1]["response"]
    found += items_differ([event for _, event in events], last)
    whole = assembled and {name: value for name, value in assembled.items() if name != "gatelet"}
    if whole is None or response_facts(whole) != response_facts(last):
        found.append(f"the assembled answer differs: {short(json.dumps(assembled))}")
    elif reading.id:
        found += differs("id and items of the assembled answer", (whole["id"], whole["output"]), (last["id"], last["output"]))
    return found + response_differs(last, reading)


def items_differ(events, last):
    """Items are added, filled by deltas and done, each in its order; what was done is in the last event."""
    added, done, texts, found = {}, {}, {}, []
    for event in events:
        kind, at = event["type"], event.get("output_index")
        if kind == "response.output_item.added":
            added[at] = event["item"]
        elif kind == "response.output_item.done":
            done[at] = event["item"]
        elif at is not None and at not in added:
            found.append(f"{kind} of item {at}, which was not added")
        elif at in done:
            found.append(f"{kind} of item {at}, which is done")
        elif kind.endswith(".delta"):
            key = at, kind[:-6], event.get("content_index", event.get("summary_index"))
            texts[key] = texts.get(key, "") + event["delta"]
        elif kind.endswith(".done") and kind[:-5] in ("response.output_text", "response.function_call_arguments", "response.reasoning_text", "response.reasoning_summary_text"):
            key = at, kind[:-5], event.get("content_index", event.get("summary_index"))
            found += differs(f"{kind} against its deltas", event.get("text", event.get("arguments")), texts.get(key, ""))
    found += differs("items that are done", [done.get(at) for at in range(len(added))], last["output"])
    return found[:4]


# ---------------------------------------------------------------- all

STREAMS = {"messages": messages_stream_differs, "responses": responses_stream_differs}
ANSWERS = {"messages": message_differs, "responses": response_differs}
TYPES = {"messages": messages_types, "responses": responses_types}


def without_images(document):
    """Claude makes no images, so that its API has no word for one in an answer; another model's is a block as in requests."""
    blocks = document.get("content")
    return {**document, "content": [block for block in blocks if block["type"] != "image"]} if isinstance(blocks, list) else document


def rendered(client, surface, job, reading):
    """What is wrong with one answer on one surface."""
    exchange = job.exchange
    request = {"model": exchange.model, "gatelet": {"provider": job.provider}, **REQUESTS[surface]}
    stops = exchange.request().get("stop")
    if stops and surface == "messages":
        request["stop_sequences"] = stops
    body = json.dumps(request).encode()
    if not exchange.stream:
        status, answer, error = client.call(surface, body)
        if status != reading.status:
            return [f"status {status}, not {reading.status}: {short(error or b'')}"]
        if reading.status:
            return []
        document = json.loads(answer)
        found = [] if isinstance(document.pop("gatelet", None), dict) else ["the answer has no member gatelet"]
        if exchange.dialect == OWN[surface]:
            return found + differs("the answer", document, json.loads(exchange.body))
        return found + (invalid(TYPES[surface]()[0], without_images(document), "the answer") or ANSWERS[surface](document, reading))
    status, events, ends, assembled, error = stream(client, surface + "_stream", body)
    if status != reading.status:
        return [f"status {status}, not {reading.status}: {short(error or b'')}"]
    if reading.status:
        return []
    if exchange.dialect == OWN[surface]:
        wanted = [(name, json.loads(data)) for name, data, _ in recordings.anthropic_reader.events(exchange.body)]
        got = [(name, json.loads(data)) for name, data in events]
        if [one for one in got if one[0] != "ping"] != [one for one in wanted if one[0] != "ping"]:
            return [f"events do not pass: {len(got)} of {len(wanted)}"]
        return passed.DIFFERS[surface]([event for _, event in got], assembled and json.loads(assembled), True)
    return STREAMS[surface]([(name, json.loads(data)) for name, data in events], assembled and json.loads(assembled), reading)


LAST = ("message_stop", "response.completed", "response.incomplete")


def cut(client, surface, job):
    """A stream that breaks off must not look whole to the caller of a surface either."""
    request = {"model": job.exchange.model, "gatelet": {"provider": job.provider}, **REQUESTS[surface]}
    status, events, ends, assembled, _ = stream(client, surface + "_stream", json.dumps(request).encode())
    last = events[-1][0] if events else ""
    found = [f"status {status}, END {[end['end'] for end in ends]}, last event {last}"] if status == 0 or last in LAST else []
    return found + passed.claims_an_end(surface, assembled and json.loads(assembled))


def cuts(tests, surface):
    """Handmade streams of every dialect, cut between their events."""
    streams = [one for one in corpus.handmade() if one.stream and one.format == "sse" and recordings.READERS[one.dialect].read(one).end == "finished"]
    made = []
    for exchange in streams:
        reading = recordings.READERS[exchange.dialect].read(exchange)
        made += [(exchange, offset) for offset in recordings.borders(exchange) if offset < reading.last]
    made = [(exchange, offset) for exchange, offset in made if tests.wanted(f"{surface} surface {exchange.name}: cuts")]

    def body(port):
        wrong = collections.defaultdict(list)
        for at in range(0, len(made), 100):
            some = [recordings.driver.Job(number, made[number][0], "W", "call") for number in range(at, min(at + 100, len(made)))]
            client = library.Client(recordings.configuration(some, port))
            for job in some:
                wrong[job.exchange.name] += [f"cut at byte {made[job.number][1]}: {fault}" for fault in cut(client, surface, job)]
            client.free()
        return wrong
    if made:
        for name, found in recordings.served([dict(exchange.response, bytes=exchange.body[:offset]) for exchange, offset in made], body).items():
            tests.check(f"{surface} surface {name}: cuts", found)


class Chat:
    """A recorded exchange of OpenAI's dialect, as Tests/Replay reads it."""

    kind, dialect, format = "chat", "openai", "sse"

    def __init__(self, exchange):
        self.exchange, self.stream, self.response, self.body = exchange, exchange.stream, exchange.response, exchange.response["bytes"]
        self.name = f"openai {'stream' if self.stream else 'answer'} {exchange.id} of {exchange.provider}"
        self.model = "a-model"

    def request(self):
        return {"stop": ["x"]} if self.exchange.request.get("stop") else {}

    def read(self):
        """None: not a chat with one choice and whole calls, which is all that these surfaces have words for."""
        found = openai_reader.read(self.exchange)
        model = re.search(rb'"model": ?"([^"]+)"', self.body)  # of the first chunk that tells it
        ids = set(re.findall(rb'^data: ?\{"id": ?"([^"]*)"', self.body, re.M))  # some change it under way
        made = Reading(found.status, found.end, id=ids.pop().decode() or None if len(ids) == 1 else None, model=model and model[1].decode(), text=found.text, reasoning=found.reasoning, calls=found.tool_calls, finish=found.finish_reason, usage=found.usage, cited=None)
        choices = len(found.choices)
        if isinstance(found.answer, dict) and not found.status:
            listed = found.answer["choices"]
            facts, choices = message_facts_of_chat(listed[0].get("message") or {}), len(listed)
            made.text, made.reasoning, made.calls = facts["text"], facts["reasoning"], facts["tool calls"]
            made.finish, made.usage = listed[0].get("finish_reason"), found.answer.get("usage")
            if facts["refusal"]:
                return None
        elif found.choices and found.choices[min(found.choices)].refusal:
            return None
        if choices > 1 or made.finish not in (None, *STOP) or any(judge.is_no_object(call[2]) or not call[0] for call in made.calls):
            return None
        if made.finish == "stop" and made.calls:
            made.finish = "tool_calls"
        return made


def chats(tests):
    found = []
    for exchange in exchanges.recorded(collections.Counter()):
        chat = Chat(exchange) if exchange.kind == "chat" else None
        if chat and any(tests.wanted(f"{surface} surface {chat.name}") for surface in OWN):
            reading = chat.read()
            found += [(chat, reading)] if reading else []
    return found


def all_of(tests):
    listing = [exchange for exchange in corpus.everything() if recordings.spoken(exchange.dialect)]
    readings = [recordings.READERS[exchange.dialect].read(exchange) for exchange in listing]
    for chat, reading in chats(tests):
        listing.append(chat)
        readings.append(reading)
    for surface in OWN:
        if tests.wanted(f"{surface} surface"):
            tests.check(f"{surface} surface is there", "" if offered(surface) else "it is not")
        if not offered(surface):
            continue
        cuts(tests, surface)
        jobs = [recordings.driver.Job(number, exchange, "W", "call") for number, exchange in enumerate(listing) if tests.wanted(f"{surface} surface {exchange.name}")]
        if not jobs:
            continue

        def body(port):
            for at in range(0, len(jobs), 100):
                some = jobs[at:at + 100]
                client = library.Client(recordings.configuration(some, port))
                for job in some:
                    try:
                        found = rendered(client, surface, job, readings[job.number])
                    except Exception as fault:
                        found = [f"{type(fault).__name__}: {fault}"]
                    tests.check(f"{surface} surface {job.exchange.name}", found)
                client.free()
        recordings.served([exchange.response for exchange in listing], body)


@functools.cache
def offered(surface):
    """Whether the library renders a surface for a provider that does not speak it."""
    def body(port):
        job = recordings.driver.Job(0, written.Wanted("x", "openai", {}), "W", "call")
        client = library.Client(recordings.configuration([job], port))
        request = {"model": "a-model", "gatelet": {"provider": job.provider}, **REQUESTS[surface]}
        status, *_ = client.call(surface, json.dumps(request).encode())
        client.free()
        return status == 0
    return recordings.served([written.answer_of("openai")], body)
