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
    return body


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


# ---------------------------------------------------------------- streams

def events(body):
    """The data of each event of a whole event stream (WHATWG)."""
    if body.startswith(b"\xef\xbb\xbf"):
        body = body[3:]
    lines = re.split(rb"\r\n|\r|\n", body)[:-1]  # what no line end closes is no line
    data = None
    for line in lines:
        if line == b"":
            if data is not None:
                yield b"\n".join(data)
            data = None
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
        yield repaired(text[at:end]).encode(), value
        at = end


def repaired(text):
    """JSON text in which each half of a surrogate pair that has lost the other half is written \\ufffd."""
    pairs = r"(\\\\|\\u[dD][89abAB]\w\w\\u[dD][c-fC-F]\w\w)|\\u[dD][89a-fA-F]\w\w"
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
        return "" if thinking else whole(content)
    found = ""
    for part in content if isinstance(content, list) else []:
        if isinstance(part, dict) and part.get("type") == "thinking":
            if thinking:
                inner = part.get("thinking")
                found += whole(inner) if isinstance(inner, str) else parts(inner, False)
        elif isinstance(part, dict) and not thinking and isinstance(part.get("text"), str):
            found += whole(part["text"])
    return found


def reasoning_of(message):
    for name in ("reasoning_content", "reasoning"):
        if isinstance(message.get(name), str) and message[name]:
            return whole(message[name])
    return parts(message.get("content"), True)


def is_zero(usage):
    if isinstance(usage, dict):
        return all(is_zero(value) for value in usage.values())
    if isinstance(usage, list):
        return all(is_zero(value) for value in usage)
    return isinstance(usage, (str, bool)) or not usage


class Choice:
    def __init__(self):
        self.text, self.reasoning, self.finish_reason, self.calls, self.refusal = "", "", None, [], ""

    def add(self, choice):
        delta = delta_of(choice)
        self.text += parts(delta.get("content"), False)
        self.reasoning += reasoning_of(delta)
        self.refusal += delta.get("refusal") or ""
        if choice.get("finish_reason"):
            self.finish_reason = choice["finish_reason"]
        for call in delta.get("tool_calls") or []:
            self.add_call(call)

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
        return [(call["id"], call["name"], call["arguments"]) for call in self.calls]


class StreamReader:
    """Reads one body that was answered to a request that streams."""

    def __init__(self, exchange):
        options = exchange.request.get("stream_options")
        self.wants_usage = isinstance(options, dict) and options.get("include_usage") is True
        self.reading, self.done, self.failed = Reading(), False, False
        self.choices = {}

    def chunk(self, raw, value):
        """False: the stream is over."""
        reading = self.reading
        if not isinstance(value, dict):
            reading.status, reading.end, self.failed = 312, "error", True
            return False
        usage = value.get("usage")
        if usage is None and isinstance(value.get("x_groq"), dict):
            usage = value["x_groq"].get("usage")
        if usage is not None and not (is_zero(usage) and reading.usage is not None and not is_zero(reading.usage)):
            reading.usage = usage
        choices = [c for c in value.get("choices") or [] if isinstance(c, dict)]
        failed = value.get("error") is not None
        content = any(self.has_content(c) for c in choices)
        if failed:
            read_error(reading, 200, value)
            self.failed = True
        if not (failed and not content) and not (value.get("choices", 0) in ([], None) and usage is not None and not self.wants_usage):
            self.deliver(raw, choices)
        return not failed

    def has_content(self, choice):
        delta = delta_of(choice)
        return any(filled(delta.get(name)) for name in ("content", "reasoning_content", "reasoning", "tool_calls", "refusal", "audio"))

    def deliver(self, raw, choices):
        text = reasoning = ""
        for position, choice in enumerate(choices):
            index = choice.get("index", position)
            self.choices.setdefault(index, Choice()).add(choice)
            if index == 0:
                delta = delta_of(choice)
                text, reasoning = text + parts(delta.get("content"), False), reasoning + reasoning_of(delta)
        self.reading.chunks.append((raw, text, reasoning))

    def feed(self, body):
        for data in events(body):
            if data.strip(WHITE) in (b"", b'""') or data.startswith(b":"):
                continue  # nothing, or a keep-alive written as data
            if data.startswith(b"[DONE]"):
                self.done = True
                return
            for raw, value in values(data):
                if value is None and (at := raw.find(b'{"error"')) >= 0:  # a proxy's error inside a half-written event
                    raw, value = next(values(raw[at:]))
                if not self.chunk(raw, value):
                    return

    def finish(self, cut):
        reading = self.reading
        for index, choice in self.choices.items():
            reading.choices[index] = choice
        first = self.choices.get(0, Choice())
        reading.text, reading.reasoning = first.text, first.reasoning
        reading.tool_calls, reading.finish_reason = first.tool_calls(), first.finish_reason
        if self.failed:
            return reading
        ended = (self.done and reading.chunks) or any(c.finish_reason for c in self.choices.values())
        if not ended:
            empty = not reading.chunks and not cut
            reading.status, reading.end = (311, "error") if empty else (208, "truncated")
        return reading


def read_stream(exchange):
    response = exchange.response
    body = response["bytes"]
    start = body.lstrip(b"\xef\xbb\xbf" + WHITE)[:1]
    if response["status"] >= 300 or start in (b"{", b"[", b"<"):
        return read_document(exchange)
    reader = StreamReader(exchange)
    reader.feed(body)
    return reader.finish(response.get("close") == "short")


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
    if isinstance(body, dict) and filled(body.get("error")):
        return read_error(reading, response["status"], body)
    if not response["bytes"].strip(WHITE):
        reading.status, reading.end = 311, "error"
        return reading
    payload = "choices" if exchange.kind in ("chat", "completion") else "data"
    good = isinstance(body, dict) and isinstance(body.get(payload), list) and (body[payload] or exchange.kind == "models")
    if not good or exchange.stream:
        reading.status, reading.end = 312, "error"
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
