"""Who asks: the gateway's own keys, and the operator's."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Any, Dict, Mapping, Optional
from urllib.parse import urlsplit

from .settings import Settings, is_loopback

COOKIE = "gateway_operator"


class Denied(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


@dataclass
class Caller:
    """Whose tag a request has, and what else its key says. These are arguments of a call, which no body can say."""

    name: str
    arguments: Dict[str, Any] = field(default_factory=dict)


class Access:
    def __init__(self, settings: Settings) -> None:
        self._callers = {_digest(key.key): _caller(name, key.max_cost) for name, key in settings.keys.items()}
        self._operator = settings.operator_key
        if self._operator:
            self._callers[_digest(self._operator)] = _caller("operator", None)
        self._open = settings.local and not settings.keys
        self._local = settings.local
        self._cors = settings.cors

    def caller(self, headers: Mapping[str, str]) -> Caller:
        """The one whose key is in `authorization` or `x-api-key`. Without any keys, everybody on this machine."""
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        given = bearer.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "")
        found = self._callers.get(_digest(given)) if given else None
        if found is not None:
            return found
        if self._open:
            self._check_page(headers)
            return _caller("local", None)
        raise Denied(401, "this key is not known here" if given else "a key is needed: `Authorization: Bearer KEY` or `x-api-key: KEY`")

    def operator(self, headers: Mapping[str, str], cookies: Mapping[str, str]) -> Caller:
        """Raises unless this is the operator: by the key, by the cookie of the page, or on a gateway that only this machine reaches."""
        if self._operator is None:
            if not self._local:
                raise Denied(403, "set `operator_key` to have this page here")
            self._check_page(headers)
            return _caller("operator", None)
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not self.is_key(bearer.strip()):
            if not self._is_operators(cookies):
                raise Denied(401, "the operator's key is needed")
            self._check_page(headers)
        return _caller("operator", None)

    def is_key(self, given: str) -> bool:
        return bool(self._operator) and hmac.compare_digest(_digest(given), _digest(self._operator or ""))

    def cookie(self) -> str:
        """What the browser keeps in the place of the key."""
        return hmac.new((self._operator or "").encode(), b"the status page", "sha256").hexdigest()

    def _is_operators(self, cookies: Mapping[str, str]) -> bool:
        given = cookies.get(COOKIE, "")
        return bool(self._operator) and hmac.compare_digest(given.encode(), self.cookie().encode())

    def _check_page(self, headers: Mapping[str, str]) -> None:
        """Without a key in the request it may come from any web page that a browser here shows: only our own page may do that, under
        our own name."""
        host = headers.get("host", "")
        name = urlsplit("//" + host).hostname or ""
        if self._operator is None and not is_loopback(name):
            raise Denied(403, f"{host!r} is no name of this machine: without keys the gateway serves nobody else")
        origin = headers.get("origin")
        if origin and urlsplit(origin).netloc != host and origin not in self._cors:
            raise Denied(403, f"the page {origin} may not ask here without a key")


def _caller(name: str, max_cost: Optional[str]) -> Caller:
    arguments: Dict[str, Any] = {"tag": name}
    if max_cost is not None:
        arguments["gatelet"] = {"max_cost": max_cost}
    return Caller(name, arguments)


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
