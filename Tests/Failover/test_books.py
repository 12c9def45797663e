"""What attempts owe to somebody when they end, whatever the end: events, limits, prices, keys, the caller's own value."""
import ctypes
import json
import threading
import time
from ctypes import byref, c_char_p, c_int, c_int32, c_void_p

import library
from live import KEY, OTHER, provider
from upstreams import answer, response, stream

HOOK_FN = ctypes.CFUNCTYPE(c_int, c_char_p, c_void_p)
lib = library.lib
lib.gatelet_reload.restype, lib.gatelet_reload.argtypes = c_int32, [c_void_p, c_char_p, c_void_p]
lib.gatelet_set_hook.restype, lib.gatelet_set_hook.argtypes = c_int32, [c_void_p, HOOK_FN, c_void_p, c_void_p, c_char_p, c_void_p]
lib.gatelet_providers.restype, lib.gatelet_providers.argtypes = c_int32, [c_void_p, c_char_p, c_void_p, c_void_p]

QUIET = {"retry": {"attempts": 0}, "log": "off"}


def dev(**members):
    return {"dialect": "dev", "token_delay": 0, **members}


def reload(client, config):
    assert lib.gatelet_reload(client.client.handle, json.dumps({"environment": False, **config}).encode(), None) == 0


def providers(client):
    text = c_void_p()
    assert lib.gatelet_providers(client.client.handle, None, byref(text), None) == 0
    return {one["id"]: one for one in json.loads(library._string(text))["data"]}


def listen(client, events):
    """Appends each event of the hook to `events`."""
    client.hook = HOOK_FN(lambda event, _: events.append(json.loads(event)) or 0)
    assert lib.gatelet_set_hook(client.client.handle, client.hook, None, None, None, None) == 0


def failing(status, **headers):
    def behave(connection, number):
        connection.send(response(status, {"error": {"message": "no"}}, **headers))
        return True
    return behave


def test_the_plan_of_a_dry_run_comes_back_from_a_stream(gateway):
    client = gateway({"providers": {"a": dev()}, "request_extensions": "all", **QUIET})
    outcome = client.stream("a/m", gatelet={"dry_run": True})
    assert outcome.status == 0 and outcome.answer and outcome.answer["plan"][0]["provider"] == "a", outcome


def test_retired_keys_are_told_although_another_provider_was_asked_afterwards(gateway):
    keys = {"keys": [{"name": "one", "value": KEY}, {"name": "two", "value": OTHER}]}
    client = gateway({"providers": {"a": dev(faults=401, **keys), "b": dev(faults=503)}, **QUIET})
    outcome = client.chat("a/m")
    assert [one["status"] for one in outcome.error["attempts"]] == ["auth", "auth", "overloaded"], outcome
    assert outcome.error["kind"] == "auth" and outcome.error["provider"] == "a" and "all keys rest since" in outcome.error["message"], outcome


def test_what_the_callback_returned_comes_back_from_chunks_that_were_held(gateway, raw):
    role = json.dumps({"id": "x", "choices": [{"index": 0, "delta": {"role": "assistant"}, "finish_reason": None}]})

    def behave(connection, number):
        connection.send(stream(role))

    client = gateway({"providers": {"main": provider(raw(behave).url)}, **QUIET})
    seen = []

    def on_event(event, _):
        seen.append(event.contents.kind)
        return 7

    error = c_void_p()
    request = json.dumps({"model": "main/m", "messages": [{"role": "user", "content": "x"}]}).encode()
    status = lib.gatelet_stream(client.client.handle, request, library.EVENT_FN(on_event), None, None, byref(error))
    document = json.loads(library._error(error))
    assert seen == [library.CHUNK]
    assert status == 107 and document["callback_result"] == 7, document


def test_each_attempt_that_begins_ends_for_the_hook(gateway):
    client = gateway({"providers": {"slow": dev(faults={"first_byte_delay": 5}), "fast": dev()}, "routing": {"hedge": {"delay": 0.05}}, **QUIET})
    for call in (client.chat, client.stream):
        events = []
        listen(client, events)
        outcome = call("slow/m")
        assert outcome.status == 0, outcome
        told = [(event["event"], event.get("attempt")) for event in events]
        assert sorted(told[1:-1]) == [("attempt", 0), ("attempt", 1), ("attempt_end", 0), ("attempt_end", 1)], told
        assert told[-1][0] == "request_end"
        loser = next(event for event in events if event["event"] == "attempt_end" and event["attempt"] == 0)
        assert loser["status"] == "cancelled" and loser["action"] == "abandoned", loser
        assert outcome.answer["gatelet"]["attempts"][0]["action"] == "abandoned", outcome.answer["gatelet"]


def test_an_attempt_that_is_cancelled_ends_for_the_hook(gateway):
    client, events = gateway({"providers": {"a": dev(token_delay=0.01)}, **QUIET}), []
    listen(client, events)
    request = json.dumps({"model": "a/m", "messages": [{"role": "user", "content": "one two three four"}]}).encode()
    assert lib.gatelet_stream(client.client.handle, request, library.EVENT_FN(lambda event, _: 1), None, None, None) == 107
    assert [event["event"] for event in events] == ["request", "attempt", "attempt_end", "request_end"]


def test_a_hedge_counts_what_the_other_attempt_may_cost(gateway):
    price = {"known_models": {"m": {"pricing": {"prompt": "0", "completion": "0.001"}}}}
    client = gateway({"providers": {"slow": dev(faults={"first_byte_delay": 0.4}, **price), "fast": dev(**price)}, "routing": {"hedge": {"delay": 0.05}}, **QUIET})
    gatelet = {"max_cost": "0.15"}  # one attempt may cost 0.1
    outcome = client.chat("slow/m", max_tokens=100, gatelet=gatelet)
    assert [one["provider"] for one in outcome.answer["gatelet"]["attempts"]] == ["slow"], outcome.answer["gatelet"]
    outcome = client.chat("slow/m", max_tokens=100, gatelet={**gatelet, "max_cost": "0.2"})
    assert [one["provider"] for one in outcome.answer["gatelet"]["attempts"]] == ["slow", "fast"], outcome.answer["gatelet"]


def test_a_request_under_way_keeps_the_keys_it_began_with(gateway, raw):
    said = []
    go = threading.Event()

    def behave(connection, number):
        if number == 0:
            go.wait(5)
            connection.send(response(429, {"error": {"message": "slow down"}}))
            return True
        return answer(connection, {})

    server = raw(behave)
    original = server.serve

    config = {"providers": {"main": provider(server.url)}, "retry": {"attempts": 1, "backoff_base": 0.01}, "log": "off"}
    client = gateway(config)
    outcomes = []
    thread = threading.Thread(target=lambda: outcomes.append(client.chat("main/m")))
    thread.start()
    while not server.arrivals:
        time.sleep(0.01)
    keys = [{"name": name, "value": "sk-new-" + name * 6} for name in "abc"]
    reload(client, {**config, "providers": {"main": {"base_url": server.url, "keys": keys}}})
    go.set()
    thread.join()
    assert outcomes[0].status == 0, outcomes[0]
    assert server.bodies[1] == server.bodies[0] and server.bodies[1] is not None
    assert [one.get("key") for one in outcomes[0].answer["gatelet"]["attempts"]] == ["main#1", "main#1"], outcomes[0].answer["gatelet"]


def test_an_answer_to_an_old_key_retires_no_new_one(gateway, raw):
    go = threading.Event()

    def behave(connection, number):
        go.wait(5)
        connection.send(response(401, {"error": {"message": "bad key"}}))
        return True

    server = raw(behave)
    client = gateway({"providers": {"main": provider(server.url)}, **QUIET})
    thread = threading.Thread(target=lambda: client.chat("main/m"))
    thread.start()
    while not server.arrivals:
        time.sleep(0.01)
    reload(client, {"providers": {"main": provider(server.url, api_key=OTHER)}, **QUIET})
    go.set()
    thread.join()
    assert providers(client)["main"]["keys"][0]["state"] == "ok"


def test_a_hedge_that_a_limit_holds_up_holds_up_nobody(gateway):
    config = {"providers": {"slow": dev(faults={"first_byte_delay": 8}, limits={"concurrency": 10}),
                            "fast": dev(faults={"sequence": [{"first_byte_delay": 0.4}, {"ok": True}]}, limits={"concurrency": 1})},
              "limits": {"wait": True, "max_wait": 10}, "routing": {"hedge": {"delay": 0.05}}, **QUIET}
    client = gateway(config)
    holder = threading.Thread(target=lambda: client.chat("fast/m", gatelet={"hedge": False, "provider": "fast"}))
    holder.start()
    time.sleep(0.1)
    hedged = threading.Thread(target=lambda: client.chat("slow/m"))  # its hedge finds `fast` busy
    hedged.start()
    time.sleep(0.15)
    outcome = client.chat("fast/m", gatelet={"hedge": False, "provider": "fast"})
    waits = hedged.is_alive()
    holder.join()
    hedged.join()
    assert outcome.status == 0 and waits, outcome


def test_a_huge_max_tokens_is_no_way_around_a_limit(gateway):
    client = gateway({"providers": {"a": dev(limits={"tokens_per_minute": 1000})}, "limits": {"wait": False}, **QUIET})
    for huge in (2**63 - 1, 2**63 - 2, 10**6):
        outcome = client.chat("a/m", max_tokens=huge)
        assert outcome.status != 0, (huge, outcome)


def test_a_connection_that_never_was_uses_no_limit(gateway):
    client = gateway({"providers": {"main": provider("http://127.0.0.1:1/v1", limits={"requests_per_minute": 1})}, "limits": {"wait": False}, **QUIET})
    for _ in range(2):
        outcome = client.chat("main/m")
        assert outcome.error["kind"] == "connect" and outcome.error["attempts"][0]["timings"]["connect_ms"] is None, outcome


def test_dev_fallback_goes_on_while_all_keys_are_retired(gateway):
    client = gateway({"providers": {"a": dev(faults=401, api_key=KEY), "b": dev(faults=401, api_key=OTHER)}, "dev_fallback": True, **QUIET})
    for _ in range(2):
        outcome = client.chat("a/m")
        assert outcome.status == 0 and outcome.answer["gatelet"]["dev_fallback"], outcome


def test_that_all_keys_are_retired_is_said_of_the_first_provider(gateway):
    client = gateway({"providers": {"a": dev(faults=401, api_key=KEY), "b": dev(faults=401, api_key=OTHER)}, **QUIET})
    client.chat("a/m")
    outcome = client.chat("a/m")
    assert outcome.error["kind"] == "auth" and outcome.error["provider"] == "a" and "the key rests since" in outcome.error["message"], outcome


def test_what_a_provider_listed_is_forgotten_when_it_moves(gateway, raw):
    def behave(connection, number):
        connection.send(response(200, {"object": "list", "data": [{"id": "only-here", "object": "model"}]}))
        return True

    config = {"providers": {"main": provider(raw(behave).url), "other": provider("http://127.0.0.1:1/v1")}, **QUIET}
    client = gateway(config)
    assert client.models({"provider": "main"}).status == 0
    assert client.chat("only-here").error is None or client.chat("only-here").error["kind"] != "model_unresolved"
    reload(client, {**config, "providers": {**config["providers"], "main": provider("http://127.0.0.1:1/v1")}})
    assert client.chat("only-here").error["kind"] == "model_unresolved"


def test_a_key_in_an_address_is_not_shown(gateway):
    client = gateway({"providers": {"a": provider(f"http://127.0.0.1:1/{KEY}/v1")}, "request_extensions": "all", **QUIET})
    assert providers(client)["a"]["base_url"] == "http://127.0.0.1:1/***/v1"
    assert client.chat("a/m", gatelet={"dry_run": True}).answer["plan"][0]["base_url"] == "http://127.0.0.1:1/***/v1"


def test_a_limit_counts_the_answer_that_is_asked_for(gateway):
    """`max_tokens` as the provider's rule lets it be, not as the caller wrote it."""
    client = gateway({"providers": {"a": dev(limits={"tokens_per_minute": 1000}, parameters={"max_tokens": {"max": 100}})}, "limits": {"wait": False}, **QUIET})
    outcome = client.chat("a/m", max_tokens=10**6)
    assert outcome.status == 0 and [one["path"] for one in outcome.answer["gatelet"]["warnings"]] == ["max_tokens"], outcome


def test_a_clamped_answer_fits_into_the_context(gateway):
    known = {"m": {"context_length": 1000}}
    client = gateway({"providers": {"a": dev(known_models=known, parameters={"max_tokens": {"max": 100}})}, **QUIET})
    assert client.chat("a/m", max_tokens=10**6).status == 0


def test_warnings_are_those_of_who_answers(gateway):
    """What a candidate that failed was not told is no matter of the answer that another one gave; what the request wanted in vain stays."""
    deaf = dev(faults=503, parameters={"seed": {"drop": True}, "top_k": {"drop": True}})
    client = gateway({"providers": {"a": deaf, "b": dev(parameters={"top_k": {"drop": True}})}, **QUIET})
    outcome = client.chat("a/m", models=["b/m"], seed=1, top_k=2)
    assert outcome.answer["gatelet"]["provider"] == "b" and [(one["path"], "`m`" in one["message"]) for one in outcome.answer["gatelet"]["warnings"]] == [("top_k", True)], outcome
    alone = client.chat("a/m", seed=1, gatelet={"provider": "a"})
    assert [one["path"] for one in alone.error["warnings"]] == ["seed"], alone
    end = client.call("stream", {"model": "a/m", "models": ["b/m"], "seed": 1, "messages": [{"role": "user", "content": "x"}]})
    assert end.status == 0 and end.answer["gatelet"]["provider"] == "b" and "warnings" not in end.answer["gatelet"], end


def test_a_row_that_speaks_otherwise_sends_no_header_of_its_own_dialect(gateway, spare):
    """The version is of Anthropic's own API; one that the configuration sets stays."""
    for more, version in (({}, None), ({"headers": {"anthropic-version": "2024-01-01"}}, "2024-01-01")):
        client = gateway({"providers": {"anthropic": {"base_url": spare.url, "api_key": KEY, "dialect": "openai", **more}}, **QUIET})
        assert client.chat("anthropic/m").status == 0
        assert spare.seen[-1].headers.get("anthropic-version") == version and "x-api-key" not in spare.seen[-1].headers, dict(spare.seen[-1].headers)
        assert spare.seen[-1].headers["authorization"] == "Bearer " + KEY
