"""The events of a hook: which, in which order, with what in them, and what a veto does."""
import json
import time

import library
import pytest
import servers
from conftest import KEY, OTHER, provider
from effects import attempts, development
from several import HELLO, ends, pair, request


def hooked(client, options=None, veto=lambda event: 0):
    events = []

    def function(text):
        events.append((json.loads(text), text.decode()))
        return veto(events[-1][0])

    assert client.client.hook(function, options) == (0, None)
    return events


def test_hook_events(gateway):
    client = gateway(pair(development(keys=[{"value": KEY, "name": "main"}], faults=503), development(api_key=OTHER)))
    events = hooked(client)
    outcome = client.chat("p/m", gatelet={"tag": "blue"})
    told = [event for event, _ in events]
    assert [event["event"] for event in told] == ["request", "attempt", "attempt_end", "attempt", "attempt_end", "request_end"]
    assert {event["request_id"] for event in told} == {outcome.answer["gatelet"]["request_id"]}
    assert {(event["operation"], event["tag"]) for event in told} == {("chat", "blue")}
    assert [(event.get("attempt"), event.get("provider"), event.get("key")) for event in told[1:5]] == [
        (0, "p", "main"), (0, "p", "main"), (1, "q", "q#1"), (1, "q", "q#1")]
    failed, succeeded = told[2], told[4]
    assert (failed["status"], failed["http_status"], failed["action"], failed["error"]["kind"]) == ("overloaded", 503, "next_provider", "overloaded")
    assert (succeeded["status"], succeeded["http_status"]) == ("ok", 200) and "error" not in succeeded and "action" not in succeeded
    assert all(event["timings"]["total_ms"] is not None for event in (failed, succeeded))
    assert told[5]["gatelet"]["attempts"] == attempts(outcome) and told[5]["usage"] and told[5]["error"] is None
    everything = " ".join(text for _, text in events)
    assert "hello there" not in everything and KEY not in everything and OTHER not in everything


@pytest.mark.parametrize("operation", ["chat", "stream"])
def test_hook_content_only_when_asked(gateway, operation):
    client = gateway({"providers": {"p": development(api_key=KEY)}})
    events = hooked(client, '{"content": true}')
    outcome = client.chat("p/m") if operation == "chat" else client.stream("p/m")
    told = {event["event"]: event for event, _ in events}
    assert told["request"]["request"]["messages"] == HELLO
    assert told["request_end"]["answer"]["choices"][0]["message"]["content"] == outcome.content
    assert KEY not in str(events)


def test_hook_events_that_were_asked_for(gateway):
    client = gateway({"providers": {"p": development()}})
    events = hooked(client, '{"events": ["attempt_end", "request_end"]}')
    assert client.chat("p/m").status == 0 and [event["event"] for event, _ in events] == ["attempt_end", "request_end"]
    assert client.client.hook(None) == (0, None)
    assert client.chat("p/m").status == 0 and len(events) == 2
    for options in ('{"events": ["all"]}', '{"contents": true}', "[]", "{"):
        assert client.client.hook(lambda event: 0, options)[0] == 102


def shapes(events):
    """The moments in order, attempts with their number: "request attempt0 attempt_end0 request_end"."""
    return " ".join(event["event"] + str(event.get("attempt", "")) for event, _ in events)


RESET = {"truncate_at_chunk": 3}
ENDINGS = {
    "nothing left": (pair(development(faults=503), development(faults=500)), {}, "request attempt0 attempt_end0 attempt1 attempt_end1 request_end"),
    "a retry": (pair(development(faults={"sequence": [503, "ok"]}), development(), retry={"attempts": 1, "backoff_base": 0.01}), {},
                "request attempt0 attempt_end0 attempt1 attempt_end1 request_end"),
    "no key left": ({"providers": {"p": development(api_key=KEY, faults=401)}}, {}, "request attempt0 attempt_end0 request_end"),
    "a limit": ({"providers": {"p": development(limits={"tokens_per_minute": 1})}}, {}, "request request_end"),
    "a total time-out": ({"providers": {"p": development(faults={"first_byte_delay": 5})}, "timeouts": {"total": 0.1}}, {}, "request attempt0 attempt_end0 request_end"),
    "a continued stream": (pair(development(faults=RESET), development(prefill=True)), {"continue": True}, "request attempt0 attempt_end0 attempt1 attempt_end1 request_end"),
    "dev_fallback": ({"providers": {"p": development(api_key=KEY, faults=401), "dev": {"token_delay": 0}}, "dev_fallback": True}, {},
                     "request attempt0 attempt_end0 attempt1 attempt_end1 request_end"),
}


@pytest.mark.parametrize("operation", ["chat", "stream"])
@pytest.mark.parametrize("name", ENDINGS)
def test_hook_events_come_in_pairs(gateway, name, operation):
    config, options, wanted = ENDINGS[name]
    client = gateway(config)
    events = hooked(client)
    outcome = getattr(client, operation)("p/m", gatelet=options)
    if (name, operation) == ("a continued stream", "chat"):
        wanted = "request attempt0 attempt_end0 request_end"  # an answer in one piece has no chunk 3
    assert shapes(events) == wanted, outcome


@pytest.mark.parametrize("operation", [library.OP_CHAT, library.OP_CHAT_STREAM])
def test_hook_events_of_a_hedge(gateway, queue, operation):
    """Also what is given up is told to have ended, before the request is."""
    client, line = gateway(pair(development(faults={"first_byte_delay": 5}), development(), routing={"hedge": {"delay": 0.03}})), queue()
    events = hooked(client)
    line.submit(client.client, operation, request(), 1)
    assert ends(line, 1)[0][1] == 0
    told = [event for event, _ in events]
    assert [event["event"] for event in told][:3] == ["request", "attempt", "attempt"] and told[-1]["event"] == "request_end"
    ended = {event["attempt"]: (event["provider"], event["status"]) for event in told[3:-1] if event["event"] == "attempt_end"}
    assert ended == {0: ("p", "cancelled"), 1: ("q", "ok")} and len(told) == 6


@pytest.mark.parametrize("operation", [library.OP_CHAT, library.OP_CHAT_STREAM])
def test_hook_events_of_a_cancelled_request(gateway, queue, operation):
    client, line = gateway({"providers": {"p": development(faults={"first_byte_delay": 5})}}), queue()
    events = hooked(client)
    line.submit(client.client, operation, request(), 1)
    time.sleep(0.05)
    line.cancel(1)
    assert ends(line, 1)[0][1] == 107
    assert shapes(events) == "request attempt0 attempt_end0 request_end" and events[2][0]["status"] == "cancelled"


@pytest.mark.parametrize("value", [7, -1])
def test_a_hook_can_veto(gateway, upstream, queue, value):
    client = gateway({"providers": {"p": provider(upstream.url)}})
    events = hooked(client, veto=lambda event: value if event["tag"] == "no" else 0)
    for outcome in (client.chat("p/m", gatelet={"tag": "no"}), client.stream("p/m", gatelet={"tag": "no"})):
        assert outcome.status == 110 and outcome.error["callback_result"] == value
    with pytest.raises(library.Refused) as refused:
        queue().submit(client.client, library.OP_CHAT, request(gatelet={"tag": "no"}), 1)
    assert refused.value.status == 110 and json.loads(refused.value.error)["callback_result"] == value
    assert upstream.seen == [] and [event["event"] for event, _ in events].count("attempt") == 0
    assert client.chat("p/m").status == 0


def test_hook_of_what_echoes_a_key(gateway, upstream):
    """A provider that repeats the key in its error does not get it into an event."""
    upstream.behave = lambda handler, seen: servers.send_json(handler, {"error": {"message": f"bad key {KEY}"}}, 401) or True
    client = gateway({"providers": {"p": provider(upstream.url)}})
    events = hooked(client, '{"content": true}')
    assert client.chat("p/m").status == 301 and "***" in str(events) and KEY not in str(events)
