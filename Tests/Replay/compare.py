"""Compares what the library delivered with what the reader found. Differences are sentences."""
import json
from decimal import Decimal

from exchanges import _Number
from reader import Choice, parts, reasoning_of, repaired


def short(value):
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 160 else text[:100] + f"...({len(text)})..." + text[-40:]


def differs(what, got, expected):
    return [] if got == expected else [f"{what}: got {short(got)}, the recording has {short(expected)}"]


def parse(document, what, found):
    try:
        return json.loads(document.decode())
    except (AttributeError, ValueError) as fault:
        found.append(f"{what} is not JSON: {fault}: {short(document)}")
        return {}


def error_differs(error, reading, provider):
    """The JSON of an error against the error that was recorded."""
    if not isinstance(error, dict):
        return [f"error: got {short(error)}, the recording has status {reading.status}"]
    found = differs("error.status", error.get("status"), reading.status) + differs("error.provider", error.get("provider"), provider)
    if reading.http_status is not None and reading.end == "error":
        found += differs("error.http_status", error.get("http_status"), reading.http_status)
    if reading.message and reading.message[:200] not in (error.get("provider_message") or ""):
        found += differs("error.provider_message", error.get("provider_message"), reading.message)
    if reading.code:
        found += differs("error.code", error.get("code"), reading.code)
    if reading.retry_after_ms is not None:
        found += differs("error.retry_after_ms", error.get("retry_after_ms"), reading.retry_after_ms)
    if reading.status in (305, 306, 308) and error.get("retryable") is not True:
        found.append("error.retryable is not true")
    return found


def chunks_differ(chunks, reading):
    if len(chunks) != len(reading.chunks):
        return [f"chunks: got {len(chunks)}, the recording has {len(reading.chunks)}"]
    for number, (got, expected) in enumerate(zip(chunks, reading.chunks)):
        document, text, reasoning = got
        found = (differs("bytes", document.strip(), expected[0].strip()) + differs("text", text.decode("utf-8", "replace"), expected[1])
                 + differs("reasoning", reasoning.decode("utf-8", "replace"), expected[2]))
        if found:
            return [f"chunk {number}: {sentence}" for sentence in found]
    return []


def message_facts(message):
    calls = [(call.get("id") or None, (call.get("function") or {}).get("name") or "", (call.get("function") or {}).get("arguments") or "")
             for call in message.get("tool_calls") or []]
    return {"text": parts(message.get("content"), False), "reasoning": reasoning_of(message), "refusal": message.get("refusal") or "",
            "tool calls": calls}


def choice_differs(index, got, expected: Choice, ended):
    facts = message_facts(got.get("message") or {"content": got.get("text")})
    wanted = {"text": expected.text, "reasoning": expected.reasoning, "refusal": expected.refusal, "tool calls": expected.tool_calls()}
    found = []
    for name, value in wanted.items():
        found += differs(f"answer, choice {index}, {name}", facts[name], value)
    return found + (differs(f"answer, choice {index}, finish_reason", got.get("finish_reason"), expected.finish_reason) if ended else [])


def assembled_differs(document, reading, kind):
    """The answer that gatelet_stream assembled."""
    if not reading.chunks:
        return [] if document is None else [f"an answer was assembled from no chunk: {short(document)}"]
    found = []
    answer = parse(document, "the assembled answer", found)
    if found:
        return found
    found = differs("answer.object", answer.get("object"), "chat.completion" if kind == "chat" else "text_completion")
    found += differs("answer.usage", answer.get("usage"), reading.usage)
    choices = {choice.get("index"): choice for choice in answer.get("choices") or []}
    found += differs("answer, choices", sorted(choices), sorted(reading.choices))
    for index in sorted(set(choices) & set(reading.choices)):
        found += choice_differs(index, choices[index], reading.choices[index], reading.end == "finished")
    return found + ([] if isinstance(answer.get("gatelet"), dict) else ["the assembled answer has no member gatelet"])


def exactly(text):
    """JSON with the text of its numbers."""
    return json.loads(text, parse_int=_Number, parse_float=_Number)


def answer_differs(answer, exchange):
    """A blocking answer: the upstream's bytes, plus one member."""
    body = exchange.response["bytes"].decode("utf-8", "replace")
    try:
        got = exactly(answer.decode())
    except ValueError as fault:
        return [f"the answer is not JSON: {fault}: {short(answer)}"]
    expected = exactly(repaired(body))
    expected.pop("gatelet", None)
    ours = got.pop("gatelet", None)
    found = [] if isinstance(ours, dict) else ["the answer has no member gatelet"]
    if got != expected:
        names = sorted(name for name in set(got) | set(expected) if got.get(name) != expected.get(name))
        found.append(f"the answer differs in {names}")
    start = body.rstrip()[:-1].rstrip()
    if not exchange.own and not answer.decode("utf-8", "replace").startswith(start):
        found.append("the answer's bytes are not the upstream's")
    return found


def models_differ(answer, reading, provider):
    found = []
    listing = parse(answer, "the list", found)
    got = {}
    for entry in listing.get("data") or []:
        got[entry.get("id")] = entry.get("context_length")
        found += differs("provider of a model", entry.get("provider"), provider)
        if reading.prices:
            pricing = entry.get("pricing") or {}
            prices = tuple(None if pricing.get(name) is None else Decimal(pricing[name]) for name in ("prompt", "completion"))
            found += differs(f"prices of {entry.get('id')}", prices, reading.prices.get(entry.get("id")))
    return (found + differs("ids of the models", sorted(got), sorted(reading.models))
            + differs("context lengths", got, reading.models))[:5]


def difference(job, delivered, reading):
    """What is wrong with one delivery; [] when it is as recorded."""
    if delivered.refused:
        return [f"refused with {delivered.refused[0]}: {short(delivered.refused[1])}"]
    if delivered.status is None:
        return ["no END within the time"]
    found = differs("status", delivered.status, reading.status)
    if job.exchange.stream:
        found += stream_differs(job, delivered, reading)
    elif reading.status == 0 and delivered.answers:
        if job.exchange.kind == "models":
            found += models_differ(delivered.answers[0], reading, job.provider)
        else:
            found += answer_differs(delivered.answers[0], job.exchange)
    if not job.exchange.stream:
        found += differs("answers", len(delivered.answers), 1 if reading.status == 0 else 0)
    if job.interface == "queue":
        found += end_differs(job, delivered, reading)
    elif reading.status:
        error = parse(delivered.error, "the error", found)
        found += error_differs(error, reading, job.provider)
    return found


def stream_differs(job, delivered, reading):
    found = chunks_differ(delivered.chunks, reading)
    found += differs("text", b"".join(c[1] for c in delivered.chunks).decode("utf-8", "replace"), reading.text)
    found += differs("reasoning", b"".join(c[2] for c in delivered.chunks).decode("utf-8", "replace"), reading.reasoning)
    if job.interface == "call":
        found += assembled_differs(delivered.assembled, reading, job.exchange.kind) + end_differs(job, delivered, reading)
    return found


def end_differs(job, delivered, reading):
    if len(delivered.ends) != 1:
        return [f"{len(delivered.ends)} END events"]
    status, document = delivered.ends[0]
    found = differs("status of END", status, reading.status)
    end = parse(document, "END", found)
    found += differs("end", end.get("end"), reading.end)
    if job.exchange.stream:
        found += differs("usage", end.get("usage"), reading.usage)
    if reading.status:
        found += error_differs(end.get("error"), reading, job.provider)
    elif end.get("error") is not None:
        found.append(f"END has an error: {short(end['error'])}")
    attempts = (end.get("gatelet") or {}).get("attempts")
    return found + ([] if attempts or job.exchange.kind == "models" else ["END reports no attempt"])
