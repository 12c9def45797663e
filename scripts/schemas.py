"""The schemas of docs/, read: what scripts/write-options writes types and tables from."""
import json
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[1]
NAMES = ["provider", "config", "request", "call-options"]


class Mistake(Exception):
    """A schema lacks something that types and tables are made of; the message says where."""


def without_doubles(pairs):
    """A member that stands twice in an object is lost in silence by most readers, so it is a mistake."""
    names = [name for name, _ in pairs]
    doubled = {name for name in names if names.count(name) > 1}
    if doubled:
        raise Mistake(f"members that stand twice in one object: {', '.join(sorted(doubled))}")
    return dict(pairs)


class Node:
    """A place in a schema: its members, and the document that local references lead into."""

    documents = {}

    def __init__(self, members, name, path=""):
        self.members, self.name, self.path = members, name, path

    @classmethod
    def root(cls, name):
        if name not in cls.documents:
            text = (ROOT / f"docs/{name}.schema.json").read_text()
            cls.documents[name] = json.loads(text, object_pairs_hook=without_doubles)
        return cls(cls.documents[name], name, f"{name}:")

    def __getitem__(self, member):
        return self.members[member]

    def __contains__(self, member):
        return member in self.members

    def get(self, member, otherwise=None):
        return self.members.get(member, otherwise)

    def child(self, *steps):
        """The schema below, by the names that lead to it."""
        members, path = self.members, self.path
        for step in steps:
            members, path = members[step], f"{path}/{step}"
        return Node(members, self.name, path)

    def branches(self):
        return [self.child(key, number) for key in ("oneOf", "anyOf") for number in range(len(self.get(key, ())))]

    def target(self):
        """Where `$ref` leads; None without one."""
        if "$ref" not in self:
            return None
        urn, _, pointer = self["$ref"].partition("#")
        root = Node.root(urn.removeprefix("urn:gatelet:") if urn else self.name)
        return root.child(*(pointer.strip("/").split("/"))) if pointer else root

    def seen_through(self):
        """The schema itself, where this one only refers to it."""
        node = self
        while "$ref" in node and "properties" not in node:
            node = node.target()
        return node

    def properties(self):
        """Its members as (name, schema): its own, then those of what it extends."""
        found = [(name, self.child("properties", name)) for name in self.get("properties", ())]
        return found + (self.target().properties() if "$ref" in self else [])

    def required(self):
        return set(self.get("required", ())) | (self.target().required() if "$ref" in self else set())

    def description(self):
        """Its own words, else those of what it refers to; of a whole document its title."""
        if self.path.endswith(":"):
            return self["title"]
        if "description" in self:
            return self["description"]
        return self.target().description() if "$ref" in self else None

    def mistake(self, text):
        return Mistake(f"docs/{self.name}.schema.json, {self.path}: {text}")
