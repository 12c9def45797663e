"""What a refusal means: who answers instead, what it costs keys and breaker, what is counted, and how it ends."""
import json
import re

import pytest
from conftest import both
from live import KEY, OTHER, provider
from test_books import failing, providers
from test_choices import always
from upstreams import answer, response, stream

LONG = "Input length 9000 exceeds the maximum allowed input length of 8192 tokens."


def error(message="no", **members):
    return {"error": {"message": message, **members}}


# kind, HTTP status, document: what main says; the class it has; whether its breaker counts it
KINDS = [
    ("context_length", 400, error(LONG), 309, False),
    ("context_length", 400, error(type="too_many_prompt_tokens"), 309, False),
    ("context_length", 502, error("Provider returned error", code=502, metadata={"raw": LONG}), 309, False),
    ("context_length", 503, error("upstream: prompt is too long: 9 tokens > 8 maximum", type="service_unavailable"), 309, False),
    ("rate_limit", 400, {"message": "Too many tokens, please wait before trying again.", "__type": "ThrottlingException"}, 305, False),
    ("rate_limit", 429, error("Limit of 100000 tokens per day reached", retry_after=3600), 305, False),
    ("funds", 400, error("Budget has been exceeded! Current cost: 0.1, Max budget: 0.05", type="budget_exceeded"), 303, False),
    ("funds", 429, error("You exceeded your current quota", code="insufficient_quota", retry_after=1), 303, False),
    ("funds", 429, error("You are using a Trial key, which is limited to 1000 API calls / month.", retry_after=1), 303, False),
    ("rate_limit", 200, {"base_resp": {"status_code": 1002, "status_msg": "rate limit"}}, 305, False),
    ("funds", 200, {"base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}}, 303, False),
    ("auth", 200, {"base_resp": {"status_code": 1004, "status_msg": "login fail"}}, 301, False),
    ("overloaded", 200, error(type="overloaded_error"), 306, True),
    ("server", 501, error("This server does not support it"), 307, False),
    ("server", 500, error("image input is not supported - hint: you may need to provide the mmproj"), 307, False),
    ("server", 500, error("oops"), 307, True),
    ("permission", 403, error("You are not allowed to sample from this model"), 302, False),
    ("permission", 401, error("key not allowed to access model", type="key_model_access_denied"), 302, False),
    ("not_found", 404, error("The model does not exist"), 304, False),
]


def stats(client):
    status, document, _ = client.client.call("stats", b"{}")
    assert status == 0
    return json.loads(document)["total"]


def health(client, name="main"):
    return next(iter(providers(client)[name]["health"]["models"]), {"failures": 0})


@pytest.mark.parametrize("kind, http, document, number, counts", KINDS)
@both
def test_a_refusal_of_each_kind(gateway, raw, spare, operation, kind, http, document, number, counts):
    main = raw(always(response(http, document)))
    config = {"providers": {"main": provider(main.url), "spare": provider(spare.url)}, "log": "off",
              "retry": {"attempts": 3, "backoff_base": 0.01, "backoff_max": 0.01}, "failover": {name: ["next_model"] for name in ("server", "overloaded", "rate_limit")}}
    client = gateway(config)
    outcome = getattr(client, operation)("main/m", gatelet={"models": ["main/m", "spare/big"]})
    assert outcome.status == 0 and len(main.arrivals) == 1 and len(spare.seen) == 1, outcome
    tried = outcome.answer["gatelet"]["attempts"]
    assert [(one["provider"], one["status"]) for one in tried] == [("main", kind), ("spare", "ok")]
    if operation == "stream":
        assert outcome.end["end"] == "finished" and outcome.text == "Hello" and outcome.end["error"] is None
    assert health(client)["failures"] == (1 if counts else 0)
    told = stats(client)
    assert (told["requests"], told["successes"], told["fallbacks"], told["attempts"], told["failed_attempts"]) == (1, 1, 1, 2, 1)
    assert told["errors"] == {kind: 1}
    alone = getattr(gateway(config), operation)("main/m", gatelet={"provider": "main"})
    assert alone.status == number and alone.error["kind"] == kind, alone
    if operation == "stream":
        assert alone.end["end"] == "error" and alone.end["error"]["kind"] == kind


@pytest.mark.parametrize("kind, document", [
    ("rate_limit", error("Rate limit: too many tokens per minute", type="rate_limit_error")),
    ("rate_limit", error("Too many tokens, please wait", type="ThrottlingException")), ("context_length", error(LONG)),
    ("funds", error(code="insufficient_quota")), ("overloaded", error(type="overloaded_error")),
])
def test_errors_inside_a_stream(gateway, raw, spare, kind, document):
    main = raw(always(stream(json.dumps(document))))
    client = gateway({"providers": {"main": provider(main.url), "spare": provider(spare.url)}, "log": "off", "retry": {"attempts": 0}})
    outcome = client.stream("main/m", gatelet={"models": ["main/m", "spare/big"]})
    assert outcome.status == 0 and outcome.text == "Hello" and outcome.end["end"] == "finished", outcome
    assert outcome.answer["gatelet"]["attempts"][0]["status"] == kind and stats(client)["errors"] == {kind: 1}
    assert health(client)["failures"] == (1 if kind == "overloaded" else 0)


# ---------------------------------------------------------------- what a request brings about

@pytest.mark.parametrize("http, document", [
    (403, error("You are not allowed to sample from this model", type="invalid_request_error")),
    (402, error("This request requires more credits, or fewer max_tokens. You requested up to 65536 tokens, but can only afford 12.", code=402)),
    (401, error("Your key does not have access to model x")), (401, error("m", code="key_model_access_denied")),
    (400, error("Invalid value: 'incorrect api key' is no role")), (500, error("no tool is called 'insufficient balance'")),
    (413, error("too big")), (422, error("messages: field required")), (400, error("flagged", code="content_policy_violation")),
    (400, error("Invalid schema for function 'f'", code="invalid_function_parameters")),
])
def test_a_callers_mistake_retires_no_key(gateway, raw, http, document):
    main = raw(always(response(http, document)))
    keys = [{"name": "one", "value": KEY}, {"name": "two", "value": OTHER}]
    client = gateway({"providers": {"main": {"base_url": main.url, "keys": keys}}, "log": "off", "breaker": {"failures": 1}})
    for _ in range(3):
        assert client.chat("main/m").status >= 300
    assert [key["state"] for key in providers(client)["main"]["keys"]] == ["ok", "ok"]
    assert health(client)["failures"] == 0 and health(client)["breaker"] == "closed"
    main.behave = lambda connection, number: answer(connection, main.bodies[number])
    assert client.chat("main/m").status == 0


@pytest.mark.parametrize("timeouts, kind", [
    ({"first_byte": 0.001}, "timeout_first_byte"), ({"total": 0.2}, "timeout_total"), ({"idle": 0.05}, "timeout_idle"), ({"content": 0.1}, "timeout_content"),
])
def test_time_that_a_request_cuts_short_opens_no_breaker(gateway, raw, timeouts, kind):
    def behave(connection, number):
        if kind in ("timeout_idle", "timeout_content"):
            connection.send(stream()[:-5] + (b"5\r\n: hi\n\r\n" if kind == "timeout_content" else b""))
        connection.gone.wait(1)
        return False

    main = raw(behave)
    client = gateway({"providers": {"main": provider(main.url)}, "log": "off", "breaker": {"failures": 1}, "timeouts": {"idle": 30}})
    for _ in range(3):
        outcome = client.stream("main/m", gatelet={"timeouts": timeouts})
        assert outcome.error["kind"] == kind, outcome
    assert health(client)["failures"] == 0 and health(client)["breaker"] == "closed"


def test_time_that_the_operator_set_does(gateway, raw):
    main = raw(lambda connection, number: connection.gone.wait(2) and False)
    client = gateway({"providers": {"main": provider(main.url)}, "log": "off", "breaker": {"failures": 2}, "timeouts": {"first_byte": 0.1}})
    for _ in range(2):
        assert client.chat("main/m").error["kind"] == "timeout_first_byte"
    assert health(client)["breaker"] == "open"


# ---------------------------------------------------------------- keys that rest

WRONG = error("Incorrect API key provided: no", type="invalid_request_error", code="invalid_api_key")
TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("http, document, kind, code", [
    (401, WRONG, "auth", "invalid_api_key"), (402, error("Insufficient credits", code=402), "funds", "402"),
    (429, error("You exceeded your current quota", code="insufficient_quota"), "funds", "insufficient_quota"),
])
def test_keys_that_failed_for_one_reason_say_so(gateway, raw, count, http, document, kind, code):
    main = raw(always(response(http, document)))
    keys = [{"name": "one", "value": KEY}, {"name": "two", "value": OTHER}][:count]
    client = gateway({"providers": {"main": {"base_url": main.url, "keys": keys}}, "log": "off"})
    for call in range(3):
        outcome = client.chat("main/m") if call < 2 else client.stream("main/m")
        said = outcome.error
        assert said["kind"] == kind and said["http_status"] == http and said["code"] == code, (call, said)
        assert said["retryable"] is False and (said["provider"], said["model"]) == ("main", "m"), said
        assert said["type"] == document["error"].get("type") and len(re.findall(TIME, said["message"])) == 2, said
        if call == 0:
            assert said["provider_message"] == document["error"]["message"] and document["error"]["message"] in said["message"], said
        else:  # the sentence may repeat what the user of the first request wrote
            assert said["provider_message"] is None and document["error"]["message"] not in json.dumps(said) and f"one ({kind})" in said["message"], said
    assert len(main.arrivals) == count and outcome.end["end"] == "error"


def test_keys_that_failed_for_several_reasons(gateway, raw):
    main = raw(lambda connection, number: connection.send(response(*((401, WRONG), (402, error("Insufficient credits")))[number])) or True)
    client = gateway({"providers": {"main": {"base_url": main.url, "keys": [{"name": "one", "value": KEY}, {"name": "two", "value": OTHER}]}}, "log": "off"})
    client.chat("main/m")
    said = client.chat("main/m").error
    assert said["kind"] == "keys_exhausted" and "one (auth), two (funds)" in said["message"] and said["provider_message"] is None, said
    assert len(re.findall(TIME, said["message"])) == 2 and said["http_status"] == 402


def test_an_id_is_not_doubled(gateway, raw):
    main = raw(always(response(401, WRONG)))
    client = gateway({"providers": {"openrouter": provider(main.url)}, "log": "off"})
    for _ in range(2):
        said = client.chat("openrouter/auto").error
        assert said["model"] == "openrouter/auto" and "openrouter/openrouter" not in json.dumps(said), said
    assert main.bodies[0]["model"] == "openrouter/auto"


@pytest.mark.parametrize("document, kind", [
    ({"error": {"message": "it broke"}}, "server"), ({"detail": "it broke"}, "server"), ({"success": False, "code": 503, "msg": "it broke"}, "overloaded"),
    ({"base_resp": {"status_code": 1004, "status_msg": "it broke"}}, "auth"), ("<html><title>it broke</title></html>", "bad_response"), ("it broke", "bad_response"),
])
def test_a_200_that_is_no_list_is_no_success_of_a_probe(gateway, raw, document, kind):
    client = gateway({"providers": {"main": provider(raw(always(response(200, document))).url)}, "log": "off"})
    probe = client.providers("main", probe=True)["main"]["probe"]
    assert not probe["ok"] and probe["error"]["kind"] == kind and "it broke" in probe["error"]["provider_message"], probe
    listed = client.models({"provider": "main", "fresh": True}).error
    assert listed["kind"] == kind and "it broke" in listed["provider_message"], listed


@pytest.mark.parametrize("document", [{"object": "list", "data": []}, {"data": [{"id": "m"}], "errors": [{"message": "another one broke"}]}, [{"id": "m"}], {"code": 0, "models": []},
                                      {"data": [{"id": f"m{n}", "note": "x" * 500} for n in range(400)], "message": "ok"}])
def test_lists_that_a_probe_likes(gateway, raw, document):
    probe = gateway({"providers": {"main": provider(raw(always(response(200, document))).url)}, "log": "off"}).providers("main", probe=True)["main"]["probe"]
    assert probe["ok"] and probe["error"] is None, probe


def test_an_error_in_a_200_is_no_balance(gateway, raw):
    main = raw(always(response(200, {"error": {"message": "it broke", "type": "rate_limit_error"}})))
    client = gateway({"providers": {"main": provider(main.url, balance={"url": "/credits", "remaining": "data.left"})}, "log": "off"})
    status, document, _ = client.client.call("providers", b'{"provider":"main","balance":true}')
    error = json.loads(document)["data"][0]["balance"]["error"]
    assert status == 0 and error["kind"] == "rate_limit" and error["provider_message"] == "it broke", error
    main.behave = always(response(200, {"data": {}}))
    _, document, _ = client.client.call("providers", b'{"provider":"main","balance":true}')
    assert json.loads(document)["data"][0]["balance"]["error"]["kind"] == "bad_response"


def test_an_error_in_an_array_is_no_list(gateway, raw):
    client = gateway({"providers": {"main": provider(raw(always(response(200, [{"error": {"code": 429, "message": "slow down", "status": "RESOURCE_EXHAUSTED"}}]))).url)}, "log": "off"})
    assert client.models({"provider": "main", "fresh": True}).error["kind"] == "rate_limit"


def test_probes_and_lists_quote_what_was_said(gateway, raw):
    main = raw(failing(503))
    main.behave = always(response(503, error("down for maintenance until noon")))
    client = gateway({"providers": {"main": provider(main.url)}, "log": "off"})
    probe = client.providers("main", probe=True)["main"]["probe"]["error"]
    assert probe["provider_message"] == "down for maintenance until noon" and "until noon" in probe["message"], probe
    listed = client.models({"provider": "main", "fresh": True}).error
    assert listed["provider_message"] == "down for maintenance until noon", listed
