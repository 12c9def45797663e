"""The independent reader: what a client should be told about a recorded answer. Whole bodies, the standard library's
json and regular expressions; nothing here is shared with the library, neither code nor method."""
import json
import re
from dataclasses import dataclass, field
from decimal import Decimal

DECODER = json.JSONDecoder()
WHITE = b" \t\r\n"


@dataclass
class Reading:
    status: int = 0
    end: str = "finished"
    chunks: list = field(default_factory=list)  # (bytes, text, reasoning) of each event that must be delivered
    text: str = ""
    reasoning: str = ""
    tool_calls: list = field(default_factory=list)  # (id, name, arguments) of choice 0
    finish_reason: str = None
    usage: object = None
    code: str = None
    message: str = None  # what the provider said
    http_status: int = None
    retry_after_ms: int = None
    choices: dict = field(default_factory=dict)  # index -> the same facts, for the assembled answer
    answer: object = None  # the document of a call that does not stream
    models: dict = None  # id -> context length
    prices: dict = None  # id -> USD per token of prompt and completion, where the list's prices are known to be that


# ---------------------------------------------------------------- errors

HTTP = {400: 300, 401: 301, 402: 303, 403: 302, 404: 304, 408: 308, 410: 304, 413: 300, 422: 300, 425: 305, 429: 305,
        498: 306, 500: 307, 502: 308, 503: 306, 504: 308, 529: 306}
# What the words of an error add to its HTTP status: (statuses it may stand behind, words, meaning).
WORDS = [
    ({0, 400, 403, 422, 200}, r"content_filter|content_policy|responsibleaipolicy|violates usage guidelines|content management policy", 310),
    ({0, 400, 413, 422, 500}, r"context_length_exceeded|exceed_context_size|exceeds the available context|prompt too long|"
                              r"maximum context length|is too large to process", 309),
    ({0, 400, 402, 429}, r"insufficient_quota|payment_required|insufficient credits|requires more credits", 303),
    ({0, 400}, r"api_key_invalid|invalid_api_key|api key not valid", 301),
    ({0, 400}, r"model_decommissioned|invalid_model|model_not_found|not a valid model id|model \S+ does not exist|supported api model names are", 304),
    ({0, 200}, r"rate_limit", 305),
    ({0, 200}, r"overloaded", 306),
    ({0, 200}, r"invalid_request|tool_use_failed", 300),
]


def error_object(body):
    """The object that holds code and message, in the shapes that providers use."""
    if isinstance(body, list) and body:
        body = body[0]
    if not isinstance(body, dict):
        return {"message": body} if isinstance(body, str) else {}
    error = body.get("error")
    if isinstance(error, dict):
        return error
    if isinstance(error, str):
        return {"message": error, "code": body.get("code")}
    if isinstance(body.get("detail"), str):
        return {"message": body["detail"]}
    if isinstance(body.get("errors"), list) and body["errors"] and isinstance(body["errors"][0], dict):
        return body["errors"][0]
    if isinstance(body.get("base_resp"), dict):
        return {"code": body["base_resp"].get("status_code"), "message": body["base_resp"].get("status_msg")}
    if "message" not in body and isinstance(body.get("msg"), str):
        return {**body, "message": body["msg"]}
    return body


def fails(code):
    """Whether a code is one of a failure: not 0, not 2xx, not a word of success."""
    if isinstance(code, bool) or code in (None, "", 0):
        return False
    return not re.fullmatch("0|2[0-9][0-9]|success|succeeded|ok", str(code).lower())


def real(error):
    if isinstance(error, dict):
        code = error.get("code", error.get("status_code"))
        return fails(code) if code not in (None, "") else any(filled(value) for value in error.values())
    return filled(error) and error is not False


def is_error(body):
    """Whether a document without content speaks of an error."""
    if not isinstance(body, dict):
        return False
    label = [body.get(name) for name in ("object", "type", "event") if filled(body.get(name))]
    message = body.get("message") or body.get("msg")
    return (real(body.get("error")) or filled(body.get("errors")) or filled(body.get("detail")) or body.get("success") is False
            or any(str(word).endswith("error") for word in label) or body.get("status") == "error"
            or (isinstance(body.get("base_resp"), dict) and fails(body["base_resp"].get("status_code")))
            or (isinstance(message, str) and message != "" and (fails(body.get("code")) or not (
                label or "code" in body or body.get("success") or any(filled(body.get(name)) for name in ("choices", "usage", "data"))))))


def read_error(reading, http_status, body):
    """Fills in what an error says. `body`: JSON value, or text that is none."""
    error = error_object(body)
    code, message = error.get("code"), error.get("message")
    reading.message = message if isinstance(message, str) else None
    reading.code = str(code) if isinstance(code, (str, int)) and str(code) else None
    reading.http_status = http_status
    named = http_status
    if http_status < 300:
        for value in (code, error.get("status_code"), error.get("http_status"), error.get("status")):
            if re.fullmatch("[45][0-9][0-9]", str(value)):
                named = int(value)
                break
        else:
            named = 0
    reading.status = HTTP.get(named) or (300 if 400 <= named < 500 else 307)
    metadata = error.get("metadata") if isinstance(error.get("metadata"), dict) else {}
    words = " ".join(str(error.get(name)) for name in ("code", "type", "message", "status", "details")) + str(metadata.get("raw"))
    for statuses, pattern, meaning in WORDS:
        if named in statuses and re.search(pattern, words, re.IGNORECASE):
            reading.status = meaning
            break
    reading.end = "error"
    return reading


# Finish reasons that mean failure, and what they mean.
FAILED = {"error": 308, "network_error": 308, "abort": 308, "timeout": 308, "insufficient_system_resource": 306, "malformed_function_call": 312}
KINDS = ("content", "reasoning_content", "reasoning", "reasoning_details", "tool_calls", "function_call", "refusal", "audio", "image", "images",
         "annotations")


def holds(message):
    """Whether a message or a delta has content of any kind."""
    for name in KINDS:
        value = message.get(name)
        if name == "content" and isinstance(value, list):
            if parts(value, False) or parts(value, True) or any(part.get("type") not in ("text", "thinking") for part in value if isinstance(part, dict)):
                return True
        elif filled(value):
            return True
    return False


def output_tokens(usage):
    return (usage.get("completion_tokens") or usage.get("output_tokens") or 0) if isinstance(usage, dict) else 0


def nothing(request, kind, content, reasons, usage):
    """Whether choices without content, that ended for these reasons, are no answer at all."""
    if content or any(reason not in (None, "stop", "tool_calls", "function_call") for reason in reasons):
        return False
    last = (request.get("messages") or [{}])[-1]
    silence = kind == "completion" or filled(request.get("stop")) or last.get("role") == "assistant" or output_tokens(usage) > 0
    return not (any(reasons) and silence)


# ---------------------------------------------------------------- streams

def is_json(data):
    try:
        json.loads(data.decode("utf-8", "replace"))
        return True
    except ValueError:
        return False


def events(body, ordered):
    """(name, data) of each event of a whole event stream (WHATWG). The last one needs no blank line when the body ended in order.
    Lines that begin like JSON or a page and belong to no field come with the name None."""
    if body.startswith(b"\xef\xbb\xbf"):
        body = body[3:]
    lines = re.split(rb"\r\n|\r|\n", body)
    if ordered:
        lines += [b""] if lines[-1] else []
    else:
        lines = lines[:-1]  # what no line end closes is no line
    data, name, stray = None, b"", None
    for number, line in enumerate([*lines, b""] if ordered else lines):
        field = re.match(rb"(data|event|id|retry|)(:|$)", line)
        if stray is not None and field:
            yield None, stray
            stray = None
        if line == b"":
            last = ordered and number >= len(lines) - 1
            if data is not None and not (last and not is_json(b"\n".join(data)) and data != [b"[DONE]"]):
                yield name, b"\n".join(data)
            data, name = None, b""
        elif stray is not None or line[:1] in (b"{", b"[", b"<"):
            stray = line if stray is None else stray + b"\n" + line
        elif line.startswith(b"event:"):
            name = line[6:].strip()
        elif line == b"data" or line.startswith(b"data:"):
            value = line[5:]
            data = (data or []) + [value[1:] if value.startswith(b" ") else value]


def values(data):
    """The JSON values in an event, usually one: (bytes, value). Bad UTF-8 counts as U+FFFD. A trailing None: not JSON."""
    text, at = data.decode("utf-8", "replace"), 0
    while text[at:].strip(" \t\r\n"):
        at += len(text[at:]) - len(text[at:].lstrip(" \t\r\n"))
        try:
            value, end = DECODER.raw_decode(text, at)
        except ValueError:
            yield text[at:].encode(), None
            return
        yield repaired(text[at:end], edges=True).encode(), value
        at = end


def repaired(text, edges=False):
    """JSON text in which each half of a surrogate pair that has lost the other half is written \\ufffd. With `edges` those stay
    that the string of another document may complete: a first half at the end, a second one at the beginning."""
    pairs = r"(\\\\|\\u[dD][89abAB]\w\w\\u[dD][c-fC-F]\w\w)|\\u[dD][89a-fA-F]\w\w"
    if edges:
        pairs = r'(\\["\\]|\\u[dD][89abAB]\w\w\\u[dD][c-fC-F]\w\w|\\u[dD][89abAB]\w\w(?=")|(?<=")\\u[dD][c-fC-F]\w\w)|\\u[dD][89a-fA-F]\w\w'
    return re.sub(pairs, lambda match: match[1] or "\\ufffd", text)


def filled(value):
    return value not in (None, "", [], {})


def whole(text):
    """Half a surrogate pair is no character."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def delta_of(choice):
    """Text completions have the text in the choice itself."""
    return choice.get("delta") or ({"content": choice["text"]} if "text" in choice else {})


def parts(content, thinking):
    """Content may be a list of parts; a thinking part holds parts itself (Mistral)."""
    if isinstance(content, str):
        return "" if thinking else content
    found = ""
    for part in content if isinstance(content, list) else []:
        if isinstance(part, dict) and part.get("type") == "thinking":
            if thinking:
                inner = part.get("thinking")
                found += inner if isinstance(inner, str) else parts(inner, False)
        elif isinstance(part, dict) and not thinking and isinstance(part.get("text"), str):
            found += part["text"]
    return found


def reasoning_of(message):
    for name in ("reasoning_content", "reasoning"):
        if isinstance(message.get(name), str) and message[name]:
            return message[name]
    if isinstance(message.get("content"), list):
        return parts(message["content"], True)
    details = message.get("reasoning_details")
    return "".join(piece for detail in details or [] if isinstance(detail, dict) for name, piece in detail.items()
                   if name in ("text", "summary") and isinstance(piece, str)) if isinstance(details, list) else ""


class Joined:
    """Text that comes in pieces: halves of a surrogate pair at the border of two belong together."""
    def __init__(self):
        self.half = ""

    def add(self, piece):
        if not piece:
            return ""
        text = (self.half + piece).encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
        self.half = text[-1] if "\ud800" <= text[-1] <= "\udbff" else ""
        return whole(text[:-1] if self.half else text)


def is_zero(usage):
    if isinstance(usage, dict):
        return all(is_zero(value) for value in usage.values())
    if isinstance(usage, list):
        return all(is_zero(value) for value in usage)
    return isinstance(usage, (str, bool)) or not usage


class Choice:
    def __init__(self):
        self.text, self.reasoning, self.finish_reason, self.calls, self.refusal = "", "", None, [], ""
        self.joined = Joined(), Joined(), Joined()

    def add(self, choice):
        delta = delta_of(choice)
        text, reasoning = self.joined[0].add(parts(delta.get("content"), False)), self.joined[1].add(reasoning_of(delta))
        self.text += text
        self.reasoning += reasoning
        self.refusal += self.joined[2].add(delta.get("refusal") or "")
        if choice.get("finish_reason"):
            self.finish_reason = choice["finish_reason"]
        for call in delta.get("tool_calls") or []:
            self.add_call(call)
        return text, reasoning

    def add_call(self, call):
        """By id, then by index; neither: the call before goes on."""
        id_, index = call.get("id") or None, call.get("index")
        known = None
        if id_:
            known = next((c for c in self.calls if c["id"] == id_), None)
            if not known:  # an id that comes late belongs to the nameless call of its index
                known = next((c for c in self.calls if index is not None and c["index"] == index and not c["id"]), None)
        elif index is not None:
            known = next((c for c in reversed(self.calls) if c["index"] == index), None)
        elif self.calls:
            known = self.calls[-1]
        if not known:
            known = {"id": None, "index": index, "name": "", "arguments": ""}
            self.calls.append(known)
        function = call.get("function") or {}
        known["id"] = known["id"] or id_
        known["name"] = known["name"] or function.get("name") or ""
        known["arguments"] += function.get("arguments") or ""

    def tool_calls(self):
        return [(call["id"], call["name"], Joined().add(call["arguments"])) for call in self.calls]


class StreamReader:
    """Reads one body that was answered to a request that streams."""

    def __init__(self, exchange):
        options = exchange.request.get("stream_options")
        self.wants_usage = isinstance(options, dict) and options.get("include_usage") is True
        self.reading, self.done, self.failed = Reading(), False, False
        self.choices, self.content, self.reasons = {}, False, {}
        self.exchange, self.n = exchange, int(exchange.request.get("n") or 1)
        if exchange.kind == "completion" and isinstance(exchange.request.get("prompt"), list):
            self.n *= len(exchange.request["prompt"])

    @property
    def complete(self):
        """As many choices as were asked for have ended, and no other has begun."""
        return len(self.reasons) >= self.n and set(self.reasons) == set(self.choices)

    def fail(self, status=None, code=None, error=None, body=None):
        """False: the stream is over. After its end an error changes nothing."""
        if self.done or self.complete:
            return True
        self.failed = True
        if status:
            self.reading.status, self.reading.end, self.reading.code = status, "error", code
        else:
            read_error(self.reading, 200, body if error is None else error)
        return False

    def chunk(self, raw, value):
        """False: the stream is over."""
        reading = self.reading
        if value is None and raw.strip() == b"null":
            return True
        if not isinstance(value, dict):
            return self.fail(body=value) if isinstance(value, list) and value and is_error(value[0]) else self.fail(312)
        if self.done:
            return True
        usage = value.get("usage")
        if usage is None and isinstance(value.get("x_groq"), dict):
            usage = value["x_groq"].get("usage")
        if usage is not None and not (is_zero(usage) and reading.usage is not None and not is_zero(reading.usage)):
            reading.usage = usage
        choices = [c for c in value.get("choices") or [] if isinstance(c, dict)]
        content = any(holds(delta_of(c)) or holds(c.get("message") or {}) for c in choices)
        reasons = [c.get("finish_reason") for c in choices]
        inner = next((c["error"] for c in choices if real(c.get("error"))), None)
        ended = all(reason and reason.lower() not in FAILED for reason in reasons)
        failed = None
        if real(value.get("error")) and not (content and ended):
            failed = self.fail(body=value)
        elif inner is not None:
            failed = self.fail(error={"error": inner})
        elif reason := next((r for r in reasons if r and r.lower() in FAILED), None):
            failed = self.fail(FAILED[reason.lower()], reason)
        elif not content and is_error(value):
            failed = self.fail(body=value)
        if failed is not None and not content:
            return failed
        self.content |= content
        if not (value.get("choices", 0) in ([], None) and usage is not None and not self.wants_usage):
            self.deliver(raw, choices)
        for position, choice in enumerate(choices):
            if choice.get("finish_reason") and choice["finish_reason"].lower() not in FAILED:
                self.reasons[choice.get("index", position)] = choice["finish_reason"]
        return failed is not False

    def deliver(self, raw, choices):
        text = reasoning = ""
        for position, choice in enumerate(choices):
            index = choice.get("index", position)
            added = self.choices.setdefault(index, Choice()).add(choice)
            if index == 0:
                text, reasoning = text + added[0], reasoning + added[1]
        self.reading.chunks.append((raw, text, reasoning))

    def feed(self, body, ordered):
        for name, data in events(body, ordered):
            if name is None:  # outside of events
                page = data.lstrip().startswith(b"<")
                document = json.loads(data) if not page and is_json(data) else None
                if page and not self.fail(312) or is_error(document) and not self.fail(body=document):
                    return
                continue
            if name == b"error":
                try:
                    document = json.loads(data)
                except ValueError:
                    document = data.decode("utf-8", "replace")
                if not self.fail(body=document):
                    return
                continue
            if data.strip(WHITE) in (b"", b'""') or data.startswith(b":"):
                continue  # nothing, or a keep-alive written as data
            if data.startswith(b"[DONE]"):
                self.done = True
                continue
            for raw, value in values(data):
                if value is None and (at := raw.find(b'{"error"')) >= 0:  # a proxy's error inside a half-written event
                    raw, value = next(values(raw[at:]))
                if not self.chunk(raw, value):
                    return

    def finish(self, cut, ordered):
        reading = self.reading
        for index, choice in self.choices.items():
            reading.choices[index] = choice
        first = self.choices.get(0, Choice())
        reading.text, reading.reasoning = first.text, first.reasoning
        reading.tool_calls, reading.finish_reason = first.tool_calls(), first.finish_reason
        if self.failed:
            return reading
        ended = (self.done and reading.chunks) or self.complete or (ordered and self.reasons and set(self.reasons) == set(self.choices))
        if not ended:
            empty = not reading.chunks and not cut
            reading.status, reading.end = (311, "error") if empty else (208, "truncated")
        elif nothing(self.exchange.request, self.exchange.kind, self.content, self.reasons.values(), reading.usage):
            reading.status, reading.end = 311, "error"
        return reading


def read_stream(exchange):
    response = exchange.response
    body = response["bytes"]
    start = body.lstrip(b"\xef\xbb\xbf" + WHITE)[:1]
    if response["status"] >= 300 or start in (b"{", b"[", b"<"):
        return read_document(exchange)
    reader = StreamReader(exchange)
    ordered = response.get("close") not in ("short", "eof")
    reader.feed(body, ordered)
    return reader.finish(response.get("close") == "short", ordered)


# ---------------------------------------------------------------- documents

def read_document(exchange):
    """The answer to a request that does not stream, and errors of those that do."""
    reading, response = Reading(), exchange.response
    try:
        body = json.loads(response["bytes"].decode("utf-8", "replace"))
    except ValueError:
        body = response["bytes"].decode("utf-8", "replace")
        if body.startswith("data:"):  # an error written as an event
            body = json.loads(body[5:])
        elif body.startswith("<"):  # a page: its title is what it says
            title = re.search("<title>(.*?)</title>", body)
            body = title[1] if title else {}
    if response["status"] >= 300:
        wait = response["headers"].get("retry-after")
        reading.retry_after_ms = int(wait) * 1000 if wait else None
        return read_error(reading, response["status"], body)
    if response.get("close") == "short":
        reading.status, reading.end = 208, "truncated"
        return reading
    payload = "choices" if exchange.kind in ("chat", "completion") else "data"
    choices = [c for c in body.get("choices") or [] if isinstance(c, dict)] if isinstance(body, dict) and payload == "choices" else []
    content = any(holds(c.get("message") or {}) or c.get("text") for c in choices)
    reasons = [c.get("finish_reason") for c in choices]
    if isinstance(body, dict) and real(body.get("error")) and not (content and all(reasons)):
        return read_error(reading, response["status"], body)
    for choice in choices:
        if real(choice.get("error")) and not (content and (choice.get("finish_reason") or "").lower() not in FAILED):
            return read_error(reading, response["status"], choice)
        if (choice.get("finish_reason") or "").lower() in FAILED:
            reading.status, reading.end, reading.code = FAILED[choice["finish_reason"].lower()], "error", choice["finish_reason"]
            return reading
    one = body[0] if isinstance(body, list) and body else body
    if not content and is_error(one) and not (exchange.kind != "chat" and isinstance(body, dict) and body.get(payload)):
        return read_error(reading, response["status"], body)
    if not response["bytes"].strip(WHITE):
        reading.status, reading.end = 311, "error"
        return reading
    good = isinstance(body, dict) and isinstance(body.get(payload), list) and (body[payload] or exchange.kind == "models")
    if not good or exchange.stream:
        reading.status, reading.end = 312, "error"
        return reading
    if payload == "choices" and nothing(exchange.request, exchange.kind, content, reasons, body.get("usage")):
        reading.status, reading.end = 311, "error"
        return reading
    reading.answer, reading.usage = body, body.get("usage")
    if exchange.kind == "models":
        reading.models = {entry["id"]: context_length(entry) for entry in body["data"] if entry.get("id")}
        if exchange.models_form == "openrouter":
            reading.prices = {entry["id"]: tuple(price(entry, name) for name in ("prompt", "completion")) for entry in body["data"]}
    return reading


def price(entry, name):
    """-1 stands for a price that depends on the model a router picks."""
    text = (entry.get("pricing") or {}).get(name)
    return None if text is None or Decimal(text) < 0 else Decimal(text)


def context_length(entry):
    for name in ("context_length", "context_window", "max_context_length", "max_model_len", "max_input_tokens"):
        if isinstance(entry.get(name), int) and entry[name] > 0:
            return entry[name]
    return None


def read(exchange):
    return read_stream(exchange) if exchange.stream else read_document(exchange)
