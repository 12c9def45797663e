"""Server-sent events of chunks, for services that hand streams on."""

from __future__ import annotations

from typing import Any

from ._decode import document
from ._errors import GateletError

DONE = b"data: [DONE]\n\n"
"""What ends a stream of chat or text completions. Those of messages and responses end with their last event."""


def event(chunk: Any) -> bytes:
    """The event of a chunk (or of its bytes). Where the data has a `type`, as in messages and responses, that is its name. Each line
    of the JSON is a line of data: a line break in one would end the event."""
    raw: bytes = chunk if isinstance(chunk, bytes) else chunk.raw
    name = ""
    if b'"type"' in raw:
        try:
            found = document(raw).get("type")
        except ValueError:
            found = None
        name = found if isinstance(found, str) else ""
    head = f"event: {name}\n".encode() if name and "\n" not in name and "\r" not in name else b""
    return head + b"".join(b"data: " + line + b"\n" for line in raw.splitlines() or [b""]) + b"\n"


def error(failure: GateletError, surface: str = "openai") -> bytes:
    """The event that tells a client of the OpenAI SDK, or of Anthropic's, of a failure in the middle of a stream."""
    from ._request import to_json

    head = b"event: error\n" if surface == "anthropic" else b""
    return head + b"data: " + to_json(failure.reply(surface).body) + b"\n\n"
