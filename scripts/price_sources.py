"""The two public data sets that scripts/update-models reads, and what a model is while the tables are made.

genai-prices is read as constructor calls, litellm as one JSON object; nothing of either package is run. Which of their ids are ours is
said by the constants.
"""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
CATALOG = ROOT / "Sources" / "Catalog"

# What we have a row for: our provider, genai-prices' id, litellm's id (which is also what stands before its model ids).
PROVIDERS = {
    "openai": ("openai", "openai"),
    "anthropic": ("anthropic", "anthropic"),
    "gemini": ("google", "gemini"),
    "mistral": ("mistral", "mistral"),
    "deepseek": ("deepseek", "deepseek"),
    "xai": ("x-ai", "xai"),
    "groq": ("groq", "groq"),
    "cerebras": ("cerebras", "cerebras"),
    "fireworks": ("fireworks", "fireworks_ai"),
    "perplexity": ("perplexity", "perplexity"),
    "cohere": ("cohere", "cohere"),
    "moonshot": ("moonshotai", "moonshot"),
    "minimax": ("minimax", "minimax"),
    "zai": ("zai", "zai"),
    "alibaba": (None, "dashscope"),
    "meta": ("meta", "meta"),
    "sambanova": (None, "sambanova"),
    "nebius": (None, "nebius"),
    "scaleway": (None, "scaleway"),
    "cloudflare": ("cloudflare", "cloudflare"),
    "bedrock": (None, "bedrock_mantle"),
    "azure-openai": ("azure", "azure"),
    "avian": ("avian", None),
    "crusoe": (None, "crusoe"),
    "openrouter": ("openrouter", None),
    "vercel-ai-gateway": (None, "vercel_ai_gateway"),
    "together": ("together", "together_ai"),
    "deepinfra": (None, "deepinfra"),
    "novita": ("novita", "novita"),
    "baseten": ("baseten", "baseten"),
    "aihubmix": (None, "aihubmix"),
}
PROVIDERS = {provider: sources for provider, sources in PROVIDERS.items() if (CATALOG / f"{provider}.json").exists()}
# litellm files these under other providers; they are served by the same address.
ALSO = {"cohere_chat": "cohere", "text-completion-openai": "openai", "codestral": "mistral",
        "fireworks_ai-embedding-models": "fireworks"}
# Ids that the provider's own API does not have: other vendors' models on Vertex, prices by size class, regions of Azure.
FOREIGN = {
    "gemini": re.compile(r"^(?!gemini-|gemma-|text-embedding-|embedding-)"),
    "fireworks": re.compile(r"^(?!accounts/)"),
    "azure-openai": re.compile(r"^(us|eu|global|global-standard)/|^(ada|babbage|curie|davinci)$"),
    "openai": re.compile(r"\.ft-|:extended|^(ft:|container$|ada$|babbage$|curie$|davinci$|text-davinci|text-curie|text-ada|text-babbage)|/"),
    "together": re.compile(r"^[^/]*$"),
}
KINDS = ["prompt", "completion", "input_cache_read", "input_cache_write", "request", "image", "input_cache_write_1h",
         "internal_reasoning", "audio", "audio_output", "input_audio_cache", "image_output", "web_search"]
GENAI_KINDS = {
    "input_mtok": "prompt", "output_mtok": "completion", "cache_read_mtok": "input_cache_read",
    "cache_write_mtok": "input_cache_write", "cache_write_1h_mtok": "input_cache_write_1h",
    "output_reasoning_mtok": "internal_reasoning", "input_audio_mtok": "audio", "output_audio_mtok": "audio_output",
    "cache_audio_read_mtok": "input_audio_cache", "output_image_mtok": "image_output", "web_searches_kcount": "web_search",
    "requests_kcount": "request",
}
LITELLM_KINDS = {
    "input_cost_per_token": "prompt", "output_cost_per_token": "completion", "cache_read_input_token_cost": "input_cache_read",
    "cache_creation_input_token_cost": "input_cache_write",
    "cache_creation_input_token_cost_above_1hr": "input_cache_write_1h", "output_cost_per_reasoning_token": "internal_reasoning",
    "input_cost_per_audio_token": "audio", "output_cost_per_audio_token": "audio_output",
    "cache_read_input_audio_token_cost": "input_audio_cache", "output_cost_per_image_token": "image_output",
    "input_cost_per_request": "request",
}
PARAMETERS = {
    "supports_function_calling": ["tools"], "supports_tool_choice": ["tool_choice"],
    "supports_parallel_function_calling": ["parallel_tool_calls"],
    "supports_response_schema": ["response_format", "structured_outputs"], "supports_reasoning": ["reasoning"],
    "supports_web_search": ["web_search_options"],
}
PIECES = {"request", "image", "web_search"}

# Service tiers: how the sources call them, and the word of requests and answers (https://platform.openai.com/docs/api-reference/chat/create).
TIERS = {"_flex": "flex", "_priority": "priority", "_batches": "batch"}

Prices = dict[str, Decimal]
Key = tuple[str, str]  # provider, id


@dataclass
class Rule:
    """Other prices for a part of the requests. The last one that holds counts."""
    prices: Prices
    start: int = 0  # prompt tokens
    hours: str = ""  # of the UTC day
    tier: str = ""

    @property
    def condition(self) -> tuple[int, str, str]:
        return self.start, self.hours, self.tier


@dataclass
class Model:
    provider: str
    id: str
    prices: Prices = field(default_factory=dict)
    rules: list[Rule] = field(default_factory=list)
    dated: list[str] = field(default_factory=list)
    context: int | None = None
    output: int | None = None
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    parameters: list[str] = field(default_factory=list)
    name: str = ""
    deprecated: bool = False
    is_new: bool = False  # said to be released in 2026


# -- genai-prices: constructor calls in data.py

def literal(node: ast.expr) -> Any:
    """What a constructor call says, as a dictionary; nothing of the package is run."""
    if isinstance(node, ast.Call):
        name = ast.unparse(node.func).split(".")[-1]
        if name == "Decimal":
            return Decimal(ast.literal_eval(node.args[0]))
        if name in ("date", "time"):
            return tuple(ast.literal_eval(argument) for argument in node.args)
        return {"class": name, **{keyword.arg: literal(keyword.value) for keyword in node.keywords}}
    if isinstance(node, ast.List):
        return [literal(element) for element in node.elts]
    if isinstance(node, ast.Dict):
        return {literal(key): literal(value) for key, value in zip(node.keys, node.values, strict=True) if key}
    return ast.literal_eval(node)


def spellings(model: dict[str, Any]) -> list[str]:
    """The id, and the longer ones that the package takes for exactly this model; others are how other people spell it."""
    def equals(match: dict[str, Any]) -> list[str]:
        if match["class"] == "ClauseEquals":
            return [match["equals"]]
        return [id for part in match.get("or_", []) for id in equals(part)]
    id = model["id"]
    return list(dict.fromkeys([id, *(other for other in equals(model["match"]) if other.startswith(id) or other.endswith("/" + id))]))


def genai_prices(raw: dict[str, Any]) -> tuple[Prices, dict[int, Prices]]:
    base: Prices = {}
    tiers: dict[int, Prices] = {}
    for name, value in raw.items():
        kind = GENAI_KINDS.get(name)
        if kind is None or value is None:
            continue
        unit = Decimal("1e-3") if name.endswith("_kcount") else Decimal("1e-6")
        if isinstance(value, dict):
            for tier in value["tiers"]:
                tiers.setdefault(tier["start"] + 1, {})[kind] = tier["price"] * unit
            value = value["base"]
        base[kind] = value * unit
    return base, tiers


def genai_model(model: Model, raw: Any, today: tuple[int, ...]) -> None:
    """The last price that has begun counts; those of some hours are rules."""
    conditions = raw if isinstance(raw, list) else [{"prices": raw}]
    for condition in conditions:
        constraint = condition.get("constraint")
        begins = constraint and constraint.get("start_date")
        if begins and begins > today:
            continue
        base, tiers = genai_prices(condition["prices"])
        hours = ""
        if constraint and "start_time" in constraint:
            hours = "{:02}{:02}-{:02}{:02}".format(*constraint["start_time"][:2], *constraint["end_time"][:2])
            model.rules.append(Rule(base, hours=hours))
        else:
            model.prices, model.rules = base, []
        model.rules += [Rule(prices, start, hours) for start, prices in sorted(tiers.items())]


def read_genai(path: Path, today: tuple[int, ...]) -> dict[Key, Model]:
    tree = ast.parse(path.read_text())
    [data] = [literal(node.value) for node in tree.body if isinstance(node, ast.AnnAssign) and node.value]
    ours = {theirs: provider for provider, (theirs, _) in PROVIDERS.items() if theirs}
    models: dict[Key, Model] = {}
    for provider in data:
        if provider["id"] not in ours:
            continue
        for raw in provider["models"]:
            for id in spellings(raw):
                model = Model(ours[provider["id"]], id, name=raw.get("name") or "", context=raw.get("context_window"))
                genai_model(model, raw["prices"], today)
                model.is_new = bool(re.search(r"[Rr]eleased 2026", f"{raw.get('description')} {raw.get('price_comments')}"))
                model.deprecated = bool(raw.get("deprecated")) or "Retired" in (raw.get("description") or "")
                if re.search(r"embed", id):
                    model.outputs = ["embeddings"]
                models.setdefault((model.provider, id), model)
    return models


# -- litellm: one JSON object

def litellm_prices(raw: dict[str, Any], suffix: str = "") -> Prices:
    found = {kind: exact(raw[name + suffix]) for name, kind in LITELLM_KINDS.items() if raw.get(name + suffix) is not None}
    if found.get("input_cache_write") == 0:
        del found["input_cache_write"]  # there is no such thing, rather than for nothing
    searches = raw.get("search_context_cost_per_query")
    if not suffix and searches and searches.get("search_context_size_medium"):
        found["web_search"] = exact(searches["search_context_size_medium"])
    return found


def exact(number: Decimal | int) -> Decimal:
    """Without the noise of a binary fraction: 8.900000000000001e-07 was 0.89 per million."""
    return Decimal(f"{Decimal(number):.12g}").normalize()


def litellm_rules(raw: dict[str, Any]) -> list[Rule]:
    """Long prompts, then the service tiers, each with its own long prompts."""
    ends = sorted({int(m[1]) for name in raw if (m := re.search(r"_above_(\d+)k_tokens(_[a-z]+)?$", name))})
    rules = []
    for suffix, tier in {"": "", **TIERS}.items():
        for end in [0, *ends]:
            middle = f"_above_{end}k_tokens" if end else ""
            prices = litellm_prices(raw, middle + suffix) if middle or suffix else {}
            if prices:
                rules.append(Rule(prices, end * 1000 + 1 if end else 0, tier=tier))
    return rules


def litellm_model(model: Model, raw: dict[str, Any], today: str) -> None:
    model.prices = litellm_prices(raw)
    model.rules = litellm_rules(raw)
    for tier in raw.get("tiered_pricing") or []:
        start = int(tier["range"][0]) if "range" in tier else None
        if start == 0:
            model.prices |= litellm_prices(tier)
        elif start:
            model.rules.append(Rule(litellm_prices(tier), start + 1))
    if model.prices.get("prompt") == 0 == model.prices.get("completion", Decimal()):
        model.prices, model.rules = {}, []  # not known, in this data set
    model.context, model.output = whole(raw.get("max_input_tokens")), whole(raw.get("max_output_tokens"))
    model.parameters = sorted(word for name, words in PARAMETERS.items() if raw.get(name) for word in words)
    flags = {"image": "supports_vision", "audio": "supports_audio_input", "file": "supports_pdf_input", "video": "supports_video_input"}
    model.inputs = raw.get("supported_modalities") or ["text", *(word for word, flag in flags.items() if raw.get(flag))]
    model.outputs = raw.get("supported_output_modalities") or ["text"]
    if raw["mode"] == "embedding":
        model.outputs = ["embeddings"]
    model.deprecated = str(raw.get("deprecation_date") or "9999") <= today


def whole(value: Any) -> int | None:
    return int(value) if isinstance(value, int | Decimal) and value > 0 else None


def read_litellm(path: Path, today: str) -> dict[Key, Model]:
    data = json.loads(path.read_text(), parse_float=Decimal)
    ours = {theirs: provider for provider, (_, theirs) in PROVIDERS.items() if theirs} | ALSO
    models: dict[Key, Model] = {}
    for key, raw in data.items():
        provider = ours.get(raw.get("litellm_provider"))
        if provider is None or raw.get("mode") not in ("chat", "responses", "completion", "embedding"):
            continue
        theirs = PROVIDERS[provider][1]
        model = Model(provider, key.removeprefix(f"{theirs}/"))
        litellm_model(model, raw, today)
        models.setdefault((provider, model.id), model)
    return models


