"""What a server of OpenAI's or of Anthropic's own would answer to its client for a failure: status, headers and document."""

from __future__ import annotations

import json
from typing import Any, Dict, Mapping, NamedTuple, Optional

Json = Dict[str, Any]


class Reply(NamedTuple):
    status: int
    headers: Dict[str, str]
    body: Json


def of_error(status: int, document: Mapping[str, Any], surface: str) -> Reply:
    """The library's own where it tells one, as for requests of Messages and Responses."""
    if surface not in ("openai", "anthropic"):
        raise ValueError(f"surface is 'openai' or 'anthropic', but not {surface!r}")
    told = document.get("reply") or {}
    body = told.get("body") or {}
    if body and (body.get("type") == "error") == (surface == "anthropic"):
        return Reply(told["status"], headers(document), body)
    made = anthropic_body(document) if surface == "anthropic" else openai_body(document)
    return Reply(http_status(status, document), headers(document), made)


def headers(document: Mapping[str, Any]) -> Dict[str, str]:
    """Gatelet has tried again already where that made sense, and says so in the SDKs' own word."""
    found = {"content-type": "application/json", "x-should-retry": "false"}
    wait = document.get("retry_after_ms")
    if isinstance(wait, (int, float)):
        found["retry-after"], found["retry-after-ms"] = str(-(-int(wait) // 1000)), str(int(wait))
    if document.get("request_id"):
        found["x-request-id"] = str(document["request_id"])
    return found


# The code for each status of the library.
_CODES: Dict[int, int] = {
    100: 400, 101: 503, 102: 400, 103: 400, 104: 401, 105: 404, 106: 500, 107: 499, 108: 503, 109: 400, 110: 403,
    203: 504, 204: 504, 205: 504, 206: 504, 207: 504,
    300: 400, 301: 401, 302: 403, 303: 402, 304: 404, 305: 429, 306: 503, 307: 500, 308: 503, 309: 400, 310: 400,
    311: 502, 312: 502, 313: 429,
}  # fmt: skip


def http_status(status: int, document: Mapping[str, Any]) -> int:
    """The provider's own code where it means what the library made of the failure, else the usual one."""
    usual = _CODES.get(status, {1: 400, 2: 502, 3: 502}.get(status // 100, 500))
    told = document.get("http_status")
    if isinstance(told, int) and 400 <= told <= 599 and (_kind(told) == _kind(usual) or status == 303):
        return told
    return usual


def _kind(code: int) -> int:
    if code >= 500:
        return 500
    return code if code in (401, 402, 403, 404, 429) else 400


def openai_body(document: Mapping[str, Any]) -> Json:
    """The provider's own words where they have this form, else what the library makes of them."""
    kind = str(document.get("kind") or "error")
    error = providers_error(document) or {
        "message": message(document),
        "type": document.get("type") or _OPENAI_TYPES.get(kind, "server_error"),
        "param": document.get("param"),
        "code": document.get("code") or _OPENAI_CODES.get(kind, kind),
    }
    return {"error": error}


def anthropic_body(document: Mapping[str, Any]) -> Json:
    kind = str(document.get("kind") or "error")
    theirs = providers_error(document) or {}
    known = theirs.get("type") in _ANTHROPIC_TYPES.values()
    error = theirs if known else {"type": _ANTHROPIC_TYPES.get(kind, "api_error"), "message": message(document)}
    return {"type": "error", "error": error, "request_id": document.get("request_id")}


def providers_error(document: Mapping[str, Any], member: str = "type") -> Optional[Json]:
    body = document.get("provider_body")
    try:
        error = json.loads(body)["error"] if isinstance(body, str) else None
    except (ValueError, TypeError, KeyError, IndexError):
        return None
    return error if isinstance(error, dict) and isinstance(error.get("message"), str) and member in error else None


def message(document: Mapping[str, Any]) -> str:
    return str(document.get("message") or document.get("provider_message") or "the request failed")


_OPENAI_TYPES = {
    "argument": "invalid_request_error", "json": "invalid_request_error", "config": "invalid_request_error",
    "unsupported": "invalid_request_error", "bad_request": "invalid_request_error", "context_length": "invalid_request_error",
    "content_policy": "invalid_request_error", "model_unresolved": "invalid_request_error", "not_found": "invalid_request_error",
    "no_key": "authentication_error", "auth": "authentication_error", "permission": "permission_error", "refused": "permission_error",
    "funds": "insufficient_quota", "rate_limit": "rate_limit_error", "keys_exhausted": "rate_limit_error",
}  # fmt: skip
_OPENAI_CODES = {
    "context_length": "context_length_exceeded", "content_policy": "content_policy_violation", "model_unresolved": "model_not_found",
    "funds": "insufficient_quota", "rate_limit": "rate_limit_exceeded", "auth": "invalid_api_key",
}  # fmt: skip
_ANTHROPIC_TYPES = {
    "argument": "invalid_request_error", "json": "invalid_request_error", "config": "invalid_request_error",
    "unsupported": "invalid_request_error", "bad_request": "invalid_request_error", "context_length": "invalid_request_error",
    "content_policy": "invalid_request_error", "model_unresolved": "not_found_error", "not_found": "not_found_error",
    "no_key": "authentication_error", "auth": "authentication_error", "permission": "permission_error", "refused": "permission_error",
    "funds": "billing_error", "rate_limit": "rate_limit_error", "keys_exhausted": "rate_limit_error", "overloaded": "overloaded_error",
    "too_large": "request_too_large",
}  # fmt: skip
