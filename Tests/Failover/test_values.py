"""A value that a provider may not take: it is sent as it was given, or left out or changed with a warning, or refused by its name."""
import json

import pytest
from test_choices import always
from test_parameters import ask, bench, dialects, response, warned, ANSWERS  # noqa: F401

MODELS = {"anthropic": "claude-sonnet-4-5", "gemini": "gemini-2.5-flash"}
TOKENS = ["0", "-3", '"5"', "1e30", "2.5", "true"]
ODD = {
    "max_tokens": TOKENS, "max_completion_tokens": TOKENS, "n": ["0", "-1", '"2"', "1.5", "2"], "stop": ['""', "[1]", '["", "a"]', "5", "{}"], "seed": ["0", '"x"', "-1"],
    "temperature": ["-1", '"hot"', "3", "1e300"], "top_p": ["7", '"x"'], "top_k": ["-1", "0", "1.5"], "service_tier": ['"odd"'], "frequency_penalty": ["9", '"x"'],
    "reasoning_effort": ['"weird"', "5"], "modalities": ['"image"'],
    "reasoning": ['{"max_tokens": -1}', '{"max_tokens": 100000}', '{"max_tokens": "5"}', '{"max_tokens": 1e30}', '{"max_tokens": 1.5}', '{"effort": "weird"}', '"high"',
                  '{"effort": "low", "max_tokens": 2000}'],
}
CASES = [(name, value) for name, values in ODD.items() for value in values]


def leaves(value):
    if isinstance(value, dict):
        return [leaf for name, one in value.items() if name not in ("messages", "contents", "input") for leaf in leaves(one)]
    return [leaf for one in value for leaf in leaves(one)] if isinstance(value, list) else [value]


def is_sent(given, body):
    """All that it says is somewhere in the body, in the type that it has."""
    there = [(type(one), one) for one in leaves(body)]
    return all((type(one), one) in there for one in leaves(given)) and bool(leaves(given))


@dialects
@pytest.mark.parametrize("name,value", CASES)
def test_nothing_changes_silently(bench, dialect, name, value):  # noqa: F811
    client = bench(dialect, always(response(200, ANSWERS[dialect])))
    request = f'{{"model": "p/{MODELS.get(dialect, "m")}", "messages": [{{"role": "user", "content": "hello"}}], "{name}": {value}}}'
    outcome = client.call("chat", request.encode())
    if outcome.status:
        assert not bench.bodies and f"`{name}" in outcome.error["message"], outcome
        return
    named = [path for _, path in warned(outcome) if path == name or path.startswith(name + ".")]
    assert named or is_sent(json.loads(value), json.loads(bench.bodies[0])) or bench.bodies[0].replace(" ", "").find(f'"{name}":{value}'.replace(" ", "")) >= 0, (warned(outcome), bench.bodies)


@pytest.mark.parametrize("dialect", ["anthropic", "gemini"])
def test_both_limits(bench, dialect):  # noqa: F811
    client = bench(dialect, always(response(200, ANSWERS[dialect])))
    outcome = ask(client, "chat", {"max_tokens": "7", "max_completion_tokens": "9"})
    assert 9 in leaves(json.loads(bench.bodies[0])) and ("dropped", "max_tokens") in warned(outcome), outcome


@dialects
def test_half_a_pair_is_not_sent(bench, dialect):  # noqa: F811
    """Neither in a text nor within the arguments of a call, which some dialects have as JSON."""
    client = bench(dialect, always(response(200, ANSWERS[dialect])))
    call = r'{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{\"a\": \"\\ud800\"}"}}'
    request = r'{"model": "p/m", "messages": [{"role": "user", "content": "x\udc00"}, {"role": "assistant", "content": null, "tool_calls": [CALL]}, {"role": "tool", "tool_call_id": "c", "content": "r"}]}'
    outcome = client.call("chat", request.replace("CALL", call).encode())
    assert outcome.status == 0 and outcome.answer["gatelet"]["request_repaired"] is True, outcome
    [sent] = bench.bodies
    json.dumps(json.loads(sent), ensure_ascii=False).encode()  # has no half of a pair
    assert "x\ufffd" in json.loads(json.dumps(leaves({"a": list(json.loads(sent).values())}))) or "x\\ufffd" in sent, sent
    if dialect in ("anthropic", "gemini"):
        assert ("dropped", "messages[1].tool_calls[0].function.arguments") in warned(outcome), outcome


def test_vectors_of_gemini_in_base64(bench):  # noqa: F811
    """They are packed here, so nothing was dropped."""
    client = bench("gemini", always(response(200, {"embeddings": [{"values": [0.5]}]})))
    outcome = client.call("embeddings", {"model": "p/m", "input": "a", "encoding_format": "base64"})
    assert outcome.answer["data"][0]["embedding"] == "AAAAPw==" and not warned(outcome), outcome
    outcome = client.call("embeddings", {"model": "p/m", "input": "a", "encoding_format": "ubinary"})
    assert warned(outcome) == [("dropped", "encoding_format")], outcome
