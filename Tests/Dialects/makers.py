"""One story as a stream of each dialect: thoughts, texts and calls."""
import json

import handmade
import handmade_responses
import written

REASONS = {"anthropic": {"stop": "end_turn", "calls": "tool_use", "length": "max_tokens", "refused": "refusal", "odd": "tea_break"},
           "gemini": {"stop": "STOP", "calls": "STOP", "length": "MAX_TOKENS", "refused": "SAFETY", "odd": "TEA_BREAK"}}
LAST = {"stop": {}, "calls": {}, "length": {"last": "response.incomplete", "status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}},
        "refused": {"last": "response.incomplete", "status": "incomplete", "incomplete_details": {"reason": "content_filter"}}}


def anthropic(pieces, end, usage):
    events = [handmade.START]
    for at, (kind, *rest) in enumerate(pieces):
        if kind == "thought":
            text, signature = rest
            events += handmade.block(at, {"type": "thinking", "thinking": "", "signature": ""}, {"type": "thinking_delta", "thinking": text}, {"type": "signature_delta", "signature": signature})
        elif kind == "text":
            events += handmade.text(at, *rest)
        else:
            events += handmade.call(at, rest[0], rest[1], "", *rest[2:])
    return handmade.anthropic_stream("a story", events + ([handmade.end(REASONS["anthropic"][end], **(usage or {})), handmade.STOP] if end else []))


def gemini(pieces, end, usage):
    documents = []
    for kind, *rest in pieces:
        if kind == "thought":
            documents.append(handmade.candidate([{"text": rest[0], "thought": True}]))
        elif kind == "text":
            documents += [handmade.candidate([{"text": piece}]) for piece in rest]
        else:
            arguments = "".join(rest[2:])
            call = {"functionCall": {"id": rest[0], "name": rest[1], **({"args": json.loads(arguments)} if arguments else {})}}
            signed = [one for one in pieces if one[0] == "thought"]
            documents.append(handmade.candidate([call | ({"thoughtSignature": signed[0][2]} if signed else {})]))
    return handmade.gemini_stream("a story", documents + ([handmade.candidate([], REASONS["gemini"][end], usage)] if end else []))


def responses(pieces, end, usage):
    items = []
    for kind, *rest in pieces:
        if kind == "thought":
            items.append(handmade_responses.reasoning(rest[0], secret=rest[1]))
        elif kind == "text":
            items.append(handmade_responses.message(*rest))
        else:
            items.append(handmade_responses.call(rest[0], rest[1], *(rest[2:] or ["{}"])))
    return handmade_responses.stream("a story", handmade_responses.events(*items, **(LAST[end] if end else {"last": None}), **({"usage": usage} if usage else {})))


MAKERS = {"anthropic": anthropic, "gemini": gemini, "openai-responses": responses}


def story(dialect, *pieces, end="stop", usage=None):
    """`end`: stop, calls, length, refused, odd (a word nobody knows), or None: it breaks off. `usage`: as the dialect's maker takes it."""
    return MAKERS[dialect](pieces, end, usage)


def failure(dialect):
    """An event that says that the provider is overloaded, or the like of it."""
    if dialect == "anthropic":
        return b'event: error\ndata: {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}\n\n'
    if dialect == "gemini":
        return f"data: {json.dumps(handmade.gemini_failure(503, 'UNAVAILABLE', 'The model is overloaded.'))}\r\n\r\n".encode()
    return b'event: error\ndata: {"type": "error", "code": "rate_limit_exceeded", "message": "Slow down", "param": null, "sequence_number": 99}\n\n'


KIND = {"anthropic": (306, "overloaded"), "gemini": (306, "overloaded"), "openai-responses": (305, "rate_limit")}


def answer(dialect, usage):
    """A whole answer that cost so much."""
    document = json.loads(json.dumps(written.ANSWERS[dialect]))
    document["usageMetadata" if dialect == "gemini" else "usage"] = usage
    return handmade.exchange(dialect, "an answer", json.dumps(document), {})
