"""What a request costs, by the documented rules (docs/prices.md, docs/usage.md) and with `decimal` alone. Nothing here is shared with
the library."""
from decimal import Decimal, getcontext

getcontext().prec = 90
KINDS = ["prompt", "completion", "request", "image", "input_cache_read", "input_cache_write", "input_cache_write_1h", "internal_reasoning",
         "audio", "audio_output", "input_audio_cache", "image_output", "web_search"]
PIECES = {"request", "image", "web_search"}
USUAL = {None, "", "default", "standard", "auto", "on_demand"}


class Price:
    """`base`: kind -> USD; `rules`: [(conditions, kind -> USD)]; conditions: tokens, utc (from, to), tier, server."""

    def __init__(self, base, rules=(), source="table"):
        self.base, self.rules, self.source = dict(base), list(rules), source

    def plausible(self):
        for prices in [self.base] + [prices for _, prices in self.rules]:
            for kind, amount in prices.items():
                if amount and not Decimal("1e-9") <= amount <= (1000 if kind in PIECES else Decimal("1e-3")):
                    return False
        return True

    def bills(self):
        return "prompt" in self.base and "completion" in self.base

    def over(self, other):
        """Kind by kind: where this says nothing, the other's word holds, in its rules too."""
        if other is None or self.bills() and not other.plausible():
            return self
        rules = [(when, {kind: amount for kind, amount in prices.items() if kind not in self.base}) for when, prices in other.rules]
        return Price({**other.base, **self.base}, [rule for rule in rules if rule[1]] + self.rules, self.source)

    def at(self, tokens, minute, tier):
        """(kind -> USD, kinds whose price stands in for that of a tier)"""
        prices, named = dict(self.base), set()
        if prices.get("internal_reasoning") == prices.get("completion"):
            prices.pop("internal_reasoning", None)
        for when, other in self.rules:
            first, last = when.get("utc", (0, 0))
            inside = first == last or (first <= minute < last if first < last else minute >= first or minute < last)
            if tokens < when.get("tokens", 0) or not inside or when.get("tier") not in (None, tier):
                continue
            prices.update(other)
            if "tier" in when:
                named |= set(other)
        return prices, set() if tier in USUAL else set(prices) - named - PIECES


def bill(used, prices, stand_ins=frozenset(), as_cached=False):
    """(total or None, assumed, missing, {bucket: cost}) of `used`, buckets as in `gatelet.usage`."""
    count = lambda name: used.get(name, 0)
    audio, hour, rest = count("audio_input"), count("cache_write_1h"), count("output")
    own = prices.get("internal_reasoning")
    thinking = min(rest, count("reasoning")) if own and own != prices.get("completion") else 0
    spoken = min(rest - thinking, count("audio_output"))
    drawn = min(rest - thinking - spoken, count("image_output"))
    lines = [("input", count("input") - audio, ["input_cache_read" if as_cached else "prompt", "prompt"]), ("audio_input", audio, ["audio", "prompt"]),
             ("cache_read", count("cache_read"), ["input_cache_read", "prompt"]),
             ("cache_write", count("cache_write") - hour, ["input_cache_read" if as_cached else "input_cache_write", "prompt"]),
             ("cache_write_1h", hour, ["input_cache_write_1h", "input_cache_write", "prompt"]),
             ("output", rest - thinking - spoken - drawn, ["completion"]), ("reasoning", thinking, ["internal_reasoning"]),
             ("audio_output", spoken, ["audio_output", "completion"]), ("image_output", drawn, ["image_output", "completion"])]
    if prices.get("request"):
        lines.append(("request", 1, ["request"]))
    if "web_search" in prices:
        lines.append(("web_search", count("web_searches"), ["web_search"]))
    total, assumed, costs = Decimal(0), False, {}
    for name, number, kinds in lines:
        if number <= 0:
            continue
        kind = next((kind for kind in kinds if kind in prices), None)
        if kind is None:
            return None, False, [], {}
        assumed = assumed or kind != kinds[0] or kinds[0] in stand_ins
        costs[name] = number * prices[kind]
        total += costs[name]
    missing = ["web_search"] if count("web_searches") and "web_search" not in prices else []
    for bucket, kind in [("audio_input", "audio"), ("audio_output", "audio_output"), ("image_output", "image_output")]:
        if count(bucket) and kind not in prices:
            missing.append(kind)
    return total, assumed, missing, costs


def amount(text):
    """A price is a whole number of 1e-18 USD."""
    return Decimal(text).quantize(Decimal("1e-18"))


def read_row(line):
    """(provider, id, Price or None) of a line of a table."""
    cells = line.rstrip("\n").split("\t")
    cells += [""] * (15 - len(cells))
    base = {kind: amount(cell) for kind, cell in zip(["prompt", "completion", "input_cache_read", "input_cache_write"], cells[2:6]) if cell}
    base.update((kind, amount(cell)) for kind, cell in (pair.split("=") for pair in cells[6].split()))
    rules = []
    for text in cells[7].split(";"):
        when, prices = {}, {}
        for name, value in (pair.split("=") for pair in text.split()):
            if name == "tokens":
                when["tokens"] = int(value)
            elif name == "utc":
                first, last = (int(side[:2]) * 60 + int(side[2:]) for side in value.replace(":", "").split("-"))
                when["utc"] = (first % 1440, last % 1440)
            elif name == "tier":
                when["tier"] = value
            else:
                prices[name] = amount(value)
        if prices:
            rules.append((when, prices))
    return cells[0], cells[1], Price(base, rules) if base else None


def told(used, dialect):
    """A usage object in the words of one of those who tell it."""
    prompt = used["input"] + used.get("cache_read", 0) + used.get("cache_write", 0)
    output, thinking, cached = used["output"], used.get("reasoning", 0), used.get("cache_read", 0)
    inside = {"cached_tokens": cached, "cache_write_tokens": used.get("cache_write", 0), "audio_tokens": used.get("audio_input", 0)}
    outside = {"reasoning_tokens": thinking, "audio_tokens": used.get("audio_output", 0), "image_tokens": used.get("image_output", 0)}
    searches = {"server_tool_use": {"web_search_requests": used["web_searches"]}} if "web_searches" in used else {}
    if dialect == "openai":
        return {"prompt_tokens": prompt, "completion_tokens": output, "total_tokens": prompt + output, "prompt_tokens_details": inside,
                "completion_tokens_details": outside, **searches}
    if dialect == "anthropic":
        hour = used.get("cache_write_1h", 0)
        return {"input_tokens": used["input"], "cache_read_input_tokens": cached, "cache_creation_input_tokens": used.get("cache_write", 0),
                "cache_creation": {"ephemeral_5m_input_tokens": used.get("cache_write", 0) - hour, "ephemeral_1h_input_tokens": hour},
                "output_tokens": output, "output_tokens_details": {"thinking_tokens": thinking}, **searches}
    if dialect == "gemini":
        return {"promptTokenCount": prompt, "cachedContentTokenCount": cached, "candidatesTokenCount": output - thinking, "thoughtsTokenCount": thinking,
                "totalTokenCount": prompt + output}
    if dialect == "deepseek":
        return {"prompt_tokens": prompt, "prompt_cache_hit_tokens": cached, "prompt_cache_miss_tokens": prompt - cached, "completion_tokens": output,
                "total_tokens": prompt + output, "completion_tokens_details": {"reasoning_tokens": thinking}}
    if dialect == "xai":  # reasoning beside the completion
        return {"prompt_tokens": prompt, "completion_tokens": output - thinking, "total_tokens": prompt + output, "prompt_tokens_details": {"cached_tokens": cached},
                "completion_tokens_details": {"reasoning_tokens": thinking}}
    raise ValueError(dialect)


DIALECTS = {"openai": {"cache_read", "cache_write", "reasoning", "audio_input", "audio_output", "image_output", "web_searches"},
            "anthropic": {"cache_read", "cache_write", "cache_write_1h", "reasoning", "web_searches"},
            "gemini": {"cache_read", "reasoning"}, "deepseek": {"cache_read", "reasoning"}, "xai": {"cache_read", "reasoning"}}
