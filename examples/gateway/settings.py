"""The settings of the gateway: one JSON file, in which `gatelet` is the library's own configuration."""

from __future__ import annotations

import ipaddress
import json
import os
from dataclasses import dataclass, field, fields
from pathlib import Path
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


@dataclass
class Settings:
    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = 1
    operator_key: Optional[str] = None
    """For the status page, /metrics and the chat box, and an API key without limits. `env:NAME` takes it from a variable."""
    keys: Dict[str, Key] = field(default_factory=dict)
    """None: whoever reaches the gateway may ask, which is allowed on a loopback address only."""
    cors: List[str] = field(default_factory=list)
    """Origins of web pages that may call: `https://app.example`, or `*`."""
    keep_alive: float = 15
    """Seconds of silence after which a stream gets a comment."""
    drain: float = 30
    """Seconds that requests have left when the gateway is told to end."""
    drain_delay: float = 0
    """Seconds for which a gateway that was told to end still takes requests, while /readyz says 503."""
    max_body: int = 32 << 20
    models_for: float = 60
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


def load(path: Union[str, Path]) -> Settings:
    """Reads the file, which a reload does anew."""
    try:
        told = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path}: {error}") from None
    settings = made(Settings, told, "")
    settings.keys = {name: made(Key, key, f"keys.{name}.") for name, key in settings.keys.items()}
    for name, key in settings.keys.items():
        key.key = secret(key.key, f"keys.{name}.key") or ""
        if not key.key:
            raise SettingsError(f"keys.{name}.key is empty")
    settings.operator_key = secret(settings.operator_key, "operator_key")
    if not settings.local and not settings.keys and not settings.operator_key:
        raise SettingsError(f"host {settings.host} is no loopback address: `keys` or an `operator_key` are needed")
    return settings


def made(kind: Any, told: Any, where: str) -> Any:
    if not isinstance(told, dict):
        raise SettingsError(f"{where.rstrip('.') or 'the settings'} must be an object")
    known = {one.name: one for one in fields(kind)}
    for name, value in told.items():
        if name not in known:
            raise SettingsError(f"unknown member {where}{name}; there are {', '.join(known)}")
        if not fits(value, str(known[name].type)):
            raise SettingsError(f"{where}{name} must be {known[name].type}, not {json.dumps(value)[:60]}")
    try:
        return kind(**told)
    except TypeError as error:
        raise SettingsError(f"{where or 'the settings'}: {error}") from None


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
    """What the library is given: its own configuration, with the limits of the keys as rules of their tags."""
    config = dict(settings.gatelet)
    rules = {name: key.limits for name, key in settings.keys.items() if key.limits}
    if rules:
        limits = dict(config.get("limits") or {})
        limits["tags"] = {**(limits.get("tags") or {}), **rules}
        config["limits"] = limits
    if settings.records or records:
        config["records"] = settings.records or records
    return config
