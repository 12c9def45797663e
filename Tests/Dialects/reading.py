"""What a client should be told about an answer of any dialect, in the canonical form."""
import json
import re
from dataclasses import dataclass, field

import reader as openai_reader


class Number(str):
    """A number by its text: 1.0 and 1 differ, and nothing is rounded."""

    def __repr__(self):
        return str(self)


def exactly(text):
    return json.loads(text, parse_int=Number, parse_float=Number)


@dataclass
class Reading:
    status: int = 0
    end: str = "finished"
    http_status: int = None
    code: str = None
    message: str = None
    retry_after_ms: int = None
    id: str = None
    model: str = None
    text: str = ""
    reasoning: str = ""
    calls: list = field(default_factory=list)  # (id or None, name, arguments as text)
    finish: str = None
    native: str = None  # the provider's own word
    usage: dict = None  # the provider's own object, the last word of each member
    blocks: list = field(default_factory=list)  # the provider's content, with exact numbers
    kept: list = field(default_factory=list)  # those of them that have no canonical form
    secrets: list = field(default_factory=list)  # signatures and encrypted data: each must come back
    cited: list = field(default_factory=list)  # addresses that the text is from
    quoted: list = None  # (address, the piece of the text that is from there), where that is told
    images: list = field(default_factory=list)  # data URLs
    fields: dict = field(default_factory=dict)  # what holds for the whole answer
    unknown: list = field(default_factory=list)  # events nobody knows
    last: int = None  # from this byte on the stream is whole


def numbers(value):
    """With the numbers as numbers again."""
    if isinstance(value, Number):
        return json.loads(value)
    if isinstance(value, dict):
        return {name: numbers(one) for name, one in value.items()}
    return [numbers(one) for one in value] if isinstance(value, list) else value


# Words of the providers' own about a prompt that does not fit.
TOO_LONG = r"prompt is too long|exceeds the maximum number of tokens|exceed context limit"


def nothing(exchange, reading):
    """An answer that holds nothing, and that nothing explains, is none."""
    if reading.status == 0 and reading.finish in (None, "stop") and not (reading.text or reading.reasoning or reading.calls or reading.kept or reading.images or reading.secrets):
        usage = reading.usage or {}
        words = usage.get("output_tokens") or (usage.get("candidatesTokenCount") or 0) + (usage.get("thoughtsTokenCount") or 0)
        if not words and not exchange.request().get("stop"):
            reading.status, reading.end = 311, "error"
    return reading


def error(reading, http_status, body):
    """Fills in what an error says, whatever wraps it."""
    found = openai_reader.read_error(openai_reader.Reading(), http_status, body)
    reading.status, reading.end = found.status, "error"
    if http_status == 400 and re.search(TOO_LONG, str(found.message)):
        reading.status = 309
    reading.code, reading.message, reading.http_status = found.code, found.message, http_status
    return reading


def retry_after(exchange, reading):
    """How long a provider wants to be left alone: a header, or Google's RetryInfo."""
    seconds = exchange.response["headers"].get("retry-after")
    told = re.search(r'"retryDelay":\s*"([0-9.]+)s"', exchange.body.decode("utf-8", "replace"))
    if seconds or told:
        reading.retry_after_ms = int(float(seconds or told[1]) * 1000)
    return reading


def events(body):
    """(name, data, offset behind the event's last line) of each event of a whole event stream."""
    name, data, at = "", [], 0
    for line in body.splitlines(keepends=True):
        at += len(line)
        text = line.rstrip(b"\r\n")
        if not text:
            if data:
                yield name, b"\n".join(data), at
            name, data = "", []
        elif text.startswith(b"event:"):
            name = text[6:].strip().decode()
        elif text.startswith(b"data:"):
            data.append(text[6:] if text[5:6] == b" " else text[5:])


def is_json(data):
    try:
        json.loads(data)
        return True
    except ValueError:
        return False
