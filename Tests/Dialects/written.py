"""Recorded requests, in the canonical form, through the library: what it writes for the provider must be valid by the published schemas and
mean what was recorded."""
import http.client
import json
import pickle

import canonical
import corpus
import driver
import normal
import recordings
import schemas

FROM = {"anthropic": canonical.from_anthropic, "gemini": canonical.from_gemini}
# An answer of each dialect that ends a call.
ANSWERS = {
    "anthropic": {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [{"type": "text", "text": "ok"}], "stop_reason": "end_turn",
                  "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 1}},
    "gemini": {"candidates": [{"content": {"parts": [{"text": "ok"}], "role": "model"}, "finishReason": "STOP", "index": 0}],
               "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2}},
    "openai": {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m", "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "ok"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}},
    "openai-responses": {"id": "resp_1", "object": "response", "created_at": 1, "status": "completed", "model": "m", "output": [
        {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [{"type": "output_text", "text": "ok", "annotations": [], "logprobs": []}]}],
        "parallel_tool_calls": True, "tool_choice": "auto", "tools": [], "usage": {"input_tokens": 1, "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0}, "output_tokens": 1,
                                                                              "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 2}},
}


def answer_of(dialect):
    return {"status": 200, "headers": {"content-type": "application/json"}, "bytes": json.dumps(ANSWERS[dialect]).encode()}


class Wanted:
    """A request on its way to a provider of a dialect, and what that answers."""

    kind = "chat"

    def __init__(self, name, dialect, request, model="a-model", answer=None, stream=False):
        self.name, self.dialect, self.body, self.model, self.stream = name, dialect, request, model, stream
        self.answer = answer or answer_of(dialect)

    def request(self):
        return self.body


def received(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/received")
    return pickle.loads(connection.getresponse().read())


def sent(wanted):
    """[(Wanted, delivered, body as it reached the provider or None)]"""
    def body(port):
        jobs = [driver.Job(number, one, "W", "queue") for number, one in enumerate(wanted)]
        delivered = {job.number: it for job, it in recordings.run(jobs, port, "queue", 32)}
        bodies = {number: text for number, _, _, _, _, text in received(port)}
        return [(one, delivered.get(number), bodies.get(number)) for number, one in enumerate(wanted)]
    return recordings.served([one.answer for one in wanted], body) if wanted else []


def warnings(delivered):
    """Paths of what the library says that it left out or changed."""
    answer = json.loads(delivered.answers[0]) if delivered.answers else {}
    return {warning["path"] for warning in (answer.get("gatelet") or {}).get("warnings") or []}


def refusal(delivered):
    if delivered is None:
        return "no END"
    if delivered.refused:
        return f"refused with {delivered.refused[0]}: {delivered.refused[1].decode()[:300]}"
    if delivered.status:
        return f"status {delivered.status}: {delivered.ends[0][1].decode()[:300] if delivered.ends else ''}"
    return None


def recorded(tests, long):
    wanted, originals = [], []
    for exchange in corpus.recorded():
        name = f"{exchange.dialect} request {exchange.id}"
        # What the provider itself refused need not be sayable; tools that are added in the middle have no canonical form.
        sayable = exchange.response["status"] == 200 and '"tool_addition"' not in json.dumps(exchange.sent)
        if exchange.sent and sayable and tests.wanted(name) and recordings.spoken(exchange.dialect):
            wanted.append(Wanted(name, exchange.dialect, FROM[exchange.dialect](exchange.sent), exchange.model))
            originals.append(exchange.sent)
    for (one, delivered, body), original in zip(sent(wanted), originals):
        problem = refusal(delivered)
        tests.check(one.name, [problem] if problem else faults(one.dialect, body, json.dumps(original), warnings(delivered)))


def faults(dialect, body, original, warned):
    found = [f"by the published schema: {fault}" for fault in schemas.faults(dialect, json.loads(body))]
    for fault in normal.differences(normal.FORMS[dialect](body.decode()), normal.FORMS[dialect](original)):
        if fault.split(" ")[0].split(".")[0] not in warned:
            found.append(fault)
    return found


def all_of(tests, long):
    recorded(tests, long)
