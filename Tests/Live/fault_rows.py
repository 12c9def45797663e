"""The rows of test_config_effects.py for scripted faults: in a provider of the configuration, and in the request."""
from effects import row

# What each member of a step leads to: the step, the operation, the status, and what else must hold.
STEPS = {
    "ok": ({"ok": True}, "chat", 0, lambda outcome: "hello there" in outcome.content),
    "status": ({"status": 503}, "chat", 306, lambda outcome: outcome.error["http_status"] == 503),
    "headers": ({"status": 429, "headers": {"retry-after": "7"}}, "chat", 305, lambda outcome: outcome.error["retry_after_ms"] == 7000),
    "body": ({"status": 502, "body": "the line is down"}, "chat", 308, lambda outcome: outcome.error["provider_message"] == "the line is down"),
    "error": ({"status": 500, "error": {"message": "mine"}}, "chat", 307, lambda outcome: outcome.error["provider_message"] == "mine"),
    "first_byte_delay": ({"first_byte_delay": 30}, "chat", 204, None),
    "error_at_chunk": ({"error_at_chunk": 0}, "stream", 307, lambda outcome: outcome.chunks == []),
    "stall_at_chunk": ({"stall_at_chunk": 3}, "stream", 205, lambda outcome: outcome.text == "You said:"),
    "truncate_at_chunk": ({"truncate_at_chunk": 3}, "stream", 208, lambda outcome: outcome.text == "You said:"),
    "length": ({"length": "long"}, "chat", 208, None),
    "empty": ({"empty": True}, "stream", 311, None),
    "html": ({"html": True}, "chat", 312, None),
    "reset": ({"reset": True}, "chat", 208, lambda outcome: outcome.error["http_status"] is None),
    "refuse": ({"refuse": True}, "chat", 201, None),
}

QUICK = {"retry": {"attempts": 0}, "breaker": {"enabled": False}, "timeouts": {"first_byte": 0.3, "idle": 0.3}, "request_extensions": "all"}


def ask(bench, member, faults, operation="chat", times=1):
    """The outcomes of requests while these faults stand where the member of the schema says."""
    in_request = member.startswith("gatelet.")
    development = {"dialect": "dev", "base_url": None, "token_delay": 0, **({} if in_request else {"faults": faults})}
    client = bench.client({**QUICK, "providers": {"p": development}})
    extra = {"gatelet": {"faults": faults}} if in_request else {}
    return [client.chat("p/m", **extra) if operation == "chat" else client.stream("p/m", **extra) for _ in range(times)]


PLACES = ("providers.*.faults", "gatelet.faults")


@row(*(place + inside + name for place in PLACES for inside in (".", ".sequence.*.") for name in STEPS))
def _(bench, member):
    step, operation, status, holds = STEPS[member.split(".")[-1]]
    assert ask(bench, member, "ok", operation)[0].status == 0
    outcome = ask(bench, member, {"sequence": [step]} if ".sequence." in member else step, operation)[0]
    assert outcome.status == status and (holds is None or holds(outcome)), outcome


@row("gatelet.faults")
def _(bench):
    assert ask(bench, "gatelet.faults", 401)[0].status == 301
    assert ask(bench, "gatelet.faults", 404)[0].status == 304
    assert ask(bench, "gatelet.faults", None)[0].status == 0
    refused = bench.client({"request_extensions": "routing"}).chat("p/m", gatelet={"faults": 401})
    assert refused.status == 110
