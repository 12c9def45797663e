"""A completion queue, with its events read in batches."""

from __future__ import annotations

import time
from ctypes import byref, c_size_t, c_ubyte, c_uint32, c_void_p
from functools import lru_cache
from itertools import count
from struct import Struct
from sys import maxsize
from typing import List, Optional, Tuple

from . import _hook
from ._errors import GateletError, LibraryError
from ._library import EVENT_END, OP_LIST_MODELS
from ._native import Native, take_error
from ._request import Document

MOST_EVENTS = 256

# The process's memory as one memoryview: taking a slice costs half of a call of ctypes.string_at.
_memory = memoryview((c_ubyte * maxsize).from_address(0)).cast("B")

# gatelet_event: struct_size, kind, status, tag, json, json_len, text, text_len, reasoning, reasoning_len
_EVENT = "@IiiQPNPNPN"


# tag, kind, status, json, text, reasoning. A plain tuple: one is made per chunk.
Event = Tuple[int, int, int, bytes, str, str]


@lru_cache(maxsize=None)
def layout(event: str, step: int) -> Struct:
    """Events of a later library may be longer; the rest is skipped."""
    known = Struct(event).size
    if step < known:
        raise LibraryError(f"events of {step} bytes, but at least {known} are needed")
    return Struct(f"{event}{step - known}x")


class Queue:
    """Events are taken by one thread at a time; the rest any thread may call."""

    def __init__(self, native: Native, options: bytes) -> None:
        self.native = native
        self.options = options
        library = native.library
        self._next = library.calls.gatelet_queue_next
        self._free = library.calls.gatelet_queue_free
        self._tags = count(1)
        self._batch, self._count, self._error = c_void_p(), c_size_t(), c_void_p()
        self._refs = byref(self._batch), byref(self._count), byref(self._error)
        self.handle = c_void_p()
        status = self.native.quick.gatelet_queue_new(options, byref(self.handle), self._refs[2])
        if status:
            self._raise(status)

    def __del__(self) -> None:
        self.free()

    def free(self) -> None:
        handle, self.handle = self.handle, c_void_p()
        if handle.value:
            self._free(handle)

    def descriptor(self) -> int:
        fd: int = self.native.quick.gatelet_queue_fd(self.handle)
        return fd

    def new_tag(self) -> int:
        return next(self._tags)

    def submit(self, operation: int, request: Document, tag: Optional[int] = None) -> int:
        """Returns the tag that the request's events will carry."""
        if tag is None:
            tag = self.new_tag()
        error = c_void_p()
        native = self.native
        # A list may be read from disk at once: other threads of Python run meanwhile.
        calls = native.library.calls if operation == OP_LIST_MODELS else native.quick
        status = calls.gatelet_queue_submit(self.handle, native.handle, operation, request.body, request.options, tag, byref(error))
        if status:
            refusal = take_error(native.library, error, status)
            _hook.reraise(refusal)
            raise refusal
        return tag

    def cancel(self, tag: int) -> None:
        self.native.quick.gatelet_queue_cancel(self.handle, tag, None)

    def pause(self, tag: int) -> None:
        """Has a stream wait, down to the provider's socket. What was read of it before still comes."""
        self.native.quick.gatelet_queue_pause(self.handle, tag, None)

    def resume(self, tag: int) -> None:
        self.native.quick.gatelet_queue_resume(self.handle, tag, None)

    def wait(self, timeout_ms: int) -> List[Event]:
        """The events that are there, after waiting for a first one; none when the time ran out or a signal came."""
        status = self._next(self.handle, MOST_EVENTS, timeout_ms, self._refs[0], self._refs[2])
        events = self._take(status)
        if _hook.raised:
            _hook.reraise()
        return events

    def poll(self) -> List[Event]:
        """The events that are there."""
        status = self.native.quick.gatelet_queue_next(self.handle, MOST_EVENTS, 0, self._refs[0], self._refs[2])
        return self._take(status)

    def _take(self, status: int) -> List[Event]:
        if status:
            self._raise(status)
        batch = self._batch.value
        if not batch:
            return []
        quick = self.native.quick
        try:
            first = quick.gatelet_batch_events(batch, self._refs[1])
            return self._read(first, self._count.value) if first else []
        finally:
            quick.gatelet_batch_free(batch)

    def settle(self, tag: int) -> bool:
        """Cancels a request and takes what is left of it; False when the queue is of no further use."""
        self.cancel(tag)
        patience = time.monotonic() + 1
        try:
            while time.monotonic() < patience:
                if any(event[0] == tag and event[1] == EVENT_END for event in self.wait(100)):
                    return True
        except GateletError:  # in a child of fork() the queue is the parent's
            pass
        return False

    def _read(self, first: int, count: int) -> List[Event]:
        return _read(first, count)

    def _raise(self, status: int) -> None:
        error, self._error.value = c_void_p(self._error.value), None
        raise take_error(self.native.library, error, status)


def _read(first: int, count: int) -> List[Event]:
    memory = _memory
    step = c_uint32.from_address(first).value
    events = layout(_EVENT, step).iter_unpack(memory[first : first + step * count])
    return [
        (
            tag,
            kind,
            status,
            memory[json : json + json_len].tobytes(),
            str(memory[text : text + text_len], "utf-8", "replace") if text_len else "",
            str(memory[reasoning : reasoning + reasoning_len], "utf-8", "replace") if reasoning_len else "",
        )
        for _, kind, status, tag, json, json_len, text, text_len, reasoning, reasoning_len in events
    ]
