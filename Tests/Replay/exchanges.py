"""The recorded exchanges: the project's small copy, the collection beside the checkout, where it is, and those made by hand."""
import base64
import glob
import gzip
import json
import os
from urllib.parse import urlsplit

HERE = os.path.dirname(os.path.abspath(__file__))
OWN = os.path.join(HERE, "..", "Fixtures", "replay", "*.jsonl")
KINDS = {"/chat/completions": "chat", "/completions": "completion", "/embeddings": "embeddings", "/models": "models"}
LISTS = {"chat": "messages", "embeddings": "input", "completion": "prompt"}


class Exchange:
    """One request and what a provider answered."""

    def __init__(self, record, kind, own):
        self.id, self.kind, self.own = record["id"], kind, own
        self.provider = record["provider"]
        self.expect = record.get("expect")
        response = record["response"]
        body = response["body"] or ""
        response["bytes"] = base64.b64decode(body) if response.get("body_format") == "base64" else body.encode()
        self.response = response
        self.models_form = "openrouter" if self.provider == "openrouter" else "mistral" if self.provider == "mistral" else "openai"
        self.repaired_request = False
        self.request = self._request(record["request"].get("body"))
        self.stream = kind in ("chat", "completion") and self.request.get("stream") is True

    def _request(self, body):
        """The recorded request, or a minimal one of its kind where that cannot be sent."""
        self.request_text = body or ""
        try:
            request = json.loads(body, parse_int=_Number, parse_float=_Number)
            if isinstance(request, dict) and request.get(LISTS.get(self.kind)):
                return request
        except (TypeError, ValueError):
            pass
        request = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "input": "hi", "prompt": "hi"}
        request = {name: request[name] for name in ("model", LISTS.get(self.kind)) if name in request}
        self.request_text = json.dumps(request)
        self.repaired_request = self.kind != "models"
        return request


class _Number(str):
    """A number by its text: 1.0 and 1 differ, and nothing is rounded."""


def kind_of(record):
    path = urlsplit(record["request"]["url"]).path.rstrip("/")
    for end, kind in KINDS.items():
        if path.endswith(end):
            return kind
    return None


def skip_reason(record, kind):
    """Why a record is not one of the OpenAI dialect; None when it is."""
    if kind is None:
        return f"path of another dialect ({record['api']})"
    try:
        body = json.loads(record["response"]["body"] or "")
    except ValueError:
        return None
    if not isinstance(body, dict) or body.get("error") or record["response"]["status"] >= 300:
        return None
    if kind == "models" and "data" not in body and "models" in body:
        return "models: Gemini's own list, not the OpenAI shape"
    if kind == "embeddings" and "data" not in body and "embedding" in body:
        return "embeddings: Ollama's own answer, not the OpenAI shape"
    if kind == "embeddings" and record["request"]["method"].upper() != "POST":
        return "embeddings: not a request for embeddings (GET)"
    return None


def own():
    """The handmade exchanges, which say themselves what is expected."""
    for path in sorted(glob.glob(OWN)):
        with open(path, encoding="utf-8") as file:
            for line in file:
                if line.strip():
                    record = json.loads(line)
                    yield Exchange(record, record["kind"], True)


SMALL = os.path.join(HERE, "..", "Fixtures", "recorded")


def folders():
    """Where recordings are: the project's small copy, and then the whole collection where there is one."""
    whole = os.path.join(os.environ.get("GATELET_SHARED", os.path.join(HERE, "..", "..", "..", "shared")), "fixtures")
    return [SMALL] + [whole] * os.path.isdir(os.path.join(whole, "exchanges"))


def least(small, whole):
    """How many of something there must be at least: in the small copy, or in the whole collection."""
    return whole if len(folders()) > 1 else small


def records():
    """Every recorded exchange once."""
    seen = set()
    for folder in folders():
        for path in sorted(glob.glob(os.path.join(folder, "exchanges", "*.jsonl*"))):
            with (gzip.open if path.endswith(".gz") else open)(path, "rt", encoding="utf-8") as file:
                for record in map(json.loads, file):
                    if record["id"] not in seen:
                        seen.add(record["id"])
                        yield record


def recorded(skips):
    """The recorded exchanges of the OpenAI dialect; `skips` counts the others by reason."""
    for record in records():
        kind = kind_of(record)
        reason = skip_reason(record, kind)
        if reason:
            skips[reason] += 1
        else:
            yield Exchange(record, kind, False)
