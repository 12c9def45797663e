"""Caps hold: what a request may cost is bounded from above, a bound is kept by sending it, and nothing passes that may cost more."""
import collections
import json
import re
import threading
from decimal import Decimal

import exchanges
import library
import servers
from buckets import buckets
from synthetic import HELLO, KEY, answering, chat, client, stream, streaming, upstreams

TINY = "0.000000000001"  # USD: nothing fits
PIXEL = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def priced(up, model="m", **facts):
    return {"base_url": up.url, "api_key": KEY, "known_models": {model: {"pricing": {"prompt": "0.000001", "completion": "0.000002"}, **facts}}}


def refused(error, *words):
    return error is not None and error["kind"] == "refused" and all(word in error["message"] for word in words)


def both_ways(handler, seen, tokens=2):
    """The same answer, as a document or as a stream."""
    usage = {"prompt_tokens": 10, "completion_tokens": tokens}
    if seen.body.get("stream"):
        return streaming(servers.chunk("Hello"), servers.chunk("", "stop", usage=usage), "[DONE]")(handler, seen)
    return answering(usage)(handler, seen)


def prompt_bound(it, model, request):
    """Tokens of the prompt at most, by the words of the refusal: its price is a millionth of a USD."""
    _, _, error = it.call("chat", json.dumps({**request, "model": model, "max_tokens": 1, "gatelet": {"max_cost": TINY}}).encode())
    found = re.search(r"prompt alone may cost ([0-9.]+) USD", json.loads(error)["message"])
    return None if found is None else int(Decimal(found.group(1)) * 1000000)


def the_bound_is_one(check):
    """No recorded prompt has more tokens than its bound. Left out: tools of the provider, which are refused, and Venice, which adds prompts of its own."""
    counts, models = collections.Counter(), {}
    listing = [*exchanges.own(), *exchanges.recorded(collections.Counter())]
    todo = []
    for one in listing:
        if one.kind != "chat":
            continue
        usage = usage_of(one)
        if usage is None or one.repaired_request or one.provider == "venice":
            continue
        request = json.loads(one.request_text)
        model = request.get("model")
        if isinstance(model, str) and model:
            models[model] = {"pricing": {"prompt": "0.000001", "completion": "0.000000001"}}
            todo.append((one, request, model, usage))
    it = library.Client(json.dumps({"environment": False, "providers": {"p": {"base_url": "http://127.0.0.1:9/v1", "api_key": KEY, "known_models": models}},
                                    "request_extensions": "all"}))
    for one, request, model, tokens in todo:
        for name in ("gatelet", "max_completion_tokens", "models", "provider", "n"):
            request.pop(name, None)
        bound = prompt_bound(it, "p/" + model, request)
        counts["refused" if bound is None else "bounded"] += 1
        if bound is not None:
            check(f"{one.id} ({one.provider} {model})", f"{tokens} tokens within {bound}", tokens <= bound, True)
    it.free()
    check("recorded prompts", f"{dict(counts)}: most are bounded", counts["bounded"] >= 20 * counts["refused"], True)


def usage_of(exchange):
    """Tokens of the prompt as the provider counted them."""
    from usage import upstream_usage
    found = buckets(upstream_usage(exchange)[0])
    if not found or "input" not in found or exchange.response["status"] >= 300:
        return None
    return sum(found.get(name, 0) for name in ("input", "cache_read", "cache_write"))


def prompts_that_slip_through(check):
    """Pictures, scripts, cache writes and many answers are bounded from above: a cap between estimate and bound refuses."""
    [up] = upstreams(answering({"prompt_tokens": 10, "completion_tokens": 2}))
    prices = {"prompt": "0.000001", "completion": "0.000002", "input_cache_write": "0.00000125", "input_cache_write_1h": "0.000002"}
    it = client([{"base_url": up.url, "known_models": {"m": {"pricing": prices}, "plain": {"pricing": {"prompt": "0.000001", "completion": "0.000002"}}}}])
    image = [{"role": "user", "content": [{"type": "text", "text": "what is it?"}, {"type": "image_url", "image_url": {"url": PIXEL}}]}]
    text = "x" * 4000
    cached = [{"role": "user", "content": [{"type": "text", "text": text, "cache_control": {"type": "ephemeral", "ttl": "1h"}}]}]
    tools = [{"type": "function", "function": {"name": "f", "description": "y" * 4000}}]
    for name, cap, members in [
        ("picture", "0.04", {"messages": image}), ("300 Chinese characters", "0.0009", {"messages": [{"role": "user", "content": "汉" * 300}]}),
        ("escaped", "0.0009", {"messages": [{"role": "user", "content": "字" * 300}]}), ("cache for an hour", "0.0079", {"messages": cached}),
        ("tools", "0.0049", {"tools": tools}), ("answers", "0.0079", {"n": 4, "max_tokens": 1000}),
        ("prediction", "0.0079", {"prediction": {"type": "content", "content": text}}),
        ("thinking", "0.0079", {"max_tokens": 10, "max_completion_tokens": 4000}),
    ]:
        seen = len(up.seen)
        status, _, error = chat(it, **{"max_tokens": 1, **members, "gatelet": {"max_cost": cap}})
        check(name, "refused", (status, refused(error, "max_cost")), (110, True))
        check(name, "sent", len(up.seen), seen)
        status, _, error = chat(it, **{"max_tokens": 1, **members, "gatelet": {"max_cost": "0.2"}})
        check(name, "sent within a larger one", (status, error), (0, None))
    status, _, error = chat(it, "a/plain", messages=cached, max_tokens=1, gatelet={"max_cost": "0.0079"})
    check("cache for an hour, no price of its own", "refused", refused(error, "max_cost"), True)
    it.free()


def pictures_in_all_places(check):
    """A picture has its price wherever a server would see it; so has a sound that an id stands for."""
    url = "https://example.test/a.png"
    part = {"type": "image_url", "image_url": {"url": url}}
    [up] = upstreams(both_ways)
    it = client([priced(up)])
    for name, message in [("no type", {"content": [{"image_url": {"url": url}}]}), ("not in a list", {"content": part}), ("of an answer", {"content": "x", "images": [part]}),
                          ("result of a tool", {"content": [{"type": "tool_result", "content": [{"type": "image", "source": {"type": "url", "url": url}}]}]}),
                          ("message of a tool", {"role": "tool", "content": [part]})]:
        for cap, status in (("0.04", 110), ("0.2", 0)):
            found = chat(it, messages=[{"role": "user", **message}], max_tokens=1, gatelet={"max_cost": cap})[0]
            check(name, f"status at {cap}", found, status)
    for name, content in (("texts", [{"type": "text", "text": "x"}, {"text": "y"}]), ("nothing", None), ("texts of an answer", [{"type": "output_text", "text": "x"}])):
        check(name, "sent", chat(it, messages=[{"role": "user", "content": content, "audio": None, "images": []}], max_tokens=1, gatelet={"max_cost": "0.001"})[0], 0)
    sound = [{"role": "assistant", "content": "x", "audio": {"id": "audio_1"}}]
    check("earlier sound", "refused", refused(chat(it, messages=sound, max_tokens=1, gatelet={"max_cost": 1})[2], "not known"), True)
    for put in ([part], [{"content": [part]}], [{"image": url}], {"image": url}):
        _, _, error = it.call("embeddings", json.dumps({"model": "a/m", "input": put, "gatelet": {"max_cost": "0.04"}}).encode())
        check(put, "refused", refused(json.loads(error), "max_cost"), True)
    body = json.dumps({"model": "a/m", "messages": [{"role": "user", "content": [{"type": "text", "text": "x" * 2000, "cache_control": {"ttl": "1h"}}]}], "max_tokens": 1,
                       "gatelet": {"max_cost": "0.0035"}})
    for name, sent in (("plain", body), ("hour", body.replace("1h", "\\u0031h")), ("name", body.replace("cache_control", "cache\\u005fcontrol"))):
        check(f"cache for an hour, escaped {name}", "refused", it.call("chat", sent.encode())[0], 110)
    check("no cache", "sent", it.call("chat", body.replace("cache_control", "other").encode())[0], 0)
    text = "\\udc00" * 2000  # sent as U+FFFD, of three bytes
    status, _, error = it.call("chat", json.dumps({"model": "a/m", "messages": [{"role": "user", "content": "@"}], "max_tokens": 1, "gatelet": {"max_cost": "0.005"}}).replace("@", text).encode())
    check("halves of characters", "refused", status, 110)
    it.free()


def words_that_do_not_bound(check):
    """What a row drops bounds nothing, and a larger number in another word may be what the server obeys."""
    [up] = upstreams(both_ways)
    facts, renames = {"max_output_tokens": 100000}, {"parameters": {"max_tokens": {"rename": "max_new_tokens"}}}
    for name, row, members in [
        ("dropped", {"parameters": {"max_tokens": {"drop": True}}}, {"max_tokens": 5}),
        ("dropped default", {"parameters": {"max_tokens": {"drop": True}}, "limits": {"default_max_tokens": 5}}, {}),
        ("the provider's word beside", renames, {"max_tokens": 5, "max_new_tokens": 90000}),
        ("the provider's word, and a default", {**renames, "limits": {"default_max_tokens": 5}}, {"max_new_tokens": 90000}),
        ("another word", {"limits": {"default_max_tokens": 5}}, {"num_predict": 90000}),
    ]:
        it = client([{**priced(up, **facts), **row}])
        seen = len(up.seen)
        status, _, error = chat(it, **members, gatelet={"max_cost": "0.01"})
        check(name, "refused", (status, len(up.seen) - seen), (110, 0))
        check(name, "a max_tokens that does not help is not named", "max_tokens can be" in error["message"], False)
        check(name, "within a larger cap", chat(it, **members, gatelet={"max_cost": 1})[0], 0)
        check(name, "no word twice", all(up.seen[-1].raw.count(b'"%s"' % word) < 2 for word in (b"max_tokens", b"max_new_tokens")), True)
        it.free()
    it = client([{**priced(up, **facts), "parameters": {"max_completion_tokens": {"drop": True}}}])
    check("the other word is dropped", "sent", chat(it, max_tokens=5, gatelet={"max_cost": "0.01"})[0], 0)
    it.free()
    it = client([priced(up, **facts)])
    for name, cap, members in [("n", 100, {"n": 10**9}), ("n as text", 100, {"n": "1e9"}), ("max_tokens", 10**7, {"max_tokens": 2**63}), ("both", 10**8, {"max_tokens": 2**63, "n": 2**63}),
                               ("max_completion_tokens", 10**7, {"max_completion_tokens": 10**300}),
                               ("many digits", 10**7, {"max_completion_tokens": 10**400}), ("many digits as text", 10**7, {"max_completion_tokens": "1" + "0" * 70})]:
        status, _, error = chat(it, **{"max_tokens": 1, **members}, gatelet={"max_cost": cap})
        check(name, "giant: refused", (status, "prompt alone" in error["message"]), (110, False))
    status, _, _ = it.call("completion", json.dumps({"model": "a/m", "prompt": ["a"] * 3000, "n": 2**63, "max_tokens": 2**63, "gatelet": {"max_cost": 1000}}).encode())
    check("all at once", "giant: refused", status, 110)
    it.free()


def what_goes_on_is_bounded_with_its_text(check):
    """The text that a broken stream delivered is prompt of the attempt that goes on."""
    def breaking(handler, seen):
        handler.send_response(200)
        handler.send_header("content-type", "text/event-stream")
        handler.send_header("content-length", "1000000")
        handler.end_headers()
        handler.wfile.write(f"data: {servers.chunk('word ' * 2000)}\n\n".encode())
        handler.close_connection = True
        return True

    for cap, sent in (("0.012", 0), ("0.05", 1)):  # 0.0043 for each answer, and 0.01 for the text
        a, b = upstreams(breaking, both_ways)
        it = client([{**priced(one), "prefill": True} for one in (a, b)])
        it.stream("stream", json.dumps({"model": "a/m", "messages": HELLO, "max_tokens": 2100, "gatelet": {"models": ["b/m"], "continue": True, "max_cost": cap}}).encode())
        check(f"continued within {cap}", "requests", (len(a.seen), len(b.seen)), (1, sent))
        it.free()


def what_cannot_be_bounded(check):
    """Files without a known context, tools of the provider, unknown tiers: refused, unless the operator allows it."""
    [up] = upstreams(answering({"prompt_tokens": 10, "completion_tokens": 2}))
    file = [{"role": "user", "content": [{"type": "file", "file": {"file_id": "f"}}]}]
    cases = [("file", "document", {"messages": file}), ("search", "search", {"web_search_options": {}}), ("server tool", "search", {"tools": [{"type": "web_search"}]}),
             ("plugin", "search", {"plugins": [{"id": "web"}]}), ("tier", "tier", {"service_tier": "priority"}), ("speed", "tier", {"speed": "fast"}), ("place", "tier", {"inference_geo": "us"}), ("search model", "search", {"model": "a/m:online"})]
    rows = {"m": priced(up)["known_models"]["m"], "m:online": priced(up)["known_models"]["m"]}
    for limits in ({"client": {"usd_per_day": 100}}, {"max_cost": 100}):
        it = client([{"base_url": up.url, "known_models": rows}], limits=limits)
        lax = client([{"base_url": up.url, "known_models": rows}], limits={**limits, "unknown_price": "allow"})
        for name, word, members in cases:
            status, _, error = chat(it, **{"max_tokens": 1, **members})
            check(f"{name} {limits}", "refused", (status, refused(error, word, "unknown_price")), (110, True))
            check(f"{name} {limits}", "allowed", chat(lax, **{"max_tokens": 1, **members})[0], 0)
        it.free()
        lax.free()
    it = client([{"base_url": up.url, "known_models": rows}], limits={"max_cost": "0.2"})
    for plain in ({"plugins": []}, {"enable_search": False}, {"web_search_options": None}, {"service_tier": "standard_only"}, {"service_tier": "auto"}, {"tools": []}, {"speed": "standard"}, {"inference_geo": "global"}):
        check(plain, "sent", chat(it, max_tokens=1, **plain)[0], 0)
    it.free()
    fast = [{"usage": "speed", "says": "fast", "factor": 2}]
    for members, cap, status in (({}, "0.001", 0), ({"speed": "fast"}, "0.001", 110), ({"speed": "fast"}, "0.002", 0)):
        it = client([{"base_url": up.url, "known_models": {"m": {"pricing": {"prompt": "0", "completion": "0.001"}}}, "price_factors": fast}], limits={"max_cost": cap})
        check(f"{members} within {cap}", "status", chat(it, max_tokens=1, **members)[0], status)
        it.free()
    it = client([{"base_url": up.url, "known_models": {"m": {**rows["m"], "context_length": 100000}}}], limits={"max_cost": "0.2"})
    check("file and context", "sent", chat(it, messages=file, max_tokens=1)[0], 0)
    it.free()


def unknown_prices_are_refused(check):
    [up, other] = upstreams(both_ways, both_ways)
    day = {"usd_per_day": 100}
    for name, limits, row, tag, price in [
        ("client", {"client": day}, {}, None, "refuse"), ("minute", {"client": {"usd_per_minute": 1}}, {}, None, "refuse"), ("tag", {"tags": {"red": day}}, {}, "red", "refuse"),
        ("provider", {}, {"limits": day}, None, "refuse"), ("key", {}, {"keys": [{"value": KEY, "limits": day}]}, None, "refuse"),
        ("max_cost", {"max_cost": 5}, {}, None, "refuse"), ("allowed", {"client": day, "max_cost": 5}, {}, None, "allow"), ("another tag", {"tags": {"red": day}}, {}, "blue", "refuse"),
        ("other limits", {"client": {"tokens_per_day": 100000}}, {}, None, "refuse"),
    ]:
        it = client([{"base_url": up.url, **row, "known_models": {"n": {}}}], limits={**limits, "unknown_price": price}, request_extensions="all")
        seen = len(up.seen)
        gatelet = {"tag": tag} if tag else {}
        for ask in (chat, stream):
            passes = name in ("allowed", "another tag", "other limits")
            check(f"{name} {ask.__name__}", "status", ask(it, "a/n", max_tokens=5, gatelet=gatelet)[0], 0 if passes else 110)
        check(name, "sent", len(up.seen) > seen, passes)
        if not passes:
            check(name, "message", refused(chat(it, "a/n", max_tokens=5, gatelet=gatelet)[2], "price", "unknown_price"), True)
        it.free()
    it = client([{"base_url": up.url, "known_models": {"n": {}}}, priced(other)], limits={"client": day})
    check("next candidate", "provider", chat(it, "a/n", max_tokens=5, gatelet={"models": ["b/m"]})[1]["provider"], "b")
    it.free()


def a_bound_is_sent(check):
    """default_max_tokens of the tag, the provider, the client; in the word that provider or model wants."""
    [up] = upstreams(both_ways)
    limits = {"client": {"default_max_tokens": 1000}, "tags": {"short": {"default_max_tokens": 50}}}

    def sent(it, model="a/m", ask=chat, **members):
        ask(it, model, **members)
        return {name: value for name, value in up.seen[-1].body.items() if "max" in name}

    it = client([{"base_url": up.url}, {"base_url": up.url, "limits": {"default_max_tokens": 200}}, {"base_url": up.url, "output_limit": "max_completion_tokens"},
                 {"base_url": up.url, "parameters": {"max_tokens": {"rename": "max_new_tokens"}}}], limits=limits, request_extensions="all")
    for name, members, wanted in [
        ("client", {}, {"max_tokens": 1000}), ("null", {"max_tokens": None}, {"max_tokens": 1000}), ("own", {"max_tokens": 7}, {"max_tokens": 7}),
        ("own, the other word", {"max_completion_tokens": 7}, {"max_completion_tokens": 7}), ("tag", {"gatelet": {"tag": "short"}}, {"max_tokens": 50}),
        ("provider", {"model": "b/m"}, {"max_tokens": 200}), ("tag before provider", {"model": "b/m", "gatelet": {"tag": "short"}}, {"max_tokens": 50}),
        ("row", {"model": "c/m"}, {"max_completion_tokens": 1000}), ("renamed", {"model": "d/m"}, {"max_new_tokens": 1000}),
        ("model", {"model": "a/gpt-5-mini"}, {"max_completion_tokens": 1000}), ("model of a router", {"model": "a/openai/o3"}, {"max_completion_tokens": 1000}),
        ("stream", {"ask": stream}, {"max_tokens": 1000}),
    ]:
        check(name, "sent", sent(it, **members), wanted)
    it.call("completion", json.dumps({"model": "c/m", "prompt": "x"}).encode())
    check("text completion", "sent", up.seen[-1].body.get("max_tokens"), 1000)
    it.call("embeddings", json.dumps({"model": "a/m", "input": "x"}).encode())
    check("embeddings", "sent", [name for name in up.seen[-1].body if "max" in name], [])
    it.free()
    it = client([priced(up)])
    check("none", "sent", sent(it), {})
    it.free()
    wrong = {"environment": False, "providers": {"a": {"base_url": up.url, "keys": [{"value": KEY, "limits": {"default_max_tokens": 5}}]}}}
    try:
        library.Client(json.dumps(wrong)).free()
        check("of a key", "refused", False, True)
    except Exception as error:
        check("of a key", "named", "default_max_tokens" in str(error), True)


def a_bound_is_reserved(check):
    """What is sent is what is counted: the default, else the model's most, else its context; what is known of none is refused."""
    [up] = upstreams(answering({"prompt_tokens": 10, "completion_tokens": 2}))
    facts = {"max_output_tokens": 2000}
    for name, row, limits, members, largest in [
        ("default", priced(up), {"client": {"default_max_tokens": 5000}}, {}, 4950), ("model", priced(up, **facts), {}, {}, 1950),
        ("context", priced(up, context_length=3000), {}, {}, 2950), ("default below the model", priced(up, **facts), {"client": {"default_max_tokens": 100}}, {}, 80),
        ("own", priced(up, **facts), {"client": {"default_max_tokens": 100}}, {"max_tokens": 500}, 480),
    ]:
        it = client([row], limits={**limits, "max_cost": 1})
        check(name, "fits", chat(it, **members)[0], 0)
        cap = str(Decimal("0.000002") * largest)
        status, _, error = chat(it, **members, gatelet={"max_cost": cap})
        found = re.search(r"max_tokens can be (\d+) at most", error["message"])
        check(name, "refused, and told what fits", (status, found is not None), (110, True))
        if found:
            most = int(found.group(1))
            check(name, f"{most} fits", chat(it, max_tokens=most, gatelet={"max_cost": cap})[0], 0)
            check(name, f"{most + 1} does not", chat(it, max_tokens=most + 1, gatelet={"max_cost": cap})[0], 110)
        it.free()
    it = client([priced(up)], limits={"max_cost": 1})
    check("unbounded", "refused", refused(chat(it)[2], "max_tokens", "default_max_tokens"), True)
    it.free()
    free = {"base_url": up.url, "known_models": {"m": {"pricing": {"prompt": 0, "completion": 0}}}}
    it = client([free], limits={"max_cost": TINY, "client": {"usd_per_day": TINY}})
    check("free", "sent", chat(it)[0], 0)
    it.free()


class Meter:
    """Answers with the most that was asked for, counts what it charges, and how many it answers at a time."""

    def __init__(self, price=Decimal("0.01"), pause=0.02):
        self.lock, self.spent, self.answered, self.now, self.most = threading.Lock(), Decimal(0), 0, 0, 0
        self.price, self.pause = price, threading.Event()
        self.seconds = pause

    def __call__(self, handler, seen):
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self.pause.wait(self.seconds)
        tokens = seen.body.get("max_tokens", 4096)
        with self.lock:
            self.now -= 1
            self.answered += 1
            self.spent += tokens * self.price + 10 * Decimal("0.001")
        return both_ways(handler, seen, tokens)


def failing_stream(it, **members):
    """As `stream`, which reads an END that a refused one does not have."""
    status, _, ends, _, _ = it.stream("stream", json.dumps({"model": "a/m", "messages": HELLO, **members}).encode())
    return [status]


def at_once(count, ask):
    """The results of so many calls, each in a thread of its own, begun together."""
    found, barrier = [None] * count, threading.Barrier(count)

    def work(number):
        barrier.wait()
        found[number] = ask(number)
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def parallel_requests_stay_within_the_day(check):
    """300 at once, of which a few fit: never more is spent than the cap, and what waits gets what the others left."""
    for name, limits, row, members, most in [
        ("client", {"client": {"usd_per_day": 5}}, {}, {"max_tokens": 20}, 5), ("default", {"client": {"usd_per_day": 5, "default_max_tokens": 20}}, {}, {}, 5),
        ("provider", {}, {"limits": {"usd_per_day": 5}}, {"max_tokens": 20}, 5), ("minute", {"client": {"usd_per_minute": 5}}, {}, {"max_tokens": 20}, 5),
        ("tag", {"tags": {"*": {"usd_per_day": 5}}}, {}, {"max_tokens": 20, "gatelet": {"tag": "t"}}, 5),
    ]:
        meter = Meter()
        [up] = upstreams(meter)
        it = client([{"base_url": up.url, **row}], limits={**limits, "queue": 1000, "max_wait": 50})
        ends = at_once(300, lambda number: (chat if number % 5 else failing_stream)(it, **members)[0])
        counts = collections.Counter(ends)
        check(name, f"{meter.spent} is within the cap", meter.spent <= most, True)
        check(name, "ends", set(counts) <= {0, 305}, True)
        # Each costs 0.21: 23 fit, though the bound of each (0.28) would let 17 through.
        check(name, f"answered of {dict(counts)}", counts[0], 23)
        it.free()


def reservations_are_waited_for(check):
    """A limit that only running requests fill is waited for; what was spent is not, and what asks for more than there is neither."""
    meter = Meter(pause=0.2)
    [up] = upstreams(meter)
    it = client([up], limits={"client": {"usd_per_day": 1}, "max_wait": 30})  # 0.28 are reserved, 0.21 cost
    check("four at once", "ends", collections.Counter(at_once(4, lambda _: chat(it, max_tokens=20)[0])), collections.Counter({0: 4}))
    check("four at once", "never more than fit were under way", meter.most <= 3, True)
    status, _, error = chat(it, max_tokens=20)
    check("spent", "refused at once", (status, error["kind"], "usd_per_day" in error["message"]), (305, "rate_limit", True))
    check("what is left", "is spent", chat(it, max_tokens=8)[0], 0)
    it.free()
    meter = Meter(pause=3)
    [up] = upstreams(meter)
    it = client([up], limits={"client": {"usd_per_day": "0.3"}, "max_wait": 0.1})
    check("max_wait", "one of two", sorted(at_once(2, lambda _: chat(it, max_tokens=20)[0])), [0, 305])
    it.free()
    it = client([up], limits={"client": {"usd_per_day": "0.3"}, "wait": False})
    check("wait false", "one of two", sorted(at_once(2, lambda _: chat(it, max_tokens=20)[0])), [0, 305])
    it.free()


TESTS = [the_bound_is_one, prompts_that_slip_through, pictures_in_all_places, words_that_do_not_bound, what_goes_on_is_bounded_with_its_text, what_cannot_be_bounded, unknown_prices_are_refused, a_bound_is_sent, a_bound_is_reserved,
         parallel_requests_stay_within_the_day, reservations_are_waited_for]
