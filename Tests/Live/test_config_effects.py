"""Every member of the configuration and of the request's `gatelet` has a test in which changing its value changes the
request that the provider sees, the plan or the status. A walk over the schemas finds members without one."""
import json
import os
import socket
import time

import pytest
import servers
from conftest import KEY, ROOT, provider
from effects import Bench, merged, row, rows, schema_members

OTHER = "sk-other-77aa01"


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
    bench.upstream.behave = lambda handler, seen: servers.send_json(handler, {"choices": [{"index": 0, "message": {}}]}, x_long="y" * 3000) or True
    assert bench.ask({"caps": {"headers": 1024}}).outcome.status == 209
    assert bench.ask({"caps": {"headers": 8192}}).outcome.status == 0


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


# ---------------------------------------------------------------- a provider's row

@row("providers.*.base_url")
def _(bench):
    assert bench.provider(base_url=bench.upstream.url + "/a").only.path == "/v1/a/chat/completions"
    assert bench.provider(base_url=bench.upstream.url + "/b/").only.path == "/v1/b/chat/completions"


@row("providers.*.api_key", "providers.*.keys.*.value")
def _(bench, member):
    for key in (KEY, OTHER):
        given = {"api_key": key} if member.endswith("api_key") else {"api_key": None, "keys": [{"value": key}]}
        assert bench.provider(**given).only.headers["authorization"] == "Bearer " + key


@row("providers.*.keys.*.name")
def _(bench):
    for name, shown in (("blue", "blue"), ("green", "green")):
        outcome = bench.provider(api_key=None, keys=[{"name": name, "value": KEY}]).outcome
        assert outcome.answer["gatelet"]["attempts"][0]["key"] == shown
    assert bench.provider(api_key=None, keys=[{"value": KEY}]).outcome.answer["gatelet"]["attempts"][0]["key"] == "p#1"


@row("providers.*.id")
def _(bench):
    assert bench.provider(id="p").outcome.status == 0
    assert bench.provider(id="other").outcome.status == 103


@row("providers.*.name")
def _(bench):
    bench.upstream.behave = lambda handler, seen: servers.send_json(handler, {"error": {"message": "no"}}, 400) or True
    assert "Ada's Models" in bench.provider(name="Ada's Models").outcome.error["message"]
    assert "Ada's Models" not in bench.provider(name="Bob's").outcome.error["message"]


@row("providers.*.aliases")
def _(bench):
    two = {"providers": {"q": provider(bench.upstream.url + "/q")}}
    assert bench.ask(merged(two, {"providers": {"p": {"aliases": ["short"]}}}), model="short/m").only.body["model"] == "m"
    assert bench.ask(two, model="short/m").outcome.status == 105


@row("providers.*.dialect")
def _(bench):
    assert len(bench.provider(dialect="openai").seen) == 1
    dev = bench.provider(dialect="dev")
    assert dev.seen == [] and dev.outcome.status == 0


@row("providers.*.auth", "providers.*.auth.header")
def _(bench):
    plain = bench.provider(auth="bearer").only.headers
    named = bench.provider(auth={"header": "api-key"}).only.headers
    other = bench.provider(auth={"header": "x-goog-key"}).only.headers
    assert plain["authorization"] == "Bearer " + KEY and "authorization" not in named
    assert named["api-key"] == other["x-goog-key"] == KEY and "api-key" not in other


@row("providers.*.key")
def _(bench):
    missing = bench.provider(api_key=None, key="required")
    assert missing.outcome.status == 104 and missing.seen == []
    for need in ("optional", "none"):
        assert "authorization" not in bench.provider(api_key=None, key=need).only.headers
    assert bench.provider(key="optional").only.headers["authorization"] == "Bearer " + KEY


@row("providers.*.env")
def _(bench, monkeypatch):
    monkeypatch.setenv("GATELET_TEST_KEY_A", OTHER)
    on = bench.provider({"environment": True}, api_key=None, env=["GATELET_TEST_KEY_NONE", "GATELET_TEST_KEY_A"])
    assert on.only.headers["authorization"] == "Bearer " + OTHER
    off = bench.provider({"environment": True}, api_key=None, env=["GATELET_TEST_KEY_NONE"])
    assert off.outcome.status == 104 and "GATELET_TEST_KEY_NONE" in off.outcome.error["message"]


@row("providers.*.env_base_url")
def _(bench, monkeypatch):
    monkeypatch.setenv("GATELET_TEST_URL", bench.upstream.url + "/from-environment")
    assert bench.provider({"environment": True}, base_url=None, env_base_url="GATELET_TEST_URL").only.path.startswith("/v1/from-environment/")
    assert bench.provider({"environment": True}, base_url=None, env_base_url="GATELET_TEST_NONE").outcome.status == 103


@row("providers.*.env_default_model")
def _(bench, monkeypatch):
    monkeypatch.setenv("GATELET_TEST_MODEL", "from-environment")
    members = {"model": None, "gatelet": {"provider": "p"}}
    on = bench.provider({"environment": True}, request=members, env_default_model="GATELET_TEST_MODEL")
    assert on.only.body["model"] == "from-environment"
    assert bench.provider({"environment": True}, request=members, env_default_model="GATELET_TEST_NONE").outcome.status != 0


@row("providers.*.env_timeout")
def _(bench, monkeypatch):
    bench.upstream.behave = lambda handler, seen: time.sleep(0.6)
    monkeypatch.setenv("GATELET_TEST_TIMEOUT", "0.2")
    assert bench.provider({"environment": True}, env_timeout="GATELET_TEST_TIMEOUT").outcome.status == 204
    assert bench.provider({"environment": True}, env_timeout="GATELET_TEST_NONE").outcome.status == 0


@row("providers.*.headers")
def _(bench):
    assert bench.provider(headers={"X-Title": "one"}).only.headers["x-title"] == "one"
    assert bench.provider(headers={"X-Title": "two"}).only.headers["x-title"] == "two"
    assert "x-title" not in bench.provider().only.headers


@row("providers.*.models.url", "providers.*.models_url")
def _(bench, member):
    for path in ("/v1/other/models", "/v2/models?limit=3"):
        url = f"http://127.0.0.1:{bench.upstream.port}{path}"
        asked = bench.provider(operation="list", **({"models_url": url} if member.endswith("_url") else {"models": {"url": url}}))
        assert asked.only.path == path and asked.outcome.status == 0
    assert bench.provider(operation="list").only.path == "/v1/models"


@row("providers.*.models.form")
def _(bench):
    prompts = [json.dumps(bench.provider(operation="list", models={"form": form}).outcome.answer["data"][0]) for form in ("openai", "openrouter")]
    assert prompts[0] != prompts[1]


@row("providers.*.models.public")
def _(bench):
    assert "authorization" not in bench.provider(operation="list", models={"public": True}).only.headers
    assert bench.provider(operation="list", models={"public": False}).only.headers["authorization"] == "Bearer " + KEY


@row("providers.*.renames")
def _(bench):
    sent = bench.provider(request={"max_tokens": 5}, renames={"max_tokens": "max_completion_tokens"}).only.body
    assert sent["max_completion_tokens"] == 5 and "max_tokens" not in sent
    assert bench.provider(request={"max_tokens": 5}).only.body["max_tokens"] == 5


@row("providers.*.drops")
def _(bench):
    assert "seed" not in bench.provider(request={"seed": 5}, drops=["seed"]).only.body
    assert bench.provider(request={"seed": 5}).only.body["seed"] == 5


@row("providers.*.keep_prefix")
def _(bench):
    assert bench.provider(request={"model": "p/auto"}, keep_prefix=["p/auto"]).only.body["model"] == "p/auto"
    assert bench.provider(request={"model": "p/auto"}).only.body["model"] == "auto"


@row("providers.*.native_routing")
def _(bench):
    words = {"usage": {"include": True}}
    assert bench.provider(request=words, native_routing=True).only.body["usage"] == {"include": True}
    assert "usage" not in bench.provider(request=words, native_routing=False).only.body


@row("providers.*.stream_usage")
def _(bench):
    assert bench.provider(operation="stream", stream_usage=True).only.body["stream_options"] == {"include_usage": True}
    assert "stream_options" not in bench.provider(operation="stream", stream_usage=False).only.body


@row("providers.*.usage_include")
def _(bench):
    assert bench.provider(usage_include=True).only.body["usage"] == {"include": True}
    assert "usage" not in bench.provider(usage_include=False).only.body


@row("providers.*.capabilities.embeddings", "providers.*.capabilities.completions")
def _(bench, member):
    name = member.rsplit(".", 1)[1]
    operation, body = {"embeddings": ("embeddings", {"input": "x"}), "completions": ("completion", {"prompt": "x"})}[name]
    no = bench.provider(operation=operation, request=body, capabilities={name: False})
    assert no.outcome.status == 109 and no.seen == []
    assert bench.provider(operation=operation, request=body, capabilities={name: True}).only.path == "/v1/" + name


@row("providers.*.default_model")
def _(bench):
    members = {"model": None, "gatelet": {"provider": "p"}}
    assert bench.provider(request=members, default_model="one").only.body["model"] == "one"
    assert bench.provider(request=members, default_model="two").only.body["model"] == "two"


@row("providers.*.token_delay")
def _(bench):
    took = []
    for delay in (0, 0.1):
        began = time.monotonic()
        assert bench.provider(operation="stream", dialect="dev", token_delay=delay).outcome.status == 0
        took.append(time.monotonic() - began)
    assert took[1] > took[0] + 0.2


# ---------------------------------------------------------------- members that nothing outside reads yet, or that are for readers

@row("providers.*.keys.*.weight")
def _(bench):
    for weight, status in ((1, 0), (1000, 0), (0, 103), (1001, 103), ("1", 103)):
        assert bench.provider(api_key=None, keys=[{"value": KEY, "weight": weight}]).outcome.status == status


CHECKED = {"only_when_named": (True, "yes"), "pass_through": (True, 1), "price_unit": ("usd_per_million", "eur"), "site_url": ("https://example.test", "not a URL"),
           "logo_url": ("https://example.test/l.png", "ftp://example.test"),
           "quirks": ([{"note": "n", "link": "https://example.test", "date": "2026-01-01"}], [{"remark": "n"}])}


@row(*("providers.*." + name for name in CHECKED if name != "quirks"), "providers.*.quirks.*.note", "providers.*.quirks.*.link", "providers.*.quirks.*.date")
def _(bench, member):
    name = member.split(".")[2]
    good, bad = CHECKED[name]
    if member.count(".") > 2:
        bad = [{**good[0], member.rsplit(".", 1)[1]: 7}]
    assert bench.provider(**{name: good}).outcome.status == 0
    refused = bench.provider(**{name: bad}).outcome
    assert refused.status == 103 and f"providers.p.{name}" in refused.error["message"]


# ---------------------------------------------------------------- all of them

@pytest.mark.parametrize("member", sorted(rows))
def test_effect(member, bench, request, monkeypatch, tmp_path):
    wanted = {"bench": bench, "monkeypatch": monkeypatch, "tmp_path": tmp_path}
    function = rows[member]
    names = function.__code__.co_varnames[:function.__code__.co_argcount]
    function(**{name: wanted[name] if name in wanted else member if name == "member" else request.getfixturevalue(name) for name in names})


def test_every_member_of_the_schemas_has_a_row():
    members = schema_members(os.path.join(ROOT, "docs"))
    assert members - set(rows) == set(), "members of the schemas without a test"
    assert set(rows) - members == set(), "tests of members that the schemas do not have"
