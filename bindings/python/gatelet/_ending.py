"""How a stream ended, for both kinds of streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

from . import _errors
from ._queue import Event
from .types import End, Gatelet, Usage, parse

if TYPE_CHECKING:
    from ._response import Response

CANCELLED = End({"end": "cancelled"})


def end_error(event: Event) -> _errors.GateletError:
    """The exception for an END whose status is not 0."""
    return _errors.make(event[2], parse(event[3]).get("error") or {})


class Ending:
    def _ending(self) -> Optional[End]:
        raise NotImplementedError

    def _response(self) -> bytes:
        raise NotImplementedError

    @property
    def response(self) -> Response:
        """Status and headers of the response that the chunks come from."""
        from ._response import Response

        told = parse(self._response()) if self._response() else {}
        return Response(told.get("status") or 200, told.get("headers") or ())

    @property
    def end(self) -> Optional[str]:
        """finished, error, truncated or cancelled; None before the end."""
        ending = self._ending()
        return ending.end if ending else None

    @property
    def usage(self) -> Optional[Usage]:
        """Known after the end."""
        ending = self._ending()
        return ending.usage if ending else None

    @property
    def gatelet(self) -> Optional[Gatelet]:
        """Request id, provider, attempts and timings; known after the end."""
        ending = self._ending()
        return ending.gatelet if ending else None
