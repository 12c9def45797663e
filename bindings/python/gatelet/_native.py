"""One gatelet_client: made, changed, ended, and made anew in a forked child."""

from __future__ import annotations

import json
import os
import sys
import weakref
from ctypes import byref, c_char_p, c_void_p, cast
from typing import TYPE_CHECKING, Any, Callable, List, Optional, Sequence

from . import _errors, _library
from ._hook import Hook, Hooks

from ._log import standard_logger, with_level

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

    def __init__(self, config: Optional[bytes], logger: Optional[Logger] = None, hooks: Sequence[Optional[Hook]] = (None,)) -> None:
        self.library = _library.load()
        self.forks = _forks
        self.config = config
        self.given_logger = logger
        # Without one that was given it is the standard one, as soon as somebody handles what that says.
        self.logger = logger = logger or standard_logger()
        if self.given_logger is None:
            config = with_level(config, logger)
        self._hooks = list(hooks)
        """The one that was set, or None, and those that were added."""
        self._installed: Optional[Hooks] = None
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
        if any(hooks):
            self._install_hooks()

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

    def listen(self) -> None:
        """The standard logger gets the lines from now on, if somebody handles them."""
        logger = standard_logger()
        if logger is None:
            return
        self.logger = logger
        self.quick = self.library.calls
        config = with_level(self.config, logger)
        if config is not self.config:
            try:
                self._do(self.library.later("gatelet_reload"), self.handle, config)
            except _errors.GateletError:  # the environment has changed for the worse: what was configured stays
                pass
        self._set_log(logger)

    def set_hook(self, hook: Optional[Hook]) -> None:
        self._hooks[0] = hook
        self._install_hooks()

    def add_hook(self, hook: Hook) -> None:
        self._hooks.append(hook)
        self._install_hooks()

    def remove_hook(self, hook: Hook) -> None:
        if hook in self._hooks:
            self._hooks.remove(hook)
            self._install_hooks()

    def _install_hooks(self) -> None:
        set_hook = self.library.later("gatelet_set_hook")
        self.quick = self.library.calls
        hooks = [hook for hook in self._hooks if hook]
        wanted = Hooks(hooks) if hooks else None
        function = _library.HOOK_FUNCTION(wanted) if wanted else None
        self._called.append(function)
        self._do(set_hook, self.handle, function, None, None, wanted.options if wanted else None)
        former, self._installed = self._installed, wanted
        if former:
            former.release()

    def reload(self, config: Optional[bytes]) -> None:
        wanted = config if self.given_logger else with_level(config, self.logger)
        self._do(self.library.later("gatelet_reload"), self.handle, wanted)
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
        return self if self.forks == _forks else Native(self.config, self.given_logger, self._hooks)


class Owner:
    """Who holds the client of this process until it is closed."""

    def __init__(self, native: Native) -> None:
        self._native = native
        self._closed = False

    @property
    def is_closed(self) -> bool:
        return self._closed

    def native(self) -> Native:
        if self._closed:
            raise _errors.make(108, {"kind": "closed", "message": "the client is closed"})
        native = self._native = self._native.current()
        if native.logger is None and "logging" in sys.modules:
            native.listen()
        return native


def _end(library: _library.Library, handle: Optional[int], called: List[Any]) -> None:
    """`called` is held until here."""
    library.calls.gatelet_free(handle)
