"""The independent reader: disjoint buckets of a usage object, and what they cost. Written from the providers' documents with
plain dictionaries and decimals; nothing here is shared with the library."""
from decimal import Decimal, localcontext


def number(value):
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return None
    if value != int(value) or value < 0 or value >= 1 << 48:
        return None
    return int(value)


def path(usage, *names):
    for name in names:
        usage = usage.get(name) if isinstance(usage, dict) else None
    return number(usage)


def first(*values):
    return next((value for value in values if value is not None), None)


def gemini(usage):
    prompt, tool = path(usage, "promptTokenCount"), path(usage, "toolUsePromptTokenCount") or 0
    cached, thoughts = path(usage, "cachedContentTokenCount"), path(usage, "thoughtsTokenCount")
    words = path(usage, "candidatesTokenCount")
    result = {"cache_read": cached, "reasoning": thoughts}
    if prompt is not None:
        result["input"] = prompt + tool - (cached or 0)
    if words is not None or thoughts is not None:
        result["output"] = (words or 0) + (thoughts or 0)
    elif prompt is not None and path(usage, "totalTokenCount") is not None:
        result["output"] = path(usage, "totalTokenCount") - prompt - tool
    return result


def anthropic(usage):
    result = {"input": path(usage, "input_tokens"), "output": path(usage, "output_tokens"),
              "cache_read": path(usage, "cache_read_input_tokens"), "cache_write": path(usage, "cache_creation_input_tokens"),
              "reasoning": path(usage, "output_tokens_details", "thinking_tokens")}
    hour = path(usage, "cache_creation", "ephemeral_1h_input_tokens")
    if hour is not None:
        result["cache_write_1h"] = hour
    for step in usage.get("iterations") or []:
        if step["type"] == "compaction":
            result["input"] += step["input_tokens"]
            result["output"] += step["output_tokens"]
    return result


def openai(usage):
    prompt, completion, total = path(usage, "prompt_tokens"), path(usage, "completion_tokens"), path(usage, "total_tokens")
    cached = first(path(usage, "prompt_tokens_details", "cached_tokens"), path(usage, "prompt_cache_hit_tokens"),
                   path(usage, "cached_tokens"), path(usage, "num_cached_tokens"), path(usage, "cache_read_input_tokens"))
    written = first(path(usage, "prompt_tokens_details", "cache_write_tokens"), path(usage, "cache_creation_input_tokens"))
    reasoning = first(path(usage, "completion_tokens_details", "reasoning_tokens"), path(usage, "reasoning_tokens"))
    audio = first(path(usage, "prompt_tokens_details", "audio_tokens"), path(usage, "audio_prompt_tokens"))
    result = {"cache_read": cached, "cache_write": written, "reasoning": reasoning, "output": completion}
    if completion is None and None not in (total, prompt):
        result["output"] = total - prompt
    # What the total holds beyond prompt and completion says what was counted beside them.
    beyond = total - prompt - (completion or 0) if None not in (total, prompt) else None
    if completion is not None and reasoning and (beyond == reasoning or (beyond is None and reasoning > completion)
                                                 or reasoning // 2 > completion):
        result["output"] = completion + reasoning  # twice as much cannot be part of it (Vercel)
        beyond = 0
    elif completion is not None and reasoning and reasoning > completion:
        result["reasoning"] = completion  # counted by another tokenizer (OpenRouter)
    if prompt is not None:
        inside = (cached or 0) + (written or 0)
        if cached and written and beyond == 0 and inside > prompt >= max(cached, written):
            result["input"] = prompt - max(cached, written)  # the same tokens, read and written
        elif completion is not None and inside and (inside > prompt or beyond == inside):
            result["input"] = prompt
        else:
            result["input"] = prompt - inside + (audio if completion is not None and audio and beyond == audio else 0)
    if path(usage, "prompt_cache_miss_tokens") is not None:
        result["input"] = path(usage, "prompt_cache_miss_tokens")
    hour = path(usage, "cache_creation", "ephemeral_1h_input_tokens")
    if hour is not None:
        result["cache_write_1h"] = hour
    return result


def buckets(usage):
    """{bucket: tokens}, without those that are not known; None when nothing is."""
    if not isinstance(usage, dict):
        return None
    if any(name.endswith("TokenCount") for name in usage):
        result = gemini(usage)
    elif "input_tokens_details" in usage:  # OpenAI's Responses
        result = openai({{"input": "prompt", "output": "completion"}.get(name.split("_")[0], "total") + name[name.index("_"):]: value for name, value in usage.items()})
    elif "prompt_tokens" not in usage and "input_tokens" in usage:
        result = anthropic(usage)
    else:
        result = openai(usage)
    result = {name: count for name, count in result.items() if count is not None}
    if not {"input", "output"} & set(result):
        return None
    total = first(path(usage, "total_tokens"), path(usage, "totalTokenCount"))
    if total is None and {"input", "output"} <= set(result):
        total = sum(result.get(name, 0) for name in ("input", "cache_read", "cache_write", "output"))
    if total is not None:
        result["total"] = total
    return result


def reported(usage, answer):
    """What the provider says that it costs, as a Decimal."""
    usage = usage if isinstance(usage, dict) else {}
    if usage.get("cost_in_usd_ticks") is not None:
        return Decimal(usage["cost_in_usd_ticks"]) * Decimal("1e-10")
    cost = usage.get("cost")
    if isinstance(answer, dict) and isinstance(answer.get("cost"), (dict, int, Decimal)):
        cost = answer["cost"]
    if isinstance(cost, dict):
        cost = first(cost.get("total_cost"), cost.get("usd"), cost.get("total"))
    if cost is None or isinstance(cost, bool):
        return None
    upstream = (usage.get("cost_details") or {}).get("upstream_inference_cost")
    cost = Decimal(cost)
    return cost + Decimal(upstream) if usage.get("is_byok") and upstream is not None else cost


def bill(found, prices):
    """The cost of buckets by prices {OpenRouter's name: decimal text}; None when a price is missing."""
    with localcontext() as context:
        context.prec = 80
        get = {name: Decimal(text) for name, text in prices.items()}.get
        prompt, completion = get("prompt"), get("completion")
        hour = found.get("cache_write_1h", 0)
        parts = [
            (found["input"], prompt), (found.get("cache_read", 0), first(get("input_cache_read"), prompt)),
            (found.get("cache_write", 0) - hour, first(get("input_cache_write"), prompt)),
            (hour, first(get("input_cache_write_1h"), get("input_cache_write"), prompt))]
        thinking = found.get("reasoning", 0) if get("internal_reasoning") else 0
        parts += [(found["output"] - thinking, completion), (thinking, get("internal_reasoning")), (1 if get("request") else 0, get("request"))]
        if any(count and price is None for count, price in parts):
            return None
        return sum((count * price for count, price in parts if count), Decimal(0))
