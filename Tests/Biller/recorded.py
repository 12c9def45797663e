"""The costs that providers told in recorded answers, computed again from the recorded usage by the prices at hand. They may differ, as
prices have changed since and routers have many servers; each difference is put into a class, and there is none for anything else."""
import collections
import json
import os
import sys
from decimal import Decimal

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "Usage"))

import buckets  # noqa: E402
import exchanges  # noqa: E402
import rules  # noqa: E402
import usage as reading  # noqa: E402

LEAST = exchanges.least(8, 500)  # recorded answers with a cost
CLASSES = {
    "the same": "to a hundredth of a percent",
    "its parts": "the parts that the provider tells of it add up, at other prices than ours: of another day, or of another server",
    "own key": "the router's part is 0, the upstream's is told",
    "by search": "a fee for searches or other tools of the provider, which tokens do not show",
    "at another price": "both are plain sums of tokens, but each token costs other than ours does now",
    "no price": "nothing at hand prices the model",
    "free": "the provider charged nothing",
}


def prices_at_hand():
    found = {}
    with open(os.path.join(HERE, "..", "..", "data", "models.tsv"), encoding="utf-8") as file:
        for line in file:
            if not line.startswith("#") and line.strip():
                provider, model, price = rules.read_row(line)
                found[provider, model] = price
    for folder in exchanges.folders():
        with open(os.path.join(folder, "models", "openrouter.json"), encoding="utf-8") as file:
            for entry in json.load(file)["data"]:
                base = {kind: Decimal(amount) for kind, amount in entry["pricing"].items() if kind in rules.KINDS}
                if all(amount >= 0 for amount in base.values()):
                    found["openrouter", entry["id"]] = rules.Price(base, source="api")
    return found


def price_of(prices, provider, *models):
    for model in models:
        for name in (model, (model or "").split("@")[0]):
            if (provider, name) in prices:
                return prices[provider, name]
    return None


def parts_of(usage, cost):
    """What the provider says the cost is made of, as amounts; empty where it does not."""
    details = usage.get("cost_details") or {}
    told = [details.get("upstream_inference_prompt_cost"), details.get("upstream_inference_completions_cost")]
    if isinstance(usage.get("cost"), dict):
        told = [amount for name, amount in usage["cost"].items() if name.endswith("_cost") and name != "total_cost"]
    return [Decimal(amount) for amount in told if amount is not None]


def near(a, b):
    return abs(a - b) <= max(abs(a), abs(b)) / 10000 + Decimal("1e-9")


def has_tools(usage, answer):
    tools = usage.get("server_tool_use_details") or usage.get("server_tool_use") or {}
    return any(tools.values()) or bool(usage.get("search_context_size")) or any(f'"type": "{kind}"' in json.dumps(answer, default=str) for kind in ("url_citation", "file"))  # a file that was read costs, too


def judge(usage, answer, cost, used, price):
    if usage.get("is_byok"):
        return "own key"
    own = price and rules.bill(used, price.at(sum(used.get(name, 0) for name in ("input", "cache_read", "cache_write")), 0, None)[0])[0]
    if own is not None and near(own, cost):
        return "the same"
    if cost == 0:
        return "free"
    if has_tools(usage, answer):
        return "by search"
    parts = parts_of(usage, cost)
    if parts and near(sum(parts), cost):
        return "its parts"
    if own is None:
        return "no price"
    # A token's price differs by a factor that a price can differ by, whatever the usage: what is more is a mistake of the usage.
    return "at another price" if own == 0 or Decimal("0.02") < cost / own < 50 else None


def compare(check, note):
    """Checks each recorded cost; `note` gets a line for each class."""
    prices, counts, compared = prices_at_hand(), collections.Counter(), 0
    for exchange in exchanges.recorded(collections.Counter()):
        if exchange.kind not in ("chat", "completion", "embeddings"):
            continue
        usage, answer = reading.upstream_usage(exchange)
        used = buckets.buckets(usage)
        cost = buckets.reported(usage, answer) if isinstance(usage, dict) else None
        if cost is None or used is None or not {"input", "output"} <= set(used):
            continue
        compared += 1
        model = exchange.request.get("model")
        price = price_of(prices, exchange.provider, model, (answer or {}).get("model"))
        used = {name: count for name, count in used.items() if name != "total"}
        found = judge(usage, answer, cost, used, price)
        check(f"{exchange.id} ({exchange.provider}, {model})", "class of its cost", found in CLASSES, True)
        counts[exchange.provider, found] += 1
    check("recorded costs", "number", compared >= LEAST, True)
    for name, meaning in CLASSES.items():
        of = {provider: count for (provider, found), count in sorted(counts.items(), key=str) if found == name}
        if of:
            note(f"{sum(of.values()):4} {name} ({meaning}): " + ", ".join(f"{provider} {count}" for provider, count in of.items()))
