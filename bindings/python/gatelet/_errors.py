"""The exceptions: one class per status of the library, in a tree whose names users of the OpenAI SDK know."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any, Dict, Mapping, Optional, Tuple, Type

if TYPE_CHECKING:
    from ._reply import Reply
    from ._response import Response
    from .reports import Attempt
    from .types import ChatCompletion


def _request_of(response: Any) -> Any:
    try:
        return response.request
    except (AttributeError, RuntimeError):  # httpx raises this where a response belongs to no request
        return None


class GateletError(Exception):
    """Everything this package raises by itself, except TypeError and ValueError for arguments that cannot be sent."""

    status: int = 0
    """The library's status number; its hundreds digit is the group."""
    kind: str = ""
    message: str = ""
    http_status: Optional[int] = None
    provider: Optional[str] = None
    model: Optional[str] = None
    code: Optional[str] = None
    """The provider's own error code, as text."""
    type: Optional[str] = None
    param: Optional[str] = None
    """The provider's own words for what kind of error it is, and which parameter is wrong."""
    provider_message: Optional[str] = None
    retryable: bool = False
    retry_after: Optional[float] = None
    """Seconds the provider asked to wait."""
    request_id: Optional[str] = None
    callback_result: Optional[int] = None
    """With RefusedError: what the event hook returned."""
    request: Any = None
    """What a program gave an exception that it made itself. The library does not tell what it has sent."""

    def __init__(
        self, message: str = "", json: Optional[Mapping[str, Any]] = None, *, response: Any = None, body: Any = None, request: Any = None
    ) -> None:
        """`response`, `body` and `request` as in the OpenAI SDK, for programs that raise such an exception themselves, as tests do."""
        if not isinstance(message, str):  # APITimeoutError(request)
            message, request = "", message
        super().__init__(message)
        self.message = message
        self.json: Dict[str, Any] = dict(json or {})
        """The library's whole error document."""
        if request is not None or response is not None:
            self.request = _request_of(response) if request is None else request
        if response is not None or body is not None:
            self._tell(response, body)

    def _tell(self, response: Any, body: Any) -> None:
        if response is not None:
            self.http_status = self.json["http_status"] = response.status_code
            self.json["response"] = {"status": response.status_code, "headers": dict(response.headers)}
            self.request_id = response.headers.get("x-request-id")
        if body is not None:
            from ._request import to_json

            self.json["provider_body"] = body if isinstance(body, str) else to_json({"error": body}).decode()
        if isinstance(body, Mapping):
            self.code, self.type, self.param = (body.get(name) for name in ("code", "type", "param"))

    @property
    def status_code(self) -> Optional[int]:
        """`http_status`, by the name it has in the OpenAI SDK."""
        return self.http_status

    @property
    def response(self) -> Optional[Response]:
        """Status and headers of the provider's answer, and its body as far as the library tells; None without an answer."""
        if self.http_status is None:
            return None
        from ._response import of_error

        return of_error(self.json)

    @property
    def body(self) -> Any:
        """The member `error` of what the provider answered, or what it told in the same words."""
        if self.http_status is None:
            return None
        from ._response import body_of_error

        return body_of_error(self.json)

    @property
    def attempts(self) -> list[Attempt]:
        """Every try of the request; none when it failed before the first."""
        from .reports import Attempt

        return [Attempt(attempt) for attempt in self.json.get("attempts") or ()]

    def reply(self, surface: str = "openai") -> Reply:
        """What a server of the caller's own kind would answer to its client: `status`, `headers`, and `body`, the document that the SDK of
        `surface`, "openai" or "anthropic", understands. For services that hand on what their users wrote."""
        from ._reply import of_error

        return of_error(self.status, self.json or {"message": self.message}, surface)

    def __str__(self) -> str:
        where = "/".join(part for part in (self.provider, self.model) if part)
        told = f"{where}: {self.message}" if where else self.message
        return f"[{self.status} {self.kind}] {told}" if self.status else told

    def __reduce__(self) -> Tuple[Any, ...]:
        return (make, (self.status, self.json)) if self.status else (builtins.type(self), (self.message, self.json), self.__dict__)


# 1xx: the caller


class CallerError(GateletError):
    """The call was wrong, or was ended by the caller; asking again the same way does not help."""


class InvalidRequestError(CallerError):
    """100, 102: an argument or a document that the library does not accept."""


class ConfigError(CallerError):
    """103: the configuration has an unknown member, a wrong type or a bad value; the message holds the JSON path."""


class NoKeyError(CallerError, ValueError):
    """104: the chosen provider needs a key and none is configured."""


class ModelUnresolvedError(CallerError):
    """105: no configured provider serves this model id."""


class CancelledError(CallerError):
    """107: cancelled by the caller."""


class ClosedError(CallerError):
    """101, 108: the client was closed, possibly meanwhile."""


class UnsupportedError(CallerError):
    """109: the provider cannot do that."""


class RefusedError(CallerError):
    """110: refused by policy or by the event hook, before anything was sent."""


# 2xx and 3xx: the way to the provider, and its answer


class APIError(GateletError):
    """The request went out and did not succeed."""


class TransportError(APIError):
    """2xx: no complete answer arrived."""


class ResolveError(TransportError):
    """200: the host name could not be resolved."""


class ConnectError(TransportError):
    """201: no connection."""


class TLSError(TransportError):
    """202: no secure connection."""


class TimeoutError(TransportError, builtins.TimeoutError):  # noqa: A001 - only as gatelet.TimeoutError
    """203 to 207: too late; `kind` says which clock. It is Python's TimeoutError too."""


class TruncatedError(TransportError):
    """208: the answer ended before it was complete."""


class TooLargeError(TransportError):
    """209: a size cap was exceeded."""


class ProtocolError(TransportError):
    """210: not HTTP, or HTTP used wrongly."""


class ProviderError(APIError):
    """3xx: the provider answered with an error, or with nothing of use."""


class BadRequestError(ProviderError):
    """300: the provider does not accept the request."""


class ContextLengthError(BadRequestError):
    """309: the prompt is longer than the model takes."""


class ContentPolicyError(BadRequestError):
    """310: refused by the provider's content policy."""


class AuthError(ProviderError):
    """301: the key is missing or wrong."""


class PermissionDeniedError(ProviderError):
    """302: the key may not do that."""


class FundsError(ProviderError):
    """303: the account has no credit left."""


class NotFoundError(ProviderError):
    """304: the provider does not know the model or the address."""


class ConflictError(BadRequestError):
    """HTTP 409, where its kind says no more than that the request is not accepted."""


class UnprocessableEntityError(BadRequestError):
    """HTTP 422, as ConflictError."""


class RateLimitError(ProviderError):
    """305: too many requests."""


class KeysExhaustedError(RateLimitError):
    """313: every key of the provider is out of use for now."""


class InternalServerError(ProviderError):
    """307: the provider failed."""


class OverloadedError(InternalServerError):
    """306: the provider has no capacity now."""


class UnavailableError(InternalServerError):
    """308: the provider or the model is not available now."""


class EmptyAnswerError(ProviderError):
    """311: a success without any content."""


class BadResponseError(ProviderError):
    """312: not JSON or SSE of the expected shape."""


# 4xx: the library


class LibraryError(GateletError):
    """106, 4xx: a defect of this package or of the library, or no memory."""


# What `parse` and `stream` of chat completions have to say


class LengthFinishReasonError(GateletError):
    """The answer was cut off at its longest, so that it cannot be read into a type."""

    def __init__(self, message: str = "", json: Optional[Mapping[str, Any]] = None, *, completion: Optional[ChatCompletion] = None) -> None:
        super().__init__(message or "the answer was cut off at its length limit, so it cannot be read into a type", json)
        self.completion = completion


class ContentFilterFinishReasonError(GateletError):
    """The answer was cut off by the provider's content filter, so that it cannot be read into a type."""

    def __init__(self, message: str = "", json: Optional[Mapping[str, Any]] = None, *, completion: Optional[ChatCompletion] = None) -> None:
        super().__init__(message or "the answer was cut off by the provider's content filter, so it cannot be read into a type", json)
        self.completion = completion


# What the same things are called in the OpenAI SDK.
OpenAIError = GateletError
APIConnectionError = TransportError
APITimeoutError = TimeoutError
APIStatusError = ProviderError
AuthenticationError = AuthError
APIResponseValidationError = BadResponseError

_CLASSES: Dict[int, Type[GateletError]] = {
    100: InvalidRequestError, 101: ClosedError, 102: InvalidRequestError, 103: ConfigError, 104: NoKeyError,
    105: ModelUnresolvedError, 106: LibraryError, 107: CancelledError, 108: ClosedError, 109: UnsupportedError,
    110: RefusedError, 200: ResolveError, 201: ConnectError, 202: TLSError, 203: TimeoutError, 204: TimeoutError,
    205: TimeoutError, 206: TimeoutError, 207: TimeoutError, 208: TruncatedError, 209: TooLargeError,
    210: ProtocolError, 300: BadRequestError, 301: AuthError, 302: PermissionDeniedError, 303: FundsError,
    304: NotFoundError, 305: RateLimitError, 306: OverloadedError, 307: InternalServerError, 308: UnavailableError,
    309: ContextLengthError, 310: ContentPolicyError, 311: EmptyAnswerError, 312: BadResponseError,
    313: KeysExhaustedError,
}  # fmt: skip
_GROUPS: Dict[int, Type[GateletError]] = {1: CallerError, 2: TransportError, 3: ProviderError, 4: LibraryError}


_HTTP: Dict[int, Type[GateletError]] = {
    400: BadRequestError, 401: AuthError, 403: PermissionDeniedError, 404: NotFoundError, 409: ConflictError,
    422: UnprocessableEntityError, 429: RateLimitError,
}  # fmt: skip
_mixed: Dict[Tuple[Type[GateletError], Type[GateletError]], Type[GateletError]] = {}


def _class(status: int, http_status: Any) -> Type[GateletError]:
    """That of the kind. Where the OpenAI SDK has another one for the HTTP status, the exception is one of that too: no credit, told
    by a 429, is a FundsError and a RateLimitError."""
    cls = _CLASSES.get(status) or _GROUPS.get(status // 100, GateletError)
    if not issubclass(cls, ProviderError) or not isinstance(http_status, int) or http_status < 400:
        return cls
    also = _HTTP.get(http_status) or (InternalServerError if http_status >= 500 else cls)
    if issubclass(cls, also) or issubclass(also, cls):
        return cls if issubclass(cls, also) else also
    mixed = _mixed.get((cls, also))
    if mixed is None:
        mixed = _mixed[cls, also] = type(cls.__name__, (cls, also), {"__doc__": cls.__doc__, "__module__": cls.__module__})
    return mixed


def make(status: int, document: Mapping[str, Any]) -> GateletError:
    """The exception for a status and the library's error document; statuses of later versions go by their group."""
    cls = _class(status, document.get("http_status"))
    error = cls(str(document.get("message") or f"status {status}"), document)
    error.status = status
    error.kind = str(document.get("kind") or "")
    for name in ("http_status", "provider", "model", "code", "type", "param", "provider_message", "request_id", "callback_result"):
        setattr(error, name, document.get(name))
    error.retryable = bool(document.get("retryable"))
    wait = document.get("retry_after_ms")
    error.retry_after = wait / 1000 if isinstance(wait, (int, float)) else None
    return error
