"""Turns the arguments of a call into the JSON documents of the library."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, NamedTuple, Optional, Union

from ._object import Object

if TYPE_CHECKING:
    from .options import CallOptions, Config, RequestOptions

    GivenOptions = Union[CallOptions, RequestOptions, None]
    GivenConfig = Union[Config, str, None]


def _plain(value: Any) -> Any:
    if isinstance(value, Object):
        return value.to_dict()
    raise TypeError(f"{type(value).__name__} cannot be sent as JSON")


_STYLE: Dict[str, Any] = {"separators": (",", ":"), "allow_nan": False, "default": _plain}
_encode = json.JSONEncoder(ensure_ascii=False, **_STYLE).encode
_encode_escaped = json.JSONEncoder(ensure_ascii=True, **_STYLE).encode


def to_json(value: Any) -> bytes:
    try:
        return _encode(value).encode()
    except UnicodeEncodeError:
        # A lone surrogate has no UTF-8. As an escape it reaches the library, which puts U+FFFD in its place.
        return _encode_escaped(value).encode()


class Document(NamedTuple):
    """A request, and what its caller wants of it (docs/requests.md, "Options of a call"), as JSON."""

    body: Optional[bytes]
    options: Optional[bytes] = None


def document(
    params: Dict[str, Any],
    named: Dict[str, Any],
    timeout: Optional[float],
    gatelet: GivenOptions,
    extra_body: Optional[Mapping[str, Any]],
) -> Document:
    """The request: the parameters, then `extra_body` over them, as in the OpenAI SDK. None leaves out what is `named`. What the
    arguments say to Gatelet is said beside it; a `gatelet` in `extra_body` stays there, and can only make things stricter."""
    options: Dict[str, Any] = {}
    for name, member in (("extra_headers", "headers"), ("extra_query", "query")):
        if params.get(name):
            options[member] = dict(params[name])
        params.pop(name, None)
    if timeout is not None:
        options["timeouts"] = {"total": timeout}
    if gatelet is not None:
        options = _merge(options, gatelet)
    for name, value in named.items():
        if value is not None:
            params[name] = value
    if extra_body:
        params.update(extra_body)
    return Document(to_json(params), to_json(options) if options else None)


def query(
    provider: Union[str, List[str], None], members: Optional[Dict[str, Any]] = None, **switches: bool
) -> Optional[bytes]:
    """What gatelet_list_models and gatelet_providers take; None asks for what they give by themselves."""
    asked: Dict[str, Any] = {name: True for name, on in switches.items() if on}
    asked.update((name, value) for name, value in (members or {}).items() if value is not None)
    if provider is not None:
        asked["provider"] = provider
    return to_json(asked) if asked else None


def config(given: GivenConfig, overrides: Mapping[str, Any]) -> Optional[bytes]:
    """The configuration with the overrides merged into it; None means the library's defaults."""
    if given is None and not overrides:
        return None
    if not isinstance(given, str):
        return to_json(_merge(given or {}, overrides))
    if overrides:
        return to_json(_merge(json.loads(given), overrides))
    if "\0" in given:
        raise ValueError("the configuration holds a NUL character")
    return given.encode()


def _merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> Dict[str, Any]:
    """Objects merge, everything else replaces."""
    merged = dict(base)
    for name, value in over.items():
        old = merged.get(name)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        merged[name] = _merge(old, value) if both else value  # type: ignore[arg-type]
    return merged
