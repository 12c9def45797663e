"""What test_config_effects.py is written in: the table, the walk over the schemas, and a client with one provider."""
import json
import os

from conftest import provider

rows = {}


def row(*members):
    """The test function for these members of the schemas. Its parameters are fixtures; `member` is the one in hand."""
    def take(function):
        for member in members:
            assert member not in rows, member
            rows[member] = function
        return function
    return take


def merged(below, above):
    """Objects merge; None takes a member away."""
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    result = dict(below)
    for name, value in above.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(below.get(name), value)
    return result


class Asked:
    def __init__(self, outcome, seen):
        self.outcome, self.seen = outcome, seen

    @property
    def only(self):
        """The one request that the provider saw."""
        assert len(self.seen) == 1, (self.outcome, [one.path for one in self.seen])
        return self.seen[0]


class Bench:
    """Asks a recording upstream, known as provider `p`."""

    def __init__(self, gateway, upstream):
        self.gateway, self.upstream = gateway, upstream

    def client(self, config=None):
        return self.gateway(merged({"providers": {"p": provider(self.upstream.url)}}, config or {}))

    def ask(self, config=None, operation="chat", model="p/m", **members):
        before = len(self.upstream.seen)
        client = self.client(config)
        if operation == "list":
            outcome = client.models({"provider": "p", "fresh": True})
        elif operation in ("chat", "stream"):
            request = {"model": model, "messages": [{"role": "user", "content": "hello there"}], **members}
            outcome = client.call(operation, {name: value for name, value in request.items() if value is not None})
        else:
            outcome = client.call(operation, {"model": model, **members})
        return Asked(outcome, self.upstream.seen[before:])

    def provider(self, config=None, operation="chat", request=None, **members):
        """Asks with members of the provider's row changed; `request`: members of the request."""
        return self.ask({**(config or {}), "providers": {"p": members}}, operation, **{"model": "p/m", **(request or {})})


    def plan(self, config, request):
        """Whom a dry run names, as "p/m q/m", or the status of its refusal."""
        asked = self.ask({"request_extensions": "all", **config}, **merged({"gatelet": {"dry_run": True}}, request))
        assert asked.seen == []
        return asked.outcome.status or " ".join(f"{one['provider']}/{one['model']}" for one in asked.outcome.answer["plan"])

    def others(self, *names):
        """Further providers, each with a path of its own."""
        return {name: provider(f"{self.upstream.url}/{name}") for name in names}


def placed(member, value, *stars):
    """What a document with this value at the member holds: `stars` stand for the * of its path. (configuration, request)"""
    names = member.split(".")
    stars = list(stars[:names.count("*")])
    in_request = names[0] in ("gatelet", "provider", "models", "model", "route")
    for name in reversed(names):
        value = {(stars.pop() if name == "*" else name): value}
    return ({}, value) if in_request else (value, {})


def attempts(outcome):
    return (outcome.error.get("attempts") or []) if outcome.status else outcome.answer["gatelet"]["attempts"]


def trail(outcome):
    """The attempts and what each led to, as "p:overloaded:retry q:ok"."""
    return " ".join(":".join(one[name] for name in ("provider", "status", "action") if name in one) for one in attempts(outcome))


def development(**members):
    """A provider that answers by itself; `faults` say how."""
    return {"dialect": "dev", "token_delay": 0, **members}


def schema_members(folder):
    """The dotted path of every member of the schemas of configuration, requests, and options of a call ("options.tag")."""
    schemas = {}
    for name in ("config", "provider", "request", "call-options"):
        with open(os.path.join(folder, name + ".schema.json")) as file:
            schema = json.load(file)
        schemas[schema["$id"]] = schema
    found = set()
    for root, path in (("urn:gatelet:config", ""), ("urn:gatelet:request", ""), ("urn:gatelet:call-options", "options")):
        _walk(schemas, root, schemas[root], path, found)
    return found


def _walk(schemas, home, node, path, found):
    """Adds the leaves below `node`: members that have no members of their own, or are also something else than an object."""
    inside = False
    if "$ref" in node:
        base, _, pointer = node["$ref"].partition("#")
        home_of = base or home
        target = schemas[home_of]
        for step in pointer.strip("/").split("/"):
            target = target[step] if step else target
        inside |= _walk(schemas, home_of, target, path, found)
    for name, child in node.get("properties", {}).items():
        inside = True
        _add(schemas, home, child, f"{path}.{name}" if path else name, found)
    for key in ("additionalProperties", "items"):
        if isinstance(node.get(key), dict):
            inside |= _walk(schemas, home, node[key], path + ".*", found)
    for child in node.get("oneOf", []) + node.get("anyOf", []):
        inside |= _walk(schemas, home, child, path, found)
    return inside


def _add(schemas, home, node, path, found):
    if not _walk(schemas, home, node, path, found) or "oneOf" in node:
        found.add(path)
