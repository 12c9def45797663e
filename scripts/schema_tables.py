"""The tables of members in the pages of docs, made from the schemas. They stand between comments that name them."""
import json
import re

from schemas import ROOT, Mistake, Node

# What the shared definitions of the schemas are to a reader.
WORDS = {"line": "text", "url": "address", "operationPath": "path", "seconds": "seconds", "usd": "USD", "headerName": "name of a header",
         "path": "path", "paths": "path or list of paths", "faults": "step or script", "priceName": "kind of price"}
MOST_WORDS = 8  # of an enumeration, in a cell
ENDLESS = 1_000_000_000_000  # a maximum that only guards against overflow


def value(node):
    """What a member may hold, in a few words."""
    if "$ref" in node and "properties" not in node:
        name = node["$ref"].rsplit("/", 1)[-1]
        return WORDS[name] if name in WORDS else value(node.target())
    branches = [branch for branch in node.branches() if branch.get("type") != "null"]
    if branches:
        return " or ".join(dict.fromkeys(value(branch) for branch in branches))
    if "const" in node:
        return f"`{json.dumps(node['const'])}`" if node["const"] is False else f"`{node['const']}`"
    if "enum" in node:
        return words(node["enum"])
    kinds = node.get("type", "object" if node.properties() else "any value")
    return " or ".join(of_kind(kind, node) for kind in ([kinds] if isinstance(kinds, str) else kinds) if kind != "null")


def words(enum):
    told = [f"`{json.dumps(word)}`" if isinstance(word, bool) else f"`{word}`" for word in enum if word is not None]
    return ", ".join(told) if len(told) <= MOST_WORDS else "a word"


def of_kind(kind, node):
    if kind == "array":
        return "list of " + several(value(node.child("items")))
    if kind == "object":
        inner = several(value(node.child("additionalProperties"))) if isinstance(node.get("additionalProperties"), dict) else "objects"
        return "object" if inner == "objects" else f"object of {inner}"
    if kind == "boolean":
        return "true, false"
    if kind in ("integer", "number"):
        return bounds("whole number" if kind == "integer" else "number", node)
    return "text" if kind == "string" else kind


def several(kind):
    """The plural of what `value` says."""
    name, _, rest = kind.partition(" of ")
    return {"object": "objects", "text": "texts", "address": "addresses", "path": "paths", "path or list of paths": "paths or lists of paths", "name of a header": "names of headers"}.get(
        kind, f"lists of {rest}" if name == "list" else kind)


def bounds(kind, node):
    least, most = node.get("minimum"), node.get("maximum")
    if "exclusiveMinimum" in node:
        return f"{kind} above {node['exclusiveMinimum']}, up to {most}"
    if least is None:
        return kind
    return f"{kind}, {least:,} or more" if most is None or most >= ENDLESS else f"{kind}, {least:,} to {most:,}"


def default(node):
    while "default" not in node and "$ref" in node and "properties" not in node:
        node = node.target()
    return f" `{json.dumps(node['default'])}`".replace('`"', "`").replace('"`', "`") if "default" in node else ""


class Table:
    """Rows of a schema's members, those of members too: `timeouts.connect`."""

    def __init__(self, page, leave_out=()):
        self.page, self.leave_out, self.rows = page, set(leave_out), []

    def add(self, node, path):
        text = node.description()
        if not text:
            raise node.mistake("needs a description, which is its row of the table")
        self.rows.append(f"| `{path}` | {cell(value(node), self.page)} | {cell(text, self.page)} |{default(node)} |")
        if path not in self.leave_out:
            self.inside(node.seen_through(), path)

    def inside(self, node, path):
        for name, member in node.properties():
            self.add(member, f"{path}.{name}" if path else name)
        for branch in node.branches():
            self.inside(branch.seen_through(), path)
        if isinstance(node.get("additionalProperties"), dict):
            inner = node.child("additionalProperties").seen_through()
            if inner.properties():
                self.inside(inner, f"{path}.*")
        if "items" in node:
            self.inside(node.child("items").seen_through(), f"{path}[]")

    def lines(self):
        return ["| Member | Value | Meaning | Default |", "|---|---|---|---|", *self.rows]


def cell(text, page):
    """In a row of Markdown: pages are links, and what is no code means nothing to Markdown."""
    parts = text.split("`")
    for number in range(0, len(parts), 2):
        parts[number] = re.sub(r"([*<|])", r"\\\1", parts[number])
        parts[number] = re.sub(r"docs/([a-z-]+\.md)(#[a-z-]+)?", lambda found: link(found[1], found[2] or "", page), parts[number])
    return "`".join(part.replace("|", "\\|") if number % 2 else part for number, part in enumerate(parts))


def link(name, place, page):
    return f"[below]({place})" if name == page and place else f"[{name}]({name}{place})"


def grouped(node, page, leave_out):
    """A table for each group: a member says in its `$comment` which one it belongs to."""
    groups = {}
    for name, member in node.properties():
        if "$comment" not in member:
            raise member.mistake('needs a "$comment": the heading of the table that it stands in')
        groups.setdefault(member["$comment"], Table(page, leave_out)).add(member, name)
    order = dict.fromkeys(member["$comment"] for _, member in sorted_members(node))
    return [line for group in order for line in (f"### {group}", "", *groups[group].lines(), "")][:-1]


def sorted_members(node):
    """The order of the groups is that in which a row has them; what only configurations have joins them."""
    rows = node.target().properties() if "$ref" in node else []
    return rows + node.properties()


def plain(node, page, leave_out=()):
    table = Table(page, leave_out)
    table.inside(node, "")
    return table.lines()


def variables():
    """The variables that the rows of the catalog name. Most have one for the key, called after the provider."""
    rows = [json.loads(file.read_text()) for file in sorted((ROOT / "Sources").glob("**/Catalog/**/*.json"))]
    rows = [row for row in rows if "id" in row and "base_url" in row]
    usual = [row["id"] for row in rows if row.get("env") == [usual_name(row)]]
    lines = ["| Variable | Effect |", "|---|---|"]
    for row in rows:
        keys, settings = row.get("env", []), [(name, row[name]) for name in SETTINGS if name in row]
        if keys and row["id"] not in usual:
            lines.append(f"| {', else '.join(f'`{name}`' for name in keys)} | key of `{row['id']}` |")
        lines += [f"| `{variable}` | the part `{{{part}}}` of the address of `{row['id']}` |" for part, variable in row.get("variables", {}).items()]
        lines += [f"| `{variable}` | {SETTINGS[name]} of `{row['id']}` |" for name, variable in settings]
    names = ", ".join(f"`{name}`" for name in usual)
    return lines + [f"| `<NAME>_API_KEY`, in capitals and with `_` for `-` | key of the provider of that name: {names} |"]


SETTINGS = {"env_base_url": "`base_url`", "env_default_model": "`default_model`", "env_timeout": "time-outs `first_byte` and `idle`, in seconds,",
            "env_retry_attempts": "`retry.attempts`", "env_backoff_base": "`retry.backoff_base`", "env_backoff_max": "`retry.backoff_max`",
            "env_jitter": "`retry.jitter`", "env_fallback_models": "`fallback_models`, with commas between them,"}


def usual_name(row):
    return row["id"].upper().replace("-", "_") + "_API_KEY"


def blocks(page):
    """The tables of a page, by name."""
    config, provider = Node.root("config"), Node.root("provider")
    one = config.child("properties", "providers", "additionalProperties")
    rules = ("limits", "limits.client", "limits.tags", "keys[].limits")
    return {
        "configuration.md": {
            "variables": variables,
            "config": lambda: grouped(config, page, {"providers", *rules[1:]}),
            "provider": lambda: grouped(one, page, {"models.map", "faults", "timeouts", "retry", "known_models.*.pricing", *rules}),
            "limits": lambda: plain(provider.child("$defs", "limits"), page),
        },
        "requests.md": {"call-options": lambda: top(Node.root("call-options"), page)},
        "adding-a-provider.md": {"map": lambda: plain(provider.child("$defs", "map"), page)},
    }[page]


def top(node, page):
    table = Table(page, {name for name, _ in node.properties()})
    for name, member in node.properties():
        table.add(member, name)
    return table.lines()


def pages():
    """The pages that have such tables: path to text."""
    return {ROOT / "docs" / page: filled(page) for page in ("configuration.md", "requests.md", "adding-a-provider.md")}


def filled(page):
    text = (ROOT / "docs" / page).read_text()
    for name, lines in blocks(page).items():
        begin, end = f"<!-- members of {name}: written by scripts/write-options -->\n", f"<!-- end of members of {name} -->\n"
        if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
            raise Mistake(f"docs/{page} has no place for the members of {name}")
        text = text[:text.index(begin) + len(begin)] + "\n".join(lines()) + "\n" + text[text.index(end):]
    return text
