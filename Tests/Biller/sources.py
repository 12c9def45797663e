"""Where prices come from, and that lists, plans, routing and bills agree on them: the user's own words, files, makers, reloads, odd prices."""
import json
import os
import tempfile
from decimal import Decimal

import library
from biller import Upstream, ask, check, named, plan, shown

BIG = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}


def listed(it, **query):
    status, text, error = it.call("list_models", json.dumps(query).encode() if query else None)
    assert status == 0, error
    return {f"{entry['provider']}/{entry['id']}": entry for entry in json.loads(text)["data"]}


def agree(it, where, provider, model, prompt, completion, source, only=None):
    """List, plan and bill of one model."""
    entry, request = listed(it, **({"provider": only} if only else {}))[f"{provider}/{model}"], named(provider, model)
    check(where, "list and plan", shown(plan(it, request)), shown(entry))
    check(where, "prices", [Decimal(entry["pricing"][kind] or -1) for kind in ("prompt", "completion")], [Decimal(prompt), Decimal(completion)])
    check(where, "source", entry["pricing_source"], source)
    cost = ask(it, request)
    check(where, "bill", (Decimal(cost["total"]), cost["price_source"]), (1000 * Decimal(prompt) + 100 * Decimal(completion), source))
    return entry


KEPT = []  # functions that a client may still call


def logged(it):
    lines = []
    function = library.LOG_FN(lambda level, line, _: lines.append(line.decode()))
    assert library.lib.gatelet_set_log(it.handle, function, None, None, None) == 0
    KEPT.append(function)
    return lines


def words_of_the_user():
    """known_models and price_file, over a list and over the table; kinds that they leave out, and facts."""
    up = Upstream({"listed": [{"id": "m", "context_length": 1000, "pricing": {"prompt": "1e-6", "completion": "2e-6", "input_cache_read": "1e-7"}},
                              {"id": "n", "context_length": 1000, "pricing": {"prompt": "1e-6", "completion": "2e-6"}}, {"id": "o"}]})
    up.usage = BIG
    known = {"m": {"context_length": 77, "input_modalities": ["text", "image"], "supported_parameters": ["tools"], "pricing": {"prompt": "5e-6"}}}
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"listed": {"n": {"prompt": 7e-6, "completion": "8e-6"}, "m": {"prompt": "9e-6", "audio": "1e-5"}},
                   "openai": {"gpt-5.4": {"completion": "1e-6"}}}, file)
        file.flush()
        it = up.client({"listed": {"models": {"form": "openrouter"}, "known_models": known}, "openai": {}}, price_file=file.name)
        entry = agree(it, "known_models, file and list", "listed", "m", "5e-6", "2e-6", "configuration")
        check("kinds of three", "prices", (entry["pricing"]["audio"], entry["pricing"]["input_cache_read"]), ("0.00001", "0.0000001"))
        check("facts of known_models", "entry", (entry["context_length"], entry["architecture"]["input_modalities"], entry["supported_parameters"]),
              (77, ["text", "image"], ["tools"]))
        check("facts of known_models", "sources", {name: entry["sources"].get(name) for name in ("context_length", "architecture", "supported_parameters", "pricing")},
              dict.fromkeys(("context_length", "architecture", "supported_parameters", "pricing"), "configuration"))
        agree(it, "file over list", "listed", "n", "7e-6", "8e-6", "configuration")
        agree(it, "file over table", "openai", "gpt-5.4", "0.0000025", "1e-6", "configuration")
        check("no price", "entry", shown(listed(it)["listed/o"]), ({}, "unknown", False))
        check("no price", "plan", (plan(it, named("listed", "o"))["pricing"], plan(it, named("listed", "o"))["pricing_source"]), (None, "unknown"))
        # What sorts and filters lists is what they show.
        order = [name for name in listed(it, provider=["listed"], sort="price")]
        check("sort by price", "order", order[:2], ["listed/m", "listed/n"])
        check("max_price", "list", list(listed(it, provider=["listed"], max_price={"prompt": 6})), ["listed/m"])
        # A new configuration has other words; the list is the same.
        rows = {"listed": {"base_url": f"{up.up.url}/listed", "api_key": "sk-biller", "models": {"form": "openrouter"},
                           "known_models": {"m": {"pricing": {"prompt": "0.00004", "completion": "0.00005"}}}}}
        status = library.lib.gatelet_reload(it.handle, json.dumps({"environment": False, "request_extensions": "all", "providers": rows}).encode(), None)
        check("reload", "status", status, 0)
        entry = agree(it, "known_models after a reload", "listed", "m", "0.00004", "0.00005", "configuration")
        check("facts after a reload", "context", entry["context_length"], 1000)
        agree(it, "no file after a reload", "listed", "n", "1e-6", "2e-6", "api")
        it.free()


def makers():
    """cross_reference: what the maker asks, by its list or the table; the router's own list first."""
    router = [{"id": "openai/gpt-5.4"}, {"id": "openai/own", "pricing": {"prompt": "1e-6", "completion": "2e-6"}}, {"id": "maker/m"}]
    up = Upstream({"router": router, "maker": [{"id": "m", "pricing": {"prompt": "3e-6", "completion": "4e-6"}}]})
    up.usage = BIG
    providers = {"router": {"prices": "cross_reference", "models": {"form": "openrouter"}}, "openai": {}, "maker": {"models": {"form": "openrouter"}}}
    it = up.client(providers)
    # Before the maker's list is there, nobody knows; afterwards the router's list says so too.
    check("the maker's list is not there", "entry", shown(listed(it, provider="router")["router/maker/m"]), ({}, "unknown", False))
    listed(it, provider="maker")
    agree(it, "a maker's list", "router", "maker/m", "3e-6", "4e-6", "cross_reference", only="router")
    entry = agree(it, "a maker's table", "router", "openai/gpt-5.4", "0.0000025", "0.000015", "cross_reference", only="router")
    check("a maker's table", "tiers", [rule.get("service_tier") for rule in entry["pricing"]["overrides"]], [None, "flex", "flex", "priority", "batch", "batch"])
    agree(it, "the router's own", "router", "openai/own", "1e-6", "2e-6", "api", only="router")
    it.free()
    # Vercel's row says so by itself.
    up = Upstream({"vercel-ai-gateway": [{"id": "openai/gpt-5.4"}, {"id": "openai/own", "pricing": {"input": "1e-6", "output": "2e-6"}}]})
    up.usage = BIG
    it = up.client({"vercel-ai-gateway": {}, "openai": {}})
    agree(it, "a maker's table", "vercel-ai-gateway", "openai/gpt-5.4", "0.0000025", "0.000015", "cross_reference", only="vercel-ai-gateway")
    agree(it, "Vercel's own", "vercel-ai-gateway", "openai/own", "1e-6", "2e-6", "api", only="vercel-ai-gateway")
    it.free()


def strategies():
    """`table` and `api` mean what they say in lists too; where list and table agree, the table adds what the list leaves out."""
    entries = [{"id": "gpt-5.4", "pricing": {"prompt": "0.0000025", "completion": "0.000015"}}, {"id": "gpt-5", "pricing": {"prompt": "9e-6", "completion": "9e-6"}}]
    up = Upstream({"openai": entries})
    up.usage = BIG
    for strategy, prompt, source in [("table", "0.00000125", "table"), ("api", "9e-6", "api"), ("hybrid", "9e-6", "api")]:
        it = up.client({"openai": {"prices": strategy, "models": {"form": "openrouter"}}})
        entry = agree(it, strategy, "openai", "gpt-5.4", "0.0000025", "0.000015", "table" if strategy == "table" else "api")
        check(strategy, "cached tokens", entry["pricing"].get("input_cache_read"), None if strategy == "api" else "0.00000025")
        check(strategy, "tiers", "overrides" in entry["pricing"], strategy != "api")
        agree(it, strategy, "openai", "gpt-5", prompt, "0.00001" if strategy == "table" else "9e-6", source)
        it.free()


def odd_prices():
    """A price from the user that no model has is used, and said once in words; one from a list is shown and does not bill."""
    odd = {"prompt": "5", "completion": "0.00000000001"}
    up = Upstream({"listed": [{"id": "m", "pricing": {"prompt": "5", "completion": "6"}}]})
    up.usage = BIG
    with tempfile.TemporaryDirectory() as folder:
        for name, content in [("prices.json", json.dumps({"filed": {"m": odd}})), ("prices.tsv", "filed\tm\t5\t1e-11\n"),
                              ("models.json", json.dumps([{"id": "m", "pricing": odd}]))]:
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(content)
        for file in ("prices.json", "prices.tsv"):
            rows = {"own": {"known_models": {"m": {"pricing": odd}}}, "filed": {}, "kept": {"models": {"file": os.path.join(folder, "models.json")}},
                    "listed": {"models": {"form": "openrouter"}}}
            it = up.client(rows, price_file=os.path.join(folder, file))
            lines = logged(it)
            for provider in ("own", "filed"):
                cost = ask(it, named(provider, "m"))
                check(f"{provider}, {file}", "bill", (Decimal(cost["total"]), cost["price_source"]), (Decimal("5000.000000001"), "configuration"))
                check(f"{provider}, {file}", "plan", shown(plan(it, named(provider, "m"))), ({"prompt": "5", "completion": "0.00000000001"}, "configuration", True))
            entry = agree(it, "a list of the user's", "kept", "m", "5", "0.00000000001", "configuration", only=["kept", "listed"])
            check("a list of the user's", "flags", entry.get("pricing_flags"), None)
            listed(it, provider="kept")
            entry = listed(it, provider="listed")["listed/m"]
            check("a list of the provider's", "entry", (entry["pricing"]["prompt"], entry["pricing_known"], entry["pricing_flags"]), ("5", False, ["implausible"]))
            check("a list of the provider's", "bill", ask(it, named("listed", "m"))["source"], "unknown")
            said = [line for line in lines if "USD for one token" in line]
            check(file, "warnings", [line.count("5 USD for one token, 5000000 for a million") for line in said], [1, 1, 1])
            for word in ("providers.own.known_models.m.pricing", "price_file, filed/m", "models.json, m"):
                check(file, f"warnings about {word}", sum(word in line for line in said), 1)
            it.free()
        it = up.client({"own": {"known_models": {"m": {"pricing": {"prompt": "0.000001", "completion": "0", "web_search": "0.01"}}}}})
        check("usual prices", "warnings", [line for line in logged(it) if "USD" in line], [])
        it.free()


def broken_files():
    """What is wrong with a price file is an error that names the place."""
    cases = [('{"own": {"m": {"prompt": "x"}}}', "own.m.prompt"), ('{"nobody": {"m": {"prompt": 1}}}', "nobody"), ('{"own": {"m": {}}}', "own.m"),
             ('{"own": {"m": {"prompt": 1e-6, "price": 2}}}', "own.m.price"), ('{"own": {"": {"prompt": 1e-6}}}', "own"), ('{"own": []}', "own"),
             ('[1]', "must be an object"), ('{"own": {"m": {"prompt": 1e-6}, "m": {"prompt": 2e-6}}}', "given twice"), ('{"own": {"m"', "not JSON"),
             ('{"own": {"m": {"prompt": -1}}}', "own.m.prompt"), ('{"own": {"m": {"prompt": 1, "overrides": [{"service_tier": "x", "prompt": 1}]}}}', "service_tier"),
             ('{"own": {"m": {"prompt": null}}}', "own.m.prompt")]
    for content, word in cases:
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write(content)
            file.flush()
            try:
                Upstream().client({"own": {}}, price_file=file.name)
                check(content, "error", None, word)
            except Exception as error:
                check(content, "error", "price_file" in str(error) and word in str(error) or str(error), True)


TESTS = [words_of_the_user, makers, strategies, odd_prices, broken_files]
