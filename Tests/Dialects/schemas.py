"""Requests held against what the providers publish: the parameter types of the official packages, and OpenAI's OpenAPI description where the collection has it. Unknown members are faults everywhere."""
import collections.abc
import functools
import gzip
import json
import os
import typing

import exchanges
import typing_extensions
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

SPEC = os.path.join(os.path.dirname(exchanges.folders()[-1]), "specs", "openai.openapi.yaml.gz")


# ---------------------------------------------------------------- the parameter types of the packages

_made = {}


def strict(kind):
    """A type whose dictionaries allow no further members, and whose iterables are lists (pydantic checks others only when they are read)."""
    if typing_extensions.is_typeddict(kind):
        return strict_dictionary(kind)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Required, typing.NotRequired, typing_extensions.Required, typing_extensions.NotRequired, typing.Annotated):
        return strict(arguments[0])
    if origin in (collections.abc.Iterable, collections.abc.Sequence, list):
        return typing.List[strict(arguments[0])]
    if origin is dict:
        return typing.Dict[arguments[0], strict(arguments[1])]
    if origin is typing.Union or type(kind).__name__ == "UnionType":
        return typing.Union[tuple(strict(one) for one in arguments)]
    return kind if origin is typing.Literal or isinstance(kind, type) and kind.__module__ in ("builtins", "datetime") else typing.Any


def strict_dictionary(kind):
    if kind not in _made:
        _made[kind] = typing.Any  # one that holds itself is not looked into again
        members = {}
        for name, hint in typing_extensions.get_type_hints(kind, include_extras=True).items():
            wrapped = typing.get_origin(hint)
            required = wrapped in (typing.Required, typing_extensions.Required) or kind.__total__ and wrapped not in (typing.NotRequired, typing_extensions.NotRequired)
            members[name] = (typing_extensions.Required if required else typing_extensions.NotRequired)[strict(hint)]
        made = typing_extensions.TypedDict(kind.__name__, members)
        made.__pydantic_config__ = {"extra": "forbid", "strict": True}
        _made[kind] = made
    return _made[kind]


@functools.cache
def adapter(dialect):
    if dialect == "anthropic":
        from anthropic.types.beta.message_create_params import MessageCreateParamsNonStreaming as kind
    elif dialect == "responses":
        from openai.types.responses.response_create_params import ResponseCreateParamsNonStreaming as kind
    else:
        from openai.types.chat.completion_create_params import CompletionCreateParamsNonStreaming as kind
    return TypeAdapter(strict(kind))


# No longer in the newest package, since the newest models refuse them; older models take them, as the recordings show.
OLDER = {"temperature": (int, float), "top_p": (int, float), "top_k": int, "output_format": dict}


def by_types(dialect, request):
    """The faults of a request by the types of its package."""
    older = OLDER if dialect == "anthropic" else {}
    wrong = [f"{name} is {request[name]!r}" for name, kind in older.items() if name in request and not isinstance(request[name], kind)]
    if wrong:
        return wrong
    request = {name: value for name, value in request.items() if name != "stream" and name not in older}
    try:
        adapter(dialect).validate_python(request)
        return []
    except ValidationError as fault:
        return sentences(fault.errors())


def sentences(errors):
    """Of the alternatives of a union the one that came furthest says what is wrong."""
    errors = sorted(errors, key=lambda one: (-len(one["loc"]), one["type"] == "literal_error"))
    return [f"{'.'.join(str(step) for step in one['loc'])}: {one['msg']}" for one in errors[:3]]


# ---------------------------------------------------------------- Google's types

@functools.cache
def google():
    """The body of generateContent of the parts that the package has types for (https://ai.google.dev/api/generate-content, 2026-11)."""
    from google.genai import types

    class GenerateContentRequest(BaseModel):
        model_config = ConfigDict(extra="forbid", val_json_bytes="base64")
        contents: list[types.Content]
        systemInstruction: typing.Optional[types.Content] = None
        tools: typing.Optional[list[types.Tool]] = None
        toolConfig: typing.Optional[types.ToolConfig] = None
        safetySettings: typing.Optional[list[types.SafetySetting]] = None
        generationConfig: typing.Optional[types.GenerationConfig] = None
        cachedContent: typing.Optional[str] = None
        labels: typing.Optional[dict[str, str]] = None
        serviceTier: typing.Optional[str] = None

    return GenerateContentRequest


# Under these names stands the caller's own JSON.
THEIRS = {"args", "response", "parametersJsonSchema", "responseJsonSchema", "responseFormat", "properties", "default", "example", "enum", "labels", "$defs"}


def snakes(value, where="request"):
    """Names that are not written in camel case: the package takes both, documents and Vertex speak of one."""
    if isinstance(value, list):
        return [fault for at, one in enumerate(value) for fault in snakes(one, f"{where}[{at}]")]
    if not isinstance(value, dict):
        return []
    return [f"{where}.{name} is not in camel case" for name in value if "_" in name] + [
        fault for name, one in value.items() if name not in THEIRS for fault in snakes(one, f"{where}.{name}")]


def by_google(request):
    settings = request.get("safetySettings") or []
    if any(isinstance(one.get("category"), int) for one in settings):  # the caller's own: the API takes numbers of enumerations, the types do not
        request = {name: one for name, one in request.items() if name != "safetySettings"}
    try:
        google().model_validate_json(json.dumps(request))
        return snakes(request)[:3]
    except ValidationError as fault:
        return sentences(fault.errors())


# ---------------------------------------------------------------- OpenAI's description

@functools.cache
def description():
    import yaml
    if not os.path.exists(SPEC):
        return None
    with gzip.open(SPEC) as file:
        return yaml.load(file, getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def clean(value):
    """OpenAPI 3.1 with leftovers of 3.0: `nullable` allows null, and one of several forms may be two at once."""
    if isinstance(value, list):
        return [clean(one) for one in value]
    if not isinstance(value, dict):
        return value
    made = {{"oneOf": "anyOf"}.get(name, name): clean(one) for name, one in value.items() if name not in ("nullable", "discriminator", "example", "examples")}
    return {"anyOf": [made, {"type": "null"}]} if value.get("nullable") is True else made


@functools.cache
def described(name):
    import jsonschema
    schemas = clean(description()["components"]["schemas"])
    return jsonschema.Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}})


def by_description(name, document):
    """The faults of a document by a schema of OpenAI's description; none where it is not there."""
    if description() is None:
        return []
    return [f"{'.'.join(map(str, fault.absolute_path))}: {fault.message[:200]}" for fault in described(name).iter_errors(document)][:3]


# ---------------------------------------------------------------- all

def faults(dialect, request):
    """What the published schemas have against a request of a dialect."""
    dialect = "responses" if dialect == "openai-responses" else dialect
    if dialect == "gemini":
        return by_google(request)
    found = by_types(dialect, request)
    if dialect == "responses":
        found += by_description("CreateResponse", request)
    elif dialect != "anthropic":
        found += by_description("CreateChatCompletionRequest", request)
    return found
