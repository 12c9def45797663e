"""Assembled answers of streams whose provider speaks as the caller does: whole, cut between all of their events, and without names of events."""
import json

import handmade
import handmade_responses as openai
import library
import passed
import recordings
import replies
import surfaces
from compare import differs

USAGE = {"input_tokens": 25, "cache_creation_input_tokens": 3, "cache_read_input_tokens": 2, "cache_creation": {"ephemeral_5m_input_tokens": 3, "ephemeral_1h_input_tokens": 0},
         "output_tokens": 1, "service_tier": "priority", "new_tokens": 7}
START = {**handmade.START, "message": {**handmade.START["message"], "usage": USAGE, "new_member": {"a": [1.50]}}}
ITERATIONS = [{"type": "message", "input_tokens": 25, "output_tokens": 15}]
SEARCH = [*handmade.block(0, {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}, {"type": "input_json_delta", "partial_json": "{\"query\":"}, {"type": "input_json_delta", "partial_json": "\"q\"}"}),
          *handmade.block(1, {"type": "web_search_tool_result", "tool_use_id": "s", "content": [{"type": "web_search_result", "url": "u", "title": "t", "encrypted_content": "e", "page_age": None}]})]
CITED = handmade.block(2, {"type": "text", "text": ""}, {"type": "text_delta", "text": "He said \"\u00fc"}, {"type": "text_delta", "text": "\ud83d\ude00\""},
                       {"type": "citations_delta", "citation": {"type": "web_search_result_location", "url": "u", "title": "t", "cited_text": "c", "encrypted_index": "i"}})
THOUGHT = handmade.block(3, {"type": "thinking", "thinking": "", "signature": ""}, {"type": "thinking_delta", "thinking": "I "}, {"type": "thinking_delta", "thinking": "see"},
                         {"type": "signature_delta", "signature": "sig"})
MESSAGE = [START, {"type": "ping"}, *SEARCH, *CITED, *THOUGHT, *handmade.block(4, {"type": "new_block", "z": [1, 2]}), *handmade.call(5, "t", "f", '{"a"', ":1}")]
ENDS = {"known": handmade.end("tool_use", usage={"iterations": ITERATIONS, "service_tier": "priority", "server_tool_use": {"web_search_requests": 1}}),
        "unknown": handmade.end("brand_new", container={"id": "c", "expires_at": "x"}, usage={"iterations": ITERATIONS})}
IMAGE = {"id": "ig_01", "type": "image_generation_call", "status": "completed", "result": "iVBORw0KGgo="}
ITEMS = (openai.reasoning("I ", "think"), openai.search(), openai.message("Ca", "ts", annotations=[{"type": "url_citation", "url": "u", "title": "t", "start_index": 0, "end_index": 4}]),
         openai.call("call_1", "first", '{"a"', ": 1.0}"), (IMAGE, []))
TOLD = {"code": "server_error", "message": "The model produced invalid content."}
STREAMS = {
    "messages": {**{f"{name} stop": [*MESSAGE, end, handmade.STOP] for name, end in ENDS.items()}},
    "responses": {"completed": openai.events(*ITEMS), "incomplete": openai.events(*ITEMS, last="response.incomplete", status="incomplete", incomplete_details={"reason": "max_output_tokens"}),
                  "failed": openai.events(*ITEMS[:2], last="response.failed", status="failed", error=TOLD),
                  "failed at once": openai.events(last="response.failed", status="failed", error={"code": "rate_limit_exceeded", "message": "Slow down."})},
}


def body(surface, events, named=True):
    """`named`: some relays leave the names of events out."""
    text = handmade.named(events) if surface == "messages" else openai.written(events)
    lines = [line for line in text.splitlines(keepends=True) if named or not line.startswith("event:")]
    return {"status": 200, "headers": replies.EVENTS, "bytes": "".join(lines).encode()}


def heard(client, surface, number):
    """(status, [event], assembled, END)"""
    status, events, ends, assembled, _ = surfaces.stream(client, surface + "_stream", json.dumps({"model": f"p{number}/m", **replies.BODY[surface]}).encode())
    return status, [json.loads(data) for _, data in events], assembled and json.loads(assembled), ends[0]


def own_events(events, sent):
    """Those that the provider sent: behind them may stand what Gatelet says of the end."""
    return events[:-1] if events and events[-1]["type"] == "error" and not any(event["type"] == "error" for event in sent) else events


def passes(client, surface, number, sent, cut):
    status, events, assembled, end = heard(client, surface, number)
    over = status == 0
    found = differs("events", own_events(events, sent), json.loads(json.dumps([event if surface == "messages" else {**event, "sequence_number": at} for at, event in enumerate(sent)])))
    if cut:
        found += differs("end", (status, end["end"]), (208, "truncated"))
    if assembled is None:
        found.append("there is no assembled answer")
    return found + passed.DIFFERS[surface](own_events(events, sent), assembled, over)


def queued(client, surface, number):
    """A queue delivers the same."""
    queue = library.Queue()
    queue.submit(client, library.OPERATIONS[surface + "_stream"], json.dumps({"model": f"p{number}/m", **replies.BODY[surface]}).encode(), 1, b'{"answer": true}')
    events = []
    while not events or events[-1][0] != library.END:
        events += queue.next(10_000)
    queue.free()
    answers = [json.loads(event[3]) for event in events if event[0] == library.ANSWER]
    wanted = heard(client, surface, number)[2]
    return differs("ANSWER", [passed.filled(passed.without_report(answer)[0]) for answer in answers], [passed.filled(passed.without_report(wanted)[0])])


def all_of(tests):
    jobs = []
    for surface, streams in STREAMS.items():
        for name, events in streams.items():
            jobs += [(f"assembled {surface} {name}", surface, events, True, False), (f"assembled {surface} {name} without names", surface, events, False, False)]
        first = next(iter(streams.values()))
        jobs += [(f"assembled {surface} cut behind {cut} events", surface, first[:cut], True, True) for cut in range(1, len(first))]
    jobs = [job for job in jobs if tests.wanted(job[0])]
    if not jobs:
        return

    def run(port):
        client = replies.Bench(port, [(surfaces.OWN[surface], None) for _, surface, *_ in jobs]).client
        for number, (name, surface, events, named, cut) in enumerate(jobs):
            try:
                tests.check(name, passes(client, surface, number, events, cut) + ([] if cut else queued(client, surface, number)))
            except Exception as fault:
                tests.check(name, [f"{type(fault).__name__}: {fault}"])
        client.free()
    recordings.served([body(surface, events, named) for _, surface, events, named, _ in jobs], run)
