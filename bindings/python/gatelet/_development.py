"""Whether the development provider answers everything."""

from __future__ import annotations

from ._client import Client
from ._errors import GateletError


def in_development(client: Client) -> bool:
    try:
        plan = client.chat.completions.create(messages=[{"role": "user", "content": ""}], gatelet={"dry_run": True}).plan
    except GateletError:
        return False
    return bool(plan) and "development mode" in str(plan[0].reason if plan else "")
