"""Scripted faults of development providers: the way to test one's own failover."""

from __future__ import annotations

from typing import Any, Dict, List, Literal, TypedDict, Union


class Fault(TypedDict, total=False):
    """What one attempt does."""

    status: int
    """An answer with this HTTP status."""
    headers: Dict[str, str]
    body: str
    error: Dict[str, Any]
    ok: Literal[True]
    first_byte_delay: float
    """Seconds."""
    error_at_chunk: int
    """An error inside the stream, before this chunk."""
    stall_at_chunk: int
    truncate_at_chunk: int
    """The connection closes before this chunk."""
    length: Literal["short", "long"]
    """Content-Length does not fit."""
    empty: bool
    """A success without anything in it."""
    html: bool
    """A page instead of JSON."""
    reset: bool
    refuse: bool


_Step = Union[Fault, int, Literal["ok"]]


class FaultScript(TypedDict):
    """Each attempt takes the next step; the last one repeats. A number is a step with that status."""

    sequence: List[_Step]


Faults = Union[FaultScript, _Step]
