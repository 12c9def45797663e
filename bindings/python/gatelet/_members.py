"""The ways of a dict, for classes that tell their members otherwise."""

from __future__ import annotations

import json
from typing import Any, Dict, Iterator, List

from ._object import Dumps, plain


class Members(Dumps):
    """`_all` is all that a class needs."""

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

    @classmethod
    def model_construct(cls, **members: Any) -> Any:
        made: Any = cls
        return made.model_validate(members)

    @classmethod
    def model_validate_json(cls, text: Any, **_: Any) -> Any:
        made: Any = cls
        return made.model_validate(json.loads(text))

    @property
    def model_extra(self) -> Dict[str, Any]:
        return {name: value for name, value in self._all().items() if not hasattr(type(self), name)}

    @property
    def model_fields_set(self) -> "set[str]":
        return set(self._all())
