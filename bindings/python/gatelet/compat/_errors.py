"""Failures, in the words that the integration guides have for them."""

from __future__ import annotations

import logging
import sys
from http import HTTPStatus
from typing import Any, Dict, Optional, Tuple, Type

from .. import APIStatusError, GateletError, ModelUnresolvedError, NoKeyError, NotFoundError, TimeoutError
from ..reports import ProviderState
from . import _gateway

logger = logging.getLogger("gatelet.compat")


class _InWords(GateletError):
    words = ""

    def __str__(self) -> str:
        told = super().__str__()
        return f"{self.words}: {told}" if self.words else told


_classes: Dict[Tuple[str, Type[GateletError]], Type[GateletError]] = {}


def in_words(error: GateletError, row: Optional[ProviderState]) -> Exception:
    """The exception to raise: ValueError for a missing key, else the same error under the guides' name and with their words in front.

    It stays what it was, too: `except gatelet.RateLimitError` and its attributes work.
    """
    if isinstance(error, NoKeyError):
        lacks_key = row is not None and not _gateway.state(row).key_present
        missing = ValueError(_gateway.missing_key(row) if row is not None and lacks_key else error.message)
        missing.__cause__ = error
        return missing
    name, words = _words(error)
    if not words:
        return error
    kind = type(error)
    made = _classes.get((name, kind))
    if made is None:
        made = _classes[name, kind] = type(name, (_InWords, kind), {"__module__": __name__})
    error.__class__ = made
    error.words = words  # type: ignore[attr-defined]
    return error


def _words(error: GateletError) -> Tuple[str, str]:
    if isinstance(error, TimeoutError):
        return "ReadTimeout", "Request timed out"
    if isinstance(error, (NotFoundError, ModelUnresolvedError)):
        return "Error", "Model not found"
    if isinstance(error, APIStatusError) and error.http_status and error.http_status >= 400:
        try:
            phrase = HTTPStatus(error.http_status).phrase
        except ValueError:
            phrase = ""
        return "HTTPStatusError", f"{error.http_status} {phrase}".strip()
    return "", ""


def report(error: GateletError, what: str) -> None:
    """Into the log without what a provider wrote, which may repeat the prompt; and to Sentry where the program has set it up."""
    sentry: Any = None
    if "sentry_sdk" in sys.modules:
        from ..integrations import sentry  # also keeps the line below from becoming a second event
    where = "/".join(part for part in (error.provider, error.model) if part)
    http = f", http {error.http_status}" if error.http_status else ""
    logger.error("%s failed: %s: %s%s", what, where or "no provider", error.kind or type(error).__name__, http)
    if sentry is not None and not isinstance(error, NoKeyError):
        sentry.capture(error)
