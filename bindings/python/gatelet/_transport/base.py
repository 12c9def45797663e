"""What both transports do with a request and with what the library says to it."""

from __future__ import annotations

import json
from datetime import timedelta
from time import perf_counter
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Tuple

from .. import _errors, _reply
from .._decode import document
from .._request import Document, to_json
from . import failures
from .call import OP_RAW_STREAM, Call, Options, Refusal, asks_for_a_stream, body_of, path_of
from .shapes import Shape

if TYPE_CHECKING:
    from .._native import Owner

Headers = List[Tuple[bytes, bytes]]

_JSON, _EVENTS = (b"content-type", b"application/json"), (b"content-type", b"text/event-stream; charset=utf-8")
# What a provider's response says of its own body and connection.
_OF_ONE_HOP = frozenset([
    "content-type", "content-length", "content-encoding", "transfer-encoding", "connection", "keep-alive", "trailer", "upgrade",
    "retry-after", "retry-after-ms", "x-should-retry", "alt-svc", "strict-transport-security",
])  # fmt: skip
_NAMES = (("x-gatelet-request-id", "request_id"), ("x-gatelet-provider", "provider"), ("x-gatelet-model", "model"))
_REQUEST_IDS = ("x-request-id", "request-id", "apim-request-id", "x-goog-request-id", "cf-ray")
_REMEMBERED = 256


class Transport:
    """`httpx` is the module of the requests: httpx or httpx2."""

    def __init__(self, httpx: Any, shape: Shape, owner: Owner, owned: bool, options: Mapping[str, Any], sdk_retries: bool) -> None:
        self._httpx = httpx
        self._shape = shape
        self._owner = owner
        self._owned = owned
        self._options = Options(options)
        self._sdk_retries = sdk_retries
        # Failures without a response, by request: Anthropic's SDK sends those again by itself, when Gatelet already has.
        self._failed: Dict[Tuple[str, int], Tuple[int, Dict[str, Any]]] = {}

    def call(self, request: Any, path: str) -> Call:
        operations = self._shape.operations(request.method, path)
        if operations is None:
            body = request.content
            options = self._options.of_raw(request, path, body, self._shape.raw_provider)
            return Call(OP_RAW_STREAM, Document(body or None, options), True)
        once, streamed = operations
        body = body_of(request.content)
        streams = streamed is not None and asks_for_a_stream(body)
        document = Document(body, self._options.of(request))
        return Call(streamed if streams and streamed is not None else once, document, streams)

    def answer(self, body: bytes, told: bytes, began: float) -> Any:
        """A response with a whole body. `told` is the library's END."""
        gatelet = (document(told) if told else {}).get("gatelet") or {}
        headers = [_JSON, *self._headers(gatelet.get("response") or {}, gatelet)]
        response = self._httpx.Response(200, headers=headers, content=body)
        response.elapsed = timedelta(seconds=perf_counter() - began)
        return response

    def stream(self, response: bytes, operation: int, frames: Any) -> Any:
        told = document(response) if response else {}
        headers = self._headers(told, {})
        if operation == OP_RAW_STREAM:
            kind = (told.get("headers") or {}).get("content-type")
            headers += [(b"content-type", kind.encode())] if kind else []
            return self._httpx.Response(told.get("status") or 200, headers=headers, stream=frames)
        return self._httpx.Response(200, headers=[_EVENTS, *headers], stream=frames)

    def refuse(self, refusal: Refusal) -> Any:
        return self._failure(refusal.http_code, refusal.document)

    def fail(self, request: Any, error: _errors.GateletError) -> Any:
        """The response for a failure; raises what the SDK takes for one where there was none."""
        if failures.exception_name(error.status) is None:
            code = _reply.http_status(error.status, error.json)
            if error.status == 110 and self._shape.operations(request.method, path_of(request.url.raw_path)) is None:
                code = 404  # not on the list of requests that may be made
            return self._failure(code, error.json)
        if self._sdk_retries:
            name = failures.exception_name(error.status) or "ReadError"
            raise getattr(self._httpx, name)(str(error), request=request) from error
        if len(self._failed) >= _REMEMBERED:
            self._failed.pop(next(iter(self._failed)), None)
        self._failed[_key(request)] = error.status, error.json
        raise self.unreachable(request, error)

    def fail_again(self, request: Any) -> None:
        """Where the SDK sends what has just failed."""
        if self._failed and request.headers.get("x-stainless-retry-count", "0") != "0":
            failed = self._failed.get(_key(request))
            if failed is not None:
                raise self.unreachable(request, _errors.make(*failed))
        elif self._failed:
            self._failed.pop(_key(request), None)

    def unreachable(self, request: Any, error: _errors.GateletError) -> Exception:
        """The exception for a failure without a response: the SDK's own, which OpenAI's hands on without trying again, or httpx's."""
        name = failures.exception_name(error.status) or "ReadError"
        known = self._shape.unreachable(name, str(error), request)
        raised: Exception = known or getattr(self._httpx, name)(str(error), request=request)
        raised.__cause__ = error
        return raised

    def broken(self, request: Any, operation: int, status: int, end: bytes) -> "tuple[bytes, Optional[Exception]]":
        """What a stream that fails ends with: an event, or an exception where the connection is what failed."""
        told = document(end).get("error") or {}
        if failures.exception_name(status) is None and operation != OP_RAW_STREAM:
            return self._shape.broken(told), None
        return b"", self.unreachable(request, _errors.make(status, told))

    def lets_go(self, error: _errors.GateletError) -> bool:
        """Whether the request may be sent without what was refused: a header that the SDK sets by itself."""
        return error.status == 110 and self._options.leave_out(error.message)

    def end(self, operation: int) -> bytes:
        return b"" if operation == OP_RAW_STREAM else self._shape.end(operation)

    def _failure(self, code: int, document: Mapping[str, Any]) -> Any:
        # Not in the body: frameworks look for words in it, and other attempts may have other ones.
        told = json.dumps({name: value for name, value in document.items() if name not in ("provider_body", "response", "reply")})
        headers = [_JSON, *self._headers(document.get("response") or {}, document), *failures.headers(document, self._sdk_retries)]
        headers.append((b"x-gatelet-error", told.encode()))
        reply = document.get("reply")
        if reply:  # of the surfaces Messages and Responses
            return self._httpx.Response(reply["status"], headers=headers, content=to_json(reply["body"]))
        return self._httpx.Response(code, headers=headers, content=self._shape.error({**document, "http_code": code}))

    def _headers(self, response: Mapping[str, Any], gatelet: Mapping[str, Any]) -> Headers:
        """The provider's, and names of the request."""
        found = {name: value for name, value in (response.get("headers") or {}).items() if name not in _OF_ONE_HOP}
        for name, member in _NAMES:
            if gatelet.get(member):
                found[name] = gatelet[member]
        named = self._shape.request_id_name
        if named not in found:
            theirs = gatelet.get("provider_request_id") or next((found[name] for name in _REQUEST_IDS if name in found), None)
            if theirs or "request_id" in gatelet:
                found[named] = theirs or gatelet["request_id"]
        return [(name.encode("latin-1"), str(value).encode("utf-8")) for name, value in found.items() if value is not None]


def _key(request: Any) -> "tuple[str, int]":
    return str(request.url), hash(request.content)
