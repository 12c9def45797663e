"""Python types of the schemas: a schema with a title becomes a TypedDict or an alias of that name."""
import keyword
import re
import textwrap

WIDTH = 118
PLAIN = {"boolean": "bool", "integer": "int", "number": "float", "string": "str"}

# Each document becomes a module of gatelet.options; a type stands in the first one that has it.
MODULES = {
    "provider": ("provider", "A provider of the configuration: its row, its keys, what is known about its models."),
    "config": ("config", "The configuration: the argument of Client, of Client.reload, and the file GATELET_CONFIG."),
    "request": ("request", "The member `gatelet` of a request."),
    "call-options": ("call", "The options of a call: what is said beside the request."),
}


def sentence(text):
    text = text[0].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else text + "."


def docstring(text, indent=""):
    """Wrapped, so that no line is too long."""
    text = sentence(text).replace("\\", "\\\\")
    if len(indent) + len(text) + 6 <= WIDTH:
        return [f'{indent}"""{text}"""']
    first, *rest = textwrap.wrap(text, WIDTH - len(indent) - 6, break_on_hyphens=False, break_long_words=False)
    return [f'{indent}"""{first}', *(indent + line for line in rest[:-1]), f'{indent}{rest[-1]}"""']


def laid_out(head, expression, indent=""):
    """`head expression`, over several lines if it is long: literals and unions may be broken behind a comma."""
    line = f"{indent}{head}{expression}"
    if len(line) <= WIDTH:
        return [line]
    opening, inside = re.fullmatch(r"(\w+\[)(.*)\]", expression).groups()
    lines = textwrap.wrap(inside + ("" if inside.endswith(",") else ","), WIDTH - len(indent) - 4, break_on_hyphens=False)
    return [f"{indent}{head}{opening}", *(f"{indent}    {one}" for one in lines), f"{indent}]  # fmt: skip"]


class Module:
    """One file of types: what it declares, in an order in which each can be evaluated, and what it needs of others."""

    def __init__(self, name, says):
        self.name, self.says, self.declared, self.blocks, self.imported = name, says, [], [], {}

    def text(self):
        body = "\n\n\n".join("\n".join(block) for block in self.blocks)
        words = [word for word in ("Any", "Dict", "List", "Literal", "TypedDict", "Union") if re.search(rf"\b{word}\b", body)]
        lines = [f'"""{self.says}', "", "Written by scripts/write-options from the schemas in docs; change those.", '"""', "",
                 "from __future__ import annotations", "", f"from typing import {', '.join(words)}", ""]
        for module, names in sorted(self.imported.items()):
            lines += import_of(module, names)
        return "\n".join(lines + ["", ""]) + body + "\n"


def import_of(module, names):
    line = f"from .{module} import {', '.join(sorted(names))}"
    return [line] if len(line) <= WIDTH else [f"from .{module} import (", *(f"    {name}," for name in sorted(names)), ")"]


class Types:
    """All the types, in modules by the schema that has them."""

    def __init__(self):
        self.modules = {name: Module(*says) for name, says in MODULES.items()}
        self.home, self.shapes, self.current = {}, {}, None

    def expression(self, node):
        """The type of what a schema allows, as Python says it. null counts as absent and is in no type."""
        return self.declared(node, node["title"]) if "title" in node else self.untitled(node)

    def untitled(self, node):
        branches = [branch for branch in node.branches() if branch.get("type") != "null"]
        if branches:
            return union(self.expression(branch) for branch in branches)
        if "$ref" in node and "properties" not in node:
            return self.expression(node.target())
        if "enum" in node or "const" in node:
            return literal([word for word in node.get("enum", [node.get("const")]) if word is not None])
        kinds = node.get("type", [])
        kinds = [kinds] if isinstance(kinds, str) else kinds
        if not kinds and "properties" not in node:
            return "Any"
        return union(self.of_kind(kind, node) for kind in kinds if kind != "null")

    def of_kind(self, kind, node):
        if kind in PLAIN:
            return PLAIN[kind]
        if kind == "array":
            return f"List[{self.expression(node.child('items'))}]"
        if node.properties():
            raise node.mistake("an object with members needs a title, which is the name of its Python type")
        if not isinstance(node.get("additionalProperties"), dict):
            return "Dict[str, Any]"
        names = node.child("propertyNames").seen_through() if "propertyNames" in node else None
        key = self.expression(names) if names and "enum" in names else "str"
        return f"Dict[{key}, {self.expression(node.child('additionalProperties'))}]"

    def declared(self, node, name):
        """Writes the type down where it is met first; the same name must mean the same everywhere."""
        user, self.current = self.current, self.home.get(name) or self.modules[node.name]
        if name not in self.home:
            self.write(node, name)
        elif node.path not in self.shapes[name][1]:
            self.compare(node, name)
        if user and user is not self.current:
            user.imported.setdefault(self.current.name, set()).add(name)
        self.current = user
        return name

    def write(self, node, name):
        if not node.description():
            raise node.mistake(f"{name} needs a description")
        block, shape = self.class_of(node, name) if node.properties() else self.alias_of(node, name)
        self.home[name], self.shapes[name] = self.current, (shape, {node.path})
        self.current.declared.append(name)
        self.current.blocks.append(block)

    def compare(self, node, name):
        shape = self.fields(node) if node.properties() else self.untitled(node)
        if shape != self.shapes[name][0]:
            raise node.mistake(f"{name} is {self.shapes[name][0]} elsewhere, and {shape} here")
        self.shapes[name][1].add(node.path)

    def alias_of(self, node, name):
        value = self.untitled(node)
        return laid_out(f"{name} = ", value) + docstring(node.description()), value

    def fields(self, node):
        """Name and type of each member, and whether it is required; of a base that has a name, its members too."""
        return {member: (self.expression(schema), member in node.required()) for member, schema in node.properties()}

    def class_of(self, node, name):
        fields = self.fields(node)
        base = node.target() if "$ref" in node else None
        if base and "title" in base:
            parent = self.declared(base, base["title"])
            own = [member for member in fields if member in node.get("properties", ())]
        else:
            parent, own = "TypedDict", list(fields)
        said = dict(node.properties())
        required = [member for member in own if fields[member][1]]
        block = []
        if required and len(required) < len(own):
            block += self.members(f"_{name}Required", parent, False, required, fields, said) + ["", ""]
            parent, own = f"_{name}Required", [member for member in own if member not in required]
            required = []
        words = [member for member in own if keyword.iskeyword(member)]
        if words:
            inside = ", ".join(f'"{word}": {fields[word][0]}' for word in words)
            block += ["# A keyword of Python cannot stand in the body of a class.",
                      f'_{name}Keywords = TypedDict("_{name}Keywords", {{{inside}}}, total=False)', "", ""]
            parent, own = f"_{name}Keywords", [member for member in own if member not in words]
        text = node.description()
        if words:
            text = sentence(text) + " Also " + "; ".join(f"`{word}`: {said[word].description()}" for word in words)
        return block + self.members(name, parent, not required, own, fields, said, text), fields

    def members(self, name, parent, optional, own, fields, said, text=None):
        block = [f"class {name}({parent}{', total=False' if optional else ''}):"]
        block += docstring(text, "    ") + [""] if text else []
        for member in own:
            block += laid_out(f"{member}: ", fields[member][0], "    ")
            if said[member].description():
                block += docstring(said[member].description(), "    ")
        return block


def union(types):
    """One of these, each once; literals are joined."""
    found = []
    for one in types:
        for part in re.fullmatch(r"Union\[(.*)\]", one).group(1).split(", ") if re.fullmatch(r"Union\[\w+(, \w+)*\]", one) else [one]:
            if part not in found:
                found.append(part)
    if not found:
        return "Any"
    return found[0] if len(found) == 1 else f"Union[{', '.join(found)}]"


def literal(words):
    return "Literal[" + ", ".join(f'"{word}"' if isinstance(word, str) else repr(word) for word in words) + "]"
