"""The calls of the OpenAI SDK that Gatelet has, once for both clients, which differ in what a call gives back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Generic, Iterable, List, Literal, Mapping, Optional, TypeVar, Union, overload

from . import _request
from ._library import OP_CHAT, OP_CHAT_STREAM, OP_COMPLETION, OP_COMPLETION_STREAM, OP_EMBEDDINGS, OP_LIST_MODELS
from .types import ChatCompletion, ChatCompletionChunk, Completion, CompletionChunk, EmbeddingList, ModelList

if TYPE_CHECKING:
    from ._request import GivenOptions
    from .options import ProviderWords

Extras = Optional[Mapping[str, Any]]
AnswerT = TypeVar("AnswerT")
StreamT = TypeVar("StreamT")


class ChatCompletions(Generic[AnswerT, StreamT]):
    def __init__(self, connection: Any) -> None:
        self._connection = connection

    # fmt: off
    @overload
    def create(
        self, *, messages: Iterable[Any], stream: Literal[True], model: Optional[str] = None,
        models: Optional[List[str]] = None, provider: Optional[ProviderWords] = None, timeout: Optional[float] = None,
        gatelet: GivenOptions = None, extra_body: Extras = None, **params: Any,
    ) -> StreamT: ...

    @overload
    def create(
        self, *, messages: Iterable[Any], stream: Literal[False] = False, model: Optional[str] = None,
        models: Optional[List[str]] = None, provider: Optional[ProviderWords] = None, timeout: Optional[float] = None,
        gatelet: GivenOptions = None, extra_body: Extras = None, **params: Any,
    ) -> AnswerT: ...

    @overload
    def create(
        self, *, messages: Iterable[Any], stream: bool, model: Optional[str] = None,
        models: Optional[List[str]] = None, provider: Optional[ProviderWords] = None, timeout: Optional[float] = None,
        gatelet: GivenOptions = None, extra_body: Extras = None, **params: Any,
    ) -> Union[AnswerT, StreamT]: ...
    # fmt: on

    def create(
        self,
        *,
        messages: Iterable[Any],
        stream: bool = False,
        model: Optional[str] = None,
        models: Optional[List[str]] = None,
        provider: Optional[ProviderWords] = None,
        timeout: Optional[float] = None,
        gatelet: GivenOptions = None,
        extra_body: Extras = None,
        **params: Any,
    ) -> Any:
        """One chat completion. `params` are OpenAI's, `models` and `provider` OpenRouter's words for routing. `gatelet` holds
        the options of this call, `timeout` is its total in seconds, and `extra_headers` and `extra_query` are sent where
        `allow_headers` and `allow_query` of the configuration let them: none of these is part of the request. What a user of
        a service wrote goes into `extra_body`, also with a `gatelet` of its own, which can only make things stricter."""
        named = {"messages": list(messages), "model": model, "models": models, "provider": provider}
        request = _request.document(params, named, timeout, gatelet, extra_body)
        if stream:
            return self._connection.stream(OP_CHAT_STREAM, request, ChatCompletionChunk)
        return self._connection.ask(OP_CHAT, request, ChatCompletion)


class Chat(Generic[AnswerT, StreamT]):
    def __init__(self, connection: Any) -> None:
        self.completions: ChatCompletions[AnswerT, StreamT] = ChatCompletions(connection)


class Completions(Generic[AnswerT, StreamT]):
    def __init__(self, connection: Any) -> None:
        self._connection = connection

    # fmt: off
    @overload
    def create(
        self, *, prompt: Any, stream: Literal[True], model: Optional[str] = None,
        models: Optional[List[str]] = None, provider: Optional[ProviderWords] = None, timeout: Optional[float] = None,
        gatelet: GivenOptions = None, extra_body: Extras = None, **params: Any,
    ) -> StreamT: ...

    @overload
    def create(
        self, *, prompt: Any, stream: Literal[False] = False, model: Optional[str] = None,
        models: Optional[List[str]] = None, provider: Optional[ProviderWords] = None, timeout: Optional[float] = None,
        gatelet: GivenOptions = None, extra_body: Extras = None, **params: Any,
    ) -> AnswerT: ...

    @overload
    def create(
        self, *, prompt: Any, stream: bool, model: Optional[str] = None,
        models: Optional[List[str]] = None, provider: Optional[ProviderWords] = None, timeout: Optional[float] = None,
        gatelet: GivenOptions = None, extra_body: Extras = None, **params: Any,
    ) -> Union[AnswerT, StreamT]: ...
    # fmt: on

    def create(
        self,
        *,
        prompt: Any,
        stream: bool = False,
        model: Optional[str] = None,
        models: Optional[List[str]] = None,
        provider: Optional[ProviderWords] = None,
        timeout: Optional[float] = None,
        gatelet: GivenOptions = None,
        extra_body: Extras = None,
        **params: Any,
    ) -> Any:
        """One text completion. Arguments as in chat.completions.create."""
        named = {"prompt": prompt, "model": model, "models": models, "provider": provider}
        request = _request.document(params, named, timeout, gatelet, extra_body)
        if stream:
            return self._connection.stream(OP_COMPLETION_STREAM, request, CompletionChunk)
        return self._connection.ask(OP_COMPLETION, request, Completion)


class Embeddings(Generic[AnswerT]):
    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def create(
        self,
        *,
        input: Any,
        model: Optional[str] = None,
        models: Optional[List[str]] = None,
        provider: Optional[ProviderWords] = None,
        timeout: Optional[float] = None,
        gatelet: GivenOptions = None,
        extra_body: Extras = None,
        **params: Any,
    ) -> AnswerT:
        """Embeddings of a text or a list of texts. Arguments as in chat.completions.create."""
        named = {"input": input, "model": model, "models": models, "provider": provider}
        request = _request.document(params, named, timeout, gatelet, extra_body)
        answer: AnswerT = self._connection.ask(OP_EMBEDDINGS, request, EmbeddingList)
        return answer


class Models(Generic[AnswerT]):
    def __init__(self, connection: Any) -> None:
        self._connection = connection

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
    ) -> AnswerT:
        """The models of the configured providers, or of those named; docs/catalog.md describes the arguments."""
        asked = {
            "id": id, "modality": modality, "capability": capability, "type": type, "free": free, "min_context": min_context,
            "max_price": max_price, "sort": sort, "direction": direction, "fields": fields, "limit": limit, "offset": offset, "stale": stale,
            "view": view,
        }  # fmt: skip
        query = _request.query(provider, asked, fresh=fresh)
        answer: AnswerT = self._connection.ask(OP_LIST_MODELS, _request.Document(query), ModelList)
        return answer
