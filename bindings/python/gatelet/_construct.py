"""What the constructors of both clients take beside a configuration, in the words of the OpenAI SDK."""

from __future__ import annotations

import json
import os
from typing import Any, Dict, Mapping, NamedTuple, Optional

from . import _request, _words
from ._given import NOT_GIVEN

CUSTOM = "custom"
"""The provider of a `base_url` that is nobody's in the catalog."""


class Sdk(NamedTuple):
    """The arguments that are the OpenAI SDK's."""

    api_key: Optional[str] = None
    base_url: Any = None
    timeout: Any = NOT_GIVEN
    max_retries: Optional[int] = None
    default_headers: Optional[Mapping[str, Any]] = None
    default_query: Optional[Mapping[str, Any]] = None
    organization: Optional[str] = None
    project: Optional[str] = None


class Made(NamedTuple):
    config: Optional[bytes]
    options: Dict[str, Any]
    """Of every call."""
    own: Mapping[str, Any]
    """What the arguments add to every configuration of the client."""


def made(config: _request.GivenConfig, overrides: Mapping[str, Any], sdk: Sdk) -> Made:
    """With a key or an address there is one provider, as in the OpenAI SDK: nobody else is asked, and the constructor is its
    operator, so that every header may be sent to it. Without both it is the configuration that says who is asked."""
    for name in _words.CLIENTS_FOREIGN & overrides.keys():
        raise TypeError(f"Client() got an unexpected keyword argument {name!r}: {_words.foreign(name)}")
    options = _request.call_options(
        {"timeout": sdk.timeout, "max_retries": sdk.max_retries}, {}
    )
    headers = _request.laid_over({}, "default_headers", sdk.default_headers or {})
    if sdk.organization:
        headers = _request.laid_over({"OpenAI-Organization": sdk.organization}, "default_headers", headers)
    if sdk.project:
        headers = _request.laid_over({"OpenAI-Project": sdk.project}, "default_headers", headers)
    query = _request.laid_over({}, "default_query", sdk.default_query or {})
    own: Dict[str, Any] = {}
    if sdk.api_key is not None or sdk.base_url is not None:
        provider, row = _row(sdk)
        options["provider"] = provider
        own = {"providers": {provider: row}, "default_provider": provider, "allow_headers": ["*"], "allow_query": ["*"]}
    elif headers or query:
        given = json.loads(config) if isinstance(config, str) else config or {}
        for member, names in (("allow_headers", headers), ("allow_query", query)):
            allowed = overrides.get(member, given.get(member)) or []
            own[member] = [*allowed, *(name for name in names if name not in allowed)]
        overrides = {name: value for name, value in overrides.items() if name not in own}
    if headers:
        options["headers"] = headers
    if query:
        options["query"] = query
    return Made(_request.config(config, _request.merge(own, overrides)), options, own)


def _row(sdk: Sdk) -> "tuple[str, Dict[str, Any]]":
    """The provider's id, and what its row says."""
    key = sdk.api_key
    if key is not None and not isinstance(key, str):
        raise TypeError(f"api_key is a text, but not {type(key).__name__}")
    if key == "":
        raise ValueError("api_key is empty")
    address = sdk.base_url if sdk.base_url is not None else os.environ.get("OPENAI_BASE_URL") or None
    if key is None:
        key = os.environ.get("OPENAI_API_KEY") or None
    if address is None:
        return "openai", {"api_key": key}
    address = str(address).rstrip("/")
    row: Dict[str, Any] = {"base_url": address, **({"api_key": key} if key else {"key": "optional"})}
    if address.startswith("https://api.openai.com"):
        return "openai", row
    return CUSTOM, row


def wanted(options: Mapping[str, Any], changes: Mapping[str, Any]) -> Dict[str, Any]:
    """The options of a client made by `with_options`."""
    for name in ("default_headers", "default_query"):
        _request.is_mapping(name, changes.get(name) or {})
    call = {"timeout": changes.get("timeout", NOT_GIVEN), "max_retries": changes.get("max_retries"), "tag": changes.get("tag"),
            "total_timeout": changes.get("total_timeout"), "extra_headers": changes.get("default_headers"),
            "extra_query": changes.get("default_query"), "gatelet": changes.get("gatelet")}  # fmt: skip
    return _request.call_options(call, options)
