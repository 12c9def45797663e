"""A connection that breaks at each byte of a response: before the first content another provider takes over unseen, after it
nobody is asked, and the stream ends as truncated."""
import json

import pytest
from conftest import attempts, taken_over
from upstreams import STREAM_HEAD, completion, events, response


def content(event):
    """The text and the finish reason of an event; None, None for what is no chunk."""
    data = event.partition(b"data:")[2].strip()
    if not data.startswith(b"{"):
        return "", None
    choices = json.loads(data)["choices"]
    return (choices[0]["delta"].get("content") or "", choices[0]["finish_reason"]) if choices else ("", None)


def wire(framing):
    """The bytes of the recorded stream, and behind which of them which text and finish reason have arrived."""
    data, marks = STREAM_HEAD + (b"transfer-encoding: chunked\r\n\r\n" if framing == "chunked" else b"\r\n"), []
    for event in events():
        if framing == "chunked":
            data += b"%x\r\n" % len(event)
        data += event
        marks.append((len(data), *content(event)))
        if framing == "chunked":
            data += b"\r\n"
    return data + (b"0\r\n\r\n" if framing == "chunked" else b""), marks


class Cut:
    """Sends the first `at` bytes of a response, then breaks the connection."""

    def __init__(self, data, how):
        self.data, self.how, self.at = data, how, 0

    def __call__(self, connection, _):
        connection.send(self.data[:self.at])
        connection.reset() if self.how == "reset" else connection.close()
        return False


@pytest.mark.parametrize("framing, how, step", [("chunked", "reset", 1), ("close", "reset", 3), ("chunked", "fin", 3), ("close", "fin", 3)])
def test_a_stream(pair, raw, spare, framing, how, step):
    data, marks = wire(framing)
    cut = Cut(data, how)
    main = raw(cut)
    client = pair(main.url)
    committed = next(end for end, text, _ in marks if text)
    finished = next(end for end, _, finish in marks if finish)
    assert len(STREAM_HEAD) < committed < finished < len(data)
    for at in sorted({*range(0, len(data) + 1, step), committed - 1, committed, finished - 1, finished, len(data)}):
        cut.at = at
        spare.reset()
        before = len(main.arrivals)
        outcome = client.stream("main/m")
        text = "".join(text for end, text, _ in marks if end <= at)
        where = (at, len(data), outcome)
        assert len(main.arrivals) == before + 1, where
        if at < committed:
            taken_over(outcome, spare, "truncated", "empty", "protocol")
            assert outcome.text == "Hello" and outcome.end["end"] == "finished", where
            assert {json.loads(chunk[0])["id"] for chunk in outcome.chunks} == {"x"}, where
        elif at < finished:
            assert (outcome.status, outcome.end["end"], outcome.text) == (208, "truncated", text), where
            assert spare.seen == [] and attempts(outcome) == [("main", "truncated")], where
        else:
            assert (outcome.status, outcome.end["end"], outcome.text) == (0, "finished", text), where
            assert spare.seen == [] and attempts(outcome) == [("main", "ok")], where


@pytest.mark.parametrize("how", ["reset", "fin"])
def test_an_answer_in_one_piece(pair, raw, spare, how):
    data = response(200, completion("Grüße"))
    cut = Cut(data, how)
    main = raw(cut)
    client = pair(main.url)
    for cut.at in range(len(data) + 1):
        spare.reset()
        outcome = client.chat("main/m")
        if cut.at < len(data):
            taken_over(outcome, spare, "truncated", "empty", "protocol")
        else:
            assert outcome.status == 0 and outcome.content == "Grüße" and spare.seen == [], (cut.at, outcome)
    assert len(main.arrivals) == len(data) + 1


def test_before_the_first_byte_the_same_provider_may_be_asked_again(pair, raw, spare):
    def behave(connection, number):
        if number == 0:
            return connection.reset()
        connection.send(response(200, completion()))
        return True

    main = raw(behave)
    outcome = pair(main.url, retry={"attempts": 1, "backoff_base": 0.05}).chat("main/m")
    assert outcome.status == 0 and attempts(outcome) == [("main", "truncated"), ("main", "ok")] and spare.seen == []
    assert main.arrivals[1] - main.arrivals[0] >= 0.03
