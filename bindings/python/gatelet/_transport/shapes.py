"""The HTTP interfaces that SDKs speak: which path is which operation, and what lists and errors look like."""

from __future__ import annotations

import sys
from typing import Any, Dict, List, Mapping, Optional, Tuple

from .. import _reply
from .._decode import document as read_document
from .._library import (
    OP_CHAT,
    OP_CHAT_STREAM,
    OP_COMPLETION,
    OP_COMPLETION_STREAM,
    OP_COUNT_TOKENS,
    OP_EMBEDDINGS,
    OP_MESSAGES,
    OP_MESSAGES_STREAM,
    OP_RESPONSES,
    OP_RESPONSES_STREAM,
)
from .._request import to_json
from .call import Refusal, plain

Operations = Tuple[int, Optional[int]]
Json = Dict[str, Any]


class Shape:
    """OpenAI's, and what the others have in common with it."""

    sdk = "openai"
    request_id_name = "x-request-id"
    posts: Dict[str, Operations] = {
        "chat/completions": (OP_CHAT, OP_CHAT_STREAM),
        "completions": (OP_COMPLETION, OP_COMPLETION_STREAM),
        "embeddings": (OP_EMBEDDINGS, None),
        "responses": (OP_RESPONSES, OP_RESPONSES_STREAM),
    }
    # Resources of the API below which the same words stand.
    others: Tuple[str, ...] = ("threads/", "assistants/", "conversations/", "batches/", "evals/")

    # Who gets the requests that the library does not know; None: the default provider.
    raw_provider: Optional[str] = None

    def operations(self, method: str, path: str) -> Optional[Operations]:
        """None for what is handed on as it is."""
        if method == "POST":
            for end, operations in self.posts.items():
                if path == end or (path.endswith("/" + end) and not path.startswith(self.others)):
                    return operations
        return None

    def model_query(self, method: str, path: str) -> Optional[str]:
        """The model that is asked for, "" for all of them; None where the path is another one."""
        if method != "GET":
            return None
        if path == "models" or path.endswith("/models"):
            return ""
        return plain(path[len("models/") :]) if path.startswith("models/") else None

    def end(self, operation: int) -> bytes:
        """What stands behind the last event of a stream."""
        return b"" if operation == OP_RESPONSES_STREAM else b"data: [DONE]\n\n"

    def broken(self, document: Mapping[str, Any]) -> bytes:
        """The event that tells of a failure within a stream."""
        return b"data: %b\n\n" % self.error(document)

    def error(self, document: Mapping[str, Any]) -> bytes:
        return to_json(_reply.openai_body(document))

    def unreachable(self, name: str, message: str, request: Any) -> Optional[Exception]:
        """The SDK's own exception for one of httpx, if there is the SDK."""
        sdk: Any = sys.modules.get(self.sdk)
        if sdk is None:
            return None
        if name.endswith("Timeout"):
            late: Exception = sdk.APITimeoutError(request=request)
            return late
        made: Exception = sdk.APIConnectionError(message=message, request=request)
        return made

    def models(self, found: List[Json], parameters: Mapping[str, str]) -> Json:
        return {"object": "list", "data": [self.model(entry) for entry in found]}

    def model(self, entry: Json) -> Json:
        told = {**entry, "object": "model", "owned_by": entry.get("owned_by") or entry.get("provider") or ""}
        told["created"] = entry.get("created") or 0
        return told


class AnthropicShape(Shape):
    sdk = "anthropic"
    request_id_name = "request-id"
    posts = {"messages": (OP_MESSAGES, OP_MESSAGES_STREAM), "messages/count_tokens": (OP_COUNT_TOKENS, None)}
    others = ("organizations/",)
    raw_provider = "anthropic"

    def end(self, operation: int) -> bytes:
        return b""

    def broken(self, document: Mapping[str, Any]) -> bytes:
        return b"event: error\ndata: %b\n\n" % self.error(document)

    def error(self, document: Mapping[str, Any]) -> bytes:
        return to_json(_reply.anthropic_body(document))

    def models(self, found: List[Json], parameters: Mapping[str, str]) -> Json:
        """A page of them, as the SDK asks for pages."""
        told = [self.model(entry) for entry in found]
        ids = [entry["id"] for entry in told]
        after, before = parameters.get("after_id"), parameters.get("before_id")
        if after in ids:
            told = told[ids.index(after) + 1 :]
        elif before in ids:
            told = told[: ids.index(before)]
        limit = parameters.get("limit", "20")
        page = told[: max(1, int(limit))] if limit.isdigit() else told
        first, last = (page[0]["id"], page[-1]["id"]) if page else (None, None)
        return {"data": page, "has_more": len(page) < len(told), "first_id": first, "last_id": last}

    def model(self, entry: Json) -> Json:
        made = _time(entry.get("created"))
        return {**entry, "type": "model", "display_name": entry.get("name") or entry["id"], "created_at": made}


class GoogleShape(Shape):
    """Gatelet has no surface of Google's: requests go to Gemini as they are."""

    sdk = "google"
    posts: Dict[str, Operations] = {}
    raw_provider = "gemini"

    def model_query(self, method: str, path: str) -> Optional[str]:
        return None

    def unreachable(self, name: str, message: str, request: Any) -> Optional[Exception]:
        return None

    def error(self, document: Mapping[str, Any]) -> bytes:
        code = document.get("http_code")
        error = {"code": code, "message": _reply.message(document), "status": _GOOGLE_STATUS.get(str(code), "INTERNAL")}
        return to_json({"error": _reply.providers_error(document, "status") or error})


def model_document(shape: Shape, wanted: str, answer: bytes, parameters: Mapping[str, str]) -> bytes:
    """What the library's list is in the words of the SDK: of the model that is wanted, or of all."""
    found = read_document(answer)["data"]
    if not wanted:
        return to_json(shape.models(found, parameters))
    if not found:
        raise Refusal(404, "model_unresolved", f"no configured provider lists the model {wanted!r}")
    return to_json(shape.model(found[0]))


def model_lists_to_ask(wanted: str) -> List[Optional[bytes]]:
    """The queries for a model, one after the other until one finds it: by its id, and as `provider/id`."""
    if not wanted:
        return [None]
    if "*" in wanted:
        raise Refusal(404, "model_unresolved", f"{wanted!r} is no id of a model")
    queries: List[Optional[bytes]] = [to_json({"id": wanted})]
    provider, slash, model = wanted.partition("/")
    if slash and provider and model:
        queries.append(to_json({"provider": provider, "id": model}))
    return queries


def _time(seconds: Any) -> str:
    from datetime import datetime, timezone

    known = seconds if isinstance(seconds, int) and 0 <= seconds < 1 << 33 else 0
    return datetime.fromtimestamp(known, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


_GOOGLE_STATUS = {
    "400": "INVALID_ARGUMENT", "401": "UNAUTHENTICATED", "402": "RESOURCE_EXHAUSTED", "403": "PERMISSION_DENIED", "404": "NOT_FOUND",
    "429": "RESOURCE_EXHAUSTED", "503": "UNAVAILABLE",
}  # fmt: skip
