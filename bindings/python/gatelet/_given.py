"""Arguments that are not there, in the words of the OpenAI SDK."""

from __future__ import annotations


class NotGiven:
    """For an argument that is not given: nothing of it is sent."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "NOT_GIVEN"


class Omit:
    """For a parameter or a header that is to be left out."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "omit"


NOT_GIVEN = NotGiven()
not_given = NOT_GIVEN
omit = Omit()

_left = {NotGiven, Omit}


def left_out(value: object) -> bool:
    """Also those of the openai package, which a program may still have in hand."""
    kind = type(value)
    return kind in _left or (kind.__name__ in ("NotGiven", "Omit") and kind.__module__.partition(".")[0] in ("openai", "anthropic"))
