"""Gatelet: an LLM gateway in a shared library, with the calls of the OpenAI SDK.

>>> from gatelet import Client
>>> Client(dev_mode=True).chat.completions.create(messages=[{"role": "user", "content": "Hi"}]).choices[0].message.content
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._client import Client
from ._errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    AuthError,
    BadRequestError,
    BadResponseError,
    CallerError,
    CancelledError,
    ClosedError,
    ConfigError,
    ConflictError,
    ConnectError,
    ContentFilterFinishReasonError,
    ContentPolicyError,
    ContextLengthError,
    EmptyAnswerError,
    FundsError,
    GateletError,
    InternalServerError,
    InvalidRequestError,
    KeysExhaustedError,
    LengthFinishReasonError,
    LibraryError,
    ModelUnresolvedError,
    NoKeyError,
    NotFoundError,
    OpenAIError,
    OverloadedError,
    PermissionDeniedError,
    ProtocolError,
    ProviderError,
    RateLimitError,
    RefusedError,
    ResolveError,
    TimeoutError,
    TLSError,
    TooLargeError,
    TransportError,
    TruncatedError,
    UnavailableError,
    UnprocessableEntityError,
    UnsupportedError,
)
from ._given import NOT_GIVEN, NotGiven, Omit, not_given, omit
from ._hook import Veto
from ._library import check_needed as _check_needed
from ._sync import Stream

if TYPE_CHECKING:
    from ._async import AsyncStream
    from ._async_client import AsyncClient
    from . import _sse as sse
    from ._parsing import pydantic_function_tool
    from .options import (
        BreakerConfig,
        CallOptions,
        Config,
        FailoverConfig,
        HedgeConfig,
        HookEvent,
        HttpConfig,
        KeyConfig,
        LimitRules,
        LimitsConfig,
        ProviderConfig,
        ProviderWords,
        RequestOptions,
        RetryConfig,
        RouteOptions,
        RoutingConfig,
        TimeoutsConfig,
    )

_OPTIONS = {
    "BreakerConfig", "CallOptions", "Config", "FailoverConfig", "HedgeConfig", "HookEvent", "HttpConfig", "KeyConfig",
    "LimitRules", "LimitsConfig", "ProviderConfig", "ProviderWords", "RequestOptions", "RetryConfig", "RouteOptions",
    "RoutingConfig", "TimeoutsConfig",
}  # fmt: skip

__all__ = [
    "APIConnectionError", "APIError", "APIResponseValidationError", "APIStatusError", "APITimeoutError", "AsyncClient", "AsyncStream", "AuthError",
    "AuthenticationError", "BadRequestError", "BadResponseError", "BreakerConfig", "CallOptions", "CallerError", "CancelledError",
    "Client", "ClosedError", "Config", "ConfigError", "ConflictError", "ConnectError", "ContentFilterFinishReasonError",
    "ContentPolicyError", "ContextLengthError",
    "EmptyAnswerError", "FailoverConfig", "FundsError", "GateletError", "HedgeConfig", "HookEvent", "HttpConfig",
    "InternalServerError", "InvalidRequestError", "KeyConfig", "KeysExhaustedError", "LengthFinishReasonError", "LibraryError", "LimitRules",
    "LimitsConfig", "ModelUnresolvedError", "NOT_GIVEN", "NoKeyError", "NotFoundError", "NotGiven", "Omit", "OpenAIError", "OverloadedError", "PermissionDeniedError",
    "ProtocolError", "ProviderConfig", "ProviderError", "ProviderWords", "RateLimitError", "RefusedError",
    "RequestOptions", "ResolveError", "RetryConfig", "RouteOptions", "RoutingConfig", "Stream", "TLSError",
    "TimeoutError", "TimeoutsConfig", "TooLargeError", "TransportError", "TruncatedError", "UnavailableError",
    "UnprocessableEntityError", "UnsupportedError", "Veto", "library_path", "not_given", "omit", "pydantic_function_tool", "sse", "version",
]  # fmt: skip


_check_needed()

if TYPE_CHECKING:
    __version__: str
    """The version of this package."""


def version() -> str:
    """The version of the loaded library."""
    from ._library import load

    return load().version()


def library_path() -> str:
    """Where the loaded library lies."""
    from ._library import load

    return load().path


def __getattr__(name: str) -> Any:
    """Imported when it is first used: asyncio costs programs that do without it 20 ms or more, the options 2 ms."""
    if name == "AsyncClient":
        from ._async_client import AsyncClient

        return AsyncClient
    if name == "sse":
        from . import _sse

        return _sse
    if name == "pydantic_function_tool":
        from ._parsing import pydantic_function_tool

        return pydantic_function_tool
    if name == "AsyncStream":
        from ._async import AsyncStream

        return AsyncStream
    if name == "Timeout":  # as in the OpenAI SDK, which has it from there
        from httpx import Timeout

        return Timeout
    if name == "__version__":
        from ._library import package_version

        return package_version()
    if name in _OPTIONS:
        from . import options

        return getattr(options, name)
    if name in ("openai", "anthropic", "genai"):  # the transports for those SDKs
        from importlib import import_module

        return import_module("." + name, __name__)
    raise AttributeError(f"module 'gatelet' has no attribute {name!r}")
