"""429 with each way of saying when to come back (field notes 3.6): how long is waited, and when somebody else is asked instead."""
import time
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
import servers
from conftest import attempts, taken_over
from live import provider
from upstreams import answer, response

NOW = datetime.now(timezone.utc).replace(microsecond=0) - timedelta(days=30)  # the server's clock is its own: only differences count
DATE = format_datetime(NOW, usegmt=True)


def later(seconds, form=None):
    then = NOW + timedelta(seconds=seconds)
    return then.strftime(form) if form else format_datetime(then, usegmt=True)


def error(**members):
    return {"error": {"message": "slow down", "code": "rate_limit_exceeded", **members}}


# Name: headers, members of the error, seconds that it means.
FORMS = {
    "retry-after-ms": ({"retry_after_ms": "400"}, {}, 0.4),
    "x-ms-retry-after-ms": ({"x_ms_retry_after_ms": "400"}, {}, 0.4),
    "retry-after-ms goes before retry-after": ({"retry_after_ms": "400", "retry_after": "30"}, {}, 0.4),
    "seconds": ({"retry_after": "1"}, {}, 1),
    "a fraction of seconds": ({"retry_after": "0.4"}, {}, 0.4),
    "a date": ({"date": DATE, "retry_after": later(1)}, {}, 1),
    "a date in the form of RFC 850": ({"date": DATE, "retry_after": later(1, "%A, %d-%b-%y %H:%M:%S GMT")}, {}, 1),
    "a date in the form of asctime": ({"date": DATE, "retry_after": later(1, "%a %b %e %H:%M:%S %Y")}, {}, 1),
    "a header goes before the body": ({"retry_after_ms": "400"}, {"retry_after": 30}, 0.4),
    "retry_after in the body": ({}, {"retry_after": 0.4}, 0.4),
    "OpenRouter's metadata": ({}, {"metadata": {"retry_after": 0.4}}, 0.4),
    "OpenRouter's reset in the body": ({"date": DATE}, {"metadata": {"headers": {"X-RateLimit-Reset": str(int((NOW.timestamp() + 0.4) * 1000))}}}, 0.4),
    "Google's RetryInfo": ({}, {"details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "0.4s"}]}, 0.4),
    "OpenAI's reset of requests": ({"x_ratelimit_remaining_requests": "0", "x_ratelimit_reset_requests": "400ms"}, {}, 0.4),
    "OpenAI's reset of tokens": ({"x_ratelimit_remaining_tokens": "0", "x_ratelimit_reset_tokens": "1s"}, {}, 1),
    "Cerebras's reset in seconds": ({"x_ratelimit_remaining_tokens_minute": "0", "x_ratelimit_reset_tokens_minute": "0.4"}, {}, 0.4),
    "Anthropic's reset": ({"date": DATE, "anthropic_ratelimit_requests_remaining": "0",
                           "anthropic_ratelimit_requests_reset": later(1, "%Y-%m-%dT%H:%M:%SZ")}, {}, 1),
}
# Said, but not to be believed: the usual backoff holds.
NOTHING = {"negative": "-5", "not a number": "NaN", "words": "soon", "empty": "", "money": "1,000"}


def limited(headers, members, times=1, status=429):
    def behave(connection, number):
        if number >= times:
            return answer(connection, {})
        connection.send(response(status, error(**members), **headers))
        return True
    return behave


def waited(server):
    assert len(server.arrivals) == 2, server.arrivals
    return server.arrivals[1] - server.arrivals[0]


PATIENT = {"attempts": 1, "backoff_base": 5, "backoff_max": 5, "jitter": 0}
EAGER = {"attempts": 1, "backoff_base": 0.05, "jitter": 0}


@pytest.mark.parametrize("form", FORMS)
def test_the_wait_is_what_was_said(pair, raw, spare, form):
    headers, members, seconds = FORMS[form]
    main = raw(limited(headers, members))
    outcome = pair(main.url, retry=PATIENT).chat("main/m")
    assert outcome.status == 0 and attempts(outcome) == [("main", "rate_limit"), ("main", "ok")], outcome
    assert seconds - 0.02 <= waited(main) <= seconds * 10 and spare.seen == []
    second = outcome.answer["gatelet"]["attempts"][1]
    assert seconds * 1000 - 20 <= second["wait_ms"] <= seconds * 10_000


@pytest.mark.parametrize("form", NOTHING)
def test_nonsense_is_not_waited_for(pair, raw, spare, form):
    main = raw(limited({"retry_after": NOTHING[form]}, {}))
    outcome = pair(main.url, retry=EAGER).chat("main/m")
    assert attempts(outcome) == [("main", "rate_limit"), ("main", "ok")], outcome
    assert 0.03 <= waited(main) <= 4.5


@pytest.mark.parametrize("status", [408, 500, 503, 529])
def test_the_header_counts_with_any_status(pair, raw, spare, status):
    main = raw(limited({"retry_after_ms": "400"}, {"code": None}, status=status))
    outcome = pair(main.url, retry=PATIENT).chat("main/m")
    assert outcome.status == 0 and 0.38 <= waited(main) <= 4 and spare.seen == [], outcome


@pytest.mark.parametrize("headers", [{"retry_after": "13"}, {"retry_after": "1e9"}, {"retry_after_ms": "12001"},
                                     {"date": DATE, "retry_after": later(3600)}, {"retry_after": "99999999999999999999"}])
def test_who_must_wait_long_is_left(pair, raw, spare, headers):
    main = raw(limited(headers, {}))
    start = time.monotonic()
    taken_over(pair(main.url, retry=PATIENT).chat("main/m"), spare, "rate_limit")
    assert time.monotonic() - start < 10 and len(main.arrivals) == 1


def test_alone_a_longer_wait_is_accepted_but_not_any(gateway, raw):
    main = raw(limited({"retry_after": "61"}, {}, times=9))
    start = time.monotonic()
    outcome = gateway({"providers": {"main": provider(main.url)}, "retry": PATIENT}).chat("main/m")
    assert outcome.status == 305 and outcome.error["retry_after_ms"] == 61000 and len(main.arrivals) == 1
    assert time.monotonic() - start < 10


def test_the_deadline_goes_before_the_wait(pair, raw, spare):
    main = raw(limited({"retry_after": "5"}, {}, times=9))
    start = time.monotonic()
    outcome = pair(main.url, retry=PATIENT, timeouts={"total": 0.4}).chat("main/m")
    assert time.monotonic() - start < 4
    assert outcome.status in (0, 207, 305) and len(main.arrivals) == 1, outcome


def test_another_key_is_asked_without_waiting(pair, raw, spare):
    """429 turns to the next key at once."""
    main = raw(limited({"retry_after": "5"}, {}))
    keys = [{"name": "one", "value": "k-1"}, {"name": "two", "value": "k-2"}]
    outcome = pair(main.url, main={"api_key": None, "keys": keys}, retry=PATIENT).chat("main/m")
    assert outcome.status == 0 and waited(main) < 4.5, outcome
    tried = outcome.answer["gatelet"]["attempts"]
    assert {attempt["key"] for attempt in tried} == {"one", "two"} and tried[0]["action"] == "rotate_key"


def test_nginx_limits_the_rate(pair, spare, tmp_path):
    """limit_req of nginx, with the header that many put beside it."""
    front = servers.nginx(str(tmp_path), f"""limit_req_zone $binary_remote_addr zone=one:1m rate=2r/s; limit_req_status 429;
        server {{ listen 127.0.0.1:{{port}}; location / {{ limit_req zone=one; add_header Retry-After 1 always;
        proxy_pass http://127.0.0.1:{spare.port}; }} }}""")
    try:
        client = pair(f"http://127.0.0.1:{front.port}/v1", retry={"attempts": 3, "backoff_base": 5})
        assert client.chat("main/m").status == 0
        start = time.monotonic()
        outcome = client.chat("main/m")
        assert attempts(outcome)[-1] == ("main", "ok") and ("main", "rate_limit") in attempts(outcome), outcome
        assert 0.9 <= time.monotonic() - start <= 10
    finally:
        front.stop()


def test_backoff_grows(pair, raw, spare):
    main = raw(limited({}, {}, times=3))
    outcome = pair(main.url, retry={"attempts": 3, "backoff_base": 0.1, "backoff_max": 0.3, "jitter": 0}).chat("main/m")
    assert outcome.status == 0 and len(main.arrivals) == 4, outcome
    waits = [b - a for a, b in zip(main.arrivals, main.arrivals[1:])]
    for wait, wanted in zip(waits, (0.1, 0.2, 0.3)):
        assert wanted - 0.01 <= wait <= wanted * 10, waits
