"""docs/logging.md: each line of its table is seen, with its level, and no line is seen that is not in it."""
import json
import os
import re
import time

import library
import pytest
import servers
from conftest import KEY, OTHER, ROOT, provider
from effects import development
from several import HELLO, ends, pair, request

TOKENS = {"<id>": "[0-9a-zA-Z_-]+", "<VARIABLE>": "[A-Z][A-Z0-9_]+", "<n>": "[0-9]+", "<kind>": "[a-z_]+", "<member>": "[^ ]+"}
LEVELS = {"error": 1, "warning": 2, "info": 3, "debug": 4}


def table():
    """(level, name, pattern) of each line of the documentation."""
    with open(os.path.join(ROOT, "docs", "logging.md")) as file:
        rows = re.findall(r"^\| (error|warning|info|debug) \| `(.+?)` \|", file.read(), re.M)
    forms = []
    for level, form in rows:
        pattern = re.escape(form).replace(r"\[", "(?:").replace(r"\]", ")?")
        for token, meaning in TOKENS.items():
            pattern = pattern.replace(token, meaning)
        forms.append((LEVELS[level], form, re.compile(re.sub(r"<[a-z]+>", ".+", pattern))))
    return forms


FORMS = table()


@pytest.fixture
def logged(gateway):
    """logged(config): a client, and its lines as (level, form of the documentation, text)."""
    def make(config, level="debug"):
        client, lines = gateway({"log": level, **config}), []
        client.client.log_to(lines)
        return client, lines
    return make


def known(lines):
    """The forms of these lines; a line that no form fits is an error."""
    found = []
    for level, text in lines:
        fits = [form for number, form, pattern in FORMS if number == level and pattern.fullmatch(text)]
        assert fits, (level, text)
        found.append((level, fits[0], text))
    return found


def only(lines, beginning, level):
    hits = [text for number, text in lines if beginning in text and number == level]
    assert len(hits) == 1, (beginning, lines)
    known(lines)
    return hits[0]


LIMITED = {"error": {"message": "slow down, you", "code": "rate_limit_exceeded"}}


def test_rate_limit_and_switch_of_key(logged, upstream):
    def behave(handler, seen):
        return KEY in seen.headers["authorization"] and (servers.send_json(handler, LIMITED, 429, retry_after="7") or True)
    upstream.behave = behave
    config = provider(upstream.url, keys=[{"name": "main", "value": KEY, "weight": 1000}, {"name": "spare", "value": OTHER}])
    del config["api_key"]
    client, lines = logged({"providers": {"p": config}})
    assert client.chat("p/m").status == 0
    assert only(lines, "rate limited", 2).endswith("rate limited: p/m, key main, http 429, retry after 7000 ms, code rate_limit_exceeded")
    assert only(lines, "switch of key", 2).endswith("switch of key: p/m, main (rate_limit, http 429) -> spare")
    assert only(lines, "ok:", 4).endswith("ok: p/m")


def test_switch_of_provider_and_of_model(logged):
    client, lines = logged(pair(development(faults=503), development(faults=503), fallback_models=["q/other"]))
    client.chat("p/m")
    switches = [text.split(" ", 1)[1] for level, text in lines if level == 2 and " switch of " in text]
    assert switches == ["switch of provider: p/m (overloaded, http 503) -> q/m", "switch of model: q/m (overloaded, http 503) -> q/other",
                        "switch of provider: q/other (overloaded, http 503) -> p/other"]
    assert ", http 503: overloaded: " in only(lines, "failed:", 2)


def test_breaker(logged, upstream):
    broken = [True]
    upstream.behave = lambda handler, seen: broken[0] and (servers.send_json(handler, {}, 500) or True)
    client, lines = logged({"providers": {"p": provider(upstream.url), "q": development()}, "provider_order": ["p", "q"],
                            "breaker": {"failures": 2, "open_for": 0.2, "successes": 1}})
    for _ in range(2):
        client.chat("p/m")
    assert only(lines, "breaker opened", 2) == "breaker opened: p/m is left alone for 200 ms"
    broken[0] = False
    time.sleep(0.3)
    lines.clear()
    assert client.chat("p/m").status == 0
    assert only(lines, "breaker closed", 3) == "breaker closed: p/m"


def test_the_way_to_a_provider(logged):
    client, lines = logged({"providers": {"p": provider(f"http://127.0.0.1:{servers.free_port()}/v1")}, "breaker": {"failures": 1, "open_for": 60}})
    client.chat("p/m")
    assert [text for level, text in lines if "breaker" in text] == ["breaker opened: p/m is left alone for 60000 ms", "breaker opened: p is left alone for 60000 ms"]
    known(lines)


def test_lists(logged, upstream):
    client, lines = logged({"providers": {"p": provider(upstream.url)}})
    client.models()
    assert only(lines, "model list", 3) == "model list of p: 1 models"
    lines.clear()
    upstream.behave = lambda handler, seen: servers.send_json(handler, {"error": {"message": "go away " + KEY}}, 500) or True
    client.models()
    assert only(lines, "model list", 2) == "model list of p: server: p answered HTTP 500"


def test_reload(logged, upstream):
    config = {"environment": False, "log": "debug", "providers": {"p": provider(upstream.url)}}
    client, lines = logged(config)
    assert client.client.reload(json.dumps(config))[0] == 0
    assert only(lines, "loaded", 3) == "configuration loaded anew"
    lines.clear()
    assert client.client.reload('{"timeouts": {"conect": 1}}')[0] == 103
    assert only(lines, "reload", 2) == "reload failed: config: timeouts.conect: unknown member"


def test_waits_and_retries(logged):
    client, lines = logged({"providers": {"p": development(faults={"sequence": [503, "ok"]})}, "retry": {"attempts": 1, "backoff_base": 0.05, "jitter": 0}})
    assert client.chat("p/m").status == 0
    assert re.search(r"waits \d+ ms before a retry: p/m$", only(lines, "waits", 4))
    assert sum(text.endswith(" retry: p/m (overloaded, http 503)") for level, text in lines if level == 4) == 1
    assert all(level == 4 for level, _ in lines)


def test_limits_name_their_provider(logged, queue):
    client, lines = logged({"providers": {"p": development(limits={"requests_per_minute": 1})}, "limits": {"wait": False}})
    client.chat("p/m")
    outcome = client.chat("p/m")
    assert outcome.status == 305 and "of the provider p is reached" in outcome.error["message"] and outcome.error["provider"] == "p"
    assert only(lines, "failed:", 2).endswith("failed: p/m: rate_limit: the limit requests_per_minute of the provider p is reached")
    keyed = {"keys": [{"name": "main", "value": KEY, "limits": {"requests_per_minute": 1}}]}
    client, lines = logged({"providers": {"p": development(**keyed)}, "limits": {"wait": False}})
    client.chat("p/m")
    assert "of the key main of p is reached" in client.chat("p/m").error["message"]
    client, lines = logged({"providers": {"p": development(limits={"concurrency": 1}, faults={"first_byte_delay": 0.3})}})
    line = queue()
    for tag in (1, 2):
        line.submit(client.client, library.OP_CHAT, request(), tag)
    ends(line, 2)
    assert re.search(r"waits \d+ ms for a limit: p/m$", only(lines, "for a limit", 4))


def test_a_candidate_that_cannot_be_asked(logged):
    client, lines = logged(pair(development(limits={"requests_per_minute": 1}), development(), limits={"wait": False}))
    client.chat("p/m")
    lines.clear()
    assert client.chat("p/m").status == 0
    assert only(lines, "switch of provider", 2).endswith("switch of provider: p/m (rate_limit) -> q/m")


def test_hedge(logged):
    client, lines = logged(pair(development(faults={"first_byte_delay": 2}), development(), routing={"hedge": {"delay": 0.03}}))
    assert client.chat("p/m").status == 0
    assert only(lines, "hedge", 4).endswith("hedge: q/m")


def test_dry_runs_and_cancels_are_quiet(logged, queue):
    client, lines = logged({"providers": {"p": development(faults={"first_byte_delay": 5})}, "request_extensions": "all"})
    assert client.chat("p/m", gatelet={"dry_run": True}).status == 0
    line = queue()
    line.submit(client.client, library.OP_CHAT, request(), 1)
    time.sleep(0.05)
    line.cancel(1)
    assert ends(line, 1)[0][1] == 107
    assert lines == []


def test_variables_that_cannot_be_used(logged, monkeypatch):
    """Kept until somebody listens, and shown by gatelet_providers."""
    for name, value in {"SNOWFLAKE_ACCOUNT": "xy12345.us-east-1", "GATELET_DEV_MODE": "development", "GROQ_API_KEY": "a\nb", "AWS_REGION": "us east"}.items():
        monkeypatch.setenv(name, value)
    client, lines = logged({"environment": True})
    known(lines)
    assert {text.split(":")[0] for _, text in lines} == {"SNOWFLAKE_ACCOUNT", "GATELET_DEV_MODE", "GROQ_API_KEY", "AWS_REGION"}
    document = json.loads(client.client.call("providers", None)[1])
    assert document["warnings"] == [text for _, text in lines] and len(lines) == 4
    assert not next(one for one in document["data"] if one["id"] == "groq")["key_present"]


def test_development_mode_of_a_variable(logged, monkeypatch):
    monkeypatch.setenv("DEV_MODE", "yes")
    client, lines = logged({"environment": True, "providers": {"dev": {"token_delay": 0}}})
    answer, streamed = client.chat("any"), client.stream("any")
    assert answer.answer["gatelet"]["dev_mode"] is True and streamed.end["gatelet"]["dev_mode"] is True and streamed.answer["gatelet"]["dev_mode"] is True
    assert only(lines, "DEV_MODE", 2) == "DEV_MODE: the development provider answers every request, and nobody is asked"
    monkeypatch.setenv("GATELET_DEV_MODE", "off")
    client, lines = logged({"environment": True})
    assert client.chat("any").status != 0 and not any("DEV_MODE" in text for _, text in lines)
    client, lines = logged({"dev_mode": True})
    assert "dev_mode" not in client.chat("any").answer["gatelet"]


def test_address_of_openai(logged, upstream, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", upstream.url + "/chat/completions")
    client, lines = logged({"environment": True})
    answer = client.chat("openai/gpt-4o").answer
    assert upstream.seen[0].path == "/v1/chat/completions" and answer["gatelet"]["cost"]["total"] is None
    assert only(lines, "OPENAI_BASE_URL", 2) == "OPENAI_BASE_URL: /chat/completions at its end was taken off: requests add it themselves"
    assert client.providers()["openai"]["base_url"] == upstream.url


@pytest.mark.parametrize("form", [form for _, form, _ in FORMS])
def test_each_form_is_in_this_file(form):
    """The words with which a form begins are those that a test above looks for."""
    words = re.sub(r"<id> |<[^>]+>.*", "", form).strip(" :")
    with open(__file__) as file:
        assert words in UNTESTED or words.split(":")[0] in file.read(), form


# Held by Tests/Usage, Tests/Lists and Tests/Prices, where such files are.
UNTESTED = ("records cannot be written to", "model list of", "")
