"""What a conversation says, whatever dialect it is written in: two requests of different dialects that are equal in this form ask for the
same. Each reader is written from its provider's documents."""
import json
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from canonical import documented
from reading import numbers


def compact(value):
    return json.dumps(value, sort_keys=True)


def loads(text):
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return None


class Result:
    """What a tool answered. Gemini wants an object: a text stands somewhere in it, and a text that is an object's may be that object."""

    def __init__(self, texts, parts=()):
        self.texts, self.parts = set(texts), list(parts)

    def __eq__(self, other):
        return bool(self.texts & other.texts) and self.parts == other.parts

    def __repr__(self):
        return f"Result({sorted(self.texts)}, {self.parts})"


@dataclass
class Meaning:
    system: str = ""
    turns: list = field(default_factory=list)  # [role, items]
    tools: dict = field(default_factory=dict)  # name: (description, schema)
    choice: object = "auto"
    parallel: bool = True
    settings: dict = field(default_factory=dict)
    calls: dict = field(default_factory=dict)  # id: its number
    open: list = field(default_factory=list)  # [(number, name)] without an answer

    def add(self, role, *items):
        """Neighbours of one role are one turn, neighbouring texts one text."""
        if not items:
            return
        if all(item[0] == "text" and not item[1].strip() for item in items):
            return
        if not self.turns or self.turns[-1][0] != role:
            self.turns.append([role, []])
        turn = self.turns[-1][1]
        for item in items:
            if item[0] == "text" and turn and turn[-1][0] == "text":
                turn[-1] = ("text", turn[-1][1] + item[1])
            elif not (item[0] == "text" and not item[1].strip()):  # APIs refuse texts of nothing but white space
                turn.append(item)

    def call(self, id_, name, arguments):
        number = len(self.calls)
        self.calls[id_ or f"#{number}"] = number
        self.open.append((number, name))
        self.add("assistant", ("call", number, name, compact(arguments)))

    def result(self, id_, name, result, failed=False):
        number = self.calls.get(id_)
        if number is None:
            number = next((number for number, called in self.open if called == name), None)
        self.open = [one for one in self.open if one[0] != number]
        # Some models take pictures only beside what a tool answered.
        self.add("user", ("result", number, Result(result.texts), failed), *result.parts)

    def facts(self):
        return {"system": self.system, "turns": self.turns, "tools": self.tools, "choice": self.choice, "parallel": self.parallel, "settings": self.settings}


def media(url, kind=None):
    """Bytes, or where they are."""
    if not url.startswith("data:"):
        return ("media", "url", url)
    head, _, data = url[5:].partition(",")
    words = head.split(";")
    if "base64" in words:
        return ("media", words[0], data)
    return ("media", words[0], unquote_to_bytes(data).decode())


def without_const(value):
    """One value is an enumeration of one."""
    if isinstance(value, dict):
        made = {name: without_const(one) for name, one in value.items() if name != "const"}
        return made | ({"enum": [value["const"]]} if "const" in value else {})
    return [without_const(one) for one in value] if isinstance(value, list) else value


def schema(value):
    """Of no arguments there are several ways to tell."""
    value = without_const(value or {})
    if not value.get("properties"):
        return "no arguments"
    return compact({name: one for name, one in value.items() if not (name == "additionalProperties" and one is False) and one != []})


def texts(text):
    """What a tool answered: the text, and where it is an object's, that object however it is spaced."""
    told = loads(text)
    return [text] + ([compact(told)] if isinstance(told, dict) else [])


# ---------------------------------------------------------------- the canonical form

SETTINGS = {"temperature": "temperature", "top_p": "top_p", "max_tokens": "max_tokens", "max_completion_tokens": "max_tokens"}


def openai_part(part):
    if isinstance(part, str):
        return ("text", part)
    kind = part["type"]
    if kind == "text":
        return ("text", part["text"])
    if kind == "image_url":
        image = part["image_url"]
        return media(image if isinstance(image, str) else image["url"])
    if kind == "input_audio":
        return ("media", "audio/" + part["input_audio"]["format"], part["input_audio"]["data"])
    if kind == "file":
        return media(part["file"]["file_data"])
    return (kind, compact(part))


def parts_of(content):
    return [("text", content)] if isinstance(content, str) else [openai_part(part) for part in content or []]


def text_of(content):
    return "".join(item[1] for item in parts_of(content) if item[0] == "text")


def openai(request):
    it = Meaning()
    for message in request["messages"]:
        role, content = message["role"], message.get("content")
        if role in ("system", "developer"):
            it.system += text_of(content)
        elif role == "tool":
            it.result(message["tool_call_id"], message.get("name"), Result(texts(text_of(content)), [item for item in parts_of(content) if item[0] != "text"]), bool(message.get("is_error")))
        else:
            it.add(role, *parts_of(content))
            for call in message.get("tool_calls") or []:
                it.call(call["id"], call["function"]["name"], json.loads(call["function"]["arguments"] or "{}"))
    for tool in request.get("tools") or []:
        function = tool["function"]
        it.tools[function["name"]] = (function.get("description") or "", schema(function.get("parameters")))
    choice = request.get("tool_choice") or "auto"
    it.choice = {"any": "required"}.get(choice, choice) if isinstance(choice, str) else choice["function"]["name"]
    it.parallel = request.get("parallel_tool_calls") is not False
    it.settings = {ours: request[theirs] for theirs, ours in SETTINGS.items() if request.get(theirs) is not None}
    if request.get("stop"):
        it.settings["stop"] = [request["stop"]] if isinstance(request["stop"], str) else request["stop"]
    return it


# ---------------------------------------------------------------- Anthropic

def anthropic_part(block):
    kind = block["type"]
    if kind == "text":
        return ("text", block["text"])
    if kind in ("image", "document"):
        source = block["source"]
        if source["type"] == "url":
            return ("media", "url", source["url"])
        return ("media", source["media_type"], source["data"])
    return (kind, compact(block))


def anthropic_parts(content):
    return [("text", content)] if isinstance(content, str) else [anthropic_part(block) for block in content or []]


def anthropic(request):
    it = Meaning()
    it.system = "".join(item[1] for item in anthropic_parts(request.get("system")))
    for message in request["messages"]:
        if message["role"] == "system":
            it.system += "".join(item[1] for item in anthropic_parts(message["content"]))
            continue
        content = message["content"]
        for block in [{"type": "text", "text": content}] if isinstance(content, str) else content:
            if block["type"] == "tool_use":
                it.call(block["id"], block["name"], block["input"])
            elif block["type"] == "tool_result":
                inner = anthropic_parts(block.get("content"))
                text = "".join(item[1] for item in inner if item[0] == "text")
                it.result(block["tool_use_id"], None, Result(texts(text), [item for item in inner if item[0] != "text"]), bool(block.get("is_error")))
            else:
                it.add(message["role"], anthropic_part(block))
    for tool in request.get("tools") or []:
        it.tools[tool["name"]] = (tool.get("description") or "", schema(tool.get("input_schema")))
    choice = request.get("tool_choice") or {"type": "auto"}
    it.choice = choice["name"] if choice["type"] == "tool" else {"any": "required"}.get(choice["type"], choice["type"])
    it.parallel = not choice.get("disable_parallel_tool_use")
    it.settings = {name: request[name] for name in ("temperature", "top_p", "max_tokens") if name in request}
    if request.get("stop_sequences"):
        it.settings["stop"] = request["stop_sequences"]
    return it


# ---------------------------------------------------------------- Gemini

def gemini_part(part):
    if "text" in part:
        return ("text", part["text"])
    if "inlineData" in part:
        return ("media", part["inlineData"]["mimeType"], part["inlineData"]["data"])
    if "fileData" in part:
        return ("media", "url", part["fileData"]["fileUri"])
    return ("part", compact(part))


def within(value):
    """Texts in an object."""
    if isinstance(value, str):
        return [value]
    return [text for one in (value.values() if isinstance(value, dict) else value if isinstance(value, list) else []) for text in within(one)]


def gemini(request):
    request, it = documented(request), Meaning()
    it.system = "".join(part["text"] for part in (request.get("systemInstruction") or {}).get("parts") or [])
    for content in request["contents"]:
        role = "assistant" if content.get("role") == "model" else "user"
        for part in content["parts"]:
            if "functionCall" in part:
                it.call(part["functionCall"].get("id"), part["functionCall"]["name"], part["functionCall"].get("args") or {})
            elif "functionResponse" in part:
                answer = part["functionResponse"]
                response = answer.get("response") or {}
                told = within(response) + [compact(response)] + [compact(one) for one in response.values() if isinstance(one, dict)] + ([""] if not within(response) else [])
                inner = [gemini_part(one) for one in answer.get("parts") or []]
                it.result(answer.get("id"), answer["name"], Result(told, inner), "error" in response)
            elif not part.get("thought"):
                it.add(role, gemini_part(part))
    for tool in request.get("tools") or []:
        for function in tool.get("functionDeclarations") or []:
            it.tools[function["name"]] = (function.get("description") or "", schema(function.get("parametersJsonSchema", function.get("parameters"))))
    calling = (request.get("toolConfig") or {}).get("functionCallingConfig") or {}
    it.choice = {"AUTO": "auto", "ANY": "required", "NONE": "none"}[calling.get("mode", "AUTO")]
    if len(calling.get("allowedFunctionNames") or []) == 1:
        it.choice = calling["allowedFunctionNames"][0]
    config = request.get("generationConfig") or {}
    it.settings = {ours: config[theirs] for theirs, ours in (("temperature", "temperature"), ("topP", "top_p"), ("maxOutputTokens", "max_tokens"), ("stopSequences", "stop"))
                   if theirs in config}
    return it


# ---------------------------------------------------------------- Responses

def responses_part(part):
    kind = part["type"]
    if kind in ("input_text", "output_text"):
        return ("text", part["text"])
    if kind == "input_image":
        return media(part["image_url"])
    if kind == "input_file":
        return media(part.get("file_data") or part["file_url"])
    if kind == "input_audio":
        return ("media", "audio/" + part["input_audio"]["format"], part["input_audio"]["data"])
    return (kind, compact(part))


def responses_parts(content):
    return [("text", content)] if isinstance(content, str) else [responses_part(part) for part in content or []]


def responses(request):
    it = Meaning()
    it.system = request.get("instructions") or ""
    items = request["input"]
    for item in [{"role": "user", "content": items}] if isinstance(items, str) else items:
        kind = item.get("type", "message")
        if kind == "message" and item["role"] in ("system", "developer"):
            it.system += "".join(one[1] for one in responses_parts(item["content"]))
        elif kind == "message":
            it.add(item["role"], *responses_parts(item["content"]))
        elif kind == "function_call":
            it.call(item["call_id"], item["name"], json.loads(item["arguments"].strip() or "{}"))
        elif kind == "function_call_output":
            inner = responses_parts(item["output"])
            text = "".join(one[1] for one in inner if one[0] == "text")
            it.result(item["call_id"], None, Result(texts(text), [one for one in inner if one[0] != "text"]))
    for tool in request.get("tools") or []:
        it.tools[tool["name"]] = (tool.get("description") or "", schema(tool.get("parameters")))
    choice = request.get("tool_choice", "auto")
    it.choice = choice if isinstance(choice, str) else choice["name"]
    it.parallel = request.get("parallel_tool_calls") is not False
    it.settings = {name: request[name] for name in ("temperature", "top_p") if request.get(name) is not None}
    if request.get("max_output_tokens") is not None:
        it.settings["max_tokens"] = request["max_output_tokens"]
    return it


READERS = {"openai": openai, "anthropic": anthropic, "gemini": gemini, "openai-responses": responses}


def of(dialect, request):
    return READERS[dialect](numbers(request) if not isinstance(request, (bytes, str)) else json.loads(request))


def fitted(dialect, wanted):
    """What is left of a meaning where a dialect lacks words for it."""
    if dialect == "openai-responses":
        wanted.settings.pop("stop", None)
        if "max_tokens" in wanted.settings:
            wanted.settings["max_tokens"] = max(16, wanted.settings["max_tokens"])  # the least that it takes
        wanted.turns = [[role, [item[:3] + (False,) if item[0] == "result" else item for item in items]] for role, items in wanted.turns]
    return wanted


def apart(got, wanted):
    """The first place where two lists differ."""
    at = next((at for at, (one, other) in enumerate(zip(got, wanted)) if one != other), min(len(got), len(wanted)))
    if at < len(got) and at < len(wanted) and got[at][0] == wanted[at][0] and isinstance(got[at], list):
        return f"turn {at}, " + apart(got[at][1], wanted[at][1])
    return f"item {at} of {len(got)} and {len(wanted)}: got {str(got[at:at + 1])[:300]}, it says {str(wanted[at:at + 1])[:300]}"


def differences(got, wanted, lost=()):
    """`lost`: facts that cannot be told there."""
    found = []
    for name, value in wanted.facts().items():
        told = got.facts()[name]
        if name not in lost and told != value:
            found.append(f"{name}: {apart(told, value) if name == 'turns' else f'got {str(told)[:500]}, it says {str(value)[:500]}'}")
    return found
