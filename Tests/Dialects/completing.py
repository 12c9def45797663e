"""Text completions of providers that are asked for chats instead (`capabilities.completions`: "chat"): what is sent, what comes back, what is refused."""
import json

import library
import recordings
import written

KEY = "sk-completing-3Wd8"
JSON, EVENTS = {"content-type": "application/json"}, {"content-type": "text/event-stream"}
USAGE = {"prompt_tokens": 30, "completion_tokens": 5, "total_tokens": 35}
PRICES = {"m": {"pricing": {"prompt": "0.001", "completion": "0.01"}}}
SAYING = 'Gr\u00fcn "\U0001f600"\n'


def chat(*messages, finish="stop"):
    document = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m-1", "system_fingerprint": "fp", "usage": USAGE, "choices": [
        {"index": at, "message": {"role": "assistant", **message}, "finish_reason": finish} for at, message in enumerate(messages)]}
    return {"status": 200, "headers": JSON, "bytes": json.dumps(document).encode()}


def chunks(*deltas, cut=False):
    lines = [{"choices": [{"index": index, "delta": delta, "finish_reason": None}]} for index, delta in deltas]
    indexes = sorted({index for index, _ in deltas})
    if not cut:
        lines += [{"choices": [{"index": index, "delta": {}, "finish_reason": "length"}]} for index in indexes] + [{"choices": [], "usage": USAGE}]
    text = "".join(f"data: {json.dumps({'id': 'c', 'object': 'chat.completion.chunk', 'created': 1, 'model': 'm-1', **line})}\n\n" for line in lines)
    return {"status": 200, "headers": EVENTS, "bytes": (text + ("" if cut else "data: [DONE]\n\n")).encode()}


class Case:
    """Providers of the given dialects, with an answer each."""

    def __init__(self, port, number, dialects):
        self.port, self.number = port, number
        providers = {f"p{at}": {"dialect": dialect, "base_url": f"http://127.0.0.1:{port}/{number + at}/W/v1", "api_key": KEY, "capabilities": {"completions": "chat"}, "known_models": PRICES}
                     for at, dialect in enumerate(dialects)}
        self.client = library.Client(json.dumps({"environment": False, "retry": {"attempts": 0}, "providers": providers}))

    def complete(self, model="p0/m", name="completion", **more):
        body = {"prompt": "Say it.", **more} if name == "completion" else {"messages": [{"role": "user", "content": "Say it."}], **more}
        status, answer, error = self.client.call(name, json.dumps({"model": model, **body}).encode())
        return status, answer and json.loads(answer), error and json.loads(error)

    def stream(self, **more):
        return self.client.stream("completion_stream", json.dumps({"model": "p0/m", "prompt": "Say it.", **more}).encode())

    def sent(self):
        return [(path, json.loads(body)) for number, _, _, path, _, body in written.received(self.port) if number >= self.number]


def wrong(what, got, wanted):
    return [] if got == wanted else [f"{what}: {got!r}, not {wanted!r}"]


def valid(document):
    from openai.types import Completion
    try:
        Completion.model_validate(document, strict=True)
        return []
    except ValueError as fault:
        return [str(fault)[:300]]


def answers(case):
    _, answer, _ = case.complete(prompt=["Say it."], max_tokens=9, temperature=0, stop=["x"], n=2, user="u", best_of=1, echo=False, suffix="", logprobs=None, new_member=[1.50])
    [(path, sent)] = case.sent()
    report = answer.pop("gatelet")
    found = wrong("path", path, "/v1/chat/completions") + wrong("sent", sent, {
        "model": "m", "messages": [{"role": "user", "content": "Say it."}], "max_tokens": 9, "temperature": 0, "stop": ["x"], "n": 2, "user": "u", "new_member": [1.50]})
    found += wrong("answer", answer, {"id": "chatcmpl-1", "object": "text_completion", "created": 1, "model": "m-1", "system_fingerprint": "fp", "usage": USAGE, "choices": [
        {"text": SAYING, "index": 0, "finish_reason": "stop", "logprobs": None}, {"text": "b", "index": 1, "finish_reason": "stop", "logprobs": None, "reasoning": "Hm."}]})
    return found + valid(answer) + wrong("report", (report["provider"], report["usage"]["input"], report["cost"]["total"]), ("p0", 30, "0.08"))


def costs_what_a_chat_does(case):
    costs = [case.complete(name=name)[1]["gatelet"]["cost"] for name in ("completion", "chat")]
    return wrong("cost", costs[0], costs[1])


def streams(case):
    status, told, ends, assembled, error = case.stream(stream_options={"include_usage": True})
    documents = [json.loads(document) for document, _, _ in told]
    found = wrong("status", (status, error, len(ends)), (0, None, 1)) + wrong("objects", {one["object"] for one in documents}, {"text_completion"})
    found += [problem for one in documents for problem in valid({**one, "choices": [{**choice, "finish_reason": choice["finish_reason"] or "stop"} for choice in one["choices"]]})]
    found += wrong("texts", b"".join(text for _, text, _ in told).decode(), SAYING) + wrong("no deltas", any("delta" in choice for one in documents for choice in one["choices"]), False)
    whole = json.loads(assembled)
    choices = [(choice["index"], choice["text"], choice["finish_reason"]) for choice in whole["choices"]]
    found += wrong("assembled", (whole["object"], choices, whole["usage"]), ("text_completion", [(0, SAYING, "length"), (1, "two", "length")], USAGE))
    [(path, sent)] = case.sent()
    return found + wrong("sent", (path, sent["stream"], sent["messages"]), ("/v1/chat/completions", True, [{"role": "user", "content": "Say it."}]))


def is_cut(case):
    status, _, ends, _, _ = case.stream()
    return wrong("status", (status, json.loads(ends[0][2])["end"]), (208, "truncated"))


def comes_in_a_queue(case):
    queue = library.Queue()
    queue.submit(case.client, library.OP_COMPLETION, b'{"model": "p0/m", "prompt": "a"}', 1)
    queue.submit(case.client, library.OP_COMPLETION_STREAM, b'{"model": "p1/m", "prompt": "a"}', 2)
    events = []
    while sum(event[0] == library.END for event in events) < 2:
        events += queue.next(10_000)
    queue.free()
    one = [json.loads(event[3]) for event in events if event[0] == library.ANSWER]
    two = [json.loads(event[3])["choices"][0]["text"] for event in events if event[0] == library.CHUNK and json.loads(event[3])["choices"]]
    return wrong("answer", [document["choices"][0]["text"] for document in one], ["one"]) + wrong("chunks", "".join(two), "two")


def over_other_dialects(case):
    found = []
    for number in (0, 1):
        status, answer, error = case.complete(f"p{number}/m", max_tokens=9)
        found += wrong("answer", (status, error, answer and answer["choices"][0]["text"], answer and answer["object"]), (0, None, "ok", "text_completion"))
        found += valid({name: value for name, value in (answer or {}).items() if name != "gatelet"})
    paths = [path for path, _ in case.sent()]
    return found + wrong("paths", paths, ["/v1/messages", "/v1/models/m:generateContent"])


def refuses_what_it_cannot_say(case):
    found = []
    for more, word in (({"echo": True}, "echo"), ({"suffix": "x"}, "suffix"), ({"best_of": 2}, "best_of"), ({"logprobs": 0}, "logprobs"), ({"logprobs": 3}, "logprobs"),
                       ({"prompt": ["a", "b"]}, "prompt"), ({"prompt": [1, 2]}, "prompt"), ({"prompt": [[1]]}, "prompt"), ({"prompt": []}, "prompt"), ({"prompt": 1}, "prompt"), ({"prompt": ""}, "prompt"), ({"prompt": [""]}, "prompt"),
                       ({"messages": []}, "messages")):
        for stream in (False, True):
            status, error = (case.stream(**more)[0::4] if stream else case.complete(**more)[0::2])
            error = json.loads(error) if stream else error
            found += wrong(word, (status, error["message"].startswith(f"`{word}` cannot be said to p0")), (109, True))
    return found + wrong("sent", case.sent(), [])


def says_the_limit_in_its_word(case):
    case.complete("p0/gpt-5-mini", max_tokens=50)
    [(_, sent)] = case.sent()
    return wrong("limit", (sent.get("max_completion_tokens"), "max_tokens" in sent), (50, False))


def is_an_option(case):
    bare = library.Client(json.dumps({"environment": False, "providers": {"a": {"dialect": "anthropic", "base_url": f"http://127.0.0.1:{case.port}/{case.number}/W/v1", "api_key": KEY},
                                                                        "d": {"dialect": "dev", "token_delay": 0, "capabilities": {"completions": "chat"}}}}))
    status, _, error = bare.call("completion", b'{"model": "a/m", "prompt": "x"}')
    _, dev, _ = bare.call("completion", b'{"model": "d/echo", "prompt": "x"}')
    return wrong("refused", (status, json.loads(error)["message"]), (109, "a has no text completions")) + wrong(
        "dev", (json.loads(dev)["object"], json.loads(dev)["choices"][0]["text"][:9]), ("text_completion", "You said:")) + wrong("sent", case.sent(), [])


CASES = [
    (answers, ["openai"], [chat({"content": SAYING}, {"content": [{"type": "text", "text": "b"}], "reasoning": "Hm."})]),
    (costs_what_a_chat_does, ["openai"], [chat({"content": "x"})]),
    (streams, ["openai"], [chunks((0, {"role": "assistant", "content": ""}), (0, {"content": SAYING[:3]}), (1, {"content": "two"}), (0, {"content": SAYING[3:]}))]),
    (is_cut, ["openai"], [chunks((0, {"content": "a"}), cut=True)]),
    (comes_in_a_queue, ["openai", "openai"], [chat({"content": "one"}), chunks((0, {"content": "two"}))]),
    (over_other_dialects, ["anthropic", "gemini"], [written.answer_of("anthropic"), written.answer_of("gemini")]),
    (refuses_what_it_cannot_say, ["openai"], [chat({"content": "no"})]),
    (says_the_limit_in_its_word, ["openai"], [chat({"content": "x"})]),
    (is_an_option, ["openai"], [chat({"content": "no"})]),
]


def all_of(tests):
    cases = [case for case in CASES if tests.wanted(f"completions over chats {case[0].__name__.replace('_', ' ')}")]
    if not cases:
        return

    def body(port):
        number = 0
        for check, dialects, answers in cases:
            try:
                found = check(Case(port, number, dialects))
            except Exception as fault:
                found = [f"{type(fault).__name__}: {fault}"]
            tests.check(f"completions over chats {check.__name__.replace('_', ' ')}", found)
            number += len(answers)
    recordings.served([one for _, _, answers in cases for one in answers], body)
