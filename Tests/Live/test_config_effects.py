"""Every member of the configuration and of the request's `gatelet` has a test in which changing its value changes the
request that the provider sees, the plan or the status. A walk over the schemas finds members without one."""
import json
import os
import socket
import time

import attempt_rows  # noqa: F401 (its rows)
import cache_rows  # noqa: F401 (its rows)
import call_rows  # noqa: F401 (its rows)
import cassette_rows  # noqa: F401 (its rows)
import fault_rows  # noqa: F401 (its rows)
import fetch_rows  # noqa: F401 (its rows)
import limit_rows  # noqa: F401 (its rows)
import list_rows  # noqa: F401 (its rows)
import mapping_rows  # noqa: F401 (its rows)
import plan_rows  # noqa: F401 (its rows)
import price_rows  # noqa: F401 (its rows)
import provider_rows  # noqa: F401 (its rows)
import pytest
import redis_rows  # noqa: F401 (its rows)
import servers
from conftest import KEY, OTHER, ROOT, Gateway, provider
from effects import Bench, merged, placed, row, rows, schema_members
from redis_rows import redis  # noqa: F401 (a fixture)


@pytest.fixture
def bench(gateway, upstream):
    return Bench(gateway, upstream)


# ---------------------------------------------------------------- whom to ask

@row("dev_mode")
def _(bench):
    off, on = bench.ask(), bench.ask({"dev_mode": True})
    assert len(off.seen) == 1 and off.outcome.content == "Hello"
    assert on.seen == [] and on.outcome.status == 0 and on.outcome.answer["gatelet"]["provider"] == "dev"


@row("environment")
def _(bench, monkeypatch):
    monkeypatch.setenv("OPENROUTER_API_KEY", OTHER)
    monkeypatch.setenv("OPENROUTER_BASE_URL", bench.upstream.url)
    assert bench.ask({"environment": False}, gatelet={"provider": "openrouter"}).outcome.status == 104
    on = bench.ask({"environment": True}, model="openrouter/x")
    assert on.outcome.status == 0 and on.only.headers["authorization"] == "Bearer " + OTHER


@row("env_file")
def _(bench, tmp_path):
    path = tmp_path / "secrets.env"
    path.write_text(f'# keys\nexport OPENROUTER_API_KEY="{OTHER}"\nOPENROUTER_BASE_URL={bench.upstream.url}\n')
    assert bench.ask(gatelet={"provider": "openrouter"}).outcome.status == 104
    on = bench.ask({"env_file": str(path)}, model="openrouter/x")
    assert on.outcome.status == 0 and on.only.headers["authorization"] == "Bearer " + OTHER


@row("default_provider")
def _(bench):
    two = {"providers": {"q": provider(bench.upstream.url + "/q")}}
    assert bench.ask(two, model="nobodys").outcome.status == 105
    assert bench.ask({**two, "default_provider": "q"}, model="nobodys").only.path == "/v1/q/chat/completions"
    assert bench.ask({**two, "default_provider": "p"}, model="nobodys").only.path == "/v1/chat/completions"


@row("default_model")
def _(bench):
    assert bench.ask({"default_model": "p/a"}, model=None).only.body["model"] == "a"
    assert bench.ask({"default_model": "p/b"}, model=None).only.body["model"] == "b"
    assert bench.ask(model=None).outcome.status != 0


@row("aliases")
def _(bench):
    assert bench.ask({"aliases": {"fast": "p/x-small"}}, model="fast").only.body["model"] == "x-small"
    assert bench.ask({"aliases": {"fast": "p/x-large"}}, model="fast").only.body["model"] == "x-large"


@row("model")
def _(bench):
    assert bench.ask(model="p/a").only.body["model"] == "a"
    assert bench.ask(model="p/b").only.body["model"] == "b"


@row("stream")
def _(bench):
    assert bench.ask(stream=True).only.body.get("stream") is not True
    assert bench.ask(operation="stream", stream=False).only.body["stream"] is True


@row("gatelet.provider")
def _(bench):
    two = {"providers": {"q": provider(bench.upstream.url + "/q")}}
    assert bench.ask(two, model="m", gatelet={"provider": "q"}).only.path == "/v1/q/chat/completions"
    sent = bench.ask(two, model="m", gatelet={"provider": "p"}).only
    assert sent.path == "/v1/chat/completions" and "gatelet" not in sent.body


@row("gatelet.dry_run")
def _(bench):
    everything = {"request_extensions": "all"}
    plan = bench.ask(everything, gatelet={"dry_run": True})
    assert plan.outcome.status == 0 and plan.seen == [] and '"p"' in json.dumps(plan.outcome.answer)
    assert len(bench.ask(everything, gatelet={"dry_run": False}).seen) == 1


@row("request_extensions")
def _(bench):
    ours, plan = {"gatelet": {"provider": "p"}}, {"gatelet": {"dry_run": True}}
    assert bench.ask({"request_extensions": "none"}, **ours).outcome.status == 110
    assert bench.ask({"request_extensions": "routing"}, **ours).outcome.status == 0
    assert bench.ask({"request_extensions": "routing"}, **plan).outcome.status == 110
    assert bench.ask({"request_extensions": "all"}, **plan).outcome.status == 0


# ---------------------------------------------------------------- time-outs

def timeout_patch(member, seconds):
    """The same clock in three places: client, provider, request. (configuration, members of the request)"""
    *place, name = member.split(".")
    if place == ["timeouts"]:
        return {"timeouts": {name: seconds}}, {}
    if place[0] == "gatelet":
        return {}, {"gatelet": {"timeouts": {name: seconds}}}
    return {"providers": {"p": {"timeouts": {name: seconds}}}}, {}


def timed(bench, member, seconds, operation="stream", config=None):
    patch, members = timeout_patch(member, seconds)
    return bench.ask(merged(config or {}, patch), operation=operation, **members).outcome.status


PLACES = ("timeouts", "providers.*.timeouts", "gatelet.timeouts")


@row(*(place + ".connect" for place in PLACES))
def _(bench, member):
    full = socket.create_server(("127.0.0.1", 0), backlog=0)
    waiting = []
    for _ in range(4):  # nobody accepts: when the backlog is full, connecting takes for ever
        one = socket.socket()
        one.setblocking(False)
        one.connect_ex(full.getsockname())
        waiting.append(one)
    time.sleep(0.05)
    config = {"providers": {"p": {"base_url": "http://127.0.0.1:%d/v1" % full.getsockname()[1]}}}
    try:
        assert timed(bench, member, 0.2, "chat", config) == 203
        other = {"providers": {"p": {"timeouts": {"first_byte": 0.4}}}}
        assert timed(bench, member, 0, "chat", merged(config, other)) in (204, 207)
    finally:
        for one in [full, *waiting]:
            one.close()


@row(*(place + ".first_byte" for place in PLACES))
def _(bench, member):
    bench.upstream.behave = lambda handler, seen: time.sleep(0.6)
    assert timed(bench, member, 0.2) == 204
    assert timed(bench, member, 0.2, "chat") == 204
    assert timed(bench, member, 5) == 0


@row(*(place + ".idle" for place in PLACES))
def _(bench, member):
    bench.upstream.behave = lambda handler, seen: servers.send_stream(
        handler, [servers.chunk("Hel"), 0.7, servers.chunk("lo", "stop"), "[DONE]"]) or True
    assert timed(bench, member, 0.2) == 205
    assert timed(bench, member, 5) == 0


@row(*(place + ".content" for place in PLACES))
def _(bench, member):
    bench.upstream.behave = lambda handler, seen: servers.send_stream(
        handler, [servers.chunk("Hel"), *[": keep-alive\n\n"] * 8, servers.chunk("lo", "stop"), "[DONE]"], pause=0.1) or True
    assert timed(bench, member, 0.3) == 206
    assert timed(bench, member, 5) == 0


@row(*(place + ".total" for place in PLACES))
def _(bench, member):
    bench.upstream.behave = lambda handler, seen: servers.send_stream(
        handler, [*[servers.chunk("x")] * 8, servers.chunk("", "stop"), "[DONE]"], pause=0.1) or True
    assert timed(bench, member, 0.4) == 207
    assert timed(bench, member, 5) == 0


# ---------------------------------------------------------------- caps

@row("caps.headers")
def _(bench):
    bench.upstream.behave = lambda handler, seen: servers.send_json(handler, {"choices": [{"index": 0, "message": {"content": "y"}}]}, x_long="y" * 3000) or True
    assert bench.ask({"caps": {"headers": 1024}}).outcome.status == 209
    assert bench.ask({"caps": {"headers": 8192}}).outcome.status == 0


@row("caps.entries")
def _(bench):
    bench.upstream.behave = lambda handler, seen: servers.send_json(handler, {"data": [{"id": f"m{number}"} for number in range(20)]}) or True
    for entries, status in ((10, 209), (30, 0)):
        assert bench.ask({"caps": {"entries": entries}}, operation="list").outcome.status == status


@row("caps.event")
def _(bench):
    bench.upstream.behave = lambda handler, seen: servers.send_stream(handler, [servers.chunk("y" * 3000, "stop"), "[DONE]"]) or True
    assert bench.ask({"caps": {"event": 1024}}, operation="stream").outcome.status == 209
    assert bench.ask({"caps": {"event": 8192}}, operation="stream").outcome.status == 0


@row("caps.body")
def _(bench):
    bench.upstream.behave = lambda handler, seen: servers.send_json(
        handler, {"choices": [{"index": 0, "message": {"role": "assistant", "content": "y" * 3000}}]}) or True
    assert bench.ask({"caps": {"body": 1024}}).outcome.status == 209
    assert bench.ask({"caps": {"body": 8192}}).outcome.status == 0


@row("caps.request")
def _(bench):
    small = bench.ask({"caps": {"request": 1024}}, user="y" * 3000)
    assert small.outcome.status in (102, 209) and small.seen == []
    assert bench.ask({"caps": {"request": 8192}}, user="y" * 3000).outcome.status == 0


@row("caps.depth")
def _(bench):
    deep = json.loads("[" * 20 + "]" * 20)
    low = bench.ask({"caps": {"depth": 8}}, metadata=deep)
    assert low.outcome.status == 102 and low.seen == []
    assert bench.ask({"caps": {"depth": 64}}, metadata=deep).outcome.status == 0


# ---------------------------------------------------------------- transport (test_nginx.py looks closer)

def facts(gateway, config):
    return gateway(config).chat("n/m").content.split()


@row("http.http2")
def _(gateway, nginx):
    assert facts(gateway, nginx.config(http2=False))[0] == "HTTP/1.1"
    assert facts(gateway, nginx.config(http2=True))[0] == "HTTP/2.0"


@row("http.ca_file")
def _(gateway, nginx):
    assert gateway(nginx.config(ca_file=nginx.path("other.pem"))).chat("n/m").status == 202
    assert gateway(nginx.config(ca_file=nginx.path("ca.pem"))).chat("n/m").status == 0


@row("http.client_cert", "http.client_key")
def _(gateway, nginx, member):
    pair = {"client_cert": nginx.path("client.pem"), "client_key": nginx.path("client.key")}
    assert facts(gateway, nginx.config(**pair))[2] == "SUCCESS"
    if member == "http.client_cert":
        assert facts(gateway, nginx.config())[2] == "NONE"
    else:
        wrong = gateway(nginx.config(**{**pair, "client_key": nginx.path("other.key")})).chat("n/m")
        assert wrong.status in (103, 202)


@row("http.proxy")
def _(bench):
    proxy = servers.ConnectProxy()
    try:
        assert bench.ask().outcome.status == 0 and proxy.asked == []
        assert bench.ask({"http": {"proxy": f"http://127.0.0.1:{proxy.port}"}}).outcome.status == 0 and len(proxy.asked) == 1
    finally:
        proxy.stop()


@row("http.no_proxy")
def _(bench):
    dead = f"http://127.0.0.1:{servers.free_port()}"
    for hosts, status in (("127.0.0.1", 0), ("example.com", 201)):
        assert bench.ask({"http": {"proxy": dead, "no_proxy": hosts}}).outcome.status == status


@row("http.keep_alive", "providers.*.keep_alive")
def _(bench, member):
    for seconds, reused in ((30, True), (0, False)):
        client = bench.client(placed(member, seconds, "p")[0])
        answers = [client.chat("p/m").answer for _ in range(2)]
        assert answers[1]["gatelet"]["timings"]["connection_reused"] is reused


@row("http.unix_socket")
def _(gateway, nginx):
    config = nginx.config(url="http://localhost/v1", ca_file=None, unix_socket=nginx.path("plain.sock"))
    assert gateway(config).chat("n/m").status == 0
    assert gateway({**config, "http": {"unix_socket": nginx.path("none.sock")}}).chat("n/m").status == 201


@row("http.resolve")
def _(gateway, nginx):
    url = f"https://api.example.test:{nginx.port}/v1"
    assert gateway(nginx.config(url=url)).chat("n/m").status == 200
    assert gateway(nginx.config(url=url, resolve=[f"api.example.test:{nginx.port}:127.0.0.1"])).chat("n/m").status == 0


@row("http.allow_insecure")
def _(bench):
    port = bench.upstream.port
    far = {"providers": {"p": {"base_url": f"http://api.example.test:{port}/v1"}}, "http": {"resolve": [f"api.example.test:{port}:127.0.0.1"]}}
    refused = bench.ask(far)
    assert refused.outcome.status in (103, 110) and refused.seen == []
    assert bench.ask(merged(far, {"http": {"allow_insecure": True}})).only.headers["host"] == f"api.example.test:{port}"


@row("log")
def _(bench):
    bench.upstream.behave = lambda handler, seen: servers.send_json(handler, {"error": {"message": "no"}}, 400) or True
    lines = {}
    for level in ("off", "warning", "debug"):
        client = bench.client({"log": level})
        lines[level] = []
        client.client.log_to(lines[level])
        client.chat("p/m")
    assert lines["off"] == [] and lines["warning"] != [] and len(lines["debug"]) >= len(lines["warning"])
    assert KEY not in str(lines) and "hello there" not in str(lines)


# ---------------------------------------------------------------- all of them

def twins():
    """Members of the options of a call that a request's `gatelet` has too: their rows are run once more, said beside the request."""
    return sorted(member for member in schema_members(os.path.join(ROOT, "docs")) if member.startswith("options.") and member not in rows
                  and member.replace("options", "gatelet", 1) in rows)


@pytest.mark.parametrize("member", sorted(rows) + twins())
def test_effect(member, bench, request, monkeypatch, tmp_path):
    if member not in rows:
        monkeypatch.setattr(Gateway, "beside", True)
        member = member.replace("options", "gatelet", 1)
    wanted = {"bench": bench, "monkeypatch": monkeypatch, "tmp_path": tmp_path}
    function = rows[member]
    names = function.__code__.co_varnames[:function.__code__.co_argcount]
    function(**{name: wanted[name] if name in wanted else member if name == "member" else request.getfixturevalue(name) for name in names})


def test_every_member_of_the_schemas_has_a_row():
    members = schema_members(os.path.join(ROOT, "docs"))
    assert members - set(rows) - set(twins()) == set(), "members of the schemas without a test"
    assert set(rows) - members == set(), "tests of members that the schemas do not have"
