"""The shape of the OpenAI SDK: constructors, options of calls, words that are refused. What programs do with it is in `snippets`."""

from __future__ import annotations

import inspect
from operator import attrgetter
from typing import Any, Dict, Iterator

import gatelet
import httpx
import openai
import pytest
from conftest import MESSAGES, Upstream
from gatelet import _words


@pytest.fixture
def base(server: Upstream) -> str:
    return f"http://127.0.0.1:{server.port}/v1"


def last(server: Upstream) -> Dict[str, Any]:
    return server.seen()["requests"][-1]  # type: ignore[no-any-return]


@pytest.fixture(autouse=True)
def nobody_else(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "DEV_MODE", "GATELET_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    yield


@pytest.mark.parametrize("model", ["chat", "openai/chat", "anthropic/claude-sonnet-4.5", "gpt-4o", "groq/x", "meta-llama/Llama-3.3-70B"])
def test_an_address_is_the_only_provider(server: Upstream, base: str, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANTHROPIC_API_KEY", "GROQ_API_KEY", "OPENROUTER_API_KEY"):
        monkeypatch.setenv(name, "sk-somebody-elses")
    with gatelet.Client(api_key="sk-mine", base_url=base) as client:
        assert client.chat.completions.create(model=model, messages=MESSAGES).gatelet.provider == "custom"
        assert last(server)["headers"]["authorization"] == "Bearer sk-mine" and last(server)["body"]["model"] == model
        assert client.chat.completions.create(model=model, messages=MESSAGES, gatelet={"dry_run": True}).plan
        assert [one.id for one in client.models.list()] == ["chat"] and client.models.list().data[0].owned_by == "custom"
        assert client.models.retrieve("chat").id == "chat"
        with pytest.raises(gatelet.NotFoundError):
            client.models.retrieve("none")


def test_variables(server: Upstream, base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", base)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-environment")
    for arguments in ({}, {"base_url": base}, {"max_retries": 0}):
        with gatelet.Client(**arguments) as client:  # type: ignore[arg-type]
            client.chat.completions.create(model="gpt-4o", messages=MESSAGES)
            assert last(server)["headers"]["authorization"] == "Bearer sk-environment"
    with gatelet.Client(api_key="sk-argument") as client:
        client.chat.completions.create(model="gpt-4o", messages=MESSAGES)
        assert last(server)["headers"]["authorization"] == "Bearer sk-argument"


def test_another_configuration_keeps_the_provider(server: Upstream, base: str) -> None:
    with gatelet.Client(api_key="k", base_url=base) as client:
        client.reload(log="error")
        assert client.chat.completions.create(model="gpt-4o", messages=MESSAGES, extra_headers={"X-A": "1"}).gatelet.provider == "custom"
        assert last(server)["headers"]["x-a"] == "1"
    with gatelet.Client(server.config(), default_headers={"X-B": "1"}) as client:
        client.reload(server.config(), log="error")
        client.chat.completions.create(model="chat", messages=MESSAGES)
        assert last(server)["headers"]["x-b"] == "1"


def test_a_local_server_needs_no_key(server: Upstream, base: str) -> None:
    with gatelet.Client(base_url=httpx.URL(base + "/")) as client:
        assert client.chat.completions.create(model="chat", messages=MESSAGES).choices
    assert "authorization" not in last(server)["headers"]


@pytest.mark.parametrize("arguments", [{"api_key": ""}, {"api_key": 5}, {"timeout": "soon"}, {"max_retry": 1}])
def test_wrong_arguments(arguments: Any) -> None:
    with pytest.raises((TypeError, ValueError, gatelet.ConfigError)):
        gatelet.Client(**arguments)


def test_every_parameter_of_the_openai_sdk_is_known() -> None:
    sdk: Any = openai.OpenAI(api_key="k")
    read_apart = {"messages", "model", "stream", "prompt", "input", "parse_as", "response_format", "text_format"}
    for path, known in (
        ("chat.completions.create", _words.CHAT), ("chat.completions.parse", _words.CHAT), ("chat.completions.stream", _words.CHAT),
        ("completions.create", _words.COMPLETION), ("embeddings.create", _words.EMBEDDING), ("responses.create", _words.RESPONSES),
        ("responses.parse", _words.RESPONSES | {"verbosity"}),  # which the SDK sends beside `text`, where nobody reads it
    ):  # fmt: skip
        theirs = inspect.signature(attrgetter(path)(sdk)).parameters.keys()
        assert theirs - read_apart <= known | _words.CALL, path


def test_the_names_of_the_openai_sdk() -> None:
    exceptions = {name for name, value in list(vars(openai).items()) if isinstance(value, type) and issubclass(value, openai.OpenAIError)}
    of_other_interfaces = {"OAuthError", "InvalidWebhookSignatureError", "WebSocketConnectionClosedError", "WebSocketQueueFullError"}
    exceptions = {name for name in exceptions if not name.startswith("_")}
    for name in exceptions - of_other_interfaces | {"NOT_GIVEN", "omit", "NotGiven", "Omit", "Timeout", "Stream", "AsyncStream", "pydantic_function_tool"}:
        assert hasattr(gatelet, name), name
    assert gatelet.Timeout is httpx.Timeout


TYPE_ERRORS: Dict[str, Any] = {
    "extra_body": ["x", ["a"], b"{}", [("a", 1)]], "extra_headers": ["X-A: b", ["a"], 5, {5: "a"}, {"A": b"x"}], "extra_query": ["x=1", ["a"], 5],
    "timeout": ["5", (1, 2), True], "total_timeout": ["5", True], "gatelet": ["x", 5, ["a"]], "messages": ["hi", {"role": "user", "content": "x"}, None, 5, b"x"],
}  # fmt: skip


@pytest.mark.parametrize("name", TYPE_ERRORS)
def test_arguments_of_a_wrong_type(client: gatelet.Client, server: Upstream, name: str) -> None:
    before = len(server.seen()["requests"])
    given: Any = {"model": "chat", "messages": MESSAGES}
    for value in TYPE_ERRORS[name]:
        for call in client.chat.completions.create, client.chat.completions.parse, client.messages.create:
            more = {"max_tokens": 5} if call == client.messages.create else {}
            with pytest.raises(TypeError, match=f"{name}.*(is|are) .*, but not "):
                call(**{**given, **more, name: value})  # type: ignore[operator]
    assert len(server.seen()["requests"]) == before


def test_constructors_say_what_is_of_a_wrong_type(client: gatelet.Client) -> None:
    for name in "default_headers", "default_query":
        for value in "x", 5, ["a"]:
            for make in gatelet.Client, client.with_options:
                with pytest.raises(TypeError, match=f"{name} is a dict"):
                    make(**{name: value})  # type: ignore[operator]
    for config in 5, ["x"], b"{}":
        with pytest.raises(TypeError, match="a dict or a JSON text"):
            gatelet.Client(config)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="a hook is a function"):
        client.set_hook(5)  # type: ignore[arg-type]
    for body in {"messages": MESSAGES}, 5:
        with pytest.raises(TypeError, match="bytes or a text"):
            client.raw.chat(body)  # type: ignore[arg-type]


def test_times_without_an_end(client: gatelet.Client) -> None:
    for limit in float("inf"), None, httpx.Timeout(None), httpx.Timeout(float("inf")):
        assert client.chat.completions.create(model="chat", messages=MESSAGES, timeout=limit, total_timeout=float("inf")).choices
    for wrong in -1, float("nan"):
        with pytest.raises(ValueError, match="timeout is a number of seconds, but not"):
            client.chat.completions.create(model="chat", messages=MESSAGES, timeout=wrong)


def test_what_a_client_has(base: str) -> None:
    client = gatelet.Client(api_key="k", base_url=base + "/", timeout=7, max_retries=4, environment=False)
    assert (client.base_url, client.timeout, client.max_retries, client.is_closed()) == (base, 7, 4, False)
    other = client.with_options(timeout=None)
    assert (other.base_url, other.timeout, other.max_retries) == (base, None, 4) and other.copy(max_retries=0).max_retries == 0
    assert other.copy(tag="a").timeout is None and client.timeout == 7
    for name in "api_key", "base_url", "timeout", "max_retries", "default_headers", "default_query":
        with pytest.raises(AttributeError, match=f"^{name} of a client is not changed: "):
            setattr(client, name, "x")
    client.close()
    assert client.is_closed() and other.is_closed()
    with gatelet.Client(api_key="k", environment=False) as client:
        assert client.base_url == "https://api.openai.com/v1" and client.timeout is gatelet.NOT_GIVEN and client.max_retries is None
    with gatelet.Client(environment=False) as client:
        assert client.base_url is None


async def test_what_an_async_client_has(base: str) -> None:
    client = gatelet.AsyncClient(api_key="k", base_url=base, timeout=7, environment=False)
    assert (client.base_url, client.timeout, client.is_closed()) == (base, 7, False)
    await client.aclose()
    assert client.is_closed()


def test_options_of_all_calls(server: Upstream, base: str) -> None:
    with gatelet.Client(api_key="k", base_url=base, default_headers={"X-A": "1", "X-B": "1"}, organization="org", project="p") as client:
        client.chat.completions.create(model="chat", messages=MESSAGES, extra_headers={"x-b": "2", "X-C": "3"})
        sent = last(server)["headers"]
        assert (sent["x-a"], sent["x-b"], sent["x-c"], sent["openai-organization"], sent["openai-project"]) == ("1", "2", "3", "org", "p")
        client.chat.completions.create(model="chat", messages=MESSAGES, extra_headers={"X-A": gatelet.omit})
        assert "x-a" not in last(server)["headers"] and last(server)["headers"]["x-b"] == "1"
        other = client.with_options(default_headers={"X-A": "9"}, tag="team", timeout=0.4, max_retries=0)
        other.embeddings.create(model="chat", input="x")
        assert last(server)["headers"]["x-a"] == "9" and last(server)["headers"]["x-b"] == "1"
        with pytest.raises(gatelet.APITimeoutError):
            other.chat.completions.create(model="silent", messages=MESSAGES)
        assert [row.requests for row in client.stats("tag", tag="team").tag or ()] == [2] and other.copy(tag="x").completions.create(model="chat", prompt="x").choices
        with pytest.raises(TypeError, match="api_key"):
            client.with_options(api_key="other")  # type: ignore[call-arg]
        other.close()
        with pytest.raises(gatelet.ClosedError):
            client.chat.completions.create(model="chat", messages=MESSAGES)


def test_options_with_a_configuration(server: Upstream) -> None:
    with gatelet.Client(server.config(allow_headers=["X-Old"]), timeout=0.4, max_retries=0, default_headers={"X-New": "1"}) as client:
        client.chat.completions.create(model="chat", messages=MESSAGES, extra_headers={"X-Old": "2"})
        assert last(server)["headers"]["x-new"] == "1" and last(server)["headers"]["x-old"] == "2"
        with pytest.raises(gatelet.APITimeoutError):
            client.chat.completions.create(model="silent", messages=MESSAGES)


@pytest.mark.parametrize("word", sorted(_words._FOREIGN))
def test_words_of_other_libraries(client: gatelet.Client, server: Upstream, word: str) -> None:
    before = len(server.seen()["requests"])
    calls: Any = [
        (client.chat.completions.create, {"messages": MESSAGES}), (client.chat.completions.parse, {"messages": MESSAGES}),
        (client.completions.create, {"prompt": "x"}), (client.embeddings.create, {"input": "x"}), (client.responses.create, {"input": "x"}),
        (client.messages.create, {"messages": MESSAGES, "max_tokens": 5}), (client.raw.chat, {"body": b"{}"}),
    ]  # fmt: skip
    for call, given in calls:
        with pytest.raises(TypeError, match=f"'{word}': ") as caught:
            call(**given, **{word: "sk-secret"})
        assert "sk-secret" not in str(caught.value)
    assert len(server.seen()["requests"]) == before


@pytest.mark.parametrize("word", ["aws_region_name", "vertex_project", "litellm_call_id", "azure_deployment"])
def test_families_of_words(client: gatelet.Client, word: str) -> None:
    with pytest.raises(TypeError, match=f"'{word}': "):
        client.chat.completions.create(model="chat", messages=MESSAGES, **{word: "x"})  # type: ignore[call-overload]


def test_a_key_is_not_sent_in_a_body(client: gatelet.Client, server: Upstream) -> None:
    before = len(server.seen()["requests"])
    with pytest.raises(TypeError, match=r"extra_body.*api_key"):
        client.chat.completions.create(model="chat", messages=MESSAGES, extra_body={"api_key": "sk-secret"})
    assert len(server.seen()["requests"]) == before


def test_misspelt_ones_are_told(client: gatelet.Client) -> None:
    create: Any = client.chat.completions.create
    with pytest.raises(TypeError, match=r"create\(\) got an unexpected keyword argument 'temperatur': is it 'temperature'\?"):
        create(model="chat", messages=MESSAGES, temperatur=1)
    with pytest.raises(TypeError, match=r"'top_k': .*extra_body=\{'top_k': ...\}"):
        create(model="chat", messages=MESSAGES, top_k=1)
    with pytest.raises(TypeError, match="is it 'total_timeout'"):
        create(model="chat", messages=MESSAGES, total_timeouts=1)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (5, {"connect": 5, "first_byte": 5, "idle": 5}), (None, {"connect": 0, "first_byte": 0, "idle": 0, "content": 0}),
        (900, {"connect": 900, "first_byte": 900, "idle": 900, "content": 900}), (0, {"connect": 0.001, "first_byte": 0.001, "idle": 0.001}),
        (httpx.Timeout(30, connect=2), {"connect": 2, "first_byte": 30, "idle": 30}),
        (httpx.Timeout(None, connect=2), {"connect": 2, "first_byte": 0, "idle": 0, "content": 0}),
    ],
)  # fmt: skip
def test_timeouts(given: Any, meant: Dict[str, float]) -> None:
    from gatelet import _request

    assert _request.timeouts(given) == meant


def test_messages_of_other_packages(client: gatelet.Client, server: Upstream) -> None:
    """Pydantic models, as those of the openai package, chunks' parts, mappings and iterators are sent as what they hold."""
    from openai.types.chat import ChatCompletionMessage

    theirs = ChatCompletionMessage(role="assistant", content="theirs")
    delta = next(iter(client.chat.completions.create(model="stream:1", messages=MESSAGES, stream=True))).choices[0].delta
    given: Any = [*MESSAGES, theirs, {"role": "assistant", "content": delta.content, "extra": delta}, httpx.Headers({"role": "user", "content": "x"})]
    client.chat.completions.create(model="chat", messages=iter(given), stop=(word for word in ["a"]))  # type: ignore[call-overload]
    sent = last(server)["body"]
    assert sent["messages"][1:] == [
        {"role": "assistant", "content": "theirs"}, {"role": "assistant", "content": "w0 ", "extra": {"content": "w0 "}}, {"role": "user", "content": "x"},
    ] and sent["stop"] == ["a"]  # fmt: skip


async def test_async_options(server: Upstream, base: str) -> None:
    async with gatelet.AsyncClient(api_key="k", base_url=base, default_headers={"X-A": "1"}) as client:
        other = client.with_options(default_headers={"X-B": "2"}, timeout=0.4, max_retries=0)
        await other.chat.completions.create(model="chat", messages=MESSAGES)
        assert last(server)["headers"]["x-a"] == "1" and last(server)["headers"]["x-b"] == "2"
        with pytest.raises(gatelet.APITimeoutError):
            await other.chat.completions.create(model="silent", messages=MESSAGES)
        assert (await client.models.retrieve("chat")).owned_by == "custom"
        raw = await client.with_raw_response.chat.completions.create(model="chat", messages=MESSAGES)
        assert raw.status_code == 200 and raw.headers["content-type"] == "application/json" and raw.parse().choices


async def test_messages_of_anthropic_and_responses(server: Upstream) -> None:
    asked: Any = {"model": "chat", "max_tokens": 50, "messages": [{"role": "user", "content": "Hi"}], "system": "s", "top_k": 3}
    with gatelet.Client(server.config()) as client:
        message = client.messages.create(**asked)
        assert message.content[0].text == "You said: Hi" and message.stop_reason == "end_turn" and message.usage.output_tokens == 5
        with client.messages.stream(**{**asked, "model": "stream:3"}) as stream:
            assert list(stream.text_stream) == ["w0 ", "w1 ", "w2 "]
            assert stream.get_final_text() == "w0 w1 w2 " and stream.get_final_message().role == "assistant"
        kinds = [event.type for event in client.messages.create(**{**asked, "model": "stream:3"}, stream=True)]
        assert kinds[0] == "message_start" and kinds[-1] == "message_stop"
        events = list(client.raw.messages_stream('{"model":"stream:1","max_tokens":5,"messages":[{"role":"user","content":"x"}]}', sse=True))
        assert events[0].startswith(b"event: message_start\ndata: {") and events[-1].startswith(b"event: message_stop\n")
        with pytest.raises(TypeError, match="max_token"):
            client.messages.create(model="chat", messages=[], max_token=1)  # type: ignore[call-overload]
        assert client.responses.create(model="chat", input=[{"role": "user", "content": "Hi"}]).output_text == "You said: Hi"
    async with gatelet.AsyncClient(server.config()) as another:
        async with another.messages.stream(**{**asked, "model": "stream:3"}) as parts:
            assert [text async for text in parts.text_stream] == ["w0 ", "w1 ", "w2 "]
            assert (await parts.get_final_message()).content[0].text == "w0 w1 w2 "
        async with another.responses.stream(model="stream:3", input="x") as output:
            assert [event.type async for event in output][-1] == "response.completed"
            assert (await output.get_final_response()).output_text == "w0 w1 w2 "


def test_tokens_are_counted(dev: gatelet.Client) -> None:
    count = dev.messages.count_tokens(model="m", messages=[{"role": "user", "content": "one two"}], system="s")
    assert count.input_tokens > 0 and count.gatelet.provider == "dev"


def test_the_response_of_a_stream(client: gatelet.Client, server: Upstream) -> None:
    with client.chat.completions.create(model="stream:3", messages=MESSAGES, stream=True) as stream:
        assert stream.response.status_code == 200 and stream.response.headers["Content-Type"] == "text/event-stream"
        assert len(list(stream)) == 4
    answer = client.chat.completions.create(model="chat", messages=MESSAGES)
    assert "response" not in answer.gatelet and answer._request_id is None


def test_what_is_elsewhere_is_told(client: gatelet.Client) -> None:
    with pytest.raises(AttributeError, match=r"'images': client.raw.request\(...\) asks such .* gatelet.openai.http_client\(\)"):
        client.images  # type: ignore[attr-defined] # noqa: B018
    assert not hasattr(client, "nothing") and not hasattr(client, "audio")


@pytest.mark.parametrize("name", ["http_client", "api_base", "azure_endpoint", "num_retries"])
def test_words_of_other_constructors(name: str) -> None:
    with pytest.raises(TypeError, match=rf"Client\(\) got an unexpected keyword argument '{name}': \S+ "):
        gatelet.Client(**{name: object()})  # type: ignore[arg-type]


def test_what_the_openai_package_leaves_out(server: Upstream, client: gatelet.Client) -> None:
    import openai

    left_out: Dict[str, Any] = {"temperature": openai.NOT_GIVEN, "stop": openai.omit, "timeout": openai.NOT_GIVEN}
    client.chat.completions.create(model="chat", messages=MESSAGES, **left_out)
    assert server.seen()["requests"][-1]["body"] == {"model": "chat", "messages": MESSAGES}
