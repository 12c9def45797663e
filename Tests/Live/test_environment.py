"""The variables for OpenRouter, whose address is that of a local upstream here."""
import json

import pytest
import servers
from conftest import OTHER
from effects import attempts, trail

UNTIL = {"retry": {}, "breaker": {"enabled": False}, "environment": True, "request_extensions": "all"}


@pytest.fixture
def openrouter(gateway, upstream, monkeypatch):
    """openrouter(NAME=value, ...): the outcome of a request while OPENROUTER_NAME is set and OpenRouter is overloaded."""
    upstream.behave = lambda handler, seen: servers.send_json(handler, {"error": {"message": "busy", "code": 503}}, 503) or True
    fixed = {"API_KEY": OTHER, "BASE_URL": upstream.url, "RETRY_BACKOFF_BASE": "0.01", "RETRY_JITTER": "0"}

    def ask(config=None, **variables):
        for name, value in {**fixed, **variables}.items():
            monkeypatch.setenv("OPENROUTER_" + name, value)
        outcome = gateway({**UNTIL, **(config or {})}).chat("openrouter/acme/x")
        for name in variables:
            if name not in fixed:
                monkeypatch.delenv("OPENROUTER_" + name)
        return outcome

    return ask


def waits(outcome):
    return [one["wait_ms"] for one in attempts(outcome)[1:]]


def test_retry_attempts(openrouter, upstream):
    assert [len(attempts(openrouter(RETRY_ATTEMPTS=count))) for count in ("0", "2", "5")] == [1, 3, 6]
    assert len(attempts(openrouter())) == 4 and len(upstream.seen) == 14
    assert len(attempts(openrouter({"retry": {"attempts": 1}}, RETRY_ATTEMPTS="5"))) == 2, "the configuration goes before"


def test_backoff_base(openrouter):
    first, second = waits(openrouter(RETRY_ATTEMPTS="2", RETRY_BACKOFF_BASE="0.1"))
    assert 100 <= first < 180 and 200 <= second < 300
    first, second = waits(openrouter(RETRY_ATTEMPTS="2"))
    assert 10 <= first < 80 and 20 <= second < 100


def test_backoff_max(openrouter):
    assert all(20 <= wait < 100 for wait in waits(openrouter(RETRY_BACKOFF_BASE="0.5", RETRY_BACKOFF_MAX="0.02")))


def test_jitter(openrouter):
    many = {"retry": {"attempts_per_request": 25}}
    assert min(waits(openrouter(many, RETRY_ATTEMPTS="24", RETRY_BACKOFF_MAX="0.01"))) >= 10
    assert min(waits(openrouter(many, RETRY_ATTEMPTS="24", RETRY_BACKOFF_MAX="0.01", RETRY_JITTER="1"))) < 8


def test_fallback_models(openrouter, upstream):
    openrouter(RETRY_ATTEMPTS="0", FALLBACK_MODELS="acme/y, other/z ,")
    assert [one.body["model"] for one in upstream.seen] == ["acme/x", "acme/y", "other/z"]
    upstream.seen.clear()
    assert trail(openrouter(RETRY_ATTEMPTS="0")) == "openrouter:overloaded:stop" and len(upstream.seen) == 1


@pytest.mark.parametrize("name, value", [("RETRY_ATTEMPTS", "many"), ("RETRY_ATTEMPTS", "-1"), ("RETRY_BACKOFF_BASE", "soon"), ("RETRY_JITTER", "2")])
def test_a_bad_value_is_a_warning(openrouter, gateway, monkeypatch, name, value):
    """As if it were not set; who looks, finds out."""
    assert len(attempts(openrouter({"retry": {"backoff_base": 0.01, "attempts": 1}}, **{name: value}))) == 2
    monkeypatch.setenv("OPENROUTER_" + name, value)
    document = json.loads(gateway(UNTIL).client.call("providers", None)[1])
    assert len(document["warnings"]) == 1 and document["warnings"][0].startswith(f"OPENROUTER_{name}: ")
