"""What is measured, against what, and the goals. One function per scenario."""
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from .report import Results


@dataclass
class Row:
    name: str
    command: list
    repeat: int = 1  # fresh processes per round


@dataclass
class Goal:
    text: str
    value: Callable[[Results], float | None]
    limit: float
    at_least: bool = False


@dataclass
class Scenario:
    name: str
    title: str
    unit: str
    rows: list[Row]
    base: str | None
    rounds: int
    goals: list[Goal] = field(default_factory=list)
    columns: tuple = ("cpu_us", "p50_us", "p99_us")
    note: str = ""


@dataclass
class Setting:
    """Where things are and how long to measure."""
    bin: Path
    prefix: Path
    python: Path
    python_client: Path
    nginx: str
    paced: str
    quick: bool

    def pick(self, quick, full):
        return quick if self.quick else full


def ratio_goal(text, ours, base, limit, metric="cpu_us"):
    return Goal(text, lambda r: r.ratio(ours, base, metric), limit)


def seq(s):
    seconds, base = s.pick(0.4, 1.5), s.nginx + "/ns"
    rows = [Row("raw", [s.bin / "raw_seq", "raw", base, seconds]),
            Row("raw + jansson", [s.bin / "raw_seq", "jansson", base, seconds]),
            Row("gatelet_chat", [s.bin / "our_seq", base, seconds])]
    goals = [ratio_goal("CPU against raw + one jansson parse", "gatelet_chat", "raw + jansson", 1.0),
             Goal("p50 beyond raw, us", lambda r: r.difference("gatelet_chat", "raw", "p50_us"), 25)]
    return Scenario("seq", "sequential requests, 715-byte answers", "request", rows, "raw + jansson", s.pick(4, 7), goals)


def routing(s):
    """One upstream throughout: what differs is what stands in the configuration and in the request."""
    seconds, base = s.pick(0.4, 1.5), s.nginx + "/ns"
    kinds = {"one provider": (1, 0, "plain"), "30, 500 models": (30, 500, "plain"), "  and routing words": (30, 500, "words"),
             "30, 50 models": (30, 50, "plain")}
    rows = [Row(name, [s.bin / "our_routing", base, seconds, *kind]) for name, kind in list(kinds.items())[:3]]
    rows += [Row(f"{name}, counted", [s.bin / "our_allocations", base, *kind]) for name, kind in kinds.items()]
    one, many, few = "one provider", "30, 500 models", "30, 50 models"
    goals = [Goal("CPU added by routing, us", lambda r: r.difference(many, one, "cpu_us"), 10),
             Goal("p50 added by routing, us", lambda r: r.difference(many, one, "p50_us"), 10),
             Goal("allocations added by 450 models", lambda r: r.difference(f"{many}, counted", f"{few}, counted", "allocations"), 0)]
    goals += [Goal(f"{what} kept from request 1,000 to 10,000", lambda r, m=metric: r.largest(m), 0)
              for metric, what in (("kept_blocks", "blocks"), ("kept_bytes", "bytes"))]
    return Scenario("routing", "sequential requests with more or less to route", "request", rows, one, s.pick(4, 7), goals,
                    ("cpu_us", "p50_us", "allocations", "kept_blocks", "kept_bytes"))


def lists(s):
    """A list that is kept, from the C call to the free of its answer; strlen included."""
    seconds = s.pick(0.5, 1.5)
    queries = {"all": "all", "filter": '{"capability":"tools","min_context":100000,"max_price":{"prompt":20},"id":"*model-4*","limit":10}',
               "sorted": '{"sort":"price","limit":10}', "fields": '{"fields":["id","pricing"]}'}
    rows = [Row(f"{name}, {count} models", [s.bin / "our_lists", f"{s.nginx}/l{count}", seconds, query])
            for count in (5000, 20000) for name, query in queries.items()]
    goals = [Goal("listing 5,000 models, p50 us", lambda r: r.median("all, 5000 models", "p50_us"), 5000),
             Goal("filtering 5,000 models, p50 us", lambda r: r.median("filter, 5000 models", "p50_us"), 1000)]
    return Scenario("lists", "gatelet_list_models on a kept list", "call", rows, None, s.pick(2, 4), goals,
                    ("cpu_us", "p50_us", "p99_us", "first_ms", "kb_each"))


def conc(s):
    seconds, base = s.pick(0.4, 1.5), s.nginx + "/ns"
    rows = [Row(f"raw {loop}{plus}", [s.bin / "raw_conc", mode, loop, base, seconds])
            for loop in ("poll", "epoll") for mode, plus in (("raw", ""), ("jansson", " + jansson"))]
    rows += [Row(f"queue, {d}", [s.bin / "our_conc", d, base, seconds]) for d in ("thread", "caller")]
    goals = [ratio_goal(f"CPU of queue, {d}, against raw {loop} + jansson", f"queue, {d}", f"raw {loop} + jansson", 1.0)
             for d in ("thread", "caller") for loop in ("poll", "epoll")]
    return Scenario("conc", "64 requests in flight", "request", rows, "raw poll + jansson", s.pick(3, 6), goals)


def stream(s):
    seconds, where = s.pick(0.4, 1.5), [s.nginx, "s10k"]
    raw = {"raw": "raw", "raw + scan": "scan", "raw + scan, 256K": "scan256k", "raw + jansson": "jansson"}
    ours = {"gatelet_stream": "callback", "  with answer": "answer", "queue, thread": "thread", "queue, caller": "caller"}
    rows = [Row(name, [s.bin / "raw_stream", mode, *where, seconds]) for name, mode in raw.items()]
    rows += [Row(name, [s.bin / "our_stream", mode, *where, seconds]) for name, mode in ours.items()]
    goals = [ratio_goal(f"CPU of {name} against raw + scan", name, "raw + scan", 1.5)
             for name in ("gatelet_stream", "queue, thread", "queue, caller")]
    return Scenario("stream", "one stream of 10,000 chunks at a time", "chunk", rows, "raw + scan", s.pick(3, 6), goals)


def dialects(s):
    """Streams of 10,000 chunks in each dialect and through each surface, beside raw + jansson on the same bytes."""
    seconds = s.pick(0.3, 1.0)
    translated = {"Anthropic text": ("chat", "a"), "Anthropic thinking": ("chat", "t"), "Gemini text": ("chat", "g"), "Responses text": ("chat", "r"),
                  "Messages over chat": ("messages", "s"), "Responses over chat": ("responses", "s"), "Messages over Gemini": ("messages", "g"),
                  "Responses over Anthropic": ("responses", "a")}
    passed = {"chat": ("chat", "s"), "Messages passed through": ("messages", "a"), "Responses passed through": ("responses", "r")}
    raw = {"raw + jansson, chat": "s", "raw + jansson, Anthropic": "a", "raw + jansson, thinking": "t", "raw + jansson, Gemini": "g", "raw + jansson, Responses": "r"}
    rows = [Row(name, [s.bin / "raw_stream", "jansson", s.nginx, f"{letter}10k", seconds]) for name, letter in raw.items()]
    every = {**passed, **translated}
    rows += [Row(name, [s.bin / "our_dialect", surface, s.nginx, f"{letter}10k", seconds]) for name, (surface, letter) in every.items()]
    rows += [Row(f"{name}, counted", [s.bin / "our_growth", surface, s.nginx, f"{letter}100", f"{letter}10k"]) for name, (surface, letter) in every.items()]
    goals = [Goal(f"us a chunk of {name}", lambda r, n=name: r.median(n, "cpu_us"), 5) for name in translated]
    goals += [Goal(f"us a chunk of {name} beyond chat", lambda r, n=name: r.difference(n, "chat", "cpu_us"), 0.25) for name in passed if name != "chat"]
    # The last event of a response has all of the answer in it, and so has its item's and its part's.
    goals += [Goal(f"bytes grown with the length of {name}", lambda r, n=name: r.median(f"{n}, counted", "grown_bytes"), 4096)
              for name, (surface, letter) in every.items() if surface != "responses" and letter != "r"]
    goals += [Goal(f"allocations a chunk of {name}", lambda r, n=name: r.median(f"{n}, counted", "allocations"), 0.01) for name in every]
    return Scenario("dialects", "streams of 10,000 chunks, translated and passed through", "chunk", rows, "raw + jansson, chat", s.pick(2, 5), goals,
                    ("cpu_us", "allocations", "grown_bytes"))


def short(s):
    seconds, where = s.pick(0.4, 1.0), [s.nginx, "s100"]
    rows = [Row("raw + scan", [s.bin / "raw_stream", "scan", *where, seconds]),
            Row("gatelet_stream", [s.bin / "our_stream", "callback", *where, seconds]),
            Row("queue, thread", [s.bin / "our_stream", "thread", *where, seconds])]
    return Scenario("short", "streams of 100 chunks one after another (no goal)", "chunk", rows, "raw + scan", s.pick(2, 5))


def paced(s):
    streams, seconds = 1000, s.pick(2, 5)
    rows = [Row("raw epoll + scan", [s.bin / "raw_paced", s.paced, streams, seconds])]
    rows += [Row(f"queue, {d}", [s.bin / "our_paced", d, s.paced, streams, seconds]) for d in ("thread", "caller")]
    goals = []
    for name in ("queue, thread", "queue, caller"):
        goals.append(ratio_goal(f"CPU of {name} against raw", name, "raw epoll + scan", 1.3))
        goals.append(Goal(f"KB per stream of {name}", lambda r, n=name: r.median(n, "kb_each"), 24))
    return Scenario("paced", f"{streams} streams of 10 chunks/s; p50 and p99 are added latency", "chunk", rows,
                    "raw epoll + scan", s.pick(2, 4), goals, ("cpu_us", "p50_us", "p99_us", "kb_each"))


def idle(s):
    seconds, rows, goals = s.pick(1.0, 2.0), [], []
    for name, command in (("raw epoll", ["raw_paced"]), ("queue, thread", ["our_paced", "thread"]),
                          ("queue, caller", ["our_paced", "caller"])):
        for count in (0, 2000):
            rows.append(Row(f"{name}, {count} idle", [s.bin / command[0], *command[1:], s.paced, count, seconds, "fast"]))
    for name in ("raw epoll", "queue, thread", "queue, caller"):
        growth = ratio_goal(f"growth of {name} from 0 to 2,000 idle", f"{name}, 2000 idle", f"{name}, 0 idle", 1.1)
        goals.append(growth)
    return Scenario("idle", "a stream of 1,000 chunks/s beside idle streams", "chunk", rows, None, s.pick(2, 4), goals[1:])


def load(s):
    library = s.prefix / "lib/libgatelet.so"
    rows = [Row("libcurl", [s.bin / "load", "libcurl.so.4"], 4),
            Row("libcurl + global init", [s.bin / "load", "libcurl.so.4", "global"], 4),
            Row("libgatelet", [s.bin / "load", library], 4),
            Row("libgatelet + init + free", [s.bin / "load", library, "init"], 4)]
    added = Goal("ms added to libcurl by dlopen + init + free",
                 lambda r: r.difference("libgatelet + init + free", "libcurl", "wall_us") / 1e3, 2)
    size = library.resolve().stat().st_size if library.exists() else 0
    return Scenario("load", "loading into a fresh process", "load", rows, None, s.pick(6, 12), [added],
                    ("wall_us", "cpu_us", "rss_kb"), f"libgatelet.so: {size / 1024:.0f} KB")


def parallel(s):
    seconds, base, threads = s.pick(0.5, 1.5), s.nginx + "/ns", 8
    rows = [Row("raw, handle per thread", [s.bin / "raw_parallel", "raw", base, seconds, threads]),
            Row("raw + jansson", [s.bin / "raw_parallel", "jansson", base, seconds, threads]),
            Row("gatelet_chat, one client", [s.bin / "our_parallel", base, seconds, threads])]
    return Scenario("parallel", f"{threads} threads of sequential blocking calls (no goal)", "request", rows,
                    "raw + jansson", s.pick(2, 5))


def from_python(s, name, title, unit, url, kinds, rounds, limit):
    """Ours and the openai package, in turn. Goals on the cheapest way of each kind: work per CPU second."""
    rows, goals, seconds = [], [], s.pick(0.7, 2)
    ready = s.python.exists() and s.python_client.exists()
    for kind, label in kinds if ready else ():
        for client in ("openai", "gatelet"):
            rows.append(Row(f"{client}, {label}", [s.python, s.python_client, "--url", f"{url}/v1", "--client", client,
                                                   "--scenario", kind, "--seconds", seconds]))
        goals.append(Goal(f"{unit}s per CPU second, {label}, against openai",
                          lambda r, l=label: r.ratio(f"openai, {l}", f"gatelet, {l}"), limit, at_least=True))
    note = "gatelet rows: the library inside the package in build/venv" if ready else "needs build/venv and bench/python_client.py"
    return Scenario(name, title, unit, rows, rows[0].name if rows else None, rounds, goals, ("cpu_us", "p50_us"), note)


def python(s):
    return from_python(s, "python", "requests from Python", "request", s.nginx + "/ns",
                       [("seq", "sequential"), ("conc", "64 in flight")], s.pick(1, 3), 10)


def python_stream(s):
    return from_python(s, "python_stream", "10,000-chunk streams from Python", "chunk", s.nginx + "/s10k",
                       [("stream", "iterator"), ("attributes", "by attributes"), ("stream_async", "asyncio")], s.pick(1, 3), 30)


ALL = {f.__name__: f for f in (seq, routing, lists, conc, stream, dialects, short, paced, idle, load, parallel, python, python_stream)}
