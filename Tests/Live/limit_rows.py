"""The rows of test_config_effects.py for limits: which of several requests at the same time are refused."""
import json

import library
from conftest import KEY
from effects import development, merged, placed, row

PRICES = {"known_models": {"m": {"pricing": {"prompt": "0.001", "completion": "0.001"}}}}

# A rule: the value under which a second request at the same time is refused, and one under which it is not. Each asks for 100 tokens.
RULES = {
    "requests_per_minute": (1, 2), "tokens_per_minute": (150, 300), "usd_per_minute": ("0.15", 0.4),
    "requests_per_hour": (1, 2), "tokens_per_hour": (150, 300), "usd_per_hour": ("0.15", 0.4),
    "requests_per_day": (1, 2), "tokens_per_day": (150, 300), "usd_per_day": (0.15, "0.4"),
    "requests_per_month": (1, 2), "tokens_per_month": (150, 300), "usd_per_month": ("0.15", 0.4), "concurrency": (1, 2), "spacing": (10, 0),
}
# So that a body's tag counts.
ALL = {"request_extensions": "all"}


def together(bench, config, count=2, delay=0.1, **gatelet):
    """The ends of requests that are submitted at once: their statuses, sorted, and the messages of the refused ones."""
    base = {"providers": {"p": development(base_url=None, api_key=None, faults={"first_byte_delay": delay}, **PRICES)}, "limits": {"wait": False}, **ALL}
    client, queue = bench.client(merged(base, config)).client, library.Queue()
    request = {"model": "p/m", "messages": [{"role": "user", "content": "hello"}], "max_tokens": 100, "gatelet": gatelet}
    for tag in range(count):
        queue.submit(client, library.OP_CHAT, json.dumps(request).encode(), tag)
    ends = []
    while len(ends) < count:
        events = queue.next(5000)
        assert events, "no event within 5 s"
        ends += [(event[1], (json.loads(event[3])["error"] or {}).get("message", "")) for event in events if event[0] == library.END]
    queue.free()
    return sorted(status for status, _ in ends), " ".join(message for _, message in ends)


PLACES = {"limits.client": "client", "limits.tags.*": "tag", "providers.*.limits": "provider p", "providers.*.keys.*.limits": "key p#1 of p"}


@row(*(f"{place}.{rule}" for place in PLACES for rule in RULES))
def _(bench, member):
    place, rule = member.rsplit(".", 1)
    found = []
    for value in RULES[rule]:
        if "keys" in place:
            config = {"providers": {"p": {"keys": [{"value": KEY, "limits": {rule: value}}]}}}
        else:
            config = placed(member, value, "blue" if "tags" in place else "p")[0]
        found.append(together(bench, config, tag="blue"))
    (refused, message), (both, _) = found
    assert (refused, both) == ([0, 305], [0, 0]), found
    assert f"the limit {rule} of the {PLACES[place]} is reached" in message


@row("gatelet.tag")
def _(bench):
    """Each tag has its own rules; * stands for those without an entry, each of which counts by itself."""
    def statuses(*tags, **rules):
        client = bench.client({"limits": {"wait": False, "tags": rules}, "providers": {"p": development(base_url=None, api_key=None)}, **ALL})
        return [client.chat("p/m", gatelet={"tag": tag}).status for tag in tags]

    one = {"requests_per_minute": 1}
    assert statuses("blue", "blue", blue=one) == [0, 305]
    assert statuses("green", "green", None, None, blue=one) == [0, 0, 0, 0]
    assert statuses("green", "red", "green", "blue", "blue", None, None, **{"*": one, "blue": {"requests_per_minute": 2}}) == [0, 0, 305, 0, 0, 0, 0]


@row(*(f"{place}.warn_at" for place in PLACES))
def _(bench, member):
    """The hook hears once of each share."""
    place, rules = member.rsplit(".", 1)[0], {"requests_per_day": 2, "warn_at": [0.5, 0.9]}
    if "keys" in member:
        config = {"providers": {"p": {"keys": [{"value": KEY, "limits": rules}]}}}
    else:
        config = placed(place, rules, "blue" if "tags" in member else "p")[0]
    client, events = bench.client(merged({"providers": {"p": development(base_url=None, api_key=None)}, **ALL}, config)), []
    assert client.client.hook(lambda text: events.append(json.loads(text)) or 0, '{"events": ["limit"]}') == (0, None)
    for _ in range(2):
        assert client.chat("p/m", gatelet={"tag": "blue"}).status == 0
    scope = PLACES[place].split()[0]
    assert [(event["scope"], event["share"], event["rule"], event["limit"], event["used"], event["left"]) for event in events] == [
        (scope, 0.5, "requests_per_day", 2, 1, 1), (scope, 0.9, "requests_per_day", 2, 2, 0)]
    assert {event.get("of") for event in events} == {{"client": None, "tag": "blue", "provider": "p", "key": "p#1"}[scope]}


ONE = {"limits": {"client": {"concurrency": 1}, "wait": True}}


@row("limits.wait")
def _(bench):
    assert together(bench, merged(ONE, {"limits": {"wait": True}}))[0] == [0, 0]
    assert together(bench, merged(ONE, {"limits": {"wait": False}}))[0] == [0, 305]


@row("limits.max_wait")
def _(bench):
    assert together(bench, merged(ONE, {"limits": {"max_wait": 5}}), delay=0.3)[0] == [0, 0]
    assert together(bench, merged(ONE, {"limits": {"max_wait": 0.1}}), delay=0.3)[0] == [0, 305]


@row("limits.client.default_max_tokens", "limits.tags.*.default_max_tokens", "providers.*.limits.default_max_tokens")
def _(bench, member):
    client, before = bench.client(merged(placed(member, 77, "blue" if "tags" in member else "p")[0], ALL)), len(bench.upstream.seen)
    client.chat("p/m", gatelet={"tag": "blue"})
    client.chat("p/m", max_tokens=5, gatelet={"tag": "blue"})
    assert [seen.body["max_tokens"] for seen in bench.upstream.seen[before:]] == [77, 5]


@row("limits.unknown_price")
def _(bench):
    """Without a known price a limit in USD refuses, unless it is allowed."""
    for word, statuses in (("refuse", [110]), ("allow", [0])):
        client = bench.client({"limits": {"client": {"usd_per_day": 5}, "unknown_price": word}})
        assert [client.chat("p/x", max_tokens=5).status] == statuses


@row("limits.queue")
def _(bench):
    for room, failing in ((0, 2), (1, 1), (2, 0)):
        statuses, message = together(bench, merged(ONE, {"limits": {"queue": room}}), count=3)
        assert statuses == [0] * (3 - failing) + [305] * failing and ("limits.queue" in message) == (failing > 0)
