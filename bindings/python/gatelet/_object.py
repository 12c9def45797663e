"""Objects of answers: a parsed JSON object whose members are attributes."""

from __future__ import annotations

import json
import re
from typing import Any, Dict, Iterator, Optional, Type

_TYPES: Dict[str, Type["Object"]] = {}


class Object:
    """A JSON object. Members are attributes and keys; a known member that the provider left out reads as None.

    The annotations of a subclass are its known members, and name the classes of nested objects.
    """

    _data: Dict[str, Any]
    _members: Dict[str, str] = {}
    _classes: Dict[str, Type["Object"]] = {}

    def __init_subclass__(cls) -> None:
        own = {name: text for name, text in cls.__annotations__.items() if not name.startswith("_")}
        cls._members = {**cls._members, **own}
        cls._classes = {}
        _TYPES.setdefault(cls.__name__, cls)

    def __init__(self, data: Dict[str, Any]) -> None:
        self._data = data

    def __getattr__(self, name: str) -> Any:
        """Called once per member: the value is kept as a plain attribute."""
        if name.startswith("_"):
            raise AttributeError(name)
        value = self._data.get(name)
        if value is None:
            if name not in self._data and name not in self._members:
                raise AttributeError(f"{type(self).__name__} has no member {name!r}")
        elif type(value) is dict or type(value) is list:
            value = _wrap(value, self._class_of(name))
        self.__dict__[name] = value
        return value

    @classmethod
    def _class_of(cls, name: str) -> Type["Object"]:
        known = cls._classes.get(name)
        if known is None:
            words = re.findall(r"\w+", cls._members.get(name, ""))
            known = next((_TYPES[word] for word in words if word in _TYPES), Object)
            if name in cls._members:
                cls._classes[name] = known
        return known

    def __getitem__(self, name: str) -> Any:
        value = self._data[name]
        return _wrap(value, self._class_of(name)) if type(value) is dict or type(value) is list else value

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
