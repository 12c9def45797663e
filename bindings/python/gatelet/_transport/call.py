"""An HTTP request as a call of the library."""

from __future__ import annotations

import json
import re
from ctypes import PyDLL, c_char_p, c_size_t, c_void_p
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple
from urllib.parse import unquote

from .._library import OP_RAW_STREAM as OP_RAW_STREAM
from .._request import Document, merge, to_json

# Headers that are the SDKs' own or of tracing, and keys: none of them is for the provider.
_OWN_HEADERS = frozenset(
    b"host accept accept-encoding accept-language connection user-agent content-type content-length transfer-encoding authorization "
    b"api-key x-api-key x-goog-api-key x-goog-api-client x-goog-user-project anthropic-dangerous-direct-browser-access "
    b"idempotency-key x-idempotency-key x-should-retry cookie "
    b"traceparent tracestate baggage sentry-trace b3 uber-trace-id x-amzn-trace-id x-cloud-trace-context newrelic "
    b"x-server-timeout anthropic-version x-gatelet-options".split()
)
_OWN_PREFIXES = (b"x-stainless-", b"x-litellm-", b"x-b3-", b"x-datadog-")
# What SDKs set by themselves, and some providers allow.
_BY_ITSELF = ("anthropic-beta", "openai-organization", "openai-project", "openai-beta")
_KEYS_IN_QUERIES = frozenset(["key", "api-key", "access_token"])
_OWN_QUERY = frozenset(["beta", "api-version", "key", "alt"])
_BASE = re.compile(r"^/?(?:.*?/)?v\d+(?:alpha|beta)?\d*/")


class Refusal(Exception):
    """A request that nobody is asked for."""

    def __init__(self, http_code: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.http_code = http_code
        self.document: Dict[str, Any] = {"kind": kind, "message": message}


class Call(NamedTuple):
    operation: int
    document: Document
    streams: bool


def path_of(raw_path: bytes) -> str:
    """What follows the version in the path, such as `chat/completions`; all of it where there is no version."""
    path = raw_path.partition(b"?")[0].decode("latin-1")
    return _BASE.sub("", path).lstrip("/")


def plain(path: str) -> str:
    return unquote(path, errors="replace")


def asks_for_a_stream(body: bytes) -> bool:
    """Only a body that has the words somewhere is parsed for them."""
    if not _holds(body, b'"stream"'):
        return False
    try:
        return _stream_member(body) is True
    except Exception:  # the library tells what is wrong with it
        return False


def _holds(body: bytes, words: bytes) -> bool:
    """Python's own search takes a microsecond for each kilobyte."""
    return words in body if len(body) < 4096 else bool(_memmem(body, len(body), words, len(words)))


try:
    import msgspec

    class _Streams(msgspec.Struct, gc=False):
        stream: Any = None

    _streams = msgspec.json.Decoder(_Streams).decode

    def _stream_member(body: bytes) -> Any:
        return _streams(body).stream

except ImportError:  # where there is no wheel of it

    def _stream_member(body: bytes) -> Any:
        return json.loads(body)["stream"]


_memmem = PyDLL(None).memmem
_memmem.restype, _memmem.argtypes = c_void_p, [c_char_p, c_size_t, c_char_p, c_size_t]


def body_of(content: bytes) -> bytes:
    if b"\0" in content:
        raise Refusal(400, "json", "the request holds a NUL character")
    return content


class Options:
    """The options of a call: those of the transport, of the request's time-outs, and of its headers and query."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = merge({"response": True}, given)
        self._plain: Dict[Tuple[Any, Any], bytes] = {}
        self._left_out: List[str] = []

    def leave_out(self, refusal: str) -> bool:
        """What the SDK sets by itself concerns only providers that allow it."""
        known = [name for name in _BY_ITSELF if f"`options.headers.{name}`" in refusal and name not in self._left_out]
        self._left_out += known
        return bool(known)

    def of(self, request: Any) -> bytes:
        timeout = request.extensions.get("timeout") or {}
        limits = timeout.get("connect"), timeout.get("read")
        headers, told = _other_headers(request.headers.raw)
        for name in self._left_out:
            headers.pop(name, None)
        query = _other_query(request.url)
        if not headers and not query and told is None:
            try:
                return self._plain[limits]
            except KeyError:
                pass
        made = to_json(self._all(limits, {"headers": headers, "query": query}, told))
        if not headers and not query and told is None and len(self._plain) < 100:
            self._plain[limits] = made
        return made

    def _all(self, limits: Any, more: Mapping[str, Any], told: Optional[bytes]) -> Dict[str, Any]:
        options = merge(_timeouts(*limits), self._given)
        options = merge(options, {name: value for name, value in more.items() if value})
        return options if told is None else merge(options, _said(told))

    def of_raw(self, request: Any, path: str, body: bytes, provider: Optional[str]) -> bytes:
        """Those of a request that is handed on as it is."""
        timeout = request.extensions.get("timeout") or {}
        headers, told = _other_headers(request.headers.raw)
        for name in "content-type", "accept":
            if name in request.headers:
                headers[name] = request.headers[name]
        options = self._all((timeout.get("connect"), timeout.get("read")), {}, told)
        if provider is not None:
            options = merge({"provider": provider}, options)
        query = {name: value for name, value in request.url.params.multi_items() if name not in _KEYS_IN_QUERIES}
        http = {"method": request.method, "path": "/" + path, "query": query, "headers": headers, "length": len(body)}
        return to_json({**options, "http": http})


def _timeouts(connect: Optional[float], read: Optional[float]) -> Dict[str, Any]:
    """As httpx means them: `read` is the longest silence, of the response's beginning too."""
    found = {}
    if connect is not None:
        found["connect"] = _bounded(connect)
    if read is not None:
        found["first_byte"] = found["idle"] = _bounded(read)
    return {"timeouts": found} if found else {}


def _bounded(seconds: float) -> float:
    """0 would be no limit."""
    return min(max(seconds, 0.001), 86400)


def _other_headers(raw: List[Tuple[bytes, bytes]]) -> "tuple[Dict[str, str], Optional[bytes]]":
    found: Dict[str, str] = {}
    told = None
    for name, value in raw:
        lower = name.lower()
        if lower in _OWN_HEADERS:
            if lower == b"x-gatelet-options":
                told = value
        elif not lower.startswith(_OWN_PREFIXES):
            found[lower.decode("latin-1")] = value.decode("latin-1")
    return found, told


def _other_query(url: Any) -> Dict[str, str]:
    if not url.query:
        return {}
    return {name: value for name, value in url.params.multi_items() if name not in _OWN_QUERY}


def _said(told: bytes) -> Dict[str, Any]:
    try:
        options = json.loads(told)
    except ValueError:
        options = None
    if not isinstance(options, dict):
        raise Refusal(400, "json", "x-gatelet-options must be a JSON object with options of a call")
    return options
