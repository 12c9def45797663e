"""Client: the calls of the OpenAI SDK that Gatelet has, blocking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, List, Mapping, Optional, Union

from . import _construct, _request
from ._calls import Beta, Chat, Completions, Embeddings, Models
from ._control import Control
from ._given import NOT_GIVEN
from ._native import Native
from ._resources import Resources
from ._sync import Connection
from .reports import ModelTestEvent, ModelTestResults, ProviderList
from .types import parse

if TYPE_CHECKING:
    from logging import Logger

    from typing_extensions import Unpack

    from ._calls import WithRawResponse, WithStreamingResponse
    from ._given import NotGiven
    from ._raw import Raw
    from ._surfaces import Messages, Responses
    from .options import Config
    from .types.params import ClientOptions, TimeoutLike, URLLike


class Client(Resources, Control):
    """A configured gateway. Safe for threads; ends with `close`, as a context manager, or when it is dropped.

    `config` is a dict (gatelet.Config) or a JSON text; None takes defaults and the environment. The keywords are members
    of the configuration and go before it: Client(dev_mode=True). `logger` gets the log lines in the place of the standard one, `gatelet`.

    With `api_key` or `base_url` it asks that one provider, as OpenAI(...) does. `timeout` (seconds that one read may take),
    `max_retries` and `default_headers` are those of every call.
    """

    _connection: Connection

    if TYPE_CHECKING:
        chat: Chat
        beta: Beta
        completions: Completions
        embeddings: Embeddings
        models: Models
        messages: Messages
        responses: Responses
        raw: Raw
        with_raw_response: WithRawResponse
        with_streaming_response: WithStreamingResponse

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
        self._start(Connection(Native(made.config, logger)), made.options, made.own, {"timeout": timeout, "max_retries": max_retries})

    def with_options(self, **changes: Unpack[ClientOptions]) -> Client:
        """This client with other options for every call: `timeout`, `total_timeout`, `max_retries`, `default_headers`,
        `default_query`, `tag`, `gatelet`. Both are one: to close one closes the other."""
        return self._with(changes)

    copy = with_options

    def providers(
        self, provider: Union[str, List[str], None] = None, *, probe: bool = False, balance: bool = False
    ) -> ProviderList:
        """The providers, or those named, with keys and health as this client sees them; `probe` calls each one now,
        `balance` asks for what is left on the account where the provider tells."""
        native, asked = self._connection.native(), _request.query(provider, probe=probe, balance=balance)
        if not probe and not balance:
            return ProviderList(parse(native.providers(asked)))
        from . import _interruptible

        return ProviderList(parse(_interruptible.providers(native, asked)))

    def test_models(
        self,
        models: Union[str, List[str], None] = None,
        *,
        provider: Union[str, List[str], None] = None,
        prompt: Optional[str] = None,
        max_tokens: Optional[int] = None,
        spacing: Optional[float] = None,
        concurrency: Optional[int] = None,
        timeout: Optional[float] = None,
        stream: Optional[bool] = None,
        limit: Optional[int] = None,
        results: Union[ModelTestResults, Mapping[str, Any], None] = None,
        on_progress: Optional[Callable[[ModelTestEvent], object]] = None,
    ) -> ModelTestResults:
        """Asks models a short question and says which ones answer: those named (ids, or patterns with `*`), or every chat
        model of every provider that has a key.

        `spacing`, the seconds between two calls to one provider, is 180 unless told otherwise. `on_progress` gets each event;
        a true value that it returns stops the test, and what it raises comes out here after the test has stopped. `results`
        are those of an earlier test: models in it are not asked again. A hook's "request" comes in a thread of its own.
        """
        from . import _model_test

        options = {
            "models": models, "provider": provider, "prompt": prompt, "max_tokens": max_tokens, "spacing": spacing,
            "concurrency": concurrency, "timeout": timeout, "stream": stream, "limit": limit, "results": results,
        }  # fmt: skip
        return _model_test.run(self._connection.native(), options, on_progress)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Cancels what is in flight, in other threads too, and ends the client. Safe to call again."""
        self._connection.close()
