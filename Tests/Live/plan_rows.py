"""The rows of test_config_effects.py for choosing: each value of a member leads to another plan."""
from effects import merged, placed, row

BOTH = {"provider_order": ["p", "q"], "default_provider": "p"}
LISTED = {"default_provider": "p", "providers": {"p": {"model_ids": {"m": "m"}}, "q": {"model_ids": {"m": "m"}}}}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
PICTURE = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://example.test/a.png"}}]}]
DEAR, CHEAP = "0.00002", "0.00001"
FREE = {"prompt": 0, "completion": 0}
PARTS = ("prompt", "completion", "request", "image")


def known(name, p, q=None):
    """The same fact about model m of p, and of q."""
    return {"providers": {who: {"known_models": {"m": {name: fact}}} for who, fact in (("p", p), ("q", q)) if fact is not None}}


def both(*more):
    result = BOTH
    for one in more:
        result = merged(result, one)
    return result


# member: configuration and request (of provider p, and of q where it is named; model "m" unless said), then pairs of value and plan
CASES = {
    "provider_order": (LISTED, {}, (["q", "p"], "q/m p/m"), (["p", "q"], "p/m q/m")),
    "fallback_models": ({}, {"model": "p/m"}, ([], "p/m"), (["p/n"], "p/m p/n"), (["p/o", "p/n"], "p/m p/o p/n")),
    "providers.*.fallback_models": ({}, {"model": "p/m"}, ([], "p/m"), (["n"], "p/m p/n"), (["o", "n"], "p/m p/o p/n")),
    "models": ({}, {"model": "p/m"}, (["p/n"], "p/m p/n"), (["p/o"], "p/m p/o"), (None, "p/m")),
    "gatelet.models": ({}, {"model": "p/m"}, (["p/n"], "p/m p/n"), (["p/o"], "p/m p/o"), (None, "p/m")),
    "routing.regions": (both({"providers": {"p": {"regions": ["us"]}, "q": {"regions": ["eu", "uk"]}}}), {},
                        ([], "p/m q/m"), (["uk"], "q/m"), (["us"], "p/m"), (["uk", "us"], "p/m q/m"), (["cn"], 110)),
    "gatelet.route.regions": (both({"routing": {"regions": ["us"]}, "providers": {"p": {"regions": ["us"]}, "q": {"regions": ["eu"]}}}), {},
                              (None, "p/m"), (["eu"], "q/m"), (["cn"], 110)),
    "providers.*.regions": (both({"routing": {"regions": ["eu"]}, "providers": {"q": {"regions": ["eu"]}}}), {}, (["eu"], "p/m q/m"), (["us"], "q/m")),
    "routing.strategy": (merged(LISTED, known("pricing", {"prompt": DEAR, "completion": DEAR}, {"prompt": CHEAP, "completion": CHEAP})), {},
                         ("priority", "p/m q/m"), ("price", "q/m p/m")),
    "gatelet.route.strategy": (merged(LISTED, known("pricing", {"prompt": DEAR, "completion": DEAR}, {"prompt": CHEAP, "completion": CHEAP})), {},
                               (None, "p/m q/m"), ("price", "q/m p/m")),
    "providers.*.detect": ({"providers": {"q": {}}}, {"model": "magic-1"}, (["magic-*"], "p/magic-1"), (["magic"], 105)),
    "providers.*.pass_through": ({"providers": {"p": {"detect": ["magic-*"]}, "q": {}}}, {"model": "magic-1"}, (False, "p/magic-1"), (True, 105)),
    "providers.*.locks": ({"providers": {"p": {"detect": ["q/*:free"]}, "q": {"organization": "q"}}}, {"model": "q/x:free"},
                          (["*:free"], "p/q/x:free"), (["*:paid"], "q/x:free")),
    "providers.*.organization": ({"providers": {"q": {}}}, {"model": "acme/x"}, ("acme", "p/x"), ("other", 105)),
    "providers.*.serves": ({"providers": {"q": {}}}, {"model": "acme/x"}, (["acme/"], "p/acme/x"), (["*/"], "p/acme/x"), (["other/"], 105)),
    "providers.*.bare": ({"providers": {"q": {}}}, {"model": "acme-7"}, (["acme-"], "p/acme-7"), (["other-"], 105)),
    "providers.*.model_ids": ({"default_provider": "q", "providers": {"q": {}}}, {}, ({"m": "mine"}, "q/m p/mine"), ({"n": "mine"}, "q/m")),
    "providers.*.priority": ({"providers": {"p": {"serves": ["*/"]}, "q": {"serves": ["*/"], "priority": 5}}}, {"model": "acme/x"},
                             (9, "q/acme/x p/acme/x"), (1, "p/acme/x q/acme/x")),
    "providers.*.collects_data": ({}, {"model": "p/m", "gatelet": {"route": {"data_collection": "deny"}}}, (False, "p/m"), (True, 110)),
    "providers.*.zero_data_retention": ({}, {"model": "p/m", "gatelet": {"route": {"zdr": True}}}, (True, "p/m"), (False, 110)),
    "providers.*.known_models.*.context_length": ({}, {"model": "p/m", "max_tokens": 1000}, (500, 110), (5000, "p/m")),
    "providers.*.known_models.*.input_modalities": ({}, {"model": "p/m", "messages": PICTURE}, (["text"], 110), (["text", "image"], "p/m")),
    "providers.*.known_models.*.supported_parameters": ({}, {"model": "p/m", "tools": [TOOL]}, (["seed"], 110), (["seed", "tools"], "p/m")),
    **{f"providers.*.known_models.*.pricing.{part}": (
        {}, {"model": "p/m", "messages": PICTURE, "provider": {"max_price": {part: "0.000015" if part in ("request", "image") else 15}}},
        (DEAR, 110), (CHEAP, "p/m")) for part in PARTS},
    **{f"routing.all_models.max_price.{part}": (
        {"providers": {"p": {"known_models": {"big": {"context_length": 100000, "pricing": {**FREE, part: DEAR}},
                                              "small": {"context_length": 1000, "pricing": {**FREE, part: CHEAP}},
                                              "unknown": {"context_length": 1000}}}}},
        {"model": "p/m"}, (15, "p/m p/small"), ("20", "p/m p/big p/small"), (1, "p/m")) for part in ("prompt", "completion")},
    "routing.all_models": ({"providers": {"p": {"known_models": {"n": {"context_length": 1000, "pricing": {**FREE, "prompt": CHEAP}}}}}}, {"model": "p/m"},
                           (False, "p/m"), ({"max_price": {"prompt": 10}}, "p/m p/n")),
}

WORDS = {
    "order": (both(), (["q"], "q/m p/m"), (["p"], "p/m q/m"), (None, "p/m q/m")),
    "only": (both(), (["q"], "q/m"), (["p"], "p/m"), (None, "p/m q/m")),
    "ignore": (both(), (["q"], "p/m"), (["p"], "q/m"), (["p", "q"], 110)),
    "allow_fallbacks": (both(), (True, "p/m q/m"), (False, "p/m"), (None, "p/m q/m")),
    "require_parameters": (both(known("supported_parameters", ["stop"], ["seed", "stop"])), (False, "p/m q/m"), (True, "q/m")),
    "sort": (both(known("pricing", {"prompt": DEAR, "completion": DEAR}, {"prompt": CHEAP, "completion": CHEAP})), ("price", "q/m p/m"), (None, "p/m q/m")),
    "data_collection": (both({"providers": {"p": {"collects_data": True}, "q": {"collects_data": False}}}), ("allow", "p/m q/m"), ("deny", "q/m")),
    "zdr": (both({"providers": {"q": {"zero_data_retention": True}}}), (False, "p/m q/m"), (True, "q/m")),
    **{f"max_price.{part}": (both(known("pricing", {part: DEAR}, {part: CHEAP})), ("0.000015", "q/m"), (0.00003, "p/m q/m"), ("0.000001", 110))
       for part in ("request", "image")},
    **{f"max_price.{part}": (both(known("pricing", {part: DEAR}, {part: CHEAP})), (15, "q/m"), ("30", "p/m q/m"), (1, 110)) for part in ("prompt", "completion")},
}
for place in ("provider.", "gatelet.route."):
    for word, (config, *pairs) in WORDS.items():
        CASES[place + word] = (config, {"seed": 5, "messages": PICTURE}, *pairs)


@row(*CASES)
def _(bench, member):
    config, request, *pairs = CASES[member]
    named = {"providers": bench.others("q")} if "'q'" in repr((config, request, pairs)) else {}
    found = {}
    for value, wanted in pairs:
        more, members = placed(member, value, "p", "m")
        plan = bench.plan(merged(merged(named, config), more), merged(merged({"model": "m"}, request), members))
        found[str(value)] = plan, wanted
    assert all(plan == wanted for plan, wanted in found.values()) and len({plan for plan, _ in found.values()}) > 1, found


@row("providers.*.weight")
def _(bench):
    config = merged(LISTED, {"providers": bench.others("q"), "routing": {"strategy": "weighted"}})

    def first_is_p(weight):
        return sum(bench.plan(merged(config, {"providers": {"p": {"weight": weight}}}), {"model": "m"}).startswith("p") for _ in range(40))

    assert first_is_p(1000) > 36 > 34 > first_is_p(1) > 4


@row("route")
def _(bench):
    """It goes to who understands it, and to nobody else."""
    assert bench.ask(route="fallback").only.body == bench.ask().only.body
    native = {"providers": {"p": {"native_routing": True}}}
    assert bench.ask(native, route="fallback").only.body["route"] == "fallback" and "route" not in bench.ask(native).only.body
