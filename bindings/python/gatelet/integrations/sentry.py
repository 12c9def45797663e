"""Errors of Gatelet in Sentry, with the provider's context and without prompts.

    import sentry_sdk
    from gatelet.integrations.sentry import GateletIntegration

    sentry_sdk.init(integrations=[GateletIntegration()])
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional

import sentry_sdk
from sentry_sdk.integrations import Integration
from sentry_sdk.integrations.logging import ignore_logger
from sentry_sdk.scope import add_global_event_processor

from .. import GateletError

Event = Dict[str, Any]


# The functions of gatelet.compat log what they capture: that would be two events of one failure.
ignore_logger("gatelet.compat")


class GateletIntegration(Integration):  # type: ignore[misc, unused-ignore]
    """Each event about a GateletError gets the context "gatelet" (provider, model, status, attempts, ids) and tags to search by.

    What a provider wrote may repeat the prompt, and the variables of a stack may hold it: without `include_content` the
    library's own words take the place of the former, and the frames of this package have no variables.
    """

    identifier = "gatelet"

    def __init__(self, *, include_content: bool = False) -> None:
        self.include_content = include_content

    @staticmethod
    def setup_once() -> None:
        @add_global_event_processor
        def add_context(event: Any, hint: Any) -> Any:
            ours = sentry_sdk.get_client().get_integration(GateletIntegration)
            return described(event, hint, ours.include_content) if ours else event


def capture(error: GateletError) -> None:
    """To Sentry, where the program has set it up; also without GateletIntegration."""
    client = sentry_sdk.get_client()
    if not client.is_active():
        return
    with sentry_sdk.new_scope() as scope:
        if client.get_integration(GateletIntegration) is None:
            scope.add_event_processor(described)
        sentry_sdk.capture_exception(error)


def described(event: Any, hint: Optional[Dict[str, Any]], include_content: bool = False) -> Any:
    """The event with what the error knows."""
    errors = _errors(((hint or {}).get("exc_info") or (None, None, None))[1])
    if not errors:
        return event
    error = errors[0]
    event.setdefault("contexts", {})["gatelet"] = _context(error)
    tags = event.setdefault("tags", {})
    if isinstance(tags, dict):
        for name in ("provider", "model", "kind", "http_status"):
            value = getattr(error, name)
            if value:
                tags[f"gatelet.{name}"] = str(value)
    if not include_content:
        _keep_to_ourselves(event, errors)
    return event


def _errors(error: Optional[BaseException]) -> List[GateletError]:
    """Those of ours in the chain, the outermost first."""
    found: List[GateletError] = []
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, GateletError):
            found.append(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return found


def _context(error: GateletError) -> Dict[str, Any]:
    told: Dict[str, Any] = {
        name: getattr(error, name)
        for name in ("status", "kind", "http_status", "provider", "model", "retryable", "retry_after", "request_id")
        if getattr(error, name, None) is not None
    }
    attempts = error.json.get("attempts") or ()
    members = ("provider", "model", "key", "status", "http_status", "action")
    told["attempts"] = [{name: attempt[name] for name in members if name in attempt} for attempt in attempts]
    return told


def _keep_to_ourselves(event: Any, errors: List[GateletError]) -> None:
    told = {text: _own_words(error) for error in errors for text in (str(error), error.message, error.provider_message) if text}
    for value in (event.get("exception") or {}).get("values") or ():
        value["value"] = _instead(value.get("value"), told)
        for frame in (value.get("stacktrace") or {}).get("frames") or ():
            if str(frame.get("module") or "").partition(".")[0] == "gatelet":
                frame.pop("vars", None)
            elif "vars" in frame:  # the error itself may be one of them
                frame["vars"] = _instead(frame["vars"], told)


def _instead(value: Any, told: Dict[str, str]) -> Any:
    if isinstance(value, GateletError):
        return _own_words(value)
    if isinstance(value, dict):
        return {name: _instead(one, told) for name, one in value.items()}
    if isinstance(value, list):
        return [_instead(one, told) for one in value]
    if isinstance(value, str):
        for text, words in told.items():
            value = value.replace(text, words)
    return value


def _own_words(error: GateletError) -> str:
    where = "/".join(part for part in (error.provider, error.model) if part)
    http = f", http {error.http_status}" if error.http_status else ""
    return f"[{error.status} {error.kind}] {where or 'no provider'}{http}"
