"""Structured output: types to JSON schemas, and answers to values of those types, as in the OpenAI SDK. Needs pydantic."""

from __future__ import annotations

import inspect
import json
from typing import TYPE_CHECKING, Any, Dict, Generic, Iterable, List, Optional, TypeVar

from . import _errors
from .types import ChatCompletion, Choice, Function, Message, ToolCall


T = TypeVar("T")


class Parsed:
    """Holds a value that is no member: it is not sent when the message goes back."""

    __slots__ = ()

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "_parsed":
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)


class ParsedFunction(Parsed, Function):
    __slots__ = ("_parsed",)

    @property
    def parsed_arguments(self) -> Any:
        return getattr(self, "_parsed", None)


class ParsedToolCall(ToolCall):
    function: ParsedFunction


if TYPE_CHECKING:

    class ParsedMessage(Message, Generic[T]):
        _parsed: Any
        tool_calls: Optional[List[ParsedToolCall]]  # type: ignore[assignment]

        @property
        def parsed(self) -> Optional[T]: ...

    class ParsedChoice(Choice, Generic[T]):
        message: ParsedMessage[T]

    class ParsedChatCompletion(ChatCompletion, Generic[T]):
        choices: List[ParsedChoice[T]]  # type: ignore[assignment]

else:

    class ParsedMessage(Parsed, Message):
        __slots__ = ("_parsed",)
        tool_calls: Optional[List[ParsedToolCall]]

        @property
        def parsed(self) -> Any:
            return getattr(self, "_parsed", None)

    class ParsedChoice(Choice):
        message: ParsedMessage

    class ParsedChatCompletion(ChatCompletion):
        choices: List[ParsedChoice]


class Wanted:
    """What is to be made of an answer: of its text, and of the arguments of its calls."""

    def __init__(self, response_format: Any, tools: Any) -> None:
        self._adapter: Any = None
        self.members: Dict[str, Any] = {}
        self.tools: Dict[str, Any] = {}
        self._strict: Dict[str, Any] = {}
        self._models: Dict[str, Any] = {}
        if response_format is None or type(response_format).__name__ in ("NotGiven", "Omit"):
            pass
        elif isinstance(response_format, dict):
            self.members["response_format"] = response_format
        else:
            self._adapter = adapter(response_format)
            self.members["response_format"] = response_format_of(response_format)
        if isinstance(tools, Iterable):
            self.tools["tools"] = [self._tool(tool) for tool in tools]

    def _tool(self, tool: Any) -> Any:
        function = tool.get("function") or {}
        model = getattr(function, "model", None)
        if model is not None:
            self._models[function["name"]] = model
        elif function.get("strict"):
            self._strict[function["name"]] = True
        return tool

    def parsed(self, document: Dict[str, Any]) -> ParsedChatCompletion[Any]:
        completion: ParsedChatCompletion[Any] = ParsedChatCompletion(document)
        for choice in completion.choices or ():
            if choice.finish_reason == "length":
                raise _errors.LengthFinishReasonError(completion=completion)
            if choice.finish_reason == "content_filter":
                raise _errors.ContentFilterFinishReasonError(completion=completion)
            self.read(choice.message)
        return completion

    def read(self, message: ParsedMessage[Any]) -> None:
        for call in message.tool_calls or ():
            if call.function is not None:
                call.function._parsed = self.arguments(call.function.name, call.function.arguments)
        if self._adapter is not None and message.content and not message.refusal:
            message._parsed = self._adapter.validate_json(message.content)

    def content(self, text: str) -> Any:
        return self._adapter.validate_json(text) if self._adapter is not None and text else None

    def begun(self, text: str) -> Any:
        """What the beginning of a text holds so far."""
        if self._adapter is None or not text:
            return None
        from pydantic_core import from_json

        try:
            return from_json(text, allow_partial=True)
        except ValueError:
            return None

    def arguments(self, name: str, text: str) -> Any:
        if name in self._models:
            return adapter(self._models[name]).validate_json(text)
        return json.loads(text) if name in self._strict else None


def adapter(kind: Any) -> Any:
    try:
        from pydantic import TypeAdapter
    except ImportError:
        raise ImportError("reading answers into types needs pydantic: pip install pydantic") from None
    return TypeAdapter(kind)


def response_format_of(kind: Any) -> Dict[str, Any]:
    """The member `response_format` that makes a model answer in a type."""
    name = getattr(kind, "__name__", None) or "response"
    return {"type": "json_schema", "json_schema": {"name": _word(name), "schema": strict_schema(adapter(kind).json_schema()), "strict": True}}


def _word(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "_-" else "_" for letter in name)[:64]


class ToolFunction(Dict[str, Any]):
    """A function of `tools` that knows the model of its arguments."""

    model: Any = None


def pydantic_function_tool(model: Any, *, name: Optional[str] = None, description: Optional[str] = None) -> Dict[str, Any]:
    """An entry of `tools` whose arguments are a pydantic model; `parse` and `stream` read them into it."""
    function = ToolFunction(name=name or model.__name__, strict=True, parameters=strict_schema(adapter(model).json_schema()))
    function.model = model
    told = description or (inspect.cleandoc(model.__doc__) if model.__doc__ else None)
    if told:
        function["description"] = told
    return {"type": "function", "function": function}


def strict_schema(schema: Any, root: Any = None) -> Any:
    """As providers want it where the answer must have exactly this shape: every object closed, every member required."""
    if not isinstance(schema, dict):
        return schema
    root = schema if root is None else root
    for group in ("$defs", "definitions", "properties"):
        for member in (schema.get(group) or {}).values():
            strict_schema(member, root)
    if schema.get("type") == "object" and "additionalProperties" not in schema:
        schema["additionalProperties"] = False
    if isinstance(schema.get("properties"), dict):
        schema["required"] = list(schema["properties"])
    strict_schema(schema.get("items"), root)
    for branch in schema.get("anyOf") or ():
        strict_schema(branch, root)
    whole = schema.get("allOf")
    if isinstance(whole, list):
        for part in whole:
            strict_schema(part, root)
        if len(whole) == 1:
            schema.update(whole[0])
            del schema["allOf"]
    if "default" in schema and schema["default"] is None:
        del schema["default"]
    reference = schema.get("$ref")
    if isinstance(reference, str) and len(schema) > 1:  # nothing may stand beside a reference
        target = root
        for step in reference.lstrip("#/").split("/"):
            target = target[step]
        beside = {name: value for name, value in schema.items() if name != "$ref"}
        schema.clear()
        schema.update({**json.loads(json.dumps(target)), **beside})
        strict_schema(schema, root)
    return schema
