"""What a JSON Schema and a TypedDict allow, in one form, so that the two can be compared.

A shape is a dictionary: the path of each value ("providers.*.keys[].value", with "!" where it is required) to the kinds
of values that may stand there.
"""

from __future__ import annotations

import json
import typing
from collections import defaultdict
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[2] / "docs"
SCHEMAS = {f"urn:gatelet:{name}": json.loads((DOCS / f"{name}.schema.json").read_text()) for name in ("config", "provider", "request", "call-options")}
KINDS = {"boolean": "bool", "integer": "int", "number": "float", "string": "str", "array": "list", "object": "object"}
PLAIN = {bool: "bool", int: "int", float: "float", str: "str", Any: "any"}

Shape = typing.Dict[str, typing.Set[str]]


def of_schema(name: str, *members: str) -> Shape:
    """Of the schema's root, or of a member of it."""
    document = SCHEMAS[f"urn:gatelet:{name}"]
    node = document
    for member in members:
        node = node["properties"][member]
    shape: Shape = defaultdict(set)
    _schema(node, document, "", shape)
    return dict(shape)


def _schema(node: Any, document: Any, path: str, shape: Shape) -> None:
    if "$ref" in node:
        urn, _, pointer = node["$ref"].partition("#")
        document_of_it = SCHEMAS[urn] if urn else document
        target = document_of_it
        for step in pointer.strip("/").split("/"):
            target = target[step]
        _schema(target, document_of_it, path, shape)
    for branch in [*node.get("oneOf", ()), *node.get("anyOf", ()), *node.get("allOf", ())]:
        _schema(branch, document, path, shape)
    for word in node.get("enum", [node["const"]] if "const" in node else ()):
        if word is not None:
            shape[path].add(repr(word))
    if "enum" in node or "const" in node:
        return
    kinds = node.get("type", [])
    for kind in [kinds] if isinstance(kinds, str) else kinds:
        if kind != "null":  # counts as absent
            shape[path].add(KINDS[kind])
    if not {"$ref", "oneOf", "anyOf", "allOf", "type", "properties"} & set(node):
        shape[path].add("any")
    _contents(node, document, path, shape)


def _contents(node: Any, document: Any, path: str, shape: Shape) -> None:
    needed = node.get("required", ())
    for name, member in node.get("properties", {}).items():
        _schema(member, document, f"{path}.{name}{'!' if name in needed else ''}", shape)
    more = node.get("additionalProperties", node.get("unevaluatedProperties"))
    for name in _names(node.get("propertyNames", {}), document):
        if isinstance(more, dict):
            _schema(more, document, f"{path}.{name}", shape)
        elif more is None and "properties" not in node and node.get("type") == "object":
            shape[f"{path}.{name}"].add("any")
    if "items" in node:
        _schema(node["items"], document, f"{path}[]", shape)


def _names(node: Any, document: Any) -> typing.List[str]:
    """The names that an object may have: some, or any."""
    while "$ref" in node:
        node = document["$defs"][node["$ref"].rsplit("/", 1)[1]]
    return typing.cast("typing.List[str]", node.get("enum", ["*"]))


def of_type(annotation: Any) -> Shape:
    shape: Shape = defaultdict(set)
    _type(annotation, "", shape)
    return dict(shape)


def _type(annotation: Any, path: str, shape: Shape) -> None:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Union:
        for one in arguments:
            _type(one, path, shape)
    elif origin is typing.Literal:
        shape[path].update(map(repr, arguments))
    elif origin is list:
        shape[path].add("list")
        _type(arguments[0], f"{path}[]", shape)
    elif origin is dict:
        shape[path].add("object")
        for name in typing.get_args(arguments[0]) or ["*"]:
            _type(arguments[1], f"{path}.{name}", shape)
    elif annotation in PLAIN:
        shape[path].add(PLAIN[annotation])
    else:
        shape[path].add("object")
        for name, member in typing.get_type_hints(annotation).items():
            _type(member, f"{path}.{name}{'!' if name in annotation.__required_keys__ else ''}", shape)


def differences(documented: Shape, typed: Shape) -> typing.List[str]:
    """Sentences; none when both allow the same. Where the schema allows anything, the types may say more."""
    said, free = [], [path for path, kinds in documented.items() if kinds == {"any"}]
    for path in sorted({*documented, *typed}):
        if path in typed and any(path == one or path.startswith((one + ".", one + "[")) for one in free):
            continue
        if path not in typed:
            said.append(f"{path}: in the schema only")
        elif path not in documented:
            said.append(f"{path}: in the types only")
        elif documented[path] != typed[path]:
            said.append(f"{path}: {sorted(documented[path])} in the schema, {sorted(typed[path])} in the types")
    return said
