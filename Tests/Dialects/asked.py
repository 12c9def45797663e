"""Recorded Messages requests through their surface: a provider of that dialect gets them as they are; others get what they mean."""
import json

import conversations
import corpus
import meaning
import recordings
import schemas
import surfaces
from reading import exactly

# Blocks that every dialect can be told.
PLAIN = {"text", "image", "tool_use", "tool_result", "thinking", "redacted_thinking"}
OURS = ("model", "stream", "gatelet")
OVER = ("anthropic", "openai", "gemini", "openai-responses")


def blocks(request):
    for message in request["messages"]:
        content = message["content"]
        for block in content if isinstance(content, list) else []:
            yield block
            if block["type"] == "tool_result" and isinstance(block.get("content"), list):
                yield from block["content"]


def plain(request):
    """Whether no dialect lacks a word for anything in it."""
    own = {"mcp_servers", "container", "context_management", "output_format", "output_config"} & set(request)
    hosted = [tool for tool in request.get("tools") or [] if tool.get("type", "custom") != "custom"]
    odd = [block for block in blocks(request) if block["type"] not in PLAIN or block.get("source", {}).get("type") == "file"]
    return not own and not hosted and not odd and all(message["role"] != "system" for message in request["messages"])


def passed(sent, request):
    """Byte for byte but for what is spliced."""
    def rest(one):
        return {name: value for name, value in one.items() if name not in OURS}
    return [] if list(rest(sent).items()) == list(rest(request).items()) else ["the request does not pass as it is"]


def translated(sent, request, dialect):
    found = [f"by the published schema: {fault}" for fault in faults(dialect, sent)]
    wanted = meaning.anthropic(request)
    # Thoughts are another model's; how they are told is tried elsewhere.
    wanted.turns = [[role, [item for item in items if item[0] not in ("thinking", "redacted_thinking")]] for role, items in wanted.turns]
    wanted.turns = [turn for turn in wanted.turns if turn[1]]
    if dialect == "openai":  # which has no word for a tool that failed
        wanted.turns = [[role, [(*item[:3], False) if item[0] == "result" else item for item in items]] for role, items in wanted.turns]
    return found + meaning.differences(meaning.of(dialect, sent), meaning.fitted(dialect, wanted), conversations.lost(dialect, {"tools": request.get("tools"), "tool_choice": (request.get("tool_choice") or {}).get("type")}))


def faults(dialect, sent):
    # Servers of open models take it.
    return schemas.faults(dialect, {name: value for name, value in sent.items() if (dialect, name) != ("openai", "top_k")})


def all_of(tests):
    if not surfaces.offered("messages"):
        return
    there = [dialect for dialect in OVER if recordings.spoken(dialect)]
    listing = [exchange for exchange in corpus.recorded() if exchange.dialect == "anthropic" and exchange.sent and exchange.response["status"] == 200]
    peers = conversations.Peers(there)
    try:
        for exchange in listing:
            for dialect in there:
                name = f"messages request {exchange.id} over {dialect}"
                if tests.wanted(name):
                    tests.check(name, problem(peers, exchange, dialect))
    finally:
        peers.close()


def problem(peers, exchange, dialect):
    try:
        status, body, error = peers.raw("messages", dialect, exchange.sent)
        if status:
            told = json.loads(error)
            return [] if dialect != "anthropic" and not plain(exchange.sent) and told["kind"] == "unsupported" else [f"status {status}: {error.decode()[:400]}"]
        if dialect == "anthropic":
            return passed(exactly(body.decode()), exactly(json.dumps(exchange.sent)))
        return translated(json.loads(body), exchange.sent, dialect) if plain(exchange.sent) else []
    except (KeyError, TypeError, ValueError) as fault:
        return [f"{type(fault).__name__}: {fault}"]
