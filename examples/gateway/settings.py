"""The settings of the gateway: one JSON file, in which `gatelet` is the library's own configuration."""

from __future__ import annotations

import ipaddress
import json
import os
import re
from dataclasses import dataclass, field, fields
from pathlib import Path
from decimal import Decimal, InvalidOperation
from typing import Any, Dict, List, Optional, Union


class SettingsError(Exception):
    """What is wrong with the file, in a sentence."""


@dataclass
class Key:
    """A key of the gateway's own. Its name is the tag that limits, statistics and records count by."""

    key: str
    """The secret, or `env:NAME`: the variable that holds it."""
    limits: Dict[str, Any] = field(default_factory=dict)
    """Rules as in `limits.tags` of Gatelet: requests_per_minute, tokens_per_day, usd_per_day, concurrency, ..."""
    max_cost: Optional[str] = None
    """USD that one request may cost."""


def within(default: float, least: float, most: float, zero: bool = False) -> Any:
    """A number and its range; `zero`: 0, too, which means never."""
    return field(default=default, metadata={"least": least, "most": most, "zero": zero})


@dataclass
class Settings:
    host: str = "127.0.0.1"
    port: int = within(8080, 0, 65535)
    workers: int = within(1, 1, 256)
    operator_key: Optional[str] = None
    """For the status page, /metrics and the chat box, and an API key without limits. `env:NAME` takes it from a variable."""
    keys: Dict[str, Key] = field(default_factory=dict)
    """None: whoever reaches the gateway may ask, which is allowed on a loopback address only."""
    cors: List[str] = field(default_factory=list)
    """Origins of web pages that may call: `https://app.example`, or `*`."""
    keep_alive: float = within(15, 0.1, 3600, zero=True)
    """Seconds of silence after which a stream gets a comment; 0: never."""
    drain: float = within(30, 0, 86400)
    """Seconds that requests have left when the gateway is told to end."""
    drain_delay: float = within(0, 0, 3600)
    """Seconds for which a gateway that was told to end still takes requests, while /readyz says 503."""
    max_body: int = within(32 << 20, 1, 1 << 30)
    models_for: float = within(60, 0, 86400)
    """Seconds for which a list of models is told again without a look at the library."""
    lists_at_start: bool = True
    """Whether model lists are fetched when the gateway starts: many prices come with them."""
    raw_paths: Dict[str, str] = field(default_factory=dict)
    """Other paths, and the provider that is asked: {"POST /v1/audio/speech": "openai"}. What comes and goes there is handed on as it is."""
    records: Optional[str] = None
    """The file of Gatelet's records, which the pages Activity and Logs read. None: a temporary one, which is gone at the end."""
    remote_logos: bool = False
    """Whether the status page shows providers' logos, from the hosts that have them; a letter else."""
    chart_js: str = "/usr/share/javascript/chart.js/chart.min.js"
    """Chart.js, as Debian's package libjs-chart.js has it. Without the file the page has tables only."""
    gatelet: Dict[str, Any] = field(default_factory=dict)
    """The configuration of the library."""

    @property
    def local(self) -> bool:
        return is_loopback(self.host)

    @property
    def shares_limits(self) -> bool:
        """Whether all workers, here and elsewhere, count in one Redis."""
        return bool(self.gatelet.get("redis_url") or self.gatelet.get("environment") is not False and os.environ.get("GATELET_REDIS_URL"))


def load(path: Union[str, Path]) -> Settings:
    """Reads the file, which a reload does anew."""
    try:
        told = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise SettingsError(f"{path}: {error}") from None
    settings: Settings = made(Settings, told, "")
    settings.operator_key = secret(settings.operator_key, "operator_key")
    settings.keys = {name: made(Key, key, f"keys.{name}.") for name, key in settings.keys.items()}
    owners = {settings.operator_key: "operator_key"} if settings.operator_key else {}
    for name, key in settings.keys.items():
        _check_key(name, key, owners)
    for origin in settings.cors:
        if not isinstance(origin, str) or not (origin == "*" or re.fullmatch(r"[a-z][a-z0-9+.-]*://[^/?#\s]+", origin)):
            raise SettingsError(f"cors: {json.dumps(origin)[:60]} is no origin, such as https://app.example, nor *")
    if not settings.local and not settings.keys and not settings.operator_key:
        raise SettingsError(f"host {settings.host} is no loopback address: `keys` or an `operator_key` are needed")
    return settings


def _check_key(name: str, key: Key, owners: Dict[str, str]) -> None:
    where = f"keys.{name}"
    if not 1 <= len(name.encode("utf-8", "surrogatepass")) <= 128 or not name.isprintable() or name.endswith("*") or name == "operator":
        raise SettingsError(f"keys.{name[:40]!a}: the name of a key has 1 to 128 bytes, prints, does not end in * and is not operator")
    key.key = secret(key.key, where + ".key") or ""
    if not key.key:
        raise SettingsError(f"{where}.key is empty")
    if key.key in owners:
        raise SettingsError(f"{where}.key is that of {owners[key.key]}")
    owners[key.key] = where
    if key.max_cost is not None and not _is_money(key.max_cost):
        raise SettingsError(f'{where}.max_cost must be USD as a text, such as "0.50", not {json.dumps(key.max_cost)[:60]}')


def _is_money(told: str) -> bool:
    try:
        return re.fullmatch(r"[\d.eE+-]+", told, re.ASCII) is not None and 0 <= Decimal(told) <= 1_000_000_000
    except InvalidOperation:
        return False


def made(kind: Any, told: Any, where: str) -> Any:
    if not isinstance(told, dict):
        raise SettingsError(f"{where.rstrip('.') or 'the settings'} must be an object")
    known = {one.name: one for one in fields(kind)}
    for name, value in told.items():
        if name not in known:
            raise SettingsError(f"unknown member {where}{name}; there are {', '.join(known)}")
        check(where + name, value, kind, name)
    try:
        return kind(**told)
    except TypeError as error:
        raise SettingsError(f"{where or 'the settings'}: {error}") from None


def check(where: str, value: Any, kind: Any, name: str) -> None:
    """Raises where it is none of what the member `name` of `kind` may be."""
    member = next(one for one in fields(kind) if one.name == name)
    if not fits(value, str(member.type)):
        raise SettingsError(f"{where} must be {member.type}, not {json.dumps(value)[:60]}")
    if "least" not in member.metadata or value == 0 and member.metadata["zero"]:
        return
    least, most = member.metadata["least"], member.metadata["most"]
    if not least <= value <= most:  # nor is NaN
        raise SettingsError(f"{where} must be {'0, or ' if member.metadata['zero'] else ''}{least} to {most}, not {json.dumps(value)[:60]}")


def fits(value: Any, kind: str) -> bool:
    if kind.startswith("Optional["):
        return value is None or fits(value, kind[9:-1])
    if kind == "bool" or isinstance(value, bool):
        return kind == "bool" and isinstance(value, bool)
    python = {"str": str, "int": int, "float": (int, float), "Dict": dict, "List": list}[kind.partition("[")[0]]
    return isinstance(value, python)


def secret(value: Optional[str], where: str) -> Optional[str]:
    if value is None or not value.startswith("env:"):
        return value
    found = os.environ.get(value[4:])
    if not found:
        raise SettingsError(f"{where}: the variable {value[4:]} is not set")
    return found


def is_loopback(host: str) -> bool:
    """An address or the name localhost; other names may mean anything."""
    name = host.strip("[]")
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name.lower() == "localhost"


def library_config(settings: Settings, records: Optional[str] = None) -> Dict[str, Any]:
    """What the library is given: its own configuration, with the limits of the keys as rules of their tags. Who is over a limit is told
    so at once, as clients of an API expect it, unless the configuration says how long requests wait."""
    config = dict(settings.gatelet)
    limits = config.get("limits", {})
    if isinstance(limits, dict):  # the library tells what is wrong else
        config["limits"] = limits = dict(limits)
        if "max_wait" not in limits:
            limits.setdefault("wait", False)
        rules = {name: key.limits for name, key in settings.keys.items() if key.limits}
        tags = limits.get("tags", {})
        if rules and isinstance(tags, dict):
            limits["tags"] = {**tags, **rules}
    if settings.records or records:
        config["records"] = settings.records or records
    return config


def in_our_words(settings: Settings, told: str) -> str:
    """What the library says of its configuration, with the members as the file of settings has them."""
    for name in settings.keys:
        told = told.replace(f"limits.tags.{name}.", f"keys.{name}.limits.")
    return told if told.startswith("keys.") else f"gatelet: {told}"
