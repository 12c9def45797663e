"""The rows of test_config_effects.py for `models`: how a list is read, whatever its shape. Tests/Catalog compares whole lists."""
import json

import servers
from effects import row

MAP = "providers.*.models.map."
TEXTS = ("canonical_slug", "hugging_face_id", "name", "description", "type", "expiration_date")
OBJECTS = ("top_provider", "per_request_limits", "default_parameters")
LISTS = ("supported_parameters", "capabilities", "aliases")


def entries(bench, *listed, pages=None, **models):
    """What the library makes of a list with these entries."""
    def behave(handler, seen):
        servers.send_json(handler, pages(seen.path) if pages else {"data": listed})
        return True
    bench.upstream.behave = behave
    outcome = bench.provider(operation="list", models=models).outcome
    assert outcome.status == 0, outcome
    return outcome.answer["data"]


def told(bench, member, value, **more):
    """The entry of a model that tells a value in a place that only the mapping knows."""
    return entries(bench, {"id": "m", "odd": {"place": value}, **more}, map={member: "odd.place"})[0]


@row(*(MAP + name for name in TEXTS))
def _(bench, member):
    name = member.rsplit(".", 1)[1]
    assert told(bench, name, "one")[name] == "one" and told(bench, name, "two")[name] == "two"


@row(*(MAP + name for name in OBJECTS))
def _(bench, member):
    name = member.rsplit(".", 1)[1]
    assert told(bench, name, {"a": 1})[name] == {"a": 1} and told(bench, name, 7)[name] is None


@row(*(MAP + name for name in LISTS))
def _(bench, member):
    name = member.rsplit(".", 1)[1]
    assert told(bench, name, ["a", "b"])[name] == ["a", "b"]


@row(*(MAP + name for name in ("context_length", "max_output_tokens", "created")))
def _(bench, member):
    name = member.rsplit(".", 1)[1]
    assert told(bench, name, 4096)[name] == 4096 and told(bench, name, -1)[name] is None


@row(*(MAP + name for name in ("modality", "input_modalities", "output_modalities", "instruct_type", "tokenizer")))
def _(bench, member):
    name = member.rsplit(".", 1)[1]
    assert told(bench, name, ["text"] if "modalities" in name else "text")["architecture"][name] == (["text"] if "modalities" in name else "text")


@row(MAP + "id", MAP + "strip")
def _(bench):
    assert [one["id"] for one in entries(bench, {"ref": "x/a"}, {"id": "x/b"}, map={"id": "ref"})] == ["x/a"]
    assert [one["id"] for one in entries(bench, {"id": "x/a"}, {"id": "y/b"}, map={"strip": "x/"})] == ["a", "y/b"]


@row(MAP + "list")
def _(bench):
    for place in ("a.b", "c"):
        found = entries(bench, pages=lambda _: {"a": {"b": [{"id": "one"}]}, "c": [{"id": "two"}]}, map={"list": place})
        assert [one["id"] for one in found] == [{"a.b": "one", "c": "two"}[place]]


@row(MAP + "prices", MAP + "unit", "providers.*.price_unit")
def _(bench):
    for kind in servers.PRICE_KINDS:
        prices_of(bench, kind)


def prices_of(bench, kind):
    model = {"id": "m", "cost": {kind: "2", "other": "3"}}
    amount = {"request": "2", "image": "2", "web_search": "2"}.get(kind, "0.000002")
    assert entries(bench, model, map={"prices": "cost", "unit": "usd_per_million"})[0]["pricing"][kind] == amount
    assert entries(bench, model, map={"prices": {kind: "cost.other"}, "unit": "usd_per_token"})[0]["pricing"][kind] == "3"
    assert entries(bench, model, map={"prices": {kind: "us_cents_per_token:cost.other"}, "unit": "usd_per_token"})[0]["pricing"][kind] == "0.03"
    bench.upstream.behave = lambda handler, seen: servers.send_json(handler, {"data": [model]}) or True
    asked = bench.provider(operation="list", models={"map": {"prices": "cost"}}, price_unit="usd_per_token")
    assert asked.outcome.answer["data"][0]["pricing"][kind] == "2"


@row(MAP + "tiers", MAP + "overrides")
def _(bench):
    for kind in servers.PRICE_KINDS:
        model = {"id": "m", "steps": [{"cost": "2", "min": 1000}], "rules": [{"min_prompt_tokens": 1000, kind: "2"}]}
        for how in ({"tiers": {kind: "steps"}}, {"overrides": "rules"}):
            assert entries(bench, model, map={**how, "unit": "usd_per_token"})[0]["pricing"]["overrides"] == [{"min_prompt_tokens": 1000, kind: "2"}]


@row(*(MAP + "servers." + name for name in ("list", "name", "prices")))
def _(bench):
    model = {"id": "m", "pricing": {"prompt": "1", "completion": "2"}, "hosts": {"all": [{"who": "fast", "in": "3", "out": "4"}, {"who": "near", "in": "1", "out": "2"}]}}
    told = {"list": "hosts.all", "name": "who", "prices": {"prompt": "in", "completion": "out"}}
    found = entries(bench, model, map={"servers": told, "unit": "usd_per_million"})[0]["pricing"]["overrides"]
    assert {"server": "fast", "prompt": "0.000003", "completion": "0.000004"} in found
    for name, other in (("list", "hosts.none"), ("name", "nobody"), ("prices", {})):
        assert entries(bench, model, map={"servers": {**told, name: other}, "unit": "usd_per_million"})[0]["pricing"].get("overrides") in (None, [])


@row(MAP + "hourly")
def _(bench):
    model = {"id": "m", "pricing": {"prompt": "0", "completion": "0"}, "rent": 2}
    assert entries(bench, model, form="openrouter")[0]["pricing"]["prompt"] == "0"
    rented = entries(bench, model, form="openrouter", map={"hourly": "rent"})[0]
    assert rented["pricing"]["prompt"] is None and rented["pricing_flags"] == ["hourly"]


@row(MAP + "flags", MAP + "words", MAP + "types", MAP + "defaults", MAP + "skip")
def _(bench):
    model = {"id": "m", "calls": True, "features": ["shapes"], "type": "talk", "warmth": 0.5, "state": "off"}
    entry = entries(bench, model, map={"flags": {"calls": "tools"}, "words": {"shapes": "structured_outputs"}, "types": {"talk": "chat"},
                                       "defaults": {"temperature": "warmth"}, "skip": {"state": "gone"}})[0]
    assert entry["capabilities"] == ["structured_outputs", "tools"] and entry["type"] == "chat" and entry["default_parameters"] == {"temperature": 0.5}
    assert entries(bench, model, {"id": "n"}, map={"skip": {"state": "off"}})[0]["id"] == "n"
    plain = entries(bench, model)[0]
    assert plain["capabilities"] == ["shapes"] and plain["type"] == "talk" and plain["default_parameters"] is None


@row(*(MAP + "paging." + name for name in ("next", "query", "more", "link", "page", "size")))
def _(bench):
    def tokens(path):
        assert "n=1" in path
        return {"data": [{"id": "b"}], "then": "y", "on": False} if "at=x" in path else {"data": [{"id": "a"}], "then": "x", "on": True}

    def links(path):
        return {"data": [{"id": "b"}]} if "second" in path else {"data": [{"id": "a"}], "go": "/v1/models?second"}

    def numbers(path):
        return {"data": [{"id": "b"}]} if "p=2" in path else {"data": [{"id": "a"}, {"id": "c"}]}

    def ids(pages, paging):
        return [one["id"] for one in entries(bench, pages=pages, map={"paging": paging})]
    assert ids(tokens, {"next": "then", "query": "at", "more": "on", "size": "n=1"}) == ["a", "b"]
    assert ids(links, {"link": "go"}) == ["a", "b"] and ids(links, {}) == ["a"]
    assert ids(numbers, {"page": "p", "size": "n=2"}) == ["a", "c", "b"]


@row("providers.*.models.prices_url")
def _(bench):
    def pages(path):
        return {"data": [{"id": "m", "pricing": {"prompt": "0.000003", "completion": "5e-6"}} if "prices" in path else {"id": "m"}]}
    priced = entries(bench, pages=pages, form="openrouter", prices_url=f"http://127.0.0.1:{bench.upstream.port}/prices")[0]
    plain = entries(bench, pages=pages, form="openrouter")[0]
    assert priced["pricing"]["prompt"] == "0.000003" and priced["pricing_source"] == "api" and plain["pricing"]["prompt"] is None


@row("providers.*.models.auth", "providers.*.models.auth.header", "providers.*.models.headers")
def _(bench):
    asked = bench.provider(operation="list", models={"auth": {"header": "x-list-key"}, "headers": {"X-Version": "2"}}).only.headers
    assert "authorization" not in asked and asked["x-list-key"] and asked["x-version"] == "2"
    chat = bench.provider(models={"auth": {"header": "x-list-key"}, "headers": {"X-Version": "2"}}).only.headers
    assert chat["authorization"] and "x-list-key" not in chat and "x-version" not in chat


@row("providers.*.models.file")
def _(bench, tmp_path):
    (tmp_path / "list.csv").write_text("id,prompt,completion\nfrom-csv,0.000001,2e-6\n")
    (tmp_path / "list.json").write_text(json.dumps({"data": [{"id": "from-json"}]}))
    for kind in ("csv", "json"):
        asked = bench.provider(operation="list", models={"file": str(tmp_path / f"list.{kind}")})
        assert [one["id"] for one in asked.outcome.answer["data"]] == ["from-" + kind] and asked.seen == []
