"""Rows of test_config_effects.py: the options of a call, and what the operator sets beside them."""
import json
import threading
import time

from effects import row

PRICES = {"providers": {"p": {"known_models": {"m": {"pricing": {"prompt": "0.001", "completion": "0.001"}}}}}}


def request(**members):
    return {"model": "p/m", "messages": [{"role": "user", "content": "hello there"}], **members}


def sent(bench, config, **options):
    """The request that the provider saw, or the status."""
    before = len(bench.upstream.seen)
    outcome = bench.client(config).call("chat", request(), options)
    return bench.upstream.seen[before] if outcome.status == 0 else outcome.status


@row("options.headers", "allow_headers", "providers.*.allow_headers")
def _(bench, member):
    for allowed, status in ((["X-Team"], 0), (["x-te*"], 0), (["X-Other"], 110), ([], 110)):
        config = {"providers": {"p": {"allow_headers": allowed}}} if member.startswith("providers") else {"allow_headers": allowed}
        found = sent(bench, config, headers={"X-Team": "blue"})
        assert found == status if status else found.headers["x-team"] == "blue"
    assert "x-team" not in sent(bench, {"allow_headers": ["X-Team"]}).headers


@row("options.query", "allow_query", "providers.*.allow_query")
def _(bench, member):
    for allowed, status in ((["version"], 0), (["ver*"], 0), (["other"], 110), ([], 110)):
        config = {"providers": {"p": {"allow_query": allowed}}} if member.startswith("providers") else {"allow_query": allowed}
        found = sent(bench, config, query={"version": "1/2"})
        assert found == status if status else found.path.endswith("?version=1%2F2")


@row("options.request_extensions")
def _(bench):
    plan = request(gatelet={"dry_run": True})
    for level, status in (("none", 110), ("routing", 110), ("all", 0)):
        assert bench.client().call("chat", plan, {"request_extensions": level}).status == status


@row("options.raw")
def _(bench):
    for wanted in (False, True):
        client = bench.client()
        answer, streamed = client.call("chat", request(), {"raw": wanted}).answer, client.call("stream", request(), {"raw": wanted})
        assert ("raw" in answer["gatelet"]) is wanted and any(b"provider_event" in chunk[0] for chunk in streamed.chunks) is wanted


@row("options.cancel_id")
def _(bench):
    begun = threading.Event()
    bench.upstream.behave = lambda handler, seen: begun.set() or time.sleep(1)
    for other, status in ((b"another", 0), (b"mine", 107)):
        begun.clear()
        client, outcomes = bench.client(), []
        thread = threading.Thread(target=lambda: outcomes.append(client.call("chat", request(), {"cancel_id": "mine"})))
        thread.start()
        assert begun.wait(10)
        client.client.cancel(other)
        thread.join()
        assert outcomes[0].status == status


@row("caps.models")
def _(bench):
    for most, status in ((2, 0), (1, 209)):
        assert bench.ask({"caps": {"models": most}}, models=["p/a"], gatelet={"models": ["p/b"]}).outcome.status == status


@row("limits.max_cost")
def _(bench):
    for cost, status in (("0.2", 0), (0.05, 110)):
        asked = bench.ask({**PRICES, "limits": {"max_cost": cost}}, max_tokens=100)
        assert asked.outcome.status == status and len(asked.seen) == (status == 0)


@row("options.response")
def _(bench):
    for asked in (True, False):
        outcome = bench.client().call("chat", request(), {"response": asked})
        assert ("response" in outcome.answer["gatelet"]) == asked


@row("options.answer")
def _(bench):  # of queues: Tests/ABI/responses.c
    assert bench.client().call("chat", request(), {"answer": True}).status == 0


@row("options.http.method", "options.http.path", "options.http.query", "options.http.headers", "options.http.length", "options.http.model",
     "options.http.providers")
def _(bench):
    before = len(bench.upstream.seen)
    raw = {"method": "POST", "path": "/moderations", "query": {"a": "b"}, "headers": {"X-Team": "blue"}, "length": 2, "model": "mine", "providers": ["p"]}
    outcome = bench.client().call("raw", {}, {"http": raw})
    assert (outcome.answer or outcome.error)["gatelet" if outcome.answer else "model"]
    seen = bench.upstream.seen[before]
    assert seen.path.endswith("/moderations?a=b") and seen.headers["x-team"] == "blue" and seen.headers["content-length"] == "2"
    assert "mine" in json.dumps(outcome.answer or outcome.error)


@row("allow_requests")
def _(bench):
    for allowed, status in ((["POST /things/*"], 0), (["GET /things/*"], 110), ([], 110)):
        outcome = bench.client({"allow_requests": allowed}).call("raw", {}, {"http": {"method": "POST", "path": "/things/1", "providers": ["p"]}})
        assert (outcome.status == 110) == (status == 110)
