"""What the event hook is told."""

from __future__ import annotations

from typing import Any, Dict, Literal, Optional, TypedDict, Union

EventName = Literal["request", "attempt", "attempt_end", "request_end", "limit"]


class _HookEvent(TypedDict):
    event: EventName


class HookEvent(_HookEvent, total=False):
    """One event. Members that do not apply to it are absent or None."""

    request_id: str
    operation: str
    tag: Optional[str]

    # request, attempt, attempt_end
    provider: str
    model: str

    # attempt, attempt_end
    attempt: int
    """Counts from 0."""
    key: str
    """The configured name of the key, never its value."""
    wait_ms: float
    """How long it was waited before."""
    hedge: bool
    probe: bool

    # attempt_end
    status: str
    http_status: int
    action: str
    """What is done next; absent after a success."""
    timings: Dict[str, Any]
    cost: Dict[str, Any]

    # request_end
    end: Literal["finished", "error", "truncated", "cancelled"]
    usage: Optional[Dict[str, Any]]
    """As the provider told it; at attempt_end in Gatelet's buckets."""
    gatelet: Dict[str, Any]

    # limit
    scope: Literal["client", "tag", "provider", "key"]
    of: str
    """Whose rule it is: a tag, a provider, a key; none of a client."""
    share: float
    """What of it is used."""
    rule: str
    limit: Union[int, str]
    used: Union[int, str]
    left: Union[int, str]
    """USD as decimal text."""
    reset: int
    """Unix seconds."""

    error: Optional[Dict[str, Any]]
    """attempt_end, request_end: as in exceptions' `json`."""
    request: Dict[str, Any]
    """request: its document; only with `content`."""
    answer: Dict[str, Any]
    """request_end: its document; only with `content`."""
