"""The rows of test_config_effects.py for prices: a dry run shows what would bill."""
from effects import row

KINDS = ("input_cache_read", "input_cache_write", "input_cache_write_1h", "internal_reasoning", "audio", "audio_output", "input_audio_cache",
         "image_output", "web_search")
ALL = ("prompt", "completion", "request", "image", *KINDS)
PRICING = "providers.*.known_models.*.pricing"


def shown(bench, config, model="p/m"):
    asked = bench.ask({"request_extensions": "all", **config}, model=model, gatelet={"dry_run": True})
    assert asked.seen == [] and asked.outcome.status == 0, asked.outcome
    return asked.outcome.answer["plan"][0]


def priced(pricing):
    return {"providers": {"p": {"known_models": {"m": {"pricing": pricing}}}}}


@row(*(f"{PRICING}.{kind}" for kind in KINDS))
def _(bench, member):
    kind = member.rsplit(".", 1)[1]
    for value, text in (("0.0000015", "0.0000015"), (2.5e-7, "0.00000025")):
        entry = shown(bench, priced({kind: value}))
        assert entry["pricing"][kind] == text and entry["pricing_source"] == "configuration" and entry["pricing_known"] is False
    assert shown(bench, priced({"prompt": 0, "completion": 0}))["pricing"].get(kind) is None


@row(*(f"{PRICING}.overrides.*.{kind}" for kind in ALL), f"{PRICING}.overrides.*.min_prompt_tokens", f"{PRICING}.overrides.*.utc_from",
     f"{PRICING}.overrides.*.utc_to")
def _(bench, member):
    name = member.rsplit(".", 1)[1]
    pairs = {"min_prompt_tokens": (7, 200001), "utc_from": ("16:30", "01:00"), "utc_to": ("00:30", "12:00")}.get(name, ("0.0000015", "0.000002"))
    rule = {"prompt": "0.000009", "min_prompt_tokens": 3, "utc_from": "05:00", "utc_to": "06:00"}
    for value in pairs:
        given = [{**rule, name: value}]
        [entry] = shown(bench, priced({"prompt": "0.000001", "completion": 0, "overrides": given}))["pricing"]["overrides"]
        assert entry == given[0]
    assert "overrides" not in shown(bench, priced({"prompt": "0.000001", "completion": 0}))["pricing"]
    # Whose price holds: from the first prompt token on the override is over the limit, from a thousand on it is not.
    for tokens, status in ((0, 110), (1000, 0)):
        config = priced({"prompt": "0.000001", "completion": 0, "overrides": [{"min_prompt_tokens": tokens, "prompt": "0.000009"}]})
        asked = bench.ask({"request_extensions": "all", **config}, model="p/m", gatelet={"route": {"max_price": {"prompt": 5}}})
        assert asked.outcome.status == status


@row("providers.*.prices")
def _(bench):
    found = {}
    for word in ("hybrid", "api", "cross_reference", "table"):
        config = {"providers": {"openai": {"base_url": bench.upstream.url, "api_key": "k", "prices": word},
                                "p": {"prices": word}}}
        found[word] = [shown(bench, config, model)["pricing_source"] for model in ("openai/gpt-4o", "p/openai/gpt-4o")]
    assert found == {"hybrid": ["table", "unknown"], "api": ["unknown", "unknown"], "cross_reference": ["table", "cross_reference"],
                     "table": ["table", "unknown"]}


@row("price_file")
def _(bench, tmp_path):
    path = tmp_path / "prices.tsv"
    for price, text in (("1.5e-6", "0.0000015"), ("0.00002", "0.00002")):
        path.write_text(f"# mine\np\tm\t{price}\t0\n")
        entry = shown(bench, {"price_file": str(path)})
        assert entry["pricing"]["prompt"] == text and entry["pricing_known"] is True and entry["pricing_source"] == "configuration"
    assert shown(bench, {})["pricing"] is None
