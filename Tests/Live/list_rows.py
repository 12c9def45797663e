"""The rows of test_config_effects.py for model lists and balances. Tests/Lists has the whole of what they do."""
import json
import os
import time

import servers
from effects import row


def fetches(bench, pause, **config):
    """How often the upstream was asked in two calls with a pause between them."""
    client, before = bench.client(config), len(bench.upstream.seen)
    client.models({"provider": "p"})
    time.sleep(pause)
    answer = client.models({"provider": "p"})
    time.sleep(0.2)
    return len(bench.upstream.seen) - before, answer.answer["lists"][0]["stale"]


@row("lists.fresh")
def _(bench):
    assert fetches(bench, 0.3, lists={"fresh": 60}) == (1, False)
    assert fetches(bench, 0.3, lists={"fresh": 0.1}) == (2, True)


@row("lists.stale")
def _(bench):
    assert fetches(bench, 0.3, lists={"fresh": 0.1, "stale": 60}) == (2, True)
    assert fetches(bench, 0.3, lists={"fresh": 0.1, "stale": 0.2})[0] == 2
    assert fetches(bench, 0.05, lists={"fresh": 0, "stale": 0})[0] == 2


@row("cache_dir")
def _(bench, tmp_path):
    for name in ("one", "two"):
        folder = tmp_path / name
        bench.ask({"cache_dir": str(folder)}, operation="list")
        assert os.listdir(folder) == ["p.models.json"]


def balance(bench, **form):
    bench.upstream.behave = lambda handler, seen: servers.send_json(handler, {"a": 8.5, "b": 3, "c": "0.25", "path": seen.path}) or True
    client = bench.client({"providers": {"p": {"balance": form}}})
    status, document, _ = client.client.call("providers", b'{"provider":"p","balance":true}')
    assert status == 0
    return json.loads(document)["data"][0]["balance"]


@row("providers.*.balance.url", "providers.*.balance.remaining")
def _(bench):
    assert balance(bench, url="/x", remaining="a")["remaining"] == "8.5"
    assert balance(bench, url="/x", remaining=["z", "c"])["remaining"] == "0.25"
    assert bench.upstream.seen[-1].path == "/v1/x"


@row("providers.*.balance.total", "providers.*.balance.used")
def _(bench):
    assert balance(bench, url="/x", total="a", used="b")["remaining"] == "5.5"
    assert balance(bench, url="/x", total="b", used="c")["remaining"] == "2.75"
