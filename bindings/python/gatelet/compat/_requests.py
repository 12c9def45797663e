"""Requests to one provider: the functions make_..., process_... and get_..._client of each provider."""

from __future__ import annotations

import functools
from typing import Any, Callable, Dict, Iterator, Optional

from .. import GateletError, NoKeyError, _words
from ..reports import ProviderState
from . import _errors, _gateway
from ._errors import logger

# What is said beside the request, not in it.
_BESIDE = _words.CALL - {"gatelet", "extra_body"}
_NEVER_SENT = _words.SECRETS | {"api_base", "base_url"}


def create(kind: str, row: ProviderState, stream: bool, params: Dict[str, Any]) -> Any:
    """A call of the public client, at this provider alone. Any other keyword is a member of the request."""
    for name in params.keys() & _NEVER_SENT:
        raise TypeError(f"{name!r} is no member of a request: keys and addresses come from the environment or gatelet.compat.configure(...)")
    beside = {name: params.pop(name) for name in _BESIDE if params.get(name) is not None}
    options = {**(params.pop("gatelet", None) or {}), "provider": row.id}
    body = {**params, **(params.pop("extra_body", None) or {})}
    body.pop("extra_body", None)
    send = functools.partial(_send, kind, stream, options, body, beside)
    try:
        try:
            answer = send()
        except NoKeyError:
            if not _gateway.refresh():
                raise
            answer = send()
    except GateletError as error:
        raised = _reported(error, row)
    else:
        return ProviderStream(answer, row) if stream else answer
    raise raised


def _reported(error: GateletError, row: ProviderState) -> Exception:
    _errors.report(error, f"{row.name} request")
    return _errors.in_words(error, row)


class ProviderStream:
    """A stream of gatelet.Client that also fails in the guides' words."""

    def __init__(self, stream: Any, row: ProviderState) -> None:
        self._stream, self._chunks = stream, _chunks(stream, row)

    def __iter__(self) -> Iterator[Any]:
        return self._chunks

    def __next__(self) -> Any:
        return next(self._chunks)

    def __enter__(self) -> ProviderStream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._stream.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _chunks(stream: Any, row: ProviderState) -> Iterator[Any]:
    try:
        yield from stream
    except GateletError as error:
        raised = _reported(error, row)
    else:
        return
    raise raised


def _send(kind: str, stream: bool, options: Dict[str, Any], body: Dict[str, Any], beside: Dict[str, Any]) -> Any:
    client: Any = _gateway.client()
    body = dict(body)
    named = {name: body.pop(name) for name in ("model", "messages", "prompt", "input") if name in body}
    if kind == "chat":
        return client.chat.completions.create(**named, stream=stream, gatelet=options, extra_body=body, **beside)
    if kind == "completions":
        return client.completions.create(**named, stream=stream, gatelet=options, extra_body=body, **beside)
    return client.embeddings.create(**named, gatelet=options, extra_body=body, **beside)


class _Calls:
    def __init__(self, kind: str, row: ProviderState) -> None:
        self._kind, self._row = kind, row

    def create(self, *, stream: bool = False, **params: Any) -> Any:
        return create(self._kind, self._row, stream, params)


class _Chat:
    def __init__(self, row: ProviderState) -> None:
        self.completions = _Calls("chat", row)


class _Models:
    def __init__(self, row: ProviderState) -> None:
        self._row = row

    def list(self, **asked: Any) -> Any:
        try:
            return _gateway.client().models.list(provider=self._row.id, **asked)
        except GateletError as error:
            raised = _errors.in_words(error, self._row)
        raise raised


class ProviderClient:
    """What get_<provider>_client gives: the calls of an OpenAI client, at one provider. Connections are shared by all of them."""

    def __init__(self, row: ProviderState) -> None:
        usable = _gateway.is_usable(row)
        self.provider = row.id
        self.base_url = _gateway.state(row).base_url
        self.api_key: Optional[str] = _gateway.key(row) if usable else _gateway.PLACEHOLDER
        """The placeholder, which is never sent, where no key is configured; None where the key is in the configuration."""
        self.chat = _Chat(row)
        self.completions = _Calls("completions", row)
        self.embeddings = _Calls("embeddings", row)
        self.models = _Models(row)

    def __repr__(self) -> str:
        return f"ProviderClient({self.provider!r})"

    def __enter__(self) -> ProviderClient:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def close(self) -> None:
        """Nothing to do: the connections are everybody's."""


def get_client(row: ProviderState) -> Callable[[], ProviderClient]:
    def get() -> ProviderClient:
        """A client for this provider; without a key it warns, and the client's is a placeholder that is never sent."""
        made = ProviderClient(row)
        if made.api_key == _gateway.PLACEHOLDER:
            logger.warning("%s, using placeholder", _gateway.missing_key(row))
        return made

    return get


def get_pooled_client(row: ProviderState) -> Callable[[], ProviderClient]:
    kept: list[ProviderClient] = []

    def get() -> ProviderClient:
        """The same client each time."""
        if not kept or kept[0].api_key == _gateway.PLACEHOLDER:
            kept[:] = [get_client(row)()]
        return kept[0]

    return get


def make_request(row: ProviderState) -> Callable[..., Any]:
    def make(messages: Any, model: str, **kwargs: Any) -> Any:
        """A chat completion of this provider. Every other keyword is a member of the request."""
        stream = bool(kwargs.pop("stream", False))
        return create("chat", row, stream, {"messages": messages, "model": model, **kwargs})

    return make


def make_stream(row: ProviderState) -> Callable[..., Any]:
    def make(messages: Any, model: str, **kwargs: Any) -> Any:
        """A stream of chunks of this provider. Every other keyword is a member of the request."""
        kwargs.pop("stream", None)
        return create("chat", row, True, {"messages": messages, "model": model, **kwargs})

    return make


def process_response(row: ProviderState) -> Callable[[Any], Dict[str, Any]]:
    def process_one(response: Any) -> Dict[str, Any]:
        return process(response)

    process_one.__doc__ = process.__doc__
    return process_one


def process(response: Any) -> Dict[str, Any]:
    """An answer, of Gatelet or of any other client with the members of OpenAI's, as a plain dict."""
    usage = response.usage
    return {
        "id": response.id,
        "object": response.object,
        "created": response.created,
        "model": response.model,
        "choices": [
            {"index": choice.index, "message": _message(choice.message), "finish_reason": choice.finish_reason}
            for choice in response.choices
        ],
        "usage": {
            "prompt_tokens": usage.prompt_tokens,
            "completion_tokens": usage.completion_tokens,
            "total_tokens": usage.total_tokens,
        } if usage is not None else {},
    }  # fmt: skip


def _message(message: Any) -> Dict[str, Any]:
    plain: Dict[str, Any] = {"role": message.role, "content": message.content}
    calls = getattr(message, "tool_calls", None)
    if isinstance(calls, list) and calls:
        plain["tool_calls"] = [call.model_dump() if hasattr(call, "model_dump") else call for call in calls]
    return plain
