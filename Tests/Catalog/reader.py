"""What an entry of a model list must hold, read from the provider's own document. Written from what the providers' documents look
like, one function for each, and not from the library's mappings: the two are compared with each other.

Each function takes an `Entry`, which notes what was looked at, and gives the members that the provider tells; what it does not
tell is absent. What nobody looked at must stand in `NO_PLACE`: the catalog schema has no member for it."""
import datetime
import re
from decimal import Decimal

# Members that the catalog schema has no place for, by shape, as patterns over the dotted path ([] for the elements of a list).
NO_PLACE = {
    "*": r"object|owned_by|root|parent|permission\[\].*|organization|quantization|version|max_temperature",
    "openrouter": r"links\..*|benchmarks\..*|knowledge_cutoff|reasoning\..*|supported_voices(\[\])?|alias_target\..*",
    "anthropic": r"type|capabilities\..*\.(supported|.*)",
    "gemini": r"version|maxTemperature",
    "mistral": r"type|deprecation_replacement_model",
    "llamacpp": r"meta\.(?!n_ctx|n_ctx_train).*",
    "vercel": r"released",
    "together": r"pricing\.(base|finetune)",
    "deepinfra": r"pricing\.type",
    "infron": r"id|is_display_only|supported_endpoint_types\[\]|providers\[\].*",
    "huggingface": r"providers\[\].*",
    "featherless": r"model_class|available_on_current_plan",
    "groq": r"public_apps",
    "near": r"inputCostPerToken\.currency",
    "chutes": r"quantization",
    "ollama_tags": r"modified_at|size|digest|details\..*",
    "aimlapi": r"info\.developer|endpoints\[\]",
    "cohere": r"finetuned",
}

KINDS = ["prompt", "completion", "request", "image", "input_cache_read", "input_cache_write", "input_cache_write_1h", "internal_reasoning", "audio",
         "audio_output", "input_audio_cache", "image_output", "web_search"]


class Entry:
    def __init__(self, source):
        self.source, self.used = source, set()

    def get(self, path):
        value = self.source
        for name in path.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        self.used.add(path)
        return value

    def left(self):
        """Paths of values that nobody looked at."""
        found = set()

        def walk(value, path):
            if path and (path in self.used or any(path.startswith(one + ".") or path.startswith(one + "[]") for one in self.used)):
                return
            if isinstance(value, dict) and value:
                for name, inner in value.items():
                    walk(inner, f"{path}.{name}" if path else name)
            elif isinstance(value, list) and value:
                for inner in value:
                    walk(inner, path + "[]")
            elif value not in (None, "", [], {}):
                found.add(path)
        walk(self.source, "")
        return found


# ---------------------------------------------------------------- values

def text(value):
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if isinstance(value, str) and value else None


def count(value):
    if isinstance(value, str) and re.fullmatch(r"[0-9][0-9, ]*", value):
        value = int(re.sub(r"[, ]", "", value))
    if isinstance(value, Decimal) and value == value.to_integral_value():
        value = int(value)
    return value if type(value) is int and 0 < value <= 10 ** 12 else None


def moment(value):
    if isinstance(value, str):
        try:
            value = int(datetime.datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp())
        except ValueError:
            return None
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        return None
    return value if value < 10 ** 11 else value // 1000


def money(value, power=0):
    """USD as Decimal; None: not told; a negative amount stays one."""
    if isinstance(value, dict):
        amount, scale = value.get("amount"), value.get("scale")
        return money(amount, power - scale) if isinstance(scale, int) and abs(scale) <= 100 and not isinstance(amount, dict) else None
    if isinstance(value, str) and re.fullmatch(r"\s*\$?\s*-?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?([eE][+-]?\d+)?\s*", value):
        value = Decimal(re.sub(r"[$,\s]", "", value))
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return None
    return Decimal(value).scaleb(power)


def words(value):
    if isinstance(value, str):
        value = [part.strip() for part in re.split("[,;|]", value)]
    if isinstance(value, dict):
        value = [name for name, on in value.items() if on is True or isinstance(on, dict) and on.get("supported") is True]
    if not isinstance(value, list):
        return []
    return list(dict.fromkeys(one for one in value if isinstance(one, str) and one))


def modalities(value):
    plural = {"images": "image", "videos": "video", "files": "file"}
    folded = [one.lower().replace(" ", "") for one in words(value)]
    return list(dict.fromkeys(plural.get(one, one) for one in folded if one))


TYPES = {"language": "chat", "chat-completion": "chat", "text-generation": "chat", "text-to-image": "image"}
MEANS = {"function_calling": "tools", "function-calling": "tools", "structured-outputs": "structured_outputs", "image_input": "vision",
         "thinking": "reasoning"}


def means(names):
    return list(dict.fromkeys(MEANS.get(name, name) for name in names))


# ---------------------------------------------------------------- what most lists share

def basics(entry, **places):
    """Members by the paths that hold them; the first that tells something."""
    read = {"created": moment, "context_length": count, "max_output_tokens": count}
    found = {}
    for member, paths in places.items():
        values = [read.get(member, text)(entry.get(path)) for path in paths.split()]
        told = [value for value in values if value is not None]
        if told:
            found[member] = told[0]
    return found


def architecture(found, inputs, outputs, **more):
    parts = {**more, "input_modalities": inputs or None, "output_modalities": outputs or None}
    if parts.get("modality") is None and inputs and outputs:
        parts["modality"] = "+".join(inputs) + "->" + "+".join(outputs)
    parts = {name: value for name, value in parts.items() if value is not None}
    if parts:
        found["architecture"] = parts
    if "type" not in found and outputs:
        kind = "chat" if "text" in outputs else {"embeddings": "embedding"}.get(outputs[0], outputs[0] if outputs[0] in ("image", "video", "audio") else None)
        if kind:
            found["type"] = kind


def able(found, names):
    """Capabilities, and what follows of them for what a model takes."""
    names = means(names)
    for parameter in ("tools", "reasoning", "structured_outputs"):
        if parameter in found.get("supported_parameters", []) and parameter not in names:
            names.append(parameter)
    if "image" in found.get("architecture", {}).get("input_modalities", []) and "vision" not in names:
        names.append("vision")
    if names:
        found["capabilities"] = names


def priced(found, amounts, overrides=()):
    """Prices by kind. A negative one says that the price depends on the route."""
    amounts = {kind: amount for kind, amount in amounts.items() if amount is not None}
    if any(amount < 0 for amount in amounts.values()):
        found["pricing_flags"] = ["dynamic"]
        found["pricing"] = {}
    elif amounts or overrides:
        found["pricing"] = dict(amounts)
        if overrides:
            found["pricing"]["overrides"] = list(overrides)


# ---------------------------------------------------------------- the shapes

def openai(entry):
    found = basics(entry, id="id", name="name display_name", created="created", description="description", context_length="context_length max_model_len",
                   max_output_tokens="max_output_tokens max_completion_tokens")
    return found


def openrouter(entry):
    found = basics(entry, id="id", canonical_slug="canonical_slug", hugging_face_id="hugging_face_id", name="name", created="created", description="description",
                   context_length="context_length top_provider.context_length", max_output_tokens="top_provider.max_completion_tokens",
                   expiration_date="expiration_date")
    for name in ("top_provider", "per_request_limits", "default_parameters"):
        if isinstance(entry.get(name), dict):
            found[name] = entry.get(name)
    if words(entry.get("supported_parameters")):
        found["supported_parameters"] = words(entry.get("supported_parameters"))
    architecture(found, modalities(entry.get("architecture.input_modalities")), modalities(entry.get("architecture.output_modalities")),
                 modality=text(entry.get("architecture.modality")), tokenizer=text(entry.get("architecture.tokenizer")),
                 instruct_type=text(entry.get("architecture.instruct_type")))
    able(found, [])
    overrides = []
    for one in entry.get("pricing.overrides") or []:
        if isinstance(one.get("min_prompt_tokens"), int) and one["min_prompt_tokens"] > 0:
            overrides.append({"min_prompt_tokens": one["min_prompt_tokens"], **{kind: money(one[kind]) for kind in KINDS if kind in one}})
    priced(found, {kind: money(entry.get("pricing." + kind)) for kind in KINDS}, sorted(overrides, key=lambda one: one["min_prompt_tokens"]))
    return found


def anthropic(entry):
    found = basics(entry, id="id", name="display_name", created="created_at", context_length="max_input_tokens", max_output_tokens="max_tokens")
    can = words(entry.get("capabilities"))
    inputs = [name for name, capability in (("image", "image_input"), ("file", "pdf_input")) if capability in can]
    architecture(found, ["text"] + inputs if inputs else [], [])
    able(found, can)
    return found


def gemini(entry):
    found = basics(entry, id="name", name="displayName", description="description", context_length="inputTokenLimit", max_output_tokens="outputTokenLimit")
    found["id"] = found["id"].removeprefix("models/")
    methods = words(entry.get("supportedGenerationMethods"))
    by_method = {"generateContent": "chat", "embedContent": "embedding", "predict": "image", "predictLongRunning": "video", "bidiGenerateContent": "realtime"}
    kinds = [kind for method, kind in by_method.items() if method in methods]
    if kinds or len(methods) == 1:
        found["type"] = kinds[0] if kinds else methods[0]
    able(found, ["reasoning"] if entry.get("thinking") is True else [])
    defaults = {name: entry.get(theirs) for name, theirs in (("temperature", "temperature"), ("top_p", "topP"), ("top_k", "topK"))}
    defaults = {name: value for name, value in defaults.items() if value is not None}
    if defaults:
        found["default_parameters"] = defaults
    return found


def mistral(entry):
    found = basics(entry, id="id", name="name", created="created", description="description", context_length="max_context_length", expiration_date="deprecation")
    can = words(entry.get("capabilities"))
    for capability, kind in (("completion_chat", "chat"), ("audio_speech", "speech"), ("audio_transcription", "transcription"), ("moderation", "moderation"),
                             ("audio_transcription_realtime", "transcription"), ("ocr", "ocr")):
        if capability in can:
            found["type"] = kind
            break
    if "vision" in can or "audio" in can:
        architecture(found, ["text"] + ["image"] * ("vision" in can) + ["audio"] * ("audio" in can), [])
    able(found, ["audio_input" if name == "audio" else name for name in can])
    aliases = [one for one in words(entry.get("aliases")) if one != found["id"]]
    if aliases:
        found["aliases"] = aliases
    if entry.get("default_model_temperature") is not None:
        found["default_parameters"] = {"temperature": entry.get("default_model_temperature")}
    return found


def llamacpp(entry):
    found = basics(entry, id="id", created="created", context_length="meta.n_ctx meta.n_ctx_train")
    architecture(found, modalities(entry.get("architecture.input_modalities")), modalities(entry.get("architecture.output_modalities")))
    able(found, [])
    aliases = [one for one in words(entry.get("aliases")) if one != found["id"]]
    if aliases:
        found["aliases"] = aliases
    return found


def ollama_tags(entry):
    return basics(entry, id="model", name="name")


def vercel(entry):
    found = basics(entry, id="id", name="name", created="created", context_length="context_window", max_output_tokens="max_tokens")
    found["type"] = TYPES.get(entry.get("type"), entry.get("type"))
    tags = words(entry.get("tags"))
    architecture(found, ["text", "image"] if "vision" in tags else [], [])
    able(found, tags)
    theirs = {"prompt": "input", "completion": "output", "image": "image", "input_cache_read": "input_cache_read", "input_cache_write": "input_cache_write"}
    priced(found, {kind: money(entry.get("pricing." + name)) for kind, name in theirs.items()})
    return found


def together(entry):
    found = basics(entry, id="id", name="display_name", created="created", context_length="context_length", type="type")
    amounts = {"prompt": money(entry.get("pricing.input"), -6), "completion": money(entry.get("pricing.output"), -6)}
    if money(entry.get("pricing.hourly")):
        found["pricing_flags"] = ["hourly"]
        amounts = amounts if any(amounts.values()) else {}
    priced(found, amounts)
    return found


def deepinfra(entry):
    found = basics(entry, id="model_name", context_length="max_tokens")
    found["type"] = TYPES[entry.get("type")]
    priced(found, {"prompt": money(entry.get("pricing.cents_per_input_token"), -2), "completion": money(entry.get("pricing.cents_per_output_token"), -2)})
    return found


def infron(entry):
    if entry.get("invoke_name") or not isinstance(entry.get("id"), str): # its public list, in display form
        return infron_display(entry)
    found = basics(entry, id="id", name="display_name", context_length="context_length", max_output_tokens="max_output_tokens", type="category_type")
    architecture(found, modalities(entry.get("input_modalities")), modalities(entry.get("output_modalities")))
    able(found, [])
    priced(found, {"prompt": money(entry.get("min_prompt_price"), -6), "completion": money(entry.get("min_completion_price"), -6)})
    return found


def infron_display(entry):
    found = basics(entry, id="invoke_name name", name="name", context_length="input_token_limit", max_output_tokens="output_token_limit")
    architecture(found, modalities(entry.get("input_modalities")), modalities(entry.get("output_modalities")))
    able(found, [])
    amounts = {}
    for kind, side in (("prompt", "input"), ("completion", "output")):
        told = [money(entry.get(f"{which}_{side}_cost"), -6) for which in ("sale", "retail")]
        amounts[kind] = next((one for one in told if one is not None), None)
    priced(found, amounts)
    return found


def huggingface(entry):
    found = basics(entry, id="id", hugging_face_id="id", created="created")
    live = [one for one in entry.get("providers") or [] if one.get("status", "live") == "live"]
    server = next((one for one in live if isinstance(one.get("pricing"), dict)), live[0] if live else {})
    if count(server.get("context_length")):
        found["context_length"] = server["context_length"]
    architecture(found, modalities(entry.get("architecture.input_modalities")), modalities(entry.get("architecture.output_modalities")))
    able(found, ["tools"] if server.get("supports_tools") is True else [])
    pricing = server.get("pricing") or {}
    servers = []
    for one in live:
        prices = {"prompt": money((one.get("pricing") or {}).get("input"), -6), "completion": money((one.get("pricing") or {}).get("output"), -6)}
        prices = {kind: amount for kind, amount in prices.items() if amount is not None and amount >= 0}
        if prices and isinstance(one.get("provider"), str):
            servers.append({"server": one["provider"], **prices})
    priced(found, {"prompt": money(pricing.get("input"), -6), "completion": money(pricing.get("output"), -6)}, servers)
    return found


def featherless(entry):
    return basics(entry, id="id", hugging_face_id="id", name="name", context_length="context_length", max_output_tokens="max_completion_tokens")


def groq(entry):
    if entry.get("active") is False:
        return None
    return basics(entry, id="id", created="created", context_length="context_window", max_output_tokens="max_completion_tokens")


def fireworks(entry):
    found = basics(entry, id="id", created="created", context_length="context_length")
    can = [name for name, theirs in (("chat", "supports_chat"), ("tools", "supports_tools"), ("vision", "supports_image_input")) if entry.get(theirs) is True]
    if "chat" in can:
        found["type"] = "chat"
    able(found, can)
    return found


def xai(entry):
    found = basics(entry, id="id", canonical_slug="canonical_id", created="created", context_length="max_prompt_length")
    architecture(found, modalities(entry.get("input_modalities")), modalities(entry.get("output_modalities")))
    able(found, [])
    if words(entry.get("aliases")):
        found["aliases"] = words(entry.get("aliases"))
    theirs = {"prompt": "prompt_text_token_price", "completion": "completion_text_token_price", "input_cache_read": "cached_prompt_text_token_price"}
    priced(found, {kind: money(entry.get(name), -10) for kind, name in theirs.items()})
    return found


def novita(entry):
    found = basics(entry, id="id", name="title", description="description", created="created", context_length="context_size", max_output_tokens="max_output_tokens",
                   type="model_type")
    able(found, words(entry.get("features")))
    priced(found, {"prompt": money(entry.get("input_token_price_per_m"), -10), "completion": money(entry.get("output_token_price_per_m"), -10)})
    return found


def near(entry):
    found = basics(entry, id="modelId id", name="metadata.modelDisplayName", description="metadata.modelDescription",
                   context_length="metadata.contextLength context_length")
    amounts = {}
    for kind, exact, rounded in (("prompt", "inputCostPerToken", "pricing.input"), ("completion", "outputCostPerToken", "pricing.output")):
        amounts[kind] = money(entry.get(exact)) if entry.get(exact) is not None else money(entry.get(rounded), -6)
    priced(found, amounts)
    return found


def _sampling(entry, power):
    found = basics(entry, id="id", name="name", created="created", context_length="context_length", max_output_tokens="max_output_length max_completion_tokens")
    features = words(entry.get("supported_features"))
    found["supported_parameters"] = list(dict.fromkeys(words(entry.get("supported_sampling_parameters")) + features))
    architecture(found, modalities(entry.get("input_modalities")), modalities(entry.get("output_modalities")))
    able(found, features)
    priced(found, {kind: money(entry.get("pricing." + kind), power) for kind in ("prompt", "completion", "input_cache_read")})
    return found


def chutes(entry):
    return _sampling(entry, -6)


def baseten(entry):
    return _sampling(entry, 0)


def aimlapi(entry):
    found = basics(entry, id="id", name="info.name", description="info.description", context_length="info.contextLength", max_output_tokens="info.maxTokens")
    found["type"] = TYPES.get(entry.get("type"), entry.get("type"))
    features = words(entry.get("features"))
    architecture(found, ["text", "image"] if "vision" in features else [], [])
    able(found, features)
    return found


def cohere(entry):
    found = basics(entry, id="name", name="name", context_length="context_length")
    endpoints = words(entry.get("endpoints"))
    kinds = [kind for endpoint, kind in (("chat", "chat"), ("embed", "embedding"), ("rerank", "rerank")) if endpoint in endpoints]
    if kinds:
        found["type"] = kinds[0]
    vision = entry.get("supports_vision") is True
    architecture(found, ["text", "image"] if vision else [], [])
    able(found, words(entry.get("features")) + ["vision"] * vision)
    return found


SHAPES = {function.__name__: function for function in (
    openai, openrouter, anthropic, gemini, mistral, llamacpp, ollama_tags, vercel, together, deepinfra, infron, huggingface, featherless, groq,
    fireworks, xai, novita, near, chutes, baseten, aimlapi, cohere)}


def models(shape, document):
    """(expected members by id in the order of the list, values that are told and have no place)."""
    listed = document if isinstance(document, list) else document["models"] if shape in ("gemini", "xai", "ollama_tags", "cohere") else \
        document.get("data") or document.get("models")
    found, lost = {}, set()
    for one in listed:
        if not isinstance(one, dict) or not any(isinstance(one.get(name), str) for name in ("id", "name", "model_name", "modelId", "model")):
            continue
        entry = Entry(one)
        members = SHAPES[shape](entry)
        if members is None or members["id"] in found:
            continue
        found[members["id"]] = members
        allowed = re.compile("|".join(part for part in (NO_PLACE["*"], NO_PLACE.get(shape)) if part))
        lost |= {path for path in entry.left() if not allowed.fullmatch(path)}
    return found, lost
