"""Chunks of a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Tuple, Type, TypeVar

from ._decode import document
from ._members import Members
from ._object import Object, plain
from .types import TextChoice, Usage

if TYPE_CHECKING:
    from msgspec import Struct, StructMeta

    from ._nodes import ChatDocument, chat_document, not_known, only_choices
else:
    try:
        from msgspec import Struct, StructMeta

        from ._nodes import ChatDocument, chat_document, not_known, only_choices
    except ImportError:  # where there is no wheel of it
        from ._without_msgspec import ChatDocument, Struct, StructMeta, chat_document, not_known, only_choices

ChunkT = TypeVar("ChunkT", bound="Chunk")
_set = Struct.__setattr__


def _delegated(name: str) -> Any:
    def read(chunk: Any) -> Any:
        return getattr(chunk.doc if chunk.doc is not None else chunk.read_document(), name)

    return property(read)


class _ByMembers(StructMeta):
    """Called with members, as the classes of the OpenAI SDK, or with what arrived."""

    def __call__(cls, *arrived: Any, **members: Any) -> Any:
        if arrived or "raw" in members:
            return super().__call__(*arrived, **members)
        made: Any = cls
        return made.model_validate(members)


def of_stream(cls: Any) -> Any:
    """Makes chunks of what arrived: JSON, text and reasoning."""
    return StructMeta.__call__.__get__(cls)


class Chunk(Struct, Members, metaclass=_ByMembers, eq=False, gc=False):
    """One chunk of a stream. `text` and `reasoning` are decoded; the JSON is parsed when something else is asked for."""

    raw: bytes
    """The provider's bytes."""
    text: str
    """The content of choice 0, "" where there is none."""
    reasoning: str
    """The reasoning of choice 0, "" where there is none."""
    doc: Any = None
    """The parsed document, once something else than the choices was asked for."""
    part: Any = None
    """Its choices, once they were."""

    __eq__, __hash__, __repr__ = Members.__eq__, None, Members.__repr__

    choices = _delegated("choices")
    id = _delegated("id")
    object = _delegated("object")
    created = _delegated("created")
    model = _delegated("model")
    usage = _delegated("usage")
    system_fingerprint = _delegated("system_fingerprint")

    def read_document(self) -> Any:
        doc = self._parsed(self.raw)
        if self.part is not None:  # they may have been changed
            _set(doc, "choices", self.part)
        _set(self, "doc", doc)
        return doc

    def _parsed(self, raw: bytes) -> Any:
        raise NotImplementedError

    def _document(self) -> Any:
        return self.doc if self.doc is not None else self.read_document()

    def _all(self) -> Dict[str, Any]:
        doc = self._document()
        return doc if isinstance(doc, dict) else doc._all()

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("__"):
            try:
                return getattr(self._document(), name)
            except AttributeError:
                pass
        raise AttributeError(f"{type(self).__name__} has no member {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._document(), name, value)
        _set(self, "part", None)  # the document has them

    def __delattr__(self, name: str) -> None:
        delattr(self._document(), name)
        _set(self, "part", None)

    __delitem__ = __delattr__

    def to_json(self, *, indent: Optional[int] = None, exclude_none: bool = False, **_: Any) -> str:
        """The provider's text, as long as nobody has looked into it."""
        if self._is_untouched() and indent is None and not exclude_none:
            return str(self.raw, "utf-8", "replace")
        return super().to_json(indent=indent, exclude_none=exclude_none)

    def _is_untouched(self) -> bool:
        return self.doc is None and self.part is None

    def __reduce__(self) -> Tuple[Any, ...]:
        return _rebuilt, (type(self), self.raw, self.text, self.reasoning, None if self._is_untouched() else self._plain())

    def __copy__(self: ChunkT) -> ChunkT:
        return self.model_copy()

    def __deepcopy__(self: ChunkT, _memo: Any) -> ChunkT:
        return self.model_copy(deep=True)

    def model_copy(self: ChunkT, *, update: Optional[Mapping[str, Any]] = None, deep: bool = False) -> ChunkT:
        return type(self)(self.raw, self.text, self.reasoning, self._document().model_copy(update=update, deep=deep))

    @classmethod
    def model_validate(cls: Type[ChunkT], data: Mapping[str, Any], **_: Any) -> ChunkT:
        return _rebuilt(cls, b"", *_told(plain(data)), data)

    @classmethod
    def _validated(cls, value: Any) -> Any:
        return value if isinstance(value, cls) else cls.model_validate(value)


def _rebuilt(cls: Type[ChunkT], raw: bytes, text: str, reasoning: str, data: Any) -> ChunkT:
    return cls(raw, text, reasoning, None if data is None else cls.made(data))  # type: ignore[attr-defined]


def _told(data: Any) -> Tuple[str, str]:
    """Text and reasoning of choice 0, for a chunk that no stream has brought."""
    first = next(iter(data.get("choices") or ()), None)
    delta = first.get("delta", first) if isinstance(first, Mapping) else None
    if not isinstance(delta, Mapping):
        return "", ""
    found = [next((delta[name] for name in names if isinstance(delta.get(name), str)), "") for names in (("content", "text"), ("reasoning_content", "reasoning"))]
    return found[0], found[1]


class ChatCompletionChunk(Chunk):
    made = ChatDocument.made

    service_tier = _delegated("service_tier")

    @property
    def choices(self) -> Any:
        part = self.part
        if part is not None:
            return part
        if self.doc is None:
            try:
                part = only_choices(self.raw).choices
            except not_known:  # something that the structs do not know
                part = None
            if part is not None:
                _set(self, "part", part)
                return part
        return self._document().choices

    def _parsed(self, raw: bytes) -> Any:
        return chat_document(raw)


chat_chunk = of_stream(ChatCompletionChunk)


class TextDocument(Object):
    id: str
    object: str
    created: int
    model: str
    choices: List[TextChoice]
    usage: Optional[Usage]
    system_fingerprint: Optional[str]


class CompletionChunk(Chunk):
    made = TextDocument.model_validate

    def _parsed(self, raw: bytes) -> TextDocument:
        return TextDocument(document(raw))


text_chunk = of_stream(CompletionChunk)
