"""The rows of test_config_effects.py for prices: a dry run shows what would bill."""
import time

import servers
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


def bill(bench, pricing, answer=None, headers=None, model="p/m", **members):
    """What one token of prompt and one of completion cost, when the upstream answers so."""
    whole = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "x"}, "finish_reason": "stop"}],
             "usage": {"prompt_tokens": 1, "completion_tokens": 1}, **(answer or {})}
    bench.upstream.behave = lambda handler, seen: servers.send_json(handler, whole, **(headers or {})) or True
    request = {"model": model, **members.pop("request", {})}
    outcome = bench.provider(request=request, known_models={"m": {"pricing": pricing}}, **members).outcome
    assert outcome.status == 0, outcome
    return outcome.answer["gatelet"]["cost"]


PLAIN = {"prompt": "3", "completion": "5"}


@row(f"{PRICING}.overrides.*.service_tier")
def _(bench):
    for tier in ("flex", "priority"):
        pricing = {**PLAIN, "overrides": [{"service_tier": tier, "prompt": "30", "completion": "50"}]}
        assert shown(bench, priced(pricing))["pricing"]["overrides"] == pricing["overrides"]
        assert bill(bench, pricing, {"service_tier": tier})["total"] == "80" and bill(bench, pricing)["total"] == "8"


SERVERS = {**PLAIN, "overrides": [{"server": "fast", "prompt": "30", "completion": "50"}, {"server": "near", "prompt": "10", "completion": "20"}]}


@row(f"{PRICING}.overrides.*.server", "providers.*.served_by.header", "providers.*.served_by.members")
def _(bench):
    assert [one["server"] for one in shown(bench, priced(SERVERS))["pricing"]["overrides"]] == ["fast", "near"]
    for server, total in (("fast", "80"), ("near", "30")):
        headed = bill(bench, SERVERS, headers={"x_server": server}, served_by={"header": "X-Server"})
        found = bill(bench, SERVERS, {"routing": {"by": server}}, served_by={"members": ["elsewhere", "routing.by"]})
        assert [(one["total"], one["served_by"]) for one in (headed, found)] == [(total, server)] * 2
    assert "served_by" not in bill(bench, SERVERS, {"routing": {"by": "fast"}}, headers={"x_server": "fast"})


@row("providers.*.server_suffixes")
def _(bench):
    for word, total in (("cheapest", "30"), ("any", "8")):
        assert bill(bench, SERVERS, model="p/m:cut", server_suffixes={"cut": word})["total"] == total


@row("providers.*.search_models")
def _(bench):
    for globs, total in ((["m*"], "8.5"), (["x*"], "8")):
        assert bill(bench, {**PLAIN, "web_search": "0.5"}, search_models=globs)["total"] == total


@row(*(f"providers.*.price_factors.*.{name}" for name in ("usage", "says", "factor", "models")))
def _(bench):
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "speed": "fast", "inference_geo": "US"}
    lines = [{"usage": "speed", "says": "fast", "factor": 2}, {"usage": "inference_geo", "says": "us", "factor": 1.5}]
    for given, total, assumed in ((lines, "24", None), (lines[:1], "16", True), ([], "8", True), ([{**lines[0], "models": ["x*"]}, lines[1]], "12", True)):
        cost = bill(bench, PLAIN, {"usage": usage}, price_factors=given)
        assert (cost["total"], cost.get("assumed")) == (total, assumed), given


@row("providers.*.price_table")
def _(bench):
    assert shown(bench, {"providers": {"p": {"price_table": "openai"}}}, "p/gpt-4o")["pricing_source"] == "table"
    assert shown(bench, {"providers": {"p": {}}}, "p/gpt-4o")["pricing_known"] is False


@row("providers.*.image_price")
def _(bench):
    picture = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://example.test/a.png"}}]}]
    drawn = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "x", "images": [{}, {}]}, "finish_reason": "stop"}]}
    for word, total in (("prompt", "8.5"), ("answer", "9"), ("tokens", "8")):
        assert bill(bench, {**PLAIN, "image": "0.5"}, drawn, image_price=word, request={"messages": picture})["total"] == total, word


@row("providers.*.prices")
def _(bench):
    found = {}
    for word in ("hybrid", "api", "cross_reference", "table"):
        config = {"providers": {"openai": {"base_url": bench.upstream.url, "api_key": "k", "prices": word},
                                "p": {"prices": word}}}
        found[word] = [shown(bench, config, model)["pricing_source"] for model in ("openai/gpt-4o", "p/openai/gpt-4o")]
    assert found == {"hybrid": ["table", "unknown"], "api": ["unknown", "unknown"], "cross_reference": ["table", "cross_reference"],
                     "table": ["table", "unknown"]}


@row("watch")
def _(bench, tmp_path):
    """A price file that changes; more of it is in test_watching.py."""
    path = tmp_path / "prices.tsv"

    def price(client):
        request = {"model": "p/m", "messages": [{"role": "user", "content": "hello there"}], "gatelet": {"dry_run": True}}
        return client.call("chat", request).answer["plan"][0]["pricing"]["prompt"]

    for watch in (True, False):
        path.write_text("p\tm\t0.5\t0\n")
        client, end = bench.client({"price_file": str(path), "watch": watch, "request_extensions": "all"}), time.monotonic() + (20 if watch else 1.5)
        assert price(client) == "0.5"
        path.write_text("p\tm\t0.25\t0\n")
        while price(client) == "0.5" and time.monotonic() < end:
            time.sleep(0.05)
        assert price(client) == ("0.25" if watch else "0.5")


@row("price_file")
def _(bench, tmp_path):
    path = tmp_path / "prices.tsv"
    for price, text in (("1.5e-6", "0.0000015"), ("0.00002", "0.00002")):
        path.write_text(f"# mine\np\tm\t{price}\t0\n")
        entry = shown(bench, {"price_file": str(path)})
        assert entry["pricing"]["prompt"] == text and entry["pricing_known"] is True and entry["pricing_source"] == "configuration"
    assert shown(bench, {})["pricing"] is None
