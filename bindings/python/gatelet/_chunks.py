"""Chunks of a stream. What most programs read of them, the choices of a chat with their deltas, is decoded into structs of msgspec,
which takes a fifth of the time that dicts take; the rest is as in answers."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple, Type, TypeVar

import msgspec
from msgspec import UNSET, Struct, UnsetType

from ._decode import document
from ._object import Dumps, Object, plain
from .types import TextChoice, Usage

NodeT = TypeVar("NodeT", bound="Node")
ChunkT = TypeVar("ChunkT", bound="Chunk")
_set = Struct.__setattr__


class Members(Dumps):
    """The ways of a dict, for classes that tell their members otherwise."""

    __slots__ = ()

    def _all(self) -> Dict[str, Any]:
        """The members by name, as they are: a change to a nested one is a change of this."""
        raise NotImplementedError

    def _plain(self) -> Dict[str, Any]:
        return {name: plain(value) for name, value in self._all().items()}

    def keys(self) -> Any:
        return self._all().keys()

    def values(self) -> Any:
        return self._all().values()

    def items(self) -> Any:
        return self._all().items()

    def get(self, name: str, default: Any = None) -> Any:
        return self._all().get(name, default)

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __contains__(self, name: object) -> bool:
        return name in self._all()

    def __bool__(self) -> bool:
        return True

    def __getitem__(self, name: str) -> Any:
        return self._all()[name]

    def __setitem__(self, name: str, value: Any) -> None:
        setattr(self, name, value)

    def __eq__(self, other: object) -> bool:
        return self._plain() == plain(other) if isinstance(other, (Members, dict)) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self._all().items())})"

    def __dir__(self) -> List[str]:
        return sorted({*super().__dir__(), *self._all()})

    @property
    def model_extra(self) -> Dict[str, Any]:
        return {name: value for name, value in self._all().items() if not hasattr(type(self), name)}

    @property
    def model_fields_set(self) -> "set[str]":
        return set(self._all())


def _member(field: str, cls: Type[Object] = Object) -> Any:
    """A member that may be left out, then it reads as None. Objects in it get their class when they are first read."""

    def read(node: Any) -> Any:
        value = getattr(node, field)
        if value is UNSET:
            return None
        kind = type(value)
        if kind is dict:
            value = cls(value)
            _set(node, field, value)
        elif kind is list and value and type(value[0]) is dict:
            value = [cls(item) if type(item) is dict else item for item in value]
            _set(node, field, value)
        return value

    return property(read, lambda node, value: _set(node, field, value))


def _named(field: str) -> str:
    """`more_` is no member: JSON that has it is decoded the slow way, since nothing but null fits there."""
    return field[:-1] if field.endswith("_") else field


class Node(Struct, Members, forbid_unknown_fields=True, eq=False, repr_omit_defaults=False, rename=_named):
    """An object whose known members are fields. A field with `_` at its end has a property beside it."""

    __eq__, __hash__, __repr__ = Members.__eq__, None, Members.__repr__  # type: ignore[assignment]

    def _all(self) -> Dict[str, Any]:
        members = {}
        for field, name in zip(self.__struct_fields__, self.__struct_encode_fields__):
            value = getattr(self, field)
            if value is not UNSET and (value is not None or field != name) and field != "more_":
                members[name] = getattr(self, name)
        more = self.more_  # type: ignore[attr-defined]
        if more:
            members.update(more)
        return members

    @classmethod
    def made(cls: Type[NodeT], data: Any) -> NodeT:
        """Of a parsed object that may have anything in it."""
        node = cls()
        for name, value in data.items():
            node._put(name, value)
        return node

    def _put(self, name: str, value: Any) -> None:
        fields = self.__struct_fields__
        if f"{name}_" in fields and name != "more":
            _set(self, f"{name}_", value)
        elif name in fields:
            _set(self, name, value)
        else:
            if self.more_ is None:  # type: ignore[has-type]
                _set(self, "more_", {})
            self.more_[name] = value if type(value) is not dict else Object(value)  # type: ignore[attr-defined]

    def __getattr__(self, name: str) -> Any:
        """What the provider added."""
        more = None if name == "more_" else self.more_  # type: ignore[attr-defined]
        if more and name in more and not name.startswith("__"):
            return more[name]
        raise AttributeError(f"{type(self).__name__} has no member {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        self._put(name, value)

    def __delattr__(self, name: str) -> None:
        if f"{name}_" in self.__struct_fields__:
            _set(self, f"{name}_", UNSET)
        elif not self.more_ or self.more_.pop(name, UNSET) is UNSET:  # type: ignore[attr-defined]
            raise AttributeError(f"{type(self).__name__} has no member {name!r}")

    __delitem__ = __delattr__

    def __reduce__(self) -> Tuple[Any, ...]:
        return type(self).made, (self._plain(),)

    def __copy__(self: NodeT) -> NodeT:
        return type(self).made(self._all())

    def __deepcopy__(self: NodeT, _memo: Any) -> NodeT:
        return type(self).made(self._plain())

    def model_copy(self: NodeT, *, update: Optional[Mapping[str, Any]] = None, deep: bool = False) -> NodeT:
        return type(self).made({**(self._plain() if deep else self._all()), **(update or {})})

    @classmethod
    def model_validate(cls: Type[NodeT], data: Mapping[str, Any], **_: Any) -> NodeT:
        return cls.made(data)

    _validated = made


class FunctionDelta(Object):
    name: Optional[str]
    arguments: Optional[str]


class ToolCallDelta(Object):
    index: int
    id: Optional[str]
    type: Optional[str]
    function: Optional[FunctionDelta]


Left = Any  # a value, or UNSET where the provider left it out


class ChoiceDelta(Node):
    content_: Left = UNSET
    role_: Left = UNSET
    refusal_: Left = UNSET
    reasoning_: Left = UNSET
    reasoning_content_: Left = UNSET
    reasoning_details_: Left = UNSET
    tool_calls_: Left = UNSET
    function_call_: Left = UNSET
    annotations_: Left = UNSET
    audio_: Left = UNSET
    more_: None = None

    @property
    def content(self) -> Any:
        value = self.content_
        return value if type(value) is str else _other_content(self)

    @content.setter
    def content(self, value: Any) -> None:
        _set(self, "content_", value)

    role = _member("role_")
    refusal = _member("refusal_")
    reasoning = _member("reasoning_")
    reasoning_content = _member("reasoning_content_")
    reasoning_details = _member("reasoning_details_")
    tool_calls = _member("tool_calls_", ToolCallDelta)
    function_call = _member("function_call_", FunctionDelta)
    annotations = _member("annotations_")
    audio = _member("audio_")


_other_content = _member("content_").fget


class ChunkChoice(Node):
    index: Any = None
    delta: Optional[ChoiceDelta] = None
    finish_reason_: Left = UNSET
    native_finish_reason_: Left = UNSET
    logprobs_: Left = UNSET
    stop_reason_: Left = UNSET
    token_ids_: Left = UNSET
    more_: None = None

    finish_reason = _member("finish_reason_")
    native_finish_reason = _member("native_finish_reason_")
    logprobs = _member("logprobs_")
    stop_reason = _member("stop_reason_")
    token_ids = _member("token_ids_")

    def _put(self, name: str, value: Any) -> None:
        super()._put(name, ChoiceDelta.made(value) if name == "delta" and type(value) is dict else value)


class ChatDocument(Node):
    choices: Optional[List[ChunkChoice]] = None
    id_: Left = UNSET
    object_: Left = UNSET
    created_: Left = UNSET
    model_: Left = UNSET
    usage_: Left = UNSET
    system_fingerprint_: Left = UNSET
    service_tier_: Left = UNSET
    obfuscation_: Left = UNSET
    provider_: Left = UNSET
    prompt_token_ids_: Left = UNSET
    more_: None = None

    id = _member("id_")
    object = _member("object_")
    created = _member("created_")
    model = _member("model_")
    usage = _member("usage_", Usage)
    system_fingerprint = _member("system_fingerprint_")
    service_tier = _member("service_tier_")
    obfuscation = _member("obfuscation_")
    provider = _member("provider_")
    prompt_token_ids = _member("prompt_token_ids_")

    def _put(self, name: str, value: Any) -> None:
        if name == "choices" and type(value) is list:
            value = [ChunkChoice.made(choice) if type(choice) is dict else choice for choice in value]
        super()._put(name, value)


_decode_chat = msgspec.json.Decoder(ChatDocument).decode


def _delegated(name: str) -> Any:
    def read(chunk: Any) -> Any:
        return getattr(chunk.doc if chunk.doc is not None else chunk.read_document(), name)

    return property(read)


class Chunk(Struct, Members, eq=False):
    """One chunk of a stream. `text` and `reasoning` are decoded; the JSON is parsed when something else is asked for."""

    raw: bytes
    """The provider's bytes."""
    text: str
    """The content of choice 0, "" where there is none."""
    reasoning: str
    """The reasoning of choice 0, "" where there is none."""
    doc: Any = None

    __eq__, __hash__, __repr__ = Members.__eq__, None, Members.__repr__  # type: ignore[assignment]

    choices = _delegated("choices")
    id = _delegated("id")
    object = _delegated("object")
    created = _delegated("created")
    model = _delegated("model")
    usage = _delegated("usage")
    system_fingerprint = _delegated("system_fingerprint")

    def read_document(self) -> Any:
        doc = self._parsed(self.raw)
        _set(self, "doc", doc)
        return doc

    def _parsed(self, raw: bytes) -> Any:
        raise NotImplementedError

    def _document(self) -> Any:
        return self.doc if self.doc is not None else self.read_document()

    def _all(self) -> Dict[str, Any]:
        doc = self._document()
        return doc if isinstance(doc, dict) else doc._all()  # type: ignore[no-any-return]

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("__"):
            try:
                return getattr(self._document(), name)
            except AttributeError:
                pass
        raise AttributeError(f"{type(self).__name__} has no member {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._document(), name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._document(), name)

    __delitem__ = __delattr__

    def to_json(self, *, indent: Optional[int] = None, exclude_none: bool = False, **_: Any) -> str:
        """The provider's text, as long as nobody has looked into it."""
        if self.doc is None and indent is None and not exclude_none:
            return str(self.raw, "utf-8", "replace")
        return super().to_json(indent=indent, exclude_none=exclude_none)

    def __reduce__(self) -> Tuple[Any, ...]:
        return _rebuilt, (type(self), self.raw, self.text, self.reasoning, None if self.doc is None else self._plain())

    def __copy__(self: ChunkT) -> ChunkT:
        return self.model_copy()

    def __deepcopy__(self: ChunkT, _memo: Any) -> ChunkT:
        return self.model_copy(deep=True)

    def model_copy(self: ChunkT, *, update: Optional[Mapping[str, Any]] = None, deep: bool = False) -> ChunkT:
        return type(self)(self.raw, self.text, self.reasoning, self._document().model_copy(update=update, deep=deep))

    @classmethod
    def model_validate(cls: Type[ChunkT], data: Mapping[str, Any], **_: Any) -> ChunkT:
        return _rebuilt(cls, b"", *_told(data), data)

    _validated = model_validate


def _rebuilt(cls: Type[ChunkT], raw: bytes, text: str, reasoning: str, data: Any) -> ChunkT:
    return cls(raw, text, reasoning, None if data is None else cls.made(data))  # type: ignore[attr-defined]


def _told(data: Any) -> Tuple[str, str]:
    """Text and reasoning of choice 0, for a chunk that no stream has brought."""
    first = next(iter(data.get("choices") or ()), None) or {}
    delta = first.get("delta") or first
    return delta.get("content") or first.get("text") or "", delta.get("reasoning_content") or delta.get("reasoning") or ""


class ChatCompletionChunk(Chunk):
    made = ChatDocument.made

    service_tier = _delegated("service_tier")

    def _parsed(self, raw: bytes) -> ChatDocument:
        try:
            return _decode_chat(raw)
        except (msgspec.MsgspecError, UnicodeDecodeError):  # something that the structs do not know
            return ChatDocument.made(document(raw))


class TextDocument(Object):
    id: str
    object: str
    created: int
    model: str
    choices: List[TextChoice]
    usage: Optional[Usage]
    system_fingerprint: Optional[str]


class CompletionChunk(Chunk):
    made = TextDocument

    def _parsed(self, raw: bytes) -> TextDocument:
        return TextDocument(document(raw))
