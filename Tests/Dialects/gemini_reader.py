"""Gemini's answers, read by plain means, and once more with the official package's typed model.
https://ai.google.dev/api/generate-content (2026-11)."""
import json

from reading import Reading, error, events, exactly, is_json, nothing, numbers, retry_after

# Some ask for enumerations as numbers (`enum-encoding=int`): the order is that of the reference.
REASONS = ["FINISH_REASON_UNSPECIFIED", "STOP", "MAX_TOKENS", "SAFETY", "RECITATION", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII",
           "MALFORMED_FUNCTION_CALL", "LANGUAGE"]
FINISH = {"STOP": "stop", "MAX_TOKENS": "length", "SAFETY": "content_filter", "RECITATION": "content_filter", "BLOCKLIST": "content_filter",
          "PROHIBITED_CONTENT": "content_filter", "SPII": "content_filter", "IMAGE_SAFETY": "content_filter"}
BAD_CALL = {"MALFORMED_FUNCTION_CALL"}
CANONICAL = {"text", "functionCall", "inlineData"}
MARKS = {"thought", "thoughtSignature", "videoMetadata", "partMetadata", "mediaResolution"}
TOP = {"candidates", "usageMetadata", "modelVersion", "responseId", "promptFeedback"}
CANDIDATE = {"content", "finishReason", "index"}


def kind_of(part):
    return next((name for name in part if name not in MARKS), None)


class Answer:
    """The documents of one answer, joined."""

    def __init__(self):
        self.reading, self.blocked = Reading(cited=None), None

    def add(self, document):
        reading = self.reading
        reading.id = document.get("responseId") or reading.id
        reading.model = document.get("modelVersion") or reading.model
        if document.get("usageMetadata"):
            reading.usage = dict(numbers(document["usageMetadata"]))
        self.blocked = (document.get("promptFeedback") or {}).get("blockReason") or self.blocked
        self.keep(document, TOP)
        for candidate in (document.get("candidates") or [])[:1]:
            for part in (candidate.get("content") or {}).get("parts") or []:
                self.part(part)
            reason = candidate.get("finishReason")
            if reason is not None:
                reading.native = str(reason)
            self.cite(candidate.get("groundingMetadata") or {})
            self.keep(candidate, CANDIDATE)

    def cite(self, grounding):
        pages = [chunk.get("web") or {} for chunk in grounding.get("groundingChunks") or []]
        supports = [(support["segment"].get("text"), pages[int(at)].get("uri")) for support in grounding.get("groundingSupports") or []
                    for at in support.get("groundingChunkIndices") or []]
        if supports:
            self.reading.quoted = [(url, text) for text, url in supports if url]

    def keep(self, object_, known):
        self.reading.fields.update({name: value for name, value in object_.items() if name not in known})

    def part(self, part):
        reading, kind = self.reading, kind_of(part)
        reading.blocks.append(part)
        if part.get("thoughtSignature"):
            reading.secrets.append(part["thoughtSignature"])
        if kind == "text" and part.get("thought"):
            reading.reasoning += part["text"]
        elif kind == "text":
            reading.text += part["text"]
        elif kind == "functionCall":
            call = part["functionCall"]
            reading.calls.append((call.get("id"), call["name"], call.get("args") or {}))
        elif kind == "inlineData" and not part.get("thought"):
            reading.images.append("data:%s;base64,%s" % (part["inlineData"]["mimeType"], part["inlineData"]["data"]))
        elif kind is not None:
            reading.kept.append(part)

    def finish(self):
        reading = self.reading
        word = reading.native
        if word and word.isdigit():
            word = REASONS[int(word)] if int(word) < len(REASONS) else word
        if word is not None:
            reading.finish = FINISH.get(word, "stop")
            if reading.calls and word == "STOP":
                reading.finish = "tool_calls"
        return reading


def read_stream(exchange, body):
    it = Answer()
    if exchange.format == "sse":
        documents = ((exactly(data.decode("utf-8", "replace")), end) for _, data, end in events(body))
    else:
        documents = array(body)
    for document, end in documents:
        if "error" in document:
            return error(it.finish(), 200, numbers(document))
        it.add(document)
        if it.reading.last is None and it.reading.native is not None:
            it.reading.last = end
    reading = it.finish()
    if it.blocked and not reading.blocks:
        reading.status, reading.end = 310, "error"
    elif reading.native is None:
        reading.status, reading.end = 208, "truncated"
    return nothing(exchange, reading)


def array(body):
    """(document, offset behind it) of each element of a JSON array that may be cut."""
    text, at, decoder = body.decode("utf-8", "replace"), 0, json.JSONDecoder(parse_int=exactly_number, parse_float=exactly_number)
    while at < len(text):
        if text[at] in "[,] \r\n\t":
            at += 1
            continue
        try:
            document, at = decoder.raw_decode(text, at)
        except ValueError:
            return
        yield document, len(text[:at].encode())


def exactly_number(text):
    return exactly(text)


def read(exchange):
    status = exchange.response["status"]
    if exchange.stream and status == 200:
        return read_stream(exchange, exchange.body)
    if status >= 300:
        return retry_after(exchange, error(Reading(), status, json.loads(exchange.body) if is_json(exchange.body) else exchange.body.decode()))
    it = Answer()
    it.add(exactly(exchange.body.decode("utf-8", "replace")))
    reading = it.finish()
    if it.blocked and not reading.blocks:
        reading.status, reading.end = 310, "error"
    elif reading.native in BAD_CALL:
        reading.status, reading.end = 312, "error"
    return nothing(exchange, reading)


def disagreement(exchange, reading):
    """What the package's own model makes of the answer, against this reader."""
    from google.genai import types

    if reading.status or exchange.response["status"] != 200:
        return []
    if exchange.stream:
        documents = [data for _, data, _ in events(exchange.body)] if exchange.format == "sse" else [json.dumps(one) for one in json.loads(exchange.body)]
    else:
        documents = [exchange.body]
    text, thoughts, calls, usage, finish = "", "", [], {}, None
    for document in documents:
        value = json.loads(document)
        value.get("usageMetadata", {}).pop("pydantic_ai_gateway", None)
        answer = types.GenerateContentResponse._from_response(response=worded(value), kwargs={})
        for part in (answer.parts or []):
            if part.text is not None and part.thought:
                thoughts += part.text
            elif part.text is not None:
                text += part.text
            if part.function_call:
                calls.append((part.function_call.id, part.function_call.name, part.function_call.args))
        usage = answer.usage_metadata or usage
        finish = answer.candidates[0].finish_reason or finish if answer.candidates else finish
    found = []
    ours = [(id_, name, numbers(arguments)) for id_, name, arguments in reading.calls]
    for what, theirs, own in [("text", text, reading.text), ("thoughts", thoughts, reading.reasoning), ("calls", calls, ours),
                              ("prompt tokens", usage.prompt_token_count, reading.usage.get("promptTokenCount")),
                              ("thought tokens", usage.thoughts_token_count, reading.usage.get("thoughtsTokenCount")),
                              ("answer tokens", usage.candidates_token_count, reading.usage.get("candidatesTokenCount"))]:
        if theirs != own:
            found.append(f"the package reads {what} as {str(theirs)[:300]}, this reader as {str(own)[:300]}")
    return found


def worded(value):
    """Enumerations are words in the package's model."""
    if isinstance(value, dict):
        return {name: (REASONS[one] if name == "finishReason" else "MODALITY_UNSPECIFIED") if name in ("finishReason", "modality") and isinstance(one, int)
                else worded(one) for name, one in value.items() if name != "safetyRatings"}
    return [worded(one) for one in value] if isinstance(value, list) else value
