"""Servers that others wrote as live upstreams: llm-katan and mock-ai-api."""
import json

import library
import pytest
import servers
from conftest import KEY, provider


def katan_config(server, **members):
    return {"providers": {"katan": provider(f"http://127.0.0.1:{server.port}/v1", **members)}}


def mock_config(server):
    return {"providers": {"mock": provider(f"http://127.0.0.1:{server.port}/v1")}}


def test_katan_chat(gateway, katan):
    outcome = gateway(katan_config(katan)).chat("katan/katan", max_tokens=77)
    assert outcome.status == 0
    assert outcome.content.startswith("[echo] model=katan ") and "max_tokens=77" in outcome.content
    assert outcome.content.endswith("User: hello there")
    assert outcome.answer["usage"]["total_tokens"] == 12
    assert outcome.answer["gatelet"]["provider"] == "katan" and outcome.answer["gatelet"]["attempts"][0]["http_status"] == 200


def test_katan_stream(gateway, katan):
    outcome = gateway(katan_config(katan)).stream("katan/katan")
    assert outcome.status == 0 and outcome.end["end"] == "finished"
    assert outcome.text.startswith("[echo] model=katan ") and outcome.text.endswith("User: hello there")
    assert len(outcome.chunks) > 10
    assert outcome.content == outcome.text
    assert outcome.end["usage"] == outcome.answer["usage"] == {"prompt_tokens": 2, "completion_tokens": 10, "total_tokens": 12}
    assert outcome.answer["choices"][0]["finish_reason"] == "stop"


def test_katan_tool_call(gateway, katan):
    tools = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}]
    outcome = gateway(katan_config(katan)).chat("katan/katan", tools=tools)
    call = outcome.answer["choices"][0]["message"]["tool_calls"][0]
    assert outcome.status == 0 and call["function"] == {"name": "f", "arguments": "{}"}


def test_katan_answers_a_stream_with_tools_by_a_document(gateway, katan):
    """It ignores `stream` when tools are given: a success that is no stream is an error, not silence."""
    tools = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}]
    outcome = gateway(katan_config(katan)).stream("katan/katan", tools=tools)
    assert outcome.status == 312 and outcome.end["end"] == "error"


def test_katan_models(gateway, katan):
    outcome = gateway(katan_config(katan)).models()
    assert outcome.status == 0
    assert [(model["id"], model["provider"]) for model in outcome.answer["data"]] == [("katan", "katan")]


def test_katan_wants_a_key(gateway, katan):
    config = {"providers": {"katan": {"base_url": f"http://127.0.0.1:{katan.port}/v1", "key": "none"}}}
    outcome = gateway(config).chat("katan/katan")
    assert (outcome.status, outcome.error["http_status"], outcome.error["code"]) == (301, 401, "invalid_api_key")


@pytest.mark.parametrize("flag, status, http", [
    (["--error-rate", "1.0"], 307, 500), (["--rate-limit-after", "1"], 305, 429), (["--timeout-after", "1"], 308, 504)])
def test_katan_faults(gateway, folder, flag, status, http):
    server = servers.katan(folder, *flag)
    try:
        client = gateway(katan_config(server))
        client.chat("katan/katan")
        for outcome in (client.chat("katan/katan"), client.stream("katan/katan")):
            assert (outcome.status, outcome.error["http_status"]) == (status, http)
            assert outcome.error["retryable"] is True
    finally:
        server.stop()


def test_katan_slow_stream_and_idle_timeout(gateway, folder):
    server = servers.katan(folder, "--chunk-delay-ms", "60")
    try:
        client = gateway(katan_config(server))
        assert client.stream("katan/katan").status == 0
        outcome = client.stream("katan/katan", gatelet={"timeouts": {"total": 0.5}})
        assert outcome.status == 207 and 0 < len(outcome.chunks) < 30
        assert outcome.answer["choices"][0]["finish_reason"] is None
    finally:
        server.stop()


def test_katan_through_the_queue_in_parallel(katan):
    client, queue = library.Client(json.dumps({"environment": False, **katan_config(katan)})), library.Queue()
    request = json.dumps({"model": "katan/katan", "messages": [{"role": "user", "content": "hello there"}]}).encode()
    for tag in range(30):
        queue.submit(client, library.OP_CHAT_STREAM if tag % 2 else library.OP_CHAT, request, tag)
    ended, texts = {}, {tag: b"" for tag in range(30)}
    while len(ended) < 30:
        events = queue.next(20000)
        assert events, "no event within 20 s"
        for kind, status, tag, document, text, _ in events:
            if kind == library.END:
                ended[tag] = status
            else:
                texts[tag] += text if kind == library.CHUNK else document
    queue.free()
    client.free()
    assert set(ended.values()) == {0}
    assert all(b"User: hello there" in text for text in texts.values())


def test_mock_chat_stream_models_embeddings_completion(gateway, mock):
    client = gateway(mock_config(mock))
    blocking = client.chat("mock/gpt-4.1:mock-text")
    assert blocking.content == "Hello. It's nice to meet you."
    outcome = client.stream("mock/gpt-4.1:mock-text")
    assert (outcome.status, outcome.text, outcome.end["end"]) == (0, "Hello. It's nice to meet you.", "finished")
    assert outcome.end["usage"] == outcome.answer["usage"] == blocking.answer["usage"]
    ids = [model["id"] for model in client.models().answer["data"]]
    assert "gpt-4o-mini" in ids and len(ids) > 5
    outcome = client.call("embeddings", {"model": "mock/text-embedding-3-small", "input": "x"})
    assert outcome.status == 0 and len(outcome.answer["data"][0]["embedding"]) > 100
    outcome = client.call("completion", {"model": "mock/gpt-3.5-turbo-instruct", "prompt": "x"})
    assert outcome.answer["choices"][0]["text"] == "Hello. It's nice to meet you."


def test_mock_tool_calls(gateway, mock):
    client = gateway(mock_config(mock))
    blocking = client.chat("mock/gpt-4.1:mock-tool-call").answer["choices"][0]
    streamed = client.stream("mock/gpt-4.1:mock-tool-stream").answer["choices"][0]
    for choice in (blocking, streamed):
        call = choice["message"]["tool_calls"][0]
        assert choice["finish_reason"] == "tool_calls" and call["function"]["name"] == "Write" and call["id"].startswith("call_")
        assert json.loads(call["function"]["arguments"]) == {"path": "tmp/mock-file.txt", "contents": "mock output"}


@pytest.mark.parametrize("http, status", [(400, 300), (401, 301), (429, 305), (500, 307), (503, 306)])
def test_mock_errors(gateway, mock, http, status):
    # A client each: a key that was refused is left alone for a while.
    model = f"mock/gpt-4.1:mock-{http}"
    for outcome in (gateway(mock_config(mock)).chat(model), gateway(mock_config(mock)).stream(model)):
        assert outcome.status == outcome.error["status"] == status
        assert outcome.error["http_status"] == http and outcome.error["code"] == f"mock_{http}"
        assert f"Mock scenario mock-{http} triggered" in outcome.error["provider_message"]
        assert outcome.error["retryable"] is (http in (429, 500, 503))
        assert outcome.error["provider"] == "mock" and KEY not in json.dumps(outcome.error)
