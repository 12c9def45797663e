"""Objects of answers: JSON objects whose members are attributes too."""

from __future__ import annotations

import json
import re
from operator import methodcaller
from typing import (
    TYPE_CHECKING,
    Any,
    Collection,
    Dict,
    Generic,
    ItemsView,
    Iterator,
    KeysView,
    Mapping,
    Optional,
    Type,
    TypeVar,
    ValuesView,
)

ObjectT = TypeVar("ObjectT", bound="Object")

_TYPES: Dict[str, Type["Object"]] = {}
"""By module and name, and by the name alone where only one module has it first."""

if TYPE_CHECKING:
    _Dict = Dict[str, Any]
else:
    _Dict = dict  # typing's own has more classes in its way


class Dumps:
    """How an object is given on, by the names it has in the OpenAI SDK. `_plain` is all that a class needs."""

    __slots__ = ()

    def _plain(self) -> Dict[str, Any]:
        """The members, as a new dict of plain values."""
        raise NotImplementedError

    def to_dict(
        self,
        *,
        mode: str = "json",
        exclude_none: bool = False,
        exclude_unset: bool = True,
        exclude_defaults: bool = False,
        use_api_names: bool = True,
        warnings: bool = True,
    ) -> Dict[str, Any]:
        """A new dict of plain values, down to the last one. What the provider left out is not in it."""
        return without_none(self._plain()) if exclude_none else self._plain()

    def model_dump(
        self,
        *,
        mode: str = "python",
        include: Optional[Collection[Any]] = None,
        exclude: Optional[Collection[Any]] = None,
        exclude_none: bool = False,
        exclude_unset: bool = False,
        exclude_defaults: bool = False,
        by_alias: Optional[bool] = None,
        round_trip: bool = False,
        warnings: bool = True,
        serialize_as_any: bool = False,
        context: Any = None,
        fallback: Any = None,
    ) -> Dict[str, Any]:
        """As `to_dict`. Everything is JSON, so that all modes are one. `include` and `exclude` name members, and those of members, as in
        pydantic: {"id"}, {"choices": {0: {"message"}}}, {"choices": {"__all__": {"logprobs"}}}."""
        members = self.to_dict(exclude_none=exclude_none)
        if include is not None or exclude is not None:
            members = chosen(members, include, exclude)
        return members

    def to_json(self, *, indent: Optional[int] = None, exclude_none: bool = False, **_: Any) -> str:
        style: Any = {"indent": indent} if indent is not None else {"separators": (",", ":")}
        return json.dumps(self.to_dict(exclude_none=exclude_none), ensure_ascii=False, **style)

    def model_dump_json(
        self,
        *,
        indent: Optional[int] = None,
        include: Optional[Collection[Any]] = None,
        exclude: Optional[Collection[Any]] = None,
        exclude_none: bool = False,
        **_: Any,
    ) -> str:
        if include is None and exclude is None:
            return self.to_json(indent=indent, exclude_none=exclude_none)
        members = self.model_dump(include=include, exclude=exclude, exclude_none=exclude_none)
        return json.dumps(members, ensure_ascii=False, indent=indent)

    def dict(self, **options: Any) -> Dict[str, Any]:
        """`model_dump`, by the name that it had before."""
        return self.model_dump(**options)

    def json(self, **options: Any) -> str:
        """`model_dump_json`, by the name that it had before."""
        return self.model_dump_json(**options)

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: Any) -> Any:
        """For pydantic, and so for FastAPI: an answer may be a field, or what a handler returns."""
        from pydantic_core import core_schema

        given = core_schema.plain_serializer_function_ser_schema(
            lambda value: value.to_dict() if isinstance(value, Dumps) else value, return_schema=core_schema.dict_schema()
        )
        return core_schema.no_info_plain_validator_function(cls._validated, serialization=given)

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: Any, _handler: Any) -> Dict[str, Any]:
        return {"type": "object", "title": cls.__name__}

    @classmethod
    def _validated(cls, value: Any) -> Any:
        if isinstance(value, cls):
            return value
        if isinstance(value, Mapping):
            return cls(value)  # type: ignore[call-arg]
        raise ValueError(f"{cls.__name__} is an object, but not {type(value).__name__}")


class Object(_Dict, Dumps):
    """A JSON object: a dict whose members are attributes too. A known member that the provider left out reads as None.

    The annotations of a subclass are its known members, and name the classes of nested objects.
    """

    __slots__ = ()
    _members: Dict[str, str] = {}
    model_fields: Mapping[str, Any] = _members
    """The known members, with their types as text."""
    _classes: Optional[Dict[str, Type["Object"]]] = None
    _later: Collection[str] = ()
    """Members that stay plain dicts until they are read: they are long, and few programs look at them."""

    def __init_subclass__(cls) -> None:
        known = {name: text for name, text in cls.__annotations__.items() if not name.startswith("_")}
        for name in known:
            setattr(cls, name, property(methodcaller("get", name)))
        cls._members = {**cls._members, **known}
        cls.model_fields = cls._members
        cls._classes = None
        _TYPES[f"{cls.__module__}.{cls.__name__}"] = cls
        _TYPES.setdefault(cls.__name__, cls)

    def __init__(self, *given: Any, **members: Any) -> None:
        """As dict. Plain objects in it become nested ones, each of its class."""
        dict.__init__(self, *given, **members)
        _nest(self, type(self))

    @classmethod
    def _find_classes(cls) -> Dict[str, Type["Object"]]:
        """By member: the first of our classes that its annotation names."""
        classes = {}
        for name, text in cls._members.items():
            for word in re.findall(r"\w+", text):
                found = _TYPES.get(f"{cls.__module__}.{word}") or _TYPES.get(word)
                if found is not None:
                    classes[name] = found
                    break
        cls._classes = classes
        return classes

    # A type checker knows the annotated members alone.
    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """What the provider added."""
            if name in self and not name.startswith("__"):
                return self[name]
            raise AttributeError(f"{type(self).__name__} has no member {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __delattr__(self, name: str) -> None:
        try:
            del self[name]
        except KeyError:
            raise AttributeError(f"{type(self).__name__} has no member {name!r}") from None

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in dict.items(self))})"

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._members, *dict.keys(self)})

    def _plain(self) -> Dict[str, Any]:
        return {name: plain(value) for name, value in dict.items(self)}

    def copy(self: ObjectT) -> ObjectT:
        return type(self)(self)

    def model_copy(self: ObjectT, *, update: Optional[Mapping[str, Any]] = None, deep: bool = False) -> ObjectT:
        return type(self)({**(self._plain() if deep else self), **(update or {})})

    @classmethod
    def model_validate(cls: Type[ObjectT], data: Mapping[str, Any], **_: Any) -> ObjectT:
        return cls(data)

    @classmethod
    def model_validate_json(cls: Type[ObjectT], text: Any, **_: Any) -> ObjectT:
        return cls(json.loads(text))

    @classmethod
    def model_construct(cls: Type[ObjectT], **members: Any) -> ObjectT:
        return cls(members)

    @property
    def model_extra(self) -> Dict[str, Any]:
        """What the provider added."""
        return {name: value for name, value in dict.items(self) if name not in self._members}

    @property
    def model_fields_set(self) -> set[str]:
        return set(dict.keys(self))


T = TypeVar("T")

if TYPE_CHECKING:

    class Listing(Dumps, Generic[T]):
        """A JSON object that iterates over one of its members, and is a dict beside that."""

        def __init__(self, *given: Any, **members: Any) -> None: ...
        def __iter__(self) -> Iterator[T]: ...
        def __len__(self) -> int: ...
        def __getitem__(self, name: str) -> Any: ...
        def __setitem__(self, name: str, value: Any) -> None: ...
        def __contains__(self, name: object) -> bool: ...
        def get(self, name: str, default: Any = None) -> Any: ...
        def keys(self) -> KeysView[str]: ...
        def values(self) -> ValuesView[Any]: ...
        def items(self) -> ItemsView[str, Any]: ...
        @classmethod
        def model_validate(cls: Type[T], data: Mapping[str, Any], **_: Any) -> T: ...

else:

    class Listing(Object):
        __slots__ = ()
        _listed = "data"

        def __iter__(self) -> Iterator[Any]:
            return iter(self.get(self._listed) or ())

        def __len__(self) -> int:
            return len(self.get(self._listed) or ())

        def __bool__(self) -> bool:
            return len(self) > 0

        def __class_getitem__(cls, _: Any) -> Any:
            return cls


_CONTAINERS = (dict, list)
_new, _update, _items, _put = dict.__new__, dict.update, dict.items, dict.__setitem__


def made(cls: Type[ObjectT], given: Dict[str, Any]) -> ObjectT:
    """What `cls(given)` makes, in a fifth less of the time."""
    one = _new(cls)
    _update(one, given)
    _nest(one, cls)
    return one


def _nest(one: Object, cls: Type[Object]) -> None:
    """Plain objects in it become nested ones. (With a __getattr__ of ours, to ask an object takes five times as long as to ask its class.)"""
    classes = cls._classes
    if classes is None:
        classes = cls._find_classes()
    for name, value in _items(one):
        kind = type(value)
        if kind is dict:
            if name not in cls._later:
                _put(one, name, made(classes.get(name, Object), value))
        elif kind is list and value and type(value[0]) in _CONTAINERS:
            _put(one, name, wrapped(value, classes.get(name, Object)))


def wrapped(values: Any, cls: Type[Object]) -> Any:
    """Lists are of one kind: an embedding has thousands of numbers."""
    return [made(cls, value) if type(value) is dict else wrapped(value, cls) if type(value) is list else value for value in values]


def plain(value: Any) -> Any:
    """A copy that holds only dicts, lists and values that do not change."""
    kind = type(value)
    if kind is str or kind is int or value is None or kind is float or kind is bool:
        return value
    if isinstance(value, Dumps):
        return value._plain()
    if isinstance(value, Mapping):
        return {name: plain(member) for name, member in value.items()}
    if kind is list or kind is tuple:
        if value and type(value[0]) is float:
            return list(value)
        return [plain(member) for member in value]
    dump = getattr(value, "model_dump", None)
    return dump(mode="json") if dump is not None else value


def without_none(value: Any) -> Any:
    if type(value) is dict:
        return {name: without_none(member) for name, member in value.items() if member is not None}
    return [without_none(member) for member in value] if type(value) is list else value


def chosen(value: Any, include: Any, exclude: Any) -> Any:
    """What pydantic's `include` and `exclude` leave of plain values. None: no word about it."""
    pairs = value.items() if type(value) is dict else enumerate(value) if type(value) is list else None
    if pairs is None:
        return value
    kept = {}
    for name, member in pairs:
        wanted, unwanted = _said_of(name, include), _said_of(name, exclude)
        if unwanted is not True and (include is None or wanted is not None):
            kept[name] = chosen(member, None if wanted is True else wanted, unwanted)
    return kept if type(value) is dict else list(kept.values())


def _said_of(name: Any, spoken: Any) -> Any:
    """True for all of a member; else what is said of its own members, if anything."""
    if isinstance(spoken, Mapping):
        said = spoken.get(name, spoken.get("__all__"))
        return True if said is ... else said or None
    return True if spoken is not None and (name in spoken or "__all__" in spoken) else None
