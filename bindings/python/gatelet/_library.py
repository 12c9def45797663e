"""Finds and loads libgatelet.so, and declares the functions of gatelet.h that the package calls."""

from __future__ import annotations

import ctypes
import os
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_int, c_int32, c_size_t, c_uint32, c_uint64, c_void_p
from functools import lru_cache
from typing import Any

from . import _errors

ABI = 0

OK = 0
EVENT_CHUNK, EVENT_END, EVENT_ANSWER, EVENT_RESPONSE = 1, 2, 3, 4
OP_CHAT, OP_CHAT_STREAM, OP_COMPLETION, OP_COMPLETION_STREAM, OP_EMBEDDINGS, OP_LIST_MODELS = 1, 2, 3, 4, 5, 6
OP_MESSAGES, OP_MESSAGES_STREAM, OP_RESPONSES, OP_RESPONSES_STREAM, OP_COUNT_TOKENS = 7, 8, 9, 10, 11
OP_RAW, OP_RAW_STREAM = 12, 13

LOG_FUNCTION = CFUNCTYPE(None, c_int32, c_char_p, c_void_p)
HOOK_FUNCTION = CFUNCTYPE(c_int, c_char_p, c_void_p)
TEST_FUNCTION = CFUNCTYPE(c_int, c_char_p, c_void_p)

_HANDLE_OUT = POINTER(c_void_p)
_SIGNATURES: dict[str, tuple[Any, list[Any]]] = {
    "gatelet_version": (c_char_p, []),
    "gatelet_abi_version": (c_uint32, []),
    "gatelet_init": (c_int32, [c_char_p, _HANDLE_OUT, _HANDLE_OUT]),
    "gatelet_free": (None, [c_void_p]),
    "gatelet_set_log": (c_int32, [c_void_p, c_void_p, c_void_p, c_void_p, _HANDLE_OUT]),
    "gatelet_queue_new": (c_int32, [c_char_p, _HANDLE_OUT, _HANDLE_OUT]),
    "gatelet_queue_submit": (c_int32, [c_void_p, c_void_p, c_int32, c_char_p, c_char_p, c_uint64, _HANDLE_OUT]),
    "gatelet_queue_next": (c_int32, [c_void_p, c_size_t, c_int32, _HANDLE_OUT, _HANDLE_OUT]),
    "gatelet_queue_fd": (c_int32, [c_void_p]),
    "gatelet_queue_cancel": (c_int32, [c_void_p, c_uint64, _HANDLE_OUT]),
    "gatelet_queue_pause": (c_int32, [c_void_p, c_uint64, _HANDLE_OUT]),
    "gatelet_queue_resume": (c_int32, [c_void_p, c_uint64, _HANDLE_OUT]),
    "gatelet_queue_free": (None, [c_void_p]),
    "gatelet_batch_events": (c_void_p, [c_void_p, POINTER(c_size_t)]),
    "gatelet_batch_free": (None, [c_void_p]),
    "gatelet_error_status": (c_int32, [c_void_p]),
    "gatelet_error_json": (c_char_p, [c_void_p]),
    "gatelet_error_free": (None, [c_void_p]),
    "gatelet_string_free": (None, [c_void_p]),
}
# Functions that came with later versions: an older library works without them.
_LATER: dict[str, tuple[Any, list[Any]]] = {
    "gatelet_reload": (c_int32, [c_void_p, c_char_p, _HANDLE_OUT]),
    "gatelet_set_hook": (c_int32, [c_void_p, c_void_p, c_void_p, c_void_p, c_char_p, _HANDLE_OUT]),
    "gatelet_providers": (c_int32, [c_void_p, c_char_p, _HANDLE_OUT, _HANDLE_OUT]),
    "gatelet_stats": (c_int32, [c_void_p, c_char_p, _HANDLE_OUT, _HANDLE_OUT]),
    "gatelet_cancel": (c_int32, [c_void_p, c_char_p, _HANDLE_OUT]),
    "gatelet_test_models": (c_int32, [c_void_p, c_char_p, c_void_p, c_void_p, _HANDLE_OUT, _HANDLE_OUT]),
}


def find() -> str:
    """GATELET_LIBRARY, the library inside the package, (in a source checkout) the one that `make` built, or the system's."""
    named = os.environ.get("GATELET_LIBRARY")
    if named:
        return named
    here = os.path.dirname(os.path.abspath(__file__))
    packaged = os.path.join(here, "libgatelet.so")
    if os.path.exists(packaged):
        return packaged
    built = os.path.normpath(os.path.join(here, "../../../build/lib/libgatelet.so"))
    return built if os.path.exists(built) else f"libgatelet.so.{ABI}"


class Library:
    """The loaded library twice: `calls` lets other Python threads run meanwhile, `quick` does not.

    Giving up the interpreter lock costs more than the calls that only look something up, so those go through `quick`.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.calls: Any = _declare(ctypes.CDLL(path))
        self.quick: Any = _declare(ctypes.PyDLL(path))
        found = self.quick.gatelet_abi_version()
        if found != ABI:
            raise ImportError(f"{path} has ABI {found}, but this package needs {ABI}")

    def version(self) -> str:
        text: bytes = self.quick.gatelet_version()
        return text.decode()

    def later(self, name: str) -> Any:
        """A function that an older library may lack."""
        try:
            return getattr(self.calls, name)
        except AttributeError:
            message = f"{self.path} has no {name}: version {self.version()} is too old for that"
            raise _errors.make(109, {"kind": "unsupported", "message": message}) from None


def _declare(library: ctypes.CDLL) -> ctypes.CDLL:
    for name, (result, arguments) in {**_SIGNATURES, **_LATER}.items():
        function = getattr(library, name, None)
        if function is None and name not in _LATER:
            needed = f"the library has to be of the package's own version ({package_version()}) or a later one"
            raise ImportError(f"{library._name} has no {name}, so it is too old: {needed}")
        if function is not None:
            function.restype, function.argtypes = result, arguments
    return library


@lru_cache(maxsize=None)
def load() -> Library:
    path = find()
    try:
        return Library(path)
    except OSError as error:
        raise ImportError(_explained(str(error))) from None


# What the library needs, and what Debian calls it.
_NEEDED = {"libcurl.so.4": "libcurl4 (from Debian 13 on libcurl4t64)", "libjansson.so.4": "libjansson4"}
_FOLDERS = ("/usr/lib/{}-linux-gnu", "/lib/{}-linux-gnu", "/usr/lib64", "/lib64", "/usr/lib", "/lib", "/usr/local/lib")


def _explained(error: str) -> str:
    for file, package in _NEEDED.items():
        if error.startswith(file.rstrip("0123456789")):
            return f"{file}, which Gatelet's library needs, is not installed: apt-get install the package {package}, or its like elsewhere ({error})"
    if "GLIBC_" in error:
        return f"this system's C library is too old for Gatelet's library, which needs glibc 2.34 (Debian 12, Ubuntu 22.04) or newer ({error})"
    return f"{error}: install the package as a wheel or the library beside it, or set GATELET_LIBRARY"


def check_needed() -> None:
    """ImportError where what the library needs is not installed. Looks into the usual folders, and loads only in doubt."""
    machine = os.uname().machine
    for file in _NEEDED:
        if not any(os.path.exists(f"{folder.format(machine)}/{file}") for folder in _FOLDERS):
            try:
                load()
            except ImportError as error:
                if "is not installed" in str(error):
                    raise
            return


def package_version() -> str:
    """The checkout's, else that of the installed package."""
    header = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../include/gatelet.h"))
    if os.path.exists(header):
        with open(header, encoding="utf-8") as lines:
            for line in lines:
                if line.startswith('#define GATELET_VERSION "'):
                    return line.split('"')[1]
    from importlib.metadata import version

    return version("gatelet")
