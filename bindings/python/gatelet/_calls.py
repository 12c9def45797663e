"""The calls of the OpenAI SDK, once for both clients, which differ in what a call gives back. `_calls.pyi` has their types."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional, Union

from . import _request, _words
from ._library import OP_CHAT, OP_CHAT_STREAM, OP_COMPLETION, OP_COMPLETION_STREAM, OP_EMBEDDINGS, OP_LIST_MODELS
from ._object import made
from ._request import Defaults
from .types import ChatCompletion, Completion, EmbeddingList, Model, ModelList, parse


def then(result: Any, change: Callable[[Any], Any]) -> Any:
    """`change` of what a call gives back, now or when it is awaited."""
    if not hasattr(result, "__await__"):
        return change(result)

    async def later() -> Any:
        return change(await result)

    return later()


class Resource:
    """A group of calls. `how` is None, or makes something else of a call than its answer (see `_response.py`)."""

    def __init__(self, connection: Any, defaults: Defaults, how: Any = None) -> None:
        self._connection = connection
        self._defaults = defaults
        self._how = how
        self._of_answers = defaults.of_answers() if how is None else defaults

    def _ask(self, operation: int, request: _request.Document, read: Callable[[bytes], Any]) -> Any:
        if self._how is not None:
            return self._how.ask(self._connection, operation, request, read)
        return self._connection.ask(operation, request, read)

    def _stream(self, operation: int, request: _request.Document, chunk: Callable[[bytes, str, str], Any]) -> Any:
        if self._how is not None:
            return self._how.stream(self._connection, operation, request, chunk)
        return self._connection.stream(operation, request, chunk)

    @property
    def with_raw_response(self) -> Any:
        from ._response import RAW

        return type(self)(self._connection, self._defaults, RAW)

    @property
    def with_streaming_response(self) -> Any:
        from ._response import STREAMING

        return type(self)(self._connection, self._defaults, STREAMING)


def answer(raw: bytes) -> Dict[str, Any]:
    """What the provider answered. Status and headers are for raw responses."""
    document = parse(raw)
    gatelet = document.get("gatelet")
    if gatelet:
        gatelet.pop("response", None)
    return document


def read_chat(raw: bytes) -> ChatCompletion:
    return made(ChatCompletion, answer(raw))


def read_completion(raw: bytes) -> Completion:
    return Completion(answer(raw))


def read_embeddings(raw: bytes) -> EmbeddingList:
    return made(EmbeddingList, answer(raw))


def read_models(raw: bytes) -> ModelList:
    document = parse(raw)
    for model in document.get("data") or ():
        if "id" in model:  # with `fields` an entry has what was asked for
            model.setdefault("object", "model")
            model.setdefault("owned_by", model.get("provider"))
    return ModelList(document)


class ChatCompletions(Resource):
    def create(self, *, messages: Any, model: Optional[str] = None, stream: Any = False, **params: Any) -> Any:
        """One chat completion. The parameters are OpenAI's and OpenRouter's; those of a provider's own go into `extra_body`.

        `timeout` (seconds that one read may take), `total_timeout`, `max_retries`, `tag`, `extra_headers`, `extra_query` and
        `gatelet`, which holds all options of a call, are no part of the request.
        """
        body: Dict[str, Any] = {"messages": messages if type(messages) is list else _request.listed(messages)}
        if model is not None:
            body["model"] = model
        request = _request.document("create", _words.CHAT, body, params, self._defaults if stream else self._of_answers)
        if stream:
            from ._chunks import chat_chunk

            return self._stream(OP_CHAT_STREAM, request, chat_chunk)
        return self._ask(OP_CHAT, request, read_chat)

    def parse(self, *, messages: Any, model: Optional[str] = None, response_format: Any = None, **params: Any) -> Any:
        """As `create`, with the answer read into `response_format`, a pydantic model (or a dataclass, or any type that pydantic
        knows): `completion.choices[0].message.parsed`. Arguments of tools made by `pydantic_function_tool` are read too."""
        from . import _parsing

        wanted = _parsing.Wanted(response_format, params.get("tools"))
        body = {"messages": _request.listed(messages), **wanted.members}
        if model is not None:
            body["model"] = model
        request = _request.document("parse", _words.CHAT, body, {**params, **wanted.tools}, self._of_answers)
        return self._ask(OP_CHAT, request, lambda raw: wanted.parsed(answer(raw)))

    def stream(self, *, messages: Any, model: Optional[str] = None, response_format: Any = None, **params: Any) -> Any:
        """A context manager of a stream of events: `content.delta`, `content.done`, `tool_calls.function.arguments.delta`,
        `chunk` and so on; `get_final_completion()` waits for the end. Reads types as `parse` does."""
        from . import _events, _parsing
        from ._chunks import chat_chunk

        wanted = _parsing.Wanted(response_format, params.get("tools"))
        body = {"messages": _request.listed(messages), **wanted.members}
        if model is not None:
            body["model"] = model
        request = _request.document("stream", _words.CHAT, body, {**params, **wanted.tools}, self._defaults)
        manager = _events.AsyncChatStreamManager if self._connection.awaited else _events.ChatStreamManager
        return manager(lambda: self._stream(OP_CHAT_STREAM, request, chat_chunk), wanted)


class Chat:
    def __init__(self, connection: Any, defaults: Defaults, how: Any = None) -> None:
        self.completions = ChatCompletions(connection, defaults, how)

    @property
    def with_raw_response(self) -> Any:
        return _Group(completions=self.completions.with_raw_response)

    @property
    def with_streaming_response(self) -> Any:
        return _Group(completions=self.completions.with_streaming_response)


class _Group:
    def __init__(self, **members: Any) -> None:
        self.__dict__.update(members)


class Beta:
    """Where the OpenAI SDK had `parse` and `stream` before."""

    def __init__(self, chat: Chat) -> None:
        self.chat = chat


class Completions(Resource):
    def create(self, *, prompt: Any, model: Optional[str] = None, stream: Any = False, **params: Any) -> Any:
        """One text completion. Arguments as in chat.completions.create."""
        body = {"prompt": prompt}
        if model is not None:
            body["model"] = model
        request = _request.document("create", _words.COMPLETION, body, params, self._defaults if stream else self._of_answers)
        if stream:
            from ._chunks import text_chunk

            return self._stream(OP_COMPLETION_STREAM, request, text_chunk)
        return self._ask(OP_COMPLETION, request, read_completion)


class Embeddings(Resource):
    def create(self, *, input: Any, model: Optional[str] = None, **params: Any) -> Any:
        """Embeddings of a text or a list of texts. Arguments as in chat.completions.create."""
        body = {"input": input}
        if model is not None:
            body["model"] = model
        request = _request.document("create", _words.EMBEDDING, body, params, self._of_answers)
        return self._ask(OP_EMBEDDINGS, request, read_embeddings)


class Models(Resource):
    def list(
        self,
        *,
        provider: Union[str, List[str], None] = None,
        id: Union[str, List[str], None] = None,
        modality: Union[str, List[str], None] = None,
        capability: Union[str, List[str], None] = None,
        type: Union[str, List[str], None] = None,
        free: Optional[bool] = None,
        min_context: Optional[int] = None,
        max_price: Optional[Dict[str, Any]] = None,
        sort: Optional[str] = None,
        direction: Optional[str] = None,
        fields: Union[str, List[str], None] = None,
        limit: Optional[int] = None,
        offset: Optional[int] = None,
        fresh: bool = False,
        stale: Optional[bool] = None,
        view: Optional[str] = None,
    ) -> Any:
        """The models of the configured providers, or of those named; docs/catalog.md describes the arguments."""
        asked = {
            "id": id, "modality": modality, "capability": capability, "type": type, "free": free, "min_context": min_context,
            "max_price": max_price, "sort": sort, "direction": direction, "fields": fields, "limit": limit, "offset": offset, "stale": stale,
            "view": view,
        }  # fmt: skip
        own = self._defaults.options.get("provider")
        query = _request.query(own if provider is None else provider, asked, fresh=fresh)
        found = self._ask(OP_LIST_MODELS, _request.Document(query), read_models)
        return _AsyncModels(found) if hasattr(found, "__await__") else found

    def retrieve(self, model: str, *, provider: Union[str, List[str], None] = None, fresh: bool = False) -> Any:
        """One model: its id, or its `slug` (the provider's name before it). NotFoundError when no list has it."""
        if not model:
            raise ValueError(f"a model's id is needed, but {model!r} was given")
        own = self._defaults.options.get("provider")
        query = _request.query(own if provider is None else provider, {"id": model}, fresh=fresh)
        return self._ask(OP_LIST_MODELS, _request.Document(query), lambda raw: _only(model, read_models(raw)))


def _only(model: str, found: ModelList) -> Model:
    for one in found:
        if model in (one.id, one.slug):
            return one
    for one in found:
        return one
    from . import _errors

    raise _errors.make(304, {"kind": "not_found", "message": f"no list has the model {model!r}", "model": model, "http_status": 404})


class _AsyncModels:
    """Awaited it gives the list; `async for` goes through it."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def __await__(self) -> Any:
        return self._answer.__await__()

    async def __aiter__(self) -> Any:
        for model in await self._answer:
            yield model
