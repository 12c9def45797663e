"""What the pages of the documentation say of files and of each other: links lead somewhere, named files exist."""
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Documents of those who make Gatelet, which no reader of the repository has.
ABSENT = re.compile(r"\bseeds? [0-9]{2,}|\bdesign(\.md| section)|\b(the contract|contract\.md|contract section)", re.I)
FENCED = re.compile(r"^ *```.*?^ *```", re.S | re.M)


def tracked(*patterns):
    """Files of the repository; those too that are not committed yet."""
    said = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in said.stdout.splitlines() if (ROOT / name).is_file()]


def pages():
    return tracked("*.md")


def anchors(text):
    """What a page's headings are called in links: lower case, without punctuation, with - for blanks."""
    titles = re.findall(r"^#+ +(.*)$", FENCED.sub("", text), re.M)
    return {re.sub(r"[^\w -]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def broken_links(page):
    text = page.read_text()
    found = []
    for target in re.findall(r"\]\(([^)\s]+)\)", FENCED.sub("", text)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, place = target.partition("#")
        to = (page.parent / name).resolve() if name else page
        if not to.exists():
            found.append(f"{target}: no such file")
        elif place and place not in anchors(to.read_text()):
            found.append(f"{target}: no such heading")
    return found


def lost_files(text, beside=ROOT):
    """Paths in code marks that begin in a folder of ours, and exist neither there nor beside the page. `<...>` and `*` stand for anything."""
    folders = "Sources|Tests|bindings|bench|data|docs|examples|include|scripts"
    named = re.findall(rf"`((?:{folders})/[^`\s]*)`", text)
    patterns = [re.sub(r"<[^>]*>", "*", name.rstrip("/")) for name in named]
    return [pattern for pattern in patterns if not any(ROOT.glob(pattern)) and not any(beside.glob(pattern))]


def lost_mentions(file):
    """Pages that a source names, and their headings: docs/requests.md, "Options of a call"."""
    text = re.sub(r"\s*\n\s*(?:///?|\*|#)?\s*", " ", file.read_text(errors="replace"))
    found = []
    for name, heading in re.findall(r'\bdocs/([a-z-]+\.md)(?:`?, "([^"]+)")?', text):
        page = ROOT / "docs" / name
        if not page.exists():
            found.append(f"docs/{name}")
        elif heading and not any(heading.lower() == title.lower() for title in re.findall(r"^#+ +(.*)$", page.read_text(), re.M)):
            found.append(f'docs/{name}, "{heading}"')
    return found


def first_column(page, heading):
    """The names in code marks of the first column of the tables below a heading: `ok: true` is ok."""
    section = re.split(r"^#+ ", (ROOT / "docs" / page).read_text().split(f"# {heading}\n", 1)[1], maxsplit=1, flags=re.M)[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {name for cell in cells for name in re.findall(r"`([\w.]+)", cell)}


def check_tables(check, schemas):
    """Tables that are written by hand, because they say more than schemas do, have all members too."""
    request = schemas["request"]["properties"]
    told = {"models", "provider"} | {f"gatelet.{name}" for name in request["gatelet"]["properties"]}
    check("docs/requests.md: what Gatelet reads", (found := first_column("requests.md", "What Gatelet reads")) == told, f"{found ^ told}")
    steps = set(schemas["provider"]["$defs"]["faultStep"]["oneOf"][2]["properties"])
    check("docs/testing-failover.md: steps", (found := first_column("testing-failover.md", "A step")) == steps, f"{found ^ steps}")


def check_all(check):
    for page in pages():
        name, text = page.relative_to(ROOT), page.read_text()
        check(f"{name}: links", not (found := broken_links(page)), "; ".join(found))
        check(f"{name}: files", not (found := lost_files(text, page.parent)), "; ".join(found))
    here = []
    for file in tracked("*.md", "*.h", "*.swift", "*.c", "*.py", "*.json", "scripts/*", "Tests/*/run*", "Makefile"):
        text = file.read_text(errors="replace")
        lost = lost_mentions(file) if file.suffix != ".md" else []
        if "docs/" in text and file.suffix != ".md":
            check(f"{file.relative_to(ROOT)}: pages", not lost, "; ".join(lost))
        if f"{ROOT}/" in text:
            here.append(str(file.relative_to(ROOT)))
        if file.resolve() != pathlib.Path(__file__).resolve() and (said := ABSENT.search(text)):
            check(f"{file.relative_to(ROOT)}: documents", False, f"speaks of {said[0]!r}, which no reader has")
    check("no file has a path of this machine", not here, "; ".join(here))
