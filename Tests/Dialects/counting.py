"""Anthropic's count_tokens over the providers that can count: what is sent to each, what comes back, who is skipped, and that it costs nothing."""
import json

import library
import recordings
import schemas
import written

TOOL = {"name": "weather", "description": "The weather.", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}
ASKED = {"system": "Be brief.", "messages": [{"role": "user", "content": "How is it?"}], "tools": [TOOL], "tool_choice": {"type": "any"},
         "thinking": {"type": "enabled", "budget_tokens": 2000}}
JSON = {"content-type": "application/json"}
# Thoughts of another provider than Anthropic: the conversation is written anew for it.
FOREIGN = [{"role": "user", "content": "a"}, {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm", "signature": "gatelet:x"}, {"type": "text", "text": "b"}]},
           {"role": "user", "content": "c"}]


def answer(document, status=200):
    return {"status": status, "headers": JSON, "bytes": json.dumps(document).encode()}


class Case:
    """Providers of a kind each, with an answer each."""

    def __init__(self, port, number, dialects, more=None):
        self.port, self.number = port, number
        providers = {f"p{at}": {"dialect": dialect, "base_url": f"http://127.0.0.1:{port}/{number + at}/W/v1", "api_key": "sk-count-77c2"} for at, dialect in enumerate(dialects)}
        for name, members in (more or {}).items():
            if name in providers:
                suffix = members.pop("suffix", "")
                providers[name] |= members
                providers[name]["base_url"] += suffix
        rest = {name: members for name, members in (more or {}).items() if name not in providers}
        self.client = library.Client(json.dumps({"environment": False, "retry": {"attempts": 0}, "providers": providers, **rest}))

    def count(self, request=None, options=None, **more):
        body = {"model": "p0/m-1", **(request or ASKED), **more}
        status, told, error = self.client.call("count_tokens", json.dumps(body).encode(), options and options.encode())
        return status, json.loads(told) if told else None, json.loads(error) if error else None

    def sent(self):
        """[(number of the provider, path, body)]"""
        return [(number - self.number, path, json.loads(body)) for number, _, _, path, _, body in written.received(self.port) if number >= self.number]

    def stats(self):
        from ctypes import byref, c_void_p
        text = c_void_p()
        assert library.lib.gatelet_stats(self.client.handle, None, byref(text), None) == 0
        return json.loads(library._string(text))


def wrong(what, got, wanted):
    return [] if got == wanted else [f"{what}: {got!r}, not {wanted!r}"]


def passes(case):
    """To Anthropic it goes as it came, and what the answer has beyond the number stays."""
    body = {**ASKED, "context_management": {"edits": []}, "new_member": [1.50]}
    status, told, _ = case.count(body)
    [(_, path, sent)] = case.sent()
    report = told.pop("gatelet")
    return (wrong("status", status, 0) + wrong("answer", told, {"input_tokens": 17, "context_management": {"original_input_tokens": 20}}) + wrong("path", path, "/v1/messages/count_tokens")
            + wrong("sent", sent, {"model": "m-1", **body}) + wrong("who", (report["provider"], report["cost"]["total"], report["cost"]["source"], report["usage"]), ("p0", "0", "computed", None)))


def is_written_anew(case):
    """What is not a part of the prompt is no part of such a request."""
    _, told, _ = case.count({"messages": FOREIGN, "system": "s", "max_tokens": 5, "temperature": 1, "metadata": {"user_id": "u"}, "stop_sequences": ["x"]})
    [(_, path, sent)] = case.sent()
    return wrong("answer", told["input_tokens"], 17) + wrong("members", sorted(sent), ["messages", "model", "system"]) + wrong("path", path, "/v1/messages/count_tokens")


def asks_gemini(case):
    _, told, _ = case.count()
    [(_, path, sent)] = case.sent()
    inner = sent["generateContentRequest"]
    return (wrong("answer", told["input_tokens"], 31) + wrong("path", path, "/v1/models/m-1:countTokens") + wrong("members", list(sent), ["generateContentRequest"])
            + wrong("model", inner.pop("model"), "models/m-1") + schemas.faults("gemini", inner)
            + wrong("prompt", (inner["systemInstruction"]["parts"], inner["contents"][0]["parts"]), ([{"text": "Be brief."}], [{"text": "How is it?"}]))
            + wrong("tool", inner["tools"][0]["functionDeclarations"][0]["name"], "weather"))


def asks_vertex(case):
    _, told, _ = case.count(safetySettings=[], cachedContent="x")
    [(_, path, sent)] = case.sent()
    return (wrong("answer", told["input_tokens"], 31) + wrong("path", path, "/v1/publishers/google/models/m-1:countTokens")
            + wrong("members", sorted(set(sent) - {"generationConfig"}), ["contents", "systemInstruction", "tools"]))


def asks_responses(case):
    _, told, _ = case.count(max_tokens=3, temperature=1, metadata={"user_id": "u"}, stop_sequences=["x"])
    [(_, path, sent)] = case.sent()
    known = {"model", "input", "previous_response_id", "tools", "text", "reasoning", "truncation", "instructions", "conversation", "tool_choice", "parallel_tool_calls"}
    return (wrong("answer", told, {"input_tokens": 41, "gatelet": told["gatelet"]}) + wrong("path", path, "/v1/responses/input_tokens")
            + wrong("members of nobody", sorted(set(sent) - known), []) + wrong("prompt", (sent["instructions"], sent["tools"][0]["name"]), ("Be brief.", "weather")))


def names_who_cannot(case):
    """Before anything is sent."""
    status, _, error = case.count()
    _, planned, _ = case.count(model="p0/m", models=["p1/m"], options='{"dry_run": true}')
    reasons = [(one["provider"], one["reason"]) for one in planned["excluded"]][:1]
    return (wrong("status", (status, error["kind"]), (109, "unsupported")) + wrong("message", error["message"], "p0 does not count tokens (count_tokens)")
            + wrong("sent", case.sent(), []) + wrong("plan", reasons, [("p0", "it does not offer this operation")]))


def asks_the_next(case):
    """One cannot, one fails, one answers."""
    status, told, _ = case.count(models=["p1/m", "p2/m"])
    report = told["gatelet"]
    return (wrong("status", status, 0) + wrong("answer", told["input_tokens"], 31) + wrong("sent", [number for number, *_ in case.sent()], [1, 2])
            + wrong("attempts", [(one["provider"], one["status"]) for one in report["attempts"]], [("p1", "overloaded"), ("p2", "ok")]))


def refuses_nonsense(case):
    return [problem for model in ("p0/m", "p1/m", "p2/m") for problem in wrong(model, case.count(model=model)[2]["kind"], "bad_response")]


def tells_errors(case):
    status, _, error = case.count()
    return wrong("error", (status, error["kind"], error["provider_message"]), (300, "bad_request", "too long"))


def costs_nothing(case):
    """It passes a budget of nothing and limits of tokens, and counts as no tokens."""
    case.count()
    status, _, error = case.count(options='{"max_cost": 0.000001}')
    row = case.stats()["total"]
    return wrong("status", (status, error), (0, None)) + wrong("stats", (row["requests"], set(row["tokens"].values()), row["cost"]["known"], row["cost"]["unknown_attempts"]),
                                                               (2, {0}, "0", 0))


def comes_in_a_queue(case):
    queue = library.Queue()
    queue.submit(case.client, library.OP_COUNT_TOKENS, json.dumps({"model": "p0/m-1", **ASKED}).encode(), 7)
    events = []
    while not events or events[-1][0] != library.END:
        events += queue.next(10_000)
    queue.free()
    return wrong("events", [(kind, status, tag) for kind, status, tag, *_ in events], [(library.ANSWER, 0, 7), (library.END, 0, 7)]) + wrong(
        "answer", json.loads(events[0][3])["input_tokens"], 17) + wrong("end", json.loads(events[1][3])["usage"], None)


def can_be_tried_offline(case):
    client = library.Client('{"environment": false, "providers": {"dev": {}}}')
    _, told, _ = client.call("count_tokens", json.dumps({"model": "dev/echo", "messages": [{"role": "user", "content": "one two three"}]}).encode())
    _, chat, _ = client.call("chat", json.dumps({"model": "dev/echo", "messages": [{"role": "user", "content": "one two three"}]}).encode())
    return wrong("answer", json.loads(told)["input_tokens"], json.loads(chat)["usage"]["prompt_tokens"])


def reads_mistakes(case):
    found = wrong("message", case.count({"messages": [{"role": "user", "content": [{"type": "text"}]}]})[2]["message"], "messages.0.content.0.text: is missing")
    try:
        Case(case.port, case.number, ["openai"], {"p0": {"capabilities": {"count_tokens": True}}})
        return [*found, "a provider that cannot count was configured to"]
    except library.Refused as error:
        return found + wrong("kind", error.status, 103)


def is_not_asked_of_who_may_not(case):
    return wrong("kind", case.count()[2]["kind"], "unsupported")


OURS, GOOGLE, OPENAI = {"input_tokens": 17, "context_management": {"original_input_tokens": 20}}, {"totalTokens": 31}, {"object": "response.input_tokens", "input_tokens": 41}
CASES = [
    (passes, ["anthropic"], [answer(OURS)], {}),
    (is_written_anew, ["anthropic"], [answer(OURS)], {}),
    (asks_gemini, ["gemini"], [answer(GOOGLE)], {}),
    (asks_vertex, ["gemini"], [answer(GOOGLE)], {"p0": {"suffix": "/publishers/google"}}),
    (asks_responses, ["openai-responses"], [answer(OPENAI)], {}),
    (names_who_cannot, ["openai", "gemini"], [answer(OURS), answer(GOOGLE)], {}),
    (asks_the_next, ["openai", "anthropic", "gemini"], [answer(OURS), answer({"type": "error", "error": {"type": "overloaded_error", "message": "x"}}, 529), answer(GOOGLE)], {}),
    (refuses_nonsense, ["anthropic", "gemini", "openai-responses"], [answer({"input_tokens": "many"}), answer({}), answer({"input_tokens": -1})], {}),
    (tells_errors, ["anthropic"], [answer({"type": "error", "error": {"type": "invalid_request_error", "message": "too long"}}, 400)], {}),
    (costs_nothing, ["anthropic"], [answer(OURS)], {"limits": {"client": {"tokens_per_minute": 1}}, "p0": {"known_models": {"m-1": {"pricing": {"prompt": "1", "completion": "1"}}}}}),
    (comes_in_a_queue, ["anthropic"], [answer(OURS)], {}),
    (can_be_tried_offline, ["anthropic"], [answer(OURS)], {}),
    (reads_mistakes, ["anthropic"], [answer(OURS)], {}),
    (is_not_asked_of_who_may_not, ["anthropic"], [answer(OURS)], {"p0": {"capabilities": {"count_tokens": False}}}),
]


def all_of(tests):
    cases = [case for case in CASES if tests.wanted(f"count tokens {case[0].__name__.replace('_', ' ')}")]
    if not cases:
        return

    def body(port):
        number = 0
        for check, dialects, answers, more in cases:
            try:
                found = check(Case(port, number, dialects, json.loads(json.dumps(more))))
            except Exception as fault:
                found = [f"{type(fault).__name__}: {fault}"]
            tests.check(f"count tokens {check.__name__.replace('_', ' ')}", found)
            number += len(answers)
    recordings.served([one for _, _, answers, _ in cases for one in answers], body)
