"""Parameters through every dialect: 0 stays 0, rules of a row hold, and what a provider refuses by its name is left out once."""
import json

import pytest
from live import provider
from test_choices import always
from test_raw import BODIES, events, streamed
from upstreams import Connection, completion, response

RESPONSE = {"id": "resp_1", "object": "response", "status": "completed", "model": "m", "created_at": 1, "error": None, "incomplete_details": None, "parallel_tool_calls": True, "tool_choice": "auto", "tools": [],
            "output": [{"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [{"type": "output_text", "text": "Hi", "annotations": []}]}],
            "usage": {"input_tokens": 3, "output_tokens": 1, "total_tokens": 4}}
ANSWERS = {**BODIES, "openai-responses": RESPONSE}
STREAMED = {dialect: streamed(events(dialect)) for dialect in BODIES}
STREAMED["openai-responses"] = streamed(f'event: response.completed\ndata: {json.dumps({"type": "response.completed", "sequence_number": 0, "response": RESPONSE})}\n\n'.encode())
dialects = pytest.mark.parametrize("dialect", ANSWERS)
operations = pytest.mark.parametrize("operation", ["chat", "stream"])


def answer(dialect, operation):
    return STREAMED[dialect] if operation == "stream" else response(200, ANSWERS[dialect])


@pytest.fixture
def bench(gateway, raw, monkeypatch):
    """bench(dialect, behave, **members): a client of one provider; `bench.bodies` has what was sent, as text."""
    bodies = []
    read = Connection.read

    def reading(self):
        body = read(self)
        if body:
            bodies.append(body.decode())
        return body

    monkeypatch.setattr(Connection, "read", reading)

    def make(dialect, behave, **members):
        return gateway({"providers": {"p": provider(raw(behave).url, dialect=dialect, stream_usage=True, **members)}, "log": "off", "breaker": {"enabled": False}})

    make.bodies = bodies
    return make


def parameters(dialect, body):
    body = json.loads(body)
    return body.get("generationConfig", {}) if dialect == "gemini" else body


def warned(outcome):
    document = outcome.answer or outcome.error
    return [(one["code"], one["path"]) for one in (document.get("gatelet") or document).get("warnings", [])]


def ask(client, operation, members, surface=None):
    request = {"model": "p/m", "messages": [{"role": "user", "content": "hello"}]}
    text = json.dumps(request)[:-1] + "".join(f', "{name}": {value}' for name, value in members.items()) + "}"
    return client.call(operation, text.encode())


@dialects
@operations
@pytest.mark.parametrize("spelling", ["0", "0.0", "-0.0", "0e0", "0.00"])
def test_zero_stays(bench, dialect, operation, spelling):
    """As it is written."""
    client = bench(dialect, always(answer(dialect, operation)))
    outcome = ask(client, operation, {"temperature": spelling, "top_p": "0" if dialect != "anthropic" else "null"})
    assert outcome.status == 0 and f'"temperature":{spelling}' in bench.bodies[0].replace('": ', '":') and not warned(outcome), (outcome, bench.bodies)
    if dialect != "anthropic":
        assert parameters(dialect, bench.bodies[0])["topP" if dialect == "gemini" else "top_p"] == 0


@pytest.mark.parametrize("dialect", ["openai", "anthropic", "gemini", "openai-responses"])
@pytest.mark.parametrize("surface,request_of", [("messages", {"max_tokens": 9, "messages": [{"role": "user", "content": "x"}]}), ("responses", {"input": "x"})])
def test_zero_stays_on_the_surfaces(bench, dialect, surface, request_of):
    client = bench(dialect, always(response(200, ANSWERS[dialect])))
    assert client.call(surface, {"model": "p/m", "temperature": 0, **request_of}).status == 0
    assert parameters(dialect, bench.bodies[0])["temperature"] == 0 and "0.0" not in bench.bodies[0]


@dialects
@operations
@pytest.mark.parametrize("given,sent", [("0", 0.25), ("0.2", 0.25), ("0.25", 0.25), ("0.5", 0.5), ("0.75", 0.75), ("0.8", 0.75), ("1e300", 0.75), ("-1", 0.25)])
def test_bounds(bench, dialect, operation, given, sent):
    client = bench(dialect, always(answer(dialect, operation)), parameters={"temperature": {"min": 0.25, "max": 0.75}})
    outcome = ask(client, operation, {"temperature": given})
    assert outcome.status == 0 and parameters(dialect, bench.bodies[0])["temperature"] == sent, bench.bodies
    assert warned(outcome) == ([] if float(given) == sent else [("clamped", "temperature")]), outcome


@dialects
@operations
def test_dropped_and_rejected(bench, dialect, operation):
    rules = {"temperature": {"drop": True, "models": ["m*"]}, "top_p": {"drop": True, "models": ["other"]}, "user": {"reject": True}}
    client = bench(dialect, always(answer(dialect, operation)), parameters=rules)
    outcome = ask(client, operation, {"temperature": "0.5", "top_p": "0.5"})
    sent = parameters(dialect, bench.bodies[0])
    assert outcome.status == 0 and "temperature" not in sent and (sent.get("top_p") or sent.get("topP")) == 0.5 and warned(outcome) == [("dropped", "temperature")], outcome
    outcome = ask(client, operation, {"user": '"u"'})
    assert outcome.status == 109 and "user" in outcome.error["message"] and len(bench.bodies) == 1, outcome


@pytest.mark.parametrize("dialect,name", [("openai", "stop"), ("openai", "seed"), ("openai", "temperature")])
def test_renamed(bench, dialect, name):
    value = {"stop": '["a"]', "seed": "7", "temperature": "0"}[name]
    client = bench(dialect, always(response(200, completion())), parameters={name: {"rename": "its_" + name}})
    ask(client, "chat", {name: value})
    sent = json.loads(bench.bodies[0])
    assert sent["its_" + name] == json.loads(value) and name not in sent


# ---------------------------------------------------------------- refused by its name

REFUSALS = {
    "openai": {"error": {"message": "Unsupported parameter: 'temperature' is not supported with this model.", "type": "invalid_request_error", "param": "temperature", "code": "unsupported_parameter"}},
    "openai-responses": {"error": {"message": "Unsupported parameter: 'temperature' is not supported with this model.", "type": "invalid_request_error", "param": "temperature", "code": None}},
    "anthropic": {"type": "error", "error": {"type": "invalid_request_error", "message": "`temperature` is deprecated for this model."}},
    "gemini": {"error": {"code": 400, "message": 'Invalid JSON payload received. Unknown name "temperature" at \'generation_config\': Cannot find field.', "status": "INVALID_ARGUMENT"}},
}
SECOND = json.loads(json.dumps(REFUSALS).replace("temperature", "top_p").replace('Unknown name \\"top_p', 'Unknown name \\"topP'))


def refusing(dialect, operation, *names):
    """A server that takes none of these, and names the first one it finds."""
    refusals = {"temperature": REFUSALS[dialect], "top_p": SECOND[dialect], "topP": SECOND[dialect]}

    def behave(connection, number):
        sent = parameters(dialect, connection.bodies[-1])
        found = next((name for name in names if name in sent), None)
        connection.send(response(400, refusals[found]) if found else answer(dialect, operation))
        return True
    return behave


@pytest.fixture(autouse=True)
def bodies_of_connections(bench, monkeypatch):
    monkeypatch.setattr(Connection, "bodies", bench.bodies, raising=False)


@dialects
@operations
def test_left_out_once_and_remembered(bench, dialect, operation):
    client = bench(dialect, refusing(dialect, operation, "temperature"))
    outcome = ask(client, operation, {"temperature": "0", "max_tokens": "64"})
    assert outcome.status == 0 and ["temperature" in parameters(dialect, body) for body in bench.bodies] == [True, False], (outcome, bench.bodies)
    assert warned(outcome) == [("dropped", "temperature")]
    assert [(one["status"], one.get("action")) for one in outcome.answer["gatelet"]["attempts"]] == [("bad_request", "resend"), ("ok", None)]
    # All else is what it was.
    first, second = json.loads(bench.bodies[0]), json.loads(bench.bodies[1])
    parameters(dialect, bench.bodies[0])
    (first.get("generationConfig") or first).pop("temperature")
    assert first == second
    assert ask(client, operation, {"temperature": "0"}).status == 0 and len(bench.bodies) == 3 and "temperature" not in parameters(dialect, bench.bodies[2])


@operations
@pytest.mark.parametrize("name,first,second,error", [
    ("reasoning_effort", '"minimal"', '"high"', {"message": "Unsupported value: 'reasoning_effort' does not support 'minimal' with this model. Supported values are: 'low', 'medium', and 'high'.", "param": "reasoning_effort", "code": "unsupported_value"}),
    ("temperature", "0.5", "1", {"message": "Unsupported value: 'temperature' does not support 0.5 with this model. Only the default (1) value is supported.", "param": "temperature", "code": "unsupported_value"})])
def test_a_value_that_is_refused_is_remembered_as_that_value(bench, operation, name, first, second, error):
    def behave(connection, _):
        connection.send(response(400, {"error": error}) if str(json.loads(connection.bodies[-1]).get(name)) == first.strip('"') else answer("openai", operation))
        return True
    client = bench("openai", behave)
    for value, sent in ((first, [True, False]), (second, [True]), (first, [False])):
        bench.bodies.clear()
        outcome = ask(client, operation, {name: value})
        assert outcome.status == 0 and [name in json.loads(body) for body in bench.bodies] == sent, (outcome, bench.bodies)
        assert warned(outcome) == ([] if value == second else [("dropped", name)]), outcome


@operations
def test_the_bound_of_an_answer_is_called_otherwise(bench, operation):
    refusal = {"error": {"message": "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.", "param": "max_tokens", "code": "unsupported_parameter"}}

    def behave(connection, _):
        connection.send(response(400, refusal) if "max_tokens" in json.loads(connection.bodies[-1]) else answer("openai", operation))
        return True
    client = bench("openai", behave)
    outcome = ask(client, operation, {"max_tokens": "50"})
    assert outcome.status == 0 and json.loads(bench.bodies[1])["max_completion_tokens"] == 50 and not warned(outcome), (outcome, bench.bodies)
    assert ask(client, operation, {"max_tokens": "60"}).status == 0 and len(bench.bodies) == 3 and json.loads(bench.bodies[2])["max_completion_tokens"] == 60


@operations
def test_nobody_is_told_of_what_gatelet_asked_for_itself(bench, operation):
    """Encrypted thoughts, of a model that nobody knows not to think."""
    refusal = {"error": {"message": "Encrypted content is not supported with this model.", "type": "invalid_request_error", "param": "include", "code": None}}

    def behave(connection, _):
        connection.send(response(400, refusal) if "encrypted_content" in connection.bodies[-1] else answer("openai-responses", operation))
        return True
    client = bench("openai-responses", behave)
    for count in (2, 1):
        bench.bodies.clear()
        outcome = ask(client, operation, {})
        assert outcome.status == 0 and len(bench.bodies) == count and "include" not in json.loads(bench.bodies[-1]) and not warned(outcome), (outcome, bench.bodies)
    assert warned(ask(client, operation, {"include": '["file_search_call.results"]'})) == [("dropped", "include")]


@dialects
def test_a_second_one_is_the_requests(bench, dialect):
    """One retry: the second refusal is told, and neither is remembered, since nothing was answered without."""
    second = "topP" if dialect == "gemini" else "top_p"
    members = {"temperature": "0", "top_p": "0.5"}
    model = {"model": '"p/claude-sonnet-4-0"'} if dialect == "anthropic" else {}
    client = bench(dialect, refusing(dialect, "chat", "temperature", second))
    for _ in range(2):
        bench.bodies.clear()
        outcome = ask(client, "chat", {**members}) if not model else client.call("chat", {"model": "p/claude-sonnet-4-0", "messages": [{"role": "user", "content": "x"}], "temperature": 0, "top_p": 0.5})
        assert outcome.status == 300 and [("temperature" in parameters(dialect, body), second in parameters(dialect, body)) for body in bench.bodies] == [(True, True), (False, True)], (outcome, bench.bodies)


def test_zero_stays_when_another_one_is_left_out(bench):
    client = bench("gemini", refusing("gemini", "chat", "topP"))
    assert ask(client, "chat", {"temperature": "0", "top_p": "0.5"}).status == 0
    assert [parameters("gemini", body) for body in bench.bodies] == [{"temperature": 0, "topP": 0.5}, {"temperature": 0}]


@pytest.mark.parametrize("dialect,told", [("openai", False), ("anthropic", False), ("gemini", True), ("openai-responses", True)])
@pytest.mark.parametrize("place", ["part", "message", "tool", "result"])
def test_places_to_cache(bench, dialect, told, place):
    """They reach who has them, and whoever asks for them elsewhere is told that there are none."""
    mark = {"cache_control": {"type": "ephemeral"}}
    request = {"model": "p/m", "max_tokens": 64, "messages": [{"role": "user", "content": [{"type": "text", "text": 'x "cache_control"'}]}], "tools": [{"type": "function", "function": {"name": "f"}}]}
    if place == "part":
        request["messages"][0]["content"][0].update(mark)
    elif place == "message":
        request["messages"][0].update(mark, content="x")
    elif place == "tool":
        request["tools"][0].update(mark)
    else:
        request["messages"] += [{"role": "assistant", "content": None, "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}, {"role": "tool", "tool_call_id": "c", "content": "y", **mark}]
    client = bench(dialect, always(response(200, ANSWERS[dialect])))
    outcome, plain = client.call("chat", request), client.call("chat", json.loads(json.dumps(request).replace('"cache_control": {', '"x_nothing": {')))
    assert outcome.status == 0 and ('"cache_control":' in bench.bodies[0].replace(" ", "")) is not told, bench.bodies
    assert any(path.endswith("cache_control") for _, path in warned(outcome)) is told and not any(path.endswith("cache_control") for _, path in warned(plain)), outcome
