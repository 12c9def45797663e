"""Recorded requests of one dialect written for the others: valid by the published schemas, and saying the same."""
import collections
import json
import os

import canonical
import conversations
import corpus
import exchanges
import judge
import meaning
import recordings
import schemas
import written

DIALECTS = ("anthropic", "gemini", "openai-responses")
# What every dialect can be told; where a request has more, it may be refused as unsupported.
PARTS = {"text", "image_url"}
KEPT = {"messages", "model", "stream", "stream_options", "max_tokens", "max_completion_tokens", "temperature", "top_p", "stop", "tools", "tool_choice", "parallel_tool_calls", "user", "seed"}


def plain(request):
    """Whether all of it can be said in every dialect."""
    if not {name for name, value in request.items() if value is not None} <= KEPT or any("function" not in tool for tool in request.get("tools") or []):
        return False
    if not isinstance(request.get("tool_choice") or "auto", str) and "function" not in request["tool_choice"]:
        return False
    for message in request["messages"]:
        content = message.get("content")
        if message["role"] not in ("system", "developer", "user", "assistant", "tool") or message.get("audio") or message.get("provider_blocks") or message.get("refusal"):
            return False
        if isinstance(content, list) and any(not isinstance(part, dict) or part.get("type") not in PARTS for part in content):
            return False
        if any("function" not in call or judge.is_no_object(call["function"].get("arguments")) for call in message.get("tool_calls") or []):
            return False
    roles = [message["role"] in ("system", "developer") for message in request["messages"]]
    return answered(request["messages"]) and roles == sorted(roles, reverse=True) and not all(roles)


def answered(messages):
    """Every call has its answer, and every answer its call: other dialects want it so."""
    open_ = set()
    for message in messages:
        if message["role"] == "tool":
            if message.get("tool_call_id") not in open_:
                return False
            open_.discard(message["tool_call_id"])
        elif open_:
            return False
        open_ |= {call.get("id") for call in message.get("tool_calls") or []}
    return not open_ and messages[-1]["role"] != "assistant" and None not in open_


def requests(tests, long):
    """(name, request in the canonical form, dialects) of each recording, and only of the small copy unless all are wanted."""
    small = small_ids()
    for exchange in exchanges.recorded(collections.Counter()):
        if exchange.kind == "chat" and exchange.response["status"] == 200 and not exchange.repaired_request and (long or exchange.id in small):
            yield f"openai request {exchange.id}", json.loads(exchange.request_text), DIALECTS
    for exchange in corpus.recorded():
        if exchange.dialect == "gemini" and exchange.sent and exchange.response["status"] == 200 and (long or exchange.id in small):
            yield f"gemini request {exchange.id}", canonical.from_gemini(exchange.sent), ("anthropic", "openai-responses")


def small_ids():
    found = set()
    for name in os.listdir(os.path.join(exchanges.SMALL, "exchanges")):
        with open(os.path.join(exchanges.SMALL, "exchanges", name), encoding="utf-8") as file:
            found |= {json.loads(line)["id"] for line in file}
    return found


def problem(one, dialect, delivered, body):
    if delivered is None or delivered.refused or delivered.status:
        error = json.loads(delivered.refused[1]) if delivered and delivered.refused else {}
        # Calls without ids and arguments that are no JSON were recorded, too.
        return [] if error.get("kind") in ("unsupported", "json") and not plain(one) else [written.refusal(delivered)]
    sent = json.loads(body)
    found = [f"by the published schema: {fault}" for fault in schemas.faults(dialect, sent)] if plain(one) else []
    if plain(one):
        wanted, warned = meaning.fitted(dialect, meaning.openai(one)), written.warnings(delivered)
        for name in ("temperature", "top_p"):
            if name in warned:
                wanted.settings.pop(name, None)
        got = meaning.of(dialect, sent)
        got.settings = {name: value for name, value in got.settings.items() if name in wanted.settings}  # what a dialect needs to be told anyway
        found += meaning.differences(got, wanted, conversations.lost(dialect, one))
    return found


def all_of(tests, long):
    wanted = []
    for name, request, dialects in requests(tests, long):
        for dialect in dialects:
            title = f"{name} to {dialect}"
            if tests.wanted(title) and recordings.spoken(dialect):
                request = {member: value for member, value in request.items() if member not in ("model", "stream", "models", "provider")}
                wanted.append(written.Wanted(title, dialect, request))
    for at in range(0, len(wanted), 2000):
        for one, delivered, body in written.sent(wanted[at:at + 2000]):
            try:
                found = problem(one.body, one.dialect, delivered, body)
            except (KeyError, TypeError, ValueError, AttributeError) as fault:
                found = [f"{type(fault).__name__}: {fault}"]
            tests.check(one.name, found)
