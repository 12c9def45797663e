"""A completion queue whose events are read as the frames of an event stream."""

from __future__ import annotations

from typing import List, Tuple

from .._library import EVENT_CHUNK
from .._queue import Queue, _memory, layout

# gatelet_event: struct_size, kind, status, tag, then pointer and length of json, text, reasoning and name.
_EVENT = "@IiiQPNPNPNPN"

# tag, kind, status, and the event's bytes: those of a chunk are a whole frame.
Frame = Tuple[int, int, int, bytes]


class FrameQueue(Queue):
    framed = True
    """Whether chunks are events of a stream; else they are bytes of a body."""

    def _read(self, first: int, count: int) -> List[Frame]:  # type: ignore[override]
        return _read(first, count, self.framed)


def _read(first: int, count: int, framed: bool) -> List[Frame]:
    memory = _memory
    step = int.from_bytes(memory[first : first + 4], "little")
    events = layout(_EVENT, step).iter_unpack(memory[first : first + step * count])
    frames = []
    for _, kind, status, tag, json, json_len, _, _, _, _, name, name_len in events:
        data = bytes(memory[json : json + json_len])
        if framed and kind == EVENT_CHUNK:
            # A chunk may hold line breaks between two tokens, which would end its line.
            if b"\n" in data or b"\r" in data:
                data = data.replace(b"\n", b" ").replace(b"\r", b" ")
            data = named(bytes(memory[name : name + name_len]), data) if name_len else b"data: %b\n\n" % data
        frames.append((tag, kind, status, data))
    return frames


def named(name: bytes, data: bytes) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (name, data)
