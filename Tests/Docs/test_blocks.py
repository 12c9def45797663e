"""Every code block of every page does what it looks like: programs compile, run and print what the page says, documents are valid."""

from __future__ import annotations

import re
from pathlib import Path
from typing import List, Optional

import pytest
from blocks import ROOT, Block, blocks_in, blocks_of, pages
from conftest import frameworks
from session import Session, Wrong

WITH_BLOCKS = [page for page in pages() if blocks_of(page)]


def problems(folder: Path, blocks: List[Block], python: Optional[str] = None) -> List[str]:
    session, found = Session(folder, blocks, python), []
    try:
        for block in blocks:
            try:
                session.take(block)
            except Wrong as wrong:
                found.append(f"{block.place}: {wrong}")
    finally:
        session.close()
    return found


@pytest.mark.parametrize("page", WITH_BLOCKS)
def test_page(page: str, tmp_path: Path) -> None:
    found = problems(tmp_path, blocks_of(page))
    assert not found, "\n".join(found)


@pytest.mark.long
@pytest.mark.parametrize("page", [page for page in WITH_BLOCKS if any(block.said == "needs" for block in blocks_of(page))])
def test_page_with_frameworks(page: str, tmp_path: Path) -> None:
    found = problems(tmp_path, blocks_of(page), frameworks())
    assert not found, "\n".join(found)


def test_no_block_is_overlooked() -> None:
    """A fence that is not closed, or of another form, would be no block."""
    for page in pages():
        fences = len(re.findall(r"^ *(?:```|~~~)", (ROOT / page).read_text(), re.M))
        assert fences == 2 * len(blocks_of(page)), page


@pytest.mark.parametrize(
    "text, said",
    [
        ("```python\nprint(1\n```", "never closed"),
        ("```python\nraise SystemExit(3)\n```", "exit code 3"),
        ("```python\nprint(1)\n```\n\n<!-- prints -->\n```text\n2\n```", "prints\n1"),
        ("```c\nint main(void) { return x; }\n```", "x"),
        ("```c\nint main(void) { return 7; }\n```", "exit code 7"),
        ("<!-- fragment: of a function -->\n```c\ngatelet_nothing(client);\n```", "gatelet_nothing"),
        ("```sh\nfalse\n```", "exit code 1"),
        ("<!-- not run: it would take long -->\n```sh\nif true\n```", "syntax error"),
        ("<!-- not run: it would take long -->\n```sh\nmake nothing-of-the-kind\n```", "nothing-of-the-kind"),
        ("<!-- not run: -->\n```sh\ntrue\n```", "no reason"),
        ("<!-- unheard of: x -->\n```sh\ntrue\n```", "means nothing"),
        ("```json\n{,}\n```", "Expecting"),
        ('```json config\n{"colour": 1}\n```', "colour"),
        ('```json config\n{"aliases": {"a": "b", "b": "a"}}\n```', "aliases"),
        ('```json gateway\n{"keys": {"a": {"limit": 1}}}\n```', "keys.a.limit"),
        ('```json thing\n{}\n```', "no schema"),
        ("```cobol\nSTOP RUN.\n```", "cobol"),
    ],
)
def test_what_is_wrong_is_found(text: str, said: str, tmp_path: Path) -> None:
    found = problems(tmp_path, list(blocks_in("page.md", text + "\n")))
    assert len(found) == 1 and said in found[0], found
