"""Sends the exchanges through libgatelet and writes down what it delivers."""
import json
import re
import threading
import time
from dataclasses import dataclass, field

import library

PATIENCE = 60  # seconds without any event: the library hangs
OPERATIONS = {"chat": (library.OP_CHAT, library.OP_CHAT_STREAM), "completion": (library.OP_COMPLETION, library.OP_COMPLETION_STREAM),
              "embeddings": (library.OP_EMBEDDINGS, None), "models": (library.OP_LIST_MODELS, None)}
CALLS = {"chat": "chat", "completion": "completion", "embeddings": "embeddings", "models": "list_models"}


@dataclass
class Job:
    number: int
    exchange: object
    mode: str
    interface: str  # queue or call

    @property
    def provider(self):
        return f"r{self.number}{self.mode}"


@dataclass
class Delivered:
    refused: tuple = None  # (status, error JSON)
    status: int = None
    chunks: list = field(default_factory=list)
    answers: list = field(default_factory=list)  # of requests that do not stream
    ends: list = field(default_factory=list)  # (status, JSON of END)
    assembled: bytes = None
    error: bytes = None


# Each exchange stands for itself: nothing is asked again, and nobody else instead.
FAILURES = ("truncated", "protocol", "auth", "permission", "funds", "not_found", "rate_limit", "overloaded", "server", "unavailable",
            "context_length", "empty", "bad_response", "timeout_first_byte", "timeout_idle", "timeout_content")


def configuration(jobs, port):
    """One provider for each exchange and mode: the number is in its base URL."""
    providers = {}
    for job in jobs:
        providers[job.provider] = {
            "base_url": f"http://127.0.0.1:{port}/{job.number}/{job.mode}/v1", "api_key": "sk-replay-b5c1d0",
            "native_routing": True, "models": {"form": job.exchange.models_form}}
    return json.dumps({"environment": False, "providers": providers, "default_model": "none", "request_extensions": "all",
                       "timeouts": {"first_byte": 45, "idle": 45}, "failover": {kind: ["stop"] for kind in FAILURES}})


def request_of(job):
    """The recorded request with as little as possible changed: our provider is put before the model, or named in the
    member `gatelet` at the front."""
    exchange = job.exchange
    if exchange.kind == "models":
        return json.dumps({"provider": job.provider, "fresh": True}).encode()
    model, text = exchange.request.get("model"), exchange.request_text
    if job.number % 2 and isinstance(model, str):
        spelled = re.compile(r'"model"\s*:\s*' + re.escape(json.dumps(model)))
        if len(spelled.findall(text)) == 1:
            return spelled.sub(lambda _: '"model":' + json.dumps(f"{job.provider}/{model}"), text).encode("utf-8", "surrogatepass")
    ours = '"gatelet":{"provider":%s},' % json.dumps(job.provider)
    return re.sub(r"^\s*\{", lambda _: "{" + ours, text, count=1).encode("utf-8", "surrogatepass")


def through_queue(jobs, client, width, request=request_of):
    """All jobs through one completion queue, `width` at a time."""
    queue, results = library.Queue(), {}
    waiting, open_jobs, last = list(enumerate(jobs))[::-1], set(), time.monotonic()
    while waiting or open_jobs:
        while waiting and len(open_jobs) < width:
            tag, job = waiting.pop()
            results[tag] = Delivered()
            try:
                operation = OPERATIONS[job.exchange.kind][1 if job.exchange.stream else 0]
                queue.submit(client, operation, request(job), tag)
                open_jobs.add(tag)
            except library.Refused as refusal:
                results[tag].refused = (refusal.status, refusal.error)
        for kind, status, tag, document, text, reasoning in queue.next(1000):
            last, result = time.monotonic(), results[tag]
            if kind == library.CHUNK:
                result.chunks.append((document, text, reasoning))
            elif kind == library.ANSWER:
                result.answers.append(document)
            else:
                result.status = status
                result.ends.append((status, document))
                open_jobs.discard(tag)
        if time.monotonic() - last > PATIENCE:
            break  # what is open has no END: each of them is reported
    queue.free()
    return [(job, results[tag]) for tag, job in enumerate(jobs) if tag in results]


def call(job, client, request=request_of):
    result = Delivered()
    if job.exchange.stream:
        status, result.chunks, ends, result.assembled, result.error = client.stream(
            "stream" if job.exchange.kind == "chat" else "completion_stream", request(job))
        result.ends = [(end_status, document) for _, end_status, document in ends]
    else:
        status, answer, result.error = client.call(CALLS[job.exchange.kind], request(job))
        result.answers = [answer] if answer is not None else []
    result.status = status
    return result


def through_calls(jobs, client, width, request=request_of):
    """All jobs through the blocking calls, on `width` threads."""
    results, waiting, lock = [], list(jobs)[::-1], threading.Lock()

    def work():
        while True:
            with lock:
                if not waiting:
                    return
                job = waiting.pop()
            results.append((job, call(job, client, request)))

    threads = [threading.Thread(target=work, daemon=True) for _ in range(width)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def run(jobs, port, interface, width, configure=None, request=request_of):
    """Yields (job, delivered). A client for every 100 jobs: many providers in each, many clients in one process."""
    for at in range(0, len(jobs), 100):
        some = jobs[at:at + 100]
        client = library.Client((configure or configuration)(some, port))
        yield from (through_queue if interface == "queue" else through_calls)(some, client, width, request)
        client.free()
