"""The rows of test_config_effects.py for what follows a failure: retries, failover, hedging, the breaker. Each value of a member
leads to other attempts."""
import json
import time

import servers
from conftest import provider
from effects import attempts, development, merged, placed, row, trail

SOON = {"attempts": 2, "backoff_base": 0.01, "jitter": 0}


def dev(bench, providers, config=None, **request):
    """A client of development providers; the breaker is off unless asked for."""
    base = {"providers": {"p": {"base_url": None, "api_key": None}}, "request_extensions": "all", "retry": SOON, "breaker": {"enabled": False}}
    return bench.client(merged(merged(base, {"providers": {name: development(**members) for name, members in providers.items()}}), config or {}))


def after(bench, member, value, faults=503, stars=(), spare=False, config=None):
    """The outcome of a request to p, which has these faults, with the value in place."""
    more, request = placed(member, value, "p")
    providers = {"p": {"faults": faults}, **({"q": {}} if spare else {})}
    base = merged(config or {}, {"provider_order": ["p", "q"]} if spare else {})
    return dev(bench, providers, merged(base, more)).chat("p/m", **request)


# ---------------------------------------------------------------- retry

PLACES = ("retry", "providers.*.retry", "gatelet.retry")
VARIABLES = {"env_retry_attempts": "attempts", "env_backoff_base": "backoff_base", "env_backoff_max": "backoff_max", "env_jitter": "jitter"}


def waits(outcome):
    return [one["wait_ms"] for one in attempts(outcome)[1:]]


def check_attempts(ask):
    assert [len(attempts(ask(count, backoff_base=0.01))) for count in (0, 1, 3)] == [1, 2, 4]


def check_backoff_base(ask):
    first, second = waits(ask(0.01, attempts=2, jitter=0))
    assert 10 <= first < 80 and 20 <= second < 100
    first, second = waits(ask(0.1, attempts=2, jitter=0))
    assert 100 <= first < 180 and 200 <= second < 300


def check_backoff_max(ask):
    for most in (10, 100):
        assert all(most <= wait < most + 80 for wait in waits(ask(most / 1000, attempts=2, backoff_base=1, jitter=0)))


def check_jitter(ask):
    """Without it no wait is shorter than the base; with all of it some are, and some are longer."""
    many = {"attempts": 24, "backoff_base": 0.01, "backoff_max": 0.01, "attempts_per_request": 25}
    assert min(waits(ask(0, **many))) >= 10
    assert min(waits(ask(1, **many))) < 8


def check_attempts_per_request(ask):
    assert [len(attempts(ask(count, attempts=5, backoff_base=0.01))) for count in (1, 2, 4)] == [1, 2, 4]


CHECKS = {name.removeprefix("check_"): check for name, check in list(globals().items()) if name.startswith("check_")}


@row(*(f"{place}.{name}" for place in PLACES for name in CHECKS if place != "providers.*.retry" or name != "attempts_per_request"))
def _(bench, member):
    place, name = member.rsplit(".", 1)

    def ask(value, **others):
        here = placed(place, {key: one for key, one in {name: value, **others}.items() if key != "attempts_per_request" or "*" not in place}, "p")
        config = {"retry": {"attempts_per_request": others.get("attempts_per_request", 8)}} if "*" in place else {}
        return dev(bench, {"p": {"faults": 503}}, merged(config, here[0])).chat("p/m", **here[1])

    CHECKS[name](ask)


@row(*("providers.*." + name for name in VARIABLES))
def _(bench, member, monkeypatch):
    name = member.split(".")[2]

    def ask(value, **others):
        monkeypatch.setenv("GATELET_TEST_RETRY", str(value))
        total = others.pop("attempts_per_request", 8)
        config = {"environment": True, "retry": {"attempts": None, "backoff_base": None, "jitter": None, "attempts_per_request": total},
                  "providers": {"p": {name: "GATELET_TEST_RETRY", "retry": others}}}
        return dev(bench, {"p": {"faults": 503}}, config).chat("p/m")

    CHECKS[VARIABLES[name]](ask)


@row("providers.*.env_fallback_models")
def _(bench, monkeypatch):
    for models, plan in (("n", "p/m p/n"), (" o, n ,", "p/m p/o p/n")):
        monkeypatch.setenv("GATELET_TEST_MODELS", models)
        config = {"environment": True, "providers": {"p": {"env_fallback_models": "GATELET_TEST_MODELS"}}}
        assert bench.plan(config, {"model": "p/m"}) == plan
    monkeypatch.delenv("GATELET_TEST_MODELS")
    assert bench.plan(config, {"model": "p/m"}) == "p/m"


# ---------------------------------------------------------------- which failure leads to what



@row("preset")
def _(bench):
    """The default model is asked for before the fallback models."""
    config = {"retry": {"attempts": 1}, "fallback_models": ["q/n"], "providers": {"p": {"default_model": "d"}}}
    found = {preset: trail(after(bench, "preset", preset, 500, spare=True, config=config)) for preset in ("gatelet", "gatewayz", "openrouter")}
    assert found == {"gatelet": "p:server:retry p:server:next_provider q:ok", "gatewayz": "p:server:stop",
                     "openrouter": "p:server:retry p:server:next_model p:server:next_model q:ok"}


@row("failover")
def _(bench):
    for value, wanted in (({"server": ["stop"]}, "p:server:stop"), ({"server": ["next_provider"]}, "p:server:next_provider q:ok"),
                          ({"auth": ["stop"], "server": ["retry"]}, "p:server:retry p:server:stop")):
        assert trail(after(bench, "failover", value, 500, spare=True)) == wanted


@row("records")
def _(bench, tmp_path):
    file = tmp_path / "usage.jsonl"
    asked = bench.ask({"records": str(file)})
    [line] = file.read_text().splitlines()
    assert json.loads(line)["request_id"] == asked.outcome.answer["gatelet"]["request_id"]


@row("dev_fallback")
def _(bench):
    bench.upstream.behave = lambda handler, seen: servers.send_json(handler, {"error": {"message": "no"}}, 401) or True
    assert bench.ask({"dev_fallback": False}).outcome.status == 301
    outcome = bench.ask({"dev_fallback": True}).outcome
    assert trail(outcome) == "p:auth:dev_fallback dev:ok" and outcome.answer["gatelet"]["dev_fallback"] is True
    assert bench.ask({"dev_fallback": True}, "stream").outcome.end["gatelet"]["dev_fallback"] is True


@row("gatelet.continue", "providers.*.prefill")
def _(bench, member):
    """p breaks in the middle of its stream; q goes on where p stopped."""
    def ask(value):
        on, can = (value, True) if member == "gatelet.continue" else (True, value)
        config = {"provider_order": ["p", "q"], "providers": {"q": {**provider(bench.upstream.url), "prefill": can}}}
        client = dev(bench, {"p": {"faults": {"truncate_at_chunk": 3}}}, config)
        return client.stream("p/m", gatelet={"continue": on})

    assert ask(False).status == 208 and bench.upstream.seen == []
    outcome = ask(True)
    assert (outcome.status, outcome.text) == (0, "You said:Hello") and outcome.end["gatelet"]["continued"] is True
    assert bench.upstream.seen[0].body["messages"][-1] == {"role": "assistant", "content": "You said:"}


# ---------------------------------------------------------------- hedging

SLOW = {"first_byte_delay": 0.3}


@row("routing.hedge", "routing.hedge.delay", "gatelet.hedge", "gatelet.hedge.delay")
def _(bench, member):
    whole, delay = member.removesuffix(".delay"), member.endswith("delay")
    beside = {"routing": {"hedge": {"delay": 0}}} if member == "gatelet.hedge" else {}
    for value, wanted in ((0.05 if delay else {"delay": 0.05}, "q"), (5 if delay else False, "p")):
        outcome = after(bench, whole, {"delay": value} if delay else value, SLOW, spare=True, config=beside)
        assert outcome.status == 0 and outcome.answer["gatelet"]["provider"] == wanted, outcome
        assert [bool(one.get("hedge")) for one in attempts(outcome)] == ([False, True] if wanted == "q" else [False])


# ---------------------------------------------------------------- the breaker

def calls(bench, member, value, script, **breaker):
    """What happens to p with this breaker: script of "f" (a failure), "o" (an answer) and "." (time passes). Its letters and "p"
    for each attempt that was the probe of an open breaker."""
    faults = {"sequence": [503 if letter == "f" else "ok" for letter in script if letter != "."]}
    config = merged({"retry": {"attempts": 0}, "breaker": {"enabled": True, "failures": 1000, "minimum": 1000, **breaker}}, placed(member, value)[0])
    client, seen = dev(bench, {"p": {"faults": faults}}, config), ""
    for letter in script:
        if letter == ".":
            time.sleep(0.25)
        else:
            seen += "p" if attempts(client.chat("p/m"))[0].get("probe") else letter
    return seen


BREAKER = {
    "enabled": ({"failures": 2}, "ffff", (True, "ffpp"), (False, "ffff")),
    "failures": ({}, "ffff", (2, "ffpp"), (3, "fffp")),
    "minimum": ({"rate": 0.5}, "ffoffo", (4, "ffofpp"), (5, "ffoffp"), (7, "ffoffo")),
    "rate": ({"minimum": 4}, "ofoffo", (0.5, "ofoffp"), (0.6, "ofoffo")),
    "window": ({"minimum": 4, "rate": 0.5}, "ffo.fo", (60, "ffofp"), (0.2, "ffofo")),
    "open_for": ({"failures": 1}, "f.f", (60, "fp"), (0.2, "ff")),
    "successes": ({"failures": 2, "open_for": 0.2, "relapses": 1}, "ff.off", (1, "ffoff"), (2, "ffofp")),
    "relapses": ({"failures": 2, "open_for": 0.2}, "ff.ff", (1, "fffp"), (2, "ffff")),
}


@row(*("breaker." + name for name in BREAKER))
def _(bench, member):
    breaker, script, *pairs = BREAKER[member.split(".")[1]]
    found = [(value, calls(bench, member, value, script, **breaker), wanted) for value, wanted in pairs]
    assert all(seen == wanted for _, seen, wanted in found), found


# ---------------------------------------------------------------- money

PRICES = {"providers": {"p": {"known_models": {"m": {"pricing": {"prompt": "0.001", "completion": "0.001"}}}}}}


@row("gatelet.max_cost")
def _(bench):
    for cost, status in (("0.2", 0), (0.05, 110), ("0", 110)):
        asked = bench.ask(PRICES, max_tokens=100, gatelet={"max_cost": cost})
        assert asked.outcome.status == status and len(asked.seen) == (status == 0)


@row("providers.*.known_models.*.max_output_tokens")
def _(bench):
    """What an answer can cost when the request sets no bound."""
    for most, status in ((100, 0), (1000, 110)):
        config = merged(PRICES, {"providers": {"p": {"known_models": {"m": {"max_output_tokens": most}}}}})
        assert bench.ask(config, gatelet={"max_cost": "0.2"}).outcome.status == status
