"""What a failure of the library is in HTTP, whose status codes are what the SDKs choose their exceptions by."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional, Tuple

from .. import _reply

# What ends a request without a response, as the exception of httpx that has the same meaning.
_EXCEPTIONS: Dict[int, str] = {
    107: "ReadError", 108: "ReadError", 200: "ConnectError", 201: "ConnectError", 202: "ConnectError", 203: "ConnectTimeout",
    204: "ReadTimeout", 205: "ReadTimeout", 206: "ReadTimeout", 207: "ReadTimeout", 208: "RemoteProtocolError",
    210: "RemoteProtocolError",
}  # fmt: skip


def exception_name(status: int) -> Optional[str]:
    """The class of httpx for a failure that no response tells; None where one does."""
    return _EXCEPTIONS.get(status)


def headers(document: Mapping[str, Any], sdk_retries: bool) -> "list[Tuple[bytes, bytes]]":
    """Without those that each response has."""
    left = {"content-type", "x-request-id", *(["x-should-retry"] if sdk_retries else [])}
    return [(name.encode(), value.encode()) for name, value in _reply.headers(document).items() if name not in left]
