"""Limits of tags: paths, turns, when to come back, what answers and statistics tell."""
import json
import time
from ctypes import byref, c_char_p, c_int32, c_void_p

import library
from live import provider
from upstreams import answer

lib = library.lib
lib.gatelet_stats.restype, lib.gatelet_stats.argtypes = c_int32, [c_void_p, c_char_p, c_void_p, c_void_p]
QUIET = {"retry": {"attempts": 0}, "log": "off"}


def dev(**members):
    return {"dialect": "dev", "token_delay": 0, **members}


def document(model="a/m", **members):
    return {"model": model, "messages": [{"role": "user", "content": "x"}], "max_tokens": 50, **members}


def ask(client, tag=None, body=None, stream=False):
    return client.call("stream" if stream else "chat", body or document(), {"tag": tag} if tag else None)


def stats(client, **query):
    text = c_void_p()
    assert lib.gatelet_stats(client.client.handle, json.dumps(query).encode(), byref(text), None) == 0
    return json.loads(library._string(text))


def submitted(client, tags):
    """Requests of these tags, submitted at once: (tag, status, error) of their ends, in the order in which they came."""
    queue = library.Queue()
    for number, tag in enumerate(tags):
        queue.submit(client.client, library.OP_CHAT, json.dumps(document()).encode(), number,
                     json.dumps({"tag": tag}).encode() if tag else None)
    ends = []
    while len(ends) < len(tags):
        events = queue.next(20_000)
        assert events, "no event within 20 s"
        ends += [(tags[event[2]], event[1], json.loads(event[3])["error"]) for event in events if event[0] == library.END]
    queue.free()
    return ends


def test_a_tag_spends_for_those_above_it(gateway):
    tags = {"org": {"requests_per_month": 3}, "org/*": {"requests_per_hour": 2}}
    client = gateway({"providers": {"a": dev()}, "limits": {"tags": tags, "wait": False}, **QUIET})
    assert [ask(client, tag).status for tag in ("org/a", "org/a", "org/a", "org/b", "org/c", "org", "else", None)] == [0, 0, 305, 0, 305, 305, 0, 0]
    error = ask(client, "org/b").error
    assert "the limit requests_per_month of the tag is reached" in error["message"], error
    rows = {row.get("tag"): {rule["rule"]: (rule["used"], rule["limit"], rule["left"]) for rule in row["rules"]} for row in stats(client, by="limits")["limits"]}
    assert rows["org"] == {"requests_per_month": (3, 3, 0)} and rows["org/a"] == {"requests_per_hour": (2, 2, 0)} and rows["org/b"] == {"requests_per_hour": (1, 2, 1)}, rows
    assert "else" not in rows and [row["tag"] for row in stats(client, tag="org/a")["limits"]] == ["org/a"]


def test_answers_tell_the_rules_of_their_own_tag_alone(gateway):
    prices = {"known_models": {"m": {"pricing": {"prompt": "0", "completion": "0.001"}}}}
    tags = {"org": {"usd_per_month": "5"}, "org/a": {"usd_per_day": "2", "requests_per_minute": 9}}
    client = gateway({"providers": {"a": dev(**prices)}, "limits": {"tags": tags, "client": {"requests_per_day": 100}}, **QUIET})
    for stream in False, True:
        outcome = ask(client, "org/a", stream=stream)
        told = (outcome.end if stream else outcome.answer)["gatelet"]
        rules = {rule["rule"]: rule for rule in told["limits"]}
        assert sorted(rules) == ["requests_per_minute", "usd_per_day"], rules
        day, now = rules["usd_per_day"], time.time()
        assert day["limit"] == "2" and 0 < float(day["used"]) < 0.5 and abs(float(day["used"]) + float(day["left"]) - 2) < 1e-9, day
        assert now < day["reset"] <= now + 86_400 and day["reset"] % 86_400 == 0 and now <= rules["requests_per_minute"]["reset"] <= now + 62, rules
        assert rules["requests_per_minute"]["used"] == 1 + stream
    for tag in ("org/b", "other", None):
        assert "limits" not in ask(client, tag).answer["gatelet"]
    assert "limits" not in ask(gateway({"providers": {"a": dev()}, **QUIET}), "org/a").answer["gatelet"]


def test_a_tag_of_a_body_counts_under_all_alone(gateway):
    for extensions, statuses, warned in (("routing", [0, 0, 0], True), ("all", [0, 305, 305], False)):
        client = gateway({"providers": {"a": dev()}, "limits": {"tags": {"blue": {"requests_per_day": 1}}, "wait": False}, "request_extensions": extensions, **QUIET})
        outcomes = [ask(client, body=document(gatelet={"tag": "blue"})) for _ in range(2)]
        outcomes.append(ask(client, "blue") if extensions == "all" else ask(client, "green", document(gatelet={"tag": "blue"})))
        assert [one.status for one in outcomes] == statuses
        assert [warning["path"] for warning in outcomes[0].answer["gatelet"].get("warnings", [])] == ["gatelet.tag"] * warned
        assert stats(client, tag="blue")["tag"][0]["requests"] >= 2


def test_who_is_refused_is_told_when_to_come_back(gateway):
    slow = dev(faults={"first_byte_delay": 0.5})
    minute = ask_twice(gateway, {"requests_per_minute": 1})
    assert 58_000 < minute["retry_after_ms"] <= 61_000, minute
    day, now = ask_twice(gateway, {"requests_per_day": 1}), time.time()
    assert abs(day["retry_after_ms"] / 1000 - (86_400 - now % 86_400)) < 30, day
    spaced = ask_twice(gateway, {"spacing": 10})
    assert 5_000 < spaced["retry_after_ms"] <= 10_001, spaced
    for limits in ({"client": {"concurrency": 1}, "wait": False}, {"client": {"concurrency": 1}, "queue": 0}, {"client": {"concurrency": 1}, "max_wait": 0.01}):
        client = gateway({"providers": {"a": slow}, "limits": limits, **QUIET})
        ends = submitted(client, [None] * 3)
        refused = [error for _, status, error in ends if status]
        assert len(refused) == 2 and all(error["kind"] == "rate_limit" and 0 < error["retry_after_ms"] <= 1000 for error in refused), ends


def ask_twice(gateway, rules):
    client = gateway({"providers": {"a": dev()}, "limits": {"client": rules, "wait": False}, **QUIET})
    assert ask(client).status == 0
    outcome = ask(client)
    assert outcome.status == 305
    return outcome.error


def test_the_first_candidate_that_has_room_says_when(gateway):
    client = gateway({"providers": {"a": dev(limits={"requests_per_day": 1}), "b": dev(limits={"spacing": 20})}, "limits": {"wait": False}, **QUIET})
    body = document(gatelet={"models": ["b/m"]})
    assert [ask(client, body=body).status for _ in range(2)] == [0, 0]
    error = ask(client, body=body).error
    assert error["kind"] == "rate_limit" and 10_000 < error["retry_after_ms"] <= 20_001, error


def test_one_tag_that_waits_does_not_keep_another_out(gateway):
    """The line of `many` is full; `few` has its own, and takes turns with it."""
    client = gateway({"providers": {"a": dev(faults={"first_byte_delay": 0.1})}, "limits": {"client": {"concurrency": 1}, "queue": 5}, **QUIET})
    ends = submitted(client, ["many"] * 9 + ["few"] * 2)
    refused = [tag for tag, status, _ in ends if status]
    assert refused == ["many"] * 3, ends
    served = [tag for tag, status, _ in ends if not status]
    assert served == ["many", "many", "few", "many", "few", "many", "many", "many"], served


def test_a_provider_that_is_asked_again_counts_on(gateway, raw):
    """What two tags use of one parent is one sum, also of requests that run at the same time."""
    server = raw(lambda connection, number: answer(connection, {}))
    tags = {"org": {"requests_per_day": 20}}
    client = gateway({"providers": {"a": provider(server.url)}, "limits": {"tags": tags, "wait": False}, **QUIET})
    ends = submitted(client, [f"org/{number % 7}" for number in range(60)])
    assert sum(status == 0 for _, status, _ in ends) == 20 and len(server.bodies) == 20
