"""The event hook: a Python function that the library calls with one event at a time."""

from __future__ import annotations

import json
from _thread import get_ident
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterable, Optional

from ._errors import GateletError

if TYPE_CHECKING:
    from .options import EventName, HookEvent

    HookFunction = Callable[[HookEvent], Optional[int]]

# By thread: what a hook raised inside a call of the library, until that call returns.
raised: Dict[int, BaseException] = {}


class Veto(Exception):
    """Raised by a hook in the event "request": the request is refused, and its RefusedError has this as its cause."""

    def __init__(self, reason: str = "", value: int = 1) -> None:
        super().__init__(reason)
        self.value = value
        """Becomes the error's `callback_result`; not 0."""


class Hook:
    """What the library calls. `options` is the document of gatelet_set_hook."""

    def __init__(self, function: HookFunction, events: Optional[Iterable[EventName]], content: bool) -> None:
        self.function: Optional[HookFunction] = function
        self.options = json.dumps({**({} if events is None else {"events": list(events)}), "content": content}).encode()

    def __call__(self, raw: bytes, _: Any) -> int:
        function = self.function
        if function is None:
            return 0
        event: HookEvent = json.loads(str(raw, "utf-8", "replace"))
        try:
            return _number(function(event))
        except BaseException as error:
            # A hook of "request" runs inside the caller's own call: what it raises comes out there. So does Ctrl-C,
            # which only the main thread gets. The rest ctypes hands to sys.unraisablehook.
            veto = event["event"] == "request"
            if not veto and not isinstance(error, KeyboardInterrupt):
                raise
            raised[get_ident()] = error
            return (_number(error.value) or 1) if isinstance(error, Veto) else int(veto)


def _number(value: Optional[int]) -> int:
    if value is None:
        return 0
    if type(value) is not int or not -(2**31) <= value < 2**31:
        raise TypeError(f"a hook returns None, or a number of 32 bits that is not 0 for a veto, but not {value!r}")
    return value


def reraise(refusal: Optional[GateletError] = None) -> None:
    """Raises what the hook raised inside the call of the library that this thread has just made, if anything."""
    error = raised.pop(get_ident(), None)
    try:
        if isinstance(error, Veto) and refusal is not None:
            raise refusal from error
        if error is not None:
            raise error
    finally:
        del error, refusal  # tracebacks would hold this frame, and it them
