"""Each member of the query has its effect; what is not known satisfies nothing."""
import json

import pytest

from conftest import body, config, entries

ODD = {"id": "@cf/bare", "pricing": {}, "architecture": {}}


@pytest.fixture
def client(server, gateway):
    server.answer = lambda path, number: body(entries(10) + [ODD, {"id": "embed/one", "type": "embedding", "context_length": 512,
                                                                   "pricing": {"prompt": "0", "completion": "0"}}])
    return gateway(config(server))


def numbers(outcome):
    assert outcome.status == 0, outcome
    return [int(name.rsplit("-", 1)[1]) for name in outcome.ids if "model-" in name]


def test_everything(client, server):
    answer = client.models()
    assert len(answer.ids) == answer.answer["total"] == 12 and answer.answer["errors"] == []
    assert answer.list["count"] == 12 and answer.list["source"] == "api" and not answer.list["stale"] and answer.list["age"] < 60
    client.models()
    assert len(server.seen) == 1
    client.models(fresh=True)
    assert len(server.seen) == 2


@pytest.mark.parametrize("query, expected", [
    ({"id": "maker/model-3"}, [3]), ({"id": ["*-3", "*-5"]}, [3, 5]), ({"id": "nothing*"}, []),
    ({"modality": "image"}, [1, 3, 5, 7, 9]), ({"modality": "text+image->text"}, [1, 3, 5, 7, 9]), ({"modality": "->image"}, []),
    ({"modality": ["image", "->text"]}, [1, 3, 5, 7, 9]),
    ({"capability": "tools"}, [0, 3, 6, 9]), ({"capability": ["tools", "seed"]}, [0, 3, 6, 9]), ({"capability": "vision"}, [1, 3, 5, 7, 9]),
    ({"capability": "logprobs"}, []), ({"min_context": 8000}, [7, 8, 9]), ({"free": True, "type": "chat"}, [0]),
    ({"free": False}, list(range(1, 10))), ({"max_price": {"prompt": 0.2}}, [0, 1, 2]), ({"max_price": {"completion": "0.4", "prompt": 1}}, [0, 1, 2]),
    ({"max_price": {"request": 1}}, []), ({"limit": 2, "type": "chat"}, [0, 1]), ({"limit": 2, "offset": 3}, [3, 4]), ({"limit": 0}, []),
    ({"sort": "price", "limit": 3, "min_context": 1000}, [0, 1, 2]), ({"sort": "price", "direction": "desc", "limit": 2}, [9, 8]),
    ({"sort": "context", "limit": 2}, [9, 8]), ({"sort": "created", "limit": 2}, [9, 8]), ({"sort": "created", "direction": "asc", "limit": 2}, [0, 1]),
    ({"sort": "name", "limit": 2, "id": "maker/*"}, [9, 8]), ({"sort": "id", "id": "maker/*", "direction": "desc", "limit": 2}, [9, 8]),
    ({"provider": "p", "limit": 1}, [0]), ({"provider": ["p"], "limit": 1}, [0]),
])
def test_filters(client, query, expected):
    assert numbers(client.models(**query)) == expected


def test_unknown_is_last_and_satisfies_nothing(client):
    for sort in ("price", "context", "created", "latency"):
        for direction in ("asc", "desc"):
            ids = client.models(sort=sort, direction=direction).ids
            assert len(ids) == 12 and (sort == "latency" or ids.index("@cf/bare") >= 10), (sort, direction)
    assert client.models(id="@cf/*").ids == client.models(id="*bare").ids == ["@cf/bare"]
    for query in ({"free": True}, {"free": False}, {"min_context": 1}, {"max_price": {"prompt": 1000}}, {"modality": "text"}, {"capability": "seed"},
                  {"type": "chat"}):
        assert "@cf/bare" not in client.models(**query).ids, query
    assert client.models(type="embedding").ids == ["embed/one"]
    assert client.models(min_context=0, id="@cf/*").ids == []


def test_total_counts_all(client):
    answer = client.models(capability="seed", limit=1)
    assert answer.answer["total"] == 10 and len(answer.ids) == 1


def test_fields(client):
    answer = client.models(fields=["id", "pricing", "availability"], limit=1)
    assert answer.answer["data"] == [{"id": "maker/model-0", "pricing": {"prompt": "0", "completion": "0", "request": None, "image": None},
                                      "availability": None}] or set(answer.answer["data"][0]) == {"id", "pricing", "availability"}
    assert client.models(fields="id", limit=1).answer["data"] == [{"id": "maker/model-0"}]


@pytest.mark.parametrize("query, member", [
    ({"provider": 1}, "provider"), ({"id": 1}, "id"), ({"modality": {}}, "modality"), ({"capability": [1]}, "capability[0]"), ({"free": "yes"}, "free"),
    ({"min_context": -1}, "min_context"), ({"max_price": 3}, "max_price"), ({"max_price": {"tokens": 3}}, "max_price.tokens"),
    ({"max_price": {"prompt": "cheap"}}, "max_price.prompt"), ({"sort": "size"}, "sort"), ({"direction": "up"}, "direction"),
    ({"fields": ["id", "colour"]}, "fields[1]"), ({"limit": "3"}, "limit"), ({"offset": -1}, "offset"), ({"fresh": 1}, "fresh"), ({"view": "x"}, "view"),
    ({"type": 3}, "type"), ({"refresh": True}, "refresh"),
])
def test_wrong_values_are_named(client, query, member):
    answer = client.models(**query)
    assert answer.status == 102 and f"query.{member}" in answer.error["message"], answer


def test_unknown_provider(client):
    assert client.models(provider="nobody").status == 105


def test_gatewayz_view(client, server):
    """Member for member the catalog entry of Gatewayz, with its defaults for the model of which nothing is known."""
    answer = client.models(view="gatewayz", id="@cf/bare").answer["data"]
    assert answer == [{
        "id": "@cf/bare", "slug": "p/@cf/bare", "canonical_slug": "p/@cf/bare", "hugging_face_id": None, "name": "@cf/bare", "created": None,
        "description": "Model from p", "context_length": 4096,
        "architecture": {"modality": "text->text", "input_modalities": ["text"], "output_modalities": ["text"], "instruct_type": "chat"},
        "pricing": {"prompt": "0", "completion": "0", "request": "0", "image": "0"}, "top_provider": None, "per_request_limits": None,
        "supported_parameters": [], "default_parameters": {}, "provider_slug": "p", "provider_site_url": None, "model_logo_url": None,
        "source_gateway": "p"}]
    known = client.models(view="gatewayz", id="*-3").answer["data"][0]
    assert list(known) == list(answer[0])
    assert known["pricing"] == {"prompt": "0.0000003", "completion": "0.0000006", "request": "0", "image": "0"}
    assert known["context_length"] == 4000 and known["created"] == 1700000003 and known["supported_parameters"] == ["tools", "seed"] or known
    plain = client.models(id="@cf/bare").answer["data"][0]
    assert plain["context_length"] is None and plain["pricing"]["prompt"] is None and plain["description"] is None


def test_availability(client, server):
    chat = {"model": "p/maker/model-4", "messages": [{"role": "user", "content": "hello"}]}
    assert client.models(id="*-4").answer["data"][0]["availability"] is None
    assert client.call("chat", chat).status == 0
    server.chat = lambda handler: (500, b"{}")
    assert client.call("chat", chat).status == 307
    answer = client.models(sort="latency", limit=1).answer["data"][0]
    seen = answer["availability"]
    assert answer["id"] == "maker/model-4" and (seen["attempts"], seen["successes"]) == (2, 1) and seen["latency_ms"] > 0
    assert seen["last_failure"]["kind"] == "server" and abs(seen["last_success"] - seen["last_failure"]["at"]) < 60
    everything = client.models().answer["data"]
    assert len(everything) == 12 and [e["id"] for e in everything if e["availability"]] == ["maker/model-4"]
    assert client.models(id="*-4", fields=["availability"]).answer["data"] == [{"availability": seen}]


def test_twenty_thousand(server, gateway):
    text = body(entries(20000))
    server.answer = lambda path, number: text
    client = gateway(config(server))
    assert len(client.models().ids) == 20000
    assert client.models(sort="price", direction="desc", limit=1).ids == ["maker/model-19999"]
    assert client.models(id="*-19998").answer["total"] == 1


def test_ids_with_escapes(server, gateway):
    server.answer = lambda path, number: json.dumps({"data": [{"id": 'a"b\\c/\u00e9'}, {"id": "plain"}]}).encode()
    client = gateway(config(server))
    assert client.models(id='a"b*').ids == ['a"b\\c/\u00e9'] == client.models(id="*\u00e9").ids
