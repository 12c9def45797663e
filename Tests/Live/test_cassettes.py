"""Exchanges that are written down, and come out of the file again when nobody is there to be asked."""
import base64
import json
import os
import re
import socket
import stat
import threading
import time

import library
import pytest
import servers
from conftest import KEY, provider

MESSAGE = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [{"type": "text", "text": "Hi é"}], "stop_reason": "end_turn", "stop_sequence": None,
           "usage": {"input_tokens": 3, "output_tokens": 2}}
GEMINI = {"candidates": [{"content": {"role": "model", "parts": [{"text": "Hi é"}]}, "finishReason": "STOP", "index": 0}], "modelVersion": "m", "responseId": "r",
          "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 2, "totalTokenCount": 5}}
CHAT = {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi é"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}}
ANSWERS = {"openai": CHAT, "anthropic": MESSAGE, "gemini": GEMINI}
EVENTS = {
    "openai": [json.loads(servers.chunk("Hi ")), json.loads(servers.chunk("é")), json.loads(servers.chunk("", "stop")), "[DONE]"],
    "anthropic": [{"type": "message_start", "message": {**MESSAGE, "content": [], "stop_reason": None}}, {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
                  {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi "}}, {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "é"}},
                  {"type": "content_block_stop", "index": 0}, {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": {"output_tokens": 2}}, {"type": "message_stop"}],
    "gemini": [{**GEMINI, "candidates": [{"content": {"role": "model", "parts": [{"text": "Hi "}]}, "index": 0}]}, {**GEMINI, "candidates": [{**GEMINI["candidates"][0], "content": {"role": "model", "parts": [{"text": "é"}]}}]}],
}
dialects = pytest.mark.parametrize("dialect", ANSWERS)


def streamed(dialect):
    text = "".join((f"event: {one['type']}\n" if dialect == "anthropic" else "") + f"data: {one if isinstance(one, str) else json.dumps(one, ensure_ascii=False)}\n\n" for one in EVENTS[dialect]).encode()
    middle = text.index("é".encode()) + 1  # between the two bytes of a character
    return [text[:middle], text[middle:middle + 40], text[middle + 40:]]


def send_pieces(handler, pieces, status=200, pause=0.03, **headers):
    """Each in a chunk, and so in a read, of its own."""
    handler.send_response(status)
    for name, value in {"content-type": "text/event-stream", "transfer-encoding": "chunked", **headers}.items():
        handler.send_header(name, value)
    handler.end_headers()
    for piece in pieces:
        handler.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        handler.wfile.flush()
        time.sleep(pause)
    handler.wfile.write(b"0\r\n\r\n")


@pytest.fixture
def tape(gateway, tmp_path):
    """tape(behave, **config): what is recorded of one upstream, and replayed when it is gone."""
    return lambda behave=None, **config: Tape(gateway, str(tmp_path / "exchanges.jsonl"), behave, config)


class Tape:
    def __init__(self, gateway, path, behave, config):
        self.gateway, self.path, self.config = gateway, path, config
        self.upstream = servers.Upstream()
        self.upstream.behave = behave

    def client(self, **more):
        members = dict(self.config)
        row = members.pop("row", {})
        return self.gateway({"providers": {"p": provider(self.upstream.url, **row)}, **members, **more})

    def both(self, ask, **replay):
        """What two clients say: one that records, and one that replays without an upstream."""
        try:
            recorder = self.client(record=self.path)
            first = ask(recorder)
            recorder.free()
            recorder.client = None
        finally:
            self.upstream.stop()
        seen = len(self.upstream.seen)
        second = ask(self.client(replay=self.path, **replay))
        assert len(self.upstream.seen) == seen
        return first, second

    @property
    def lines(self):
        with open(self.path, encoding="utf-8") as file:
            return [json.loads(line) for line in file]


def told(outcome):
    """Without what differs from call to call."""
    def plain(document):
        report = document.pop("gatelet", None) if document else None
        if report:
            document["told"] = {name: report.get(name) for name in ("provider", "model", "cost", "usage", "warnings")}
            document["attempts"] = [(one["provider"], one["status"], one.get("http_status"), one.get("action")) for one in report.get("attempts", [])]
        for name in ("created", "request_id", *(["attempts"] if document and "kind" in document else ())):
            document = {key: value for key, value in document.items() if key != name} if document else document
        return document
    return outcome.status, plain(outcome.answer), plain(outcome.error), [(re.sub(rb'"created": ?\d+', b'', chunk[0]), *chunk[1:]) for chunk in outcome.chunks], outcome.text


def pieces(line):
    return [piece["text"].encode() if "text" in piece else base64.b64decode(piece["base64"]) for piece in line["response"]["pieces"]]


@dialects
def test_answers(tape, dialect):
    one = tape(lambda handler, seen: servers.send_json(handler, ANSWERS[dialect], x_request_id="req_1") or True, row={"dialect": dialect})
    first, second = one.both(lambda client: client.chat("p/m"))
    assert first.status == 0 and first.content == "Hi é" and told(first) == told(second)
    [line] = one.lines
    assert (line["v"], line["provider"], line["model"], line["end"], line["request"]["method"]) == (1, "p", "m", "complete", "POST")
    assert line["request"]["json"] == one.upstream.seen[0].body and line["response"]["status"] == 200 and line["response"]["headers"]["x-request-id"] == "req_1"
    assert json.loads(b"".join(pieces(line))) == ANSWERS[dialect]


@dialects
def test_streams(tape, dialect):
    """Chunk for chunk, a character that was cut in two included."""
    one = tape(lambda handler, seen: send_pieces(handler, streamed(dialect)) or True, row={"dialect": dialect})
    first, second = one.both(lambda client: client.stream("p/m"))
    assert first.status == 0 and first.text == "Hi é" and told(first) == told(second)
    [line] = one.lines
    assert pieces(line) == streamed(dialect) and "base64" in line["response"]["pieces"][0] and "text" in line["response"]["pieces"][2]
    times = [piece["at"] for piece in line["response"]["pieces"]]
    assert times == sorted(times) and times[2] >= 0.06


def test_everything_else(tape):
    """Embeddings, text completions, model lists, raw requests and queues."""
    one = tape(lambda handler, seen: seen.path == "/v1/things/1" and (servers.send(handler, 200, b"\x00\xff") or True), allow_requests=["POST /things/*"])
    raw = {"http": {"method": "POST", "path": "/things/1", "providers": ["p"]}}

    def ask(client):
        found = [told(client.call("embeddings", {"model": "p/e", "input": "a"})), told(client.call("completion", {"model": "p/m", "prompt": "a"})),
                 [model["id"] for model in client.models({"provider": "p", "fresh": True}).answer["data"]], told(client.call("raw", b"no JSON \xfe", raw))]
        queue = library.Queue(json.dumps({"driver": "thread"}))
        queue.submit(client.client, library.OP_CHAT, json.dumps({"model": "p/m", "messages": [{"role": "user", "content": "queued"}]}).encode(), 7)
        events = queue.next(5000)
        queue.free()
        return found + [{(tag, status) for _, status, tag, *_ in events}]

    first, second = one.both(ask)
    assert first == second and first[-1] == {(7, 0)}, (first, second)
    [thing] = [line for line in one.lines if line["request"]["url"].endswith("/things/1")]
    assert base64.b64decode(thing["request"]["base64"]) == b"no JSON \xfe" and pieces(thing) == [b"\x00\xff"] and first[3][0] == 0
    assert sorted(line["request"]["method"] for line in one.lines) == ["GET", "POST", "POST", "POST", "POST"]


def test_failures_come_back(tape):
    """Two failures and an answer; a body that is cut; nobody there."""
    def behave(handler, seen):
        n = len(one.upstream.seen)
        if n < 3:
            servers.send_json(handler, {"error": {"message": "busy"}}, 503)
        elif n == 3:
            servers.send_json(handler, CHAT)
        else:
            handler.send_response(200)
            handler.send_header("content-length", "100")
            handler.end_headers()
            handler.wfile.write(b'{"id"')
            handler.close_connection = True
        return True
    one = tape(behave, retry={"attempts": 2, "backoff_base": 0.001})
    first, second = one.both(lambda client: [told(client.call("chat", {"model": "p/m", "messages": [{"role": "user", "content": text}]})) for text in ("a", "b")])
    assert first == second and first[0][0] == 0 and first[1][0] == 208, (first, second)
    assert [(line["response"] and line["response"]["status"], line["end"]) for line in one.lines] == [(503, "complete")] * 2 + [(200, "complete")] + [(200, "truncated")] * (len(one.upstream.seen) - 3)


def test_nobody_there(gateway, tmp_path):
    path = str(tmp_path / "exchanges.jsonl")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        config = {"providers": {"p": provider(f"http://127.0.0.1:{taken.getsockname()[1]}/v1")}}
        first = gateway({**config, "record": path}).chat("p/m")
    second = gateway({**config, "replay": path}).chat("p/m")
    assert first.status == second.status == 201 and first.error["message"] == second.error["message"]
    with open(path) as file:
        [line] = [json.loads(line) for line in file]
    assert line["response"] is None and line["end"] == "connect"


def test_keys_are_never_in_it(tape):
    """Wherever they come from: headers, the address, what a provider repeats, even over the edges of its pieces."""
    echo = json.dumps({**CHAT, "choices": [{**CHAT["choices"][0], "message": {"role": "assistant", "content": f"your key is {KEY}, isn't it"}}]}).encode()
    middle = echo.index(KEY.encode()) + 6

    def behave(handler, seen):
        return send_pieces(handler, [echo[:middle], echo[middle:]], pause=0, **{"content-type": "application/json", "set-cookie": "session=secret-cookie", "x-echo": KEY}) or True
    one = tape(behave, allow_headers=["x-session-token"], allow_query=["access_token"])
    options = {"headers": {"x-session-token": "secret-header"}, "query": {"access_token": "secret-query"}}
    first, second = one.both(lambda client: client.call("chat", {"model": "p/m", "messages": [{"role": "user", "content": f"I am {KEY}"}]}, options))
    assert first.status == second.status == 0, (first, second)
    with open(one.path) as file:
        text = file.read()
    for secret in (KEY, KEY[:10], "secret-cookie", "secret-header", "secret-query"):
        assert secret not in text, text
    assert len(second.content) == len(first.content) and [len(piece) for piece in pieces(one.lines[0])] == [middle, len(echo) - middle]


def test_what_is_not_there_is_told(tape):
    one = tape()
    first, second = one.both(lambda client: [client.chat("p/m"), client.stream("p/m"), client])
    client = second[2]
    for outcome, words in ((client.chat("p/m"), ["played already", "line 1"]), (client.chat("p/m", temperature=0.5, seed=1), ["POST /v1/chat/completions", "line 1", "`temperature`", "`seed`"]),
                           (client.call("chat", {"model": "p/m", "messages": [{"role": "user", "content": "x"}]}), ["line 1", "`messages[0].content` differs"]),
                           (client.call("embeddings", {"model": "p/m", "input": "x"}), ["/v1/embeddings", "nearest"])):
        assert outcome.status == 110 and outcome.error["kind"] == "refused" and not [word for word in [*words, one.path] if word not in outcome.error["message"]], outcome
        assert len(outcome.error["attempts"]) == 1


def test_bodies_match_however_they_are_written(tape):
    one = tape()
    texts = iter([b'{"model":"p/m","messages":[{"role":"user","content":"\\u00e9"}],"seed":1}', b'{"seed": 1, "messages": [ {"content": "\xc3\xa9", "role": "user"} ], "model": "p/m"}'])
    first, second = one.both(lambda client: client.call("chat", next(texts)))
    assert told(first) == told(second) and first.status == 0


def test_equal_requests_in_their_order(tape):
    one = tape(lambda handler, seen: servers.send_json(handler, {**CHAT, "id": f"n{len(one.upstream.seen)}"}) or True)
    first, second = one.both(lambda client: [client.chat("p/m").answer["id"] for _ in range(3)])
    assert first == second == ["n1", "n2", "n3"]


def test_times(tape):
    """As they were, or faster; at once by default."""
    one = tape(lambda handler, seen: send_pieces(handler, streamed("openai"), pause=0.4) or True)
    begun = []

    def ask(client):
        begun.append(time.monotonic())
        assert client.stream("p/m").status == 0
        begun.append(time.monotonic())
    one.both(ask, replay_speed=1)
    again = one.client(replay=one.path)
    ask(again)
    recorded, at_once = begun[3] - begun[2], begun[5] - begun[4]
    assert recorded >= 0.7 and at_once < recorded / 2, (recorded, at_once)


def test_recordings_are_appended_line_by_line(tape, tmp_path):
    """By many threads of several clients, each line whole; for their owner alone."""
    one = tape()
    clients = [one.client(record=one.path) for _ in range(2)]
    threads = [threading.Thread(target=lambda client=client, number=number: [client.chat("p/m", user=f"{number}-{turn}-" + "x" * 5000) for turn in range(10)]) for number, client in enumerate(clients * 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    one.upstream.stop()
    assert len({line["request"]["json"]["user"] for line in one.lines}) == 60
    assert stat.S_IMODE(os.stat(one.path).st_mode) == 0o600


def test_a_file_that_cannot_be_written_disturbs_nobody(gateway, tape):
    one, lines = tape(), []
    client = one.client(record="/dev/full")
    client.client.log_to(lines)
    assert [client.chat("p/m").status for _ in range(3)] == [0, 0, 0]
    one.upstream.stop()
    assert len([text for level, text in lines if "recording" in text and "/dev/full" in text]) == 1, lines


@pytest.mark.parametrize("text, words", [(None, "cannot be read"), ("{", "line 1"), ('{"v":1,"request":{"url":"http://a/b","method":"GET"},"end":"complete"}\n\nnonsense', "line 3"), ('{"v":1}', "line 1"),
                                         ('{"v":1,"request":{"url":"http://a/b","method":"GET"},"end":"odd"}', "line 1")])
def test_files_that_are_none(gateway, tmp_path, text, words):
    path = tmp_path / "exchanges.jsonl"
    if text is not None:
        path.write_text(text)
    refused = gateway({"providers": {"p": provider("http://127.0.0.1:1/v1")}, "replay": str(path)}).refused
    assert refused.error["kind"] == "config" and str(path) in refused.error["message"] and words in refused.error["message"], refused


def test_a_recording_of_a_replay(tape, tmp_path):
    one = tape()
    one.both(lambda client: client.chat("p/m"))
    copy = str(tmp_path / "copy.jsonl")
    again = one.client(replay=one.path, record=copy)
    assert again.chat("p/m").status == 0 and again.chat("p/m").status == 110
    with open(copy) as file:
        [line] = [json.loads(line) for line in file]
    assert pieces(line) == pieces(one.lines[0]) and line["request"] == one.lines[0]["request"]
    assert "replay" in one.client(replay=one.path, record=one.path).refused.error["message"]


def test_a_key_may_be_any_word(gateway, tape):
    """It may stand in what is asked: that is told as it was."""
    one = tape()
    one.client(record=one.path).call("chat", {"model": "p/m", "messages": [{"role": "user", "content": "this is a test"}]})
    one.upstream.stop()
    again = gateway({"providers": {"p": {"base_url": one.upstream.url, "api_key": "test"}}, "replay": one.path})
    assert again.call("chat", {"model": "p/m", "messages": [{"role": "user", "content": "this is a test"}]}).status == 0


@pytest.mark.parametrize("surface, members", [("messages", {"max_tokens": 9, "messages": [{"role": "user", "content": "a"}]}), ("responses", {"input": "a"})])
@dialects
def test_surfaces(tape, dialect, surface, members):
    one = tape(lambda handler, seen: send_pieces(handler, streamed(dialect), pause=0) or True, row={"dialect": dialect})

    def ask(client):
        status, chunks, _, answer, error = client.client.stream(surface + "_stream", json.dumps({"model": "p/m", **members}).encode())
        return status, [re.sub(rb'"created(_at)?": ?\d+', b"", chunk[0]) for chunk in chunks], error
    first, second = one.both(ask)
    assert first == second and first[0] == 0 and len(first[1]) > 3, (first, second)


def test_pictures_that_are_fetched(tape):
    """With the redirect on the way."""
    def behave(handler, seen):
        if seen.path == "/a.png":
            servers.send(handler, 302, b"", location="/b.png?key=secret")
        elif seen.path.startswith("/b.png"):
            servers.send(handler, 200, b"\x89PNG\r\n\x1a\n" + bytes(20), content_type="image/png")  # behind another one
        else:
            servers.send_json(handler, GEMINI)
        return True
    one = tape(behave, row={"dialect": "gemini", "capabilities": {"media_urls": []}}, fetch={"allowed": True, "allow_addresses": ["127.0.0.0/8"]})
    picture = {"type": "image_url", "image_url": {"url": f"http://127.0.0.1:{one.upstream.port}/a.png"}}
    first, second = one.both(lambda client: client.call("chat", {"model": "p/m", "messages": [{"role": "user", "content": [picture]}]}))
    assert told(first) == told(second) and first.status == 0, (first, second)
    assert [(line["provider"], line["response"]["status"]) for line in one.lines] == [("", 302), ("", 200), ("p", 200)] and "secret" not in json.dumps(one.lines)
    assert one.lines[1]["response"]["headers"]["content-type"] == ["application/json", "image/png"]


def test_a_reload_begins_anew(tape):
    one = tape()
    one.both(lambda client: client.chat("p/m"))
    client = one.client(replay=one.path)
    assert [client.chat("p/m").status for _ in range(2)] == [0, 110]
    status, error = client.client.reload(json.dumps({"environment": False, "retry": {"attempts": 0}, "providers": {"p": provider(one.upstream.url)}, "replay": one.path}))
    assert status == 0 and client.chat("p/m").status == 0, error


def test_development_providers_answer_themselves(gateway, tmp_path):
    path = tmp_path / "exchanges.jsonl"
    assert gateway({"providers": {"d": {"dialect": "dev"}}, "record": str(path)}).chat("d/echo").status == 0 and not path.exists()
    path.write_text("")
    assert gateway({"providers": {"d": {"dialect": "dev"}}, "replay": str(path)}).chat("d/echo").status == 0
