"""Model lists and prices: fetch_models_from_..., normalize_..._model, caches, get_model_pricing, calculate_cost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any, Callable, Dict, List, Optional

from .. import GateletError
from ..reports import ProviderState
from . import _errors, _gateway
from ._errors import logger

Entry = Dict[str, Any]
KINDS = ("prompt", "completion", "request", "image")

_caches: Dict[str, Dict[str, Any]] = {}
_cleared: set[str] = set()


def models_cache(row: ProviderState) -> Dict[str, Any]:
    """What get_cached_models and fetch_models_from_... have found last. Seconds; `timestamp` is when the library got the list."""
    return _caches.setdefault(row.id, {"data": None, "timestamp": None, "ttl": 3600, "stale_ttl": 7200})


def get_models_cache(gateway: str) -> Optional[Dict[str, Any]]:
    row = _gateway.provider(gateway)
    return models_cache(row) if row else None


def clear_models_cache(gateway: str) -> None:
    """The next get_cached_models of this provider fetches anew."""
    row = _gateway.provider(gateway)
    if row:
        models_cache(row).update(data=None, timestamp=None)
        _cleared.add(row.id)


def get_cached_models(gateway: str = "openrouter") -> List[Entry]:
    """The models of a provider, at most an hour old, or at most two while the library fetches anew; of "all": of every provider that
    can be asked."""
    if gateway == "all":
        usable = [row for row in _gateway.client().providers() if row.configured]
        return [entry for row in usable for entry in get_cached_models(row.id)]
    row = _gateway.provider(gateway)
    if row is None:
        logger.warning("no provider is called %s", gateway)
        return []
    cache = models_cache(row)
    if cache["data"] and cache["timestamp"]:
        age = (datetime.now(timezone.utc) - cache["timestamp"]).total_seconds()
        if age < cache["ttl"]:
            return list(cache["data"])
    return _fetch(row, fresh=row.id in _cleared)


def fetch_models(row: ProviderState) -> Callable[[], List[Entry]]:
    def fetch() -> List[Entry]:
        """The models of this provider, fetched now; an empty list after a failure, which the log tells."""
        return _fetch(row, fresh=True)

    return fetch


def _fetch(row: ProviderState, *, fresh: bool) -> List[Entry]:
    """In the catalog's schema; an empty list after a failure, which the log tells."""
    try:
        found = _gateway.client().models.list(provider=row.id, view="gatewayz", fresh=fresh)
    except GateletError as error:
        _errors.report(error, f"fetch of models from {row.name}")
        return []
    # The schema has no `object` and `owned_by`, which the SDK's models have.
    entries = [{name: value for name, value in model.to_dict().items() if name not in ("object", "owned_by")} for model in found.data]
    if not entries:
        logger.warning("No models returned from %s", row.name)
        return []
    read = [source.fetched_at for source in found.lists or () if source.fetched_at]
    cache = models_cache(row)
    cache["data"] = entries
    cache["timestamp"] = datetime.fromtimestamp(min(read), timezone.utc) if read else datetime.now(timezone.utc)
    _cleared.discard(row.id)
    logger.info("Fetched %d models from %s", len(entries), row.name)
    return list(entries)


def normalize_model(row: ProviderState) -> Callable[[Any], Optional[Entry]]:
    def normalize(model: Any) -> Optional[Entry]:
        """An entry of the provider's list, an object or a dict, in the catalog's schema; None without an id."""
        model_id = _member(model, "id")
        if not model_id:
            logger.warning("%s model missing 'id': %r", row.name, model)
            return None
        slug = f"{row.id}/{model_id}"
        architecture = _member(model, "architecture")
        return {
            "id": model_id,
            "slug": slug,
            "canonical_slug": slug,
            "hugging_face_id": None,
            "name": _member(model, "name", model_id),
            "created": _member(model, "created_at", _member(model, "created")),
            "description": _member(model, "description", f"Model from {row.name}"),
            "context_length": _member(model, "context_length", 4096),
            "architecture": dict(architecture) if isinstance(architecture, Mapping) else {
                "modality": "text->text",
                "input_modalities": ["text"],
                "output_modalities": ["text"],
                "instruct_type": "chat",
            },
            "pricing": model_pricing(row)(model_id),
            "top_provider": None,
            "per_request_limits": None,
            "supported_parameters": [],
            "default_parameters": {},
            "provider_slug": row.id,
            "provider_site_url": row.site_url,
            "model_logo_url": row.logo_url,
            "source_gateway": row.id,
        }  # fmt: skip

    return normalize


def _member(model: Any, name: str, otherwise: Any = None) -> Any:
    value = model.get(name) if isinstance(model, Mapping) else getattr(model, name, None)
    return otherwise if value is None else value


# Prices: USD for one token, request or image, as decimal text.


def model_pricing(row: ProviderState) -> Callable[[str], Dict[str, str]]:
    def get(model_id: str) -> Dict[str, str]:
        """USD for one token, request or image as text; "0" is also what is not known."""
        return _whole(_price(model_id, row))

    return get


def fetch_pricing(row: ProviderState) -> Callable[[str], Optional[Dict[str, str]]]:
    def fetch(model_id: str) -> Optional[Dict[str, str]]:
        """USD for one token, request or image as text; None: no price is known."""
        found = _price(model_id, row)
        return _whole(found) if found else None

    return fetch


def _whole(found: Optional[Mapping[str, Any]]) -> Dict[str, str]:
    return {kind: str((found or {}).get(kind) or "0") for kind in KINDS}


def _price(model_id: str, row: Optional[ProviderState]) -> Optional[Dict[str, Any]]:
    """What would bill, by the lists in memory and the library's table; then by the provider's list, fetched for it. None: unknown."""
    return _planned(model_id, row) or (_listed(model_id, row) if row else None)


def _planned(model_id: str, row: Optional[ProviderState]) -> Optional[Dict[str, Any]]:
    for entry in _gateway.plan(model_id, row.id if row else None):
        if entry.pricing_known and entry.pricing:
            return _plain(entry.pricing)
    return None


def _listed(model_id: str, row: ProviderState) -> Optional[Dict[str, Any]]:
    try:
        found = _gateway.client().models.list(provider=row.id, id=model_id, fields=["id", "pricing", "pricing_known"])
    except GateletError as error:
        logger.debug("no price of %s from %s: %s", model_id, row.id, error.kind)
        return None
    for model in found.data:
        if model.id == model_id and model.pricing_known and model.pricing:
            return _plain(model.pricing)
    return None


def _plain(pricing: Any) -> Dict[str, Any]:
    return dict(pricing) if isinstance(pricing, Mapping) else dict(pricing.to_dict())


def get_model_pricing(*names: str) -> Any:
    """get_model_pricing(model_id) as `pricing` has it, or get_model_pricing(provider, model_id) as `pricing_lookup` has it."""
    if len(names) not in (1, 2):
        raise TypeError("get_model_pricing takes a model id, or a provider and a model id")
    return pricing_of_model(*names) if len(names) == 1 else pricing_of_provider(*names)


def pricing_of_model(model_id: str) -> Dict[str, Any]:
    """At the provider that would be asked for it, else at the maker; `found` tells whether it is known."""
    found = _price(model_id, None)
    return {**_whole(found), "found": found is not None}


def pricing_of_provider(gateway: str, model_id: str) -> Optional[Dict[str, str]]:
    row = _gateway.provider(gateway)
    return fetch_pricing(row)(model_id) if row else None


def calculate_cost(model_id: str, prompt_tokens: int, completion_tokens: int) -> float:
    """USD; 0.0 where no price is known. Answers tell what they really cost, caches and tiers included: answer.gatelet.cost."""
    price = pricing_of_model(model_id)
    total = Decimal(price["prompt"]) * prompt_tokens + Decimal(price["completion"]) * completion_tokens + Decimal(price["request"])
    return float(total) if price["found"] else 0.0


def detect_provider(model_id: str, preferred_provider: Optional[str] = None) -> Optional[str]:
    """The provider that the library would ask for this id; None where the id tells none."""
    if preferred_provider:
        row = _gateway.provider(preferred_provider)
        return row.id if row else None
    found = _gateway.plan(model_id)
    # Whoever gets all that nobody else claims is not told by the id.
    return str(found[0].provider) if found and "default provider" not in found[0].reason else None


def vercel_cross_reference(model_id: str) -> Optional[Dict[str, str]]:
    """What the maker of a model asks: the part before the slash is the provider."""
    maker, _, rest = model_id.partition("/")
    row = _gateway.provider(maker) if rest else None
    found = _planned(rest, row) if row else None
    return _whole(found) if found else None
