"""Names of gatelet.compat: those of each provider are made when they are first asked for, from the library's own list of providers."""

from __future__ import annotations

import difflib
import re
from typing import Any, Callable, Dict, List, Mapping

from ..reports import ProviderState
from . import _catalog, _gateway, _requests

Maker = Callable[[ProviderState], Any]

# By provider; the first that fits counts.
_PATTERNS: Dict[str, Maker] = {
    "make_{}_request_openai_stream": _requests.make_stream,
    "make_{}_request_openai": _requests.make_request,
    "process_{}_response": _requests.process_response,
    "get_{}_pooled_client": _requests.get_pooled_client,
    "get_{}_client": _requests.get_client,
    "fetch_models_from_{}": _catalog.fetch_models,
    "normalize_{}_model": _catalog.normalize_model,
    "get_{}_model_pricing": _catalog.model_pricing,
    "fetch_model_pricing_{}": _catalog.fetch_pricing,
    "_{}_models_cache": _catalog.models_cache,
}
_EXPRESSIONS = [(re.compile(pattern.format(r"(\w+?)")), pattern, maker) for pattern, maker in _PATTERNS.items()]


def _vercel() -> ProviderState:
    row = _gateway.provider("vercel")
    if row is None:
        raise AttributeError("the library knows no provider that is called vercel")
    return row


def fetch_model_pricing_from_vercel(model_id: str) -> Any:
    """By the gateway's own list, else what the maker of the model asks."""
    return _catalog.fetch_pricing(_vercel())(model_id)


def get_provider_pricing_for_vercel_model(model_id: str) -> Any:
    """What the maker of the model asks: of "openai/gpt-4o" OpenAI."""
    return _catalog.vercel_cross_reference(model_id)


# Names that no provider stands in.
PLAIN: Mapping[str, Any] = {
    "get_cached_models": _catalog.get_cached_models,
    "get_models_cache": _catalog.get_models_cache,
    "clear_models_cache": _catalog.clear_models_cache,
    "detect_provider_from_model_id": _catalog.detect_provider,
    "get_model_pricing": _catalog.get_model_pricing,
    "calculate_cost": _catalog.calculate_cost,
    "fetch_model_pricing_from_vercel": fetch_model_pricing_from_vercel,
    "get_provider_pricing_for_vercel_model": get_provider_pricing_for_vercel_model,
}


def _priority() -> "tuple[str, ...]":
    ranked = [row for row in _gateway.providers() if row.priority is not None]
    return tuple(row.id for row in sorted(ranked, key=lambda row: row.priority or 0))


def _logos() -> Dict[str, str]:
    rows = ((name, row) for row in _gateway.providers() for name in (row.id, *(row.aliases or ())))
    return {name: row.logo_url for name, row in rows if row.logo_url}


_TABLES: Mapping[str, Callable[[], Any]] = {"FALLBACK_PROVIDER_PRIORITY": _priority, "MANUAL_LOGO_DB": _logos}

_made: Dict[str, Any] = {}


def find(name: str) -> Any:
    """The `__getattr__` of gatelet.compat and its modules."""
    if name.startswith("__"):
        raise AttributeError(name)
    if name in PLAIN:
        return PLAIN[name]
    if name not in _made:
        _made[name] = _make(name)
    return _made[name]


def _make(name: str) -> Any:
    if name in _TABLES:
        return _TABLES[name]()
    fits = [(found[1], pattern, maker) for expression, pattern, maker in _EXPRESSIONS if (found := expression.fullmatch(name))]
    for asked, _, maker in fits:
        row = _gateway.provider(asked)
        if row is not None:
            made = maker(row)
            if callable(made):
                made.__name__ = made.__qualname__ = name
                made.__module__ = "gatelet.compat"
                made.__doc__ = made.__doc__ or f"{row.name}: see docs/compat.md."
            return made
    if fits:
        near = difflib.get_close_matches(fits[0][0], _gateway.names(), 3)
        hint = f"; near are {', '.join(near)}" if near else ""
        raise AttributeError(f"gatelet.compat has no {name!r}: the library knows no provider {fits[0][0]!r}{hint}")
    raise AttributeError(f"gatelet.compat has no {name!r}")


def listed() -> List[str]:
    """What `dir` shows."""
    of_providers = [pattern.format(name) for pattern in _PATTERNS for name in _gateway.names()]
    return sorted([*PLAIN, *_TABLES, *of_providers])
