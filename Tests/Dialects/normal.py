"""What requests of the native dialects mean: two that are equal in this form ask a model for the same. Numbers are compared by their text."""
import json
from decimal import Decimal

from canonical import documented, filled
from reading import Number, exactly


def value(one):
    """Numbers by what they are worth: 1.0 is 1."""
    if isinstance(one, Number):
        number = Decimal(str(one))
        return f"#{number.normalize():f}" if number else "#0"
    if isinstance(one, dict):
        return {name: value(inner) for name, inner in one.items()}
    return [value(inner) for inner in one] if isinstance(one, list) else one


def merged(messages, key):
    """Neighbours of one role are one message."""
    made = []
    for role, items in messages:
        if made and made[-1][0] == role:
            made[-1][1].extend(items)
        elif items:
            made.append((role, list(items)))
    return [{"role": role, key: items} for role, items in made]


# ---------------------------------------------------------------- Anthropic

def blocks(content):
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    made = [block(one) for one in content or []]
    # The API refuses texts of nothing but white space.
    return [one for one in made if one.get("type") != "text" or one.get("text", "").strip()]


def block(one):
    one = {name: inner for name, inner in one.items() if inner is not None}
    if one["type"] == "tool_result":
        one["content"] = blocks(one.get("content"))
        if not one.get("is_error"):
            one.pop("is_error", None)
    if one["type"] == "text":
        one.pop("citations", None)  # the provider's remarks on its own text
    return one


def results_first(items):
    """Results of tools stand before what the user says; the API wants them so."""
    return sorted(items, key=lambda one: one["type"] != "tool_result")


def anthropic_tool(one):
    one = {name: inner for name, inner in one.items() if inner is not None}
    if one.get("type") == "custom":
        del one["type"]
    if one.get("strict") is False:
        del one["strict"]
    return one


def anthropic(text):
    request = filled(value(exactly(text)))
    made = {name: one for name, one in request.items() if name not in ("model", "stream", "messages", "system", "tools", "tool_choice")}
    if made.get("temperature") == "#1":
        del made["temperature"]  # as when nothing is said
    # What the system says later is joined to what it says first.
    made["system"] = blocks(request.get("system")) + [one for message in request["messages"] if message["role"] == "system" for one in blocks(message["content"])]
    messages = merged([(message["role"], blocks(message["content"])) for message in request["messages"] if message["role"] != "system"], "content")
    for message in messages:
        if message["role"] == "user":
            message["content"] = results_first(message["content"])
    made["messages"] = messages
    made["tools"] = [anthropic_tool(one) for one in request.get("tools") or []]
    choice = dict(request.get("tool_choice") or {})
    if not choice.get("disable_parallel_tool_use"):
        choice.pop("disable_parallel_tool_use", None)
    made["tool_choice"] = {} if choice == {"type": "auto"} else choice
    return {name: one for name, one in made.items() if one not in ([], {})}


# ---------------------------------------------------------------- Gemini

def lowered(schema):
    """OpenAPI's types are words in capitals."""
    if isinstance(schema, dict):
        return {name: one.lower() if name == "type" and isinstance(one, str) else lowered(one) for name, one in schema.items()
                if name not in ("property_ordering", "propertyOrdering")}
    return [lowered(one) for one in schema] if isinstance(schema, list) else schema


def counts(part):
    """Empty texts say nothing, and summaries of thoughts need not be sent back where no signature depends on them
    (https://ai.google.dev/gemini-api/docs/thought-signatures, 2026-11)."""
    return part != {"text": ""} and not (part.get("thought") and "text" in part and not part.get("thoughtSignature"))


def joined(parts):
    """Neighbouring texts of the model are one."""
    made = []
    for part in parts:
        if made and set(part) == {"text"} == set(made[-1]):
            made[-1] = {"text": made[-1]["text"] + part["text"]}
        else:
            made.append(part)
    return made


def gemini_part(one):
    one = dict(one)
    if one.get("functionResponse", {}).get("parts"):
        one["functionResponse"]["parts"] = [gemini_part(inner) for inner in one["functionResponse"]["parts"]]
    for name in ("functionCall", "functionResponse"):
        if name in one:
            one[name] = {inner: it for inner, it in one[name].items() if inner != "id" and not (inner == "args" and not it)}
    if one.get("fileData"):
        one["fileData"] = {"fileUri": one["fileData"]["fileUri"]}  # the type is guessed from it
    return one


def declared(one):
    schema = one.get("parametersJsonSchema", one.get("parameters"))
    schema = lowered(schema) if schema else None
    if schema is not None and not schema.get("properties") and schema.get("type") == "object":
        schema = None  # no arguments
    return {"name": one["name"], "description": one.get("description") or "", "parameters": schema}


def gemini(text):
    request = value(documented(exactly(text)))
    made = {name: one for name, one in request.items() if name in ("safetySettings", "cachedContent", "labels")}
    made["system"] = [part["text"] for part in (request.get("systemInstruction") or {}).get("parts") or [] if part["text"]]
    contents = [(content.get("role") or "user", [gemini_part(one) for one in content.get("parts") or [] if counts(one)]) for content in request["contents"]]
    made["contents"] = [{**content, "parts": joined(content["parts"])} if content["role"] == "model" else content for content in merged(contents, "parts")]
    functions, others = [], []
    for one in request.get("tools") or []:
        for name, inner in one.items():
            if name == "functionDeclarations":
                functions += [declared(each) for each in inner]
            else:
                others.append({name: inner})
    made["functions"], made["tools"] = functions, others
    config = dict(request.get("toolConfig") or {})
    calling = dict(config.pop("functionCallingConfig", None) or {})
    calling = calling and calling | {"mode": calling["mode"].upper()}
    made["calling"] = {} if calling == {"mode": "AUTO"} else calling
    made["toolConfig"] = config
    generation = dict(request.get("generationConfig") or {})
    schema = generation.pop("responseJsonSchema", None) or generation.pop("responseSchema", None)
    if schema:
        generation["schema"] = lowered(schema)
    made["generationConfig"] = generation
    return {name: one for name, one in made.items() if one not in ([], {})}


FORMS = {"anthropic": anthropic, "gemini": gemini}


def differences(got, wanted, where="", found=None):
    """Places where two values differ, as sentences."""
    found = [] if found is None else found
    if type(got) is type(wanted) and isinstance(got, dict):
        for name in [*wanted, *(name for name in got if name not in wanted)]:
            place = f"{where}.{name}" if where else name
            if name not in got:
                found.append(f"{place} is lost: {json.dumps(wanted[name])[:160]}")
            elif name not in wanted:
                found.append(f"{place} was not asked for: {json.dumps(got[name])[:160]}")
            else:
                differences(got[name], wanted[name], place, found)
    elif isinstance(got, list) and isinstance(wanted, list):
        if len(got) != len(wanted):
            found.append(f"{where} has {len(got)} elements, not {len(wanted)}: {json.dumps(got)[:200]}; wanted {json.dumps(wanted)[:200]}")
        for at, (one, other) in enumerate(zip(got, wanted)):
            differences(one, other, f"{where}[{at}]", found)
    elif got != wanted:
        found.append(f"{where} is {json.dumps(got)[:160]}, not {json.dumps(wanted)[:160]}")
    return found
