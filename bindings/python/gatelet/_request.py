"""Turns the arguments of a call into the JSON documents of the library."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Dict, FrozenSet, List, Mapping, NamedTuple, Optional, Union

from ._given import left_out
from ._words import CALL, SECRETS, unexpected

if TYPE_CHECKING:
    from .options import Config

    GivenConfig = Union[Config, str, None]


_written: Any = None


def to_json(value: Any) -> bytes:
    """What writes JSON is imported with the first client."""
    global _written
    if _written is None:
        from ._encode import to_json as written

        _written = written
    document: bytes = _written(value)
    return document


class Document(NamedTuple):
    """A request, and what its caller wants of it (docs/requests.md, "Options of a call"), as JSON."""

    body: Optional[bytes]
    options: Optional[bytes] = None


class Defaults:
    """The options that every call of a client has, unless it says otherwise."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.options = dict(options)
        self.json = to_json(self.options) if options else None

    def of_answers(self) -> Defaults:
        """Where nobody sees status and headers but in exceptions, which saves the library the time to write them."""
        return Defaults({**self.options, "response": "errors"}) if self.options.get("response") is True else self


def is_mapping(name: str, value: Any) -> Any:
    """Raises where an argument is something else."""
    if not isinstance(value, Mapping):
        raise TypeError(f"{name} is a dict, but not {type(value).__name__}")
    return value


def listed(messages: Any) -> List[Any]:
    """What is iterated over. A text, which would be so many messages of a letter each, is no list of them."""
    if isinstance(messages, (str, bytes, Mapping)) or not hasattr(messages, "__iter__"):
        raise TypeError(f"messages is a list of messages, but not {type(messages).__name__}")
    return list(messages)


def document(
    function: str, known: FrozenSet[str], body: Dict[str, Any], given: Dict[str, Any], defaults: Defaults, **own: Any
) -> Document:
    """The request: `body` and the parameters, then `extra_body` over them, as in the OpenAI SDK. What the arguments say to Gatelet
    is said beside it; a `gatelet` in `extra_body` stays there, and can only make things stricter."""
    options = defaults.json
    if not given.keys() <= known or own:
        call = {name: given.pop(name) for name in CALL & given.keys()}
        for name in given:
            if name not in known:
                raise unexpected(function, name, known)
        extra_body = call.pop("extra_body", None)
        if call or own:
            options = to_json(call_options(call, defaults.options, **own))
    else:
        extra_body = None
    for name, value in given.items():
        if not left_out(value):
            body[name] = value
    if extra_body:
        for name in SECRETS & is_mapping("extra_body", extra_body).keys():
            raise unexpected(f"extra_body of {function}", name, known)
        body.update(extra_body)
    return Document(to_json(body), options)


def call_options(call: Mapping[str, Any], base: Mapping[str, Any], **own: Any) -> Dict[str, Any]:
    """What the arguments beside the document say: one by one over `base`, and `gatelet` over all of them."""
    said: Dict[str, Any] = {}
    if "timeout" in call and not left_out(call["timeout"]):
        said["timeouts"] = timeouts(call["timeout"])
    if call.get("total_timeout") is not None:
        total = call["total_timeout"]
        said.setdefault("timeouts", {})["total"] = total and _seconds("total_timeout", total)
    if call.get("max_retries") is not None and not left_out(call["max_retries"]):
        said["retry"] = {"attempts": call["max_retries"]}
    if call.get("tag") is not None:
        said["tag"] = call["tag"]
    options = merge(merge(base, said), own)
    for name, member in (("extra_headers", "headers"), ("extra_query", "query")):
        more = call.get(name)
        if more and not left_out(more):
            options[member] = laid_over(options.get(member) or {}, name, more)
    gatelet = call.get("gatelet")
    return merge(options, is_mapping("gatelet", gatelet)) if gatelet else options


def laid_over(base: Mapping[str, Any], argument: str, more: Mapping[str, Any]) -> Dict[str, Any]:
    """Names of headers differ in more than case; one that is to be omitted takes away the default of that name."""
    small = {_name(argument, name).lower() for name in is_mapping(argument, more)}
    kept = {name: value for name, value in base.items() if name.lower() not in small}
    return {**kept, **{name: _text(f"{argument}[{name!r}]", value) for name, value in more.items() if not left_out(value)}}


def _name(argument: str, name: Any) -> str:
    if not isinstance(name, str):
        raise TypeError(f"names in {argument} are texts, but not {type(name).__name__}")
    return name


def _text(place: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, (bool, int, float)):
        return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
    raise TypeError(f"{place} is a text, but not {type(value).__name__}")


# Where the clock of content stands by itself. A longer wait between bytes is not to be cut off by it.
_CONTENT = 300.0


def timeouts(value: Any) -> Dict[str, float]:
    """What `timeout` of the OpenAI SDK means: how long a connection, and then any one read, may take. 0 is no limit."""
    if value is None:
        return {"connect": 0, "first_byte": 0, "idle": 0, "content": 0}
    if hasattr(value, "read") and hasattr(value, "connect"):
        connect, read = _seconds("timeout.connect", value.connect), _seconds("timeout.read", value.read)
    elif _is_number(value):
        connect = read = _seconds("timeout", value)
    else:
        raise TypeError(f"timeout is a number of seconds, None or a httpx.Timeout, but not {type(value).__name__}")
    limits = {"connect": connect, "first_byte": read, "idle": read}
    if not read or read > _CONTENT:
        limits["content"] = read
    return limits


def _seconds(name: str, limit: Optional[float]) -> float:
    """Nobody who writes 0 wants to wait for ever; who writes infinity does."""
    if limit is None:
        return 0
    if not _is_number(limit):
        raise TypeError(f"{name} is a number of seconds, but not {type(limit).__name__}")
    if not limit >= 0:
        raise ValueError(f"{name} is a number of seconds, but not {limit}")
    return 0.001 if limit == 0 else 0 if limit == math.inf else limit


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


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
        if given is not None and not isinstance(given, Mapping):
            raise TypeError(f"a configuration is a dict or a JSON text, but not {type(given).__name__}")
        return to_json(merge(given or {}, overrides))
    if overrides:
        return to_json(merge(json.loads(given), overrides))
    if "\0" in given:
        raise ValueError("the configuration holds a NUL character")
    return given.encode()


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> Dict[str, Any]:
    """Objects merge, everything else replaces."""
    merged = dict(base)
    for name, value in over.items():
        old = merged.get(name)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        merged[name] = merge(old, value) if both else value  # type: ignore[arg-type]
    return merged
