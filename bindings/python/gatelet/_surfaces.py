"""`client.messages` and `client.responses`: the calls of Anthropic's SDK and of OpenAI's Responses API (docs/surfaces.md).
`_surfaces.pyi` has their types."""

from __future__ import annotations

from typing import Any, Dict, Optional

from . import _request, _words
from ._calls import Resource, answer
from ._library import OP_COUNT_TOKENS, OP_MESSAGES, OP_MESSAGES_STREAM, OP_RAW, OP_RESPONSES, OP_RESPONSES_STREAM


def _read_message(raw: bytes) -> Any:
    from .types.messages import Message

    return Message(answer(raw))


def _read_count(raw: bytes) -> Any:
    from .types.messages import TokenCount

    return TokenCount(answer(raw))


def _read_response(raw: bytes) -> Any:
    from .types.responses import Response

    return Response(answer(raw))


def _read_kept(raw: bytes) -> Any:
    from ._raw import RawAnswer
    from .types.responses import Response

    told = RawAnswer(raw)
    told.gatelet.pop("response", None)
    return Response({**told.json(), "gatelet": told.gatelet})


def _message_event(raw: bytes, text: str, reasoning: str) -> Any:
    from ._surface_events import MessageEvent

    return MessageEvent(raw, text, reasoning)


def _response_event(raw: bytes, text: str, reasoning: str) -> Any:
    from ._surface_events import ResponseEvent

    return ResponseEvent(raw, text, reasoning)


class Messages(Resource):
    def _request(self, function: str, messages: Any, model: Optional[str], params: Dict[str, Any]) -> _request.Document:
        body: Dict[str, Any] = {"messages": _request.listed(messages)}
        if model is not None:
            body["model"] = model
        max_tokens = params.pop("max_tokens", None)
        if max_tokens is not None:
            body["max_tokens"] = max_tokens
        known = _words.COUNT if function == "count_tokens" else _words.MESSAGES
        return _request.document(function, known, body, params, self._defaults)

    def create(self, *, messages: Any, max_tokens: int, model: Optional[str] = None, stream: Any = False, **params: Any) -> Any:
        """One request of Anthropic's Messages API, over any provider. Other arguments as in chat.completions.create."""
        request = self._request("create", messages, model, {"max_tokens": max_tokens, **params})
        if stream:
            return self._stream(OP_MESSAGES_STREAM, request, _message_event)
        return self._ask(OP_MESSAGES, request, _read_message)

    def stream(self, *, messages: Any, max_tokens: int, model: Optional[str] = None, **params: Any) -> Any:
        """A context manager of a stream: its events, `text_stream`, `get_final_message()`."""
        from . import _surface_events as events

        request = self._request("stream", messages, model, {"max_tokens": max_tokens, **params})
        manager = events.AsyncMessageStreamManager if self._connection.awaited else events.MessageStreamManager
        return manager(lambda: self._stream(OP_MESSAGES_STREAM, request, _message_event), events.MessageState())

    def count_tokens(self, *, messages: Any, model: Optional[str] = None, **params: Any) -> Any:
        """How many tokens the request has: `input_tokens`."""
        return self._ask(OP_COUNT_TOKENS, self._request("count_tokens", messages, model, params), _read_count)


class Responses(Resource):
    def _request(self, function: str, input: Any, model: Optional[str], params: Dict[str, Any]) -> _request.Document:
        body: Dict[str, Any] = {}
        if input is not None:
            body["input"] = input
        if model is not None:
            body["model"] = model
        return _request.document(function, _words.RESPONSES, body, params, self._defaults)

    def create(self, *, input: Any = None, model: Optional[str] = None, stream: Any = False, **params: Any) -> Any:
        """One request of OpenAI's Responses API, over any provider. Other arguments as in chat.completions.create."""
        request = self._request("create", input, model, params)
        if stream:
            return self._stream(OP_RESPONSES_STREAM, request, _response_event)
        return self._ask(OP_RESPONSES, request, _read_response)

    def parse(self, *, input: Any = None, model: Optional[str] = None, text_format: Any = None, **params: Any) -> Any:
        """As `create`, with the text read into `text_format`: `response.output_parsed`."""
        read = self._format(text_format, params)
        request = self._request("parse", input, model, params)
        return self._ask(OP_RESPONSES, request, lambda raw: read(_read_response(raw)))

    def stream(self, *, input: Any = None, model: Optional[str] = None, text_format: Any = None, **params: Any) -> Any:
        """A context manager of a stream: its events, `text_stream`, `get_final_response()`."""
        from . import _surface_events as events

        read = self._format(text_format, params)
        request = self._request("stream", input, model, params)
        manager = events.AsyncResponseStreamManager if self._connection.awaited else events.ResponseStreamManager
        return manager(lambda: self._stream(OP_RESPONSES_STREAM, request, _response_event), events.ResponseState(read))

    def retrieve(self, response_id: str, **options: Any) -> Any:
        """A response that its provider has kept: the default provider, or `provider`."""
        return self._kept("retrieve", "GET", response_id, "", options, _read_kept)

    def cancel(self, response_id: str, **options: Any) -> Any:
        """Ends one that is made in the background. Asked of whom `retrieve` asks."""
        return self._kept("cancel", "POST", response_id, "/cancel", options, _read_kept)

    def delete(self, response_id: str, **options: Any) -> Any:
        """Has the provider keep it no longer. Asked of whom `retrieve` asks."""
        return self._kept("delete", "DELETE", response_id, "", options, lambda raw: None)

    def _kept(self, function: str, method: str, response_id: str, action: str, options: Dict[str, Any], read: Any) -> Any:
        from . import _raw

        if not response_id:
            raise ValueError(f"the id of a response is needed, but {response_id!r} was given")
        path = f"/responses/{response_id}{action}"
        return self._ask(OP_RAW, _raw.described(function, method, path, None, options, self._defaults, _raw.OF_ONE), read)

    def _format(self, text_format: Any, params: Dict[str, Any]) -> Any:
        """Puts the wish into the parameters, and gives what reads the answer."""
        if text_format is None:
            return lambda response: response
        from . import _parsing

        schema = _parsing.response_format_of(text_format)["json_schema"]
        params["text"] = {**(params.get("text") or {}), "format": {"type": "json_schema", **schema}}
        adapter = _parsing.adapter(text_format)

        def read(response: Any) -> Any:
            if response.output_text:
                response._parsed = adapter.validate_json(response.output_text)
            return response

        return read
