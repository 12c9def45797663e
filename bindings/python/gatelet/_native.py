"""One gatelet_client: made, ended, and made anew in a forked child."""

from __future__ import annotations

import json
import os
import weakref
from ctypes import byref, c_void_p
from typing import TYPE_CHECKING, Any, Optional

from . import _errors, _library

if TYPE_CHECKING:
    from logging import Logger

# The library's levels are 1 error, 2 warning, 3 info, 4 debug; logging's are 40, 30, 20 and 10.

_forks = 0


def _count_fork() -> None:
    global _forks
    _forks += 1


os.register_at_fork(after_in_child=_count_fork)


def raise_error(library: _library.Library, error: c_void_p, status: int) -> None:
    """Raises what the library reported through a `gatelet_error **`, and frees it."""
    text = library.quick.gatelet_error_json(error) if error.value else b"{}"
    if error.value:
        library.quick.gatelet_error_free(error)
    raise _errors.make(status, json.loads(str(text, "utf-8", "replace")))


class Native:
    """A client handle of this process."""

    def __init__(self, config: Optional[bytes], logger: Optional[Logger] = None) -> None:
        self.library = _library.load()
        self.forks = _forks
        self.config = config
        self.logger = logger
        # With a log hook, the engine's thread may wait for the interpreter lock: then no call may keep it.
        self.quick: Any = self.library.calls if logger else self.library.quick
        handle, error = c_void_p(), c_void_p()
        status = self.library.calls.gatelet_init(config, byref(handle), byref(error))
        if status:
            raise_error(self.library, error, status)
        self.handle = handle
        log = self._set_log(logger) if logger else None
        # Also at the interpreter's exit: the engine's thread must not outlive what it uses.
        self.close = weakref.finalize(self, _end, self.library, handle.value, log)

    def _set_log(self, logger: Logger) -> Any:
        def on_line(level: int, message: bytes, _: Any) -> None:
            logger.log(50 - 10 * level, "%s", str(message, "utf-8", "replace"))

        function = _library.LOG_FUNCTION(on_line)
        error = c_void_p()
        status = self.library.calls.gatelet_set_log(self.handle, function, None, byref(error))
        if status:
            raise_error(self.library, error, status)
        return function

    def current(self) -> "Native":
        """This client; in a child of fork() a new one, because connections cannot be shared with the parent."""
        return self if self.forks == _forks else Native(self.config, self.logger)


def _end(library: _library.Library, handle: Optional[int], log: Any) -> None:
    """`log` is held until here: the engine may call it until the client has ended."""
    library.calls.gatelet_free(handle)
