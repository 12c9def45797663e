"""Made-up traffic: dialects, attempts that failed, were cancelled or lost a race, the ledger and the records."""
import collections
import json
import os
import random
import resource
import signal
import stat
import sys
import tempfile
import threading
import time
from decimal import Decimal

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "Live"))

import buckets  # noqa: E402
import library  # noqa: E402
import servers  # noqa: E402

HELLO = [{"role": "user", "content": "hello there, how are you?"}]  # 25 bytes: 6 tokens
PRICE = {"prompt": "0.001", "completion": "0.01"}
KEY = "sk-usage-3f9a"


def client(upstreams, **config):
    """A client whose providers a, b, ... are these upstreams, or rows of a configuration."""
    providers = {}
    for name, one in zip("abcdef", upstreams):
        row = one if isinstance(one, dict) else {"base_url": one.url}
        providers[name] = {**({} if "keys" in row else {"api_key": KEY}), "known_models": {"m": {"pricing": PRICE}}, **row}
    base = {"environment": False, "retry": {"attempts": 0}, "provider_order": list(providers), "providers": providers,
            "request_extensions": "all", "breaker": {"enabled": False}}
    return library.Client(json.dumps({**base, **config}))


def chat(it, model="a/m", **members):
    status, answer, error = it.call("chat", json.dumps({"model": model, "messages": HELLO, **members}).encode())
    return status, json.loads(answer)["gatelet"] if answer else None, json.loads(error) if error else None


def stream(it, model="a/m", stop_after=None, **members):
    """(status, gatelet of END or of the assembled answer, chunks)"""
    seen = []
    request = json.dumps({"model": model, "messages": HELLO, **members}).encode()
    if stop_after is None:
        status, chunks, ends, _, _ = it.stream("stream", request)
        return status, json.loads(ends[0][2])["gatelet"], chunks

    def on_event(event, _):
        seen.append(event.contents.kind)
        return 1 if len(seen) >= stop_after else 0

    answer = library.c_void_p()
    status = library.lib.gatelet_stream(it.handle, request, library.EVENT_FN(on_event), None, library.byref(answer), None)
    text = library._string(answer)
    return status, json.loads(text)["gatelet"] if text else None, seen


def stats(it, **query):
    status, text, error = it.call("stats", json.dumps(query).encode() if query else None)
    assert status == 0, error
    return json.loads(text)


def answering(usage, **root):
    def behave(handler, seen):
        servers.send_json(handler, {"id": "x", "object": "chat.completion", "model": "m", "usage": usage, **root,
                                    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}]})
        return True
    return behave


def failing(status, message="no"):
    def behave(handler, seen):
        servers.send_json(handler, {"error": {"message": message}}, status)
        return True
    return behave


def streaming(*events):
    def behave(handler, seen):
        try:
            servers.send_stream(handler, events)
        except OSError:
            pass
        return True
    return behave


def upstreams(*behaviours):
    made = [servers.Upstream() for _ in behaviours]
    for one, behave in zip(made, behaviours):
        one.behave = behave
    return made


def told(prompt, cached, completion, reasoning):
    """The same tokens in the words of five dialects, and three ways of getting them wrong that the numbers give away."""
    details = {"prompt_tokens_details": {"cached_tokens": cached}, "completion_tokens_details": {"reasoning_tokens": reasoning}}
    total = prompt + completion
    yield "openai", {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total, **details}
    yield "openrouter", {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total, "is_byok": False, **details}
    yield "anthropic", {"input_tokens": prompt - cached, "cache_read_input_tokens": cached, "cache_creation_input_tokens": 0,
                        "output_tokens": completion, "output_tokens_details": {"thinking_tokens": reasoning}}
    yield "gemini", {"promptTokenCount": prompt, "cachedContentTokenCount": cached, "candidatesTokenCount": completion - reasoning,
                     "thoughtsTokenCount": reasoning, "totalTokenCount": total}
    yield "deepseek", {"prompt_tokens": prompt, "prompt_cache_hit_tokens": cached, "prompt_cache_miss_tokens": prompt - cached,
                       "completion_tokens": completion, "total_tokens": total, "completion_tokens_details": {"reasoning_tokens": reasoning}}
    yield "xai", {"prompt_tokens": prompt, "completion_tokens": completion - reasoning, "total_tokens": total, **details}
    if prompt > cached and cached != reasoning:  # else the numbers do not tell
        yield "exclusive", {"prompt_tokens": prompt - cached, "completion_tokens": completion, "total_tokens": total, **details}


def same_bill_in_every_dialect(check):
    chance = random.Random(7)
    [up] = upstreams(None)
    for round in range(12):
        prices = {name: f"{chance.randrange(1, 10**chance.randrange(1, 9))}e-{chance.randrange(6, 17)}"
                  for name in ("prompt", "completion", "input_cache_read", "internal_reasoning")}
        it = client([{"base_url": up.url, "known_models": {"m": {"pricing": prices}}}])
        prompt, completion = chance.randrange(2, 200000), chance.randrange(2, 50000)
        cached, reasoning = chance.randrange(1, prompt), chance.randrange(1, completion)
        wanted = {"input": prompt - cached, "cache_read": cached, "output": completion, "reasoning": reasoning}
        cost = buckets.bill(wanted, prices)
        for dialect, usage in told(prompt, cached, completion, reasoning):
            where = f"{dialect} {usage} at {prices}"
            up.behave = answering(usage)
            status, gatelet, error = chat(it)
            check(where, "status", status, 0)
            check(where, "buckets", {name: gatelet["usage"][name] for name in wanted}, wanted)
            check(where, "cost", Decimal(gatelet["cost"]["total"]), cost)
            check(where, "no exponent", "e" in gatelet["cost"]["total"].lower(), False)
            up.behave = streaming(servers.chunk("Hi"), servers.chunk("", "stop", usage=usage), "[DONE]")
            check(where, "cost of a stream", Decimal(stream(it)[1]["cost"]["total"]), cost)
        it.free()


def costs_of_providers_win(check):
    [up] = upstreams(None)
    it = client([up])
    for usage, root, total, source, apart in [
        ({"prompt_tokens": 10, "completion_tokens": 2, "cost": 0.0301}, {}, "0.0301", "reported", False),
        ({"prompt_tokens": 10, "completion_tokens": 2, "cost": 0.5}, {}, "0.5", "reported", True),
        ({"prompt_tokens": 10, "completion_tokens": 2}, {"cost": 0.03, "cost_details": {"total": 1}}, "0.03", "reported", False),
        ({"prompt_tokens": 10, "completion_tokens": 2}, {"cost": {"usd": 0.02, "diem": 0}}, "0.02", "reported", True),
        ({"prompt_tokens": 10, "completion_tokens": 2, "cost_in_usd_ticks": 300000000}, {}, "0.03", "reported", False),
        ({"prompt_tokens": 10, "completion_tokens": 2, "cost": 0.001, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.029}}, {}, "0.03", "reported", False),
        ({"prompt_tokens": 10, "completion_tokens": 2}, {}, "0.03", "computed", False),
    ]:
        up.behave = answering(usage, **root)
        cost = chat(it)[1]["cost"]
        where = f"{usage} {root}"
        check(where, "cost", (cost["total"], cost["source"], "difference" in cost), (total, source, apart))
        last = json.dumps({"id": "x", "choices": [], "usage": usage, **root})
        up.behave = streaming(servers.chunk("Hi"), servers.chunk("", "stop"), last, "[DONE]")
        check(where, "cost of a stream", stream(it)[1]["cost"]["total"], total)
    up.behave = answering({"prompt_tokens": 10, "completion_tokens": 2})
    cost = chat(it, "a/unheard-of")[1]["cost"]
    check("no price", "cost", (cost["total"], cost["source"]), (None, "unknown"))
    it.free()


def infron_bills_at_the_cache_tier(check):
    [up] = upstreams(answering({"prompt_tokens": 10, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 4}}))
    row = {"base_url": up.url, "api_key": KEY, "known_models": {"m": {"pricing": {**PRICE, "input_cache_read": "0.0001"}}}}
    it = library.Client(json.dumps({"environment": False, "providers": {"onerouter": row}}))
    cost = chat(it, "onerouter/m")[1]["cost"]
    check("Infron without cost", "cost", (cost["total"], cost["source"]), ("0.021", "computed"))
    up.behave = answering({"prompt_tokens": 10, "completion_tokens": 2}, cost=0.005)
    cost = chat(it, "onerouter/m")[1]["cost"]
    check("Infron with cost", "cost", (cost["total"], cost["source"]), ("0.005", "reported"))
    it.free()


def usage_include_works_everywhere(check):
    final = json.dumps({"id": "x", "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1}})
    [up] = upstreams(streaming(servers.chunk("Hi"), servers.chunk("", "stop"), final, "[DONE]"))
    rows = {"knows it": {"usage_include": True}, "native": {"native_routing": True}, "OpenAI": {"stream_usage": True},
            "refuses": {"stream_usage": False}}
    for name, row in rows.items():
        it = client([{"base_url": up.url, **row}])
        for asked in (False, True):
            up.seen.clear()
            _, gatelet, chunks = stream(it, **({"usage": {"include": True}} if asked else {}))
            body = up.seen[0].body
            check(name, f"usage sent, asked {asked}", "usage" in body, name == "knows it" or (name == "native" and asked))
            check(name, f"stream_options sent, asked {asked}", body.get("stream_options"), {"include_usage": True} if name == "OpenAI" else None)
            check(name, f"usage chunks delivered, asked {asked}", sum(b'"choices": []' in one[0] for one in chunks), int(asked))
            check(name, f"usage, asked {asked}", gatelet["usage"]["total"], 2)
        it.free()


def attempts_that_failed(check):
    good = answering({"prompt_tokens": 10, "completion_tokens": 2})
    for behave, at_least, others in [(failing(429), None, None), (failing(401), None, None), (failing(500), True, "0.006"), (failing(502), True, "0.006"),
                                     (failing(503), None, None), (failing(400, "maximum context length"), None, None)]:
        a, b = upstreams(behave, good)
        it = client([a, b], failover={"context_length": ["next_provider"], "bad_request": ["next_provider"]})
        status, gatelet, error = chat(it, gatelet={"models": ["b/m"]})
        where = f"after {a.seen and behave}"
        check(where, "status", (status, error), (0, None))
        cost, first = gatelet["cost"], gatelet["attempts"][0]
        check(where, "at_least", cost.get("at_least"), at_least)
        check(where, "others", cost.get("others"), others)
        check(where, "total", cost["total"], str(Decimal("0.03") + Decimal(others or 0)))
        check(where, "source", cost["source"], "computed")
        check(where, "the attempt's own", (first["cost"]["total"], first["cost"]["source"]), (others or "0", "estimated" if others else "computed"))
        check(where, "usage is the answer's", gatelet["usage"]["total"], 12)
        it.free()
    it = client([{"base_url": "http://127.0.0.1:1/v1"}, *upstreams(good)])
    cost = chat(it, gatelet={"models": ["b/m"]})[1]["cost"]
    check("never sent", "cost", (cost["total"], cost.get("at_least")), ("0.03", None))
    it.free()


def streams_that_broke(check):
    text = "four" * 10
    [up] = upstreams(streaming(servers.chunk(text), servers.chunk(text)))
    it = client([up])
    status, gatelet, _ = stream(it)
    check("truncated", "status", status, 208)
    check("truncated", "usage", (gatelet["usage"]["input"], gatelet["usage"]["output"], gatelet["usage"]["source"]), (6, 20, "estimated"))
    check("truncated", "cost", (gatelet["cost"]["total"], gatelet["cost"]["source"], gatelet["cost"].get("at_least")), ("0.206", "estimated", True))
    up.behave = streaming(servers.chunk(text), 0.1, servers.chunk(text), 0.1, servers.chunk(text), 3)
    status, gatelet, _ = stream(it, stop_after=1)
    check("cancelled", "status", status, 107)
    check("cancelled", "usage", (gatelet["usage"]["input"], gatelet["usage"]["output"], gatelet["usage"]["source"]), (6, 10, "estimated"))
    check("cancelled", "at_least", gatelet["cost"].get("at_least"), True)
    up.behave = streaming(servers.chunk(text, usage={"prompt_tokens": 9, "completion_tokens": 1}), 0.1, servers.chunk(text), 3)
    _, gatelet, _ = stream(it, stop_after=1)
    check("cancelled after a first usage", "usage", (gatelet["usage"]["input"], gatelet["usage"]["output"]), (9, 10))
    it.free()


def a_hedge_that_lost(check):
    def slow(handler, seen):
        time.sleep(1.5)
        return False
    a, b = upstreams(slow, answering({"prompt_tokens": 10, "completion_tokens": 2}))
    it = client([a, b])
    _, gatelet, _ = chat(it, gatelet={"models": ["b/m"], "hedge": {"delay": 0.1}})
    check("hedge", "attempts", [one["provider"] for one in gatelet["attempts"]], ["a", "b"])
    check("hedge", "cost", (gatelet["cost"]["total"], gatelet["cost"]["served"], gatelet["cost"]["others"], gatelet["cost"].get("at_least")), ("0.036", "0.03", "0.006", True))
    check("hedge", "the loser's", gatelet["attempts"][0]["cost"], {"total": "0.006", "source": "estimated", "at_least": True})
    total = stats(it)["total"]
    check("hedge", "in the ledger", (total["requests"], total["attempts"], total["hedges"], total["cost"]["known"], total["cost"]["estimated"]), (1, 2, 1, "0.03", "0.006"))
    it.free()


def continued_streams_report_all_parts(check):
    a, b = upstreams(streaming(servers.chunk("Hello, ", usage=None)),
                     streaming(servers.chunk("world"), servers.chunk("", "stop", usage={"prompt_tokens": 10, "completion_tokens": 2}), "[DONE]"))
    it = client([{"base_url": a.url}, {"base_url": b.url, "prefill": True}])
    status, gatelet, _ = stream(it, gatelet={"models": ["b/m"], "continue": True})
    check("continued", "status", (status, gatelet.get("continued")), (0, True))
    usage = gatelet["usage"]
    check("continued", "usage", (usage["input"], usage["output"], usage["total"], usage["source"]), (16, 4, 20, "estimated"))
    check("continued", "cost", (gatelet["cost"]["total"], gatelet["cost"]["source"], gatelet["cost"].get("at_least")), ("0.056", "estimated", True))
    check("continued", "its parts", [one["cost"]["total"] for one in gatelet["attempts"]], ["0.026", "0.03"])
    it.free()


def an_answer_without_usage(check):
    def behave(handler, seen):
        servers.send_json(handler, {"choices": [{"index": 0, "message": {"role": "assistant", "content": "12345678"}, "finish_reason": "stop"}]})
        return True
    [up] = upstreams(behave)
    it = client([up])
    _, gatelet, _ = chat(it)
    check("no usage", "usage", gatelet["usage"], {"input": 6, "output": 2, "total": 8, "source": "estimated"})
    check("no usage", "cost", (gatelet["cost"]["total"], gatelet["cost"]["source"]), ("0.026", "estimated"))
    it.free()


def an_answer_of_calls_without_usage(check):
    """Calls of tools and reasoning are output."""
    call = [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]

    def behave(handler, seen):
        servers.send_json(handler, {"choices": [{"index": 0, "message": {"role": "assistant", "content": None, "reasoning_content": "12345678", "tool_calls": call},
                                                 "finish_reason": "tool_calls"}]})
        return True
    [up] = upstreams(behave)
    it = client([up])
    output = chat(it)[1]["usage"]["output"]
    check("calls without usage", "output", output, 3)  # eight characters of reasoning, three of the call
    it.free()


def mixed_traffic(it, up, rounds=120):
    """Requests of all ends from several threads; how many there were."""
    def work(seed):
        chance = random.Random(seed)
        for n in range(rounds // 4):
            tag = chance.choice([None, "red", "blue"])
            gatelet = {"models": ["b/m"], **({"tag": tag} if tag else {})}
            model = chance.choice(["a/m", "a/n", "b/m"])
            if chance.random() < 0.5:
                chat(it, model, gatelet=gatelet)
            else:
                stream(it, model, stop_after=chance.choice([None, None, 1]), gatelet=gatelet)
    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return rounds // 4 * 4


def behave_at_random(handler, seen):
    chance = random.Random()
    kind = chance.random()
    if kind < 0.15:
        servers.send_json(handler, {"error": {"message": "no"}}, chance.choice([429, 500, 503]))
        return True
    usage = {"prompt_tokens": chance.randrange(1, 50), "completion_tokens": chance.randrange(1, 50)}
    if not seen.body.get("stream"):
        return answering(usage)(handler, seen)
    end = [servers.chunk("", "stop", usage=usage), "[DONE]"] if kind < 0.85 else []
    return streaming(servers.chunk("one "), servers.chunk("two"), *end)(handler, seen)


def ledger_is_the_sum_of_the_records(check):
    a, b = upstreams(behave_at_random, behave_at_random)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "usage.jsonl")
        it = client([a, b], records=path)
        asked = mixed_traffic(it, a)
        records = [json.loads(line) for line in open(path)]
        found = stats(it)
        it.free()
        check("records", "mode", stat.S_IMODE(os.stat(path).st_mode), 0o600)
        check("records", "no key or prompt in them", any(word in open(path).read() for word in (KEY, "hello there")), False)
    total = found["total"]
    check("records", "number", len(records), asked)
    check("records", "distinct ids", len({one["request_id"] for one in records}), asked)
    ends = collections.Counter(one["end"] for one in records)
    check("ledger", "requests", total["requests"], asked)
    check("ledger", "ends", [total[name] for name in ("successes", "failures", "cancelled", "truncated")], [ends[name] for name in ("finished", "error", "cancelled", "truncated")])
    check("ledger", "attempts", total["attempts"], sum(one["attempts"] for one in records))
    cost = sum((Decimal(one["cost"]["total"]) for one in records if one["cost"]["total"]), Decimal(0))
    priced = [one for one in records if one["cost"]["total"] is None]
    if check("ledger", "requests without a price are those of model n", {one["model"] for one in priced} <= {"n"}, True):
        known = Decimal(total["cost"]["known"]) + Decimal(total["cost"]["estimated"])
        unpriced = sum((Decimal(one["cost"].get("others", "0")) for one in priced), Decimal(0))
        check("ledger", "cost", known, cost + unpriced)
    for by, member in (("tag", "tag"), ("provider", "provider"), ("model", "model")):
        for row in found[by]:
            mine = [one for one in records if one[member] == row[member] and (by != "model" or one["provider"] == row["provider"])]
            check(f"ledger by {by} {row[member]}", "requests", row["requests"], len(mine))
            check(f"ledger by {by} {row[member]}", "successes", row["successes"], sum(one["end"] == "finished" for one in mine))
    for by in ("provider", "model", "key"):
        for name in ("requests", "attempts", "failed_attempts", "retries"):
            check(f"ledger by {by}", name, sum(row[name] for row in found[by]), total[name])
        for name in total["tokens"]:
            check(f"ledger by {by}", f"tokens {name}", sum(row["tokens"][name] for row in found[by]), total["tokens"][name])
        check(f"ledger by {by}", "cost", sum(Decimal(row["cost"]["known"]) for row in found[by]), Decimal(total["cost"]["known"]))
    for by in ("minute", "hour", "day"):
        check(f"ledger by {by}", "requests", sum(row["requests"] for row in found[by]), total["requests"])
    check("ledger", "failed attempts by kind", sum(total["errors"].values()), total["failed_attempts"])
    times = total["latency_ms"]
    check("ledger", "latencies counted", times["count"], total["successes"])
    check("ledger", "percentiles in order", times["p50"] <= times["p90"] <= times["p95"] <= times["p99"] <= times["max"], True)


def percentiles_are_close(check):
    chance, waits = random.Random(3), []

    def slow(handler, seen):
        time.sleep(chance.choice([0.01, 0.02, 0.05]))
        return False
    [up] = upstreams(slow)
    it = client([up])
    for _ in range(40):
        waits.append(chat(it)[1]["timings"]["total_ms"])
    waits.sort()
    times = stats(it, by="provider")["provider"][0]["latency_ms"]
    for name, place in (("p50", 19), ("p90", 35), ("p95", 37)):
        check(f"{name} {times[name]} of {waits[place]}", "is within 1/15", abs(times[name] - waits[place]) <= waits[place] / 15, True)
    check("mean", f"of {times['mean']} is exact", abs(times["mean"] - sum(waits) / len(waits)) < 0.5, True)
    it.free()


def reload_and_reset(check):
    [up] = upstreams(None)
    it = client([up])
    chat(it)
    row = {"base_url": up.url, "api_key": KEY}
    it.reload(json.dumps({"environment": False, "providers": {"a": row}}))
    chat(it)
    check("reload", "requests", stats(it)["total"]["requests"], 2)
    it.call("list_models", json.dumps({"provider": "a", "fresh": True}).encode())
    up.behave = failing(500)
    it.call("list_models", json.dumps({"provider": "a", "fresh": True}).encode())
    [one] = stats(it, by="provider")["provider"]
    check("lists", "fetched", (one["list_fetches"], one["list_failures"], one["list_failure_rate"]), (2, 1, 0.5))
    check("reset", "report before it", stats(it, reset=True)["total"]["requests"], 2)
    check("reset", "requests", stats(it)["total"]["requests"], 0)
    it.free()


def bounds(check):
    it = library.Client(json.dumps({"environment": False, "dev_mode": True, "providers": {"dev": {"token_delay": 0}}}))
    queue = library.Queue()
    for n in range(4200):
        queue.submit(it, library.OP_CHAT, json.dumps({"model": f"dev/m{n % 1100}", "messages": HELLO, "gatelet": {"tag": f"t{n}"}}).encode(), n)
    ended = 0
    while ended < 4200:
        ended += sum(kind == library.END for kind, *_ in queue.next(5000))
    queue.free()
    found = stats(it)
    check("bounds", "requests", found["total"]["requests"], 4200)
    for by, most in (("tag", 4096), ("model", 1024)):
        check(f"bounds of {by}", "rows", len(found[by]), most + 1)
        check(f"bounds of {by}", "the other", found[by][-1].get("other"), True)
        check(f"bounds of {by}", "sum", sum(row["requests"] for row in found[by]), 4200)
    check("chosen tag", "rows", [row["tag"] for row in stats(it, by=["tag"], tag="t7")["tag"]], ["t7"])
    it.free()


def records_survive_rotation(check):
    [up] = upstreams(None)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "r.jsonl")
        it = client([up], records=path)
        chat(it)
        os.rename(path, path + ".1")
        time.sleep(1.1)
        chat(it)
        check("rotated", "lines", (len(open(path + ".1").readlines()), len(open(path).readlines())), (1, 1))
        it.free()
        lines = []
        it = client([up], records=os.path.join(folder, "nowhere", "r.jsonl"))
        it.log_to(lines)
        check("unwritable", "statuses", [chat(it)[0] for _ in range(3)], [0, 0, 0])
        check("unwritable", "log lines", sum("records cannot be written" in message for _, message in lines), 1)
        it.free()


def hooks_have_the_figures(check):
    [up] = upstreams(answering({"prompt_tokens": 10, "completion_tokens": 2}))
    it, events = client([up]), []
    it.hook(lambda text: events.append(json.loads(text)) or 0)
    chat(it)
    stream(it)
    ends = [one for one in events if one["event"] == "request_end"]
    check("hook", "costs", [one["gatelet"]["cost"]["source"] for one in ends][:1], ["computed"])
    check("hook", "usage", ends[0]["gatelet"]["usage"], {"input": 10, "output": 2, "total": 12, "source": "reported"})
    own = next(one for one in events if one["event"] == "attempt_end")
    check("hook", "attempt_end", (own["cost"]["total"], own["usage"]["total"]), ("0.03", 12))
    it.free()


def zeros_and_costs_of_streams(check):
    """What a stream told stays told, whatever comes behind it."""
    real = {"prompt_tokens": 10, "completion_tokens": 2}
    zeros = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0, "service_tier": "v1", "ephemeral_5m_input_tokens": 0}
    [up] = upstreams(None)
    it = client([up])

    def last(usage, **root):
        return json.dumps({"id": "x", "choices": [], "usage": usage, **root})

    for events, total, source in [([last(real), last(zeros)], "0.03", "computed"), ([last(real, cost=0.5), last(zeros, cost=0)], "0.5", "reported"),
                                  ([last({**real, "cost": 0.5}), last(real)], "0.5", "reported"), ([last(zeros), last(real)], "0.03", "computed"),
                                  ([last(real), last({**real, "cost": 0})], "0", "reported"),
                                  ([last(zeros, cost=0), last(real, cost=0.25)], "0.25", "reported")]:
        up.behave = streaming(servers.chunk("Hi"), servers.chunk("", "stop"), *events, "[DONE]")
        cost = stream(it)[1]["cost"]
        check(f"{events}", "cost", (cost["total"], cost["source"]), (total, source))
    up.behave = answering(zeros)
    _, gatelet, _ = chat(it)
    check("zeros beside text", "usage", gatelet["usage"], {"input": 6, "output": 2, "total": 8, "source": "estimated"})
    check("zeros beside text", "cost", (gatelet["cost"]["total"], gatelet["cost"]["source"]), ("0.026", "estimated"))
    up.behave = streaming(servers.chunk("12345678"), servers.chunk("", "stop", usage=zeros), "[DONE]")
    check("zeros behind a stream", "cost", [stream(it)[1]["cost"][name] for name in ("total", "source")], ["0.026", "estimated"])
    it.free()


def bodies_that_are_refused(check):
    """An answer that is none has cost what it says."""
    usage = {"prompt_tokens": 10, "completion_tokens": 2}
    good = answering({"prompt_tokens": 1, "completion_tokens": 1})

    def sending(body, status=200):
        return lambda handler, seen: servers.send_json(handler, body, status) or True
    for body, status, own in [({"choices": [], "usage": usage}, 200, "0.03"), ({"error": {"message": "no"}, "usage": usage, "cost": 0.5}, 200, "0.5"),
                              ({"error": {"message": "no"}, "usage": usage}, 500, "0.03"), ({"error": {"message": "slow down"}, "usage": usage}, 429, "0")]:
        a, b = upstreams(sending(body, status), good)
        it = client([a, b], failover={"empty": ["next_provider"], "bad_response": ["next_provider"]})
        for name, ask in (("chat", lambda: chat(it, gatelet={"models": ["b/m"]})[1]), ("stream", lambda: stream(it, gatelet={"models": ["b/m"]})[1])):
            b.behave = good if name == "chat" else streaming(servers.chunk("Hi"), servers.chunk("", "stop", usage={"prompt_tokens": 1, "completion_tokens": 1}), "[DONE]")
            first = ask()["attempts"][0]
            check(f"{name} {status} {body}", "cost of the refused attempt", first["cost"]["total"], own)
        it.free()


def max_cost_counts_all(check):
    """Choices, prompts and tools are paid for."""
    [a] = upstreams(answering({"prompt_tokens": 10, "completion_tokens": 2}))
    it = client([a])
    status, _, error = chat(it, max_tokens=10, gatelet={"max_cost": "0.2"})
    check("one choice", "status", status, 0)
    for members in ({"n": 4}, {"tools": [{"type": "function", "function": {"name": "f", "description": "x" * 1000}}]}):
        status, _, error = chat(it, max_tokens=10, gatelet={"max_cost": "0.2"}, **members)
        check(f"{list(members)}", "refused", (status != 0, "max_cost" in json.dumps(error)), (True, True))
    it.free()


def estimates_count_in_limits(check):
    """A stream without usage has used what came, where that is more than was reserved."""
    [up] = upstreams(streaming(servers.chunk("four" * 100), servers.chunk("", "stop"), "[DONE]"))
    it = client([up], limits={"client": {"tokens_per_minute": 90}, "wait": False})
    check("first", "status", stream(it)[0], 0)
    check("second", "refused", stream(it)[0] != 0, True)
    it.free()


def records_after_a_full_disk(check):
    """A torn line stays alone."""
    [up] = upstreams(answering({"prompt_tokens": 10, "completion_tokens": 2}))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "usage.jsonl")
        it = client([up], records=path)
        chat(it)
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (os.path.getsize(path) + 50, before[1]))
        try:
            chat(it)
            chat(it)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        chat(it)
        it.free()
        with open(path, "a") as file:
            file.write('{"torn":')
        it = client([up], records=path)
        chat(it)
        it.free()
        lines = open(path).read().split("\n")
    whole = []
    for line in lines:
        try:
            whole.append(json.loads(line)["status"])
        except ValueError:
            pass
    check("records", "whole lines", whole, ["ok", "ok", "ok"])
    check("records", "lines", len(lines), 6)  # with the two torn ones and what follows the last line break


TESTS = [an_answer_of_calls_without_usage, zeros_and_costs_of_streams, bodies_that_are_refused, max_cost_counts_all, estimates_count_in_limits, records_after_a_full_disk,
         same_bill_in_every_dialect, costs_of_providers_win, infron_bills_at_the_cache_tier, usage_include_works_everywhere,
         attempts_that_failed, streams_that_broke, a_hedge_that_lost, continued_streams_report_all_parts, an_answer_without_usage,
         ledger_is_the_sum_of_the_records, percentiles_are_close, reload_and_reset, bounds, records_survive_rotation, hooks_have_the_figures]
