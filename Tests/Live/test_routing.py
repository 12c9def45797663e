"""What routing does over several requests and attempts. Single options are in test_config_effects.py, waiting and cancelling in
test_waits.py, real failures in Tests/Failover."""
import json
import threading
import time

import library
import pytest
import servers
from conftest import KEY, OTHER, provider
from effects import attempts, development, trail
from several import BROKEN, HELLO, answer, ends, in_threads, pair, request, silent, started


# ---------------------------------------------------------------- gatelet_reload

def side(upstream, name, key):
    return {"environment": False, "providers": {"p": {**provider(f"{upstream.url}/{name}"), "api_key": key, "default_model": name}}}


def test_reload_is_atomic(gateway, upstream):
    """Address, key and model of a request are always of the same configuration."""
    sides = [side(upstream, "one", KEY), side(upstream, "two", OTHER)]
    client, statuses, done = gateway(sides[0]), [], threading.Event()

    def chat(_):
        while not done.is_set():
            statuses.append(client.call("chat", {"messages": HELLO}).status)

    threads = in_threads(4, chat)
    for number in range(200):
        assert client.client.reload(json.dumps(sides[number % 2])) == (0, None)
        time.sleep(0.002)
    done.set()
    for thread in threads:
        thread.join(100)
    assert set(statuses) == {0} and len(statuses) == len(upstream.seen) > 20
    assert {(one.path.split("/")[2], one.body["model"], one.headers["authorization"]) for one in upstream.seen} == {
        ("one", "one", "Bearer " + KEY), ("two", "two", "Bearer " + OTHER)}


@pytest.mark.parametrize("config, status", [('{"providers": {"p": {"base_url": "ftp://x"}}}', 103), ('{"nobodys": 1}', 103), ("{", 102), ("[]", 103)])
def test_a_bad_configuration_keeps_the_old_one(gateway, upstream, config, status):
    client = gateway(side(upstream, "one", KEY))
    result, error = client.client.reload(config)
    assert result == status == json.loads(error)["status"]
    assert client.call("chat", {"messages": HELLO}).status == 0 and upstream.seen[0].path == "/v1/one/chat/completions"


def test_requests_in_flight_keep_their_configuration(gateway, raw, upstream):
    """Also for attempts that only begin after the reload."""
    def behave(connection, number):
        time.sleep(0.2)
        connection.send(BROKEN)
        return True

    main = raw(behave)
    old = pair(provider(main.url), provider(upstream.url + "/old"))
    client, outcomes = gateway(old), []
    thread = in_threads(1, lambda _: outcomes.append(client.chat("p/m")))[0]
    started(main)
    assert client.client.reload(json.dumps(side(upstream, "new", OTHER)))[0] == 0
    thread.join(100)
    assert trail(outcomes[0]) == "p:overloaded:next_provider q:ok" and upstream.seen[0].path == "/v1/old/chat/completions"
    assert client.chat("p/m").status == 0 and upstream.seen[1].path == "/v1/new/chat/completions"


def test_reload_gives_keys_another_chance_but_keeps_the_breaker(gateway):
    config = {"environment": False, "retry": {"attempts": 0}, "breaker": {"failures": 1, "open_for": 60},
              "providers": {"p": development(keys=[{"value": KEY}], faults={"sequence": [503, 401]})}}
    client = gateway(config)
    assert [client.chat("p/m").status for _ in range(3)] == [306, 301, 301]
    assert client.client.reload(json.dumps(config))[0] == 0
    outcome = client.chat("p/m")
    assert outcome.status == 301 and attempts(outcome)[0]["probe"] is True


# ---------------------------------------------------------------- gatelet_providers

def test_providers_show_health(gateway):
    client = gateway({"retry": {"attempts": 0}, "breaker": {"failures": 2, "open_for": 60},
                      "providers": {"p": development(keys=[{"name": "a", "value": KEY}, {"name": "b", "value": OTHER}],
                                                     faults={"sequence": [401, "ok", 503]}, regions=["eu"]), "q": {"base_url": "http://127.0.0.1:9/v1", "api_key": "k"}}})
    before = client.providers("p")["p"]
    assert before["configured"] and before["named"] and before["regions"] == ["eu"] and before["health"]["models"] == []
    assert client.chat("p/m").status == 0  # a is refused, b answers
    for _ in range(2):
        assert client.chat("p/m").status == 306
    after = client.providers("p")["p"]
    assert [(key["name"], key["state"], key["reason"]) for key in after["keys"]] == [("a", "retired", "auth"), ("b", "ok", None)]
    assert after["keys"][0]["retired_ms"] > 0
    (model,) = after["health"]["models"]
    assert model["model"] == "m" and model["breaker"] == "open" and 0 < model["open_ms"] <= 60000 and model["failures"] == 2
    assert after["health"]["in_flight"] == 0 and KEY not in json.dumps(client.providers()) and OTHER not in json.dumps(client.providers())
    status, _, error = client.client.call("providers", b'{"provider": "nobody"}')
    assert status == 105 and json.loads(error)["kind"] == "model_unresolved"


def test_providers_probe(gateway, upstream):
    with servers.socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        gone = {"base_url": f"http://127.0.0.1:{closed.getsockname()[1]}/v1", "api_key": OTHER}
        client = gateway({"providers": {"p": provider(upstream.url), "gone": gone, "d": development(), "bare": {"base_url": upstream.url}}})
        found = client.providers("p", "gone", "d", "bare", probe=True)
    assert found["p"]["probe"]["ok"] and found["p"]["probe"]["latency_ms"] > 0 and found["p"]["probe"]["error"] is None
    assert found["d"]["probe"]["ok"] and "probe" not in found["bare"]
    assert not found["gone"]["probe"]["ok"] and found["gone"]["probe"]["error"]["status"] == 201
    assert [(one.method, one.path) for one in upstream.seen] == [("GET", "/v1/models")]
    assert "probe" not in client.providers("p")["p"]


# ---------------------------------------------------------------- keys

KEYS = [{"name": "a", "value": KEY}, {"name": "b", "value": OTHER}]


def refuse(upstream, *keys, status=401):
    def behave(handler, seen):
        if seen.headers["authorization"].removeprefix("Bearer ") in keys:
            return servers.send_json(handler, {"error": {"message": "no"}}, status) or True
    upstream.behave = behave


def key_trail(outcome):
    return " ".join(f"{one['key']}:{one['status']}" for one in attempts(outcome))


@pytest.mark.parametrize("status, kind", [(401, "auth"), (402, "funds"), (403, "permission")])
def test_a_refused_key_is_retired(gateway, upstream, status, kind):
    client = gateway({"providers": {"p": {"base_url": upstream.url, "keys": KEYS}}})
    refuse(upstream, KEY, status=status)
    assert key_trail(client.chat("p/m")) == f"a:{kind} b:ok"
    assert [key_trail(client.chat("p/m")) for _ in range(3)] == ["b:ok"] * 3
    refuse(upstream, KEY, OTHER, status=status)
    last = client.chat("p/m")
    assert last.status in (301, 302, 303, 313)
    dead = client.chat("p/m")
    assert dead.error["kind"] == kind and dead.error["http_status"] == status and "attempts" not in dead.error
    assert "all keys rest since" in dead.error["message"]
    assert len(upstream.seen) == 6


def test_a_rate_limit_turns_to_the_next_key(gateway, upstream):
    client = gateway({"providers": {"p": {"base_url": upstream.url, "keys": KEYS}}})
    refuse(upstream, KEY, status=429)
    assert key_trail(client.chat("p/m")) == "a:rate_limit b:ok"
    assert client.providers("p")["p"]["keys"][0]["state"] == "ok"
    refuse(upstream)
    assert {key_trail(client.chat("p/m")) for _ in range(4)} == {"a:ok", "b:ok"}


# ---------------------------------------------------------------- attempts

def test_the_total_timeout_is_over_all_attempts(gateway, raw):
    main, other = raw(silent), raw(silent)
    client = gateway(pair(provider(main.url), provider(other.url), timeouts={"first_byte": 0.25, "total": 0.4}))
    start = time.monotonic()
    outcome = client.chat("p/m")
    assert outcome.status in (204, 207) and 0.35 < time.monotonic() - start < 4, outcome
    assert trail(outcome).startswith("p:timeout_first_byte:next_provider q:timeout_total")
    assert main.connections[0].gone.wait(100) and other.connections[0].gone.wait(100)


SCRIPTS = {
    "retries": ({"sequence": [503, 429, "ok"]}, "p:overloaded:retry p:rate_limit:retry p:ok"),
    "the next provider": ({"refuse": True}, "p:connect:retry p:connect:retry p:connect:next_provider q:ok"),
    "a refused key": (401, "p:auth:next_provider q:ok"),
    "the caller's mistake": (400, "p:bad_request:stop"),
    "an empty answer": ({"empty": True}, "p:empty:retry p:empty:next_provider q:ok"),
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", SCRIPTS)
def test_every_interface_makes_the_same_attempts(gateway, queue, name, stream):
    faults, wanted = SCRIPTS[name]
    config = pair(development(faults=faults), development(), retry={"attempts": 2, "backoff_base": 0.01, "attempts_per_request": 6})
    found = [trail(gateway(config).stream("p/m") if stream else gateway(config).chat("p/m"))]
    for driver in ("thread", "caller"):
        line, client = queue(driver), gateway(config)
        line.submit(client.client, library.OP_CHAT_STREAM if stream else library.OP_CHAT, request(), 1)
        document = ends(line, 1)[0][2]
        tried = document["gatelet"]["attempts"]
        found.append(" ".join(":".join(one[part] for part in ("provider", "status", "action") if part in one) for one in tried))
    assert found == [wanted] * 3


# ---------------------------------------------------------------- streams

@pytest.mark.parametrize("fault", [{"error_at_chunk": 1}, {"truncate_at_chunk": 1}, {"empty": True}, {"stall_at_chunk": 1}, {"html": True}])
def test_what_fails_before_the_first_word_is_not_seen(gateway, fault):
    client = gateway(pair(development(faults=fault), development(), timeouts={"idle": 0.2}))
    outcome = client.stream("p/m")
    assert outcome.status == 0 and outcome.end["end"] == "finished" and outcome.text.startswith("You said:")
    assert [one["provider"] for one in attempts(outcome)] == ["p", "q"]
    ids = {json.loads(chunk[0])["id"] for chunk in outcome.chunks}
    assert len(ids) == 1 and outcome.text == outcome.content


@pytest.mark.parametrize("fault, status, word", [({"error_at_chunk": 4}, 307, "error"), ({"truncate_at_chunk": 4}, 208, "truncated"),
                                                 ({"stall_at_chunk": 4}, 205, "error")])
def test_what_fails_later_says_what_was_delivered(gateway, fault, status, word):
    outcome = gateway(pair(development(faults=fault), development(), timeouts={"idle": 0.2})).stream("p/m")
    assert outcome.status == outcome.end["error"]["status"] == status and outcome.end["end"] == word
    assert outcome.text == outcome.content == "You said: hello" and [one["provider"] for one in outcome.end["gatelet"]["attempts"]] == ["p"]


@pytest.mark.parametrize("operation", ["chat", "stream"])
def test_the_loser_of_a_hedge_is_closed(gateway, raw, operation):
    slow = raw(silent)
    quick = raw(lambda connection, number: answer(connection, quick.bodies[number]))
    client = gateway(pair(provider(slow.url), provider(quick.url), routing={"hedge": {"delay": 0.05}}))
    outcome = getattr(client, operation)("p/m")
    assert outcome.status == 0 and slow.connections[0].gone.wait(100)
    loser, winner = attempts(outcome)
    assert (loser["provider"], loser["action"]) == ("p", "abandoned") and loser["status"] != "ok"
    assert (winner["provider"], winner["status"], winner["hedge"]) == ("q", "ok", True) and "action" not in winner
    assert client.providers("p")["p"]["health"]["in_flight"] == 0


def test_p95_hedges_once_enough_was_seen(gateway, raw):
    """Twenty streams tell how long the first content takes."""
    slow = {"n": 0}

    def behave(connection, number):
        return None if slow["n"] else answer(connection, main.bodies[number])

    main = raw(behave)
    other = raw(lambda connection, number: answer(connection, other.bodies[number]))
    client = gateway(pair(provider(main.url), provider(other.url), routing={"hedge": {"delay": "p95"}}))
    for _ in range(25):
        assert client.stream("p/m").status == 0
    slow["n"] = 1
    outcome = client.stream("p/m")
    assert outcome.status == 0 and outcome.end["gatelet"]["provider"] == "q"


# ---------------------------------------------------------------- strategies by what was seen

def remaining(count):
    return {"ok": True, "headers": {"x-ratelimit-limit-requests": "100", "x-ratelimit-remaining-requests": str(count), "x-ratelimit-reset-requests": "60s"}}


SEEN = {
    "latency": (development(faults={"first_byte_delay": 0.05}), development()),
    "throughput": (development(token_delay=0.02), development(token_delay=0.001)),
    "rate_limit": (development(faults=remaining(5)), development(faults=remaining(90))),
}


def ordered(client, **route):
    """Whom the plan of a request for m begins with."""
    outcome = client.chat("m", gatelet={"dry_run": True, "route": route})
    return outcome.answer["plan"][0]["provider"]


@pytest.mark.parametrize("strategy", SEEN)
def test_strategies_know_what_happened(gateway, strategy):
    p, q = ({**one, "model_ids": {"m": "m"}} for one in SEEN[strategy])
    client = gateway({"providers": {"p": p, "q": q}, "default_provider": "p", "request_extensions": "all"})
    for _ in range(3):
        assert client.stream("p/m").status == client.stream("q/m").status == 0
    assert ordered(client) == "p" and {ordered(client, strategy=strategy) for _ in range(5)} == {"q"}
    if strategy != "rate_limit":
        assert ordered(client, sort=strategy) == "q"


def test_the_least_busy_is_first(gateway, queue):
    known = {"model_ids": {"m": "m"}, "faults": {"first_byte_delay": 5}}
    client, line = gateway({"providers": {"p": development(**known), "q": development(**known)}, "default_provider": "p", "request_extensions": "all"}), queue()
    for model, first in (("p/m", "q"), ("q/m", "p"), ("q/m", "p"), ("p/m", "p"), ("p/m", "q")):
        line.submit(client.client, library.OP_CHAT, request(model), 1)
        time.sleep(0.03)
        assert ordered(client, strategy="least_busy") == first, model
    line.cancel(1)
    assert {status for _, status, _ in ends(line, 5)} == {107} and ordered(client, strategy="least_busy") == "p"
