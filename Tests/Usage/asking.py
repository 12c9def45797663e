"""Streams ask for usage: by their row, by trying, and no more where that was refused."""
import json

import library
import servers
from caps import at_once
from synthetic import HELLO, client, failing, stream, streaming, upstreams

USAGE = {"prompt_tokens": 10, "completion_tokens": 2}
ASKED = {"include_usage": True}


def telling(handler, seen):
    """Usage for those who ask for it."""
    last = [json.dumps({"id": "x", "choices": [], "usage": USAGE})] if seen.body.get("stream_options") else []
    return streaming(servers.chunk("Hi"), servers.chunk("", "stop"), *last, "[DONE]")(handler, seen)


def refusing(status, message="Extra inputs are not permitted", models=None):
    """A server that knows no `stream_options`."""
    def behave(handler, seen):
        if "stream_options" in seen.body and (models is None or seen.body["model"] in models):
            servers.send_json(handler, {"error": {"message": message}}, status)
            return True
        return telling(handler, seen)
    return behave


def asked(up):
    return [seen.body.get("stream_options") for seen in up.seen]


def whoever_is_unknown_is_tried(check):
    [up] = upstreams(telling)
    it = client([up])
    _, gatelet, chunks = stream(it)
    check("tried", "asked", asked(up), [ASKED])
    check("tried", "usage", (gatelet["usage"]["source"], gatelet["cost"]["source"]), ("reported", "computed"))
    check("tried", "the chunk of usage is not delivered", len(chunks), 2)
    _, _, chunks = stream(it, stream_options=ASKED)
    check("the caller's own", "delivered", len(chunks), 3)
    stream(it, stream_options={"include_usage": False})
    check("the caller's no", "sent", asked(up)[-1], {"include_usage": False})
    it.free()
    for row, wanted in (({"stream_usage": False}, None), ({"stream_usage": True}, ASKED), ({"usage_include": True}, None), ({"native_routing": True}, None)):
        up.seen.clear()
        it = client([{"base_url": up.url, **row}])
        stream(it)
        check(row, "asked", asked(up), [wanted])
        it.free()


def a_refusal_is_learnt(check):
    """The request does not fail; the provider is asked without, for this model, from then on."""
    for status, message in [(400, "Extra inputs are not permitted"), (422, "body.stream_options: unexpected"), (400, "nonsense"), (500, "unknown field stream_options"), (404, "include_usage?")]:
        [up] = upstreams(refusing(status, message))
        it = client([up])
        for _ in range(3):
            code, gatelet, chunks = stream(it)
            check(f"{status} {message}", "status", (code, len(chunks)), (0, 2))
        check(f"{status} {message}", "asked", asked(up), [ASKED, None, None, None])
        stream(it, "a/n")
        check(f"{status} {message}", "another model is tried", asked(up)[4:], [ASKED, None])
        it.free()
    [up] = upstreams(refusing(400, models=["m"]))
    it = client([up])
    for model in ("a/m", "a/n", "a/m", "a/n"):
        stream(it, model)
    check("by model", "asked", [(seen.body["model"], "stream_options" in seen.body) for seen in up.seen],
          [("m", True), ("m", False), ("n", True), ("m", False), ("n", True)])
    for model, wanted in (("a/o", [{"include_obfuscation": False, "include_usage": True}]), ("a/m", [{"include_obfuscation": False}])):
        before = len(up.seen)
        stream(it, model, stream_options={"include_obfuscation": False})
        check(f"other options of the caller, {model}", "stay", asked(up)[before:], wanted)
    it.free()
    [up] = upstreams(refusing(400))
    up.behave = lambda handler, seen: failing(400)(handler, seen) if "include_usage" in (seen.body.get("stream_options") or {}) else telling(handler, seen)
    it = client([up])
    check("other options of the caller", "status", stream(it, stream_options={"a": 1, "include_usage": None, "b": [2]})[0], 0)
    check("other options of the caller", "are sent again", asked(up), [{"a": 1, "b": [2], "include_usage": True}, {"a": 1, "b": [2]}])
    it.free()


def what_is_told_of_it(check):
    [up] = upstreams(refusing(400))
    it = client([up], retry={"attempts": 0, "attempts_per_request": 1}, limits={"client": {"concurrency": 1, "tokens_per_minute": 100000}})
    code, gatelet, _ = stream(it)
    first, second = gatelet["attempts"]
    check("told", "attempts", (code, first["status"], first.get("action"), second["status"]), (0, "bad_request", "resend", "ok"))
    check("told", "cost", (gatelet["cost"]["source"], "at_least" in gatelet["cost"]), ("estimated", False))
    check("told", "what was held is free", stream(it)[0], 0)
    it.free()


def bad_requests_teach_nothing(check):
    """What fails without `stream_options` too was the user's fault, or the server's: nothing is remembered."""
    for name, behave in {"bad": failing(400), "down": failing(503), "down, and speaks of it": failing(503, "stream_options")}.items():
        [up] = upstreams(behave)
        it = client([up])
        code, _, _ = failing_stream(it)
        check(name, "fails", code != 0, True)
        check(name, "asked", asked(up), [ASKED] if name == "down" else [ASKED, None])
        up.seen.clear()
        up.behave = telling
        stream(it)
        check(name, "the next one is tried", asked(up), [ASKED])
        it.free()
    for status, message in ((400, "Unknown parameter: 'x'"), (400, "Unsupported parameter: 'max_tokens' is not supported with this model"), (401, "no"), (402, "no"), (403, "no"),
                            (404, "no"), (429, "no")):
        [up] = upstreams(failing(status, message))
        it = client([up])
        failing_stream(it)
        check(status, "sent once", len(up.seen), 1)
        it.free()
    for message, wanted in (("Extra inputs are not permitted", [ASKED]), ("stream_options is not allowed", [ASKED, None])):
        [up] = upstreams(refusing(400, message))
        it = client([{"base_url": up.url, "stream_usage": True}])
        check(f"a row that says so: {message}", "status", failing_stream(it)[0], 300 if len(wanted) == 1 else 0)
        check(f"a row that says so: {message}", "asked", asked(up), wanted)
        it.free()
    it = client([up])
    check("the caller's own", "is the caller's fault", failing_stream(it, stream_options=ASKED)[0], 300)
    it.free()


def failing_stream(it, **members):
    return it.stream("stream", json.dumps({"model": "a/m", "messages": HELLO, **members}).encode())[0], None, None


def many_at_once(check):
    [up] = upstreams(refusing(400))
    it = client([up])
    ends = at_once(100, lambda _: failing_stream(it)[0])
    check("100 at once", "ends", set(ends), {0})
    up.seen.clear()
    at_once(20, lambda _: stream(it)[0])
    check("then", "asked", asked(up), [None] * 20)
    queue = library.Queue()
    for tag in range(20):
        queue.submit(it, library.OP_CHAT_STREAM, json.dumps({"model": "a/q", "messages": HELLO}).encode(), tag)
    ends = []
    while len(ends) < 20:
        ends += [event[1] for event in queue.next(5000) if event[0] == library.END]
    check("in a queue", "ends", set(ends), {0})
    queue.free()
    it.free()


TESTS = [whoever_is_unknown_is_tried, a_refusal_is_learnt, what_is_told_of_it, bad_requests_teach_nothing, many_at_once]
