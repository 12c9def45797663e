"""Usage and cost in every place and form in which providers tell them."""
import json
import threading

import servers
from synthetic import answering, chat, client, stream, streaming, upstreams

REAL = {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12}


def piece(choices, **root):
    return json.dumps({"id": "x", "object": "chat.completion.chunk", "model": "m", "choices": choices, **root})


def the_same_usage_in_all_places(check):
    """At the root, in `x_groq`, in the choice that ends (Moonshot), with counts as text."""
    [up] = upstreams(None)
    it = client([up])
    end = {"index": 0, "delta": {}, "finish_reason": "stop"}
    as_text = {name: str(count) for name, count in REAL.items()}
    for name, last in [("root", piece([end], usage=REAL)), ("x_groq", piece([end], x_groq={"id": "r", "usage": REAL})),
                       ("choice", piece([{**end, "usage": REAL}])), ("second choice", piece([end, {**end, "index": 1, "usage": REAL}])),
                       ("text", piece([end], usage=as_text)), ("choice, as text", piece([{**end, "usage": as_text}])),
                       ("null at the root", piece([{**end, "usage": REAL}], usage=None)), ("floats", piece([end], usage={"prompt_tokens": 10.0, "completion_tokens": "2.0"}))]:
        up.behave = streaming(servers.chunk("Hello there, this is longer than two tokens"), last, "[DONE]")
        _, gatelet, _ = stream(it)
        check(name, "usage", [gatelet["usage"][kind] for kind in ("input", "output", "source")], [10, 2, "reported"])
        check(name, "cost", (gatelet["cost"]["total"], gatelet["cost"]["source"]), ("0.03", "computed"))
    choice = {"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop", "usage": REAL}
    up.behave = lambda handler, seen: servers.send_json(handler, {"choices": [choice]}) or True
    check("choice of an answer", "cost", chat(it)[1]["cost"]["total"], "0.03")
    for nothing in ({}, {"prompt_tokens": 0, "completion_tokens": 0, "prompt_tokens_details": {"cached_tokens": "0"}}, None, "none"):
        up.behave = lambda handler, seen: servers.send_json(handler, {"choices": [choice], "usage": nothing}) or True
        check(f"choice beside {nothing}", "cost", (chat(it)[1]["cost"]["total"], chat(it)[1]["usage"]["source"]), ("0.03", "reported"))
        up.behave = streaming(servers.chunk("Hello"), piece([{**end, "usage": REAL}], usage=nothing), "[DONE]")
        check(f"choice of a chunk beside {nothing}", "cost", stream(it)[1]["cost"]["total"], "0.03")
    it.free()


def half_a_usage_is_estimated(check):
    """Null, nothing or 0 where there is an answer: nobody counted. What was told stays."""
    [up] = upstreams(None)
    it = client([up])
    for usage in ({"prompt_tokens": 10, "completion_tokens": None}, {"prompt_tokens": 10}, {"prompt_tokens": 10, "completion_tokens": 0},
                  {"prompt_tokens": 10, "completion_tokens": None, "total_tokens": 10}, {"prompt_tokens": "10", "completion_tokens": "0"}):
        up.behave = answering(usage)  # "Hello": 2 tokens
        gatelet = chat(it)[1]
        check(usage, "usage", {name: gatelet["usage"][name] for name in ("input", "output", "total", "source")},
              {"input": 10, "output": 2, "total": 12, "source": "estimated"})
        check(usage, "cost", (gatelet["cost"]["total"], gatelet["cost"]["source"]), ("0.03", "estimated"))
        up.behave = streaming(servers.chunk("Hello"), servers.chunk("", "stop", usage=usage), "[DONE]")
        check(usage, "cost of a stream", stream(it)[1]["cost"]["total"], "0.03")
    up.behave = answering({"prompt_tokens": 10, "completion_tokens": None, "total_tokens": 25})
    check("the total tells", "usage", [chat(it)[1]["usage"][name] for name in ("output", "source")], [15, "reported"])
    up.behave = answering({"prompt_tokens": None, "completion_tokens": 2})
    check("no prompt", "usage", [chat(it)[1]["usage"][name] for name in ("output", "source")], [2, "estimated"])
    up.behave = answering({"prompt_tokens": 10, "completion_tokens": None, "cost": 0.5})
    check("a cost beside it", "cost", [chat(it)[1]["cost"][name] for name in ("total", "source")], ["0.5", "reported"])
    it.free()


def cache_read_and_written(check):
    """The same tokens read and written are in the prompt once, where the total says so."""
    [up] = upstreams(None)
    prices = {"prompt": "0.001", "completion": "0.01", "input_cache_read": "0.0001", "input_cache_write": "0.002"}
    it = client([{"base_url": up.url, "known_models": {"m": {"pricing": prices}}}])
    for details in ({"prompt_tokens_details": {"cached_tokens": 2161, "cache_write_tokens": 2161}},
                    {"cache_read_input_tokens": 2161, "cache_creation_input_tokens": 2161}):
        up.behave = answering({"prompt_tokens": 2168, "completion_tokens": 10, "total_tokens": 2178, **details})
        gatelet = chat(it)[1]
        check(details, "usage", {name: gatelet["usage"][name] for name in ("input", "cache_read", "cache_write", "output", "total", "flags")},
              {"input": 7, "cache_read": 2161, "cache_write": 2161, "output": 10, "total": 2178, "flags": ["cache_read_and_written"]})
        check(details, "cost", gatelet["cost"]["total"], "4.6451")
        up.behave = answering({"prompt_tokens": 2168, "completion_tokens": 10, "total_tokens": 2178 + 2161, **details})
        check(details, "written beside the prompt", [chat(it)[1]["usage"][name] for name in ("input", "flags")], [7, ["cache_beside_prompt"]])
    it.free()


def costs_behind_an_error(check):
    """What a stream tells behind its error is what it costs, and exact."""
    usage = {"prompt_tokens": 10, "completion_tokens": 2, "cost": 0.7}
    error = json.dumps({"error": {"message": "upstream failed", "code": 502}})
    by_finish = piece([{"index": 0, "delta": {}, "finish_reason": "error"}])
    inside = piece([{"index": 0, "delta": {"content": ""}, "finish_reason": "error", "error": {"message": "no", "code": 502}}])
    for name, events in {"error": [error, piece([], usage=usage)], "finish reason": [by_finish, piece([], usage=usage), "[DONE]"],
                         "in the choice": [inside, piece([], usage=usage)], "with the error": [json.dumps({"error": {"message": "no", "code": 502}, "usage": usage})],
                         "cost alone": [error, piece([], cost=0.7)], "in a choice": [error, piece([{"index": 0, "delta": {}, "usage": usage}])]}.items():
        for text in ([], [servers.chunk("some words")]):
            [up] = upstreams(streaming(*text, *events))
            it = client([up])
            status, gatelet, _ = stream(it)
            cost = gatelet["cost"]
            check(f"{name} {text}", "failed", status != 0, True)
            check(f"{name} {text}", "cost", (cost["total"], cost["source"]), ("0.7", "reported"))
            check(f"{name} {text}", "at least", "at_least" in cost, False)
            it.free()


def an_error_does_not_hold_up(check):
    """A server that says nothing behind its error, and keeps the connection open, is not waited for: the next candidate answers."""
    asked_next, waited = threading.Event(), []

    def silent(handler, seen):
        handler.send_response(200)
        handler.send_header("content-type", "text/event-stream")
        handler.end_headers()
        handler.wfile.write(b'data: {"error": {"message": "upstream failed", "code": 502}}\n\n')
        waited.append(asked_next.wait(30))
        return True

    def following(handler, seen):
        asked_next.set()
        return False
    a, b = upstreams(silent, following)
    it = client([a, b], timeouts={"idle": 60, "content": 300})
    status, gatelet, _ = stream(it, gatelet={"models": ["b/m"]})
    check("silent error", "answered by the next", (status, gatelet["provider"]), (0, "b"))
    check("silent error", "asked while the first server was still there", waited, [True])
    it.free()


TESTS = [the_same_usage_in_all_places, half_a_usage_is_estimated, cache_read_and_written, costs_behind_an_error, an_error_does_not_hold_up]
