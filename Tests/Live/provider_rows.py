"""The rows of test_config_effects.py for what `providers.<id>` may hold. Time-outs are there, with the other time-outs."""
import json
import time

import servers
from conftest import KEY, OTHER, provider
from effects import merged, row


@row("providers.*.base_url")
def _(bench):
    assert bench.provider(base_url=bench.upstream.url + "/a").only.path == "/v1/a/chat/completions"
    assert bench.provider(base_url=bench.upstream.url + "/b/").only.path == "/v1/b/chat/completions"


@row("providers.*.query")
def _(bench):
    assert bench.provider(query={"v": "1 2"}).only.path == "/v1/chat/completions?v=1%202"


@row("providers.*.paths.chat", "providers.*.paths.completions", "providers.*.paths.embeddings", "providers.*.paths.models")
def _(bench, member):
    assert bench.provider(paths={"chat": "/talk", "completions": "/c", "embeddings": "/e", "models": "/m"}).only.path == "/v1/talk"


@row("providers.*.paths.chat_stream")
def _(bench):
    paths = {"chat": "/models/{model}:say", "chat_stream": "/models/{model}:stream"}
    assert bench.provider(paths=paths).only.path == "/v1/models/m:say"
    assert bench.provider(paths=paths, operation="stream").only.path == "/v1/models/m:stream"
    assert bench.ask({"providers": {"p": {"paths": paths}}}, model="p/a/../b").only.path == "/v1/models/a%2F..%2Fb:say"
    assert bench.ask({"providers": {"p": {"paths": paths}}}, model="p/models/m").only.path == "/v1/models/m:say"
    assert bench.ask({"providers": {"p": {"paths": paths}}}, model="p/tunedModels/a/b").only.path == "/v1/tunedModels/a%2Fb:say"
    for model in ("p/..", "p/models/..", "p/tunedModels/.."):
        refused = bench.ask({"providers": {"p": {"paths": paths}}}, model=model)
        assert refused.outcome.status == 105 and refused.seen == []


@row("providers.*.values", "providers.*.variables")
def _(bench, member, monkeypatch):
    monkeypatch.setenv("GATELET_TEST_PART", "from-variable")
    missing = bench.provider({"environment": True}, base_url=bench.upstream.url + "/{part}")
    assert missing.outcome.status == 104 and "providers.p.values.part" in missing.outcome.error["message"] and missing.seen == []
    given = {"variables": {"part": "GATELET_TEST_PART"}}
    assert bench.provider({"environment": True}, base_url=bench.upstream.url + "/{part}", **given).only.path == "/v1/from-variable/chat/completions"
    given["values"] = {"part": "from_value"}
    assert bench.provider({"environment": True}, base_url=bench.upstream.url + "/{part}", **given).only.path == "/v1/from_value/chat/completions"
    given["values"] = {"part": "a/../b"}
    assert bench.provider(base_url=bench.upstream.url + "/{part}", **given).outcome.status == 103


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
    google = bench.provider(dialect="gemini").only
    assert google.path == "/v1/models/m:generateContent" and google.headers["x-goog-api-key"] == KEY and "contents" in google.body
    dev = bench.provider(dialect="dev")
    assert dev.seen == [] and dev.outcome.status == 0


@row("providers.*.dialects.*.base_url", "providers.*.dialects.*.auth", "providers.*.dialects.*.auth.header")
def _(bench, member):
    places = {"gemini": {"base_url": bench.upstream.url + "/there", "auth": {"header": "x-key"}}}
    there = bench.provider(dialect="gemini", base_url=None, dialects=places).only
    assert there.path == "/v1/there/models/m:generateContent" and there.headers["x-key"] == KEY
    assert bench.provider(dialect="gemini", dialects=places).only.path == "/v1/models/m:generateContent"
    assert bench.provider(dialect="gemini", dialects={"gemini": {"auth": "bearer"}}).only.headers["authorization"] == "Bearer " + KEY
    assert bench.provider(dialects=places).only.path == "/v1/chat/completions"


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


@row("providers.*.parameters.*.rename")
def _(bench):
    sent = bench.provider(request={"max_tokens": 5}, parameters={"max_tokens": {"rename": "max_completion_tokens"}}).only.body
    assert sent["max_completion_tokens"] == 5 and "max_tokens" not in sent
    assert bench.provider(request={"max_tokens": 5}).only.body["max_tokens"] == 5


@row("providers.*.parameters.*.drop")
def _(bench):
    asked = bench.provider(request={"seed": 5, "temperature": 0}, parameters={"seed": {"drop": True}})
    assert "seed" not in asked.only.body and asked.only.body["temperature"] == 0
    assert [(one["code"], one["path"]) for one in asked.outcome.answer["gatelet"]["warnings"]] == [("dropped", "seed")]
    asked = bench.provider(request={"seed": 5})
    assert asked.only.body["seed"] == 5 and "warnings" not in asked.outcome.answer["gatelet"]


@row("providers.*.parameters.*.min", "providers.*.parameters.*.max")
def _(bench, member):
    bound, beyond, within = (1, 0.5, 1.5) if member.endswith("min") else (1, 1.5, 0.5)
    rule = {"parameters": {"temperature": {member.rsplit(".", 1)[-1]: bound}}}
    asked = bench.provider(request={"temperature": beyond}, **rule)
    assert asked.only.body["temperature"] == bound
    assert [(one["code"], one["path"]) for one in asked.outcome.answer["gatelet"]["warnings"]] == [("clamped", "temperature")]
    assert bench.provider(request={"temperature": within}, **rule).only.body["temperature"] == within


@row("providers.*.parameters.*.models")
def _(bench):
    rule = {"parameters": {"temperature": {"drop": True, "models": ["o*", "gpt"]}}}
    for model, sent in (("o1", False), ("gpt", False), ("gpt-4", True)):
        assert ("temperature" in bench.provider(request={"model": "p/" + model, "temperature": 0}, **rule).only.body) == sent


@row("providers.*.parameters.*.reject")
def _(bench):
    rejecting = {"parameters": {"seed": {"reject": True}}}
    alone = bench.provider(request={"seed": 5}, **rejecting)
    assert alone.outcome.status == 109 and "`seed`" in alone.outcome.error["message"] and alone.seen == []
    config = {"providers": {"p": rejecting, **bench.others("q")}, "request_extensions": "all"}
    passed = bench.ask(config, seed=5, gatelet={"models": ["q/m"]})
    assert passed.outcome.status == 0 and passed.only.path == "/v1/q/chat/completions"
    assert bench.ask(config, gatelet={"models": ["q/m"]}).only.path == "/v1/chat/completions"


@row("providers.*.reasoning_back")
def _(bench):
    call = {"role": "assistant", "content": [{"type": "thinking", "thinking": "So.", "signature": "gatelet::text::"}, {"type": "tool_use", "id": "c", "name": "f", "input": {}}]}
    result = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c", "content": "r"}]}
    for member in ("reasoning_content", "reasoning", None):
        asked = bench.provider(operation="messages", request={"max_tokens": 9, "messages": [{"role": "user", "content": "x"}, call, result]}, reasoning_back=member)
        sent = asked.only.body["messages"][1]
        assert {name: sent[name] for name in sent if name.startswith("reasoning")} == ({member: "So."} if member else {}), sent
    asked = bench.provider(operation="messages", request={"max_tokens": 9, "messages": [{"role": "user", "content": "x"}, call, result]}, reasoning_back="reasoning_details")
    assert [one["text"] for one in asked.only.body["messages"][1]["reasoning_details"]] == ["So."], asked.only.body
    signed = {"role": "assistant", "content": "a", "reasoning_details": [{"type": "reasoning.encrypted", "data": "d", "format": "openai-responses-v1"}]}
    for member in ("reasoning_details", None):
        sent = bench.provider(request={"messages": [{"role": "user", "content": "x"}, signed, {"role": "user", "content": "y"}]}, reasoning_back=member).only.body["messages"][1]
        assert (sent == signed) == bool(member) and ("reasoning_details" in sent) == bool(member), sent


@row("providers.*.reasoning_tags")
def _(bench):
    def whole(handler, seen):
        pieces = ["<th", "ink>\n", "So", ".</", "think>", "\n\nYes", ", <think>"]
        if seen.body.get("stream"):
            servers.send_stream(handler, [*(servers.chunk(piece) for piece in pieces), servers.chunk("", "stop"), "[DONE]"])
        else:
            message = {"role": "assistant", "content": "".join(pieces)}
            servers.send_json(handler, {"id": "x", "choices": [{"index": 0, "finish_reason": "stop", "message": message}]})
        return True

    bench.upstream.behave = whole
    for operation in ("chat", "stream"):
        message = bench.provider(operation=operation, reasoning_tags="think").outcome.answer["choices"][0]["message"]
        assert (message["reasoning"], message["content"]) == ("So.", "Yes, <think>"), operation
        message = bench.provider(operation=operation).outcome.answer["choices"][0]["message"]
        assert message["content"].startswith("<think>") and "reasoning" not in message


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


@row("providers.*.output_limit")
def _(bench):
    for word in ("max_tokens", "max_completion_tokens"):
        body = bench.provider(output_limit=word, limits={"default_max_tokens": 7}).only.body
        assert {name: value for name, value in body.items() if "tokens" in name} == {word: 7}


@row("providers.*.stream_false")
def _(bench):
    assert bench.provider(stream_false=True).only.body["stream"] is False
    assert "stream" not in bench.provider(stream_false=False).only.body


@row("providers.*.usage_include")
def _(bench):
    assert bench.provider(usage_include=True).only.body["usage"] == {"include": True}
    assert "usage" not in bench.provider(usage_include=False).only.body


@row("providers.*.prompt_billed_as_cached")
def _(bench):
    """Of one token of prompt and one of completion."""
    prices = {"m": {"pricing": {"prompt": "3", "completion": "5", "input_cache_read": "0.1"}}}
    for value, total in ((False, "8"), (True, "5.1")):
        asked = bench.provider(prompt_billed_as_cached=value, known_models=prices)
        assert asked.outcome.answer["gatelet"]["cost"]["total"] == total


@row("providers.*.capabilities.embeddings", "providers.*.capabilities.completions")
def _(bench, member):
    name = member.rsplit(".", 1)[1]
    operation, body = {"embeddings": ("embeddings", {"input": "x"}), "completions": ("completion", {"prompt": "x"})}[name]
    no = bench.provider(operation=operation, request=body, capabilities={name: False})
    assert no.outcome.status == 109 and no.seen == []
    assert bench.provider(operation=operation, request=body, capabilities={name: True}).only.path == "/v1/" + name
    if name == "completions":
        chat = bench.provider(operation=operation, request=body, capabilities={name: "chat"})
        assert chat.only.path == "/v1/chat/completions" and chat.outcome.answer["object"] == "text_completion"


@row("providers.*.paths.count_tokens", "providers.*.capabilities.count_tokens")
def _(bench, member):
    def count(**more):
        return bench.provider(operation="count_tokens", request={"messages": [{"role": "user", "content": "x"}]}, dialect="anthropic", **more)

    assert count().only.path == "/v1/messages/count_tokens" and count(paths={"count_tokens": "/c"}).only.path == "/v1/c"
    no = count(capabilities={"count_tokens": False})
    assert no.outcome.status == 109 and no.seen == []


@row("providers.*.capabilities.embedding_format")
def _(bench):
    def asked(form):
        return bench.provider(operation="embeddings", request={"input": "a", "encoding_format": "float"}, capabilities={"embedding_format": form})

    answer = {"object": "list", "data": [{"object": "embedding", "index": 0, "embedding": "gH8="}], "usage": {"prompt_tokens": 1, "total_tokens": 1}}
    bench.upstream.behave = lambda handler, seen: servers.send_json(handler, answer) or True

    int8, usual = asked("int8"), asked("float")
    assert int8.outcome.answer["data"][0]["embedding"] == [-128.0, 127.0] and "encoding_format" not in int8.only.body
    assert usual.outcome.status == 312 and usual.only.body["encoding_format"] == "float"


@row("providers.*.capabilities.embedding_inputs")
def _(bench):
    def asked(most, inputs):
        return bench.provider(operation="embeddings", request={"input": inputs}, capabilities={"embedding_inputs": most})

    no = asked(2, ["a", "b", "c"])
    assert no.outcome.status == 110 and no.outcome.error["message"].endswith("it takes fewer inputs at once than the request has (2)") and no.seen == []
    assert len(asked(3, ["a", "b", "c"]).seen) == len(asked(1, "a").seen) == len(asked(1, [1, 2, 3]).seen) == 1


@row("providers.*.capabilities.media_urls")
def _(bench):
    messages = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://127.0.0.1:1/a.png"}}]}]
    for urls, status in (([], 109), (["file"], 109), (["image"], 0), (["http://127.0.0.1:1/*"], 0)):
        asked = bench.provider(request={"messages": messages}, capabilities={"media_urls": urls})
        assert asked.outcome.status == status and len(asked.seen) == (status == 0)


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


@row("providers.*.keys.*.weight")
def _(bench):
    """Shares of the requests; a key is not used more often than its turn."""
    for weights, count in (((1, 1), 4), ((3, 1), 6), ((1, 7), 1)):
        keys = [{"value": KEY, "weight": weights[0]}, {"value": OTHER, "weight": weights[1]}]
        client, before = bench.client({"providers": {"p": {"api_key": None, "keys": keys}}}), len(bench.upstream.seen)
        assert all(client.chat("p/m").status == 0 for _ in range(8))
        used = [one.headers["authorization"] for one in bench.upstream.seen[before:]]
        assert used.count("Bearer " + KEY) == count


@row("providers.*.site_url", "providers.*.logo_url", "providers.*.docs_url")
def _(bench, member):
    name = member.split(".")[2]
    for url in ("https://example.test/a", "https://example.test/b"):
        assert bench.client({"providers": {"p": {name: url}}}).providers("p")["p"][name] == url
    assert bench.client().providers("p")["p"][name] is None


# ---------------------------------------------------------------- members that nothing reads: the rest of the row tells the same, or they are for people

CHECKED = {"only_when_named": (True, "yes"), "cancel_stops_billing": (True, "yes"),
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

