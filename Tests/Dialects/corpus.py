"""The recorded exchanges of the native dialects: the project's small copy, and the collection where there is one."""
import base64
import json
from urllib.parse import urlsplit

import exchanges

DIALECTS = {"messages": "anthropic", "generateContent": "gemini"}
LEAST = {"anthropic": exchanges.least(40, 1025), "gemini": exchanges.least(40, 733)}


class Exchange:
    """One request of a dialect and what the provider answered."""

    kind = "chat"

    def __init__(self, record, dialect, own=False):
        self.id, self.dialect, self.own, self.provider = record["id"], dialect, own, record["provider"]
        self.expect, self.fidelity = record.get("expect"), record.get("fidelity", "verbatim")
        self.model = record.get("model") or "a-model"
        response = dict(record["response"])
        body = response["body"] or ""
        response["bytes"] = base64.b64decode(body) if response.get("body_format") == "base64" else body.encode("utf-8", "surrogatepass")
        self.response, self.body = response, response["bytes"]
        self.stream = bool(record.get("streaming"))
        self.format = record.get("stream_format") or ("sse" if self.stream else None)
        try:
            self.sent = json.loads(record["request"].get("body") or "null")
        except ValueError:
            self.sent = None
        self.sent = self.sent if isinstance(self.sent, dict) else {}

    @property
    def name(self):
        how = "stream" if self.stream else "answer"
        return f"{self.dialect} {how} {self.id}{'' if self.own else ' of ' + self.provider}"

    def request(self):
        """A request in the canonical form whose answer this may be: what decides how an answer is judged is taken over."""
        request = {"messages": [{"role": "user", "content": "hi"}]}
        config = self.sent.get("generationConfig") or {}
        stop = self.sent.get("stop_sequences") or config.get("stopSequences")
        if stop:
            request["stop"] = stop
        if self.stream:
            request["stream_options"] = {"include_usage": True}
        if self.dialect == "gemini" and b"groundingSupports" in self.body:
            request["web_search_options"] = {}  # places of sources are told to whoever asked for a search
        return request


def dialect_of(record):
    """None: a document of another API."""
    dialect = DIALECTS.get(record["api"])
    path = urlsplit(record["request"]["url"]).path
    if dialect == "anthropic" and "/threads/" in path:
        return None  # OpenAI's Assistants
    return dialect


def recorded():
    for record in exchanges.records():
        dialect = dialect_of(record)
        if dialect:
            yield Exchange(record, dialect)


def handmade():
    """Those that were put together from documents."""
    import handmade
    import handmade_responses
    yield from handmade.all_of()
    yield from handmade_responses.all_of()


def everything():
    yield from handmade()
    yield from recorded()
