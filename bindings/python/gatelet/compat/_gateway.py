"""The client that all functions of gatelet.compat share, and what it says of its providers."""

from __future__ import annotations

import os
import re
import threading
from typing import TYPE_CHECKING, Any, Dict, Iterable, List, Optional

from .. import Client, GateletError
from .._development import in_development
from ..reports import ProviderState

if TYPE_CHECKING:
    from .._request import GivenConfig
    from ..options import CallOptions, ProviderConfig

PLACEHOLDER = "placeholder-key"

_lock = threading.RLock()
_given: "tuple[GivenConfig, Dict[str, Any]]" = (None, {})
_client: Optional[Client] = None
_prices: Optional[Client] = None
_environment: Dict[str, str] = {}
_catalog: Dict[str, ProviderState] = {}


def configure(config: GivenConfig = None, **overrides: Any) -> None:
    """Another configuration for the functions of gatelet.compat, as gatelet.Client takes it; without arguments the environment,
    read anew. Requests under way end as they began."""
    global _given, _client
    with _lock:
        _given, _client = (config, overrides), None


def client() -> Client:
    """Made when it is first needed."""
    global _client, _environment
    with _lock:
        if _client is None:
            _environment = dict(os.environ)
            _client = Client(_given[0], **_given[1])
        return _client


def refresh() -> bool:
    """Reads the environment anew if it is not what it was: a key may have been set after the first call."""
    global _client
    with _lock:
        if _client is None or dict(os.environ) == _environment:
            return False
        _client = None
        return True


def identifier(name: str) -> str:
    """As a provider's name stands in the name of a function."""
    return re.sub(r"\W", "_", name)


def providers() -> List[ProviderState]:
    """Those of the library's catalog, each once."""
    return list({id(row): row for row in _known().values()}.values())


def provider(name: str) -> Optional[ProviderState]:
    """By id, alias, or either of them with `_`; None if neither the library nor the configuration has one of that name. What depends
    on the configuration is told by `state`: names are looked up by imports, before a program has set its environment up."""
    name = identifier(name.lower())
    return _known().get(name) or _by_name(client().providers()).get(name)


def state(row: ProviderState) -> ProviderState:
    """As it is configured now."""
    return client().providers(row.id).data[0]


def names() -> List[str]:
    """Ids and aliases, as they stand in names of functions."""
    return list(_known())


def _known() -> Dict[str, ProviderState]:
    global _catalog
    with _lock:
        if not _catalog:
            with Client({"environment": False}) as catalog:
                _catalog = _by_name(catalog.providers())
        return _catalog


def _by_name(rows: Iterable[ProviderState]) -> Dict[str, ProviderState]:
    found = {identifier(row.id): row for row in rows}
    for row in list(found.values()):
        for alias in row.aliases or ():
            found.setdefault(identifier(alias), row)
    return found


def is_usable(row: ProviderState) -> bool:
    """It has its key, or needs none; the development mode needs none at all."""
    return _is_usable(row) or (refresh() and _is_usable(row))


def _is_usable(row: ProviderState) -> bool:
    now = state(row)
    return bool(now.key_present or now.key_need != "required" or in_development(client()))


def key(row: ProviderState) -> Optional[str]:
    """What the variables say; None where the key is from elsewhere."""
    return next((os.environ[name] for name in row.key_variables or () if os.environ.get(name)), None)


def missing_key(row: ProviderState) -> str:
    return f"{row.name} API key not configured"


def plan(model: str, provider_id: Optional[str] = None) -> List[Any]:
    """Who would be asked for a model, and at what price; nobody is. By what this process is configured for, else by what the
    catalog knows without any key."""
    asked: CallOptions = {"dry_run": True}
    if provider_id:
        asked["provider"] = provider_id
    for ask in (client, _without_keys):
        try:
            found = ask().chat.completions.create(
                model=model, messages=[{"role": "user", "content": ""}],
                gatelet=asked,
            ).plan  # fmt: skip
        except GateletError:
            continue
        # The development mode says nothing of who would be asked otherwise.
        if found and (found[0].provider != "dev" or provider_id == "dev"):
            return list(found)
    return []


def _without_keys() -> Client:
    """Only plans: the placeholder in it is never sent."""
    global _prices
    with _lock:
        if _prices is None:
            keyed: Dict[str, ProviderConfig] = {row.id: {"api_key": PLACEHOLDER} for row in providers() if row.key_need == "required"}
            _prices = Client({"environment": False, "providers": keyed})
        return _prices
