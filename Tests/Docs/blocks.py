"""The code blocks of the documentation: where they stand, what they are, and what their page says of them.

Behind a block's language may stand its kind (```json config) or, as MkDocs has it, the file that it is: ```python title="app.py".
A comment above a block says what cannot be seen in it:
    <!-- not run: WHY -->   its syntax is checked only
    <!-- fragment: WHY -->  a part of a function: compiled, not run
    <!-- needs: frameworks -->  run with the packages of Tests/Clients/frameworks, in the long tests
    <!-- prints -->         what the block before prints, with ... for anything
"""

from __future__ import annotations

import re
import subprocess
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, List, Optional

ROOT = Path(__file__).resolve().parents[2]
_BLOCK = re.compile(r"(?:^ *<!-- (?P<said>[^>]*) -->\n)?^(?P<indent> *)```(?P<words>[^`\n]*)\n(?P<text>.*?)^(?P=indent)``` *$", re.S | re.M)


@dataclass
class Block:
    page: str
    line: int
    language: str
    kind: str
    title: Optional[str]
    said: str
    """not run, fragment, needs, prints or nothing."""
    why: str
    text: str

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> List[str]:
    """Every page of the repository that people read; those too that are not committed yet."""
    told = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True)
    return sorted(name for name in set(told.stdout.splitlines()) if not name.startswith("Tests/Fixtures") and (ROOT / name).is_file())


def blocks_of(page: str) -> List[Block]:
    return list(blocks_in(page, (ROOT / page).read_text()))


def blocks_in(page: str, text: str) -> Iterator[Block]:
    for found in _BLOCK.finditer(text):
        words = found["words"].strip()
        title = re.search(r'title="([^"]+)"', words)
        language, _, kind = re.sub(r'title="[^"]+"', "", words).strip().partition(" ")
        said, _, why = (found["said"] or "").partition(":")
        line = text.count("\n", 0, found.start("indent")) + 1
        yield Block(page, line, language, kind.strip(), title[1] if title else None, said.strip(), why.strip(), textwrap.dedent(found["text"]))
