"""The map for contributors (CONTRIBUTING.md, docs/internals): every file, module, type and function that it names exists."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
MAP = [ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs/internals").glob("*.md"))]
FILES = [path for folder in ("Sources", "Tests", "scripts", "include", "docs") for path in (ROOT / folder).rglob("*") if path.is_file()]
NAMES = {name for path in FILES for name in (path.name, path.stem, path.parent.name)}
DECLARED = set(re.findall(r"\b(?:class|struct|enum|protocol|typealias|func)\s+(\w+)", "\n".join(p.read_text() for p in FILES if p.suffix == ".swift")))


def exists(name):
    """A path from the root, from Sources or from Tests, or the end of one; the name of a file, a folder, a type or a function."""
    if any((ROOT / top / name).exists() for top in ("", "Sources", "Tests")):
        return True
    if "/" in name:
        return any(str(path).endswith("/" + name) for path in FILES)
    return name in NAMES or name.split(".")[0] in DECLARED | NAMES


def named(text):
    """What looks like a name of ours within backquotes, or like a path in a drawing (lines that are indented)."""
    plain = re.sub(r"```.*?```", "", text, flags=re.S)
    words = [word.split(" ")[0].rstrip(",/").replace("<id>", "openai") for word in re.findall(r"`([^`\n]+)`", plain)]
    words += [word for line in re.findall(r"^    \S.*$", plain, re.M) for word in re.findall(r"\b[A-Z]\w*(?:/[\w+.]+)+", line)]
    ours = (r"(?:Sources|Tests|scripts|docs|include|bindings|bench|[A-Z]\w+)/[\w+./-]+", r"[\w+-]+\.(?:swift|c|h|py|tsv|json)", r"[A-Z][a-z]\w+(?:\+\w+)?(?:\.\w+)?")
    return [word for word in words if any(re.fullmatch(form, word) for form in ours)]


def check_all(check):
    check("the map names what is there", len(named(MAP[0].read_text())) > 30)
    for page in MAP:
        names = named(page.read_text())
        lost = [name for name in names if name != "Array" and not exists(name)]
        check(f"{page.relative_to(ROOT)}: names of files and types", not lost, "; ".join(lost))
