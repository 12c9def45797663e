"""Objects of answers: a parsed JSON object whose members are attributes."""

from __future__ import annotations

import json
import re
from typing import Any, Dict, Iterator, Optional, Type

_TYPES: Dict[str, Type["Object"]] = {}


class _Member:
    """A known member. Read once: from then on the instance's own attribute is found before this."""

    def __init__(self, name: str, annotation: str) -> None:
        self._name = name
        self._annotation = annotation
        self._class: Optional[Type[Object]] = None

    def __get__(self, instance: Any, owner: Any) -> Any:
        if instance is None:
            return self
        value = instance._data.get(self._name)
        kind = type(value)
        if kind is dict or kind is list:
            value = _wrap(value, self._class or self.nested_class())
        instance.__dict__[self._name] = value
        return value

    def nested_class(self) -> Type["Object"]:
        """The first of our classes that the annotation names."""
        words = re.findall(r"\w+", self._annotation)
        self._class = next((_TYPES[word] for word in words if word in _TYPES), Object)
        return self._class


class Object:
    """A JSON object. Members are attributes and keys; a known member that the provider left out reads as None.

    The annotations of a subclass are its known members, and name the classes of nested objects.
    """

    _data: Dict[str, Any] = {}
    _members: Dict[str, _Member] = {}

    def __init_subclass__(cls) -> None:
        known = {name: _Member(name, text) for name, text in cls.__annotations__.items() if not name.startswith("_")}
        for name, member in known.items():
            setattr(cls, name, member)
        cls._members = {**cls._members, **known}
        _TYPES.setdefault(cls.__name__, cls)

    def __init__(self, data: Dict[str, Any]) -> None:
        self._data = data

    def __getattr__(self, name: str) -> Any:
        """What the provider added."""
        try:
            value = _wrap(self._data[name], Object)
        except KeyError:
            raise AttributeError(f"{type(self).__name__} has no member {name!r}") from None
        self.__dict__[name] = value
        return value

    def __getitem__(self, name: str) -> Any:
        member = self._members.get(name)
        return _wrap(self._data[name], member.nested_class() if member else Object)

    def __contains__(self, name: object) -> bool:
        return name in self._data

    def __iter__(self) -> Iterator[Any]:
        return iter(self._data)

    def __eq__(self, other: object) -> bool:
        return self._data == other._data if isinstance(other, Object) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self._data.items())})"

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._members, *self._data})

    def get(self, name: str, default: Any = None) -> Any:
        return self[name] if name in self._data else default

    def to_dict(self) -> Dict[str, Any]:
        """The parsed JSON itself, not a copy."""
        return self._data

    def to_json(self, *, indent: Optional[int] = None) -> str:
        return json.dumps(self._data, ensure_ascii=False, indent=indent)

    def model_dump(self) -> Dict[str, Any]:
        """`to_dict`, by the name it has in the OpenAI SDK."""
        return self.to_dict()

    def model_dump_json(self, *, indent: Optional[int] = None) -> str:
        return self.to_json(indent=indent)


def _wrap(value: Any, cls: Type[Object]) -> Any:
    if type(value) is dict:
        return cls(value)
    # Lists are of one kind; only lists of objects need a look at each (an embedding has thousands of numbers).
    if type(value) is list and value and type(value[0]) is dict:
        return [cls(item) if type(item) is dict else item for item in value]
    return value
