"""Where a request goes: names of models at other providers, queries and paths of addresses, models that the address names."""
import json

import pytest
from conftest import attempts
from live import KEY, provider
from test_choices import ERROR, always
from upstreams import response

AZURE = "/openai/deployments/gpt-4.1-mini"


@pytest.fixture
def paths(monkeypatch):
    """The request lines that raw servers have seen."""
    import upstreams
    seen = []
    read = upstreams.Connection.read

    def reading(self):
        body = read(self)
        if body is not None:
            seen.append(self.line)
        return body

    more = upstreams.Connection.more

    def listening(self):
        more(self)
        self.line = self.data.split(b"\r\n", 1)[0].decode() if b"\r\n\r\n" in self.data else ""

    monkeypatch.setattr(upstreams.Connection, "read", reading)
    monkeypatch.setattr(upstreams.Connection, "more", listening)
    return seen


@pytest.mark.parametrize("ids", [{"llama-3": "llama3-prod-v7"}, {"llama": "llama3-prod-v7", "llama-3": "llama3-prod-v7"}])
@pytest.mark.parametrize("model", ["llama-3", "work/llama-3"])
def test_model_ids_do_not_travel(gateway, raw, spare, ids, model):
    work = raw(always(response(503, ERROR)))
    client = gateway({"providers": {"work": provider(work.url, model_ids=ids), "spare": provider(spare.url)},
                      "provider_order": ["work", "spare"], "log": "off"})
    outcome = client.chat(model)
    assert attempts(outcome) == [("work", "overloaded"), ("spare", "ok")], outcome
    assert work.bodies[0]["model"] == "llama3-prod-v7" and spare.seen[0].body["model"] == "llama-3"
    named = gateway({"providers": {"work": provider(work.url, model_ids=ids), "spare": provider(spare.url)}, "log": "off"})
    assert attempts(named.chat(model, gatelet={"route": {"order": ["work", "spare"]}}))[1] == ("spare", "ok")
    assert spare.seen[1].body["model"] == "llama-3"


@pytest.mark.parametrize("id, sent", [("openrouter/sonoma-dusk-alpha", "openrouter/sonoma-dusk-alpha"), ("openrouter/auto", "openrouter/auto"),
                                      ("openrouter/openai/gpt-4o", "openai/gpt-4o"), ("openrouter/openrouter/auto", "openrouter/auto")])
def test_stealth_models_keep_their_name(gateway, spare, id, sent):
    client = gateway({"providers": {"openrouter": provider(spare.url)}, "log": "off"})
    assert client.chat(id).status == 0 and spare.seen[0].body["model"] == sent


def test_pass_through_providers_stay_in_the_chain_of_gatewayz(gateway, raw, spare):
    first = raw(always(response(503, ERROR)))
    config = {"providers": {"together": provider(first.url, priority=10), "featherless": provider(spare.url)}, "log": "off"}
    outcome = gateway({**config, "preset": "gatewayz"}).chat("together/meta-llama/Llama-3.3-70B-Instruct")
    assert attempts(outcome) == [("together", "overloaded"), ("featherless", "ok")], outcome
    assert spare.seen[0].body["model"] == "meta-llama/Llama-3.3-70B-Instruct"
    assert gateway(config).chat("together/meta-llama/Llama-3.3-70B-Instruct").status == 306 and len(spare.seen) == 1


# ---------------------------------------------------------------- queries and paths

def azure(raw, **members):
    server = raw(lambda connection, number: connection.send(response(200, {"id": "x", "object": "chat.completion", "model": "m", "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}]})) or True)
    url = f"http://127.0.0.1:{server.port}"
    return server, {"providers": {"azure-openai": {"base_url": url + members.pop("path", AZURE), "api_key": KEY, **members}}, "log": "off"}


@pytest.mark.parametrize("members", [{"path": AZURE + "?api-version=2024-10-21"}, {"path": AZURE + "/?api-version=2024-10-21"},
                                     {"query": {"api-version": "2024-10-21"}},
                                     {"path": AZURE + "?api-version=1", "query": {"api-version": "2024-10-21"}}])
def test_an_older_deployment_of_azure(gateway, raw, paths, members):
    server, config = azure(raw, **members)
    client = gateway(config)
    messages = [{"role": "user", "content": "hello"}]
    asked = [{"model": "azure-openai/gpt-4.1-mini", "messages": messages}, {"messages": messages}, {"messages": messages, "gatelet": {"provider": "azure-openai"}}]
    for request in asked:
        outcome = client.call("chat", request)
        assert outcome.status == 0 and outcome.answer["gatelet"]["model"] == "gpt-4.1-mini", outcome
    assert paths == [f"POST {AZURE}/chat/completions?api-version=2024-10-21 HTTP/1.1"] * 3
    assert server.bodies[0]["model"] == "gpt-4.1-mini" and "model" not in server.bodies[1] and "model" not in server.bodies[2]


def test_without_a_deployment_a_model_is_needed(gateway, raw):
    _, config = azure(raw, path="/openai/v1")
    assert gateway(config).call("chat", {"messages": [{"role": "user", "content": "hello"}]}).status == 105


@pytest.mark.parametrize("base, query, line", [
    ("/v1?a=b%20c&d", {}, "/v1/models?a=b%20c&d"), ("/v1", {"a": "b c", "e": "1"}, "/v1/models?a=b%20c&e=1"), ("/v1?", {}, "/v1/models"),
    ("/v1?a=1&b=2", {"a": "&3"}, "/v1/models?b=2&a=%263"),
])
def test_a_query_goes_with_the_list_too(gateway, raw, paths, base, query, line):
    server = raw(always(response(200, {"object": "list", "data": [{"id": "m"}]})))
    client = gateway({"providers": {"main": {**provider(f"http://127.0.0.1:{server.port}{base}"), **({"query": query} if query else {})}}, "log": "off"})
    assert [one["id"] for one in client.models({"provider": "main", "fresh": True}).answer["data"]] == ["m"]
    assert paths == [f"GET {line} HTTP/1.1"]


@pytest.mark.parametrize("member, bad", [("base_url", "https://x/v1#here"), ("query", {"": "x"}), ("query", {"a": 1}), ("paths", {"chat": "chat"}),
                                         ("paths", {"chat": "/a?b"}), ("paths", {"speech": "/a"})])
def test_addresses_that_are_none(gateway, member, bad):
    refused = gateway({"providers": {"main": {**provider("https://x/v1"), member: bad}}}).refused
    assert refused.status == 103 and member in refused.error["message"], refused


def test_paths_of_perplexity(gateway, raw, paths):
    vectors = {"object": "list", "data": [{"object": "embedding", "index": 0, "embedding": [0.5]}], "model": "m", "usage": {"prompt_tokens": 1, "total_tokens": 1}}
    listed = {"object": "list", "data": [{"id": "sonar", "object": "model", "owned_by": "perplexity",
                                          "pricing": {"unit": "usd_per_1m_tokens", "input": 1, "output": 2.5, "cache_read": 0.25}}]}
    server = raw(lambda connection, number: connection.send(response(200, (vectors, listed)[number])) or True)
    client = gateway({"providers": {"perplexity": provider(f"http://127.0.0.1:{server.port}")}, "log": "off"})
    assert client.call("embeddings", {"model": "perplexity/pplx-embed-v1", "input": "hello"}).status == 0
    prices = client.models({"provider": "perplexity", "fresh": True}).answer["data"][0]["pricing"]
    assert (prices["prompt"], prices["completion"], prices["input_cache_read"]) == ("0.000001", "0.0000025", "0.00000025")
    assert paths == ["POST /v1/embeddings HTTP/1.1", "GET /v1/models HTTP/1.1"]


def test_paths_of_a_providers_own(gateway, raw, paths):
    server, config = azure(raw, path="/api", paths={"chat": "/talk", "models": "/all"}, query={"v": "2"})
    assert gateway(config).chat("azure-openai/m").status == 0
    assert paths == ["POST /api/talk?v=2 HTTP/1.1"] and server.bodies[0]["model"] == "m"


# ---------------------------------------------------------------- rows with addresses of their own

CHAT = {"id": "x", "object": "chat.completion", "model": "m", "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}]}
GENERATED = {"candidates": [{"content": {"role": "model", "parts": [{"text": "Hello"}]}, "finishReason": "STOP"}]}
MESSAGES = [{"role": "user", "content": "hello"}]


def answering(raw, document):
    return raw(always(response(200, document)))


@pytest.mark.parametrize("path", ["/openai", "/openai/deployments/d", "/openai/deployments/d/chat/completions"])
@pytest.mark.parametrize("more, sent", [("", "2024-10-21"), ("?api-version=2025-01-01", "2025-01-01")])
def test_deployments_keep_their_version_at_another_address(gateway, raw, paths, path, more, sent):
    server = answering(raw, CHAT)
    client = gateway({"providers": {"azure-openai-deployments": {"base_url": f"http://127.0.0.1:{server.port}{path}{more}", "api_key": KEY}}, "log": "off"})
    assert client.call("chat", {"model": "azure-openai-deployments/d", "messages": MESSAGES}).status == 0
    if path.count("/") > 1:
        assert client.call("chat", {"messages": MESSAGES}).status == 0
    assert set(paths) == {f"POST /openai/deployments/d/chat/completions?api-version={sent} HTTP/1.1"}


def test_the_query_of_a_call_takes_the_place_of_the_row_s(gateway, raw, paths):
    server = answering(raw, CHAT)
    client = gateway({"providers": {"azure-openai-deployments": {"base_url": f"http://127.0.0.1:{server.port}/openai?a=1", "api_key": KEY}}, "log": "off"})
    assert client.call("chat", {"model": "azure-openai-deployments/d", "messages": MESSAGES}, {"query": {"api-version": "preview"}}).status == 0
    assert paths == ["POST /openai/deployments/d/chat/completions?a=1&api-version=preview HTTP/1.1"]


def test_the_paths_of_a_row_are_those_of_its_dialect(gateway, raw, paths):
    server = answering(raw, {"id": "r", "object": "response", "status": "completed", "model": "d", "output": [
        {"type": "message", "id": "m", "role": "assistant", "status": "completed", "content": [{"type": "output_text", "text": "Hello", "annotations": []}]}]})
    client = gateway({"providers": {"azure-openai-deployments": {"base_url": f"http://127.0.0.1:{server.port}/openai", "api_key": KEY,
                                                                 "dialect": "openai-responses"}}, "log": "off"})
    assert client.call("chat", {"model": "azure-openai-deployments/d", "messages": MESSAGES}).status == 0
    assert paths == ["POST /openai/responses?api-version=2024-10-21 HTTP/1.1"]


@pytest.mark.parametrize("model", ["google/gemini-2.5-flash", "vertex/gemini-2.5-flash", "vertex/google/gemini-2.5-flash",
                                   "vertex/publishers/google/models/gemini-2.5-flash", "vertex/models/gemini-2.5-flash"])
def test_names_of_vertex(gateway, raw, paths, model):
    server = answering(raw, GENERATED)
    client = gateway({"providers": {"vertex": {"base_url": f"http://127.0.0.1:{server.port}/g", "api_key": KEY}}, "log": "off"})
    assert client.call("chat", {"model": model, "messages": MESSAGES}).status == 0
    assert paths == ["POST /g/models/gemini-2.5-flash:generateContent HTTP/1.1"]


@pytest.mark.parametrize("name, form", [("gemini", "gemini"), ("mine", "gemini"), ("anthropic", "anthropic")])
def test_a_list_at_another_address_has_the_form_of_the_dialect(gateway, raw, name, form):
    pages = {"gemini": [{"models": [{"name": "models/a", "displayName": "A"}], "nextPageToken": "t"}, {"models": [{"name": "models/b"}]}],
             "anthropic": [{"data": [{"id": "a", "display_name": "A"}], "has_more": True, "last_id": "a"}, {"data": [{"id": "b"}], "has_more": False}]}[form]
    server = raw(lambda connection, number: connection.send(response(200, pages[min(number, 1)])) or True)
    dialect = {} if name == form else {"dialect": form}
    client = gateway({"providers": {name: {"base_url": f"http://127.0.0.1:{server.port}/v1", "api_key": KEY, **dialect}}, "log": "off"})
    outcome = client.models({"provider": name, "fresh": True})
    assert {"a", "b"} <= {one["id"] for one in outcome.answer["data"]}, outcome
