"""Random conversations in the canonical form, through each dialect and each pair of surface and dialect: what they say stays the same."""
import json
import os
import signal

import library
import meaning
import recordings
import schemas
import server
import surfaces
import written
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

DIALECTS = ("anthropic", "gemini", "openai-responses", "openai")
SURFACES = {"messages": "anthropic", "responses": "openai-responses"}
# What a dialect has no word for.
UNSAYABLE = {"gemini": {"parallel"}, "openai-responses": set(), "anthropic": set(), "openai": set()}

# Texts with what is hard to escape; no half characters, and not only white space, which Anthropic refuses.
TEXT = st.text(st.sampled_from("ab \"\\\n\t/\u00e9\u4e2d\U0001f30a\u2028{}[]<>&'\x7f") | st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=30).map(lambda one: "w" + one + "w")
NAME = st.sampled_from(["look", "find_it", "a-b", "now", "Tool9"])
SCALAR = st.none() | st.booleans() | st.integers(-2**53, 2**53) | TEXT | st.sampled_from([0.5, -1.25, 1e-3])
VALUE = st.recursive(SCALAR, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=5)
ARGUMENTS = st.dictionaries(TEXT, VALUE, max_size=3)
DATA = st.sampled_from(["iVBORw0KGgo=", "AAAA", "/9j/4AAQ"])
IMAGE = st.builds(lambda kind, data: {"type": "image_url", "image_url": {"url": f"data:image/{kind};base64,{data}"}}, st.sampled_from(["png", "jpeg", "webp", "gif"]), DATA)
LINK = st.just({"type": "image_url", "image_url": {"url": "https://example.org/a%20b.png"}})
PDF = st.builds(lambda data: {"type": "file", "file": {"filename": "x.pdf", "file_data": f"data:application/pdf;base64,{data}"}}, DATA)
WORDS = TEXT.map(lambda one: {"type": "text", "text": one})
CONTENT = TEXT | st.lists(WORDS | IMAGE | LINK | PDF, min_size=1, max_size=4)


@st.composite
def turns(draw):
    """A user's turn and what the assistant does about it."""
    messages = [{"role": "user", "content": draw(CONTENT)}]
    calls = draw(st.lists(st.tuples(NAME, ARGUMENTS), max_size=3))
    said = draw(st.none() | TEXT) if calls else draw(TEXT)
    answer = {"role": "assistant", "content": said}
    if calls:
        base = draw(st.integers(0, 10**6))
        answer["tool_calls"] = [{"id": f"call_{base}_{at}", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
                                for at, (name, arguments) in enumerate(calls)]
    messages.append(answer)
    for call in answer.get("tool_calls") or []:
        result = draw(TEXT | ARGUMENTS.map(json.dumps))
        messages.append({"role": "tool", "tool_call_id": call["id"], "content": result})
    if calls:
        messages.append({"role": "assistant", "content": draw(TEXT)})
    return messages


SCHEMA = st.builds(lambda names, required: {"type": "object", "properties": names, "required": sorted(names)[:required]},
                   st.dictionaries(st.sampled_from(["city", "day", "n_1"]), st.sampled_from([
                       {"type": "string", "description": "where"}, {"type": "integer"}, {"type": "array", "items": {"type": "number"}},
                       {"type": "string", "enum": ["a", "b"]}, {"type": "object", "properties": {"x": {"type": "boolean"}}}]), min_size=1, max_size=3), st.integers(1, 2))


@st.composite
def conversations(draw):
    request = {"messages": [], "max_tokens": draw(st.integers(1, 4000))}
    if draw(st.booleans()):
        request["messages"].append({"role": draw(st.sampled_from(["system", "developer"])), "content": draw(TEXT)})
    for messages in draw(st.lists(turns(), max_size=3)):
        request["messages"] += messages
    request["messages"].append({"role": "user", "content": draw(CONTENT)})
    used = {call["function"]["name"] for message in request["messages"] for call in message.get("tool_calls") or []}
    names = sorted(used | set(draw(st.lists(NAME, max_size=2))))
    if names:
        request["tools"] = [{"type": "function", "function": {"name": name, "description": draw(TEXT), "parameters": draw(SCHEMA)}} for name in names]
        choice = draw(st.sampled_from(["auto", "none", "required", "one", None]))
        if choice:
            request["tool_choice"] = {"type": "function", "function": {"name": names[0]}} if choice == "one" else choice
        if draw(st.booleans()):
            request["parallel_tool_calls"] = False
    if draw(st.booleans()):
        request["temperature"] = draw(st.sampled_from([0, 0.5, 1]))
    if draw(st.booleans()):
        request["stop"] = draw(st.lists(TEXT, min_size=1, max_size=3))
    return request


class Peers:
    """A provider of each dialect, which answers everything alike, and a client of all."""

    def __init__(self, dialects):
        self.dialects = dialects
        self.child, self.port = server.start([written.answer_of(dialect) for dialect in dialects])
        providers = {dialect: {"dialect": dialect, "base_url": f"http://127.0.0.1:{self.port}/{number}/W/{recordings.VERSION[dialect]}", "api_key": "sk-x"}
                     for number, dialect in enumerate(dialects)}
        self.client = library.Client(json.dumps({"environment": False, "providers": providers, "request_extensions": "all"}))

    def raw(self, call, dialect, request):
        """(status, body as the provider got it, error JSON)"""
        body = {"model": "m", **request, "gatelet": {"provider": dialect}}
        status, _, error = self.client.call(call, json.dumps(body).encode())
        bodies = written.received(self.port)
        return status, bodies[-1][-1] if bodies else None, error

    def send(self, call, dialect, request):
        """What the provider gets; a text instead: why nothing."""
        status, body, error = self.raw(call, dialect, request)
        return json.loads(body) if status == 0 and body else f"status {status}: {error}"

    def close(self):
        self.client.free()
        os.kill(self.child, signal.SIGKILL)
        os.waitpid(self.child, 0)


def lost(dialect, request):
    """Facts that a dialect cannot tell: those of `UNSAYABLE`, and one at a time where there is no tool to call."""
    return UNSAYABLE[dialect] | ({"parallel"} if not request.get("tools") or request.get("tool_choice") == "none" else set())


def check(request, dialect, sent, wanted, how):
    assert isinstance(sent, dict), f"{how}: {sent}"
    faults = [f"by the published schema: {fault}" for fault in schemas.faults(dialect, sent)]
    faults += meaning.differences(meaning.of(dialect, sent), meaning.fitted(dialect, wanted), lost(dialect, request))
    assert not faults, f"{how}: {faults[:3]}"


def through_dialect(peers, request, dialect):
    sent = peers.send("chat", dialect, request)
    check(request, dialect, sent, meaning.openai(request), f"to {dialect}")
    return sent


def through_pair(peers, request, surface, dialect):
    """A request as the library writes it for the surface's own dialect is a request of that surface."""
    native = through_dialect(peers, request, SURFACES[surface])
    sent = peers.send(surface, dialect, {name: value for name, value in native.items() if name != "model"})
    if dialect == SURFACES[surface]:
        assert isinstance(sent, dict), f"{surface} over {dialect}: {sent}"
        assert without_stream(sent) == without_stream(native), f"{surface} over {dialect} does not pass through: {str(sent)[:400]}"
    else:
        check(request, dialect, sent, meaning.of(SURFACES[surface], native), f"{surface} over {dialect}")


def without_stream(request):
    return {name: value for name, value in request.items() if name != "stream"}


def all_of(tests, long):
    there = [dialect for dialect in DIALECTS if recordings.spoken(dialect)]
    passes = [(f"{dialect} random conversations", lambda peers, request, dialect=dialect: through_dialect(peers, request, dialect)) for dialect in there if dialect != "openai"]
    for surface, native in SURFACES.items():
        if native in there and surfaces.offered(surface):
            passes += [(f"{surface} over {dialect} random conversations", lambda peers, request, surface=surface, dialect=dialect: through_pair(peers, request, surface, dialect))
                       for dialect in there]
    wanted = [(name, run) for name, run in passes if tests.wanted(name)]
    if not wanted:
        return
    peers = Peers(there)
    try:
        for name, run in wanted:
            tests.check(name, problem(peers, run, 600 if long else 60))
    finally:
        peers.close()


def problem(peers, run, examples):
    @settings(max_examples=examples, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck), phases=[Phase.generate, Phase.shrink], report_multiple_bugs=False)
    @given(conversations())
    def hold(request):
        try:
            run(peers, request)
        except AssertionError as fault:
            raise AssertionError(f"{fault}\n    {json.dumps(request)}") from None
    try:
        hold()
        return ""
    except AssertionError as fault:
        return [line[:1500] for line in str(fault).splitlines()]
