"""`models.prices_url`: prices that a provider tells at an address of their own, for what its list does not price."""
import json
from decimal import Decimal

import library
import servers
from synthetic import answering, chat, client, upstreams

PRICED = [{"id": "a", "pricing": {"prompt": "0.000002", "completion": "0.00002", "input_cache_read": "0.000001"}},
          {"id": "listed", "pricing": {"prompt": "0.000009", "completion": "0.00009"}}, {"id": "openai/gpt-5.4", "pricing": {"prompt": "5e-6", "completion": "5e-6"}},
          {"id": "odd", "pricing": {"prompt": "40", "completion": "50"}}, {"id": "not in the list", "pricing": {"prompt": "1e-6", "completion": "1e-6"}}]
LISTED = [{"id": "a"}, {"id": "listed", "pricing": {"prompt": "0.000001", "completion": "0.00001"}}, {"id": "openai/gpt-5.4"}, {"id": "odd"}, {"id": "unpriced"},
          {"id": "openai/gpt-4o"}]
USAGE = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}


def asked(check, where, document, status=200, **row):
    """The list of a client whose provider has this behind its address of prices."""
    [up] = upstreams(None)
    answer = answering(USAGE)

    def behave(handler, seen):
        if handler.path.endswith("/prices"):
            servers.send_json(handler, document, status)
        elif handler.path.endswith("/models"):
            servers.send_json(handler, {"data": LISTED})
        else:
            return answer(handler, seen)
        return True

    up.behave = behave
    models = {"form": "openrouter", "prices_url": f"{up.url}/prices"}
    it = client([{"base_url": up.url, "api_key": "sk-prices", "models": models, **row}])
    lines = []
    it.log_to(lines)
    failed, text, error = it.call("list_models", b'{"provider": "a"}')
    check(where, "list", failed, 0)
    paths = [(seen.path.rsplit("/", 1)[1], seen.headers.get("authorization")) for seen in up.seen]
    check(where, "requests", paths, [("prices", "Bearer sk-prices"), ("models", "Bearer sk-prices")])
    found = {entry["id"]: entry for entry in json.loads(text)["data"]}
    check(where, "models", sorted(found), sorted(entry["id"] for entry in LISTED))
    return it, found, [line for _, line in lines if "prices_url" in line]


def bill(it, model):
    cost = chat(it, f"a/{model}")[1]["cost"]
    return cost["total"] and Decimal(cost["total"]), cost.get("price_source")


def prices_of_their_own_address(check):
    it, found, lines = asked(check, "prices", {"data": PRICED})
    check("prices", "log", lines, [])
    for model, wanted in [("a", ("0.004", "api")), ("listed", ("0.002", "api")), ("openai/gpt-5.4", ("0.0055", "api")), ("odd", (None, None)), ("unpriced", (None, None))]:
        total, source = wanted
        check("prices", f"bill of {model}", bill(it, model), (total and Decimal(total), source))
        check("prices", f"entry of {model}", (found[model]["pricing_known"], found[model]["pricing_source"]), (source is not None, "api" if model != "unpriced" else "unknown"))
    check("prices", "cached tokens", found["a"]["pricing"]["input_cache_read"], "0.000001")
    it.free()
    # Without them the list is one, and the log says why.
    for document, status in [({"error": "no"}, 404), ({"error": "no"}, 500), ({"models": 5}, 200), ([], 200), ({"data": [5, {"id": "a"}]}, 200)]:
        it, found, lines = asked(check, f"{status} {document}", document, status)
        check(f"{status} {document}", "entry", (found["a"]["pricing_source"], found["listed"]["pricing_source"]), ("unknown", "api"))
        check(f"{status} {document}", "log", len(lines), 0 if document == [] or "data" in document else 1)
        it.free()
    for url in ("no address", 5):
        try:
            client([{"base_url": "http://127.0.0.1:9", "models": {"prices_url": url}}])
            check(f"prices_url {url}", "error", None, "models.prices_url")
        except library.Refused as error:
            check(f"prices_url {url}", "error", "models.prices_url" in str(error), True)


TESTS = [prices_of_their_own_address]
