"""Limits that processes share. Each client counts for itself and knows nothing of the others but through Redis, as a process does."""
import json
import os
import threading
import time

import pytest
from conftest import eventually

PRICES = {"known_models": {"m": {"pricing": {"prompt": "0.001", "completion": "0.001"}}}}
RULES = {
    "requests_per_minute": (1, 2), "tokens_per_minute": (150, 300), "usd_per_minute": ("0.15", 0.4),
    "requests_per_hour": (1, 2), "tokens_per_hour": (150, 300), "usd_per_hour": (0.15, "0.4"),
    "requests_per_month": (1, 2), "tokens_per_month": (150, 300), "usd_per_month": (0.15, "0.4"),
    "requests_per_day": (1, 2), "tokens_per_day": (150, 300), "usd_per_day": (0.15, "0.4"), "concurrency": (1, 2), "spacing": (10, 0),
}
PLACES = {"client": "client", "tag": "tag", "provider": "provider p", "key": "key k of p"}


def limited(place, rules, delay=0, **more):
    """A configuration with these rules at this place."""
    p = {"dialect": "dev", "key": "optional", "faults": {"first_byte_delay": delay}, **PRICES, "keys": [{"name": "k", "value": "sk-secret-one"}]}
    limits = {"wait": False}
    if place == "client":
        limits["client"] = rules
    elif place == "tag":
        limits["tags"] = {"blue": rules}
    elif place == "provider":
        p["limits"] = rules
    else:
        p["keys"][0]["limits"] = rules
    return {"dev_mode": False, "providers": {"p": p}, "limits": {**limits, **more}}


def ask(client, **members):
    return client.chat(tag="blue", model="p/m", max_tokens=100, **members)


def at_once(*clients):
    """What becomes of one request of each client, all at the same time."""
    found = []
    threads = [threading.Thread(target=lambda client=client: found.append(ask(client))) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(status for status, _ in found), " ".join(answer.get("message", "") for _, answer in found)


EVERYWHERE = ["usd_per_month", "concurrency"]
PAIRS = [(place, rule) for place in PLACES for rule in RULES if place == "client" or rule in EVERYWHERE or "GATELET_REQUESTS" in os.environ]


@pytest.mark.parametrize("place, rule", PAIRS)
def test_each_rule_holds_over_clients(gateway, redis, place, rule):
    for value, statuses in zip(RULES[rule], ([0, 305], [0, 0])):
        redis.cli("FLUSHALL")
        config = limited(place, {rule: value}, delay=0.3)
        clients = [gateway(redis.url, **config) for _ in range(2)]
        for client in clients:
            client.is_in("connected")
        found, message = at_once(*clients)
        assert found == statuses, message
        if 305 in statuses:
            assert f"the limit {rule} of the {PLACES[place]} is reached" in message


def test_a_tag_counts_for_those_above_it(gateway, redis):
    config = limited("client", {})
    config["limits"]["tags"] = {"org": {"requests_per_day": 3}, "org/a": {"requests_per_day": 1}, "org/*": {"requests_per_day": 2}}

    def statuses(*tags):
        return [gateway(redis.url, **config).chat(tag=tag, model="p/m")[0] for tag in tags]

    assert statuses("org/a", "org/a", "org/b", "org/c", "org/d", "else") == [0, 305, 0, 0, 305, 0]


def test_without_redis_each_counts_for_itself(gateway):
    config = limited("client", {"requests_per_minute": 1})
    assert at_once(gateway(**config), gateway(**config))[0] == [0, 0]


def test_another_prefix_is_another_count(gateway, redis):
    config = limited("client", {"requests_per_minute": 1})
    assert [ask(gateway(redis.url, redis_prefix=prefix, **config))[0] for prefix in ("a", "b", "a")] == [0, 0, 305]


def test_what_was_not_used_is_free_again(gateway, redis):
    """100 tokens are reserved, few are used: the next one of another client fits."""
    config = limited("client", {"tokens_per_day": 200, "usd_per_day": "0.2"})
    one, two = gateway(redis.url, **config), gateway(redis.url, **config)
    status, answer = ask(one)
    assert status == 0
    used = answer["usage"]["total_tokens"]
    assert used < 60
    eventually(lambda: f":{used}:" in redis.cli("HGET", *[key for key in redis.cli("KEYS", "*:c:*").split()], "32"))
    assert ask(two)[0] == 0


def keys(redis):
    return redis.cli("KEYS", "*").split()


def test_nothing_stays_reserved(gateway, redis):
    config = limited("client", {"concurrency": 1, "requests_per_day": 100})
    one, two = gateway(redis.url, **config), gateway(redis.url, **config)
    for _ in range(5):
        assert ask(one)[0] == 0
        eventually(lambda: not any(":r:" in key for key in keys(redis)))
        assert ask(two)[0] == 0
        eventually(lambda: not any(":r:" in key for key in keys(redis)))


def test_names_are_hashed_and_one_hash_tag_holds_all(gateway, redis):
    for place in PLACES:
        ask(gateway(redis.url, **limited(place, {"requests_per_day": 5})))
    names = keys(redis)
    assert len(names) >= 5 and all(name.startswith("{gatelet:gatelet}:") for name in names)
    everything = str(names) + str([redis.cli("HGETALL", name) for name in names if ":c:" in name])
    assert "blue" not in everything and "sk-secret" not in everything and "hello" not in everything


def test_who_waits_gets_in_when_another_client_is_done(gateway, redis):
    config = limited("client", {"concurrency": 1}, delay=0.5, wait=True)
    began = time.monotonic()
    assert at_once(*[gateway(redis.url, **config) for _ in range(3)])[0] == [0, 0, 0]
    assert time.monotonic() - began >= 1.4


def test_the_wait_is_told(gateway, redis):
    config = limited("client", {"requests_per_day": 1})
    assert ask(gateway(redis.url, **config))[0] == 0
    status, error = ask(gateway(redis.url, **config))
    midnight = 86400 - time.time() % 86400
    assert status == 305 and abs(error["retry_after_ms"] / 1000 - midnight) < 60


@pytest.mark.parametrize("policy", ["open", "closed"])
def test_redis_goes_and_comes_back(gateway, redis, policy):
    client = gateway(redis.url, on_redis_failure=policy, **limited("client", {"requests_per_minute": 100}))
    assert ask(client)[0] == 0
    redis.kill()
    client.is_in("unavailable")
    status, answer = ask(client)
    if policy == "open":
        assert status == 0 and client.redis["uncounted"] == 1
    else:
        assert status == 308 and "on_redis_failure: closed" in answer["message"] and answer["retry_after_ms"] == 1000, answer
    redis.start()
    client.is_in("connected")
    assert ask(client)[0] == 0
    assert len(client.logged("until it can be used")) == 1 and len(client.logged("can be used again")) == 1


def test_open_keeps_to_the_limits_of_the_process(gateway, redis):
    client = gateway(redis.url, **limited("client", {"requests_per_minute": 2}))
    assert ask(client)[0] == 0
    redis.kill()
    client.is_in("unavailable")
    assert [ask(client)[0] for _ in range(2)] == [0, 305]


@pytest.mark.parametrize("policy", ["open", "closed"])
def test_a_redis_that_hangs_holds_a_request_up_for_its_time_out(gateway, redis, policy):
    client = gateway(redis.url, on_redis_failure=policy, redis_timeout=0.3, **limited("client", {"requests_per_minute": 100}))
    assert ask(client)[0] == 0
    redis.pause()
    began = time.monotonic()
    assert ask(client)[0] == (0 if policy == "open" else 308)
    assert 0.25 < time.monotonic() - began < 3
    redis.resume()
    client.is_in("connected")
    assert ask(client)[0] == 0
    eventually(lambda: not any(":r:" in key for key in keys(redis))) # what was reserved without an answer is given back


def test_flushed_in_between(gateway, redis):
    client = gateway(redis.url, **limited("client", {"requests_per_day": 5}))
    assert ask(client)[0] == 0
    redis.cli("FLUSHALL")
    assert ask(client)[0] == 0
    assert client.redis["losses"] == 1 and len(client.logged("was lost")) == 1


def test_scripts_that_are_forgotten_are_sent_again(gateway, redis):
    client = gateway(redis.url, **limited("client", {"requests_per_day": 5}))
    assert ask(client)[0] == 0
    redis.cli("SCRIPT", "FLUSH")
    assert ask(client)[0] == 0
    assert client.redis["failures"] == 0


def test_full_memory_is_a_failure(gateway, redis):
    client = gateway(redis.url, on_redis_failure="closed", **limited("client", {"requests_per_day": 5}))
    client.is_in("connected")
    redis.cli("CONFIG", "SET", "maxmemory", "1")
    status, error = ask(client)
    assert status == 308 and "OOM" in error["message"] and client.redis["state"] == "unavailable"
    redis.cli("CONFIG", "SET", "maxmemory", "0")
    assert ask(client)[0] == 0 and client.redis["state"] == "connected"


def test_a_long_request_keeps_its_place(gateway, redis):
    """It runs for three times as long as what it reserved would be kept by itself."""
    config = limited("client", {"concurrency": 1}, delay=3)
    one, two = (gateway(redis.url, redis_lease=1, **config) for _ in range(2))
    thread = threading.Thread(target=lambda: ask(one))
    thread.start()
    eventually(lambda: any(":r:" in key for key in keys(redis)))
    statuses = []
    while thread.is_alive():
        statuses.append(ask(two)[0])
        time.sleep(0.1)
    assert len(statuses) > 10 and set(statuses[:-3]) == {305}
    thread.join()


def test_a_key_over_its_limit_makes_room_for_the_next(gateway, redis):
    config = limited("key", {"requests_per_day": 1})
    config["providers"]["p"]["keys"].append({"name": "l", "value": "sk-secret-two", "limits": {"requests_per_day": 1}})
    found = [ask(gateway(redis.url, **config)) for _ in range(3)]
    assert [status for status, _ in found] == [0, 0, 305]


def test_a_deadline_ends_the_wait_for_redis(gateway, redis):
    client = gateway(redis.url, redis_timeout=20, **limited("client", {"requests_per_day": 5}))
    assert ask(client)[0] == 0
    redis.pause()
    began = time.monotonic()
    status, error = client.chat(tag="blue", model="p/m", options={"timeouts": {"total": 0.5}})
    assert (status, error["kind"]) == (207, "timeout_total"), error
    assert time.monotonic() - began < 5
    redis.resume()
    eventually(lambda: not any(":r:" in key for key in keys(redis)))


def test_a_cancelled_request_gives_back(gateway, redis):
    config = limited("client", {"concurrency": 1, "requests_per_day": 10}, delay=20)
    client = gateway(redis.url, **config)
    thread = threading.Thread(target=lambda: client.chat(tag="blue", model="p/m", options={"cancel_id": "it"}))
    thread.start()
    eventually(lambda: any(":r:" in key for key in keys(redis)))
    client.client.cancel(b"it")
    thread.join()
    eventually(lambda: not any(":r:" in key for key in keys(redis)))


def test_what_all_have_used_is_told(gateway, redis):
    config = limited("tag", {"requests_per_day": 10, "tokens_per_month": 10_000, "usd_per_hour": 5, "concurrency": 7})
    one, two = gateway(redis.url, **config), gateway(redis.url, **config)
    spent = sum(ask(one)[1]["usage"]["total_tokens"] for _ in range(3))
    status, answer = ask(two)
    assert status == 0
    rules = {rule["rule"]: rule for rule in answer["gatelet"]["limits"]}
    assert rules["requests_per_day"]["used"] == 4 and rules["requests_per_day"]["left"] == 6
    total = spent + answer["usage"]["total_tokens"]
    assert rules["tokens_per_month"]["used"] == total
    assert float(rules["usd_per_hour"]["used"]) == pytest.approx(total * 0.001)
    status, stats = two.client.call("stats", b"{\"by\": \"limits\"}")[:2]
    told = json.loads(stats)["limits"][0]["rules"]
    assert {rule["rule"]: rule["used"] for rule in told}["requests_per_day"] == 4


def test_what_is_lost_while_a_request_runs_is_counted(gateway, redis):
    """As an eviction does: the counts are gone, and the time when counting began is not."""
    client = gateway(redis.url, **limited("client", {"requests_per_day": 5}, delay=1))
    thread = threading.Thread(target=lambda: ask(client))
    thread.start()
    eventually(lambda: any(":r:" in key for key in keys(redis)))
    redis.cli("DEL", *[key for key in keys(redis) if ":c:" in key or ":r:" in key])
    thread.join()
    eventually(lambda: client.redis["losses"] == 1)
    assert len(client.logged("was lost")) == 1
    stats = json.loads(client.client.call("stats", b'{"by": "limits"}')[1])
    assert stats["redis"]["losses"] == 1 and stats["limits"]
