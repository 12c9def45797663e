"""The reference pages: of C from the header, as the man pages; of Python from its docstrings; of documents from their schemas."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Dict, Iterator, List, Tuple

from schema_tables import Table
from schemas import NAMES, Node


def pages(root: Path) -> Dict[str, str]:
    return {"reference/c.md": c_page((root / "include/gatelet.h").read_text()), "reference/python.md": PYTHON, "reference/schemas.md": schemas_page()}


# ---------------------------------------------------------------- C

def sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def declarations(header: str) -> Iterator[Tuple[str, str, str]]:
    """The header's sections, and its declarations with their comments, in turn: (section, "", "") or ("", comment, declaration)."""
    comment: List[str] = []
    lines = iter(header.split("\n"))
    for line in lines:
        if found := re.match(r"/\* -+ (.+?) \*/", line):
            yield found[1], "", ""
        elif line.startswith("/**"):
            comment = [line]
            while "*/" not in comment[-1]:
                comment.append(next(lines))
        elif re.match(r"typedef |enum |const |[a-z]\w* |#define GATELET_\w+ ", line) and not line.startswith(("extern", "#define GATELET_WARN")):
            declared = [line]
            while not is_whole("\n".join(declared)):
                declared.append(next(lines))
            yield "", lines_of(comment), "\n".join(declared)
            comment = []


def is_whole(declared: str) -> bool:
    plain = re.sub(r"/\*.*?(\*/|\Z)", "", declared, flags=re.S)
    return declared.startswith("#") or plain.rstrip().endswith(";") and plain.count("{") == plain.count("}")


def lines_of(comment: List[str]) -> str:
    """A comment without its frame."""
    text = re.sub(r"^\s*/\*+ ?|\s*\*/\s*$", "", "\n".join(comment))
    return "\n".join(re.sub(r"^ \* ?", "", line).rstrip() for line in text.split("\n")).strip()


def c_page(header: str) -> str:
    """Every declaration of the header with its comment, in its sections."""
    opening, _, rest = header.partition("*/")
    title, _, conventions = lines_of([*(opening + "*/").split("\n")]).partition("\n")
    about = "This page is written from the header `gatelet.h`, as the man pages are (`man 3 gatelet`)."
    told = [f"# C reference\n\n{sentence(title.partition(': ')[2])} {about}\n\n{prose(conventions)}\n\n## Types and numbers\n"]
    for section, comment, declared in declarations(rest):
        told.append(f"\n## {sentence(section)}\n" if section else entry(comment, declared))
    return "\n".join(told)


def name_of(declared: str) -> str:
    for form in r"#define (\w+)", r"^enum \{\s*(\w+)", r"^typedef [^;{]*\(\*(\w+)\)", r"\}\s*(\w+);$", r"^typedef [^({]*?(\w+);", r"(\w+)\(":
        if found := re.search(form, declared):
            return found[1]
    raise ValueError(f"no name in {declared!r}")


def entry(comment: str, declared: str) -> str:
    name = name_of(declared)
    title = f"The numbers `{name}` and following" if declared.startswith("enum") else f"`{name}`"
    return f"### {title} {{#{name}}}\n\n```c\n{declared}\n```\n\n{prose(comment)}\n"


def prose(comment: str) -> str:
    """Parameters as a list; names of ours as code, pages as links."""
    text: List[str] = []
    for line in comment.split("\n"):
        stripped = line.strip()
        if found := re.match(r"@param +(\w+(?:, \w+)*) *(.*)", stripped):
            text.append(f"\n- **`{found[1]}`** {linked(found[2])}" if not (text and text[-1].startswith(("- **", "\n- **", "  "))) else f"- **`{found[1]}`** {linked(found[2])}")
        elif found := re.match(r"@return +(.*)", stripped):
            text.append(f"\n**Returns** {linked(found[1])}")
        elif stripped.startswith("- "):
            text.append(("" if text and text[-1].startswith(("- ", "\n- ", "  ")) else "\n") + linked(stripped))
        elif text and text[-1].lstrip("\n").startswith(("- ", "  ")) and line.startswith("  "):
            text.append("  " + linked(stripped))
        elif text and text[-1].lstrip("\n").startswith(("- ", "  ")) and stripped:
            text.append("\n" + linked(stripped))
        else:
            text.append(linked(stripped))
    return "\n".join(text).strip()


def linked(text: str) -> str:
    parts = text.split("`")
    for at in range(0, len(parts), 2):
        part = re.sub(r"([<*])", r"\\\1", parts[at])
        part = re.sub(r"\b(gatelet_[a-z_]*[a-z])\b(\(\))?(?!\.h)", r"[`\1\2`](#\1)", part)
        part = re.sub(r"\b(GATELET_[A-Z_]*[A-Z])\b", r"`\1`", part)
        part = re.sub(r'\bdocs/([a-z-]+\.md), "([^"]+)"', lambda found: f"[{found[2]}](../{found[1]}#{anchor(found[2])})", part)
        parts[at] = re.sub(r"\bdocs/([a-z-]+)\.md", r"[\1](../\1.md)", part)
    return "`".join(parts)


def anchor(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-")


# ---------------------------------------------------------------- Python

PYTHON = """# Python reference

Written from the docstrings of the package. [The Python package](../python.md) tells how it is used.

## Clients

::: gatelet.Client
    options: {inherited_members: true}

::: gatelet.AsyncClient
    options: {inherited_members: true}

## Calls

A client's groups of calls: `client.chat.completions`, `client.completions`, `client.embeddings`, `client.models`, `client.messages`,
`client.responses`, `client.raw`. Those of an AsyncClient are the same, to be awaited.

::: gatelet._calls.ChatCompletions

::: gatelet._calls.Completions

::: gatelet._calls.Embeddings

::: gatelet._calls.Models

::: gatelet._surfaces.Messages

::: gatelet._surfaces.Responses

::: gatelet._raw.Raw

## Streams

::: gatelet.Stream
    options: {inherited_members: true}

::: gatelet._async.AsyncStream
    options: {inherited_members: true}

## What is told

::: gatelet.reports

## Exceptions

The OpenAI SDK's names work too: `OpenAIError` is GateletError, `APIConnectionError` TransportError, `APITimeoutError` TimeoutError, `APIStatusError`
ProviderError, `AuthenticationError` AuthError, `APIResponseValidationError` BadResponseError.

::: gatelet._errors

## Hooks

::: gatelet.Veto

## Options

What a configuration, a call and a request may say: typed dicts, written from the [schemas](schemas.md).

::: gatelet.options.config

::: gatelet.options.provider

::: gatelet.options.call

::: gatelet.options.request

::: gatelet.options.openrouter

::: gatelet.options.events

## The library

::: gatelet.version

::: gatelet.library_path

## Official SDKs

`gatelet.openai`, `gatelet.anthropic` and `gatelet.genai` have these two functions each.

::: gatelet._transport.clients.HttpClients

::: gatelet.openai

::: gatelet.anthropic

::: gatelet.genai
"""


# ---------------------------------------------------------------- schemas

_ABOUT = {
    "config": "The configuration of a client, also as the file that `GATELET_CONFIG` names: [configuration](../configuration.md).",
    "provider": "A provider: a row of the catalog, and a member of `providers` in the configuration: [adding a provider](../adding-a-provider.md).",
    "request": "What Gatelet reads in a request; the rest is the provider's: [requests](../requests.md).",
    "call-options": "What a caller says of one call: [options of a call](../requests.md#options-of-a-call).",
}


def schemas_page() -> str:
    told = ["# Schemas\n\nJSON Schemas (draft 2020-12) of what Gatelet reads. Editors complete and check by them. These tables are made from them.\n"]
    for name in ("config", "provider", "call-options", "request"):
        assert name in NAMES
        table = Table("reference/schemas.md", {"providers"} if name == "config" else ())
        root = Node.root(name)
        node = root.child("$defs", "provider") if name == "provider" else root
        table.inside(node, "")
        rows = "\n".join(re.sub(r"\]\(([a-z-]+\.md)", r"](../\1", row) for row in table.lines())
        told.append(f"## {root['title']} {{#{name}}}\n\n{_ABOUT[name]} The schema: [{name}.schema.json](../{name}.schema.json).\n\n{rows}\n")
    return "\n".join(told)
