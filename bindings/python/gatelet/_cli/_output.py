"""Tables and texts: by rich on a terminal where it is installed, else plain."""

from __future__ import annotations

import sys
from contextlib import contextmanager, nullcontext
from typing import Any, Iterator, List, Optional, Sequence

from .._plain import plain

_rich: Optional[Any] = None


def console() -> Optional[Any]:
    """rich's, on a terminal; None: what is written is read by a program, or rich is not there."""
    global _rich
    if _rich is None and sys.stdout.isatty():
        try:
            from rich.console import Console
        except ImportError:
            return None
        _rich = Console(highlight=False)
    return _rich


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[str] = ()) -> None:
    """`right`: columns of numbers."""
    shown = console()
    if shown is None:
        return _plain_table(columns, rows, right)
    from rich.table import Table
    from rich.text import Text

    made = Table(header_style="bold", box=None, pad_edge=False)
    for place, name in enumerate(columns):
        made.add_column(name, justify="right" if name in right else "left", overflow="fold", no_wrap=place > 0 and name in right)
    for row in rows:
        made.add_row(*(Text(plain(cell)) for cell in row))
    shown.print(made)


def _plain_table(columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str]) -> None:
    lines = [list(columns), *([plain(cell) for cell in row] for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(columns))]
    for line in lines:
        cells = [cell.rjust(width) if name in right else cell.ljust(width) for cell, width, name in zip(line, widths, columns)]
        print("  ".join(cells).rstrip())


def markdown(text: str) -> None:
    shown = console()
    if shown is None:
        print(readable(text))
        return
    from rich.markdown import Markdown

    shown.print(Markdown(readable(text)))


def note(text: str) -> None:
    """Beside what was asked for: dim on a terminal, and never in what another program reads."""
    shown = console()
    if shown is not None:
        from rich.text import Text

        shown.print(Text(plain(text), style="dim"))
    elif sys.stderr.isatty():
        print(plain(text), file=sys.stderr)


def finding(mark: str, subject: str, text: str) -> None:
    shown = console()
    if shown is None:
        print(f"{mark:7} {subject}: {plain(text)}")
        return
    from rich.text import Text

    style = {"ok": "green", "note": "cyan", "warning": "yellow", "problem": "bold red"}[mark]
    shown.print(Text.assemble((f"{mark:8}", style), (f"{subject}: ", "bold"), plain(text)))


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """A sign of life while nothing is to be shown."""
    shown = console()
    with shown.status(plain(what)) if shown is not None else nullcontext():
        yield


def readable(text: str) -> str:
    """With its lines, but without what moves cursors."""
    return "\n".join("\t".join(plain(part) for part in line.split("\t")) for line in text.split("\n"))


def number(value: Any) -> str:
    return "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def per_million(price: Optional[str]) -> str:
    """Of USD for one token."""
    from decimal import Decimal

    if price is None:
        return "?"
    return f"{(Decimal(price) * 1_000_000).normalize():f}"


def listed(words: Sequence[str]) -> str:
    found: List[str] = list(words)
    return ", ".join(found[:-1]) + (" and " if len(found) > 1 else "") + found[-1] if found else "none"
