"""`client.raw`: a request as bytes, its answer as bytes. For services that hand on what their users wrote."""

from __future__ import annotations

from typing import Any, Dict, Union

from . import _errors, _library, _request
from ._calls import Resource

Body = Union[bytes, bytearray, memoryview, str]


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


_ALLOWED = frozenset({"timeout", "total_timeout", "max_retries", "tag", "extra_headers", "extra_query", "gatelet"})


def _bytes(body: Body) -> bytes:
    if isinstance(body, str):
        body = body.encode("utf-8", "surrogatepass")
    found = bytes(body)
    if b"\0" in found:
        raise _errors.make(102, {"kind": "json", "message": "the request holds a NUL byte"})
    return found
