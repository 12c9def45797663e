"""The official `anthropic` package as a client of a small server over `gatelet_messages`, with providers of OpenAI's dialect behind it: answers, streams,
tools, thinking, errors, and what reaches the provider when a conversation goes on."""
import json

import recordings
import surface_server
import written

HEADERS = {"content-type": "application/json"}
TOOL = {"name": "weather", "description": "The weather.", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        "cache_control": {"type": "ephemeral"}}
ASKED = [{"role": "user", "content": [{"type": "text", "text": "How is it?", "cache_control": {"type": "ephemeral"}}]}]


def answer(message, finish="stop", **more):
    usage = {"prompt_tokens": 30, "completion_tokens": 5, "total_tokens": 35, "prompt_tokens_details": {"cached_tokens": 10}}
    document = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m-1", "usage": usage,
                "choices": [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}], **more}
    return {"status": 200, "headers": HEADERS, "bytes": json.dumps(document).encode()}


def stream(*deltas, finish="stop", end=True):
    chunks = [{"index": 0, "delta": delta, "finish_reason": None} for delta in ({"role": "assistant", "content": ""}, *deltas)]
    if finish:
        chunks.append({"index": 0, "delta": {}, "finish_reason": finish})
    lines = [{"choices": [chunk]} for chunk in chunks]
    if end:
        lines.append({"choices": [], "usage": {"prompt_tokens": 30, "completion_tokens": 5, "total_tokens": 35}})
    text = "".join(f"data: {json.dumps({'id': 'chatcmpl-1', 'object': 'chat.completion.chunk', 'created': 1, 'model': 'm-1', **line})}\n\n" for line in lines)
    return {"status": 200, "headers": {"content-type": "text/event-stream"}, "bytes": (text + ("data: [DONE]\n\n" if end else "")).encode()}


def call(index, arguments, head=None):
    made = {"index": index, "function": {"arguments": arguments}}
    if head:
        made |= {"id": head, "type": "function", "function": {"name": "weather", "arguments": arguments}}
    return {"tool_calls": [made]}


CALL = {"content": None, "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "K\\u00f6ln"}'}}]}
THOUGHT = {"reasoning": "Hm.", "reasoning_details": [{"type": "reasoning.text", "text": "Hm.", "signature": "sig", "format": "google-gemini-v1", "index": 0}]}


class Case:
    """A provider with its answers, one for each request, and a client of the server before it."""

    def __init__(self, anthropic, server, port, number):
        self.anthropic, self.port, self.number = anthropic, port, number
        self.client = anthropic.Anthropic(base_url=server.url, api_key="sk-x", max_retries=0)

    def asks(self, number=0, messages=None, **more):
        return {"model": "m-1", "max_tokens": 99, "messages": messages or ASKED, "extra_body": {"gatelet": {"provider": f"p{self.number + number}"}}, **more}

    def sent(self):
        return [json.loads(body) for number, *_, body in written.received(self.port) if number >= self.number]


def differs(what, got, wanted):
    return [] if got == wanted else [f"{what}: {got!r}, not {wanted!r}"]


def plain(blocks):
    """Blocks without what was not said."""
    return [block.model_dump(exclude_none=True) for block in blocks]


def answers(case):
    message = case.client.messages.create(**case.asks(system="Be brief.", stop_sequences=["x"], metadata={"user_id": "u1"}))
    [body] = case.sent()
    usage = message.usage
    return (differs("content", plain(message.content), [{"type": "text", "text": "Grün 😀"}]) + differs("end", message.stop_reason, "end_turn")
            + differs("usage", (usage.input_tokens, usage.cache_read_input_tokens, usage.output_tokens), (20, 10, 5))
            + differs("report", message.gatelet["provider"], f"p{case.number}")
            + differs("sent", (body["messages"][0], body["stop"], body["user"]), ({"role": "system", "content": "Be brief."}, ["x"], "u1")))


def streams(case):
    with case.client.messages.stream(**case.asks()) as told:
        text = list(told.text_stream)
        message = told.get_final_message()
    return (differs("text", "".join(text), "Grün 😀") + differs("pieces", len(text) >= 3, True) + differs("message", plain(message.content), [{"type": "text", "text": "Grün 😀"}])
            + differs("end", message.stop_reason, "max_tokens") + differs("usage", (message.usage.input_tokens, message.usage.output_tokens), (30, 5)))


def uses_tools(case):
    """A call, and its result in the next request."""
    first = case.client.messages.create(**case.asks(tools=[TOOL], tool_choice={"type": "tool", "name": "weather", "disable_parallel_tool_use": True}))
    found = differs("call", [(block.id, block.name, block.input) for block in first.content if block.type == "tool_use"], [("call_1", "weather", {"city": "Köln"})])
    found += differs("end", first.stop_reason, "tool_use")
    result = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "call_1", "content": [{"type": "text", "text": "sunny"}]}]}
    case.client.messages.create(**case.asks(1, [*ASKED, {"role": "assistant", "content": first.content}, result], tools=[TOOL]))
    one, two = case.sent()
    found += differs("choice", (one["tool_choice"], one["parallel_tool_calls"]), ({"type": "function", "function": {"name": "weather"}}, False))
    assistant, tool = two["messages"][1:3]
    arguments = assistant["tool_calls"][0]["function"].pop("arguments")
    return found + differs("arguments", json.loads(arguments), {"city": "Köln"}) + differs("call sent back", assistant["tool_calls"][0]["id"], "call_1") + differs(
        "result", (tool["role"], tool["tool_call_id"], tool["content"]), ("tool", "call_1", "sunny"))


def streams_tools(case):
    """Two calls whose arguments come in between each other."""
    with case.client.messages.stream(**case.asks(tools=[TOOL])) as told:
        names = [event.type for event in told]
        message = told.get_final_message()
    calls = [(block.id, block.input) for block in message.content if block.type == "tool_use"]
    return differs("calls", calls, [("a", {"city": "Köln"}), ("b", {"city": "Bonn"})]) + differs("end", message.stop_reason, "tool_use") + differs(
        "blocks", names.count("content_block_stop"), 3)


def runs_tools(case):
    """The package's own loop."""
    from anthropic import beta_tool

    @beta_tool
    def weather(city: str) -> str:
        """The weather.

        Args:
            city: Where.
        """
        return f"sunny in {city}"

    last, number, asked = None, 0, case.asks()
    for message in case.client.beta.messages.tool_runner(tools=[weather], **asked):
        last, number = message, number + 1
        asked["extra_body"]["gatelet"]["provider"] = f"p{case.number + 1}"
    bodies = case.sent()
    return differs("turns", number, 2) + differs("last", last.content[0].text, "It is sunny.") + differs("result", bodies[1]["messages"][-1]["content"], "sunny in Köln")


def thinks(case):
    """Reasoning of another provider comes back to it as it was."""
    with case.client.messages.stream(**case.asks(thinking={"type": "enabled", "budget_tokens": 2000}, max_tokens=4000)) as told:
        message = told.get_final_message()
    found = differs("blocks", [block.type for block in message.content], ["thinking", "text"]) + differs("thinking", message.content[0].thinking, "Hm.")
    case.client.messages.create(**case.asks(1, [*ASKED, {"role": "assistant", "content": message.content}, {"role": "user", "content": "Go on."}]))
    one, two = case.sent()
    [detail] = two["messages"][1].get("reasoning_details", [{}])
    names = ("type", "text", "signature", "format")
    return found + differs("reasoning sent back", {name: detail.get(name) for name in names}, {name: THOUGHT["reasoning_details"][0][name] for name in names})


def refuses(case):
    try:
        case.client.messages.create(**case.asks())
    except case.anthropic.RateLimitError as error:
        return differs("type", error.body["error"]["type"], "rate_limit_error")
    return ["it was no RateLimitError"]


def counts(case):
    """Only who can count is asked, and who cannot is named."""
    asked = case.asks(1, tools=[TOOL])
    del asked["max_tokens"]
    told = case.client.messages.count_tokens(**asked)
    [body] = case.sent()
    try:
        case.client.messages.count_tokens(**{**asked, "extra_body": {"gatelet": {"provider": f"p{case.number}"}}})
        return ["who cannot count was asked"]
    except case.anthropic.BadRequestError as error:
        found = differs("message", error.body["error"]["message"], f"p{case.number} does not count tokens (count_tokens)")
    return found + differs("answer", (told.input_tokens, told.gatelet["provider"]), (17, f"p{case.number + 1}")) + differs(
        "sent", (sorted(body), body["tools"]), (["messages", "model", "tools"], [TOOL]))


def names_mistakes(case):
    try:
        case.client.messages.create(**case.asks(messages=[{"role": "user", "content": [{"type": "text"}]}]))
    except case.anthropic.BadRequestError as error:
        return differs("message", error.body["error"]["message"], "messages.0.content.0.text: is missing")
    return ["it was no BadRequestError"]


def breaks(case):
    """A stream that is cut never looks whole."""
    try:
        with case.client.messages.stream(**case.asks()) as told:
            told.get_final_message()
    except case.anthropic.APIStatusError as error:
        return differs("type", error.body["error"]["type"], "api_error")
    return ["a cut stream ended in order"]


CASES = [
    (answers, [answer({"content": "Grün 😀"})]),
    (streams, [stream({"content": "Gr"}, {"content": "ün"}, {"content": " 😀"}, finish="length")]),
    (uses_tools, [answer(CALL, "tool_calls"), answer({"content": "It is sunny."})]),
    (streams_tools, [stream({"content": "Let me see."}, call(0, "", "a"), call(1, "", "b"), call(0, '{"city": '), call(1, '{"city"'), call(0, '"Köln"}'), call(1, ': "Bonn"}'), finish="tool_calls")]),
    (runs_tools, [answer(CALL, "tool_calls"), answer({"content": "It is sunny."})]),
    (thinks, [stream(THOUGHT, {"content": "So."}), answer({"content": "Well."})]),
    (refuses, [{"status": 429, "headers": HEADERS, "bytes": b'{"error": {"message": "slow down", "code": "rate_limit_exceeded"}}'}]),
    (counts, [answer({"content": "x"}), {"status": 200, "headers": HEADERS, "bytes": b'{"input_tokens": 17}'}]),
    (names_mistakes, [answer({"content": "x"})]),
    (breaks, [stream({"content": "Gr"}, {"content": "ün"}, finish=None, end=False)]),
]


def all_of(tests):
    cases = [(check, responses) for check, responses in CASES if tests.wanted(f"messages client {check.__name__.replace('_', ' ')}")]
    if not cases:
        return
    import anthropic
    responses = [response for _, some in cases for response in some]

    def body(port):
        # Those who have OpenRouter's words take reasoning back.
        routers = {id(response) for check, some in cases for response in some if check is thinks}
        counting = {id(some[1]) for check, some in cases if check is counts}
        providers = {f"p{number}": {"dialect": "anthropic" if id(response) in counting else "openai", "base_url": f"http://127.0.0.1:{port}/{number}/W/v1", "api_key": "sk-clients", "native_routing": id(response) in routers}
                     for number, response in enumerate(responses)}
        server, number = surface_server.Server({"environment": False, "retry": {"attempts": 0}, "providers": providers}), 0
        try:
            for check, some in cases:
                try:
                    found = check(Case(anthropic, server, port, number))
                except Exception as fault:
                    found = [f"{type(fault).__name__}: {fault}"]
                tests.check(f"messages client {check.__name__.replace('_', ' ')}", found)
                number += len(some)
        finally:
            server.stop()
    recordings.served(responses, body)
