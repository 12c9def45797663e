"""Replays recorded traffic of the native dialects through the installed library and compares what it delivers, in the canonical
form, with what independent readers find in the recordings."""
import collections
import functools
import json
import os
import random
import signal

import anthropic_reader
import corpus
import driver
import gemini_reader
import judge
import library
import responses_reader
import server

READERS = {"anthropic": anthropic_reader, "gemini": gemini_reader, "openai-responses": responses_reader}
SMALL = 6 << 10  # bodies up to this size also arrive one byte at a time
VERSION = {"anthropic": "v1", "gemini": "v1beta", "openai": "v1", "openai-responses": "v1"}


def configuration(jobs, port):
    document = json.loads(driver.configuration([], port))
    for job in jobs:
        dialect = job.exchange.dialect
        document["providers"][job.provider] = {
            "dialect": dialect, "base_url": f"http://127.0.0.1:{port}/{job.number}/{job.mode}/{VERSION[dialect]}", "api_key": "sk-replay-b5c1d0",
            "known_models": {job.exchange.model: {"pricing": judge.PRICES}}}
    return json.dumps(document)


def request(job):
    return json.dumps({"model": job.exchange.model, "gatelet": {"provider": job.provider}, **job.exchange.request()}).encode()


def served(responses, body):
    child, port = server.start(responses)
    try:
        return body(port)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def run(jobs, port, interface, width):
    return driver.run(jobs, port, interface, width, configuration, request)


def plan(listing, long):
    """(name, interface, width, jobs) of each pass."""
    def jobs(mode, interface, fits):
        return [driver.Job(n, e, mode, interface) for n, e in enumerate(listing) if fits(e)]

    def small(e):
        return e.body and len(e.body) <= SMALL

    passes = [
        ("whole bodies", "queue", 64, jobs("W", "queue", lambda e: True)),
        ("random pieces", "queue", 64, jobs("R", "queue", lambda e: True)),
        ("blocking calls", "call", 6, jobs("R" if long else "W", "call", lambda e: True)),
    ]
    if long:
        passes.append(("one byte at a time", "queue", 64, jobs("B", "queue", small)))
    return passes


def comparable(documents):
    """Chunks without what may differ from call to call: their time, and ids that the provider did not give."""
    text = json.dumps([judge.without_time(document) for document in documents])
    for at, id_ in enumerate(dict.fromkeys(invented(documents))):
        text = text.replace(json.dumps(id_), f'"invented-{at}"')
    return text


def invented(documents):
    for document in documents:
        yield document.get("id")
        for choice in document.get("choices") or []:
            for call in (choice.get("delta") or {}).get("tool_calls") or []:
                if call.get("id"):
                    yield call["id"]


class Replay:
    def __init__(self, listing, long):
        self.listing, self.long = listing, long
        self.readings = [READERS[exchange.dialect].read(exchange) for exchange in listing]
        self.wrong, self.chunks, self.messages = collections.defaultdict(list), {}, {}

    def add(self, number, where, sentences):
        if sentences:
            self.wrong[number] += [f"{where}: {sentence}" for sentence in sentences]

    def run(self, port):
        for name, interface, width, jobs in plan(self.listing, self.long):
            done = 0
            for job, delivered in run(jobs, port, interface, width):
                done += 1
                self.add(job.number, name, judge.difference(job, delivered, self.readings[job.number]))
                self.same_chunks(job, delivered, name)
                self.keep(job, delivered)
            if done != len(jobs):
                self.add(jobs[0].number, name, [f"{len(jobs) - done} exchanges were not run"])

    def keep(self, job, delivered):
        """The message of an answer, or of the chunks of a stream put together."""
        document = delivered.assembled if job.exchange.stream else (delivered.answers or [None])[0]
        if document and delivered.status == 0:
            self.messages[job.number] = json.loads(document)["choices"][0]["message"]

    def same_chunks(self, job, delivered, name):
        """However a body comes in pieces, the chunks are the same."""
        documents = getattr(delivered, "documents", None)
        if documents is not None:
            first = self.chunks.setdefault(job.number, comparable(documents))
            if comparable(documents) != first:
                self.add(job.number, name, ["the chunks are not those of the whole body"])

    def report(self, tests):
        for number, exchange in enumerate(self.listing):
            tests.check(exchange.name, list(dict.fromkeys(self.wrong.get(number, []))))


def readers_agree(tests, listing):
    """Each reader against the accumulation of the official package."""
    for exchange in listing:
        reader = READERS[exchange.dialect]
        if not exchange.own or exchange.dialect == "openai-responses":
            tests.check(f"{exchange.name}: the readers agree", reader.disagreement(exchange, reader.read(exchange)))


def expectations(exchange, reading):
    """The readers are held to what handmade exchanges say themselves."""
    found = []
    for name, value in (exchange.expect or {}).items():
        got = getattr(reading, name)
        if name == "calls":
            got = [list(call) for call in got]
        if got != value:
            found.append(f"the reader finds {name} {got!r}, not {value!r}")
    return found


# ---------------------------------------------------------------- cuts

def borders(exchange):
    """Offsets behind each event."""
    if exchange.format == "sse":
        return [end for _, _, end in anthropic_reader.events(exchange.body)]
    return [end for _, end in gemini_reader.array(exchange.body)]


def cuts_of(exchange, reading, long):
    """Offsets at which the stream is cut before it is whole: borders of events, and places within them."""
    chance = random.Random(exchange.id)
    last = reading.last or len(exchange.body)
    # What stands before the blank line of the last event is that event already.
    last -= len(exchange.body[:last]) - len(exchange.body[:last].rstrip(b"\r\n"))
    at = [end for end in borders(exchange) if end < last]
    many = 12 if long else 4
    chosen = set(at if len(at) <= many else chance.sample(at, many)) | {0, last - 1}
    return sorted(chosen | {chance.randrange(1, last) for _ in range(many)})


def cuts(tests, listing, long):
    """Every cut of a stream ends truncated or in an error."""
    streams = [e for e in listing if e.stream and e.response["status"] == 200 and tests.wanted(f"{e.name}: cuts")]
    cut = []
    for exchange in streams:
        reading = READERS[exchange.dialect].read(exchange)
        if reading.end == "finished":
            cut += [(exchange, offset) for offset in cuts_of(exchange, reading, long)]
    if not cut:
        return
    responses = [dict(e.response, bytes=e.body[:offset]) for e, offset in cut]

    def body(port):
        wrong = collections.defaultdict(list)
        jobs = [driver.Job(number, exchange, "W", "queue") for number, (exchange, _) in enumerate(cut)]
        for job, delivered in run(jobs, port, "queue", 64):
            wrong[job.exchange.name] += judge.cut_differs(delivered, f"cut at byte {cut[job.number][1]} of {len(job.exchange.body)}")
        return wrong

    wrong = served(responses, body)
    for exchange in {exchange.name: exchange for exchange, _ in cut}.values():
        tests.check(f"{exchange.name}: cuts", wrong.get(exchange.name))
    print(f"  {len(cut)} cuts of {len(streams)} streams", flush=True)


def replay(tests, listing, long):
    it = Replay(listing, long)
    for number, exchange in enumerate(listing):
        it.add(number, "reading", expectations(exchange, it.readings[number]))
    served([exchange.response for exchange in listing], it.run)
    it.report(tests)
    return it


@functools.cache
def spoken(dialect):
    """Whether the library speaks a dialect."""
    try:
        library.Client(json.dumps({"environment": False, "providers": {"x": {"dialect": dialect, "base_url": "http://127.0.0.1:9/v1"}}})).free()
        return True
    except library.Refused:
        return False


def all_of(tests, long):
    listing = [e for e in corpus.everything() if tests.wanted(e.name)]
    every = listing
    readers_agree(tests, listing)
    for dialect in sorted({e.dialect for e in listing}):
        tests.check(f"{dialect}: the library speaks it", "" if spoken(dialect) else "it does not")
        listing = [e for e in listing if e.dialect != dialect or spoken(dialect)]
    replayed = replay(tests, listing, long) if listing else None
    cuts(tests, listing, long)
    for dialect, least in corpus.LEAST.items():
        count = sum(e.dialect == dialect for e in every)
        if not tests.only and count < least:
            tests.check(f"{dialect}: number of exchanges", f"only {count} were read; {least} must be")
    return replayed
