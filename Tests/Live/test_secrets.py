"""No key leaves the library, whatever a provider does with it; and no log line or hook tells what a user or a provider wrote."""
import base64
import json
import random
import threading
import time
import urllib.parse

import library
import pytest
import servers
from conftest import provider

SECRET = "sk-" + "Q7/z+k2W_x9-" * 4
OLD, NEW = "sk-old-0123456789abcdef", "sk-new-fedcba9876543210"
PROMPT = "my cat's name is Mehitabel"
SPELLINGS = {
    "plain": lambda key: key,
    "slashes": lambda key: key.replace("/", "\\/"),
    "unicode": lambda key: "".join(f"\\u{ord(one):04x}" for one in key),
    "percent": lambda key: urllib.parse.quote(key, safe=""),
    "html": lambda key: "".join(f"&#x{ord(one):x};" for one in key),
    "basic": lambda key: base64.b64encode(key.encode()).decode(),
    "basic with a user": lambda key: base64.b64encode(b"user:" + key.encode()).decode(),
    "basic with a longer user": lambda key: base64.b64encode(b"user1:" + key.encode() + b":").decode(),
}


def readings(text):
    """What somebody who looks for a key would read in a text."""
    yield text
    yield urllib.parse.unquote(text)
    yield text.replace("\\/", "/").replace("\\", "")
    yield text.encode("latin-1", "replace").decode("unicode_escape", "replace")
    yield "".join(chr(int(one.split(";")[0], 16)) for one in text.split("&#x")[1:] if one.split(";")[0].isalnum())
    for piece in "".join(one if one.isascii() and (one.isalnum() or one in "+/-_") else " " for one in text).split():
        for skip in range(4):
            part = piece[skip:].replace("-", "+").replace("_", "/")
            yield base64.b64decode(part[:len(part) // 4 * 4]).decode("latin-1")


def leaks(key, text):
    windows = {key[at:at + 10] for at in range(len(key) - 9)}
    return any(window in one for one in readings(text) for window in windows)


def told(client, path):
    """Everything that a client says after it was made to talk: by outlet."""
    out, events, lines = {}, [], []
    client.client.log_to(lines)
    client.client.hook(lambda text: events.append(text.decode()) or 0)
    out["chat"] = str(client.chat("p/m").error)
    streamed = client.stream("p/m")
    out["stream"], out["end"] = str(streamed.error), json.dumps(streamed.end)
    out["list"] = json.dumps([client.models().error, client.models({"provider": ["p", "q"], "fresh": True}).answer])
    status, document, error = client.client.call("providers", b'{"probe": true, "balance": true}')
    out["providers"] = document.decode()
    out["stats"] = client.client.call("stats", None)[1].decode()
    out["hook"] = "\n".join(events)
    events.clear()
    client.client.hook(lambda text: events.append(text.decode()) or 0, '{"content": true}')
    client.chat("p/m")
    out["hook with content"] = "\n".join(events)
    out["log"] = "\n".join(line for _, line in lines)
    with open(path) as file:
        out["records"] = file.read()
    return out


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("kind", ["json", "text", "page", "headers", "event"])
def test_nothing_leaks(gateway, upstream, tmp_path, spelling, kind):
    """An echo at random places, of which those around our cuts are tried more often."""
    dice = random.Random(spelling + kind)
    written = SPELLINGS[spelling](SECRET)
    records = str(tmp_path / "records")

    def behave(handler, seen):
        before = "x" * dice.choice([0, 1, 190, 2000, 2030, 2047, 60, dice.randrange(2100), 65500]) + " "
        text = before + written + dice.choice(["", " and more", "...", "y" * 3000])
        if kind == "headers":
            return servers.send_json(handler, {"error": {"message": "no", "code": written[:150]}}, 401, x_request_id=text[-3000:].strip()) or True
        if kind == "json":
            return servers.send_json(handler, {"error": {"message": text, "code": "c", "metadata": {"raw": json.dumps(text)}}}, 500) or True
        if kind == "event" and seen.body and seen.body.get("stream"):
            return servers.send_stream(handler, [json.dumps({"error": {"message": text}})]) or True
        body = f"<html><title>{text}</title></html>" if kind == "page" else text
        return servers.send(handler, 502, body.encode(), content_type="text/html" if kind == "page" else "text/plain") or True

    upstream.behave = behave
    client = gateway({"providers": {"p": provider(upstream.url, api_key=SECRET, balance={"url": "/balance", "remaining": "a"}), "q": provider(upstream.url, api_key=SECRET)},
                      "log": "debug", "records": records, "retry": {"attempts": 1, "backoff_base": 0.001}, "breaker": {"enabled": False}})
    out = told(client, records)
    assert "***" in str(out) and out["log"] and out["hook"] and out["records"]
    for outlet, text in out.items():
        assert not leaks(SECRET, text), (outlet, text)


def test_names_hold_no_keys(gateway, upstream, tmp_path):
    """A key as a model id, as a tag, and in a list of models."""
    records, lines, events = str(tmp_path / "records"), [], []
    listed = {"object": "list", "data": [{"id": "good", "description": f"the key is {SECRET}"}]}
    upstream.behave = lambda handler, seen: seen.method == "GET" and (servers.send_json(handler, listed) or True)
    client = gateway({"providers": {"p": provider(upstream.url, api_key=SECRET, aliases=["p2"])}, "log": "debug", "records": records, "request_extensions": "all"})
    client.client.log_to(lines)
    client.client.hook(lambda text: events.append(text.decode()) or 0)
    plan = client.chat("p/" + SECRET, gatelet={"dry_run": True})
    answer = client.chat("p/" + SECRET, gatelet={"tag": SECRET})
    assert answer.status == 0 and upstream.seen[-1].body["model"] == SECRET, "the provider gets what was asked for"
    lost = client.chat("nobody/" + SECRET, gatelet={"provider": SECRET})
    texts = [json.dumps(answer.answer["gatelet"]), str(plan.answer), str(lost.error), str(lines), str(events), json.dumps(client.models().answer),
             client.client.call("stats", None)[1].decode(), json.dumps(client.providers()), open(records).read()]
    for text in texts:
        assert not leaks(SECRET, text), text


def test_an_old_key_that_comes_late(gateway, upstream):
    """A fetch that began before a reload tells of the key that it was made with, and so does a provider much later."""
    gate, lines = threading.Event(), []

    def behave(handler, seen):
        if seen.method == "GET":
            gate.wait(10)
        servers.send_json(handler, {"error": {"message": f"bad key {OLD}, not {NEW}"}}, 401)
        return True

    upstream.behave = behave
    client = gateway({"providers": {"p": provider(upstream.url, api_key=OLD)}, "log": "debug"})
    client.client.log_to(lines)
    outcomes = []
    waiting = threading.Thread(target=lambda: outcomes.append(client.models()))
    waiting.start()
    until = time.monotonic() + 100
    while not upstream.seen and time.monotonic() < until:
        time.sleep(0.01)
    config = {"environment": False, "retry": {"attempts": 0}, "log": "debug", "providers": {"p": provider(upstream.url, api_key=NEW)}}
    assert client.client.reload(json.dumps(config)) == (0, None)
    gate.set()
    waiting.join(100)
    outcomes += [client.chat("p/m"), client.stream("p/m")]
    text = str([outcome.error for outcome in outcomes]) + str(lines) + json.dumps(client.providers())
    assert "bad key ***, not ***" in text and OLD not in text and NEW not in text


def test_other_secrets_of_the_configuration(gateway, upstream):
    echo = "header-secret-123, pa55word!, s1gnature-of-a-list, " + base64.b64encode(b"me:pa55word!").decode()
    upstream.behave = lambda handler, seen: servers.send_json(handler, {"error": {"message": echo}}, 500) or True
    client = gateway({"providers": {"p": provider(upstream.url, headers={"X-Org-Secret": "header-secret-123"}, models_url=upstream.url + "/list?sig=s1gnature-of-a-list")},
                      "http": {"proxy": f"http://me:pa55word!@127.0.0.1:{upstream.port}"}})
    assert client.chat("p/m").error["provider_message"] == "***, ***, ***, ***"
    assert "s1gnature" not in str(client.models().error)


CONTROL = "\x00\x01\x1b[31m\r\n\x7f\x85\u2028\u202e\u2066"


@pytest.mark.parametrize("operation", ["chat", "stream"])
def test_no_words_of_others_and_no_control_characters(gateway, upstream, operation):
    """Only the error object, and a hook that asked for content, have what the provider wrote."""
    said = f"the prompt '{PROMPT}' is bad{CONTROL}"
    upstream.behave = lambda handler, seen: servers.send_json(handler, {"error": {"message": said, "code": said[:150], "type": "odd_type"}, "usage": {"note": PROMPT, "prompt_tokens": 3}}, 400,
                                                              x_request_id="id with words") or True
    lines, events = [], []
    client = gateway({"providers": {"p": provider(upstream.url), "q": provider(upstream.url)}, "provider_order": ["p", "q"], "log": "debug", "preset": "gatewayz", "request_extensions": "all"})
    client.client.log_to(lines)
    client.client.hook(lambda text: events.append(text.decode()) or 0)
    ask = getattr(client, operation)
    outcome = ask("p/m\x1b[1m\u2028x", gatelet={"tag": "blue\x85\u2029"})
    assert PROMPT in outcome.error["message"] and PROMPT in outcome.error["provider_message"]
    client.models()
    for text in [line for _, line in lines] + events:
        assert "Mehitabel" not in text and "cat" not in text, text
        assert not any(ord(one) < 0x20 or 0x7F <= ord(one) < 0xA0 or ord(one) in (0x2028, 0x2029, 0x202E, 0x2066) for one in text), repr(text)
    assert lines and [json.loads(event)["event"] for event in events][-1] == "request_end"
    error = json.loads(events[-1])["error"]
    assert error["kind"] == "bad_request" and error["http_status"] == 400 and error["provider_message"] is None and error["code"] is None
    with_content = []
    client.client.hook(lambda text: with_content.append(text.decode()) or 0, '{"content": true}')
    ask("p/m")
    assert "Mehitabel" in with_content[-1]


def test_usage_in_hooks_is_numbers(gateway, upstream):
    answer = {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}],
              "usage": {"prompt_tokens": 3, "completion_tokens": 1, "note": PROMPT, "details": {"cached_tokens": 1, "text": PROMPT, PROMPT: 1}}}
    upstream.behave = lambda handler, seen: servers.send_json(handler, answer) or True
    client, events = gateway({"providers": {"p": provider(upstream.url)}}), []
    client.client.hook(lambda text: events.append(json.loads(text)) or 0)
    assert client.chat("p/m").answer["usage"] == answer["usage"]
    assert events[-1]["usage"] == {"prompt_tokens": 3, "completion_tokens": 1, "details": {"cached_tokens": 1}} and PROMPT not in str(events)
