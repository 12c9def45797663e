"""A server that others wrote, which speaks all three dialects: llm-katan with its echo backend, which needs no model."""
import json
import shutil
import tempfile

import library
import recordings
import servers

PROVIDERS = {"openai": ("v1", {}), "anthropic": ("v1", {}), "gemini": ("v1beta", {"auth": "bearer"})}
TOOLS = [{"type": "function", "function": {"name": "f", "description": "does it", "parameters": {"type": "object", "properties": {"x": {"type": "string"}}}}}]
MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": [{"type": "text", "text": "hello there"}]}]


def client(port):
    return library.Client(json.dumps({"environment": False, "retry": {"attempts": 1}, "providers": {
        dialect: {"dialect": dialect, "base_url": f"http://127.0.0.1:{port}/{version}", "api_key": "sk-katan", **more}
        for dialect, (version, more) in PROVIDERS.items() if recordings.spoken(dialect)}}))


def request(dialect, **more):
    return json.dumps({"model": f"{dialect}/katan", "messages": MESSAGES, "max_tokens": 77, **more}).encode()


def echo(text):
    return text.startswith("[echo]") and text.rstrip().endswith("hello there")


def answers(it, dialect):
    status, answer, error = it.call("chat", request(dialect))
    if status:
        return [f"chat: status {status}: {error}"]
    answer = json.loads(answer)
    [choice] = answer["choices"]
    found = [] if echo(choice["message"]["content"]) else [f"chat: {choice}"]
    found += [] if "max_tokens=77" in choice["message"]["content"] else ["max_tokens did not arrive"]
    found += [] if choice["finish_reason"] == "stop" else [f"finish {choice['finish_reason']}"]
    usage = answer["gatelet"]["usage"]
    return found + ([] if usage["source"] == "reported" and usage["input"] > 0 and usage["output"] > 0 else [f"usage {usage}"])


def streams(it, dialect):
    status, chunks, ends, answer, error = it.stream("stream", request(dialect))
    text = b"".join(chunk[1] for chunk in chunks).decode()
    found = [] if status == 0 and json.loads(ends[0][2])["end"] == "finished" else [f"stream: status {status}: {error}"]
    found += [] if echo(text) and len(chunks) > 3 else [f"stream: {len(chunks)} chunks: {text}"]
    return found + ([] if answer and json.loads(answer)["choices"][0]["message"]["content"] == text else ["the assembled answer differs"])


def calls(it, dialect):
    status, answer, error = it.call("chat", request(dialect, tools=TOOLS))
    if status:
        return [f"call: status {status}: {error}"]
    [choice] = json.loads(answer)["choices"]
    [call] = choice["message"]["tool_calls"]
    found = [] if call["function"]["name"] == "f" and isinstance(json.loads(call["function"]["arguments"]), dict) and call["id"] else [f"call: {call}"]
    return found + ([] if choice["finish_reason"] == "tool_calls" else [f"finish {choice['finish_reason']}"])


def without_key(it, dialect):
    """It answers 401 in the form of each dialect."""
    status, _, error = it.call("chat", request(dialect))
    return [] if (status, json.loads(error or b"{}").get("http_status")) == (301, 401) else [f"without a key: status {status}: {error}"]


def broken(it, dialect):
    status, _, error = it.call("chat", request(dialect))
    return [] if (status, json.loads(error or b"{}").get("http_status")) == (307, 500) else [f"status {status}: {error}"]


def all_of(tests):
    dialects = [dialect for dialect in PROVIDERS if recordings.spoken(dialect) and tests.wanted(f"{dialect} llm-katan")]
    if not dialects:
        return
    folder = tempfile.mkdtemp()
    for checks, flags in (((answers, streams, calls), ()), ((broken,), ("--error-rate", "1.0")), ((without_key,), ("--validate-keys",))):
        peer = servers.katan(folder, "--providers", "openai,anthropic,vertexai", *flags)
        it = client(peer.port)
        try:
            for check in checks:
                for dialect in dialects:
                    try:
                        found = check(it, dialect)
                    except (ValueError, KeyError, TypeError) as fault:
                        found = [f"{type(fault).__name__}: {fault}"]
                    tests.check(f"{dialect} llm-katan {check.__name__.replace('_', ' ')}", found)
        finally:
            it.free()
            peer.stop()
    shutil.rmtree(folder, ignore_errors=True)
