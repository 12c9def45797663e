"""The kinds of JSON documents that pages show, and what is wrong with one."""

from __future__ import annotations

import json
import sys
from typing import Any

from blocks import ROOT
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

_SCHEMAS = {name: json.loads((ROOT / f"docs/{name}.schema.json").read_text()) for name in ("provider", "config", "request", "call-options")}
_REGISTRY: Any = Registry().with_resources((one["$id"], Resource.from_contents(one)) for one in _SCHEMAS.values())
_KINDS = {"config": "config", "request": "request", "row": "provider", "options": "call-options"}


def problems(kind: str, document: Any) -> str:
    """Empty where the document is good."""
    if kind == "gateway":
        return _of_gateway(document)
    if kind not in _KINDS:
        return f"there is no schema for {kind!r}"
    validator = Draft202012Validator(_SCHEMAS[_KINDS[kind]], registry=_REGISTRY)
    found = "; ".join(f"{'.'.join(map(str, one.absolute_path))}: {one.message}" for one in validator.iter_errors(document))
    return found or (_refused(document) if kind == "config" else "")


def _refused(config: Any) -> str:
    """What the library itself says of a configuration, which knows more than its schema."""
    import gatelet

    try:
        gatelet.Client({"environment": False, **config, "log": "off"}).close()
    except gatelet.GateletError as error:
        return str(error)
    return ""


def _of_gateway(settings: Any) -> str:
    sys.path.insert(0, str(ROOT / "examples"))
    from gateway.settings import Key, Settings, SettingsError, library_config, made

    try:
        settings = made(Settings, settings, "")
        settings.keys = {name: made(Key, key, f"keys.{name}.") for name, key in settings.keys.items()}
    except SettingsError as error:
        return str(error)
    return problems("config", library_config(settings))
