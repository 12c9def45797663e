"""Model lists in the shapes that clients ask for. A model's id here is `provider/model`, which is what a request may say."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timezone
from decimal import Decimal, InvalidOperation
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

from gatelet import AsyncClient

from .failures import Failure, to_json

Entry = Dict[str, Any]


class Lists:
    """Each shape is written once in a while, in a thread: some lists have thousands of models."""

    def __init__(self, client: AsyncClient, seconds: float) -> None:
        self._client, self._seconds = client, seconds
        self._entries: List[Entry] = []
        self.missing: List[str] = []
        """Whose list could not be had, and why."""
        self._read_at: Optional[float] = None
        self._reading: "Optional[asyncio.Task[None]]" = None
        self._written: Dict[str, Tuple[float, bytes]] = {}

    async def entries(self) -> List[Entry]:
        kept = min(self._seconds, 5) if self.missing or not self._entries else self._seconds
        if self._read_at is None or time.monotonic() - self._read_at > kept:
            if self._reading is None or self._reading.done():
                self._reading = asyncio.ensure_future(self._read())
            await asyncio.shield(self._reading)
        return self._entries

    async def _read(self) -> None:
        found = await self._client.models.list()
        loop = asyncio.get_running_loop()
        told = await loop.run_in_executor(None, found.to_dict)
        self._entries = told["data"]
        self.missing = [f"{one['provider']}: {one['error']['message']}" for one in told.get("errors") or []]
        self._read_at = time.monotonic()

    def forget(self) -> None:
        self._read_at = None

    async def write(self, name: str, shape: Callable[[List[Entry]], Any]) -> bytes:
        entries = await self.entries()
        at, written = self._written.get(name, (None, b""))
        if at != self._read_at or at is None:
            at = self._read_at or 0.0
            written = await asyncio.get_running_loop().run_in_executor(None, lambda: to_json(shape(entries)))
            self._written[name] = at, written
        return written

    async def one(self, wanted: str) -> Entry:
        """By `provider/model`, else the first one that a provider calls so."""
        entries = await self.entries()
        for member in ("slug", "id"):
            for entry in entries:
                if entry[member] == wanted:
                    return entry
        raise Failure("model_unresolved", f"no provider here lists the model {wanted!r}")


def openai_list(entries: List[Entry]) -> Any:
    return {"object": "list", "data": [openai(entry) for entry in entries]}


def openai(entry: Entry) -> Entry:
    return {
        "id": entry["slug"], "object": "model", "created": entry.get("created") or 0, "owned_by": entry["provider"],
        "name": entry.get("name"), "context_length": entry.get("context_length"), "pricing": entry.get("pricing"),
    }  # fmt: skip


def anthropic_page(entries: List[Entry], query: Mapping[str, str]) -> Any:
    """Pages, as Anthropic's SDK asks for them."""
    ids = [entry["slug"] for entry in entries]
    after, before, limit = query.get("after_id"), query.get("before_id"), query.get("limit", "20")
    most = max(1, min(int(limit), 1000)) if limit.isascii() and limit.isdigit() else 20
    if after in ids:
        entries = entries[ids.index(after) + 1 :]
    elif before in ids:
        entries = entries[: ids.index(before)][-most:]
    page = [anthropic(entry) for entry in entries[:most]]
    first, last = (page[0]["id"], page[-1]["id"]) if page else (None, None)
    return {"data": page, "has_more": len(page) < len(entries), "first_id": first, "last_id": last}


def anthropic(entry: Entry) -> Entry:
    made = datetime.fromtimestamp(entry.get("created") or 0, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"id": entry["slug"], "type": "model", "display_name": entry.get("name") or entry["slug"], "created_at": made}


_OPENROUTER = (
    "canonical_slug", "hugging_face_id", "name", "created", "description", "context_length", "architecture", "top_provider", "pricing",
    "per_request_limits", "supported_parameters", "default_parameters",
)  # fmt: skip


def openrouter_list(entries: List[Entry]) -> Any:
    return {"data": [{"id": entry["slug"], **{name: entry.get(name) for name in _OPENROUTER}} for entry in entries]}


def display_list(entries: List[Entry]) -> Any:
    """As Infron's public list: prices in USD for a million tokens."""
    return {"object": "list", "data": [display(entry) for entry in entries]}


def display(entry: Entry) -> Entry:
    pricing, kinds = entry.get("pricing") or {}, entry.get("architecture") or {}
    return {
        "id": entry["slug"], "display_name": entry.get("name") or entry["slug"], "category_type": entry.get("type") or "chat",
        "description": entry.get("description"), "context_length": entry.get("context_length"), "max_output_tokens": entry.get("max_output_tokens"),
        "min_prompt_price": per_million(pricing.get("prompt")), "min_completion_price": per_million(pricing.get("completion")),
        "input_modalities": kinds.get("input_modalities"), "output_modalities": kinds.get("output_modalities"),
        "provider": entry["provider"], "logo_url": entry.get("model_logo_url"),
    }  # fmt: skip


def per_million(price: Optional[str]) -> Optional[float]:
    try:
        return float(Decimal(price or "") * 1_000_000)
    except InvalidOperation:
        return None
