"""JSON of the library and of providers, read by msgspec, and by Python's own json where that is too strict."""

from __future__ import annotations

import json
from typing import Any, Dict

import msgspec

_decode = msgspec.json.Decoder().decode
_lenient = json.JSONDecoder().decode


def parse(raw: bytes) -> Any:
    """A chunk may hold half of a surrogate pair, and a provider may write NaN."""
    try:
        return _decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _lenient(str(raw, "utf-8", "replace"))


def document(raw: bytes) -> Dict[str, Any]:
    found: Dict[str, Any] = parse(raw)
    return found
