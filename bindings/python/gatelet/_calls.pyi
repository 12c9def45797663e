"""The types of `_calls.py`: the same calls, blocking and awaitable."""

from typing import Any, AsyncIterator, Coroutine, Dict, Generator, Generic, Iterable, List, Literal, Mapping, Optional, Type, TypeVar, Union, overload

from typing_extensions import Unpack

from ._async import AsyncStream
from ._events import AsyncChatStreamManager, ChatStreamManager
from ._parsing import ParsedChatCompletion
from ._request import Defaults
from ._response import RawResponse, ResponseManager
from ._surfaces import AsyncMessages, AsyncResponses, Messages, Responses
from ._sync import Stream
from .types import ChatCompletion, ChatCompletionChunk, Completion, CompletionChunk, EmbeddingList, Model, ModelList
from .types.params import ChatParams, CompletionParams, EmbeddingParams, FormattedChatParams, MessageParam, ResponseFormat

T = TypeVar("T")
Texts = Union[str, Iterable[str], Iterable[int], Iterable[Iterable[int]]]
Words = Union[str, List[str], None]

def then(result: Any, change: Any) -> Any: ...
def answer(raw: bytes) -> Dict[str, Any]: ...

class Resource:
    _connection: Any
    _defaults: Defaults
    _how: Any
    def __init__(self, connection: Any, defaults: Defaults, how: Any = ...) -> None: ...
    def _ask(self, operation: int, request: Any, read: Any) -> Any: ...
    def _stream(self, operation: int, request: Any, chunk: Any) -> Any: ...

class _Group:
    def __init__(self, **members: Any) -> None: ...

class ChatCompletions(Resource):
    @overload
    def create(self, *, messages: Iterable[MessageParam], stream: Literal[True], model: Optional[str] = ..., **params: Unpack[FormattedChatParams]) -> Stream[ChatCompletionChunk]: ...
    @overload
    def create(self, *, messages: Iterable[MessageParam], stream: Optional[Literal[False]] = ..., model: Optional[str] = ..., **params: Unpack[FormattedChatParams]) -> ChatCompletion: ...
    @overload
    def create(self, *, messages: Iterable[MessageParam], stream: Optional[bool], model: Optional[str] = ..., **params: Unpack[FormattedChatParams]) -> Union[ChatCompletion, Stream[ChatCompletionChunk]]: ...
    @overload
    def parse(self, *, messages: Iterable[MessageParam], response_format: Type[T], model: Optional[str] = ..., **params: Unpack[ChatParams]) -> ParsedChatCompletion[T]: ...
    @overload
    def parse(self, *, messages: Iterable[MessageParam], model: Optional[str] = ..., **params: Unpack[ChatParams]) -> ParsedChatCompletion[None]: ...
    @overload
    def stream(self, *, messages: Iterable[MessageParam], response_format: Type[T], model: Optional[str] = ..., **params: Unpack[ChatParams]) -> ChatStreamManager[T]: ...
    @overload
    def stream(self, *, messages: Iterable[MessageParam], response_format: ResponseFormat = ..., model: Optional[str] = ..., **params: Unpack[ChatParams]) -> ChatStreamManager[None]: ...
    @property
    def with_raw_response(self) -> RawChatCompletions: ...
    @property
    def with_streaming_response(self) -> StreamingChatCompletions: ...

class RawChatCompletions:
    @overload
    def create(self, *, messages: Iterable[MessageParam], stream: Literal[True], model: Optional[str] = ..., **params: Unpack[FormattedChatParams]) -> RawResponse[Stream[ChatCompletionChunk]]: ...
    @overload
    def create(self, *, messages: Iterable[MessageParam], stream: Optional[Literal[False]] = ..., model: Optional[str] = ..., **params: Unpack[FormattedChatParams]) -> RawResponse[ChatCompletion]: ...
    @overload
    def create(self, *, messages: Iterable[MessageParam], stream: Optional[bool], model: Optional[str] = ..., **params: Unpack[FormattedChatParams]) -> Union[RawResponse[ChatCompletion], RawResponse[Stream[ChatCompletionChunk]]]: ...
    @overload
    def parse(self, *, messages: Iterable[MessageParam], response_format: Type[T], model: Optional[str] = ..., **params: Unpack[ChatParams]) -> RawResponse[ParsedChatCompletion[T]]: ...
    @overload
    def parse(self, *, messages: Iterable[MessageParam], model: Optional[str] = ..., **params: Unpack[ChatParams]) -> RawResponse[ParsedChatCompletion[None]]: ...

class Chat:
    completions: ChatCompletions
    def __init__(self, connection: Any, defaults: Defaults, how: Any = ...) -> None: ...
    @property
    def with_raw_response(self) -> RawChat: ...
    @property
    def with_streaming_response(self) -> StreamingChat: ...

class RawChat:
    completions: RawChatCompletions

class Beta:
    chat: Chat
    def __init__(self, chat: Chat) -> None: ...

class Completions(Resource):
    @overload
    def create(self, *, prompt: Union[Texts, None], stream: Literal[True], model: Optional[str] = ..., **params: Unpack[CompletionParams]) -> Stream[CompletionChunk]: ...
    @overload
    def create(self, *, prompt: Union[Texts, None], stream: Optional[Literal[False]] = ..., model: Optional[str] = ..., **params: Unpack[CompletionParams]) -> Completion: ...
    @overload
    def create(self, *, prompt: Union[Texts, None], stream: Optional[bool], model: Optional[str] = ..., **params: Unpack[CompletionParams]) -> Union[Completion, Stream[CompletionChunk]]: ...
    @property
    def with_raw_response(self) -> RawCompletions: ...
    @property
    def with_streaming_response(self) -> StreamingCompletions: ...

class RawCompletions:
    @overload
    def create(self, *, prompt: Union[Texts, None], stream: Literal[True], model: Optional[str] = ..., **params: Unpack[CompletionParams]) -> RawResponse[Stream[CompletionChunk]]: ...
    @overload
    def create(self, *, prompt: Union[Texts, None], stream: Optional[Literal[False]] = ..., model: Optional[str] = ..., **params: Unpack[CompletionParams]) -> RawResponse[Completion]: ...
    @overload
    def create(self, *, prompt: Union[Texts, None], stream: Optional[bool], model: Optional[str] = ..., **params: Unpack[CompletionParams]) -> Union[RawResponse[Completion], RawResponse[Stream[CompletionChunk]]]: ...

class Embeddings(Resource):
    def create(self, *, input: Texts, model: Optional[str] = ..., **params: Unpack[EmbeddingParams]) -> EmbeddingList: ...
    @property
    def with_raw_response(self) -> RawEmbeddings: ...
    @property
    def with_streaming_response(self) -> StreamingEmbeddings: ...

class RawEmbeddings:
    def create(self, *, input: Texts, model: Optional[str] = ..., **params: Unpack[EmbeddingParams]) -> RawResponse[EmbeddingList]: ...

class Models(Resource):
    def list(
        self,
        *,
        provider: Words = ...,
        id: Words = ...,
        modality: Words = ...,
        capability: Words = ...,
        type: Words = ...,
        free: Optional[bool] = ...,
        min_context: Optional[int] = ...,
        max_price: Optional[Dict[str, Any]] = ...,
        sort: Optional[str] = ...,
        direction: Optional[str] = ...,
        fields: Words = ...,
        limit: Optional[int] = ...,
        offset: Optional[int] = ...,
        fresh: bool = ...,
        stale: Optional[bool] = ...,
        view: Optional[str] = ...,
    ) -> ModelList: ...
    def retrieve(self, model: str, *, provider: Words = ..., fresh: bool = ...) -> Model: ...
    @property
    def with_raw_response(self) -> Any: ...
    @property
    def with_streaming_response(self) -> Any: ...

class WithRawResponse:
    chat: RawChat
    completions: RawCompletions
    embeddings: RawEmbeddings
    models: Any
    messages: Any
    responses: Any

class WithStreamingResponse:
    chat: StreamingChat
    completions: StreamingCompletions
    embeddings: StreamingEmbeddings
    models: Any
    messages: Any
    responses: Any

class AsyncChatCompletions(Resource):
    @overload
    def create(self, *, messages: Iterable[MessageParam], stream: Literal[True], model: Optional[str] = ..., **params: Unpack[FormattedChatParams]) -> Coroutine[Any, Any, AsyncStream[ChatCompletionChunk]]: ...
    @overload
    def create(self, *, messages: Iterable[MessageParam], stream: Optional[Literal[False]] = ..., model: Optional[str] = ..., **params: Unpack[FormattedChatParams]) -> Coroutine[Any, Any, ChatCompletion]: ...
    @overload
    def create(self, *, messages: Iterable[MessageParam], stream: Optional[bool], model: Optional[str] = ..., **params: Unpack[FormattedChatParams]) -> Union[Coroutine[Any, Any, ChatCompletion], Coroutine[Any, Any, AsyncStream[ChatCompletionChunk]]]: ...
    @overload
    def parse(self, *, messages: Iterable[MessageParam], response_format: Type[T], model: Optional[str] = ..., **params: Unpack[ChatParams]) -> Coroutine[Any, Any, ParsedChatCompletion[T]]: ...
    @overload
    def parse(self, *, messages: Iterable[MessageParam], model: Optional[str] = ..., **params: Unpack[ChatParams]) -> Coroutine[Any, Any, ParsedChatCompletion[None]]: ...
    @overload
    def stream(self, *, messages: Iterable[MessageParam], response_format: Type[T], model: Optional[str] = ..., **params: Unpack[ChatParams]) -> AsyncChatStreamManager[T]: ...
    @overload
    def stream(self, *, messages: Iterable[MessageParam], response_format: ResponseFormat = ..., model: Optional[str] = ..., **params: Unpack[ChatParams]) -> AsyncChatStreamManager[None]: ...
    @property
    def with_raw_response(self) -> RawAsyncChatCompletions: ...
    @property
    def with_streaming_response(self) -> StreamingChatCompletions: ...

class RawAsyncChatCompletions:
    @overload
    def create(self, *, messages: Iterable[MessageParam], stream: Literal[True], model: Optional[str] = ..., **params: Unpack[FormattedChatParams]) -> Coroutine[Any, Any, RawResponse[AsyncStream[ChatCompletionChunk]]]: ...
    @overload
    def create(self, *, messages: Iterable[MessageParam], stream: Optional[Literal[False]] = ..., model: Optional[str] = ..., **params: Unpack[FormattedChatParams]) -> Coroutine[Any, Any, RawResponse[ChatCompletion]]: ...
    @overload
    def create(self, *, messages: Iterable[MessageParam], stream: Optional[bool], model: Optional[str] = ..., **params: Unpack[FormattedChatParams]) -> Union[Coroutine[Any, Any, RawResponse[ChatCompletion]], Coroutine[Any, Any, RawResponse[AsyncStream[ChatCompletionChunk]]]]: ...
    @overload
    def parse(self, *, messages: Iterable[MessageParam], response_format: Type[T], model: Optional[str] = ..., **params: Unpack[ChatParams]) -> Coroutine[Any, Any, RawResponse[ParsedChatCompletion[T]]]: ...
    @overload
    def parse(self, *, messages: Iterable[MessageParam], model: Optional[str] = ..., **params: Unpack[ChatParams]) -> Coroutine[Any, Any, RawResponse[ParsedChatCompletion[None]]]: ...

class AsyncChat:
    completions: AsyncChatCompletions
    def __init__(self, connection: Any, defaults: Defaults, how: Any = ...) -> None: ...
    @property
    def with_raw_response(self) -> RawAsyncChat: ...
    @property
    def with_streaming_response(self) -> StreamingChat: ...

class RawAsyncChat:
    completions: RawAsyncChatCompletions

class AsyncBeta:
    chat: AsyncChat
    def __init__(self, chat: AsyncChat) -> None: ...

class AsyncCompletions(Resource):
    @overload
    def create(self, *, prompt: Union[Texts, None], stream: Literal[True], model: Optional[str] = ..., **params: Unpack[CompletionParams]) -> Coroutine[Any, Any, AsyncStream[CompletionChunk]]: ...
    @overload
    def create(self, *, prompt: Union[Texts, None], stream: Optional[Literal[False]] = ..., model: Optional[str] = ..., **params: Unpack[CompletionParams]) -> Coroutine[Any, Any, Completion]: ...
    @overload
    def create(self, *, prompt: Union[Texts, None], stream: Optional[bool], model: Optional[str] = ..., **params: Unpack[CompletionParams]) -> Union[Coroutine[Any, Any, Completion], Coroutine[Any, Any, AsyncStream[CompletionChunk]]]: ...
    @property
    def with_raw_response(self) -> RawAsyncCompletions: ...
    @property
    def with_streaming_response(self) -> StreamingCompletions: ...

class RawAsyncCompletions:
    @overload
    def create(self, *, prompt: Union[Texts, None], stream: Literal[True], model: Optional[str] = ..., **params: Unpack[CompletionParams]) -> Coroutine[Any, Any, RawResponse[AsyncStream[CompletionChunk]]]: ...
    @overload
    def create(self, *, prompt: Union[Texts, None], stream: Optional[Literal[False]] = ..., model: Optional[str] = ..., **params: Unpack[CompletionParams]) -> Coroutine[Any, Any, RawResponse[Completion]]: ...
    @overload
    def create(self, *, prompt: Union[Texts, None], stream: Optional[bool], model: Optional[str] = ..., **params: Unpack[CompletionParams]) -> Union[Coroutine[Any, Any, RawResponse[Completion]], Coroutine[Any, Any, RawResponse[AsyncStream[CompletionChunk]]]]: ...

class AsyncEmbeddings(Resource):
    def create(self, *, input: Texts, model: Optional[str] = ..., **params: Unpack[EmbeddingParams]) -> Coroutine[Any, Any, EmbeddingList]: ...
    @property
    def with_raw_response(self) -> RawAsyncEmbeddings: ...
    @property
    def with_streaming_response(self) -> StreamingEmbeddings: ...

class RawAsyncEmbeddings:
    def create(self, *, input: Texts, model: Optional[str] = ..., **params: Unpack[EmbeddingParams]) -> Coroutine[Any, Any, RawResponse[EmbeddingList]]: ...

class AsyncModels(Resource):
    def list(
        self,
        *,
        provider: Words = ...,
        id: Words = ...,
        modality: Words = ...,
        capability: Words = ...,
        type: Words = ...,
        free: Optional[bool] = ...,
        min_context: Optional[int] = ...,
        max_price: Optional[Dict[str, Any]] = ...,
        sort: Optional[str] = ...,
        direction: Optional[str] = ...,
        fields: Words = ...,
        limit: Optional[int] = ...,
        offset: Optional[int] = ...,
        fresh: bool = ...,
        stale: Optional[bool] = ...,
        view: Optional[str] = ...,
    ) -> _AsyncModels: ...
    def retrieve(self, model: str, *, provider: Words = ..., fresh: bool = ...) -> Coroutine[Any, Any, Model]: ...
    @property
    def with_raw_response(self) -> Any: ...
    @property
    def with_streaming_response(self) -> Any: ...

class AsyncWithRawResponse:
    chat: RawAsyncChat
    completions: RawAsyncCompletions
    embeddings: RawAsyncEmbeddings
    models: Any
    messages: Any
    responses: Any

class AsyncWithStreamingResponse:
    chat: StreamingChat
    completions: StreamingCompletions
    embeddings: StreamingEmbeddings
    models: Any
    messages: Any
    responses: Any

class StreamingChatCompletions:
    def create(
        self, *, messages: Iterable[MessageParam], stream: Optional[bool] = ..., model: Optional[str] = ..., **params: Unpack[FormattedChatParams]
    ) -> ResponseManager: ...

class StreamingChat:
    completions: StreamingChatCompletions

class StreamingCompletions:
    def create(
        self, *, prompt: Union[Texts, None], stream: Optional[bool] = ..., model: Optional[str] = ..., **params: Unpack[CompletionParams]
    ) -> ResponseManager: ...

class StreamingEmbeddings:
    def create(self, *, input: Texts, model: Optional[str] = ..., **params: Unpack[EmbeddingParams]) -> ResponseManager: ...

class _AsyncModels:
    def __init__(self, answer: Any) -> None: ...
    def __await__(self) -> Generator[Any, None, ModelList]: ...
    def __aiter__(self) -> AsyncIterator[Model]: ...
