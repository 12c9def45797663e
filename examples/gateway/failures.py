"""What went wrong, as clients of OpenAI or Anthropic expect to be told."""

from __future__ import annotations

import json
import math
from typing import Any, Dict, Optional, Tuple

from gatelet import GateletError

Headers = Dict[str, str]

# The library's kind of error: HTTP status, OpenAI's type and code, Anthropic's type.
_KINDS: Dict[str, Tuple[int, str, str, str]] = {
    "argument": (400, "invalid_request_error", "invalid_request", "invalid_request_error"),
    "json": (400, "invalid_request_error", "invalid_request", "invalid_request_error"),
    "bad_request": (400, "invalid_request_error", "invalid_request", "invalid_request_error"),
    "unsupported": (400, "invalid_request_error", "unsupported", "invalid_request_error"),
    "context_length": (400, "invalid_request_error", "context_length_exceeded", "invalid_request_error"),
    "content_policy": (400, "invalid_request_error", "content_policy_violation", "invalid_request_error"),
    "refused": (403, "permission_error", "refused", "permission_error"),
    "model_unresolved": (404, "invalid_request_error", "model_not_found", "not_found_error"),
    "not_found": (404, "invalid_request_error", "model_not_found", "not_found_error"),
    "funds": (402, "insufficient_quota", "insufficient_quota", "billing_error"),
    "rate_limit": (429, "rate_limit_error", "rate_limit_exceeded", "rate_limit_error"),
    "keys_exhausted": (503, "server_error", "keys_exhausted", "api_error"),
    "too_large": (413, "invalid_request_error", "too_large", "request_too_large"),
    "cancelled": (499, "server_error", "cancelled", "api_error"),
    "closed": (503, "server_error", "unavailable", "overloaded_error"),
    "overloaded": (503, "server_error", "overloaded", "overloaded_error"),
    "unavailable": (503, "server_error", "unavailable", "overloaded_error"),
    "server": (502, "server_error", "server_error", "api_error"),
    # The gateway's keys at the provider are the operator's affair: whoever asks here has a good key.
    "no_key": (503, "server_error", "no_key", "api_error"),
    "auth": (503, "server_error", "provider_auth", "api_error"),
    "permission": (403, "permission_error", "permission", "permission_error"),
    # The gateway's own words.
    "unauthorized": (401, "authentication_error", "invalid_api_key", "authentication_error"),
    "forbidden": (403, "permission_error", "forbidden", "permission_error"),
    "no_path": (404, "invalid_request_error", "not_found", "not_found_error"),
    "method": (405, "invalid_request_error", "method_not_allowed", "invalid_request_error"),
    "draining": (503, "server_error", "draining", "overloaded_error"),
    "internal": (500, "server_error", "internal", "api_error"),
}  # fmt: skip
_TIMEOUT = (504, "server_error", "timeout", "api_error")
_OTHER = (502, "server_error", "upstream", "api_error")


class Failure(Exception):
    """A kind, a sentence and what else the client is told."""

    def __init__(self, kind: str, message: str, document: Optional[Dict[str, Any]] = None, retry_after: Optional[float] = None) -> None:
        super().__init__(message)
        self.kind, self.message, self.document, self.retry_after = kind, message, document or {}, retry_after
        found = _KINDS.get(kind) or (_TIMEOUT if kind.startswith("timeout") else _OTHER)
        self.status, self._type, self._code, self._anthropic = found

    @classmethod
    def of(cls, error: GateletError) -> "Failure":
        return cls(error.kind or "internal", error.message, error.json, error.retry_after)

    def headers(self) -> Headers:
        found = {"content-type": "application/json"}
        if self.retry_after is not None:
            found["retry-after"] = str(math.ceil(self.retry_after))
            found["retry-after-ms"] = str(math.ceil(self.retry_after * 1000))
        if self.document and self.retry_after is None:  # the library has tried again already where that made sense
            found["x-should-retry"] = "false"
        if self.document.get("request_id"):
            found["x-request-id"] = str(self.document["request_id"])
        return found

    def body(self, anthropic: bool) -> bytes:
        code = self.document.get("code")
        told: Dict[str, Any] = {"type": self._anthropic if anthropic else self._type, "message": self.message}
        if anthropic:
            return to_json({"type": "error", "error": told, "request_id": self.document.get("request_id")})
        return to_json({"error": {**told, "param": self.document.get("param"), "code": code or self._code}})

    def event(self, surface: str, number: int) -> bytes:
        """The last event of a stream, the one of this number there."""
        if surface == "responses":
            told = {"type": "error", "code": self._code, "message": self.message, "param": None, "sequence_number": number}
            return b"event: error\ndata: " + to_json(told) + b"\n\n"
        return (b"event: error\n" if surface == "messages" else b"") + b"data: " + self.body(surface == "messages") + b"\n\n"


def to_json(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
