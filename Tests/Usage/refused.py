"""A parameter that a provider names as one it does not take: asked again without it, once, and remembered where that was answered."""
import servers
from asking import telling
from synthetic import chat, client, failing, stream, upstreams

OPENAI = "Unsupported parameter: '%s' is not supported with this model."


def refusing(*names, status=400, message=OPENAI, answer=telling):
    """A server that takes none of these, and names the first one it finds."""
    def behave(handler, seen):
        for name in names:
            if name in seen.body:
                servers.send_json(handler, {"error": {"message": message % name, "param": name}}, status)
                return True
        return answer(handler, seen)
    return behave


def answering(handler, seen):
    servers.send_json(handler, {"id": "x", "object": "chat.completion", "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hi"}}],
                                "usage": {"prompt_tokens": 10, "completion_tokens": 2}})
    return True


def sent(up, *names):
    return [tuple(name in seen.body for name in names) for seen in up.seen]


def warned(gatelet):
    return [(one["code"], one["path"]) for one in gatelet.get("warnings", [])]


def it_is_learnt(check):
    """The request does not fail, tells what it went without, and this model is asked without from then on."""
    for ask, answer in ((chat, answering), (stream, telling)):
        [up] = upstreams(refusing("temperature", answer=answer))
        it = client([{"base_url": up.url, "stream_usage": True}])
        found = ask(it, temperature=0, seed=1)
        check(ask.__name__, "first", (found[0], sent(up, "temperature", "seed"), warned(found[1])), (0, [(True, True), (False, True)], [("dropped", "temperature")]))
        check(ask.__name__, "attempts", [(one["status"], one.get("action")) for one in found[1]["attempts"]], [("bad_request", "resend"), ("ok", None)])
        up.seen.clear()
        found = ask(it, temperature=0)
        check(ask.__name__, "then", (found[0], sent(up, "temperature"), warned(found[1])), (0, [(False,)], [("dropped", "temperature")]))
        found = ask(it)
        check(ask.__name__, "who does not send it is not warned", (found[0], warned(found[1])), (0, []))
        up.seen.clear()
        check(ask.__name__, "another model", (ask(it, "a/n", temperature=0)[0], sent(up, "temperature")), (0, [(True,), (False,)]))
        it.free()


def it_is_learnt_with_usage(check):
    """The question for usage and a parameter, both refused: the one mechanism has both."""
    def behave(handler, seen):
        if "seed" in seen.body:
            return refusing("seed", status=422, message="%s: Extra inputs are not permitted")(handler, seen)
        return refusing("stream_options")(handler, seen)
    [up] = upstreams(behave)
    it = client([up])
    code, gatelet, _ = stream(it, seed=1)
    check("both", "sent", (code, sent(up, "seed", "stream_options")), (0, [(True, True), (False, True), (False, False)]))
    check("both", "told", warned(gatelet), [("dropped", "seed")])
    up.seen.clear()
    check("both", "then", (stream(it, seed=1)[0], sent(up, "seed", "stream_options")), (0, [(False, False)]))
    it.free()


def what_is_not_asked_again(check):
    for name, behave, members, wanted in [
        ("two, one after the other", refusing("temperature", "top_p"), {"temperature": 0, "top_p": 1}, [(True, True), (False, True)]),
        ("what the answer needs", refusing("max_tokens"), {"max_tokens": 5, "temperature": 0, "top_p": 1}, [(True, True)]),
        ("what was not sent", failing(400, OPENAI % "seed"), {"temperature": 0, "top_p": 1}, [(True, True)]),
        ("another complaint", failing(400, "'temperature' must be at most 2"), {"temperature": 3, "top_p": 1}, [(True, True)]),
        ("another status", failing(403, OPENAI % "temperature"), {"temperature": 3, "top_p": 1}, [(True, True)]),
        ("a server that lies", failing(400, OPENAI % "temperature"), {"temperature": 3, "top_p": 1}, [(True, True), (False, True)]),
    ]:
        [up] = upstreams(behave)
        it = client([{"base_url": up.url, "stream_usage": True}])
        check(name, "fails", (chat(it, **members)[0], sent(up, "temperature", "top_p")), (302 if "status" in name else 300, wanted))
        up.seen.clear()
        up.behave = answering
        check(name, "nothing is remembered", (chat(it, **members)[0], sent(up, "temperature", "top_p")), (0, [(True, True)]))
        it.free()


def a_client_forgets(check):
    [up] = upstreams(refusing("seed", answer=answering))
    for _ in range(2):
        it = client([up])
        up.seen.clear()
        check("a new client", "sends it", (chat(it, seed=1)[0], sent(up, "seed")), (0, [(True,), (False,)]))
        it.free()


TESTS = [it_is_learnt, it_is_learnt_with_usage, what_is_not_asked_again, a_client_forgets]
