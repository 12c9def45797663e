"""What a failure of the library is in HTTP, whose status codes are what the SDKs choose their exceptions by."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional, Tuple

# The code for each status of the library that a response tells.
_CODES: Dict[int, int] = {
    100: 400, 101: 503, 102: 400, 103: 400, 104: 401, 105: 404, 106: 500, 107: 499, 108: 503, 109: 400, 110: 403,
    209: 502, 210: 502,
    300: 400, 301: 401, 302: 403, 303: 402, 304: 404, 305: 429, 306: 503, 307: 500, 308: 503, 309: 400, 310: 400,
    311: 502, 312: 502, 313: 429,
}  # fmt: skip

# What ends a request without a response, as the exception of httpx that has the same meaning.
_EXCEPTIONS: Dict[int, str] = {
    107: "ReadError", 108: "ReadError", 200: "ConnectError", 201: "ConnectError", 202: "ConnectError", 203: "ConnectTimeout",
    204: "ReadTimeout", 205: "ReadTimeout", 206: "ReadTimeout", 207: "ReadTimeout", 208: "RemoteProtocolError",
    210: "RemoteProtocolError",
}  # fmt: skip


def exception_name(status: int) -> Optional[str]:
    """The class of httpx for a failure that no response tells; None where one does."""
    return _EXCEPTIONS.get(status)


def http_code(status: int, document: Mapping[str, Any]) -> int:
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


def headers(document: Mapping[str, Any], sdk_retries: bool) -> "list[Tuple[bytes, bytes]]":
    """Gatelet has tried again already where that made sense, and says so in the SDKs' own word."""
    found = [] if sdk_retries else [(b"x-should-retry", b"false")]
    wait = document.get("retry_after_ms")
    if isinstance(wait, (int, float)):
        found += [(b"retry-after", b"%d" % -(-int(wait) // 1000)), (b"retry-after-ms", b"%d" % int(wait))]
    return found
