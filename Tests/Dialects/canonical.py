"""Recorded requests of the native dialects as a caller of Gatelet would write them: in the canonical form, which is OpenAI's chat with
the members that docs/requests.md names. Written from the documents, and not from the library."""
import json

ANTHROPIC, GOOGLE = "anthropic-claude-v1", "google-gemini-v1"


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def filled(value):
    """Without members that are null."""
    if isinstance(value, dict):
        return {name: filled(one) for name, one in value.items() if one is not None}
    return [filled(one) for one in value] if isinstance(value, list) else value


# ---------------------------------------------------------------- Anthropic

# Passed as they are to that dialect.
OWN = ("thinking", "output_config", "output_format", "mcp_servers", "container", "context_management", "metadata", "service_tier", "cache_control", "top_k",
       "temperature", "top_p")


def from_anthropic(request):
    request = filled(request)
    made = {"max_tokens": request["max_tokens"], "messages": []}
    if request.get("system"):
        system = request["system"]
        made["messages"].append({"role": "system", "content": system if isinstance(system, str) else [part(block) for block in system]})
    for message in request["messages"]:
        made["messages"] += {"assistant": assistant, "user": user, "system": user}[message["role"]](message)
    if request.get("tools"):
        made["tools"] = [tool(one) for one in request["tools"]]
    choice = request.get("tool_choice")
    if choice:
        made["tool_choice"] = {"type": "function", "function": {"name": choice["name"]}} if choice["type"] == "tool" else {"any": "required"}.get(choice["type"], choice["type"])
        if choice.get("disable_parallel_tool_use"):
            made["parallel_tool_calls"] = False
    if request.get("stop_sequences"):
        made["stop"] = request["stop_sequences"]
    return made | {name: request[name] for name in OWN if name in request}


def cached(block, made):
    return made | ({"cache_control": block["cache_control"]} if "cache_control" in block else {})


def part(block):
    """A block of a user as a part; what has no canonical form goes as it is."""
    kind, source = block["type"], block.get("source")
    if kind == "text":
        return cached(block, {"type": "text", "text": block["text"]})  # without citations: they are the provider's remarks
    if kind == "image" and source["type"] in ("base64", "url"):
        return cached(block, {"type": "image_url", "image_url": {"url": url(source)}})
    if kind == "document" and isinstance(source, dict) and source["type"] in ("base64", "url", "file") and not block.get("citations"):
        named = {"filename": block["title"]} if block.get("title") else {}
        where = {"file_id": source["file_id"]} if source["type"] == "file" else {"file_data": url(source)}
        return cached(block, {"type": "file", "file": where | named})
    return block


def url(source):
    return source["url"] if source["type"] == "url" else f"data:{source['media_type']};base64,{source['data']}"


def user(message):
    """Results of tools are messages of their own."""
    if isinstance(message["content"], str):
        return [message]
    messages = []
    for block in message["content"]:
        if block["type"] == "tool_result":
            content = block.get("content", "")
            made = {"role": "tool", "tool_call_id": block["tool_use_id"], "content": content if isinstance(content, str) else [part(one) for one in content]}
            messages.append(cached(block, made | ({"is_error": block["is_error"]} if "is_error" in block else {})))
        elif messages and messages[-1]["role"] == message["role"]:
            messages[-1]["content"].append(part(block))
        else:
            messages.append({"role": message["role"], "content": [part(block)]})
    return messages


def assistant(message):
    if isinstance(message["content"], str):
        return [message]
    texts, details, calls, blocks, at = [], [], [], [], 0
    for index, block in enumerate(message["content"]):
        kind = block["type"]
        if kind == "text":
            texts.append(part(block))
            at += len(block["text"])
        elif kind == "thinking":
            details.append({"type": "reasoning.text", "text": block["thinking"], "signature": block.get("signature"), "format": ANTHROPIC, "index": index})
        elif kind == "redacted_thinking":
            details.append({"type": "reasoning.encrypted", "data": block["data"], "format": ANTHROPIC, "index": index})
        elif kind == "tool_use":
            calls.append({"id": block["id"], "type": "function", "function": {"name": block["name"], "arguments": compact(block["input"])}} | (
                {"cache_control": block["cache_control"]} if "cache_control" in block else {}))
        else:
            blocks.append({"format": ANTHROPIC, "index": index, "at": at, "block": block})
    made = {"role": "assistant", "content": texts or None}
    for name, value in (("reasoning_details", details), ("tool_calls", calls), ("provider_blocks", blocks)):
        if value:
            made[name] = value
    return [made]


def tool(one):
    if one.get("type", "custom") != "custom":
        return one
    function = {"name": one["name"], "parameters": one["input_schema"]}
    function |= {name: one[name] for name in ("description", "strict") if name in one}
    beside = {name: value for name, value in one.items() if name not in ("type", "name", "description", "input_schema", "strict")}
    return {"type": "function", "function": function} | beside


# ---------------------------------------------------------------- Gemini

CALLER = {"args", "response", "parametersJsonSchema", "parameters_json_schema", "responseJsonSchema", "response_json_schema"}  # theirs as they are


def camel(name):
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


def documented(value):
    """A recorded request in the spelling of the reference: camel case, no nulls, no `thought: false`, lists where they are."""
    if isinstance(value, list):
        return [documented(one) for one in value]
    if not isinstance(value, dict):
        return value
    made = {camel(name): one if name in CALLER else documented(one) for name, one in value.items()
            if one is not None and not (name == "thought" and one is False)}
    for name in ("parts", "tools"):
        if isinstance(made.get(name), dict):
            made[name] = [made[name]]
    return made


CONFIG = {"maxOutputTokens": "max_tokens", "temperature": "temperature", "topP": "top_p", "topK": "top_k", "seed": "seed", "stopSequences": "stop",
          "presencePenalty": "presence_penalty", "frequencyPenalty": "frequency_penalty"}
MODES = {"AUTO": "auto", "ANY": "required", "NONE": "none"}


def from_gemini(request):
    request = documented(request)
    made, names = {"messages": []}, Calls()
    if request.get("systemInstruction"):
        made["messages"].append({"role": "system", "content": [{"type": "text", "text": one["text"]} for one in request["systemInstruction"]["parts"]]})
    for content in request["contents"]:
        made["messages"] += (model if content.get("role") == "model" else gemini_user)(content, names)
    tools = []
    for one in request.get("tools") or []:
        for name, value in one.items():
            tools += [function(declared) for declared in value] if name == "functionDeclarations" else [{name: value}]
    if tools:
        made["tools"] = tools
    calling, mode = (request.get("toolConfig") or {}).get("functionCallingConfig"), None
    if calling:
        mode = calling["mode"].upper()
    if calling and mode not in MODES:
        made["toolConfig"] = {"functionCallingConfig": calling}  # OpenAI has no word for it
    elif calling and calling.get("allowedFunctionNames"):
        allowed = [{"type": "function", "function": {"name": name}} for name in calling["allowedFunctionNames"]]
        made["tool_choice"] = allowed[0] if len(allowed) == 1 and mode == "ANY" else {
            "type": "allowed_tools", "allowed_tools": {"mode": MODES[mode], "tools": allowed}}
    elif calling:
        made["tool_choice"] = MODES[mode]
    others = {name: value for name, value in (request.get("toolConfig") or {}).items() if name != "functionCallingConfig"}
    if others:
        made["toolConfig"] = made.get("toolConfig", {}) | others
    config = dict(request.get("generationConfig") or {})
    made |= {ours: config.pop(theirs) for theirs, ours in CONFIG.items() if theirs in config}
    if config:
        made["generationConfig"] = config
    return made | {name: request[name] for name in ("safetySettings", "cachedContent", "labels") if name in request}


class Calls:
    """Ids of calls that the recording gives none: the results follow in the order of the calls."""

    def __init__(self):
        self.count, self.open = 0, []

    def made(self, call):
        self.count += 1
        self.open.append((call["name"], call.get("id") or f"call_{self.count}"))
        return self.open[-1][1]

    def answered(self, response):
        for at, (name, id_) in enumerate(self.open):
            if response.get("id") in (None, id_) and name == response["name"]:
                return self.open.pop(at)[1]
        return response.get("id") or "call_unknown"


def function(declared):
    schema = declared.get("parametersJsonSchema", declared.get("parameters"))
    made = {"name": declared["name"]} | ({"description": declared["description"]} if "description" in declared else {})
    return {"type": "function", "function": made | ({"parameters": schema} if schema is not None else {})}


def gemini_part(one):
    """A part of a user."""
    if "text" in one:
        return {"type": "text", "text": one["text"]}
    data = one.get("inlineData") or one.get("fileData")
    kind = data["mimeType"]
    where = data["fileUri"] if "fileUri" in data else f"data:{kind};base64,{data['data']}"
    if kind.startswith("image/"):
        return {"type": "image_url", "image_url": {"url": where}}
    if kind.startswith("video/"):
        return {"type": "video_url", "video_url": {"url": where}}
    if kind.startswith("audio/") and "data" in data:
        return {"type": "input_audio", "input_audio": {"data": data["data"], "format": kind[6:]}}
    return {"type": "file", "file": {"file_data": where}}


def gemini_user(content, calls):
    messages = []
    for one in content["parts"]:
        if "functionResponse" in one:
            answer = one["functionResponse"]
            text = {"type": "text", "text": compact(answer["response"])}
            parts = [gemini_part(inner) for inner in answer.get("parts") or []]
            messages.append({"role": "tool", "tool_call_id": calls.answered(answer), "name": answer["name"], "content": [text, *parts] if parts else text["text"]})
        elif messages and messages[-1]["role"] == "user":
            messages[-1]["content"].append(gemini_part(one))
        else:
            messages.append({"role": "user", "content": [gemini_part(one)]})
    return messages


def model(content, calls):
    texts, details, made_calls, blocks, at = [], [], [], [], 0
    for index, one in enumerate(content["parts"]):
        if "text" in one and one.get("thought"):
            details.append(filled({"type": "reasoning.text", "text": one["text"], "signature": one.get("thoughtSignature"), "format": GOOGLE, "index": index}))
        elif "text" in one:
            texts.append(one["text"])
            at += len(one["text"])
            if one.get("thoughtSignature"):
                details.append({"type": "reasoning.encrypted", "data": one["thoughtSignature"], "format": GOOGLE, "index": index})
        elif "functionCall" in one:
            call = one["functionCall"]
            extra = {"extra_content": {"google": {"thought_signature": one["thoughtSignature"]}}} if one.get("thoughtSignature") else {}
            made_calls.append({"id": calls.made(call), "type": "function", "function": {"name": call["name"], "arguments": compact(call.get("args") or {})}} | extra)
        else:
            blocks.append({"format": GOOGLE, "index": index, "at": at, "block": one})
    made = {"role": "assistant", "content": "".join(texts) if texts else None}
    for name, value in (("reasoning_details", details), ("tool_calls", made_calls), ("provider_blocks", blocks)):
        if value:
            made[name] = value
    return [made]
