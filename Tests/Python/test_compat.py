"""gatelet.compat: code of integration guides runs with its import lines changed, at servers that replay recorded traffic."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable, Dict, Iterator, List

import gatelet
import pytest
from gatelet import compat
from replay import FIXTURES, Replay, recorded

GUIDES = FIXTURES / "guides"
CATALOG = Path(__file__).parents[2] / "Sources/Catalog"
MESSAGES = [{"role": "user", "content": "What is the capital of France?"}]
CHAT, STREAM = recorded("openai", "15adae4a392d80b9"), recorded("openai", "362acb2e38157997")
ONCE: Dict[str, Any] = {"environment": False, "retry": {"attempts": 0}}
THREE = ["groq", "vercel_ai_gateway", "together"]


def of(provider: str, replay: Replay, **more: Any) -> Dict[str, Any]:
    row = {"base_url": f"{replay.url}/v1", "api_key": "sk-test-compat", **more}
    return {**ONCE, "providers": {provider.replace("_", "-"): row}}


@pytest.fixture
def replay() -> Iterator[Replay]:
    models = json.dumps({"object": "list", "data": [
        {"id": "a-model", "object": "model", "created": 1, "name": "A model", "context_length": 1000}]}).encode()  # fmt: skip
    display = (FIXTURES / "models/infron_display.json").read_bytes()
    with Replay({"": CHAT, " stream": STREAM}, {"/v1/models": models, "/display": display}) as made:
        yield made


@pytest.fixture(autouse=True)
def afterwards(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("ONEROUTER_API_KEY", "INFRON_API_KEY", "DEV_MODE", "GATELET_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    compat.configure({"environment": False})
    yield
    compat.configure({"environment": False})
    for one in ("onerouter", *THREE):
        compat.clear_models_cache(one)


def blocks(guide: str) -> List[str]:
    """With the package's name changed in the import lines, and nothing else."""
    text = (GUIDES / f"{guide}.md").read_text()
    text = re.sub(r"^(\s*from )(?:src\.services|src|backend\.app)(\.\w+ import)", r"\1gatelet.compat\2", text, flags=re.M)
    return re.findall(r"^```python\n(.*?)^```", text, re.S | re.M)


# The guides


@pytest.mark.parametrize("guide", ["infron", "onerouter"])
def test_the_guides_blocks_run(guide: str, replay: Replay, capsys: pytest.CaptureFixture[str]) -> None:
    lists = {"models": {"url": f"{replay.url}/display", "form": "infron"}} if guide == "infron" else {"models": {"form": "openai"}}
    compat.configure(of("onerouter", replay, **lists))
    names: Dict[str, Any] = {}
    shown = []
    for block in blocks(guide):
        exec(block, names)  # one after the other, as a reader would
        shown.append(capsys.readouterr().out)
    assert len(shown) == 8 and all(shown[place] for place in (0, 1, 4, 5))
    answer = json.loads(CHAT[2])
    assert shown[0] == answer["choices"][0]["message"]["content"] + "\n"
    pieces = re.findall(r'"content":\s*"((?:[^"\\]|\\.)*)"', STREAM[2].decode())
    assert shown[1] == "".join(json.loads(f'"{piece}"') for piece in pieces)
    assert re.fullmatch(r"(\S.*: \S.*\n)+", shown[4])
    assert shown[5].split() == [str(answer["usage"][name]) for name in ("prompt_tokens", "completion_tokens", "total_tokens")]
    sent = replay.bodies
    assert sent[0]["model"] == "claude-3-5-sonnet@20240620" and sent[0]["max_tokens"] == 100 and sent[0]["temperature"] == 0.7
    assert sent[1]["stream"] is True and sent[2]["messages"][0]["content"][1]["type"] == "image_url"
    assert {**sent[3], "messages": 0} == {
        "model": "gpt-4", "max_tokens": 500, "temperature": 0.8, "top_p": 0.9, "frequency_penalty": 0.5, "presence_penalty": 0.5,
        "stop": ["\n\n", "END"], "user": "user-123", "messages": 0,
        "usage": {"include": True},  # the library always asks this provider for it
    }  # fmt: skip
    assert sent[4]["usage"] == {"include": True} and len(sent) == 6
    assert set(replay.keys) == {"Bearer sk-test-compat"}
    assert names["client"].provider == "onerouter" and "response" in names


OPENROUTER_LIST = (FIXTURES / "recorded/models/openrouter.json").read_bytes()


@pytest.fixture
def grok(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Replay]]:
    """A grok_client whose OpenRouter is a server that replays; takes its answers by model."""
    from gatelet.compat import chat_client

    made: List[Replay] = []

    def begin(**answers: Any) -> Replay:
        replay = Replay({name.replace("_", " ") if name == "_stream" else name: answer for name, answer in answers.pop("answers").items()},
                        {"/v1/models": OPENROUTER_LIST})  # fmt: skip
        made.append(replay)
        client = chat_client.Grok2Client({**of("openrouter", replay), **answers})
        monkeypatch.setattr(chat_client, "grok_client", client)
        return replay

    yield begin
    for replay in made:
        replay.__exit__()


def test_the_openrouter_guides_blocks_run(grok: Callable[..., Replay], capsys: pytest.CaptureFixture[str]) -> None:
    chat, stream = recorded("openrouter", "9a7ec55d9d1621f9"), recorded("openrouter", "71ffc2933f376f34")
    replay = grok(answers={"": chat, " stream": stream})
    names: Dict[str, Any] = {}
    shown = []
    for block in blocks("openrouter"):
        exec(block, names)
        shown.append(capsys.readouterr().out)
    text = json.loads(chat[2])["choices"][0]["message"]["content"]
    count = len(json.loads(OPENROUTER_LIST)["data"])
    assert shown[0].startswith(f"Found {count} models\n- ") and len(shown[0].splitlines()) == 1 + min(5, count)
    assert shown[1] == f"Success with model: requested-model-id\n{text}\n"
    assert re.search(r"\nTokens used: [1-9]\d*\n$", shown[3])
    assert shown[4].startswith("Success: True\nResponse: ") and re.search(r"\nTokens: [1-9]\d*\n$", shown[4])
    assert replay.listed == ["/v1/models"]  # the second time from memory
    assert replay.bodies[0]["temperature"] == 0.7 and replay.bodies[0]["max_tokens"] == 1024 and replay.bodies[2]["max_tokens"] == 100


def test_grok_dicts_are_those_of_the_guide(grok: Callable[..., Replay]) -> None:
    from gatelet.compat import chat_client

    limited, refused = recorded("openrouter", "c1c0a4b7e58686b2"), recorded("openrouter", "c2c00341de94c4ed")
    chat, stream = recorded("openrouter", "9a7ec55d9d1621f9"), recorded("openrouter", "71ffc2933f376f34")
    grok(answers={"": chat, " stream": stream, "a/b:free": limited, "a/b:free stream": limited, "a/key": refused},
         preset="gatelet", routing={"all_models": False})  # fmt: skip
    client = chat_client.grok_client
    answer = client.generate_response(MESSAGES, model="x/y")
    assert list(answer) == ["response", "model", "tokens"] and answer["model"] == "x/y"
    assert answer["tokens"] == json.loads(chat[2])["usage"]["total_tokens"]
    pieces = list(client.generate_response_stream(MESSAGES, model="x/y"))
    assert all(list(piece) == ["content"] for piece in pieces[:-1]) and list(pieces[-1]) == ["done", "tokens"] and pieces[-1]["done"] is True
    error = {
        "error": "Rate limited on a/b:free. Trying alternative model...", "status_code": 429, "model": "a/b:free",
        "should_retry": True, "rate_limited": True,
    }  # fmt: skip
    assert client.generate_response(MESSAGES, model="a/b:free") == error
    assert list(client.generate_response_stream(MESSAGES, model="a/b:free")) == [error]
    told = client.generate_response(MESSAGES, model="a/key")
    assert told["status_code"] == 401 and told["error"] == json.loads(refused[2])["error"]["message"] and not told["rate_limited"]
    model = client.get_available_models()[0]
    assert list(model) == ["id", "name", "context_length", "pricing"] and list(model["pricing"]) == ["prompt", "completion"]


def test_grok_switches_to_another_model(grok: Callable[..., Replay]) -> None:
    from gatelet.compat import chat_client

    chat = recorded("openrouter", "9a7ec55d9d1621f9")
    replay = grok(answers={"": chat, "a/b:free": recorded("openrouter", "c1c0a4b7e58686b2")}, fallback_models=["c/d"])
    answer = chat_client.grok_client.generate_response(MESSAGES, model="a/b:free")
    assert answer["model"] == "c/d" and [body["model"] for body in replay.bodies][-1] == "c/d"


def test_grok_without_a_key_or_a_model(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENROUTER_API_KEY", "OPENROUTER_DEFAULT_MODEL"):
        monkeypatch.delenv(name, raising=False)
    client = compat.Grok2Client()
    assert client.generate_response(MESSAGES, model="x/y") == {
        "error": "OpenRouter API key not configured", "status_code": None, "model": "x/y", "should_retry": False, "rate_limited": False,
    }  # fmt: skip
    assert client.generate_response(MESSAGES)["error"] == "OpenRouter API key not configured"
    monkeypatch.setenv("DEV_MODE", "true")  # after the client was made
    assert "response" in client.generate_response([{"role": "user", "content": "Hello"}])


# Every provider


def test_every_provider_has_every_function() -> None:
    ids = [json.loads(path.read_text())["id"] for path in CATALOG.glob("*.json")]
    assert len(ids) > 50
    for name in [one.replace("-", "_") for one in ids] + ["infron", "vercel"]:
        for pattern in ("make_{}_request_openai", "make_{}_request_openai_stream", "process_{}_response", "get_{}_client",
                        "get_{}_pooled_client", "fetch_models_from_{}", "normalize_{}_model", "get_{}_model_pricing",
                        "fetch_model_pricing_{}"):  # fmt: skip
            made = getattr(compat, pattern.format(name))
            assert callable(made) and made.__name__ == pattern.format(name) and made is getattr(compat, pattern.format(name))
            assert made.__name__ in dir(compat)
    with pytest.raises(AttributeError, match="onerouterr.*near are onerouter"):
        compat.make_onerouterr_request_openai  # noqa: B018
    with pytest.raises(ImportError):
        from gatelet.compat import make_x_request  # noqa: F401
    with pytest.raises(ImportError):
        import gatelet.compat.no_such_client  # noqa: F401


def test_modules_have_the_names_of_the_guides() -> None:
    for module, name in [
        ("onerouter_client", "make_onerouter_request_openai"), ("vercel_ai_gateway_client", "fetch_model_pricing_from_vercel"),
        ("infron_client", "process_infron_response"), ("connection_pool", "get_groq_pooled_client"), ("cache", "get_models_cache"),
        ("cache", "_groq_models_cache"), ("models", "get_cached_models"), ("models", "normalize_groq_model"),
        ("model_transformations", "detect_provider_from_model_id"), ("provider_failover", "FALLBACK_PROVIDER_PRIORITY"),
        ("providers", "MANUAL_LOGO_DB"), ("pricing", "get_model_pricing"), ("pricing", "calculate_cost"),
        ("pricing_lookup", "get_model_pricing"), ("config", "Config"), ("chat_client", "Grok2Client"),
    ]:  # fmt: skip
        names: Dict[str, Any] = {}
        exec(f"from gatelet.compat.{module} import {name}\nfrom gatelet.compat import {name} as same" if module not in
             ("config", "pricing", "pricing_lookup") else f"from gatelet.compat.{module} import {name}", names)  # fmt: skip
        assert names.get("same", names[name]) is names[name]


def test_import_reads_no_environment() -> None:
    """A program may import first and set its keys up afterwards."""
    code = (
        "import os\nfrom gatelet.compat import get_groq_client\nos.environ['GROQ_API_KEY'] = 'gsk-late'\n"
        "assert get_groq_client().api_key == 'gsk-late'\nos.environ['TOGETHER_API_KEY'] = 'later'\n"
        "from gatelet.compat.connection_pool import get_together_pooled_client as pooled\n"
        "assert pooled().api_key == 'later' and pooled() is pooled()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("provider", THREE)
def test_the_templates(provider: str, replay: Replay) -> None:
    compat.configure(of(provider, replay))
    response = getattr(compat, f"make_{provider}_request_openai")(MESSAGES, "a-model", max_tokens=5, some_word={"x": 1})
    assert replay.bodies[-1]["some_word"] == {"x": 1} and replay.bodies[-1]["max_tokens"] == 5
    answer = json.loads(CHAT[2])
    assert getattr(compat, f"process_{provider}_response")(response) == {
        "id": answer["id"], "object": answer["object"], "created": answer["created"], "model": answer["model"],
        "choices": [{"index": 0, "message": {name: answer["choices"][0]["message"][name] for name in ("role", "content")},
                     "finish_reason": answer["choices"][0]["finish_reason"]}],
        "usage": {name: answer["usage"][name] for name in ("prompt_tokens", "completion_tokens", "total_tokens")},
    }  # fmt: skip
    stream = getattr(compat, f"make_{provider}_request_openai_stream")(messages=MESSAGES, model="a-model")
    assert "".join(chunk.choices[0].delta.content or "" for chunk in stream)
    client = getattr(compat, f"get_{provider}_client")()
    assert client.chat.completions.create(model="a-model", messages=MESSAGES).choices[0].message.content
    assert [model.id for model in client.models.list().data] == ["a-model"] and client.base_url == f"{replay.url}/v1"
    assert getattr(compat, f"get_{provider}_pooled_client")() is getattr(compat, f"get_{provider}_pooled_client")()


@pytest.mark.parametrize("provider", THREE)
def test_the_templates_of_lists(provider: str, replay: Replay) -> None:
    compat.configure(of(provider, replay))
    name = provider.replace("_", "-")
    models = compat.get_cached_models(name)
    assert models and all(model.get("source_gateway") == name for model in models)
    cache = compat.get_models_cache(name)
    assert cache["data"] == models and cache["ttl"] == 3600 and cache["stale_ttl"] == 7200 and cache["timestamp"]
    assert cache is getattr(compat, f"_{provider}_models_cache")
    assert compat.get_cached_models(name) == models and len(replay.listed) == 1
    assert getattr(compat, f"fetch_models_from_{provider}")() == models and len(replay.listed) == 2
    compat.clear_models_cache(name)
    assert cache["data"] is None and cache["timestamp"] is None
    assert compat.get_cached_models(name) == models and len(replay.listed) == 3
    plain = SimpleNamespace(id="m", name="M", created_at=5, description="d", context_length=9)
    normal = getattr(compat, f"normalize_{provider}_model")(plain)
    row = next(row for row in compat._gateway.providers() if row.id == name)
    assert normal == {
        "id": "m", "slug": f"{name}/m", "canonical_slug": f"{name}/m", "hugging_face_id": None, "name": "M", "created": 5, "description": "d",
        "context_length": 9, "architecture": {"modality": "text->text", "input_modalities": ["text"], "output_modalities": ["text"],
                                              "instruct_type": "chat"},
        "pricing": {"prompt": "0", "completion": "0", "request": "0", "image": "0"}, "top_provider": None, "per_request_limits": None,
        "supported_parameters": [], "default_parameters": {}, "provider_slug": name, "provider_site_url": row.site_url,
        "model_logo_url": row.logo_url, "source_gateway": name,
    }  # fmt: skip
    bare = getattr(compat, f"normalize_{provider}_model")({"id": "m"})
    assert bare["name"] == "m" and bare["context_length"] == 4096 and bare["description"] == f"Model from {row.name}"
    assert getattr(compat, f"normalize_{provider}_model")(SimpleNamespace(name="x")) is None
    assert set(bare) == set(models[0]), "the catalog's own entries have the same members"


def test_the_models_of_all(replay: Replay) -> None:
    row = {"base_url": f"{replay.url}/v1", "api_key": "k"}
    compat.configure({**ONCE, "providers": {"groq": row, "together": row}})
    assert [model["slug"] for model in compat.get_cached_models("all")] == ["groq/a-model", "together/a-model"]
    assert compat.get_cached_models("nobody") == [] and compat.get_models_cache("nobody") is None


@pytest.mark.parametrize(("provider", "model"), [("groq", "openai/gpt-oss-120b"), ("openai", "gpt-4o"), ("vercel", "openai/gpt-4o")])
def test_the_templates_of_prices(provider: str, model: str) -> None:
    found = getattr(compat, f"get_{provider}_model_pricing")(model)
    assert list(found) == ["prompt", "completion", "request", "image"] and all(isinstance(value, str) for value in found.values())
    assert float(found["prompt"]) > 0 and getattr(compat, f"fetch_model_pricing_{provider}")(model) == found
    assert compat.get_model_pricing(provider, model) == found
    assert getattr(compat, f"fetch_model_pricing_{provider}")("no/such-model") is None
    assert set(getattr(compat, f"get_{provider}_model_pricing")("no/such-model").values()) == {"0"}


def test_prices_of_two_signatures() -> None:
    from gatelet.compat.pricing import calculate_cost, get_model_pricing
    from gatelet.compat.pricing_lookup import get_model_pricing as looked_up

    pricing = get_model_pricing("openai/gpt-4o")
    assert pricing["found"] is True and looked_up("openai", "gpt-4o")["prompt"] == pricing["prompt"]
    assert get_model_pricing("no-such-model")["found"] is False and looked_up("nobody", "x") is None
    assert calculate_cost("openai/gpt-4o", 1000, 100) == pytest.approx(1000 * float(pricing["prompt"]) + 100 * float(pricing["completion"]))
    assert calculate_cost("no-such-model", 1000, 100) == 0.0
    assert compat.get_model_pricing("openai/gpt-4o") == pricing
    assert compat.get_provider_pricing_for_vercel_model("openai/gpt-4o") == looked_up("openai", "gpt-4o")
    assert compat.fetch_model_pricing_from_vercel("openai/gpt-4o")["prompt"] == pricing["prompt"]
    assert compat.get_vercel_model_pricing("openai/gpt-4o")["prompt"] == pricing["prompt"]
    assert compat.normalize_vercel_model({"id": "openai/gpt-4o"})["pricing"]["prompt"] == pricing["prompt"]


def test_tables_are_the_librarys() -> None:
    rows = [json.loads(path.read_text()) for path in CATALOG.glob("*.json")]
    ranked = sorted((row for row in rows if "priority" in row), key=lambda row: row["priority"])
    assert list(compat.FALLBACK_PROVIDER_PRIORITY) == [row["id"] for row in ranked] and isinstance(compat.FALLBACK_PROVIDER_PRIORITY, tuple)
    for row in rows:
        assert compat.MANUAL_LOGO_DB.get(row["id"]) == row.get("logo_url")
    found = {model: compat.detect_provider_from_model_id(model) for model in
             ("claude-3-5-sonnet@20240620", "groq/llama-3.3-70b-versatile", "openai/gpt-4o", "x/y:free", "nobody-knows-this")}  # fmt: skip
    assert list(found.values()) == ["onerouter", "groq", "openai", "openrouter", None]


# Failures


def test_without_a_key(replay: Replay, caplog: pytest.LogCaptureFixture) -> None:
    compat.configure({**ONCE, "providers": {"onerouter": {"base_url": f"{replay.url}/v1"}, "onerouter-legacy": {}}})
    client = compat.get_onerouter_client()
    assert client.api_key == "placeholder-key"
    assert [(one.levelname, one.getMessage()) for one in caplog.records] == [("WARNING", "Infron AI API key not configured, using placeholder")]
    for ask in (
        lambda: compat.make_onerouter_request_openai(messages=MESSAGES, model="m"),
        lambda: list(compat.make_onerouter_request_openai_stream(messages=MESSAGES, model="m")),
        lambda: client.chat.completions.create(messages=MESSAGES, model="m"),
    ):
        with pytest.raises(ValueError) as raised:
            ask()
        assert type(raised.value) is ValueError and str(raised.value) == "Infron AI API key not configured"
        assert "ONEROUTER_API_KEY" in str(raised.value.__cause__)
    with pytest.raises(ValueError, match="^OneRouter API key not configured$"):
        compat.make_onerouter_legacy_request_openai(MESSAGES, "m")
    assert not replay.bodies and not replay.keys


def test_a_key_that_is_set_later_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    compat.configure()
    with pytest.raises(ValueError):
        compat.make_onerouter_request_openai(MESSAGES, "m")
    monkeypatch.setenv("INFRON_API_KEY", "sk-later")
    assert compat.get_infron_client().api_key == "sk-later"


@pytest.mark.parametrize(
    ("exchange", "name", "begins", "kind"),
    [
        (("openai", "c3fa8185edceaa73"), "HTTPStatusError", "401 Unauthorized", gatelet.AuthenticationError),
        (("openrouter", "c1c0a4b7e58686b2"), "HTTPStatusError", "429 Too Many Requests", gatelet.RateLimitError),
        (("openai", "c240f6ee3ab73abd"), "Error", "Model not found", gatelet.NotFoundError),
    ],
)
def test_messages_of_the_guides(exchange: Any, name: str, begins: str, kind: Any) -> None:
    with Replay({"": recorded(*exchange)}) as replay:
        compat.configure(of("onerouter", replay))
        with pytest.raises(kind) as raised:
            compat.make_onerouter_request_openai(messages=MESSAGES, model="m")
    assert type(raised.value).__name__ == name and str(raised.value).startswith(begins) and raised.value.status_code == json_status(exchange)


def json_status(exchange: Any) -> int:
    return recorded(*exchange)[0]


def test_a_time_out_in_the_guides_words(server: Any) -> None:
    provider = {"base_url": f"http://127.0.0.1:{server.port}/v1", "api_key": "k", "timeouts": {"first_byte": 0.2}}
    compat.configure({**ONCE, "providers": {"onerouter": provider}})
    with pytest.raises(gatelet.TimeoutError) as raised:
        compat.make_onerouter_request_openai(MESSAGES, "silent")
    assert type(raised.value).__name__ == "ReadTimeout" and str(raised.value).startswith("Request timed out")


def test_a_stream_that_stops_fails_in_the_guides_words(server: Any, caplog: pytest.LogCaptureFixture) -> None:
    provider = {"base_url": f"http://127.0.0.1:{server.port}/v1", "api_key": "k", "timeouts": {"idle": 0.2}}
    compat.configure({**ONCE, "providers": {"onerouter": provider}})
    seen: List[str] = []
    with pytest.raises(gatelet.TimeoutError) as raised:
        for chunk in compat.make_onerouter_request_openai_stream(MESSAGES, "stall:3"):
            seen.append(chunk.choices[0].delta.content)
    assert seen == ["w0 ", "w1 ", "w2 "] and type(raised.value).__name__ == "ReadTimeout" and str(raised.value).startswith("Request timed out")
    assert [one.getMessage() for one in caplog.records if one.levelname == "ERROR"] == ["Infron AI request failed: onerouter/stall:3: timeout_idle, http 200"]


def test_a_stream_is_closed(server: Any, closes: Callable[[int], None]) -> None:
    compat.configure({**ONCE, "providers": {"groq": {"base_url": f"http://127.0.0.1:{server.port}/v1", "api_key": "k"}}})
    with compat.make_groq_request_openai_stream(MESSAGES, "stall:3") as stream:
        assert next(stream).choices[0].delta.content == "w0 "
    closes(1)
    whole = compat.make_groq_request_openai_stream(MESSAGES, "stream:3")
    assert len([chunk.choices[0].delta.content for chunk in whole]) > 3 and whole.gatelet.provider == "groq" and whole.end == "finished"
    del stream, whole


def test_a_key_never_becomes_a_member(replay: Replay) -> None:
    compat.configure(of("groq", replay))
    for word in ("api_key", "base_url", "api_base"):
        with pytest.raises(TypeError, match=word):
            compat.make_groq_request_openai(MESSAGES, "m", **{word: "sk-other"})
    assert not replay.bodies


def test_failures_are_logged_without_what_was_said(replay: Replay, caplog: pytest.LogCaptureFixture) -> None:
    secret = "the prompt that nobody may see"
    replay.answers[""] = (400, "application/json", json.dumps({"error": {"message": f"bad: {secret}"}}).encode())
    compat.configure(of("groq", replay))
    with caplog.at_level(logging.DEBUG), pytest.raises(gatelet.BadRequestError):
        compat.make_groq_request_openai([{"role": "user", "content": secret}], "m")
    told = [one.getMessage() for one in caplog.records if one.levelname == "ERROR"]
    assert told == ["Groq request failed: groq/m: bad_request, http 400"] and secret not in caplog.text


def test_a_list_that_cannot_be_had_is_empty_and_told(caplog: pytest.LogCaptureFixture) -> None:
    compat.configure({**ONCE, "providers": {"groq": {"base_url": "http://127.0.0.1:9/v1"}}})
    assert compat.fetch_models_from_groq() == []
    assert "fetch of models from Groq failed" in caplog.text


def test_processing_takes_any_object_of_that_shape() -> None:
    choice = SimpleNamespace(index=0, message=SimpleNamespace(role="assistant", content="x"), finish_reason="stop")
    answer = SimpleNamespace(id="i", object="o", created=1, model="m", choices=[choice], usage=None)
    assert compat.process_groq_response(answer)["usage"] == {}


def test_a_provider_of_ones_own_has_its_functions(replay: Replay, tmp_path: Path) -> None:
    compat.configure(of("our-own", replay))
    assert compat.make_our_own_request_openai(MESSAGES, "m").gatelet.provider == "our-own"
    assert compat.fetch_models_from_our_own()[0]["source_gateway"] == "our-own"
