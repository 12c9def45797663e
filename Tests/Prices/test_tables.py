"""The committed tables: form, order, sense, and that they are what their sources say. The sources themselves are asked only where
build/prices has them (scripts/update-models puts them there)."""

import importlib.machinery
import importlib.util
import json
import re
from decimal import Decimal
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def script():
    path = str(ROOT / "scripts" / "update-models")
    loader = importlib.machinery.SourceFileLoader("update_models", path)
    spec = importlib.util.spec_from_loader("update_models", loader)
    module = importlib.util.module_from_spec(spec)
    import sys
    sys.modules["update_models"], sys.dont_write_bytecode = module, True
    loader.exec_module(module)
    return module


update = script()
FULL, COMPACT, DIFFERENCES = update.FULL, update.COMPACT, update.DIFFERENCES
PRICE = re.compile(r"0|[0-9]+(\.[0-9]+)?(e-6)?")


def rows(path):
    """(provider, id) -> cells, read without the script's help."""
    found = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.startswith("#"):
            continue
        cells = line.split("\t")
        assert (cells[0], cells[1]) not in found, f"{path.name}:{number}"
        found[cells[0], cells[1]] = cells + [""] * (15 - len(cells))
    return found


def prices(cells):
    found = {kind: cells[at] for at, kind in enumerate(update.KINDS[:4], 2) if cells[at]}
    return found | dict(pair.split("=") for pair in cells[6].split())


@pytest.mark.parametrize("path", [FULL, COMPACT], ids=["full", "compact"])
def test_form(path):
    text = path.read_text()
    lines = text.splitlines()
    assert lines[0] == "# gatelet models 1" and text.endswith("\n") and text.isascii() | (path == FULL)
    head = "\n".join(line for line in lines if line.startswith("#"))
    for word in (f"as of {update.as_of()}", "Pydantic", "Berri AI", "MIT licence", *re.findall(r"^[a-z-]+==(\S+)", update.REQUIREMENTS.read_text(), re.M)):
        assert word in head, word
    keys = [tuple(part.encode() for part in line.split("\t")[:2]) for line in lines if not line.startswith("#")]
    assert keys == sorted(set(keys)) and len(keys) > 400
    width = 9 if path == COMPACT else 15
    for key, cells in rows(path).items():
        assert all(key) and len(cells) <= max(width, 15) and not any(cell != cell.strip() for cell in cells), key
        for kind, price in prices(cells).items():
            assert kind in update.KINDS and PRICE.fullmatch(price), (key, kind, price)
        for rule in filter(None, cells[7].split("; ")):
            for word in rule.split():
                name, value = word.split("=")
                assert name in update.KINDS and PRICE.fullmatch(value) or name == "tokens" and int(value) > 1 \
                    or name == "utc" and re.fullmatch(r"([01]\d|2[0-3])[0-5]\d-([01]\d|2[0-3])[0-5]\d", value), (key, rule)
        for count in cells[9:11]:
            assert count == "" or int(count) > 0, key
        assert set(cells[11].split(",")) <= {"", "text", "image", "audio", "video", "file", "pdf"}, key


def test_embedded_one_is_small_and_cannot_end_its_literal():
    text = COMPACT.read_text()
    assert len(text.encode()) <= update.COMPACT_LIMIT and '"""' not in text and "\\#" not in text


@pytest.mark.parametrize("path", [FULL, COMPACT], ids=["full", "compact"])
def test_prices_make_sense(path):
    """The sanity band of the library: 0.001 to 1000 USD per million tokens. What is outside bills nobody; a few are so in the sources."""
    odd = []
    for key, cells in rows(path).items():
        for kind, price in prices(cells).items():
            value = Decimal(price)
            if not (value == 0 or value < 1000 and kind in update.PIECES or Decimal("1e-9") <= value <= Decimal("1e-3")):
                odd.append((*key, kind, price))
        told = prices(cells)
        if path == COMPACT:
            assert "prompt" in told and "completion" in told, key
    assert len(odd) <= (0 if path == COMPACT else 10), odd


def test_tables_agree():
    full, seen = rows(FULL), 0
    for (provider, id), cells in rows(COMPACT).items():
        for other in (id, *(id + date for date in cells[8].split())):
            whole = full[provider, other]
            told = prices(whole)
            told.pop("web_search", None)
            assert prices(cells) == told and cells[7] == whole[7], (provider, other)
            seen += 1
    assert seen > 500


def test_every_provider_has_a_row():
    known = {path.stem for path in COMPACT.parent.glob("*.json")}
    assert {provider for provider, _ in rows(FULL)} <= known


def test_no_unit_is_mistaken_in_the_digest():
    allowed = update.read_exceptions()
    for line in DIFFERENCES.read_text().splitlines():
        if not line.startswith("#"):
            provider, id, _, a, b, _ = line.split("\t")
            assert (provider, id) in allowed or not update.is_unit_error(update.factor(Decimal(a), Decimal(b))), line
    compared, equal = (int(re.search(rf"^# {word}\t(\d+)$", DIFFERENCES.read_text(), re.M)[1]) for word in ("compared", "equal"))
    assert compared > 1000 and equal > compared * 0.8


def planted(factor):
    a, b = (update.Model("p", "m", prices={"prompt": Decimal("1.5e-6"), "completion": Decimal("6e-6")}) for _ in range(2))
    b.prices["prompt"] *= factor
    return list(update.differences({("p", "m"): a}, {("p", "m"): b}))


@pytest.mark.parametrize("factor", ["100", "10000", "1000000", "0.01", "0.0001", "0.000001", "1300000", "85"])
def test_a_planted_mistake_is_found(factor):
    found = planted(Decimal(factor))
    assert len(update.unit_errors(found, set())) == 1
    assert update.unit_errors(found, {("p", "m")}) == []


@pytest.mark.parametrize("factor", ["1", "2", "10", "20", "1000", "0.1"])
def test_what_is_no_mistake_of_units_passes(factor):
    assert update.unit_errors(planted(Decimal(factor)), set()) == []


def packages():
    found = next((ROOT / "build" / "prices").glob("lib/python*/site-packages"), None)
    if found is None:
        pytest.skip("the price packages are not in build/prices (scripts/update-models installs them)")
    return found


def test_the_generator_refuses_a_planted_mistake(tmp_path, monkeypatch):
    """A million in one price of the real data: nothing is written."""
    source = packages()
    (tmp_path / "genai_prices").mkdir()
    (tmp_path / "litellm").mkdir()
    (tmp_path / "genai_prices" / "data.py").symlink_to(source / "genai_prices" / "data.py")
    name = "litellm/model_prices_and_context_window_backup.json"
    data = json.loads((source / name).read_text())
    data["gpt-4o"]["output_cost_per_token"] *= 1e6
    (tmp_path / name).write_text(json.dumps(data))
    written = {path: path.read_bytes() for path in (FULL, COMPACT, DIFFERENCES)}
    monkeypatch.setattr("sys.argv", ["update-models", str(tmp_path)])
    with pytest.raises(SystemExit, match="openai gpt-4o: completion"):
        update.main()
    assert written == {path: path.read_bytes() for path in written}


def test_sources_say_what_the_table_says():
    """Each price of the table stands in one of the sources, for the same model; both give no mistaken unit."""
    genai, litellm = update.sources(packages())
    assert update.unit_errors(list(update.differences(genai, litellm)), update.read_exceptions()) == []
    wrong = []
    for key, cells in rows(FULL).items():
        said = [source[key].prices for source in (genai, litellm) if key in source]
        said += [model.prices for (provider, id), model in genai.items() if provider == key[0] and id.lower() == key[1].lower()]
        plain = genai.get((key[0], re.sub(update.DATED, "", key[1])))
        said += [plain.prices] if plain else []
        for kind, price in prices(cells).items():
            if not (kind == "completion" and price == "0") and not any(kind in one and one[kind] == Decimal(price) for one in said):
                wrong.append((*key, kind, price))
    assert wrong == []
