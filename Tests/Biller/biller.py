"""One price, shown and billed: what lists and plans show of every row of the table, and what requests cost, against an independent biller."""
import collections
import glob
import json
import os
import random
import sys
import tempfile
import time
from decimal import Decimal

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
sys.path[:0] = [HERE, os.path.join(HERE, "..", "Replay"), os.path.join(HERE, "..", "Live"), os.path.join(HERE, "..", "Support")]

import library  # noqa: E402
import rules  # noqa: E402
import servers  # noqa: E402
from checks import Checks  # noqa: E402

ROUNDS = int(os.environ.get("GATELET_BILLS", 6000))
TIERS = [None, None, None, "default", "flex", "priority", "batch", "scale"]
chance = random.Random(int(os.environ.get("GATELET_SEED", 20261130)))
tests = Checks()


def check(where, what, got, wanted):
    tests.check(where, "" if got == wanted else f"{what} is {got!r}, not {wanted!r}")


class Upstream:
    """Answers every request with `usage` and `root`; a GET of /v1/<provider>/models with that provider's list."""

    def __init__(self, lists=None):
        self.up, self.lists, self.usage, self.root = servers.Upstream(), lists or {}, {}, {}
        self.up.behave = self.behave

    def behave(self, handler, seen):
        if seen.method == "GET":
            entries = self.lists.get(handler.path.split("/")[-2])
            servers.send_json(handler, {"data": entries} if entries is not None else {"error": {"message": "no list"}}, 200 if entries is not None else 404)
        elif seen.body.get("stream"):
            servers.send_stream(handler, [servers.chunk("Hi", **self.root), servers.chunk("", "stop", usage=self.usage, **self.root), "[DONE]"])
        else:
            choice = {"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}
            servers.send_json(handler, {"object": "chat.completion", "model": "m", "choices": [choice], "usage": self.usage, **self.root})
        return True

    def client(self, providers, **more):
        # Usage is told in whichever words, in answers of OpenAI's form; how other dialects tell it is Tests/Dialects' subject.
        rows = {name: {"base_url": f"{self.up.url}/{name}", "api_key": "sk-biller", "dialect": "openai", **row} for name, row in providers.items()}
        return library.Client(json.dumps({"environment": False, "retry": {"attempts": 0}, "request_extensions": "all", "breaker": {"enabled": False},
                                          "providers": rows, **more}))


def named(provider, model):
    """How a request asks for it. A plain word behind openrouter/ is one of OpenRouter's own models."""
    if provider == "openrouter" and "/" not in model:
        return {"model": model, "gatelet": {"provider": provider}}
    return {"model": f"{provider}/{model}"}


def ask(it, request, streams=False):
    request = {**request, "messages": [{"role": "user", "content": "hello"}]}
    if streams:
        status, _, ends, _, error = it.stream("stream", json.dumps(request).encode())
        return json.loads(ends[0][2])["gatelet"]["cost"] if ends else error
    status, answer, error = it.call("chat", json.dumps(request).encode())
    return json.loads(answer)["gatelet"]["cost"] if status == 0 else error


def plan(it, request):
    request = {**request, "messages": [{"role": "user", "content": "x"}], "gatelet": {**request.get("gatelet", {}), "dry_run": True}}
    status, answer, error = it.call("chat", json.dumps(request).encode())
    assert status == 0, error
    return json.loads(answer)["plan"][0]


def shown(entry):
    pricing = {name: value for name, value in (entry["pricing"] or {}).items() if value is not None}
    return pricing, entry["pricing_source"], entry["pricing_known"]


def amounts(prices):
    return {kind: Decimal(text) for kind, text in prices.items() if kind in rules.KINDS}


def some_usage(dialect, long=False):
    """Random buckets that this dialect can tell; the parts are parts of something."""
    used, can = {}, rules.DIALECTS[dialect]
    big = 10 ** chance.randrange(1, 7 if long else 5)
    used["input"], used["output"] = chance.randrange(1, big), chance.randrange(1, big)
    def maybe(name, most):
        if name in can and most > 0 and chance.random() < 0.5:
            used[name] = chance.randrange(0, most + 1)
    maybe("cache_read", big)
    maybe("cache_write", big)
    maybe("cache_write_1h", used.get("cache_write", 0))
    maybe("reasoning", used["output"])
    maybe("audio_input", used["input"])
    if chance.random() < 0.3:
        maybe("audio_output", used["output"])
    if chance.random() < 0.3:
        maybe("image_output", used["output"])
    if chance.random() < 0.3:
        maybe("web_searches", 9)
    # What numbers alone cannot tell apart is another test's (Tests/Usage).
    cached, thinking = used.get("cache_read", 0) + used.get("cache_write", 0), used.get("reasoning", 0)
    total = sum(used.get(name, 0) for name in ("input", "cache_read", "cache_write", "output"))
    if dialect == "xai" and (thinking == 0 or thinking >= used["output"] or thinking == cached):
        used.pop("reasoning", None)
    return used if total else some_usage(dialect, long)


def bill_one(it, up, where, request, price, dialect, as_cached=False, long=False, streams=False, searches=False):
    used, tier = some_usage(dialect, long), chance.choice(TIERS)
    up.usage, up.root = rules.told(used, dialect), {} if tier is None else {"service_tier": tier}
    for _ in range(2):  # hours: the minute may pass meanwhile
        before, cost, after = minute(), ask(it, request, streams), minute()
        if before == after:
            break
    where = f"{where} {used} in {dialect}, tier {tier}"
    if searches:
        used.setdefault("web_searches", 1)
    if not isinstance(cost, dict):
        return check(where, "answer", cost, "an answer")
    tokens = used["input"] + used.get("cache_read", 0) + used.get("cache_write", 0)
    total = None
    if price is not None and price.plausible():
        prices, stand_ins = price.at(tokens, before, tier)
        total, assumed, missing, lines = rules.bill(used, prices, stand_ins, as_cached)
    check(where, "total", cost["total"] and Decimal(cost["total"]), total)
    if total is None:
        return check(where, "source", cost["source"], "unknown")
    check(where, "source", (cost["source"], cost["price_source"]), ("computed", price.source))
    check(where, "marks", (cost.get("assumed", False), sorted(cost.get("missing", [])), cost.get("at_least", False), cost.get("service_tier")),
          (assumed, sorted(missing), bool(missing), tier))
    check(where, "lines", {line["bucket"]: Decimal(line["cost"]) for line in cost["lines"]}, lines)


def minute():
    return int(time.time()) % 86400 // 60


def makers_of(by_row):
    """What the makers of models ask, for providers whose rows say that this counts: (provider, model) -> a price, or None."""
    catalog = [json.load(open(path, encoding="utf-8")) for path in sorted(glob.glob(os.path.join(ROOT, "Sources", "Catalog", "*.json")))]
    called = collections.defaultdict(list)  # Google's models are made by two rows: the first that has a price tells it
    for row in catalog:
        for name in {one.lower() for one in [row["id"], row.get("organization"), *row.get("aliases", [])] if one}:
            called[name].append(row["id"])
    crossing = {row["id"] for row in catalog if row.get("prices") == "cross_reference"}

    def price(provider, model):
        organization, _, rest = model.partition("/")
        makers = [by_row.get((maker, rest)) for maker in called.get(organization, [])] if provider in crossing else []
        return next((rules.Price(asked.base, asked.rules, "cross_reference") for asked in makers if asked and asked.bills()), None)
    return price


def every_row():
    """List, plan and bill of each row of the table."""
    with open(os.path.join(ROOT, "data", "models.tsv"), encoding="utf-8") as file:
        rows = [rules.read_row(line) for line in file if not line.startswith("#") and line.strip()]
    up = Upstream()
    providers = sorted({provider for provider, _, _ in rows})
    it = up.client({provider: {} for provider in providers})
    status, text, error = it.call("list_models", None)
    assert status == 0, error
    entries = {(entry["provider"], entry["id"]): entry for entry in json.loads(text)["data"]}
    by_row = {(provider, model): price for provider, model, price in rows}
    maker = makers_of(by_row)
    for provider, model, price in rows:
        where, request, entry = f"{provider}/{model}", named(provider, model), entries.get((provider, model))
        if entry is None:
            check(where, "entry", None, "in the list")
            continue
        planned = plan(it, request)
        check(where, "plan", shown(planned), shown(entry))
        if planned["model"] != model:  # it stands for another one, whose price is this one's
            price = by_row.get((provider, planned["model"]), price)
        price = maker(provider, planned["model"]) or price
        if price is None:
            check(where, "price", shown(entry), ({}, "unknown", False))
        else:
            check(where, "prices", amounts(shown(entry)[0]), price.base)
            got = [({"tokens": rule.get("min_prompt_tokens"), "tier": rule.get("service_tier")}, amounts(rule)) for rule in shown(entry)[0].get("overrides", [])]
            check(where, "overrides", got, [({"tokens": when.get("tokens"), "tier": when.get("tier")}, prices) for when, prices in price.rules])
            check(where, "known", entry["pricing_known"], price.bills() and price.plausible())
        bill_one(it, up, where, request, price, chance.choice(list(rules.DIALECTS)), long=True,
                 searches=provider == "openai" and "-search-" in model)  # each answer of these is a search
    it.free()
    print(f"  {len(rows)} rows of the table shown, planned and billed")


def some_amount(kind):
    if chance.random() < 0.08:
        return Decimal(0)
    if kind in rules.PIECES:
        return Decimal(chance.randrange(1, 10 ** 6)).scaleb(-chance.randrange(3, 9))
    return Decimal(chance.randrange(1, 10 ** chance.randrange(1, 10))).scaleb(-18).max(Decimal("1e-9")).min(Decimal("1e-3"))


def some_prices(least=()):
    names = [kind for kind in rules.KINDS if kind in least or chance.random() < 0.45]
    return {kind: some_amount(kind) for kind in names if kind not in ("image", "input_audio_cache")}


def some_price(source, hours=True):
    found = []
    for _ in range(chance.randrange(4)):
        when = {}
        if chance.random() < 0.6:
            when["tokens"] = 10 ** chance.randrange(1, 6)
        if hours and chance.random() < 0.2:
            when["utc"] = (chance.randrange(1440), chance.randrange(1440))
        if chance.random() < 0.5 or not when:
            when["tier"] = chance.choice(["flex", "priority", "batch"])
        prices = some_prices()
        if prices:
            found.append((when, prices))
    return rules.Price(some_prices(("prompt", "completion")), found, source)


def text(amount, exponent=0):
    """An exact decimal, sometimes with an exponent, as people write it."""
    amount = amount.scaleb(exponent)
    return format(amount, "f") if chance.random() < 0.7 else str(amount).replace("E", "e")


def clock(minutes):
    return f"{minutes // 60:02}:{minutes % 60:02}"


def as_json(price, exponent=lambda kind: 0):
    document = {kind: text(amount, exponent(kind)) for kind, amount in price.base.items()}
    overrides = []
    for when, prices in price.rules:
        override = {kind: text(amount, exponent(kind)) for kind, amount in prices.items()}
        if "tokens" in when:
            override["min_prompt_tokens"] = when["tokens"]
        if "utc" in when:
            override["utc_from"], override["utc_to"] = map(clock, when["utc"])
        if "tier" in when:
            override["service_tier"] = when["tier"]
        overrides.append(override)
    return {**document, **({"overrides": overrides} if overrides else {})}


def as_row(provider, model, price):
    cells = [text(price.base[kind]) if kind in price.base else "" for kind in ("prompt", "completion", "input_cache_read", "input_cache_write")]
    pairs = lambda prices: " ".join(f"{kind}={text(amount)}" for kind, amount in prices.items())
    others = pairs({kind: amount for kind, amount in price.base.items() if kind not in ("prompt", "completion", "input_cache_read", "input_cache_write")})
    lines = []
    for when, prices in price.rules:
        words = [f"tokens={when['tokens']}"] if "tokens" in when else []
        words += ["utc=" + "-".join(clock(side).replace(":", "") for side in when["utc"])] if "utc" in when else []
        words += [f"tier={when['tier']}"] if "tier" in when else []
        lines.append(" ".join(words + [pairs(prices)]))
    return "\t".join([provider, model, *cells, others, "; ".join(lines)])


def in_list_order(price):
    """Of a list's overrides those of tiers count after the others, each in the order of their tokens."""
    price.rules.sort(key=lambda rule: ("tier" in rule[0], rule[0].get("tokens", 0)))
    return price


UNITS = {"usd_per_token": (0, 0), "usd_per_million": (6, 0), "us_cents_per_token": (2, 2), "1e-4_usd_per_million": (10, 4)}
PATHS = {kind: f"cost.{kind}" for kind in rules.KINDS}


def every_source():
    """Random prices from everywhere, random usages in every dialect."""
    models, up = {}, Upstream()
    providers = {"own": {"known_models": {}}, "cached": {"known_models": {}, "prompt_billed_as_cached": True}, "filed": {}, "both": {"known_models": {}}}
    for number in range(40):
        for provider in ("own", "cached"):
            models[provider, f"m{number}"] = price = some_price("configuration")
            providers[provider]["known_models"][f"m{number}"] = {"pricing": as_json(price)}
    for unit, (tokens, pieces) in UNITS.items():
        name = "list-" + unit.replace("_", "-").lower()
        map_ = {"prices": PATHS, "overrides": "cost.overrides", "unit": unit}
        providers[name], up.lists[name] = {"models": {"map": map_}}, []
        for number in range(40):
            models[name, f"m{number}"] = price = in_list_order(some_price("api"))
            up.lists[name].append({"id": f"m{number}", "cost": as_json(price, lambda kind: pieces if kind in rules.PIECES else tokens)})
    filed = {}
    for number in range(40):
        filed["filed", f"m{number}"] = models["filed", f"m{number}"] = some_price("configuration")
        # Your own word of some kinds, over the file's of others.
        filed["both", f"m{number}"] = some_price("configuration")
        own = rules.Price(some_prices(), [], "configuration")
        if own.base:
            providers["both"]["known_models"][f"m{number}"] = {"pricing": as_json(own)}
            models["both", f"m{number}"] = own.over(filed["both", f"m{number}"])
        else:
            models["both", f"m{number}"] = filed["both", f"m{number}"]
    with tempfile.TemporaryDirectory() as folder:
        document = {}
        for (provider, model), price in filed.items():
            document.setdefault(provider, {})[model] = as_json(price)
        files = {"prices.tsv": "".join(as_row(*key, price) + "\n" for key, price in filed.items()), "prices.json": json.dumps(document)}
        clients = []
        for name, content in files.items():
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(content)
            clients.append(up.client(providers, price_file=os.path.join(folder, name)))
    for it in clients:
        status, answer, error = it.call("list_models", json.dumps({"provider": sorted(up.lists)}).encode())
        assert status == 0, error
        for entry in json.loads(answer)["data"]:
            where, price = f"{entry['provider']}/{entry['id']}", models[entry["provider"], entry["id"]]
            check(where, "plan", shown(plan(it, named(entry["provider"], entry["id"]))), shown(entry))
            check(where, "prices", amounts(shown(entry)[0]), price.base)
    keys = sorted(models)
    for number in range(ROUNDS):
        provider, model = keys[number % len(keys)]
        bill_one(clients[number % 2], up, f"{provider}/{model}", named(provider, model), models[provider, model], chance.choice(list(rules.DIALECTS)),
                 as_cached=provider == "cached", long=True, streams=number % 4 == 0)
    for it in clients:
        it.free()


def main():
    import recorded
    import sources

    def recorded_costs():
        recorded.compare(check, lambda line: print("  " + line))

    tests.run([*sources.TESTS, every_row, every_source, recorded_costs])
    return tests.end()


if __name__ == "__main__":
    sys.modules["biller"] = sys.modules["__main__"]
    sys.exit(main())
