"""What the assembled answer of a stream on the surfaces must be. Where the provider speaks as the caller does it is what its own events say: for Anthropic's as the
`anthropic` package puts them together, for OpenAI's the response of the last one. A stream that broke off never looks as if it had ended."""
import json

from compare import differs

ENDS = {"response.completed", "response.incomplete", "response.failed"}


def filled(value):
    """Without members that are null: a package does not tell them from those that are not there."""
    if isinstance(value, dict):
        return {name: filled(one) for name, one in value.items() if one is not None}
    return [filled(one) for one in value] if isinstance(value, list) else value


def without_report(document):
    found = [] if isinstance(document.get("gatelet"), dict) and list(document)[-1] == "gatelet" else ["`gatelet` is not the last member"]
    return {name: value for name, value in document.items() if name != "gatelet"}, found


def snapshot(events):
    """What the package makes of these events, whether they are all or not; None where it makes nothing of them."""
    from anthropic._models import construct_type
    from anthropic.lib.streaming._beta_messages import accumulate_event
    from anthropic.types.beta import BetaRawMessageStreamEvent
    made, buffers = None, {}
    try:
        for event in events:
            if event["type"] not in ("ping", "error"):
                made = accumulate_event(event=construct_type(type_=BetaRawMessageStreamEvent, value=event), current_snapshot=made, json_bufs=buffers, request_headers={})
    except Exception:
        return None
    return made and json.loads(json.dumps(made.to_dict(warnings=False), default=str))


def message_differs(events, assembled, over):
    """`over`: the stream came to its end."""
    wanted = snapshot(events)
    if wanted is None or assembled is None:
        return []
    got, found = without_report(assembled)
    got, wanted = filled(got), filled(wanted)
    for one in (got, wanted):
        one.get("container", {}).pop("expires_at", None)  # the package has read the time
    if not over:
        found += differs("stop_reason of a stream that broke off", got.get("stop_reason"), None)
        for name in ("stop_reason", "stop_sequence", "stop_details"):
            wanted.pop(name, None)
        begun, done = ({event["index"] for event in events if event["type"] == kind} for kind in ("content_block_start", "content_block_stop"))
        for index in begun - done:  # the package guesses what input that broke off would be
            if index < len(wanted["content"]) and index < len(got["content"]):
                wanted["content"][index].pop("input", None)
                got["content"][index].pop("input", None)
    # The package keeps of the last usage what its version knows.
    told = {name: value for event in events if event["type"] == "message_delta" for name, value in filled(event.get("usage") or {}).items()}
    wanted["usage"] = {**wanted["usage"], **told}
    return found + differs("the assembled answer", got, wanted)


def response_differs(events, assembled, over):
    if assembled is None:
        return [] if not events else ["there is no assembled answer"]
    got, found = without_report(assembled)
    last = next((event["response"] for event in events if event["type"] in ENDS), None)
    if last is not None:
        return found + differs("the assembled answer", got, last)
    if over:
        return found
    first = next((event["response"] for event in events if "response" in event), {})
    done = {event["output_index"]: event["item"] for event in events if event["type"] == "response.output_item.done"}
    added = {event["output_index"]: event["item"] for event in events if event["type"] == "response.output_item.added"}
    if got["status"] not in ("failed", "cancelled") or got["status"] == "failed" and not got["error"]["message"]:
        found.append(f"status {got['status']}, error {got.get('error')} of a stream that broke off")
    told = ("status", "error", "incomplete_details", "output")
    found += differs("what the first event said", {k: v for k, v in got.items() if k not in told}, {k: v for k, v in first.items() if k not in told}) if first else []
    found += differs("ids of items", [item.get("id") for item in got["output"]], [item.get("id") for _, item in sorted({**added, **done}.items())])
    return found + differs("items that were done", [item for item in got["output"] if item in done.values()], [item for _, item in sorted(done.items())])


DIFFERS = {"messages": message_differs, "responses": response_differs}


def claims_an_end(surface, assembled):
    """Of a stream that broke off, whoever it is from."""
    if assembled is None:
        return []
    return differs("stop_reason", assembled["stop_reason"], None) if surface == "messages" else [
        f"status {assembled['status']}" for status in [assembled["status"]] if status not in ("failed", "cancelled")]
