"""The groups of calls that both clients have, and the options that all of their calls share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, TypeVar, Union

from . import _construct, _request
from ._calls import Beta, Chat, Completions, Embeddings, Models, _Group
from ._given import NOT_GIVEN, NotGiven
from ._request import Defaults
from .types import parse

if TYPE_CHECKING:
    from .types.params import TimeoutLike

ResourcesT = TypeVar("ResourcesT", bound="Resources")
_CHANGES = {"timeout", "total_timeout", "max_retries", "default_headers", "default_query", "tag", "gatelet"}
_FIXED = {
    **dict.fromkeys(("api_key", "base_url", "organization", "project"), "another one is another Client, or client.reload(...)"),
    **dict.fromkeys(("timeout", "max_retries", "default_headers", "default_query"), "client.with_options(...) gives one that has another"),
}
_ELSEWHERE = {"audio", "batches", "files", "fine_tuning", "images", "moderations", "uploads", "vector_stores", "videos"}


class Resources:
    _connection: Any
    _defaults: Defaults
    _own: Mapping[str, Any]
    _given: Mapping[str, Any]

    def _start(self, connection: Any, options: Mapping[str, Any], own: Mapping[str, Any], given: Mapping[str, Any]) -> None:
        self._own = own
        self._given = given
        from . import _decode  # noqa: F401 - msgspec, for the first answer

        self._connection = connection
        self._defaults = Defaults({"response": True, **options})  # for exceptions and raw responses
        self.__dict__.update(self._groups(None))

    def _groups(self, how: Any) -> Dict[str, Any]:
        given = self._connection, self._defaults, how
        chat = Chat(*given)
        return {
            "chat": chat, "beta": Beta(chat), "completions": Completions(*given), "embeddings": Embeddings(*given),
            "models": Models(*given),
        }  # fmt: skip

    if not TYPE_CHECKING:

        def __setattr__(self, name: str, value: Any) -> None:
            if name in _FIXED:
                raise AttributeError(f"{name} of a client is not changed: {_FIXED[name]}")
            object.__setattr__(self, name, value)

        def __getattr__(self, name: str) -> Any:
            """Made when they are first used."""
            if name in ("messages", "responses", "raw") and "_connection" in self.__dict__:
                made = self.__dict__[name] = self._later(name, None)
                return made
            hint = ": client.raw.request(...) asks such endpoints, and the official SDK over gatelet.openai.http_client() has it"
            hint = f"{hint} (docs/official-sdks.md)" if name in _ELSEWHERE else ""
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}{hint}")

    def _later(self, name: str, how: Any) -> Any:
        from . import _raw, _surfaces

        made = {"messages": _surfaces.Messages, "responses": _surfaces.Responses, "raw": _raw.Raw}[name]
        return made(self._connection, self._defaults, how)

    def _answering(self, how: Any) -> Any:
        later = {name: self._later(name, how) for name in ("messages", "responses", "raw")}
        return _Group(**self._groups(how), **later)

    @property
    def with_raw_response(self) -> Any:
        from ._response import RAW

        return self._answering(RAW)

    @property
    def with_streaming_response(self) -> Any:
        from ._response import STREAMING

        return self._answering(STREAMING)

    @property
    def timeout(self) -> Union[float, TimeoutLike, None, NotGiven]:
        """That of every call, as it was given."""
        given: Union[float, TimeoutLike, None, NotGiven] = self._given.get("timeout", NOT_GIVEN)
        return given

    @property
    def max_retries(self) -> Optional[int]:
        """That of every call; None: as the configuration says."""
        return self._given.get("max_retries")

    @property
    def base_url(self) -> Optional[str]:
        """The address of the one provider that is asked; None where the configuration chooses."""
        provider = self._defaults.options.get("provider")
        if provider is None:
            return None
        found: List[Dict[str, Any]] = parse(self._connection.native().providers(_request.query(provider)))["data"]
        return found[0]["base_url"] if found else None

    def is_closed(self) -> bool:
        return bool(self._connection.is_closed)

    def _with(self: ResourcesT, changes: Mapping[str, Any]) -> ResourcesT:
        for name in changes:
            if name not in _CHANGES:
                raise TypeError(f"with_options() got an unexpected keyword argument {name!r}: another key or address is another Client")
        other = type(self).__new__(type(self))
        options = _construct.wanted(self._defaults.options, changes)
        other._start(self._connection, options, self._own, {**self._given, **changes})
        return other
