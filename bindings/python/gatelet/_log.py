"""The standard logger "gatelet", which gets the library's lines without any set-up of ours once somebody handles what it says."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Optional

if TYPE_CHECKING:
    from logging import Logger

NAME = "gatelet"


def standard_logger() -> Optional[Logger]:
    """None while nobody listens: then nothing is spent on it. Asked before each request, so it is quick then."""
    logging = sys.modules.get("logging")
    root = getattr(logging, "root", None)
    if logging is None or root is None:  # nobody has imported it, or it is being imported
        return None
    if not root.handlers and not getattr(root.manager.loggerDict.get(NAME), "handlers", None):
        return None
    logger: Logger = logging.getLogger(NAME)
    silent = all(isinstance(handler, logging.NullHandler) for handler in _handlers(logger))
    return None if silent or not logger.isEnabledFor(logging.WARNING) else logger


def _handlers(logger: Logger) -> "list[object]":
    found: "list[object]" = []
    at: Optional[Logger] = logger
    while at is not None:
        found += at.handlers
        at = at.parent if at.propagate else None
    return found


def with_level(config: Optional[bytes], logger: Optional[Logger]) -> Optional[bytes]:
    """The configuration with the level `log` of a logger that wants more than warnings, unless it says that itself."""
    if logger is None or logger.getEffectiveLevel() > 20:
        return config
    document = json.loads(config) if config else {}
    if not isinstance(document, dict) or "log" in document:
        return config
    document["log"] = "debug" if logger.getEffectiveLevel() <= 10 else "info"
    return json.dumps(document).encode()
