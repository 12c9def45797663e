"""AsyncClient: the calls of the OpenAI SDK that Gatelet has, for asyncio."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterable, List, Literal, Mapping, Optional, Union, overload

from . import _request
from ._async import AsyncConnection, AsyncStream
from ._library import OP_CHAT, OP_CHAT_STREAM, OP_COMPLETION, OP_COMPLETION_STREAM, OP_EMBEDDINGS, OP_LIST_MODELS
from ._native import Native
from .types import ChatCompletion, ChatCompletionChunk, Completion, CompletionChunk, EmbeddingList, ModelList, parse

if TYPE_CHECKING:
    from logging import Logger

Extras = Optional[Mapping[str, Any]]


class AsyncChatCompletions:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    # fmt: off
    @overload
    async def create(
        self, *, messages: Iterable[Any], stream: Literal[True], model: Optional[str] = None,
        timeout: Optional[float] = None, gatelet: Extras = None, extra_body: Extras = None, **params: Any,
    ) -> AsyncStream[ChatCompletionChunk]: ...

    @overload
    async def create(
        self, *, messages: Iterable[Any], stream: Literal[False] = False, model: Optional[str] = None,
        timeout: Optional[float] = None, gatelet: Extras = None, extra_body: Extras = None, **params: Any,
    ) -> ChatCompletion: ...

    @overload
    async def create(
        self, *, messages: Iterable[Any], stream: bool, model: Optional[str] = None,
        timeout: Optional[float] = None, gatelet: Extras = None, extra_body: Extras = None, **params: Any,
    ) -> Union[ChatCompletion, AsyncStream[ChatCompletionChunk]]: ...
    # fmt: on

    async def create(
        self,
        *,
        messages: Iterable[Any],
        stream: bool = False,
        model: Optional[str] = None,
        timeout: Optional[float] = None,
        gatelet: Extras = None,
        extra_body: Extras = None,
        **params: Any,
    ) -> Union[ChatCompletion, AsyncStream[ChatCompletionChunk]]:
        """One chat completion. `params` are OpenAI's, `gatelet` holds Gatelet's options, `timeout` is the total in seconds."""
        params["messages"] = list(messages)
        body = _request.body(params, model, timeout, gatelet, extra_body)
        if stream:
            return await AsyncStream(self._connection, OP_CHAT_STREAM, body, ChatCompletionChunk)._start()
        return ChatCompletion(parse(await self._connection.request(OP_CHAT, body)))


class AsyncChat:
    def __init__(self, connection: AsyncConnection) -> None:
        self.completions = AsyncChatCompletions(connection)


class AsyncCompletions:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    # fmt: off
    @overload
    async def create(
        self, *, prompt: Any, stream: Literal[True], model: Optional[str] = None,
        timeout: Optional[float] = None, gatelet: Extras = None, extra_body: Extras = None, **params: Any,
    ) -> AsyncStream[CompletionChunk]: ...

    @overload
    async def create(
        self, *, prompt: Any, stream: Literal[False] = False, model: Optional[str] = None,
        timeout: Optional[float] = None, gatelet: Extras = None, extra_body: Extras = None, **params: Any,
    ) -> Completion: ...

    @overload
    async def create(
        self, *, prompt: Any, stream: bool, model: Optional[str] = None,
        timeout: Optional[float] = None, gatelet: Extras = None, extra_body: Extras = None, **params: Any,
    ) -> Union[Completion, AsyncStream[CompletionChunk]]: ...
    # fmt: on

    async def create(
        self,
        *,
        prompt: Any,
        stream: bool = False,
        model: Optional[str] = None,
        timeout: Optional[float] = None,
        gatelet: Extras = None,
        extra_body: Extras = None,
        **params: Any,
    ) -> Union[Completion, AsyncStream[CompletionChunk]]:
        """One text completion. Arguments as in chat.completions.create."""
        params["prompt"] = prompt
        body = _request.body(params, model, timeout, gatelet, extra_body)
        if stream:
            return await AsyncStream(self._connection, OP_COMPLETION_STREAM, body, CompletionChunk)._start()
        return Completion(parse(await self._connection.request(OP_COMPLETION, body)))


class AsyncEmbeddings:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def create(
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
        return EmbeddingList(parse(await self._connection.request(OP_EMBEDDINGS, body)))


class AsyncModels:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def list(self, *, provider: Union[str, List[str], None] = None, refresh: bool = False) -> ModelList:
        """The models of the configured providers, or of those named. Lists are kept for an hour unless `refresh`."""
        return ModelList(parse(await self._connection.request(OP_LIST_MODELS, _request.query(provider, refresh))))


class AsyncClient:
    """A configured gateway. Serves any number of event loops; ends with `aclose`, as a context manager, or when it is dropped.

    `config` is a mapping or a JSON text; None takes defaults and the environment. The keywords are members of the
    configuration and go before it: AsyncClient(dev_mode=True). `logger` receives the library's log lines.
    """

    def __init__(self, config: _request.Config = None, *, logger: Optional[Logger] = None, **overrides: Any):
        connection = AsyncConnection(Native(_request.config(config, overrides), logger))
        self._connection = connection
        self.chat = AsyncChat(connection)
        self.completions = AsyncCompletions(connection)
        self.embeddings = AsyncEmbeddings(connection)
        self.models = AsyncModels(connection)

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Cancels what is in flight and ends the client. Safe to call again."""
        await self._connection.close()

    close = aclose
