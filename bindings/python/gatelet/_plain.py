"""Texts of providers, made fit for terminals, logs and files that people look at."""

from __future__ import annotations

import re
import unicodedata

# What moves cursors, begins lines or turns the order of characters around: C0, C1, separators of lines, marks of direction;
# and lone surrogates, which have no UTF-8.
_HARMFUL = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def plain(text: str) -> str:
    """One line that is what it seems. The escapes are JSON's, so that JSON without line breaks stays what it is."""
    return _HARMFUL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def cut(text: str, cells: int) -> str:
    """As much of a plain text as fits into so many cells of a terminal."""
    for place, character in enumerate(text):
        if not unicodedata.combining(character):
            cells -= 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if cells < 0:
            return text[:place]
    return text
