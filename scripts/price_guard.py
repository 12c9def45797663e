"""What no price passes unchecked into the tables of scripts/update-models.

Every price is compared with the committed table, with each source, with the dated and undated siblings of its model, and with the same
model at other providers. A factor of FAR or more, a price where others say that it is free, a price that got lost, and an output that
costs less than a cached input are complaints. data/reviewed.tsv answers them, price by price, with a document: a line holds only for the
price that it was written for.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path
from statistics import median_low

from price_sources import KINDS, PIECES, Key, Model, Rule

FAR = 3
# What any model costs, in USD per token, and what a token of each kind costs in proportion to one of the prompt: what is outside is a
# mistake, even if all sources made it.
BAND = Decimal("1e-9"), Decimal("1e-3")
PROPORTIONS = {"completion": (Decimal("0.05"), Decimal(50)), "input_cache_read": (Decimal("0.005"), Decimal(1)),
               "input_cache_write": (Decimal("0.05"), Decimal(10)), "input_cache_write_1h": (Decimal(1), Decimal(10))}
DATED = re.compile(r"-(\d{8}|\d{4}-\d{2}-\d{2}|\d{2}-\d{4}|\d{2}-\d{2}|\d{4}|\d{6}|latest)$")
Flat = dict[str, Decimal]  # "prompt", "tokens=200001 tier=flex prompt"
GONE = "none"


def flat(model: Model) -> Flat:
    found = dict(model.prices)
    for rule in model.rules:
        found |= {f"{head(rule)} {kind}": price for kind, price in rule.prices.items()}
    return found


def head(rule: Rule) -> str:
    parts = [("tier", rule.tier), ("tokens", rule.start), ("utc", rule.hours)]
    return " ".join(f"{name}={value}" for name, value in parts if value)


def unflat(model: Model, prices: Flat) -> None:
    """The reverse of `flat`; the order of the rules stays."""
    order = [head(rule) for rule in model.rules]
    model.prices = {kind: prices[kind] for kind in KINDS if kind in prices}
    groups: dict[str, dict[str, Decimal]] = {text: {} for text in order}
    for name, price in prices.items():
        condition, _, kind = name.rpartition(" ")
        if condition:
            groups.setdefault(condition, {})[kind] = price
    model.rules = [parse_rule(f"{condition} x=0", told) for condition, told in groups.items() if told]


def parse_rule(text: str, prices: dict[str, Decimal] | None = None) -> Rule:
    rule = Rule(prices if prices is not None else {})
    for word in text.split():
        name, value = word.split("=")
        if name == "tokens":
            rule.start = int(value)
        elif name == "utc":
            rule.hours = value
        elif name == "tier":
            rule.tier = value
        elif prices is None:
            rule.prices[name] = Decimal(value)
    return rule


def read_table(text: str) -> dict[Key, Model]:
    """A table that was written before; dated ids that share a row have theirs again."""
    models: dict[Key, Model] = {}
    for line in text.splitlines():
        if line.startswith("#") or not line:
            continue
        cells = line.split("\t") + [""] * 15
        prices = {kind: Decimal(cells[at]) for at, kind in enumerate(KINDS[:4], 2) if cells[at]}
        prices |= {name: Decimal(value) for name, value in (pair.split("=") for pair in cells[6].split())}
        told = [parse_rule(rule) for rule in cells[7].split(";") if rule.strip()]
        for id in [cells[1], *(cells[1] + date for date in cells[8].split())]:
            models[cells[0], id] = Model(cells[0], id, dict(prices), list(told))
    return models


# -- reviewed lines

@dataclass
class Review:
    provider: str
    id: str
    told: dict[str, Decimal | str]
    right: dict[str, Decimal | str]
    text: str
    used: bool = False

    def fits(self, model: Model, prices: Flat) -> bool:
        return self.provider == model.provider and fnmatchcase(model.id, self.id) \
            and all(prices.get(name, GONE) == price for name, price in self.told.items())


def read_reviews(path: Path) -> list[Review]:
    reviews = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.startswith("#") or not line:
            continue
        cells = line.split("\t")
        if len(cells) != 7 or not all(cells) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", cells[6]):
            raise SystemExit(f"{path.name}:{number}: provider, id, told, right, reason, link and date, with tabs between them")
        told = named_prices(cells[2])
        right = told if cells[3] == "same" else {} if cells[3] == "unknown" else named_prices(cells[3])
        reviews.append(Review(cells[0], cells[1], told, right, line))
    return reviews


def named_prices(text: str) -> dict[str, Decimal | str]:
    """`prompt=0.11e-6, tier=flex prompt=none`."""
    found: dict[str, Decimal | str] = {}
    for part in text.split(", "):
        name, _, price = part.rpartition("=")
        found[name] = GONE if price == GONE else Decimal(price)
    return found


def reviewed(model: Model, reviews: Iterable[Review]) -> set[str]:
    """Puts what the documents say in the place of what was told; the names of the prices that a line answers for."""
    answered: set[str] = set()
    for review in reviews:
        prices = flat(model)
        if not review.fits(model, prices):
            continue
        review.used = True
        answered |= review.told.keys() | review.right.keys()
        if review.right != review.told:
            kept = {name: price for name, price in prices.items() if name not in review.told}
            unflat(model, kept | {name: price for name, price in review.right.items() if isinstance(price, Decimal)})
    return answered


# -- comparing

def factor(a: Decimal, b: Decimal) -> Decimal:
    return max(a, b) / min(a, b) if a > 0 and b > 0 else Decimal(1)


def family(id: str) -> str:
    """What one model is called at all of its providers."""
    name = id.lower().rsplit("/", 1)[-1].removeprefix("~").split("@")[0]
    name = re.sub(r"^((us|eu|global)\.)?(anthropic|openai|google|meta|mistral|deepseek|qwen|moonshotai|zai)\.", "", name)
    while (shorter := DATED.sub("", name)) != name:
        name = shorter
    return name.replace(".", "-").replace("_", "-")


@dataclass
class Neighbours:
    """The prices of one model's relatives, by the name of the price."""
    groups: dict[str, list[tuple[Key, Flat]]]

    def references(self, key: Key, name: str) -> Iterator[tuple[str, Decimal]]:
        siblings, others = [], []
        for (provider, id), prices in self.groups.get(family(key[1]), []):
            if name in prices and (provider, id) != key:
                (siblings if provider == key[0] else others).append(prices[name])
        if siblings:
            yield "its siblings", median_low(siblings)
        if others:
            yield "other providers", median_low(others)


def complaints(models: dict[Key, Model], sources: list[tuple[str, dict[Key, Model]]], reviews: list[Review]) -> tuple[list[str], list[str]]:
    """What is wrong, and the prices that nothing compares with. The models get what reviewed lines say is right."""
    told = {key: flat(model) for key, model in models.items()}
    answered = {key: reviewed(model, reviews) for key, model in models.items()}
    groups: dict[str, list[tuple[Key, Flat]]] = defaultdict(list)
    for key, model in models.items():
        if not key[1].endswith(":free"):
            groups[family(key[1])].append((key, flat(model)))
    neighbours = Neighbours(groups)
    wrong, alone = [], []
    for key in models:
        flats = [(name, flat(source[key])) for name, source in sources if key in source]
        for name, price in told[key].items():
            compared, found = compare(key, name, price, told[key], flats, neighbours)
            if found and name not in answered[key]:
                wrong.append(f"{key[0]} {key[1]}: {name} is {price}, but {found}")
            if (strange := odd(name, price, told[key])) and name not in answered[key]:
                wrong.append(f"{key[0]} {key[1]}: {name} is {price}, {strange}")
            if not compared and name not in answered[key]:
                alone.append(f"{key[0]}\t{key[1]}\t{name}")
        wrong += [f"{key[0]} {key[1]}: {name} is lost, {source} has {price}" for source, prices in flats
                  for name, price in prices.items() if price and name not in told[key] and name not in answered[key] and told[key]]
        if told[key].get("input_cache_read", 0) > told[key].get("completion", 10 ** 9) > 0 and "completion" not in answered[key]:
            wrong.append(f"{key[0]} {key[1]}: completion costs less than a cached input")
    return wrong, alone


def compare(key: Key, name: str, price: Decimal, own: Flat, flats: list[tuple[str, Flat]], neighbours: Neighbours) -> tuple[bool, str]:
    references = [(source, prices[name]) for source, prices in flats if name in prices]
    compared = len(references) > 1 or any(source == "the committed table" for source, _ in references)
    near = list(neighbours.references(key, name))
    if not references and not near:
        near = [(f"its {wider}", own[wider]) for wider in wider_names(name, own)]
    if not key[1].endswith(":free"):
        references += near
    far = [f"{source} says {other}" for source, other in references if is_far(price, other)]
    return compared or bool(near), "; ".join(far)


def odd(name: str, price: Decimal, own: Flat) -> str:
    """What of a price needs no other one to be seen."""
    condition, _, kind = name.rpartition(" ")
    if kind in PIECES or not price:
        return ""
    if not BAND[0] <= price <= BAND[1]:
        return "which no model costs"
    prompt = own.get(f"{condition} prompt".strip()) or own.get("prompt")
    if prompt and kind in PROPORTIONS and not PROPORTIONS[kind][0] <= price / prompt <= PROPORTIONS[kind][1]:
        return f"out of proportion to the prompt's {prompt}"
    return ""


def wider_names(name: str, own: Flat) -> list[str]:
    """The same kind under one condition less; where no such price is there, under none."""
    *conditions, kind = name.split()
    shorter = [" ".join([*(other for other in conditions if other != left), kind]) for left in conditions]
    return [wider for wider in shorter if wider in own] or ([kind] if conditions and kind in own else [])


def is_far(a: Decimal, b: Decimal) -> bool:
    return factor(a, b) >= FAR or (a == 0) != (b == 0)


def suggestion(key: Key, name: str, price: Decimal | str) -> str:
    """A line of data/reviewed.tsv, but for what only a person can say."""
    unit = "" if isinstance(price, str) or name.rpartition(" ")[2] in PIECES else "e-6"
    return f"{key[0]}\t{key[1]}\t{name}={price}{unit}\tsame\t?\t?\t?"
