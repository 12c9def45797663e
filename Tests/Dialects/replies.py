"""What a server of a surface answers to its own client when a request fails: the member `reply` of errors and of ENDs, and the last event of a stream."""
import json

import library
import recordings
import surfaces

KEY = "sk-replies-4Qm8Zt2Lx6Vn"
JSON, EVENTS = {"content-type": "application/json"}, {"content-type": "text/event-stream"}
BODY = {"messages": {"max_tokens": 99, "messages": [{"role": "user", "content": "hi"}]}, "responses": {"input": "hi"}}
# Kind of the upstream's error: HTTP status and type for Anthropic's clients, HTTP status, type and code for OpenAI's.
TRANSLATED = {
    400: ((400, "invalid_request_error"), (400, "invalid_request_error", None)), 401: ((401, "authentication_error"), (401, "invalid_request_error", "invalid_api_key")),
    402: ((402, "billing_error"), (429, "insufficient_quota", "insufficient_quota")), 403: ((403, "permission_error"), (403, "invalid_request_error", "insufficient_permissions")),
    404: ((404, "not_found_error"), (404, "invalid_request_error", "model_not_found")),
    429: ((429, "rate_limit_error"), (429, "rate_limit_error", "rate_limit_exceeded")), 500: ((500, "api_error"), (500, "server_error", "server_error")),
    503: ((529, "overloaded_error"), (503, "server_error", "server_error")), 502: ((529, "overloaded_error"), (503, "server_error", "server_error")),
}
OWN = {"messages": ("anthropic", {"type": "error", "error": {"type": "rate_limit_error", "message": f"slow down, {KEY}", "details": {"new": 1.50}}, "request_id": "req_1"}),
       "responses": ("openai-responses", {"error": {"message": f"slow down, {KEY}", "type": "tokens", "param": None, "code": "rate_limit_exceeded", "new": 1.50}})}
BEGINNING = {
    "messages": [("message_start", {"type": "message_start", "message": {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [], "stop_reason": None,
                                                                         "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 1}}}),
                 ("content_block_start", {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
                 ("content_block_delta", {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi"}})],
    "responses": [("response.created", {"type": "response.created", "sequence_number": 0, "response": {"id": "resp_1", "object": "response", "created_at": 1, "status": "in_progress",
                                                                                                      "model": "m", "output": []}}),
                  ("response.output_item.added", {"type": "response.output_item.added", "sequence_number": 1, "output_index": 0,
                                                  "item": {"id": "msg_1", "type": "message", "role": "assistant", "status": "in_progress", "content": []}}),
                  ("response.output_text.delta", {"type": "response.output_text.delta", "sequence_number": 2, "item_id": "msg_1", "output_index": 0, "content_index": 0,
                                                  "delta": "Hi", "logprobs": []})]}
ERROR_EVENT = {"messages": {"type": "error", "error": {"type": "overloaded_error", "message": f"busy {KEY}"}},
               "responses": {"type": "error", "code": "server_error", "message": f"busy {KEY}", "param": None, "sequence_number": 3}}


def answer(document, status):
    return {"status": status, "headers": JSON, "bytes": json.dumps(document).encode()}


def stream(events):
    text = "".join((f"event: {name}\n" if name else "") + f"data: {data if isinstance(data, str) else json.dumps(data)}\n\n" for name, data in events)
    return {"status": 200, "headers": EVENTS, "bytes": text.encode()}


CHUNK = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [{"index": 0, "delta": {"role": "assistant", "content": "Hi"}, "finish_reason": None}]}


class Bench:
    """A provider for each answer: p0, p1, ..."""

    def __init__(self, port, responses):
        providers = {f"p{number}": {"dialect": dialect, "base_url": f"http://127.0.0.1:{port}/{number}/W/v1", "api_key": KEY} for number, (dialect, _) in enumerate(responses)}
        self.client = library.Client(json.dumps({"environment": False, "retry": {"attempts": 0}, "providers": providers}))

    def ask(self, surface, number, **more):
        status, answer, error = self.client.call(surface, json.dumps({"model": f"p{number}/m", **BODY[surface], **more}).encode())
        assert status and answer is None
        return json.loads(error)

    def listen(self, surface, number):
        """(events, END's error, the call's error)"""
        body = json.dumps({"model": f"p{number}/m", **BODY[surface]}).encode()
        status, events, ends, _, error = surfaces.stream(self.client, surface + "_stream", body)
        assert status and len(ends) == 1
        return [(name, json.loads(data)) for name, data in events], ends[0]["error"], json.loads(error)

    def queued(self, surface, number):
        queue = library.Queue()
        queue.submit(self.client, library.OPERATIONS[surface], json.dumps({"model": f"p{number}/m", **BODY[surface]}).encode(), 1)
        events = []
        while not events or events[-1][0] != library.END:
            events += queue.next(10_000)
        queue.free()
        return json.loads(events[-1][3])["error"]


def checked(tests, providers, checks):
    """Tells each (name, check, arguments) with a client of these providers, if there are any."""
    if not checks:
        return

    def run(port):
        client = Bench(port, providers).client
        for name, check, arguments in checks:
            try:
                tests.check(name, check(client, *arguments))
            except Exception as fault:
                tests.check(name, [f"{type(fault).__name__}: {fault}"])
        client.free()
    recordings.served([response for _, response in providers], run)


def wrong(what, got, wanted):
    return [] if got == wanted else [f"{what}: {got!r}, not {wanted!r}"]


def facts(surface, reply):
    error = reply["body"]["error"]
    return (reply["status"], error["type"]) if surface == "messages" else (reply["status"], error["type"], error["code"])


RESPONSES = []


def serves(dialect, response):
    RESPONSES.append((dialect, response))
    return len(RESPONSES) - 1


FAILING = {code: serves("openai", answer({"error": {"message": f"no {KEY}"}}, code)) for code in TRANSLATED}
PASSED = {surface: serves(dialect, answer(document, 429)) for surface, (dialect, document) in OWN.items()}
PAGES = {surface: serves(dialect, {"status": 502, "headers": {"content-type": "text/html"}, "bytes": b"<html><title>bad gateway</title></html>"}) for surface, (dialect, _) in OWN.items()}
SAID = {surface: serves(OWN[surface][0], stream([*BEGINNING[surface], ("error", ERROR_EVENT[surface])])) for surface in BODY}
CUT = {surface: serves(OWN[surface][0], stream(BEGINNING[surface])) for surface in BODY}
SPOKEN = serves("openai", stream([("", CHUNK), ("", {"error": {"message": f"busy {KEY}", "code": 503}})]))
AT_ONCE = {surface: serves(OWN[surface][0], stream([("error", ERROR_EVENT[surface])])) for surface in BODY}
BUSY, POOR = ({surface: serves("openai", answer({"error": {"message": "x"}}, code)) for surface in BODY} for code in (503, 402))


def translated(bench, surface):
    """An upstream's error in the client's own words, the same from a queue; the key that it repeats is not in it."""
    found = []
    for code, kinds in TRANSLATED.items():
        error = bench.ask(surface, FAILING[code])
        found += wrong(str(code), facts(surface, error["reply"]), kinds[surface == "responses"]) + wrong("message", error["reply"]["body"]["error"]["message"], error["message"])
        queued = bench.queued(surface, FAILING[code])
        found += wrong("queued", facts(surface, queued["reply"]), facts(surface, error["reply"]))
        found += [f"{code}: the key is told"] if KEY in json.dumps([error, queued]) else []
        if surface == "messages":
            found += wrong("type", error["reply"]["body"]["type"], "error") + wrong("id", error["reply"]["body"]["request_id"], error["request_id"])
    return found


def passed(bench, surface):
    """The upstream's own document where it speaks as the client does, but for the key in it."""
    wanted = json.loads(json.dumps(OWN[surface][1]).replace(KEY, "***"))
    reply, page = bench.ask(surface, PASSED[surface])["reply"], bench.ask(surface, PAGES[surface])["reply"]
    return wrong("reply", reply, {"status": 429, "body": wanted}) + wrong("queued", bench.queued(surface, PASSED[surface])["reply"], reply) + wrong(
        "a page", facts(surface, page), TRANSLATED[502][surface == "responses"])


def refused_before_sending(bench, surface):
    path = {"messages": ("messages", [{"role": "user", "content": 1}]), "responses": ("input", [1])}[surface]
    bad = bench.ask(surface, 0, **dict([path]))["reply"]
    nobody = json.loads(bench.client.call(surface, json.dumps({"model": "nobody/m", **BODY[surface]}).encode())[2])["reply"]
    door = json.loads(bench.client.call(surface, b"{")[2])["reply"]
    options = json.loads(bench.client.call(surface, b"{}", b'{"nonsense": 1}')[2])["reply"]
    return (wrong("mistake", facts(surface, bad), TRANSLATED[400][surface == "responses"]) + wrong("unknown", facts(surface, nobody), TRANSLATED[404][surface == "responses"])
            + wrong("no JSON", facts(surface, door), TRANSLATED[400][surface == "responses"]) + wrong("options", options["body"]["error"]["type"] != "", True))


def refused_by_a_queue(bench, surface):
    queue = library.Queue()
    try:
        queue.submit(bench.client, library.OPERATIONS[surface], json.dumps({"model": "nobody/m", **BODY[surface]}).encode(), 1)
        return ["it was taken"]
    except library.Refused as refusal:
        return wrong("reply", facts(surface, json.loads(refusal.error)["reply"]), TRANSLATED[404][surface == "responses"])
    finally:
        queue.free()


def last_event_translated(bench, surface):
    events, end, error = bench.listen(surface, SPOKEN)
    name, last = events[-1]
    found = wrong("END", end["reply"], error["reply"]) + wrong("kind", facts(surface, end["reply"]), TRANSLATED[503][surface == "responses"])
    found += ["the key is told"] if KEY in json.dumps([events, end, error]) else []
    if surface == "messages":
        return found + wrong("event", (name, last), ("error", end["reply"]["body"]))
    return found + wrong("event", (name, last["response"]["error"]["message"]), ("response.failed", end["message"]))


def last_event_passed(bench, surface):
    """The provider's own event, but for the key in it; and one of Gatelet's where the stream is cut off."""
    beginning = BEGINNING[surface]
    events, end, _ = bench.listen(surface, SAID[surface])
    found = wrong("events", events, [*beginning, ("error", json.loads(json.dumps(ERROR_EVENT[surface]).replace(KEY, "***")))])
    if surface == "messages":
        found += wrong("reply", end["reply"]["body"], events[-1][1])
    events, end, _ = bench.listen(surface, CUT[surface])
    name, last = events[-1]
    found += wrong("passed", events[:-1], beginning) + wrong("name", (name, last["type"]), ("error", "error")) + wrong("kind", (end["kind"], end["reply"]["status"]), ("truncated", 500))
    if surface == "messages":
        return found + wrong("event", last, end["reply"]["body"])
    return found + wrong("event", last, {"type": "error", "code": "server_error", "message": end["message"], "param": None, "sequence_number": 3})


def before_the_first_event(bench, surface):
    """Nothing came: the server can still answer with a status."""
    events, end, error = bench.listen(surface, AT_ONCE[surface])
    return wrong("events", events, []) + wrong("END", end["reply"], error["reply"]) + wrong("kind", facts(surface, end["reply"]), TRANSLATED[503][surface == "responses"])


def of_the_failure_that_counts(bench, surface):
    error = bench.ask(surface, BUSY[surface], models=[f"p{POOR[surface]}/m"])
    return wrong("reply", facts(surface, error["reply"]), TRANSLATED[402][surface == "responses"]) + wrong("attempts", len(error["attempts"]), 2)


def not_of_a_chat(bench, _):
    status, _, error = bench.client.call("chat", json.dumps({"model": f"p{FAILING[500]}/m", "messages": [{"role": "user", "content": "hi"}]}).encode())
    counted = json.loads(bench.client.call("count_tokens", b'{"model": "nobody/m", "messages": [{"role": "user", "content": "hi"}]}')[2])
    return wrong("chat", (status, "reply" in json.loads(error)), (307, False)) + wrong("count", counted["reply"]["body"]["error"]["type"], "not_found_error")


CHECKS = (translated, passed, refused_before_sending, refused_by_a_queue, last_event_translated, last_event_passed, before_the_first_event, of_the_failure_that_counts, not_of_a_chat)


def all_of(tests):
    wanted = [(check, surface, name) for check in CHECKS for surface in BODY if tests.wanted(name := f"replies {surface} {check.__name__.replace('_', ' ')}")]
    if not wanted:
        return

    def body(port):
        bench = Bench(port, RESPONSES)
        for check, surface, name in wanted:
            try:
                found = check(bench, surface)
            except Exception as fault:
                found = [f"{type(fault).__name__}: {fault}"]
            tests.check(name, found)
        bench.client.free()
    recordings.served([response for _, response in RESPONSES], body)
