"""The committed tables: form, order, sense, and that they are what their sources say. The sources themselves are asked only where
build/prices has them (scripts/update-models puts them there)."""

import importlib.machinery
import importlib.util
import json
import random
import re
import sys
import zlib
from copy import deepcopy
from decimal import Decimal
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def script():
    sys.path.insert(0, str(ROOT / "scripts"))
    path = str(ROOT / "scripts" / "update-models")
    loader = importlib.machinery.SourceFileLoader("update_models", path)
    spec = importlib.util.spec_from_loader("update_models", loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules["update_models"], sys.dont_write_bytecode = module, True
    loader.exec_module(module)
    return module


update = script()
guard = sys.modules["price_guard"]
sources = sys.modules["price_sources"]
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
                assert name in update.KINDS and PRICE.fullmatch(value) or name == "tier" and value in ("flex", "priority", "batch") or name == "tokens" and int(value) > 1 \
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


@pytest.fixture(scope="module")
def told():
    """What the two sources tell, the committed table, and the reviewed lines. Tests work on copies."""
    packages = next((ROOT / "build" / "prices").glob("lib/python*/site-packages"))
    return *update.sources(packages), update.read_table(FULL.read_text())


def reviews():
    return update.read_reviews(update.REVIEWED)


def test_nothing_in_the_committed_table_waits_for_a_review(told):
    models, wrong, _ = update.checked(*deepcopy(told), reviews())
    assert wrong == []
    assert {key: cells[2:8] for key, cells in rows(FULL).items()} == {key: update.row(model, 15).split("\t")[2:8] + [""] * (6 - len(update.row(model, 15).split("\t")[2:8]))
                                                                  for key, model in models.items()}


def test_coverage_of_new_models_is_documented(told):
    models, _, _ = update.checked(*deepcopy(told), reviews())
    assert update.coverage(*told[:2], models) in update.DOCS.read_text()
    assert "| together |" in update.DOCS.read_text()


def test_prices_that_documents_corrected():
    known = update.read_table(FULL.read_text())
    price = {kind: known["cloudflare", "@cf/mistral/mistral-7b-instruct-v0.1"].prices[kind] for kind in ("prompt", "completion")}
    assert price == {"prompt": Decimal("0.11e-6"), "completion": Decimal("0.19e-6")}
    assert known["cloudflare", "@cf/meta/llama-2-7b-chat-fp16"].prices["completion"] == Decimal("6.667e-6")
    for id in ("@cf/meta/llama-2-7b-chat-int8", "@hf/thebloke/codellama-7b-instruct-awq"):
        assert known["cloudflare", id].prices == {}, id
    assert not [id for provider, id in known if provider == "openrouter" and id.startswith("~")]
    assert known["openai", "gpt-4o-audio-preview-2024-12-17"].prices["audio"] > 0, "a kind that only the dated id tells"
    tiers = {rule.tier: rule.prices["prompt"] for rule in known["openai", "gpt-5.4"].rules if rule.tier and not rule.start}
    assert tiers == {"flex": Decimal("1.25e-6"), "priority": Decimal("5e-6"), "batch": Decimal("1.25e-6")}


FACTORS = [Decimal(text) for text in ("10", "100", "1000", "1000000", "0.1", "0.01", "0.001", "0.000001")]


def injected(told, which, known, seed):
    """Multiplies prices in one source's data, of models that are no relatives of each other, each by one of FACTORS; what was planted and got
    into the table, and the complaints."""
    genai, litellm, old = deepcopy(told)
    source = (genai, litellm)[which]
    picked, seen, chance = {}, set(), random.Random(seed)
    keys = sorted(source)
    chance.shuffle(keys)
    for key in keys:
        model, relatives = source[key], guard.family(key[1])
        prices = {kind: price for kind, price in model.prices.items() if price and not (kind == "completion" and model.outputs == ["embeddings"])}
        if not prices or relatives in seen:
            continue
        seen.add(relatives)
        kind, factor = chance.choice(sorted(prices)), chance.choice(FACTORS)
        model.prices[kind] *= factor
        picked[key] = kind, factor
        if not known:
            old.pop(key, None)
    models, wrong, alone = update.checked(genai, litellm, old, reviews())
    # What does not get into the table (the other source is dearer, the id is not the provider's own) does no harm.
    taken = {key: (kind, factor) for key, (kind, factor) in picked.items()
             if key in models and models[key].prices.get(kind) == source[key].prices[kind]}
    return taken, wrong, alone


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("known", [True, False], ids=["in-the-table", "new"])
@pytest.mark.parametrize("which", [0, 1], ids=["genai", "litellm"])
def test_a_planted_factor_is_caught(told, which, known, seed):
    """A price that nothing compares with is listed for a person, which is not the same as caught: only new models can be so."""
    taken, wrong, alone = injected(told, which, known, seed)
    complained = {tuple(re.split(": | is ", line)[:2]) for line in wrong}
    outdated = {tuple(line.split(": ")[2].split("\t")[:2]) for line in wrong if "holds for nothing any more" in line}
    complained |= {(" ".join(key), kind) for key, (kind, _) in taken.items() if key in outdated}
    listed = {tuple(line.rsplit("\t", 1)) for line in alone}
    by_name = {(" ".join(key), kind): factor for key, (kind, factor) in taken.items()}
    listed = {(key.replace("\t", " "), kind) for key, kind in listed}
    assert sorted((name, by_name[name]) for name in by_name.keys() - complained - listed) == []
    caught = by_name.keys() & complained
    assert {by_name[name] for name in caught} == set(FACTORS) and len(caught) > 200
    if known:
        assert caught == by_name.keys()


@pytest.mark.parametrize("factor", ["10", "0.1"])
def test_a_factor_planted_in_a_tier_or_a_long_prompt_is_caught(told, factor):
    genai, litellm, old = deepcopy(told)
    planted = set()
    for key, model in litellm.items():
        if key in genai or not model.rules or zlib.crc32(key[1].encode()) % 3:
            continue
        rule = model.rules[-1]
        kind = sorted(rule.prices)[0]
        rule.prices[kind] *= Decimal(factor)
        planted.add(key)
    models, wrong, _ = update.checked(genai, litellm, old, reviews())
    complained = {tuple(line.split(": ")[0].split(" ", 1)) for line in wrong}
    assert len(planted & models.keys()) > 50 and planted & models.keys() <= complained


@pytest.mark.parametrize("factor", ["1000", "0.001", "1000000", "0.000001"])
def test_what_all_sources_mistake_alike_is_caught(told, factor):
    """Of new models, with no relative to compare with: a price that no model has, or that does not fit the others of its row."""
    genai, litellm, old = deepcopy(told)
    planted = set()
    for key in genai.keys() & litellm.keys():
        both = genai[key], litellm[key]
        if zlib.crc32(key[1].encode()) % 4 or not all(model.prices.get(kind) for model in both for kind in ("prompt", "completion")):
            continue
        kind = ("prompt", "completion")[zlib.crc32(key[1].encode()) % 8 // 4]
        for model in both:
            model.prices[kind] *= Decimal(factor)
        planted.add(key)
    old = {key: model for key, model in old.items() if guard.family(key[1]) not in {guard.family(id) for _, id in planted}}
    models, wrong, _ = update.checked(genai, litellm, old, reviews())
    complained = {tuple(line.split(": ")[0].split(" ", 1)) for line in wrong}
    assert len(planted & models.keys()) > 50 and planted & models.keys() <= complained


def test_a_lost_kind_and_an_output_below_its_cache_are_caught(told):
    genai, litellm, old = deepcopy(told)
    for source in (genai, litellm):
        source["openai", "gpt-4o"].prices.pop("input_cache_read", None)
    litellm["openai", "gpt-4o-mini"].prices["input_cache_read"] = genai["openai", "gpt-4o-mini"].prices["input_cache_read"] = Decimal("0.7e-6")
    _, wrong, _ = update.checked(genai, litellm, old, reviews())
    assert any(line.startswith("openai gpt-4o: input_cache_read is lost") for line in wrong)
    assert any(line.startswith("openai gpt-4o-mini: completion costs less") for line in wrong)


def test_a_reviewed_line_holds_for_its_price_only(told):
    genai, litellm, old = deepcopy(told)
    litellm["cloudflare", "@cf/mistral/mistral-7b-instruct-v0.1"].prices["prompt"] *= 2
    _, wrong, _ = update.checked(genai, litellm, old, reviews())
    assert any("mistral-7b-instruct-v0.1: prompt" in line for line in wrong) and any("holds for nothing any more" in line for line in wrong)


def test_reviewed_lines_have_a_reason_and_a_document():
    lines = [line.split("\t") for line in update.REVIEWED.read_text().splitlines() if not line.startswith("#")]
    assert len(lines) > 200
    for cells in lines:
        assert len(cells[4]) > 10 and cells[5].startswith("https://"), cells


def test_the_generator_writes_nothing_while_something_is_wrong(tmp_path, monkeypatch):
    """A million in one price of the real data."""
    source = next((ROOT / "build" / "prices").glob("lib/python*/site-packages"))
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


def test_sources_say_what_the_table_says(told):
    """Each price of the table stands in one of the sources, for the same model, or in a reviewed line."""
    genai, litellm, _ = told
    decided = {(review.provider, review.id) for review in reviews() if review.right != review.told}
    wrong = []
    for key, cells in rows(FULL).items():
        said = [source[key].prices for source in (genai, litellm) if key in source]
        said += [model.prices for (provider, id), model in genai.items() if provider == key[0] and id.lower() == key[1].lower()]
        plain = [source.get((key[0], re.sub(update.DATED, "", key[1]))) for source in (genai, litellm)]
        said += [model.prices for model in plain if model]
        for kind, price in prices(cells).items():
            if key not in decided and not (kind == "completion" and price == "0") and not any(kind in one and one[kind] == Decimal(price) for one in said):
                wrong.append((*key, kind, price))
    assert wrong == []
