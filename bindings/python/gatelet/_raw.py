"""`client.raw`: a request as bytes, its answer as bytes. For services that hand on what their users wrote."""

from __future__ import annotations

from typing import Any, Dict, FrozenSet, Mapping, Union

from . import _errors, _library, _request
from ._calls import Resource
from ._response import Response
from .types import Gatelet, parse

Body = Union[bytes, bytearray, memoryview, str]


class RawAnswer(Response):
    """What a provider answered to `client.raw.request`: `status_code`, `headers`, `content`, `text`, `json()`, and `gatelet`, as of
    other answers."""

    def __init__(self, raw: bytes) -> None:
        import base64

        document = parse(raw)
        told = document.get("gatelet") or {}
        response = told.get("response") or {}
        if document.get("object") != "gatelet.raw":  # the plan of a dry run
            content = raw
        elif "body_base64" in document:
            content = base64.b64decode(document["body_base64"])
        else:
            content = (document.get("body") or "").encode("utf-8", "surrogatepass")
        super().__init__(response.get("status") or 200, response.get("headers") or (), content)
        self.gatelet = Gatelet(told)


def _same(raw: bytes) -> bytes:
    return raw


def _chunk(raw: bytes, text: str, reasoning: str) -> bytes:
    return raw


def _event(raw: bytes, text: str, reasoning: str) -> bytes:
    from ._sse import event

    return event(raw)


class Raw(Resource):
    """The arguments say what the service wants; the body cannot. A body with a member `gatelet` is refused unless
    `gatelet={"request_extensions": "routing"}` (or "all") allows it. Streams give the JSON of each chunk, or with `sse=True`
    server-sent events, as they go to a browser."""

    def _document(self, function: str, body: Body, options: Dict[str, Any]) -> _request.Document:
        for name in options:
            if name not in _ALLOWED:
                from ._words import unexpected

                raise unexpected(function, name, _ALLOWED)
        own = {"request_extensions": "none", **self._defaults.options}
        if self._how is None:
            own.pop("response", None)  # the user is not to see it
        said = _request.call_options(options, own)
        return _request.Document(_bytes(body), _request.to_json(said))

    def _answer(self, function: str, operation: int, body: Body, options: Dict[str, Any]) -> Any:
        return self._ask(operation, self._document(function, body, options), _same)

    def _chunks(self, function: str, operation: int, body: Body, sse: bool, options: Dict[str, Any]) -> Any:
        return self._stream(operation, self._document(function, body, options), _event if sse else _chunk)

    def chat(self, body: Body, **options: Any) -> Any:
        return self._answer("chat", _library.OP_CHAT, body, options)

    def chat_stream(self, body: Body, *, sse: bool = False, **options: Any) -> Any:
        return self._chunks("chat_stream", _library.OP_CHAT_STREAM, body, sse, options)

    def completions(self, body: Body, **options: Any) -> Any:
        return self._answer("completions", _library.OP_COMPLETION, body, options)

    def completions_stream(self, body: Body, *, sse: bool = False, **options: Any) -> Any:
        return self._chunks("completions_stream", _library.OP_COMPLETION_STREAM, body, sse, options)

    def embeddings(self, body: Body, **options: Any) -> Any:
        return self._answer("embeddings", _library.OP_EMBEDDINGS, body, options)

    def messages(self, body: Body, **options: Any) -> Any:
        return self._answer("messages", _library.OP_MESSAGES, body, options)

    def messages_stream(self, body: Body, *, sse: bool = False, **options: Any) -> Any:
        return self._chunks("messages_stream", _library.OP_MESSAGES_STREAM, body, sse, options)

    def count_tokens(self, body: Body, **options: Any) -> Any:
        return self._answer("count_tokens", _library.OP_COUNT_TOKENS, body, options)

    def responses(self, body: Body, **options: Any) -> Any:
        return self._answer("responses", _library.OP_RESPONSES, body, options)

    def responses_stream(self, body: Body, *, sse: bool = False, **options: Any) -> Any:
        return self._chunks("responses_stream", _library.OP_RESPONSES_STREAM, body, sse, options)

    def request(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """Asks another endpoint of one provider (audio, images, files, moderations, batches, ...), with its address, key and limits:
        `request("POST", "/moderations", {"input": "..."})`. A dict is sent as JSON; bytes go out as they are, of the kind that
        `content_type` says; with `files`, as httpx has them, it is a form, whose other fields are the body's members. Gives the
        whole answer; docs/requests.md, "Raw requests", has what may be asked, and of whom."""
        request = described("request", method, path, body, options, self._defaults, _ALLOWED_RAW)
        return self._connection.ask(_library.OP_RAW, request, RawAnswer)

    def request_stream(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """As `request`, and gives the answer's bytes as they come. The stream's `response` has status and headers."""
        request = described("request_stream", method, path, body, options, self._defaults, _ALLOWED_RAW)
        return self._connection.stream(_library.OP_RAW_STREAM, request, _chunk)


def described(
    function: str, method: str, path: str, body: Any, options: Dict[str, Any], defaults: _request.Defaults, allowed: FrozenSet[str]
) -> _request.Document:
    """All that is asked stands in the options; the body is bytes."""
    for name in options:
        if name not in allowed:
            from ._words import unexpected

            raise unexpected(function, name, allowed)
    call = {name: value for name, value in options.items() if name in _ALLOWED}
    said = _request.call_options(call, {"response": True, **defaults.options})
    said["timeouts"] = {name: limit for name, limit in (said.get("timeouts") or {}).items() if name != "content"}
    kind = options.get("content_type")
    if options.get("files") is not None:
        if kind is not None:
            raise TypeError("a form with files says its own content_type")
        content, kind = _form(body, options["files"])
    else:
        content = _body(body)
    http: Dict[str, Any] = {"method": method, "path": path, "length": len(content)}
    headers: Dict[str, str] = said.pop("headers", {})
    if kind is not None:
        headers = {**{name: value for name, value in headers.items() if name.lower() != "content-type"}, "Content-Type": kind}
    http.update({name: value for name, value in (("headers", headers), ("query", said.pop("query", {}))) if value})
    if options.get("model") is not None:
        http["model"] = options["model"]
    asked = options.get("provider")
    if isinstance(asked, str):
        said["provider"] = asked
    elif asked is not None:
        said.pop("provider", None)
        http["providers"] = list(asked)
    said["http"] = _request.merge(http, said.get("http") or {})
    return _request.Document(content or None, _request.to_json(said))


def _body(body: Union[Body, Mapping[str, Any], None]) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode("utf-8", "surrogatepass")
    return bytes(body) if isinstance(body, (bytes, bytearray, memoryview)) else _request.to_json(body)


def _form(fields: Any, files: Any) -> "tuple[bytes, str]":
    """The bytes of a form, and their kind. What writes them is httpx, which the SDKs bring along."""
    import sys
    from importlib import import_module

    for name in ("httpx", "httpx2"):
        try:
            httpx = sys.modules.get(name) or import_module(name)
        except ImportError:
            continue
        if fields is not None:
            _request.is_mapping("the body beside files", fields)
        for _, given in files.items() if isinstance(files, Mapping) else files:
            content = given[1] if isinstance(given, tuple) else given
            if not isinstance(content, (bytes, str)) and not hasattr(content, "read"):
                raise TypeError(f"a file is bytes or an open one, but not {type(content).__name__}")
        request = httpx.Request("POST", "http://form", data=fields, files=files)
        return request.read(), request.headers["Content-Type"]
    raise ImportError("files are sent with httpx, which is not installed: pip install httpx")


_ALLOWED = frozenset({"timeout", "total_timeout", "max_retries", "tag", "extra_headers", "extra_query", "gatelet"})
OF_ONE = _ALLOWED | {"provider"}
"""What may be said where all but who is asked is known."""
_ALLOWED_RAW = OF_ONE | {"content_type", "files", "model"}


def _bytes(body: Body) -> bytes:
    if isinstance(body, str):
        body = body.encode("utf-8", "surrogatepass")
    if not isinstance(body, (bytes, bytearray, memoryview)):
        raise TypeError(f"the request is bytes or a text, as it came, but not {type(body).__name__}")
    found = bytes(body)
    if b"\0" in found:
        raise _errors.make(102, {"kind": "json", "message": "the request holds a NUL byte"})
    return found
