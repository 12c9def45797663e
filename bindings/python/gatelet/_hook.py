"""The event hook: a Python function that the library calls with one event at a time."""

from __future__ import annotations

import json
from _thread import get_ident
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterable, Optional, Sequence

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
    """One function and what it wants to hear of. `options` is the document of gatelet_set_hook."""

    def __init__(self, function: HookFunction, events: Optional[Iterable[EventName]], content: bool) -> None:
        if not callable(function):
            raise TypeError(f"a hook is a function, but not {type(function).__name__}")
        self.function: Optional[HookFunction] = function
        self.events = None if events is None else list(events)
        self.content = content
        self.options = _options(self.events, content)

    def __call__(self, raw: bytes, _: Any) -> int:
        return self.hear(json.loads(str(raw, "utf-8", "replace")))

    def hear(self, event: HookEvent) -> int:
        function = self.function
        if function is None:
            return 0
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


class Hooks:
    """Those of one client as the one that the library calls: in their order, and until one refuses."""

    def __init__(self, hooks: Sequence[Hook]) -> None:
        self.hooks = tuple(hooks)
        self.content = any(hook.content for hook in hooks)
        chosen = [hook.events for hook in hooks]
        every = None if None in chosen else sorted({name for events in chosen for name in events or ()})
        self.options = _options(every, self.content)

    def release(self) -> None:
        """Others have taken its place. It may be running, so it stays, but holds nobody's functions."""
        self.hooks = ()

    def __call__(self, raw: bytes, _: Any) -> int:
        text = str(raw, "utf-8", "replace")
        hooks = self.hooks
        return _hear(hooks, self.content, text, json.loads(text)["event"]) if hooks else 0


def _hear(hooks: Sequence[Hook], has_content: bool, text: str, name: str) -> int:
    hook, others = hooks[0], hooks[1:]
    refusal = 0
    try:
        if hook.events is None or name in hook.events:
            event = json.loads(text)  # its own: a hook may change what it gets
            refusal = hook.hear(event if hook.content or not has_content else _without_content(event))
    finally:  # what one of them raises keeps no other from hearing of it
        if others and not refusal:
            refusal = _hear(others, has_content, text, name)
    return refusal


def _options(events: Optional[Sequence[str]], content: bool) -> bytes:
    return json.dumps({**({} if events is None else {"events": list(events)}), "content": content}).encode()


_OWN_WORDS = ("status", "kind", "http_status", "provider", "model", "code", "retryable", "retry_after_ms", "request_id", "attempts")


def _without_content(event: Dict[str, Any]) -> Any:
    """For one that did not ask for it, beside another that did."""
    event.pop("request", None)
    event.pop("answer", None)
    error, usage = event.get("error"), event.get("usage")
    if error:
        own = {name: error[name] for name in _OWN_WORDS if name in error}
        if len(str(own.get("code") or "").split()) > 1:
            own["code"] = None
        event["error"] = {**own, "message": str(own.get("kind")), "provider_message": None}
    if usage:
        event["usage"] = _numbers(usage)
    return event


def _numbers(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {name: _numbers(one) for name, one in value.items() if isinstance(one, (int, float, dict))}


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
