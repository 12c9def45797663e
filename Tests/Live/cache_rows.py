"""The rows of test_config_effects.py for the cache: which of several equal requests are sent."""
import threading
import time

import servers
from effects import merged, row

HELLO = {"model": "p/m", "messages": [{"role": "user", "content": "hello"}]}


def hits(bench, config, *options, request=HELLO, together=False):
    """For each call with these options whether it was answered from the cache."""
    client, found = bench.client(merged({"cache": {}}, config)), [None] * len(options)

    def ask(number):
        outcome = client.call("chat", request, {"tag": "a", **options[number]})
        found[number] = "cache" in outcome.answer["gatelet"]

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(len(options))]
    for thread in threads:
        thread.start()
        if not together:
            thread.join()
    for thread in threads:
        thread.join()
    return found


def mode(word):
    return {"cache": {"mode": word}}


@row("cache")
def _(bench):
    assert hits(bench, {}, {}, {}) == [False, True] and hits(bench, {"cache": False}, {}, {}) == [False, False]


@row("cache.mode", "options.cache.mode")
def _(bench, member):
    # Twice as it says, once with both, once as it says.
    for word, found in (("on", [False, True, True, True]), ("read_only", [False, False, False, True]), ("write_only", [False, False, True, False]),
                        ("off", [False, False, False, False])):
        config, options = ({"cache": {"mode": word}}, {}) if member == "cache.mode" else ({}, mode(word))
        assert hits(bench, config, options, options, mode("on"), options) == found, word


@row("cache.ttl", "options.cache.max_age")
def _(bench, member):
    for seconds, again in ((0.05, False), (60, True)):
        config = {"cache": {"ttl": seconds}} if member == "cache.ttl" else {}
        options = {} if member == "cache.ttl" else {"cache": {"max_age": seconds}}
        client = bench.client(merged({"cache": {}}, config))
        client.call("chat", HELLO, {"tag": "a"})
        time.sleep(0.2)
        assert ("cache" in client.call("chat", HELLO, {"tag": "a", **options}).answer["gatelet"]) is again


@row("cache.max_bytes", "cache.max_entry_bytes")
def _(bench, member):
    large = {**HELLO, "messages": [{"role": "user", "content": "large"}]}
    bench.upstream.behave = lambda handler, seen: servers.send_json(handler, {
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "x" * 80_000}, "finish_reason": "stop"}]}) or True
    for value, kept in ((70_000, False), (200_000, True)):
        assert hits(bench, {"cache": {member.split(".")[1]: value}}, {}, {}, request=large) == [False, kept]


@row("cache.shared")
def _(bench):
    for value in (False, True):
        assert hits(bench, {"cache": {"shared": value}}, {"tag": None}, {"tag": None}) == [False, value]


@row("cache.single_flight")
def _(bench):
    for value in (False, True):
        bench.upstream.behave = lambda handler, seen: time.sleep(0.3)
        assert sum(hits(bench, {"cache": {"single_flight": value}}, {}, {}, {}, together=True)) == (2 if value else 0)


@row("gatelet.cache.mode", "gatelet.cache.max_age")
def _(bench, member):
    for value, again in ((("off", False), ("on", True)) if member.endswith("mode") else ((0, False), (60, True))):
        request = {**HELLO, "gatelet": {"cache": {member.rsplit(".", 1)[1]: value}}}
        assert hits(bench, {}, {}, {}, request=request) == [False, again]
