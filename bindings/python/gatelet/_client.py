"""Client: the calls of the OpenAI SDK that Gatelet has, blocking."""

from __future__ import annotations

from typing import TYPE_CHECKING, List, Optional, Union

from . import _request
from ._calls import Chat, Completions, Embeddings, Models
from ._control import Control
from ._native import Native
from ._sync import Connection, Stream
from .reports import ProviderList
from .types import ChatCompletion, ChatCompletionChunk, Completion, CompletionChunk, EmbeddingList, ModelList, parse

if TYPE_CHECKING:
    from logging import Logger

    from typing_extensions import Unpack

    from .options import Config


class Client(Control):
    """A configured gateway. Safe for threads; ends with `close`, as a context manager, or when it is dropped.

    `config` is a dict (gatelet.Config) or a JSON text; None takes defaults and the environment. The keywords are members
    of the configuration and go before it: Client(dev_mode=True). `logger` receives the library's log lines.
    """

    _connection: Connection

    def __init__(
        self, config: _request.GivenConfig = None, *, logger: Optional[Logger] = None, **overrides: Unpack[Config]
    ) -> None:
        connection = self._connection = Connection(Native(_request.config(config, overrides), logger))
        self.chat: Chat[ChatCompletion, Stream[ChatCompletionChunk]] = Chat(connection)
        self.completions: Completions[Completion, Stream[CompletionChunk]] = Completions(connection)
        self.embeddings: Embeddings[EmbeddingList] = Embeddings(connection)
        self.models: Models[ModelList] = Models(connection)

    def providers(
        self, provider: Union[str, List[str], None] = None, *, probe: bool = False, balance: bool = False
    ) -> ProviderList:
        """The providers, or those named, with keys and health as this client sees them; `probe` calls each one now,
        `balance` asks for what is left on the account where the provider tells."""
        return ProviderList(parse(self._connection.native().providers(_request.query(provider, probe=probe, balance=balance))))

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Cancels what is in flight, in other threads too, and ends the client. Safe to call again."""
        self._connection.close()
