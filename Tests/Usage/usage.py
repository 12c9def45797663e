"""Usage, cost, statistics and records: recorded answers through the installed library, held against an independent reader."""
import collections
import json
import os
import signal
import sys
from decimal import Decimal

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "Replay"), os.path.join(HERE, "..", "Live"), os.path.join(HERE, "..", "Support")]

import asking  # noqa: E402
import buckets  # noqa: E402
import caps  # noqa: E402
import driver  # noqa: E402
import exchanges  # noqa: E402
import library  # noqa: E402
import places  # noqa: E402
import prices_url  # noqa: E402
import refused  # noqa: E402
import served as serving  # noqa: E402
import server  # noqa: E402
import synthetic  # noqa: E402
from checks import Checks  # noqa: E402

LEAST = exchanges.least(60, 2500)  # answers with usage in the collection
PRICES = {"prompt": "0.0000030517578125", "completion": "0.000015000000000001", "input_cache_read": "3e-7",
          "input_cache_write": "0.00000375", "input_cache_write_1h": "0.000006"}
KINDS = ["input", "cache_read", "cache_write", "output", "cache_write_1h", "reasoning", "total"]
tests = None  # made in main: Tests/Biller reads with these functions, too


def check(where, what, got, wanted):
    tests.check(where, "" if got == wanted else f"{what} is {got!r}, not {wanted!r}")
    return got == wanted


def loads(text):
    return json.loads(text, parse_float=Decimal)


def upstream_usage(exchange):
    """(usage, answer) of what the provider sent: of a stream the last usage that is not all zeros after one that is not."""
    body = exchange.response["bytes"].decode("utf-8", "replace")
    if not exchange.stream:
        try:
            answer = loads(body)
        except ValueError:
            return None, None
        if not isinstance(answer, dict):
            return None, None
        return answer.get("usage"), answer
    usage, root = None, {}
    for line in body.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if not line.startswith("data:") or line[5:].strip() == "[DONE]":
            continue
        try:
            chunk = loads(line[5:])
        except ValueError:
            continue
        if not isinstance(chunk, dict):
            continue
        found = chunk.get("usage") or (chunk.get("x_groq") or {}).get("usage")
        if chunk.get("cost") is not None:
            root["cost"] = chunk["cost"]
        if isinstance(found, dict) and (usage is None or any(c in "123456789" for c in json.dumps(found, default=str))):
            usage = found
    return usage, root


def config(jobs, port):
    document = json.loads(driver.configuration(jobs, port))
    for job in jobs:
        model = job.exchange.request.get("model")
        document["providers"][job.provider]["known_models"] = {model: {"pricing": PRICES}} if isinstance(model, str) else {"none": {"pricing": PRICES}}
    return json.dumps(document)


def gatelet_of(job, delivered):
    if job.exchange.stream:
        return json.loads(delivered.ends[0][1])["gatelet"] if delivered.ends else None
    return json.loads(delivered.answers[0])["gatelet"] if delivered.answers else None


def amount(text):
    return None if text is None else Decimal(text)


def same_cost(a, b):
    """Costs of providers are texts of floats: rounded to what the library keeps."""
    if a is None or b is None:
        return a is b
    return a == b.quantize(Decimal("1e-18"))


def replay(listing, port):
    """Each recorded answer: buckets, total, cost."""
    jobs = [driver.Job(n, e, "W", "queue") for n, e in enumerate(listing) if e.kind in ("chat", "completion", "embeddings")]
    counts = collections.Counter()
    driver.configuration, kept = (lambda some, port: config_kept(some, port)), driver.configuration

    def config_kept(some, port):
        driver.configuration = kept
        try:
            return config(some, port)
        finally:
            driver.configuration = config_kept

    driver.configuration = config_kept
    for job, delivered in driver.run(jobs, port, "queue", 64):
        if delivered.status != 0:
            continue
        gatelet, (usage, answer) = gatelet_of(job, delivered), upstream_usage(job.exchange)
        where = f"{job.exchange.id} ({job.exchange.provider})"
        wanted = buckets.buckets(usage)
        if wanted is None or not wanted.get("total") and not any(wanted.values()):  # zeros beside an answer: nobody counted
            counts["without usage"] += 1
            check(where, "source of usage", (gatelet["usage"] or {}).get("source"), "estimated")
            continue
        counts["with usage"] += 1
        got = {name: gatelet["usage"][name] for name in KINDS if name in (gatelet["usage"] or {})}
        check(where, "usage", got, {name: wanted[name] for name in KINDS if name in wanted})
        check(where, "source of usage", gatelet["usage"]["source"], "reported")
        cost, told = gatelet["cost"], buckets.reported(usage, answer)
        own = buckets.bill(wanted, PRICES) if {"input", "output"} <= set(wanted) else None
        if told is not None:
            counts["with cost"] += 1
            check(where, "source of cost", cost["source"], "reported")
            check(where, "reported cost", same_cost(amount(cost["total"]), told) or cost["total"], True)
            apart = own is not None and abs(told - own) > max(told, own) / 100
            check(where, "difference", bool(cost.get("difference")), apart)
        elif not any(name in gatelet["usage"] for name in ("audio_input", "audio_output", "image_output", "web_searches")):
            check(where, "cost", amount(cost["total"]), own)
            check(where, "source of cost", cost["source"], "unknown" if own is None else "computed")
            check(where, "sum of the lines", sum((Decimal(line["cost"]) for line in cost.get("lines", [])), Decimal(0)), own or 0)
    return counts


def served(responses, body):
    child, port = server.start(responses)
    try:
        return body(port)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def recorded_answers(check):
    listing = [*exchanges.own(), *exchanges.recorded(collections.Counter())]
    counts = served([exchange.response for exchange in listing], lambda port: replay(listing, port))
    print("  recorded answers: " + ", ".join(f"{count} {name}" for name, count in sorted(counts.items())))
    check("recorded answers", f"at least {LEAST} with usage", counts["with usage"] >= LEAST, True)


def main():
    global tests
    tests = Checks()
    tests.run([recorded_answers, *asking.TESTS, *refused.TESTS, *places.TESTS, *caps.TESTS, *synthetic.TESTS, *serving.TESTS, *prices_url.TESTS], check)
    return tests.end()


if __name__ == "__main__":
    sys.exit(main())
