"""Who is asked, and who must not be: errors in answers, errors that are the caller's, caps, the breaker, names in the request."""
import json
import time

import pytest
from conftest import ask, attempts, both, taken_over
from live import provider
from upstreams import STREAM_HEAD, always, answer, response, stream

ERROR = {"error": {"message": "upstream broke", "code": 502}}
ROLE = json.dumps({"id": "main", "object": "chat.completion.chunk", "created": 1, "model": "m",
                   "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}]})
WORD = ROLE.replace('"content": ""', '"content": "Main"')
PAGE = "<html><head><title>502 Bad Gateway</title></head></html>"


def closing(data):
    def behave(connection, _):
        connection.send(data)
        connection.close()
    return behave


@both
def test_a_healthy_provider_is_asked_alone(pair, raw, spare, operation):
    main = raw(lambda connection, number: answer(connection, main.bodies[number]))
    for _ in range(3):
        outcome = ask(pair(main.url), operation)
        assert outcome.status == 0 and attempts(outcome) == [("main", "ok")]
    assert spare.seen == [] and len(main.arrivals) == 3


@pytest.mark.parametrize("data, statuses", [
    (response(200, ERROR), ("unavailable", "server")), (response(200, PAGE, "text/html"), ("bad_response",)), (response(200, ""), ("empty",)),
    (response(503, PAGE, "text/html"), ("overloaded",)), (response(500, ERROR), ("server", "unavailable")), (response(502, ""), ("unavailable",)),
    (response(404, {"error": {"message": "The model does not exist"}}), ("not_found",)),
    (response(401, {"error": {"message": "Incorrect API key provided"}}), ("auth",)),
    (response(402, {"error": {"message": "Insufficient credits"}}), ("funds",)), (response(403, {"error": {"message": "no"}}), ("permission",)),
    (response(529, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}), ("overloaded",)),
    (b"HTTP/9.9 nonsense\r\n\r\n", ("protocol", "truncated", "bad_response")), (b"SSH-2.0-OpenSSH_9.2\r\n", ("protocol", "truncated")),
])
@both
def test_answers_that_are_none(pair, raw, spare, operation, data, statuses):
    main = raw(closing(data))
    taken_over(ask(pair(main.url), operation), spare, *statuses)
    assert len(main.arrivals) == 1


@pytest.mark.parametrize("datas, status", [
    ((json.dumps(ERROR),), "unavailable"), ((ROLE, json.dumps(ERROR)), "unavailable"), ((), "empty"), (("[DONE]",), "empty"), ((b": hello\n\n",), "empty"),
    ((ROLE, "not json"), "bad_response"), ((ROLE,), "truncated"),
])
def test_streams_that_fail_before_their_first_word(pair, raw, spare, datas, status):
    main = raw(always(stream(*datas)))
    outcome = pair(main.url).stream("main/m")
    taken_over(outcome, spare, status)
    assert outcome.text == "Hello" and all(json.loads(chunk[0])["id"] == "x" for chunk in outcome.chunks)


def test_an_error_after_the_first_word_is_the_end(pair, raw, spare):
    main = raw(always(stream(ROLE, WORD, json.dumps(ERROR))))
    outcome = pair(main.url).stream("main/m")
    assert outcome.text == "Main" and outcome.end["end"] == "error" and outcome.status == 308, outcome
    assert spare.seen == [] and len(main.arrivals) == 1


@pytest.mark.parametrize("status, error, expected", [
    (400, {"message": "Unknown parameter: 'x'", "type": "invalid_request_error"}, 300),
    (400, {"message": "flagged", "code": "content_policy_violation"}, 310),
])
@both
def test_the_callers_own_mistakes_are_asked_once(pair, raw, spare, operation, status, error, expected):
    main = raw(always(response(status, {"error": error})))
    outcome = ask(pair(main.url, retry={"attempts": 3, "backoff_base": 0.05}), operation)
    assert outcome.status == expected and spare.seen == [] and len(main.arrivals) == 1, outcome


def test_what_the_request_names(pair, raw, spare):
    broken = raw(always(response(503, ERROR)))
    client = pair(broken.url)
    pinned = client.chat("main/m", gatelet={"provider": "main"})
    assert pinned.status == 306 and spare.seen == []
    assert client.chat("main/m", gatelet={"route": {"allow_fallbacks": False}}).status == 306 and spare.seen == []
    assert client.chat("main/m", provider={"allow_fallbacks": False}).status == 306 and spare.seen == []
    asked = len(broken.arrivals)
    for words in ({"only": ["spare"]}, {"ignore": ["main"]}, {"order": ["spare"]}):
        spare.reset()
        assert attempts(client.chat("main/m", gatelet={"route": words})) == [("spare", "ok")], words
        assert len(broken.arrivals) == asked and len(spare.seen) == 1


def test_a_key_merely_found_is_no_target(gateway, raw, spare, monkeypatch):
    """Prompts do not leak to providers that nobody named."""
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-found")
    monkeypatch.setenv("OPENROUTER_BASE_URL", spare.url)
    main = raw(always(response(503, ERROR)))
    client = gateway({"environment": True, "providers": {"main": provider(main.url)}, "retry": {"attempts": 0}})
    assert client.chat("main/m").status == 306 and spare.seen == []


def test_the_cap_on_attempts(pair, raw, spare):
    main = raw(always(response(429, {"error": {"message": "slow"}})))
    outcome = pair(main.url, retry={"attempts": 10, "backoff_base": 0.01, "attempts_per_request": 3}).chat("main/m")
    assert outcome.status == 305 and len(main.arrivals) == 3 and spare.seen == [], outcome
    assert len(outcome.error["attempts"]) == 3


def test_failures_that_may_be_billed_are_retried_once(pair, raw, spare):
    main = raw(always(response(500, {"error": {"message": "oops"}})))
    outcome = pair(main.url, retry={"attempts": 3, "backoff_base": 0.01}).chat("main/m")
    assert len(main.arrivals) == 2 and attempts(outcome)[-1] == ("spare", "ok"), outcome


def test_the_breaker_leaves_a_provider_alone(pair, raw, spare):
    main = raw(always(response(503, ERROR)))
    client = pair(main.url, breaker={"failures": 3, "open_for": 0.5})
    for _ in range(6):
        assert client.chat("main/m").status == 0
    assert len(main.arrivals) == 3 and len(spare.seen) == 6
    main.behave = lambda connection, _: answer(connection, {})
    time.sleep(0.6)
    assert attempts(client.chat("main/m")) == [("main", "ok")], "half open: it is tried again"


def test_the_last_one_is_probed_rather_than_refused(gateway, raw):
    main = raw(always(response(503, ERROR)))
    client = gateway({"providers": {"main": provider(main.url)}, "retry": {"attempts": 0}, "breaker": {"failures": 2, "open_for": 60}})
    for _ in range(4):
        assert client.chat("main/m").status == 306
    main.behave = lambda connection, _: answer(connection, {})
    outcome = client.chat("main/m")
    assert outcome.status == 0 and outcome.answer["gatelet"]["attempts"][0].get("probe") is True, outcome


def test_a_retired_key_is_not_used_again(pair, raw, spare):
    main = raw(always(response(401, {"error": {"message": "Incorrect API key provided"}})))
    client = pair(main.url)
    for _ in range(4):
        assert client.chat("main/m").status == 0
    assert len(main.arrivals) == 1 and len(spare.seen) == 4


def test_everybody_fails(pair, raw, spare):
    """Each attempt is told, and the failure is the one that says most to who must act."""
    main = raw(always(response(401, {"error": {"message": "Incorrect API key provided"}})))
    spare.behave = lambda handler, _: handler.send_error(503) or True
    outcome = pair(main.url).chat("main/m")
    assert [name for name, _ in attempts(outcome)] == ["main", "spare"]
    assert outcome.status in (301, 306) and outcome.error["status"] == outcome.status


@pytest.mark.parametrize("prefill", [True, False])
def test_a_broken_stream_is_continued_where_the_next_one_can(gateway, raw, spare, prefill):
    """Who can go on from an assistant message gets what was delivered as the beginning of its answer."""
    def behave(connection, _):
        data = f"data: {WORD}\n\n".encode()
        connection.send(STREAM_HEAD + b"transfer-encoding: chunked\r\n\r\n" + b"%x\r\n%b\r\n" % (len(data), data))
        connection.reset()

    main = raw(behave)
    client = gateway({"providers": {"main": provider(main.url), "spare": provider(spare.url, prefill=prefill)}, "retry": {"attempts": 0},
                      "provider_order": ["main", "spare"]})
    without = client.stream("main/m")
    assert (without.status, without.text, spare.seen) == (208, "Main", [])
    outcome = client.stream("main/m", gatelet={"continue": True})
    if not prefill:
        assert (outcome.status, outcome.text, spare.seen) == (208, "Main", []), outcome
        return
    assert outcome.text == "MainHello" and outcome.end["end"] == "finished" and outcome.end["gatelet"]["continued"] is True, outcome
    assert spare.seen[0].body["messages"][-1] == {"role": "assistant", "content": "Main"}
