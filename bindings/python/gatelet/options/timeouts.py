"""The clocks of a request."""

from __future__ import annotations

from typing import TypedDict


class TimeoutsConfig(TypedDict, total=False):
    """Seconds; 0 means no limit."""

    connect: float
    first_byte: float
    """Until the response's header is complete."""
    idle: float
    """Without any byte."""
    content: float
    """Without any content; keep-alives do not count."""
    total: float
