"""Client: the calls of the OpenAI SDK that Gatelet has, blocking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterable, List, Literal, Mapping, Optional, Union, overload

from . import _request
from ._library import OP_CHAT, OP_CHAT_STREAM, OP_COMPLETION, OP_COMPLETION_STREAM, OP_EMBEDDINGS, OP_LIST_MODELS
from ._native import Native
from ._sync import Connection, Feed, Stream
from .types import ChatCompletion, ChatCompletionChunk, Completion, CompletionChunk, EmbeddingList, ModelList, parse

if TYPE_CHECKING:
    from logging import Logger

Extras = Optional[Mapping[str, Any]]


class ChatCompletions:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # fmt: off
    @overload
    def create(
        self, *, messages: Iterable[Any], stream: Literal[True], model: Optional[str] = None,
        timeout: Optional[float] = None, gatelet: Extras = None, extra_body: Extras = None, **params: Any,
    ) -> Stream[ChatCompletionChunk]: ...

    @overload
    def create(
        self, *, messages: Iterable[Any], stream: Literal[False] = False, model: Optional[str] = None,
        timeout: Optional[float] = None, gatelet: Extras = None, extra_body: Extras = None, **params: Any,
    ) -> ChatCompletion: ...

    @overload
    def create(
        self, *, messages: Iterable[Any], stream: bool, model: Optional[str] = None,
        timeout: Optional[float] = None, gatelet: Extras = None, extra_body: Extras = None, **params: Any,
    ) -> Union[ChatCompletion, Stream[ChatCompletionChunk]]: ...
    # fmt: on

    def create(
        self,
        *,
        messages: Iterable[Any],
        stream: bool = False,
        model: Optional[str] = None,
        timeout: Optional[float] = None,
        gatelet: Extras = None,
        extra_body: Extras = None,
        **params: Any,
    ) -> Union[ChatCompletion, Stream[ChatCompletionChunk]]:
        """One chat completion. `params` are OpenAI's, `gatelet` holds Gatelet's options, `timeout` is the total in seconds."""
        params["messages"] = list(messages)
        body = _request.body(params, model, timeout, gatelet, extra_body)
        if stream:
            return Stream(Feed(self._connection, OP_CHAT_STREAM, body, ChatCompletionChunk))
        return ChatCompletion(parse(self._connection.request(OP_CHAT, body)))


class Chat:
    def __init__(self, connection: Connection) -> None:
        self.completions = ChatCompletions(connection)


class Completions:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # fmt: off
    @overload
    def create(
        self, *, prompt: Any, stream: Literal[True], model: Optional[str] = None,
        timeout: Optional[float] = None, gatelet: Extras = None, extra_body: Extras = None, **params: Any,
    ) -> Stream[CompletionChunk]: ...

    @overload
    def create(
        self, *, prompt: Any, stream: Literal[False] = False, model: Optional[str] = None,
        timeout: Optional[float] = None, gatelet: Extras = None, extra_body: Extras = None, **params: Any,
    ) -> Completion: ...

    @overload
    def create(
        self, *, prompt: Any, stream: bool, model: Optional[str] = None,
        timeout: Optional[float] = None, gatelet: Extras = None, extra_body: Extras = None, **params: Any,
    ) -> Union[Completion, Stream[CompletionChunk]]: ...
    # fmt: on

    def create(
        self,
        *,
        prompt: Any,
        stream: bool = False,
        model: Optional[str] = None,
        timeout: Optional[float] = None,
        gatelet: Extras = None,
        extra_body: Extras = None,
        **params: Any,
    ) -> Union[Completion, Stream[CompletionChunk]]:
        """One text completion. Arguments as in chat.completions.create."""
        params["prompt"] = prompt
        body = _request.body(params, model, timeout, gatelet, extra_body)
        if stream:
            return Stream(Feed(self._connection, OP_COMPLETION_STREAM, body, CompletionChunk))
        return Completion(parse(self._connection.request(OP_COMPLETION, body)))


class Embeddings:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create(
        self,
        *,
        input: Any,
        model: Optional[str] = None,
        timeout: Optional[float] = None,
        gatelet: Extras = None,
        extra_body: Extras = None,
        **params: Any,
    ) -> EmbeddingList:
        """Embeddings of a text or a list of texts. Arguments as in chat.completions.create."""
        params["input"] = input
        body = _request.body(params, model, timeout, gatelet, extra_body)
        return EmbeddingList(parse(self._connection.request(OP_EMBEDDINGS, body)))


class Models:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self, *, provider: Union[str, List[str], None] = None, refresh: bool = False) -> ModelList:
        """The models of the configured providers, or of those named. Lists are kept for an hour unless `refresh`."""
        return ModelList(parse(self._connection.request(OP_LIST_MODELS, _request.query(provider, refresh))))


class Client:
    """A configured gateway. Safe for threads; ends with `close`, as a context manager, or when it is dropped.

    `config` is a mapping or a JSON text; None takes defaults and the environment. The keywords are members of the
    configuration and go before it: Client(dev_mode=True). `logger` receives the library's log lines.
    """

    def __init__(self, config: _request.Config = None, *, logger: Optional[Logger] = None, **overrides: Any):
        connection = Connection(Native(_request.config(config, overrides), logger))
        self._connection = connection
        self.chat = Chat(connection)
        self.completions = Completions(connection)
        self.embeddings = Embeddings(connection)
        self.models = Models(connection)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Cancels what is in flight, in other threads too, and ends the client. Safe to call again."""
        self._connection.close()
