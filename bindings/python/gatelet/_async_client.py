"""AsyncClient: the calls of the OpenAI SDK that Gatelet has, for asyncio."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, List, Mapping, Optional, Union

from . import _construct, _request
from ._async import AsyncConnection
from ._control import Control
from ._given import NOT_GIVEN
from ._native import Native
from ._resources import Resources
from .reports import ProviderList
from .types import parse

if TYPE_CHECKING:
    from logging import Logger

    from typing_extensions import Unpack

    from ._calls import (
        AsyncBeta,
        AsyncChat,
        AsyncCompletions,
        AsyncEmbeddings,
        AsyncModels,
        AsyncWithRawResponse,
        AsyncWithStreamingResponse,
    )
    from ._given import NotGiven
    from ._raw import AsyncRaw
    from ._surfaces import AsyncMessages, AsyncResponses
    from .options import Config
    from .types.params import ClientOptions, TimeoutLike, URLLike


class AsyncClient(Resources, Control):
    """A configured gateway. Serves any number of event loops; ends with `aclose`, as a context manager, or when it is dropped.

    `config` is a dict (gatelet.Config) or a JSON text; None takes defaults and the environment. The keywords are members
    of the configuration and go before it: AsyncClient(dev_mode=True). `logger` gets the log lines in the place of the standard one, `gatelet`.

    With `api_key` or `base_url` it asks that one provider, as AsyncOpenAI(...) does. `timeout` (seconds that one read may take),
    `max_retries` and `default_headers` are those of every call.
    """

    _connection: AsyncConnection

    if TYPE_CHECKING:
        chat: AsyncChat
        beta: AsyncBeta
        completions: AsyncCompletions
        embeddings: AsyncEmbeddings
        models: AsyncModels
        messages: AsyncMessages
        responses: AsyncResponses
        raw: AsyncRaw
        with_raw_response: AsyncWithRawResponse
        with_streaming_response: AsyncWithStreamingResponse

    def __init__(
        self,
        config: _request.GivenConfig = None,
        *,
        api_key: Optional[str] = None,
        base_url: Union[str, URLLike, None] = None,
        timeout: Union[float, TimeoutLike, None, NotGiven] = NOT_GIVEN,
        max_retries: Optional[int] = None,
        default_headers: Optional[Mapping[str, str]] = None,
        default_query: Optional[Mapping[str, object]] = None,
        organization: Optional[str] = None,
        project: Optional[str] = None,
        logger: Optional[Logger] = None,
        **overrides: Unpack[Config],
    ) -> None:
        sdk = _construct.Sdk(api_key, base_url, timeout, max_retries, default_headers, default_query, organization, project)
        made = _construct.made(config, overrides, sdk)
        self._start(AsyncConnection(Native(made.config, logger)), made.options, made.own, {"timeout": timeout, "max_retries": max_retries})

    def with_options(self, **changes: Unpack[ClientOptions]) -> AsyncClient:
        """This client with other options for every call: `timeout`, `total_timeout`, `max_retries`, `default_headers`,
        `default_query`, `tag`, `gatelet`. Both are one: to close one closes the other."""
        return self._with(changes)

    copy = with_options

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
