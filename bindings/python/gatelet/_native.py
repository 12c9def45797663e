"""One gatelet_client: made, changed, ended, and made anew in a forked child."""

from __future__ import annotations

import json
import os
import weakref
from ctypes import byref, c_char_p, c_void_p, cast
from typing import TYPE_CHECKING, Any, Callable, List, Optional

from . import _errors, _library
from ._hook import Hook

if TYPE_CHECKING:
    from logging import Logger

# The library's levels are 1 error, 2 warning, 3 info, 4 debug; logging's are 40, 30, 20 and 10.

_forks = 0


def _count_fork() -> None:
    global _forks
    _forks += 1


os.register_at_fork(after_in_child=_count_fork)


def take_error(library: _library.Library, error: c_void_p, status: int) -> _errors.GateletError:
    """What the library reported through a `gatelet_error **`, which is freed."""
    text = library.quick.gatelet_error_json(error) if error.value else b"{}"
    if error.value:
        library.quick.gatelet_error_free(error)
    return _errors.make(status, json.loads(str(text, "utf-8", "replace")))


class Native:
    """A client handle of this process."""

    def __init__(self, config: Optional[bytes], logger: Optional[Logger] = None, hook: Optional[Hook] = None) -> None:
        self.library = _library.load()
        self.forks = _forks
        self.config = config
        self.logger = logger
        self.hook: Optional[Hook] = None
        # With a log function or a hook, the engine's thread may wait for the interpreter lock: then no call may keep it.
        self.quick: Any = self.library.calls if logger else self.library.quick
        handle = c_void_p()
        self._do(self.library.calls.gatelet_init, config, byref(handle))
        self.handle = handle
        # What the engine may call until the client has ended.
        self._called: List[Any] = []
        # Also at the interpreter's exit: the engine's thread must not outlive what it uses.
        self.close = weakref.finalize(self, _end, self.library, handle.value, self._called)
        if logger:
            self._set_log(logger)
        if hook:
            self.set_hook(hook)

    def _do(self, function: Any, *arguments: Any) -> None:
        error = c_void_p()
        status = function(*arguments, byref(error))
        if status:
            raise take_error(self.library, error, status)

    def _set_log(self, logger: Logger) -> None:
        def on_line(level: int, message: bytes, _: Any) -> None:
            logger.log(50 - 10 * level, "%s", str(message, "utf-8", "replace"))

        function = _library.LOG_FUNCTION(on_line)
        self._called.append(function)
        self._do(self.library.calls.gatelet_set_log, self.handle, function, None, None)

    def set_hook(self, hook: Optional[Hook]) -> None:
        set_hook = self.library.later("gatelet_set_hook")
        self.quick = self.library.calls
        function = _library.HOOK_FUNCTION(hook) if hook else None
        self._called.append(function)
        self._do(set_hook, self.handle, function, None, None, hook.options if hook else None)
        if self.hook:
            self.hook.function = None  # the rest of it stays: it may be running
        self.hook = hook

    def reload(self, config: Optional[bytes]) -> None:
        self._do(self.library.later("gatelet_reload"), self.handle, config)
        self.config = config

    def cancel(self, cancel_id: str) -> None:
        self._do(self.library.later("gatelet_cancel"), self.handle, cancel_id.encode())

    def providers(self, query: Optional[bytes]) -> bytes:
        return self._document("gatelet_providers", query)

    def stats(self, query: Optional[bytes]) -> bytes:
        return self._document("gatelet_stats", query)

    def _document(self, function: str, query: Optional[bytes]) -> bytes:
        text = c_void_p()
        self._do(self.library.later(function), self.handle, query, byref(text))
        return self._take(text)

    def test_models(self, options: bytes, progress: Callable[[bytes, Any], int]) -> bytes:
        """The results; of a test that `progress` stopped, those so far."""
        function, text, error = _library.TEST_FUNCTION(progress), c_void_p(), c_void_p()
        test = self.library.later("gatelet_test_models")
        status = test(self.handle, options, function, None, byref(text), byref(error))
        results = self._take(text) if text.value else b""
        if status:
            refusal = take_error(self.library, error, status)
            if not results or not isinstance(refusal, _errors.CancelledError):
                raise refusal
        return results

    def _take(self, text: c_void_p) -> bytes:
        try:
            return cast(text, c_char_p).value or b"{}"
        finally:
            self.library.quick.gatelet_string_free(text)

    def current(self) -> "Native":
        """This client; in a child of fork() a new one, because connections cannot be shared with the parent."""
        return self if self.forks == _forks else Native(self.config, self.logger, self.hook)


class Owner:
    """Who holds the client of this process until it is closed."""

    def __init__(self, native: Native) -> None:
        self._native = native
        self._closed = False

    def native(self) -> Native:
        if self._closed:
            raise _errors.make(108, {"kind": "closed", "message": "the client is closed"})
        self._native = self._native.current()
        return self._native


def _end(library: _library.Library, handle: Optional[int], called: List[Any]) -> None:
    """`called` is held until here."""
    library.calls.gatelet_free(handle)
