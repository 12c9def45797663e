"""The Responses surface and dialect with OpenAI's own package as the client: a server over libgatelet (responses_server.py), providers
that answer what is written here, and Gatelet over Gatelet. Answers and events are held against OpenAI's published description."""
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import library
import responses_server
import schemas

KEY = "sk-responses-51c2"
CALL = {"id": "call_7", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Kraków"}'}}
TOOL = {"type": "function", "name": "weather", "description": "tells it", "strict": False, "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}
USAGE = {"prompt_tokens": 30, "completion_tokens": 9, "total_tokens": 39, "prompt_tokens_details": {"cached_tokens": 10}, "completion_tokens_details": {"reasoning_tokens": 4}}


class Provider(BaseHTTPRequestHandler):
    """Answers with what `script` holds, one after the other: a document, or a list of chunks (None at its end: cut off)."""

    def log_message(self, *_):
        pass

    def do_POST(self):
        self.server.seen.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
        script = self.server.script
        answer = script.pop(0) if len(script) > 1 else script[0]
        events = isinstance(answer, list)
        body = b"".join(event(one) for one in answer if one is not None) if events else json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream" if events else "application/json")
        self.send_header("Content-Length", str(len(body) + (10 if events and answer[-1] is None else 0)))
        self.end_headers()
        self.wfile.write(body)


def event(one):
    if isinstance(one, str):
        return f"data: {one}\n\n".encode()
    return (f"event: {one['type']}\n" if "type" in one else "").encode() + f"data: {json.dumps(one)}\n\n".encode()


def provider(*script):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    server.script, server.seen = list(script), []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def answer(message, finish="stop"):
    return {"id": "chatcmpl-1", "object": "chat.completion", "created": 1700000000, "model": "m-1", "usage": USAGE,
            "choices": [{"index": 0, "message": {"role": "assistant", "content": None, **message}, "finish_reason": finish}]}


def chunks(*deltas, finish="stop", cut=False):
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1700000000, "model": "m-1"}
    made = [{**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in ({"role": "assistant", "content": ""}, *deltas)]
    return made + ([None] if cut else [{**head, "choices": [{"index": 0, "delta": {}, "finish_reason": finish}]}, {**head, "choices": [], "usage": USAGE}, "[DONE]"])


class Gateway:
    """A server of the Responses API over one provider, and OpenAI's client of it."""

    def __init__(self, upstream, dialect="openai", **more):
        import openai
        self.upstream = upstream
        url = upstream.base_url if hasattr(upstream, "base_url") else f"http://127.0.0.1:{upstream.server_port}/v1"
        self.server = responses_server.start(json.dumps({"environment": False, "retry": {"attempts": 0}, "providers": {"up": {"dialect": dialect, "base_url": url, "api_key": KEY, **more}}}))
        self.client = openai.OpenAI(base_url=self.server.base_url, api_key="none", max_retries=0)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.close()
        responses_server.stop(self.server)
        if not hasattr(self.upstream, "base_url"):
            self.upstream.shutdown()
            self.upstream.server_close()


def valid(document):
    """A response, by OpenAI's description and by the types of its package."""
    found = schemas.by_description("Response", {name: value for name, value in document.items() if name != "gatelet"})
    return found + surfaces_invalid(0, document)


def surfaces_invalid(which, document):
    import surfaces
    return surfaces.invalid(surfaces.responses_types()[which], document, "it")


def valid_events(events):
    found = []
    for one in events:
        if not found:
            found = [f"{one['type']}: {fault}" for fault in schemas.by_description("ResponseStreamEvent", one) + surfaces_invalid(1, one)]
    return found


def heard(gateway, **request):
    """(events as they came, the response that the package puts together or why it has none)"""
    events, final = [], None
    with gateway.client.responses.stream(model="up/m-1", **request) as stream:
        for one in stream:
            pass
        try:
            final = stream.get_final_response()
        except RuntimeError as fault:
            final = str(fault)
    for one in gateway.client.responses.create(model="up/m-1", stream=True, **request):
        events.append(json.loads(json.dumps(one.to_dict())))
    return events, final


# ---------------------------------------------------------------- the surface over a chat

def text_and_thoughts():
    with Gateway(provider(answer({"content": "It is 12 °C.", "reasoning_content": "I looked."}))) as it:
        made = it.client.responses.create(model="up/m-1", input="weather?", instructions="Be brief.", max_output_tokens=50, reasoning={"effort": "low"},
                                          temperature=0, metadata={"a": "b"})
        sent = it.upstream.seen[0][1]
        assert sent["messages"] == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "weather?"}], sent
        assert (sent["max_tokens"], sent["reasoning_effort"], sent["temperature"]) == (50, "low", 0) and not {"metadata", "input", "store", "instructions"} & set(sent), sent
        assert made.output_text == "It is 12 °C." and made.output[0].content[0].text == "I looked." and made.status == "completed", made
        assert made.usage.to_dict() == {"input_tokens": 30, "input_tokens_details": {"cached_tokens": 10, "cache_write_tokens": 0}, "output_tokens": 9,
                                        "output_tokens_details": {"reasoning_tokens": 4}, "total_tokens": 39}, made.usage
        assert made.instructions == "Be brief." and made.metadata == {"a": "b"} and made.to_dict()["gatelet"]["provider"] == "up"
        return valid(made.to_dict())


def a_stream():
    with Gateway(provider(chunks({"reasoning_content": "I "}, {"reasoning_content": "looked."}, {"content": "It is "}, {"content": "12 \"°\"."}))) as it:
        events, final = heard(it, input=[{"role": "user", "content": [{"type": "input_text", "text": "weather?"}]}], reasoning={"summary": "auto"})
        assert final.output_text == "It is 12 \"°\"." and final.output[0].summary[0].text == "I looked.", final
        assert [one["sequence_number"] for one in events] == list(range(len(events)))
        kinds = [one["type"] for one in events]
        assert kinds[:2] == ["response.created", "response.in_progress"] and kinds[-1] == "response.completed" and kinds.count("response.reasoning_summary_text.delta") == 2
        return valid_events(events) + valid(events[-1]["response"])


def tools_and_back():
    """What a provider's thoughts came in goes back to it with the call they led to."""
    call = [{"tool_calls": [{"index": 0, **CALL, "function": {"name": "weather", "arguments": ""}}]},
            *({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]} for piece in ('{"city"', ': "Kraków"}'))]
    with Gateway(provider(chunks({"reasoning_content": "Ask."}, *call, finish="tool_calls")), reasoning_back="reasoning_content") as it:
        events, final = heard(it, input="weather?", tools=[TOOL], tool_choice={"type": "function", "name": "weather"}, parallel_tool_calls=False)
        [made] = [item for item in final.output if item.type == "function_call"]
        assert (made.call_id, made.name, json.loads(made.arguments)) == ("call_7", "weather", {"city": "Kraków"}), made
        sent = it.upstream.seen[0][1]
        assert sent["tools"] == [{"type": "function", "function": {name: TOOL[name] for name in ("name", "description", "parameters", "strict")}}], sent
        assert sent["tool_choice"] == {"type": "function", "function": {"name": "weather"}} and sent["parallel_tool_calls"] is False
        picture = {"type": "input_image", "image_url": "https://example.org/a.png", "detail": "low"}
        it.client.responses.create(model="up/m-1", stream=True, tools=[TOOL], input=[
            {"role": "user", "content": "weather?"}, *(item.to_dict() for item in final.output),
            {"type": "function_call_output", "call_id": "call_7", "output": [{"type": "input_text", "text": "12"}, picture]}])
        messages = it.upstream.seen[-1][1]["messages"]
        assert messages[1] == {"role": "assistant", "content": None, "reasoning_content": "Ask.", "tool_calls": [CALL]}, messages[1]
        # OpenAI's chat takes texts alone as results: the picture comes from the user.
        assert messages[2] == {"role": "tool", "tool_call_id": "call_7", "content": [{"type": "text", "text": "12"}]}, messages[2]
        assert {"type": "image_url", "image_url": {"url": "https://example.org/a.png", "detail": "low"}} in messages[3]["content"], messages[3]
        return valid_events(events)


def thoughts_go_to_those_who_want_them():
    """Thoughts of a provider whose row says nothing of them are left out, with a warning, whatever member they came in."""
    found = []
    for member in ("reasoning_content", "reasoning"):
        with Gateway(provider(answer({member: "Ask.", "tool_calls": [CALL]}, "tool_calls"), answer({"content": "Cold."}))) as it:
            final = it.client.responses.create(model="up/m-1", tools=[TOOL], input="weather?")
            told = it.client.responses.create(model="up/m-1", tools=[TOOL], input=[
                {"role": "user", "content": "weather?"}, *(item.to_dict() for item in final.output), {"type": "function_call_output", "call_id": "call_7", "output": "12"}])
            warned = [one["path"] for one in told.to_dict()["gatelet"].get("warnings", [])]
            sent = it.upstream.seen[-1][1]["messages"][1]
            if sent != {"role": "assistant", "content": None, "tool_calls": [CALL]} or warned != ["input[1].reasoning"]:
                found.append(f"{member}: {sent} {warned}")
    return found


def signatures_travel():
    """Entries of `reasoning_details`, blocks of a provider's own and signatures of calls come back as they were."""
    details = [{"type": "reasoning.text", "text": "Hm.", "signature": "c2ln", "format": "anthropic-claude-v1", "index": 0}]
    blocks = [{"format": "anthropic-claude-v1", "index": 1, "at": 2, "block": {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"q": "é"}}}]
    extra = {"google": {"thought_signature": "dGg="}}
    message = {"content": "Ok", "reasoning": "Hm.", "reasoning_details": details, "provider_blocks": blocks, "tool_calls": [{**CALL, "extra_content": extra}]}
    with Gateway(provider(answer(message, "tool_calls")), native_routing=True) as it:
        made = it.client.responses.create(model="up/m-1", input="go", tools=[TOOL])
        it.client.responses.create(model="up/m-1", tools=[TOOL], input=[{"role": "user", "content": "go"}, *(item.to_dict() for item in made.output),
                                                                        {"type": "function_call_output", "call_id": "call_7", "output": "12"}])
        back = it.upstream.seen[-1][1]["messages"][1]
        assert back["reasoning_details"] == details and back["provider_blocks"] == blocks and back["tool_calls"] == message["tool_calls"] and back["content"] == "Ok", back
        return valid(made.to_dict())


def structured_output():
    from pydantic import BaseModel

    class Weather(BaseModel):
        city: str
        degrees: int
    with Gateway(provider(answer({"content": '{"city": "Oslo", "degrees": -3}'}))) as it:
        made = it.client.responses.parse(model="up/m-1", input="weather?", text_format=Weather)
        assert made.output_parsed == Weather(city="Oslo", degrees=-3), made
        form = it.upstream.seen[0][1]["response_format"]
        assert form["type"] == "json_schema" and form["json_schema"]["name"] == "Weather" and form["json_schema"]["strict"] is True and "type" not in form["json_schema"], form
    return []


def ends():
    found = []
    for finish, status, reason in (("length", "incomplete", "max_output_tokens"), ("content_filter", "incomplete", "content_filter"), ("stop", "completed", None)):
        with Gateway(provider(chunks({"content": "Hi"}, finish=finish))) as it:
            events, _ = heard(it, input="x")
            last = events[-1]
            got = last["type"], last["response"]["status"], (last["response"]["incomplete_details"] or {}).get("reason")
            assert got == ("response." + status, status, reason), got
            found += valid_events(events)
    with Gateway(provider(chunks({"content": "Hi"}, cut=True))) as it:
        events, final = heard(it, input="x")
        assert events[-1]["type"] == "response.failed" and events[-1]["response"]["error"]["code"] == "server_error" and "response.completed" in final, events[-1]
        assert set(it.server.statuses) == {208}, it.server.statuses
        found += valid_events(events)
    return found


def what_others_cannot_be_told():
    """Refused before anything is sent; the provider that speaks so gets it as it came."""
    import openai
    hosted = [{"type": "web_search"}]
    requests = [({"previous_response_id": "resp_1"}, "previous_response_id"), ({"conversation": "conv_1"}, "conversation"), ({"background": True}, "background"),
                ({"tools": hosted}, "tools[0].type"), ({"prompt": {"id": "pmpt_1"}}, "prompt"), ({"input": [{"type": "item_reference", "id": "rs_1"}]}, "input[0].type"),
                ({"input": [{"role": "user", "content": [{"type": "input_image", "file_id": "file_1"}]}]}, "input[0].content[0].file_id")]
    for request, path in requests:
        with Gateway(provider(answer({"content": "no"}))) as it:
            try:
                it.client.responses.create(model="up/m-1", **{"input": "x", **request})
                return [f"{path} was not refused"]
            except openai.BadRequestError as fault:
                assert fault.body["type"] == "invalid_request_error" and f"`{path}`" in fault.body["message"], fault.body
            assert it.upstream.seen == []
        own = {"id": "resp_2", "object": "response", "created_at": 1, "status": "completed", "model": "m-1", "tools": [], "tool_choice": "auto", "parallel_tool_calls": True,
               "output": [{"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [{"type": "output_text", "text": "yes", "annotations": []}]}]}
        with Gateway(provider(own), "openai-responses") as it:
            made = it.client.responses.create(model="up/m-1", **{"input": "x", **request})
            assert it.upstream.seen == [("/v1/responses", {"model": "m-1", **{"input": "x", **request}})], it.upstream.seen
            assert made.output_text == "yes" and made.to_dict()["gatelet"]["provider"] == "up"
    with Gateway(provider(answer({"content": "yes"}))) as it:
        made = it.client.responses.create(model="up/m-1", input="x", store=True)
        assert [one["path"] for one in made.to_dict()["gatelet"]["warnings"]] == ["store"] and "store" not in it.upstream.seen[0][1]
    return []


def mistakes():
    with Gateway(provider(answer({"content": "no"}))) as it:
        for request, word in (({"input": []}, "input"), ({"input": [{"role": "user", "content": 1}]}, "input[0].content"), ({"input": [1]}, "input[0]"), ({}, "input"),
                              ({"input": [{"type": "function_call", "call_id": "a", "name": "b"}]}, "input[0].arguments"), ({"input": "x", "messages": []}, "messages"),
                              ({"input": "x", "tools": [{"type": "function"}]}, "tools[0].name"), ({"input": "x", "text": 1}, "text"), ({"input": "x", "background": "yes"}, "background")):
            status, _, error = it.server.client.call("responses", json.dumps({"model": "up/m-1", **request}).encode())
            assert status == 102 and f"`{word}`" in json.loads(error)["message"], (request, error)
        status, _, error = it.server.client.call("responses", b'{"model":"up/m-1","input":"a","instructions":"x","instructions":"y"}')
        assert status == 102 and "`instructions` occurs twice" in json.loads(error)["message"], error
        assert it.upstream.seen == []
    return []


# ---------------------------------------------------------------- the dialect, against a server of the surface

def gatelet_over_gatelet():
    """A chat asks a Gatelet that speaks Responses, which asks a chat."""
    call = [{"content": "Let me"}, {"content": " see."}, {"tool_calls": [{"index": 0, **CALL}]}, {"tool_calls": [{"index": 1, **CALL, "id": "call_8"}]}]
    upstream = provider(chunks({"reasoning_content": "Hm."}, *call, finish="tool_calls"))
    inner = Gateway(upstream, reasoning_back="reasoning_content")
    outer = library.Client(json.dumps({"environment": False, "retry": {"attempts": 0}, "providers": {"g": {"dialect": "openai-responses", "base_url": inner.server.base_url, "api_key": KEY}}}))
    request = {"model": "g/up/m-1", "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": [{"type": "text", "text": "hi"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]}],
               "tools": [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}], "max_tokens": 100, "reasoning": {"effort": "low"}, "stop": ["x"]}
    try:
        status, _, ended, assembled, error = outer.stream("stream", json.dumps(request).encode())
        assert status == 0, error
        message = json.loads(assembled)["choices"][0]["message"]
        assert message["content"] == "Let me see." and message["reasoning"] == "Hm." and message["tool_calls"] == [CALL, {**CALL, "id": "call_8"}], message
        assert json.loads(assembled)["usage"]["prompt_tokens"] == 30 and json.loads(assembled)["choices"][0]["finish_reason"] == "tool_calls"
        warned = json.loads(assembled)["gatelet"]["warnings"]
        assert [one["path"] for one in warned] == ["stop"], warned
        asked = json.loads(inner.server.requests[0])
        found = schemas.faults("responses", {name: value for name, value in asked.items() if name != "stream"})
        assert asked["store"] is False and asked["include"] == ["reasoning.encrypted_content"] and asked["reasoning"] == {"effort": "low", "summary": "auto"}, asked
        assert asked["instructions"] == "s" and asked["max_output_tokens"] == 100 and asked["tools"][0]["strict"] is False, asked
        sent = upstream.seen[0][1]
        request["messages"][1]["content"][1]["image_url"]["detail"] = "auto"
        assert sent["messages"] == request["messages"] and sent["max_tokens"] == 100, sent
        # The thought, which this dialect gave, and its calls go back as items, and as what they were behind the second gateway.
        request["messages"] += [message, *({"role": "tool", "tool_call_id": one["id"], "content": "12"} for one in message["tool_calls"])]
        status, *_ = outer.stream("stream", json.dumps(request).encode())
        kinds = [item.get("type", item.get("role")) for item in json.loads(inner.server.requests[1])["input"]]
        assert status == 0 and kinds == ["user", "reasoning", "assistant", "function_call", "function_call", "function_call_output", "function_call_output"], kinds
        assert upstream.seen[1][1]["messages"][2]["reasoning_content"] == "Hm." and upstream.seen[1][1]["messages"][2]["content"] == "Let me see."
        return found
    finally:
        outer.free()
        inner.__exit__()


def what_the_dialect_cannot_say():
    upstream = provider({})
    client = library.Client(json.dumps({"environment": False, "providers": {"r": {"dialect": "openai-responses", "base_url": f"http://127.0.0.1:{upstream.server_port}/v1", "api_key": KEY}}}))
    try:
        for more, word in (({"n": 2}, "n"), ({"functions": [{"name": "f"}]}, "functions"), ({"modalities": ["text", "audio"]}, "modalities"), ({"web_search_options": {}}, "web_search_options"),
                           ({"messages": [{"role": "user", "content": [{"type": "video_url", "video_url": {"url": "https://x/y"}}]}]}, "messages[0].content[0]")):
            status, _, error = client.call("chat", json.dumps({"model": "r/m", "messages": [{"role": "user", "content": "x"}], **more}).encode())
            assert status == 109 and f"`{word}`" in json.loads(error)["message"], (more, error)
        assert upstream.seen == []
    finally:
        client.free()
        upstream.shutdown()
        upstream.server_close()
    return []


def all_of(tests):
    for check in (text_and_thoughts, a_stream, tools_and_back, thoughts_go_to_those_who_want_them, signatures_travel, structured_output, ends, what_others_cannot_be_told, mistakes, gatelet_over_gatelet,
                  what_the_dialect_cannot_say):
        name = "responses with OpenAI's package: " + check.__name__.replace("_", " ")
        if tests.wanted(name):
            tests.check(name, faults(check))


def faults(check):
    try:
        return check()
    except AssertionError as fault:
        return [str(fault)[:600] or "an assertion failed"]
    except Exception as fault:
        return [f"{type(fault).__name__}: {fault}"[:600]]
