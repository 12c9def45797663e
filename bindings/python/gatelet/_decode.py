"""JSON of the library and of providers, read by msgspec, and by Python's own json where that is too strict or not there."""

from __future__ import annotations

import json
from typing import Any, Dict

_lenient = json.JSONDecoder().decode
_decode: Any
_refusals: Any

try:
    import msgspec

    _decode = msgspec.json.Decoder().decode
    _refusals = (msgspec.DecodeError, UnicodeDecodeError)
except ImportError:  # where there is no wheel of it
    _decode = json.loads
    _refusals = UnicodeDecodeError


def document(raw: bytes) -> Dict[str, Any]:
    """A chunk may hold half of a surrogate pair, and a provider may write NaN."""
    try:
        found: Dict[str, Any] = _decode(raw)
    except _refusals:
        found = _lenient(str(raw, "utf-8", "replace"))
    return found
