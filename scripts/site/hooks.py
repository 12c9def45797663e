"""What MkDocs is told beside the pages of docs: pages that lie elsewhere, the reference, and where links between all of them lead."""

from __future__ import annotations

import os
import posixpath
import re
import sys
from pathlib import Path
from typing import Any, Dict

from mkdocs.structure.files import File, Files

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(HERE.parent)]

import reference  # noqa: E402

# Pages of the site that are written elsewhere than in docs.
ELSEWHERE = {
    "index.md": "README.md",
    "python.md": "bindings/python/README.md",
    "gateway.md": "examples/gateway/README.md",
    "contributing.md": "CONTRIBUTING.md",
    "changelog.md": "CHANGELOG.md",
    **{f"embed/{page.parent.name}.md": str(page.relative_to(ROOT)) for page in sorted(ROOT.glob("examples/embed/*/README.md"))},
}
# What links lead to instead of a file that is no page.
INSTEAD = {"include/gatelet.h": "reference/c.md", "bindings/python": "python.md", "examples/gateway": "gateway.md"}
_FENCE = re.compile(r"^( *)(`{3,})(\w*)[^\n`]*\n(.*?)^\1\2 *$", re.S | re.M)
_REMOTE = re.compile(r'<img src="https?:[^>]*>')
_LINK = re.compile(r"(!?\[(?:[^\[\]]|\[[^\]]*\])*\])\(([^)\s]+)\)")


def on_files(files: Files, config: Any, **_: Any) -> Files:
    add = lambda name, **content: files.append(File.generated(config, name, **content))  # noqa: E731
    for page, source in ELSEWHERE.items():
        add(page, abs_src_path=str(ROOT / source))
    for page, text in reference.pages(ROOT).items():
        add(page, content=text)
    add("site.css", abs_src_path=str(HERE / "site.css"))
    return files


def on_page_markdown(text: str, page: Any, **_: Any) -> str:
    """Code blocks keep the name of their language only: the words behind it are for the tests, `title` excepted."""
    source = ELSEWHERE.get(page.file.src_uri, f"docs/{page.file.src_uri}")
    parts, end = [], 0
    for found in _FENCE.finditer(text):
        parts += [_linked(text[end : found.start()], source, page.file.src_uri), _fenced(found)]
        end = found.end()
    return "".join([*parts, _linked(text[end:], source, page.file.src_uri)])


def _fenced(found: "re.Match[str]") -> str:
    indent, marks, language, body = found.groups()
    title = re.search(r'title="[^"]*"', found[0].split("\n", 1)[0])
    return f"{indent}{marks}{language or 'text'}{' ' + title[0] if title else ''}\n{body}{indent}{marks}"


def _linked(text: str, source: str, page: str) -> str:
    """Links between files become links between pages; logos of providers, which other hosts have, are left out."""

    def place(found: "re.Match[str]") -> str:
        words, target = found.groups()
        if re.match(r"[a-z]+:|#", target):
            return found[0]
        name, mark, anchor = target.partition("#")
        to = posixpath.normpath(posixpath.join(posixpath.dirname(source), name))
        led = _page_of(to)
        if led is None:  # a file of the sources, which the site does not have
            return words[1:-1] if (ROOT / to).exists() else found[0]
        return f"{words}({posixpath.relpath(led, posixpath.dirname(page) or '.')}{mark}{anchor})"

    return _LINK.sub(place, _REMOTE.sub("", text))


def _page_of(path: str) -> Any:
    pages = {source: page for page, source in ELSEWHERE.items()}
    if path in pages or path in INSTEAD:
        return pages.get(path) or INSTEAD[path]
    return path[len("docs/") :] if path.startswith("docs/") and os.path.splitext(path)[1] else None
