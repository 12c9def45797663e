"""Compares what the library delivered, in the canonical form, with what a dialect's reader found. Differences are sentences."""
import json
from decimal import Decimal

import buckets
from compare import differs, error_differs, parse, short
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from pydantic import ValidationError
from reading import exactly, numbers

PRICES = {"prompt": "0.0000030517578125", "completion": "0.000015000000000001", "input_cache_read": "3e-7",
          "input_cache_write": "0.00000375", "input_cache_write_1h": "0.000006"}
KINDS = ["input", "cache_read", "cache_write", "output", "cache_write_1h", "reasoning", "total"]
LISTS = ("reasoning_details", "provider_blocks", "annotations", "images")


def valid(model, document, what):
    """Against OpenAI's own typed model, which is strict about types but allows further members."""
    try:
        model.model_validate(document)
        return []
    except ValidationError as fault:
        first = fault.errors()[0]
        return [f"{what} is not OpenAI's: {'.'.join(map(str, first['loc']))}: {first['msg']}"]


class Assembled:
    """The chunks of a stream joined by plain means, as any client of OpenAI's would."""

    def __init__(self, documents):
        self.message = {"content": "", "reasoning": "", "tool_calls": [], **{name: [] for name in LISTS}}
        self.choice, self.usage, self.head, self.events, self.found = {}, None, {}, [], []
        for document in documents:
            self.add(document)

    def add(self, chunk):
        self.head = self.head or {name: chunk.get(name) for name in ("id", "model")}
        if chunk.get("id") != self.head["id"] or chunk.get("model") != self.head["model"]:
            self.found.append(f"id and model of the chunks change: {self.head}, {chunk.get('id')}, {chunk.get('model')}")
        self.usage = chunk.get("usage") or self.usage
        if chunk.get("provider_event") is not None:
            self.events.append(chunk["provider_event"])
        for choice in chunk.get("choices") or []:
            if choice.get("index") != 0:
                continue
            for name in ("finish_reason", "native_finish_reason"):
                if choice.get(name) is not None:
                    self.choice[name] = choice[name]
            fields = self.choice.setdefault("provider_fields", {})
            fields.update(choice.get("provider_fields") or {})
            self.delta(choice.get("delta") or {})

    def delta(self, delta):
        message = self.message
        for name in ("content", "reasoning"):
            message[name] += delta.get(name) or ""
        for name in LISTS:
            message[name] += delta.get(name) or []
        for call in delta.get("tool_calls") or []:
            self.call(call)

    def call(self, call):
        calls, at = self.message["tool_calls"], call["index"]
        if at > len(calls):
            self.found.append(f"tool call {at} comes after only {len(calls)}")
            return
        if at == len(calls):
            calls.append({"function": {"name": "", "arguments": ""}})
        known, function = calls[at], call.get("function") or {}
        known.update({name: value for name, value in call.items() if name not in ("index", "function") and value is not None})
        known["function"]["name"] = known["function"]["name"] or function.get("name") or ""
        known["function"]["arguments"] += function.get("arguments") or ""


def strings(value, found):
    """Every string in a value."""
    if isinstance(value, str):
        found.add(str(value))
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        strings(one, found)
    return found


def same_json(got, wanted):
    """Arguments by their text; where only their value is known, by it, its numbers as they were written."""
    if isinstance(wanted, str):
        return got == wanted
    try:
        return exactly(got) == wanted
    except ValueError:
        return False


def is_no_object(arguments):
    try:
        return not isinstance(json.loads(arguments or "{}"), dict)
    except ValueError:
        return True


def calls_differ(what, calls, reading):
    got = [(call.get("id"), call["function"]["name"], call["function"]["arguments"]) for call in calls or []]
    found = differs(f"{what}: number of tool calls", len(got), len(reading.calls))
    for at, ((id_, name, arguments), wanted) in enumerate(zip(got, reading.calls)):
        found += differs(f"{what}: name of call {at}", name, wanted[1])
        if wanted[0] is not None:
            found += differs(f"{what}: id of call {at}", id_, wanted[0])
        elif not id_:
            found.append(f"{what}: call {at} has no id")
        if not same_json(arguments, wanted[2]):
            found.append(f"{what}: arguments of call {at}: got {short(arguments)}, the recording has {short(json.dumps(wanted[2]))}")
    if len({call[0] for call in got}) != len(got):
        found.append(f"{what}: two calls have one id")
    return found


def kept_differ(what, message, reading):
    """Blocks without a canonical form, as they came and in their order."""
    got = [entry.get("block") for entry in message.get("provider_blocks") or []]
    wanted, at = numbers(reading.kept), 0
    for block in wanted:
        if block not in got[at:]:
            return [f"{what}: a block was lost or is out of order: {short(json.dumps(block))}; there are {short(json.dumps(got))}"]
        at = got.index(block, at) + 1
    return []


def message_differs(what, message, choice, reading):
    found = differs(f"{what}: text", message.get("content") or "", reading.text)
    found += differs(f"{what}: reasoning", message.get("reasoning") or "", reading.reasoning)
    found += calls_differ(what, message.get("tool_calls"), reading) + kept_differ(what, message, reading)
    found += differs(f"{what}: images", [image["image_url"]["url"] for image in message.get("images") or []], reading.images)
    if reading.end == "finished":
        found += differs(f"{what}: finish_reason", choice.get("finish_reason"), reading.finish or choice.get("finish_reason"))
        native = choice.get("native_finish_reason")
        found += differs(f"{what}: native_finish_reason", None if native is None else str(native), reading.native)
        missing = [short(one) for one in reading.secrets if one not in strings(message, set())]
        if missing:
            found.append(f"{what}: signatures or encrypted data are lost: {missing[:2]}")
        notes = [(note.get("url_citation") or {}).get("url") for note in message.get("annotations") or []]
        found += differs(f"{what}: addresses in annotations", notes, reading.cited) if reading.cited is not None else []
        if reading.quoted is not None:
            text = message.get("content") or ""
            places = [note["url_citation"] for note in message.get("annotations") or []]
            found += differs(f"{what}: cited pieces", [(one["url"], text[one["start_index"]:one["end_index"]]) for one in places], reading.quoted)
        fields = choice.get("provider_fields") or {}
        lost = {name: value for name, value in numbers(reading.fields).items() if fields.get(name) != value}
        if lost:
            found.append(f"{what}: members of the answer are lost in provider_fields: {short(json.dumps(lost))}; there are {short(json.dumps(fields))}")
    return found


def usage_differs(what, usage, reading):
    """OpenAI's usage object against the provider's own: the same bill."""
    wanted = buckets.buckets(reading.usage)
    got = buckets.buckets(usage) or {}
    if wanted is None:
        return []
    got["cache_write_1h"] = ((usage or {}).get("cache_creation") or {}).get("ephemeral_1h_input_tokens", 0)
    return differs(f"{what}: usage", {name: got.get(name, 0) for name in KINDS if name != "total"},
                   {name: wanted.get(name, 0) for name in KINDS if name != "total"})


def bill_differs(gatelet, reading):
    wanted = buckets.buckets(reading.usage)
    if wanted is None or not {"input", "output"} <= set(wanted):
        return []
    got = gatelet.get("usage") or {}
    found = differs("gatelet.usage", {name: got.get(name, 0) for name in KINDS[:-1]}, {name: wanted.get(name, 0) for name in KINDS[:-1]})
    cost = (gatelet.get("cost") or {}).get("total")
    own = buckets.bill(wanted, PRICES)
    return found + ([] if cost is not None and Decimal(cost) == own else [f"gatelet.cost: got {cost}, the recording costs {own}"])


def answer_differs(document, job, reading):
    """A whole answer of the canonical form."""
    found = []
    answer = parse(document, "the answer", found)
    if found:
        return found
    if not answer.get("choices"):
        return [f"the answer has no choice: {short(document)}"]
    found = valid(ChatCompletion, answer, "the answer") + differs("answer: object", answer.get("object"), "chat.completion")
    found += head_differs("answer", answer, job, reading)
    choice = answer["choices"][0]
    found += message_differs("answer", choice.get("message") or {}, choice, reading) + usage_differs("answer", answer.get("usage"), reading)
    return found + bill_differs(answer.get("gatelet") or {}, reading)


def head_differs(what, got, job, reading):
    found = differs(f"{what}: id", got.get("id"), reading.id) if reading.id else []
    return found + differs(f"{what}: model", got.get("model"), reading.model or job.exchange.model)


def without_time(document):
    return {name: value for name, value in document.items() if name != "created"}


def chunks_differ(delivered, job, reading):
    """The chunks of a stream, each for itself and all together."""
    found, documents = [], []
    for number, (document, text, reasoning) in enumerate(delivered.chunks):
        chunk = parse(document, f"chunk {number}", found)
        documents.append(chunk)
        found += valid(ChatCompletionChunk, chunk, f"chunk {number}")
        found += differs(f"object of chunk {number}", chunk.get("object"), "chat.completion.chunk")
        delta = next((one.get("delta") or {} for one in chunk.get("choices") or [] if one.get("index") == 0), {})
        found += differs(f"text of chunk {number}", text.decode("utf-8", "replace"), delta.get("content") or "")
        found += differs(f"reasoning of chunk {number}", reasoning.decode("utf-8", "replace"), delta.get("reasoning") or "")
        if found:
            return found[:4]
    it = Assembled(documents)
    delivered.documents = documents
    found = it.found + (head_differs("chunks", it.head, job, reading) if documents else [])
    found += message_differs("chunks", it.message, it.choice, reading)
    for event in numbers(reading.unknown):
        if event not in it.events:
            found.append(f"an unknown event was lost: {short(json.dumps(event))}")
    return found


def stream_differs(delivered, job, reading):
    found = chunks_differ(delivered, job, reading)
    if len(delivered.ends) != 1:
        return found + [f"{len(delivered.ends)} END events"]
    end = parse(delivered.ends[0][1], "END", found)
    found += differs("end", end.get("end"), reading.end)
    if reading.end == "finished":
        found += usage_differs("END", end.get("usage"), reading) + bill_differs(end.get("gatelet") or {}, reading)
    if job.interface == "call" and delivered.chunks:
        answer = parse(delivered.assembled, "the assembled answer", found)
        for choice in (answer.get("choices") or [])[:1]:
            found += message_differs("assembled", choice.get("message") or {}, choice, reading)
        if not answer.get("choices") and (reading.blocks or reading.end == "finished"):
            found.append(f"the assembled answer has no choice: {short(delivered.assembled)}")
    return found


def difference(job, delivered, reading):
    """What is wrong with one delivery; [] when it is as recorded."""
    if delivered.refused:
        return [f"refused with {delivered.refused[0]}: {short(delivered.refused[1])}"]
    if delivered.status is None:
        return ["no END within the time"]
    found = differs("status", delivered.status, reading.status)
    if found and delivered.status:
        return found + [short(delivered.error or (delivered.ends[0][1] if delivered.ends else b""))]
    if reading.end == "error":
        document = delivered.error if job.interface == "call" else delivered.ends[0][1]
        error = parse(document, "the error", found)
        return found + error_differs(error if job.interface == "call" else error.get("error"), reading, job.provider)
    if job.exchange.stream:
        return found + stream_differs(delivered, job, reading)
    if len(delivered.answers) != 1:
        return found + [f"{len(delivered.answers)} answers"]
    return found + answer_differs(delivered.answers[0], job, reading)


def cut_differs(delivered, where):
    """A stream that was cut never counts as finished."""
    if delivered.refused:
        return [f"{where}: refused with {delivered.refused[0]}: {short(delivered.refused[1])}"]
    if delivered.status is None or len(delivered.ends) != 1:
        return [f"{where}: no END"]
    end = json.loads(delivered.ends[0][1])
    if delivered.status == 0 or end.get("end") not in ("truncated", "error") or not end.get("error"):
        return [f"{where}: status {delivered.status}, end {end.get('end')}"]
    return []
