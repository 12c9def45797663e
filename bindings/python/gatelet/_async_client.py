"""AsyncClient: the calls of the OpenAI SDK that Gatelet has, for asyncio."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Coroutine, List, Optional, TypeVar, Union

from . import _request
from ._async import AsyncConnection, AsyncStream
from ._calls import Chat, Completions, Embeddings, Models
from ._control import Control
from ._native import Native
from .reports import ProviderList
from .types import ChatCompletion, ChatCompletionChunk, Completion, CompletionChunk, EmbeddingList, ModelList, parse

if TYPE_CHECKING:
    from logging import Logger

    from typing_extensions import Unpack

    from .options import Config

T = TypeVar("T")
Awaited = Coroutine[Any, Any, T]


class AsyncClient(Control):
    """A configured gateway. Serves any number of event loops; ends with `aclose`, as a context manager, or when it is dropped.

    `config` is a dict (gatelet.Config) or a JSON text; None takes defaults and the environment. The keywords are members
    of the configuration and go before it: AsyncClient(dev_mode=True). `logger` receives the library's log lines.
    """

    _connection: AsyncConnection

    def __init__(
        self, config: _request.GivenConfig = None, *, logger: Optional[Logger] = None, **overrides: Unpack[Config]
    ) -> None:
        connection = self._connection = AsyncConnection(Native(_request.config(config, overrides), logger))
        self.chat: Chat[Awaited[ChatCompletion], Awaited[AsyncStream[ChatCompletionChunk]]] = Chat(connection)
        self.completions: Completions[Awaited[Completion], Awaited[AsyncStream[CompletionChunk]]] = Completions(connection)
        self.embeddings: Embeddings[Awaited[EmbeddingList]] = Embeddings(connection)
        self.models: Models[Awaited[ModelList]] = Models(connection)

    async def providers(
        self, provider: Union[str, List[str], None] = None, *, probe: bool = False, balance: bool = False
    ) -> ProviderList:
        """The providers, or those named, with keys and health as this client sees them; `probe` calls each one now,
        `balance` asks for what is left on the account where the provider tells."""
        ask = self._connection.native().providers
        query = _request.query(provider, probe=probe, balance=balance)
        return ProviderList(parse(await asyncio.get_running_loop().run_in_executor(None, ask, query)))

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Cancels what is in flight and ends the client. Safe to call again."""
        await self._connection.close()

    close = aclose
