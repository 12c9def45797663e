"""How a request was served, and what tokens do not show: service tiers, servers behind a router, searches, images, keys of one's own."""
import json
from decimal import Decimal

import servers
from synthetic import answering, chat, client, stream, streaming, upstreams

BIG = {"prompt_tokens": 100000, "completion_tokens": 10000, "total_tokens": 110000}


def one(row=None, **config):
    """A client with one provider called openai, whose prices are the table's, at an upstream of ours."""
    [up] = upstreams(None)
    return up, client([], providers={"openai": {"base_url": up.url, "api_key": "sk-served", **(row or {})}}, provider_order=["openai"], **config)


def saying(document):
    def behave(handler, seen):
        servers.send_json(handler, {"object": "chat.completion", "model": "m", **document})
        return True
    return behave


def chunks(usage, **root):
    plain = [json.loads(servers.chunk("Hi")), json.loads(servers.chunk("", "stop", usage=usage))]
    return [json.dumps({**chunk, **root}) for chunk in plain] + ["[DONE]"]


def both(it, up, usage, model, root, **request):
    """The cost of an answer, and of a stream."""
    up.behave = answering(usage, **root)
    status, gatelet, error = chat(it, model, **request)
    assert status == 0, error
    up.behave = streaming(*chunks(usage, **root))
    return gatelet["cost"], stream(it, model, **request)[1]["cost"]


def service_tiers(check):
    up, it = one()
    cases = [  # what the answer says, what the request says -> cost, tier, whether it is assumed
        ({}, {}, "0.4", None, False), ({"service_tier": "default"}, {}, "0.4", "default", False),
        ({"service_tier": "priority"}, {}, "0.8", "priority", False), ({"service_tier": "flex"}, {}, "0.2", "flex", False),
        ({"service_tier": "batch"}, {}, "0.2", "batch", False), ({"service_tier": "FLEX"}, {}, "0.2", "flex", False),
        ({}, {"service_tier": "flex"}, "0.2", "flex", False), ({}, {"service_tier": "priority"}, "0.8", "priority", False),
        ({}, {"service_tier": "auto"}, "0.4", None, False), ({}, {"service_tier": "default"}, "0.4", None, False),
        ({"service_tier": "flex"}, {"service_tier": "auto"}, "0.2", "flex", False),
        ({"service_tier": "default"}, {"service_tier": "priority"}, "0.4", "default", False),  # what was served counts
        ({"service_tier": None}, {"service_tier": "flex"}, "0.4", None, False), ({"service_tier": ""}, {"service_tier": "flex"}, "0.4", None, False),
        ({"service_tier": "auto"}, {"service_tier": "flex"}, "0.4", "auto", False), ({"service_tier": "standard"}, {}, "0.4", "standard", False),
        ({"service_tier": "on_demand"}, {}, "0.4", "on_demand", False),
        ({"service_tier": "scale"}, {}, "0.4", "scale", True), ({}, {"service_tier": "turbo"}, "0.4", "turbo", True),
        ({"service_tier": 5}, {}, "0.4", None, False), ({"service_tier": "a b\n"}, {}, "0.4", None, False),
        ({"service_tier": "x" * 65}, {}, "0.4", None, False), ({"service_tier": {"a": 1}}, {}, "0.4", None, False),
    ]
    for root, request, total, tier, assumed in cases:
        for cost in both(it, up, BIG, "openai/gpt-5.4", root, **request):
            where = f"answer {root}, request {request}"
            check(where, "cost", Decimal(cost["total"]), Decimal(total))
            check(where, "tier", cost.get("service_tier"), tier)
            check(where, "assumed", cost.get("assumed", False), assumed)
            check(where, "lines", sum(Decimal(line["cost"]) for line in cost["lines"]), Decimal(total))
            check(where, "lines that are assumed", {line.get("assumed", False) for line in cost["lines"]}, {assumed})
    inside = {**BIG, "service_tier": "flex"}  # Mistral, and Anthropic's own form
    for cost in both(it, up, inside, "openai/gpt-5.4", {}):
        check("tier in the usage", "cost", Decimal(cost["total"]), Decimal("0.2"))
    # A tier that the table has no price of.
    for cost in both(it, up, BIG, "openai/gpt-4", {"service_tier": "priority"}):
        check("no price of the tier", "assumed", (cost.get("assumed"), cost["service_tier"]), (True, "priority"))
    # Of long prompts the tier has prices of its own too.
    long = {"prompt_tokens": 300000, "completion_tokens": 10000, "total_tokens": 310000}
    for tier, total in [("default", "1.725"), ("flex", "0.8625"), ("batch", "0.8625")]:
        for cost in both(it, up, long, "openai/gpt-5.4", {"service_tier": tier}):
            check(f"long prompt, {tier}", "cost", Decimal(cost["total"]), Decimal(total))
    # Cached tokens have no price in the tier: the plain one stands in, and is marked.
    cached = {**BIG, "prompt_tokens_details": {"cached_tokens": 50000}}
    price = {"prompt": "0.000002", "completion": "0.00001", "input_cache_read": "0.000001",
             "overrides": [{"service_tier": "flex", "prompt": "0.000001", "completion": "0.000005"}]}
    it.free()
    up, it = one({"known_models": {"m": {"pricing": price}}})
    for cost in both(it, up, cached, "openai/m", {"service_tier": "flex"}):
        check("override of a tier", "cost", Decimal(cost["total"]), Decimal("0.15"))
        check("override of a tier", "assumed", {line["bucket"] for line in cost["lines"] if line.get("assumed")}, {"cache_read"})
    for cost in both(it, up, cached, "openai/m", {}):
        check("without the tier", "cost", (Decimal(cost["total"]), "assumed" in cost), (Decimal("0.25"), False))
    twice = b'{"model": "openai/m", "messages": [{"role": "user", "content": "x"}], "service_tier": "flex", "service_tier": "auto"}'
    status, _, error = it.call("chat", twice)
    check("two tiers in one request", "status", (status, b"service_tier" in (error or b"")), (102, True))
    it.free()


def of_anthropic(usage):
    """Its answer, and its stream."""
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [{"type": "text", "text": "Hello"}], "stop_reason": "end_turn", "stop_sequence": None, "usage": usage}
    events = [{"type": "message_start", "message": {**message, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}},
              {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
              {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}}, {"type": "content_block_stop", "index": 0},
              {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": {"output_tokens": usage["output_tokens"]}}, {"type": "message_stop"}]

    def behave(handler, seen):
        if seen.body.get("stream"):
            servers.send_stream(handler, [json.dumps(event) for event in events])
        else:
            servers.send_json(handler, message)
        return True
    return behave


def price_factors(check):
    """Fast mode, and inference in one country, cost a multiple of all tokens' prices; where nobody knows it, the cost says that it is not exact."""
    [up] = upstreams(None)
    price = {"prompt": "0.000005", "completion": "0.000025"}
    it = client([], providers={"anthropic": {"base_url": up.url, "api_key": "sk-served"},
                               "own": {"base_url": up.url, "dialect": "anthropic", "api_key": "sk-own", "known_models": {"m": {"pricing": {**price, "input_cache_read": "0.0000005"}}}}}, provider_order=["anthropic", "own"])
    base = {"input_tokens": 1000, "cache_read_input_tokens": 1000, "cache_creation_input_tokens": 0, "output_tokens": 1000}
    cases = [  # model, what the usage says, what the request says -> cost, whether it is assumed
        ("anthropic/claude-opus-5", {}, {}, "0.0305", False), ("anthropic/claude-opus-5", {"speed": "fast"}, {}, "0.061", False),
        ("anthropic/claude-opus-5-5", {"speed": "fast"}, {}, "0.0484", False), ("anthropic/claude-opus-4-6", {"speed": "fast"}, {}, "0.183", False),
        ("anthropic/claude-opus-5", {"inference_geo": "us"}, {}, "0.03355", False), ("anthropic/claude-opus-5", {"speed": "fast", "inference_geo": "us"}, {}, "0.0671", False),
        ("anthropic/claude-opus-5", {"speed": "fast", "service_tier": "batch"}, {}, "0.0305", False),
        ("anthropic/claude-opus-5", {"speed": "standard", "inference_geo": "global"}, {"speed": "fast"}, "0.0305", False),  # what was served counts
        ("anthropic/claude-opus-5", {"speed": None, "inference_geo": "not_available"}, {}, "0.0305", False),
        ("anthropic/claude-opus-5", {}, {"speed": "fast", "inference_geo": "us"}, "0.0671", False),
        ("anthropic/claude-haiku-4-5", {"speed": "fast"}, {}, "0.0061", True), ("anthropic/claude-haiku-4-5", {"inference_geo": "us"}, {}, "0.0061", True),
        ("anthropic/claude-opus-5", {"inference_geo": "eu"}, {}, "0.0305", True), ("anthropic/claude-opus-5", {"speed": "fast", "inference_geo": "eu"}, {}, "0.061", True),
        ("own/m", {"speed": "fast"}, {}, "0.0305", True), ("own/m", {"speed": 120.5}, {}, "0.0305", False),
    ]
    for model, told, request, total, assumed in cases:
        up.behave = of_anthropic({**base, **told})
        status, gatelet, error = chat(it, model, **request)
        check(f"{model} {told}", "status", status, 0)
        for cost in (gatelet["cost"], stream(it, model, **request)[1]["cost"]):
            where = f"{model} {told} {request}"
            check(where, "cost", Decimal(cost["total"]), Decimal(total))
            check(where, "assumed", cost.get("assumed", False), assumed)
            check(where, "lines", sum(Decimal(line["cost"]) for line in cost["lines"]), Decimal(total))
    it.free()


def listing(entries, answer):
    """A model list, and an answer to everything else."""
    def behave(handler, seen):
        if not handler.path.endswith("/models"):
            return answer(handler, seen)
        servers.send_json(handler, {"object": "list", "data": entries})
        return True
    return behave


def tiers_beside_a_list(check):
    """A list that has prices of long prompts, and no word for tiers, leaves those of the table alone."""
    pricing = {"prompt": "0.0000025", "completion": "0.000015", "overrides": [{"min_prompt_tokens": 272001, "prompt": "0.000007", "completion": "0.00003"}]}
    for listed, tier, total in [
        ([], "flex", "0.2"), ([], "priority", "0.8"), (pricing["overrides"], "flex", "0.2"), (pricing["overrides"], "priority", "0.8"),
        (pricing["overrides"], "default", "0.4"),
        ([{"service_tier": "flex", "prompt": "0.000001", "completion": "0.000001"}, *pricing["overrides"]], "flex", "0.11"),  # its own word first
        ([{"service_tier": "flex", "prompt": "0.000001", "completion": "0.000001"}], "priority", "0.8"),
        ([{"service_tier": "unheard-of", "prompt": "0.000001"}], "default", "0.4"),
    ]:
        up, it = one({"models": {"form": "openrouter"}})
        up.behave = listing([{"id": "gpt-5.4", "pricing": {**pricing, "overrides": listed}}], answering(BIG, service_tier=tier))
        check("list", "status", it.call("list_models", None)[0], 0)
        cost = chat(it, "openai/gpt-5.4")[1]["cost"]
        check(f"list with {listed}, {tier}", "cost", (Decimal(cost["total"]), cost["price_source"], cost.get("assumed", False)), (Decimal(total), "api", False))
        it.free()


# The shape of https://router.huggingface.co/v1/models, USD per million tokens.
SERVERS = [{"provider": "novita", "status": "live", "context_length": 131072, "pricing": {"input": 0.04, "output": 0.14}},
           {"provider": "cerebras", "status": "live", "context_length": 131072, "pricing": {"input": 0.35, "output": 0.75}, "supports_tools": True},
           {"provider": "groq", "status": "live", "pricing": {"input": 0.15, "output": 0.6}},
           {"provider": "scaleway", "status": "live", "context_length": 131072},
           {"provider": "mistaken", "status": "live", "pricing": {"input": 40000, "output": 140000}},
           {"provider": "down", "status": "error", "pricing": {"input": 9, "output": 9}}]
ROUTED = [{"id": "openai/gpt-oss-120b", "object": "model", "owned_by": "openai", "providers": SERVERS},
          {"id": "one/server", "object": "model", "providers": SERVERS[:1]}]


def router(row=None, entries=ROUTED, name="huggingface"):
    """Hugging Face's router with its list fetched, and a way to have it answer with headers and members."""
    [up] = upstreams(None)
    it = client([], providers={name: {"base_url": up.url, "api_key": "sk-served", **(row or {})}}, provider_order=[name])

    def ask(model, root=None, headers=None, usage=BIG, message=None):
        def answer(handler, seen):
            if seen.body.get("stream"):
                events = [json.loads(event) for event in chunks(usage, **(root or {}))[:-1]]
                events[-1]["choices"][0]["delta"] |= message or {}
                servers.send_stream(handler, [json.dumps(event) for event in events] + ["[DONE]"], **(headers or {}))
            else:
                choice = {"index": 0, "message": {"role": "assistant", "content": "Hello", **(message or {})}, "finish_reason": "stop"}
                servers.send_json(handler, {"object": "chat.completion", "model": "m", "choices": [choice], "usage": usage, **(root or {})}, **(headers or {}))
            return True
        up.behave = listing(entries, answer)
        status, gatelet, error = chat(it, f"{name}/{model}")
        assert status == 0, error
        return gatelet["cost"], stream(it, f"{name}/{model}")[1]["cost"]
    up.behave = listing(entries, answering(BIG))
    assert it.call("list_models", None)[0] == 0
    return it, ask


def facts(cost):
    span = cost.get("range")
    return (Decimal(cost["total"]), cost.get("assumed", False), span and (Decimal(span["low"]), Decimal(span["high"])), cost.get("served_by"))


def servers_behind_a_router(check):
    it, ask = router()
    low, high = Decimal("0.0054"), Decimal("0.0425")
    cases = [  # model, header -> cost, assumed, range, served_by
        ("openai/gpt-oss-120b", "cerebras", (high, False, None, "cerebras")), ("openai/gpt-oss-120b", "Cerebras", (high, False, None, "Cerebras")),
        ("openai/gpt-oss-120b", "groq", (Decimal("0.021"), False, None, "groq")), ("openai/gpt-oss-120b", "novita", (low, False, None, "novita")),
        ("openai/gpt-oss-120b", None, (low, True, (low, high), None)),
        ("openai/gpt-oss-120b", "scaleway", (low, True, (low, high), "scaleway")), ("openai/gpt-oss-120b", "nobody", (low, True, (low, high), "nobody")),
        ("openai/gpt-oss-120b", "mistaken", (low, True, (low, high), "mistaken")), ("openai/gpt-oss-120b", "down", (low, True, (low, high), "down")),
        ("openai/gpt-oss-120b:cerebras", None, (high, False, None, None)), ("openai/gpt-oss-120b:cerebras", "cerebras", (high, False, None, "cerebras")),
        ("openai/gpt-oss-120b:cerebras", "groq", (Decimal("0.021"), False, None, "groq")),  # what was served counts
        ("openai/gpt-oss-120b:cheapest", None, (low, True, (low, high), None)), ("openai/gpt-oss-120b:fastest", None, (low, True, (low, high), None)),
        ("openai/gpt-oss-120b:fastest", "cerebras", (high, False, None, "cerebras")), ("openai/gpt-oss-120b:preferred", "groq", (Decimal("0.021"), False, None, "groq")),
        ("one/server", None, (low, False, None, None)), ("one/server", "novita", (low, False, None, "novita")),
    ]
    for model, header, wanted in cases:
        for cost in ask(model, headers={"X-Inference-Provider": header} if header else None):
            check(f"{model} by {header}", "cost", facts(cost), wanted)
    for cost in ask("openai/gpt-oss-120b:unheard-of"):
        check("a suffix that nobody knows", "cost", (cost["source"], cost["total"]), ("unknown", None))
    status, text, _ = it.call("chat", json.dumps({"model": "huggingface/openai/gpt-oss-120b:cerebras", "messages": [{"role": "user", "content": "x"}],
                                                  "gatelet": {"dry_run": True}}).encode())
    plan = json.loads(text)["plan"][0]
    check("the plan of a suffix", "pricing", (plan["pricing"]["prompt"], plan["pricing"]["completion"]), ("0.00000035", "0.00000075"))
    listed = json.loads(it.call("list_models", None)[1])["data"][0]["pricing"]
    check("the list", "servers", [(rule["server"], rule["prompt"]) for rule in listed["overrides"]],
          [("novita", "0.00000004"), ("cerebras", "0.00000035"), ("groq", "0.00000015")])
    it.free()


def servers_that_are_dear_first(check):
    """`:cheapest` is the cheapest one, wherever it stands."""
    it, ask = router(entries=[{"id": "m", "providers": SERVERS[1:3] + SERVERS[:1]}])
    low, high = Decimal("0.0054"), Decimal("0.0425")
    for model, total in [("m", high), ("m:cheapest", low), ("m:fastest", high)]:
        for cost in ask(model):
            check(model, "cost", facts(cost), (total, True, (low, high), None))
    it.free()


def names_in_members(check):
    """OpenRouter and Vercel name the server in the answer; a configuration can say where another router does."""
    priced = [{"id": "a/m", "pricing": {"prompt": "0.0000001", "completion": "0.0000002"}}]
    it, ask = router(entries=priced, name="openrouter")
    for cost in ask("a/m", {"provider": "Cerebras"}):
        check("OpenRouter", "cost", facts(cost), (Decimal("0.012"), False, None, "Cerebras"))
    for cost in ask("a/m", {"provider": "Cerebras"}, usage={**BIG, "cost": 0.5}):
        check("OpenRouter tells a cost", "cost", (facts(cost), cost["source"]), ((Decimal("0.5"), False, None, "Cerebras"), "reported"))
    for suffix in ("nitro", "floor"):
        for cost in ask(f"a/m:{suffix}"):
            check(suffix, "cost", facts(cost), (Decimal("0.012"), True, None, None))
    for odd in ({"provider": 5}, {"provider": None}, {"provider": {"name": "x"}}, {"provider": "x" * 500}):
        for cost in ask("a/m", odd):
            check(f"{str(odd)[:40]}", "cost", facts(cost), (Decimal("0.012"), False, None, None))
    it.free()
    it, ask = router(name="vercel-ai-gateway", entries=[{"id": "a/m", "pricing": {"input": "0.0000001", "output": "0.0000002"}}])
    meta = {"provider_metadata": {"gateway": {"routing": {"originalModelId": "a/m", "finalProvider": "vertex"}}}}
    for cost in ask("a/m", message=meta):
        check("Vercel", "cost", facts(cost), (Decimal("0.012"), False, None, "vertex"))
    it.free()
    price = {"prompt": "0.0000001", "completion": "0.0000002",
             "overrides": [{"server": "fast", "prompt": "0.000001", "completion": "0.000002"}, {"server": "slow", "prompt": "0.0000001", "completion": "0.0000001"}]}
    it, ask = router({"known_models": {"m": {"pricing": price}}, "served_by": {"header": "X-By", "members": ["deep.list.by"]}}, [], "mine")
    for root, headers, wanted in [({"deep": {"list": [{"by": "fast"}]}}, {}, ("0.12", False, None, "fast")), ({}, {"x-BY": "slow"}, ("0.011", False, None, "slow")),
                                  ({}, {}, ("0.012", True, (Decimal("0.011"), Decimal("0.12")), None))]:
        for cost in ask("m", root, headers):
            check(f"a router of one's own, {root} {headers}", "cost", facts(cost), (Decimal(wanted[0]), *wanted[1:]))
    it.free()
    # One server, with a price of its own for long prompts: it can have been nobody else.
    price["overrides"] = [{"server": "one", "prompt": "0.0000001", "completion": "0.0000002"}, {"server": "One", "min_prompt_tokens": 200001, "prompt": "0.000009"}]
    it, ask = router({"known_models": {"m": {"pricing": price}}}, [], "mine")
    for cost in ask("m"):
        check("a router with one server", "cost", facts(cost), (Decimal("0.012"), False, None, None))
    it.free()


def broken_tiers(check):
    """Words that no price is written for are errors of the configuration."""
    for override, path in [({"service_tier": "scale", "prompt": "1e-6"}, "service_tier"), ({"service_tier": 1, "prompt": "1e-6"}, "service_tier")]:
        try:
            one({"known_models": {"m": {"pricing": {"prompt": "1e-6", "overrides": [override]}}}})
            check(f"override {override}", "error", None, path)
        except Exception as error:
            check(f"override {override}", "error", path in str(error), True)


def keys_of_ones_own(check):
    """`is_byok`: the router's 0 is its own part; what the upstream asks is told, or it is not."""
    price = {"prompt": "0.000001", "completion": "0.00001"}
    up, it = one({"known_models": {"m": {"pricing": price}}})
    cases = [
        ({"cost": 0, "is_byok": True}, "computed", "0.2", True, None),
        ({"cost": 0, "is_byok": True, "cost_details": {"upstream_inference_cost": None}}, "computed", "0.2", True, None),
        ({"cost": 0, "is_byok": True, "cost_details": {"upstream_inference_cost": 0}}, "computed", "0.2", True, None),
        ({"cost": 0, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.15}}, "reported", "0.15", False, None),
        ({"cost": 0.01, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.15}}, "reported", "0.16", False, None),
        ({"cost": 0.01, "is_byok": True}, "reported", "0.01", False, ["upstream"]),
        # A cost that no answer has is none.
        ({"cost": 0.01, "is_byok": True, "cost_details": {"upstream_inference_cost": 1e20}}, "reported", "0.01", False, ["upstream"]),
        ({"cost": 0, "is_byok": True, "cost_details": {"upstream_inference_cost": -1}}, "computed", "0.2", True, None),
        ({"cost": 0, "is_byok": False}, "reported", "0", False, None), ({"cost": 0}, "reported", "0", False, None),
    ]
    for told, source, total, assumed, missing in cases:
        for cost in both(it, up, {**BIG, **told}, "openai/m", {}):
            check(f"{told}", "cost", (cost["source"], Decimal(cost["total"])), (source, Decimal(total)))
            check(f"{told}", "marks", (cost.get("assumed", False), cost.get("missing"), cost.get("at_least", False)), (assumed, missing, bool(missing)))
    it.free()
    up, it = one()
    for cost in both(it, up, {**BIG, "cost": 0, "is_byok": True}, "openai/nobody-prices-this", {}):
        check("a key of one's own, no price", "cost", (cost["source"], cost["total"]), ("unknown", None))
    it.free()


PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
SOUND = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}
CITED = {"annotations": [{"type": "url_citation", "url_citation": {"url": "https://a.example/"}}]}
MADE = {"images": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}] * 2}


def asking(*parts):
    return {"messages": [{"role": "user", "content": [{"type": "text", "text": "look"}, *parts]}]}


def beside_tokens(check):
    """Searches, images, sound and tools: a line where count and price are known, else the cost is a lower bound that names the line."""
    plain = {"prompt": "0.000001", "completion": "0.00001"}  # 0.2 for BIG
    heard = {**BIG, "prompt_tokens_details": {"audio_tokens": 1000}}
    spoken = {**BIG, "completion_tokens_details": {"audio_tokens": 1000}}
    drawn = {**BIG, "completion_tokens_details": {"image_tokens": 1000}}
    searched = {**BIG, "server_tool_use": {"web_search_requests": 3}}
    all_prices = {"web_search": "0.01", "image": "0.005", "audio": "0.00001", "audio_output": "0.0001", "image_output": "0.0001"}
    web = {"tools": [{"type": "web_search"}]}
    executed = {"executed_tools": [{"index": 0, "type": "search"}, {"index": 1, "type": "browser.search"}]}
    cases = [  # prices, row, usage, request, message -> cost, missing, a line
        ({}, {}, BIG, {}, {}, "0.2", None, None),
        # Searches.
        (all_prices, {}, searched, {}, {}, "0.23", None, ("web_search", 3)), ({}, {}, searched, {}, {}, "0.2", ["web_search"], None),
        (all_prices, {}, {**BIG, "server_tool_use": {"web_search_requests": 0}}, web, {}, "0.2", None, None),
        (all_prices, {}, BIG, web, {}, "0.2", ["web_search"], None), ({}, {}, BIG, web, {}, "0.2", ["web_search"], None),
        ({"web_search": "0"}, {}, BIG, web, {}, "0.2", None, None),  # they cost nothing
        (all_prices, {}, BIG, {"web_search_options": {}}, {}, "0.2", ["web_search"], None), (all_prices, {}, BIG, {}, CITED, "0.2", ["web_search"], None),
        (all_prices, {}, BIG, {"search_parameters": {"mode": "auto"}}, {}, "0.2", ["web_search"], None),
        (all_prices, {}, BIG, {"search_parameters": {"mode": "off"}}, {}, "0.2", None, None),
        (all_prices, {}, {**BIG, "num_sources_used": 4}, {}, {}, "0.2", ["web_search"], None),
        (all_prices, {}, {**BIG, "num_sources_used": 0}, {}, {}, "0.2", None, None),
        (all_prices, {}, BIG, {"plugins": [{"id": "web"}]}, {}, "0.2", ["web_search"], None),
        (all_prices, {"search_models": ["m*"]}, BIG, {"web_search_options": {}}, CITED, "0.21", None, ("web_search", 1)),
        ({}, {"search_models": ["m*"]}, BIG, {}, {}, "0.2", ["web_search"], None), (all_prices, {"search_models": ["x*"]}, BIG, {}, {}, "0.2", None, None),
        (all_prices, {}, BIG, {}, executed, "0.22", None, ("web_search", 2)),
        # Images.
        (all_prices, {}, BIG, asking(PICTURE, PICTURE), {}, "0.2", ["image"], None), ({}, {}, BIG, asking(PICTURE), {}, "0.2", None, None),
        ({"image": "0.000001"}, {}, BIG, asking(PICTURE), {}, "0.2", None, None), ({"image": "0"}, {}, BIG, asking(PICTURE), {}, "0.2", None, None),
        (all_prices, {"image_price": "prompt"}, BIG, asking(PICTURE, PICTURE), {}, "0.21", None, ("image", 2)),
        (all_prices, {"image_price": "prompt"}, BIG, {}, {}, "0.2", None, None),
        ({}, {"image_price": "prompt"}, BIG, asking(PICTURE), {}, "0.2", ["image"], None),
        (all_prices, {"image_price": "tokens"}, BIG, asking(PICTURE), {}, "0.2", None, None),
        (all_prices, {"image_price": "answer"}, BIG, asking(PICTURE), {}, "0.2", None, None),
        (all_prices, {"image_price": "answer"}, BIG, {}, MADE, "0.21", None, ("image", 2)),
        (all_prices, {}, BIG, {}, MADE, "0.2", ["image_output"], None), (all_prices, {}, drawn, {}, MADE, "0.29", None, ("image_output", 1000)),
        ({}, {}, drawn, {}, MADE, "0.2", ["image_output"], ("image_output", 1000)),
        # Sound.
        (all_prices, {}, heard, asking(SOUND), {}, "0.209", None, ("audio_input", 1000)), ({}, {}, heard, asking(SOUND), {}, "0.2", ["audio"], ("audio_input", 1000)),
        (all_prices, {}, BIG, asking(SOUND), {}, "0.2", ["audio"], None), ({"audio": "0.000001"}, {}, BIG, asking(SOUND), {}, "0.2", None, None),
        ({}, {}, {**BIG, "prompt_audio_seconds": 4}, {}, {}, "0.2", ["audio"], None),
        (all_prices, {}, spoken, {}, {"audio": {"data": "AAAA"}}, "0.29", None, ("audio_output", 1000)),
        (all_prices, {}, BIG, {}, {"audio": {"data": "AAAA"}}, "0.2", ["audio_output"], None), (all_prices, {}, BIG, {}, {"audio": None}, "0.2", None, None),
        # Tools.
        (all_prices, {}, BIG, {"tools": [{"type": "function", "function": {"name": "f"}}]}, {}, "0.2", None, None),
        (all_prices, {}, BIG, {"tools": [{"type": "code_interpreter"}]}, {}, "0.2", ["tools"], None),
        (all_prices, {}, BIG, {}, {"executed_tools": [{"index": 0, "type": "python"}]}, "0.2", ["tools"], None),
        # A request has its price too.
        ({"request": "0.005"}, {}, BIG, {}, {}, "0.205", None, ("request", 1)),
        # What the provider says it costs has everything in it.
        (all_prices, {}, {**searched, "cost": 0.5}, {**web, **asking(PICTURE)}, CITED, "0.5", None, None),
    ]
    [up] = upstreams(None)
    for prices, row, usage, request, message, total, missing, wanted in cases:
        it = client([{"base_url": up.url, "known_models": {"m": {"pricing": {**plain, **prices}}}, **row}])
        for streams in (False, True):
            if streams:
                first, last = json.loads(servers.chunk("Hi")), json.loads(servers.chunk("", "stop", usage=usage))
                second = json.loads(servers.chunk(" there"))
                second["choices"][0]["delta"] |= message
                up.behave = streaming(*map(json.dumps, [first, second, last]), "[DONE]")
                cost = stream(it, **request)[1]["cost"]
            else:
                up.behave = saying({"choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi", **message}, "finish_reason": "stop"}], "usage": usage})
                cost = chat(it, **request)[1]["cost"]
            where = f"{prices} {row} {usage} {request} {message} stream: {streams}"
            check(where, "cost", Decimal(cost["total"]), Decimal(total))
            check(where, "missing", (cost.get("missing"), cost.get("at_least", False)), (missing, bool(missing)))
            lines = {line["bucket"]: line.get("count", line.get("tokens")) for line in cost.get("lines", [])}
            if wanted:
                check(where, "line", lines.get(wanted[0]), wanted[1])
            elif cost["source"] == "computed":
                check(where, "lines", set(lines), {"input", "output"})
        it.free()


TESTS = [beside_tokens, price_factors, servers_behind_a_router, servers_that_are_dear_first, names_in_members, service_tiers, tiers_beside_a_list, broken_tiers, keys_of_ones_own]
