"""What requests name by URL and a provider does not read: fetched and put in, or refused before anything is sent."""
import base64
import gzip
import json
import socket
import threading
import time

import library
import pytest
import servers
from conftest import attempts
from files import MP3, MP4, PDF, PNG, WAV, Files
from live import KEY, provider
from test_choices import ERROR, always
from upstreams import completion, response

HERE = {"allowed": True, "allow_addresses": ["127.0.0.1"]}


@pytest.fixture
def files():
    server = Files()
    yield server
    server.stop()


@pytest.fixture
def bench(gateway, raw):
    """bench(fetch, **members): a client of one provider that reads no URL; `bench.server` has what it was sent."""
    def make(fetch=HERE, config=None, behave=None, **members):
        bench.server = raw(behave or always(response(200, completion())))
        config = {"providers": {"p": provider(bench.server.url, **{"capabilities": {"media_urls": []}, **members})}, "log": "off", **(config or {})}
        bench.gateway = gateway(config if fetch is None else {**config, "fetch": fetch})
        return bench.gateway
    bench = make
    return make


def image(url, **more):
    return {"type": "image_url", "image_url": {"url": url, **more}}


def ask(client, *parts, model="p/m", **members):
    return client.call("chat", {"model": model, "messages": [{"role": "user", "content": [{"type": "text", "text": "What is it?"}, *parts]}], **members})


def data(kind, octets):
    return f"data:{kind};base64,{base64.b64encode(octets).decode()}"


def sent(bench, message=0, part=1):
    return bench.server.bodies[-1]["messages"][message]["content"][part]


def refused(outcome, kind, *words):
    assert outcome.error and outcome.error["kind"] == kind, outcome
    for word in words:
        assert word in outcome.error["message"], outcome
    return outcome.error["message"]


# ---------------------------------------------------------------- what is put in

@pytest.mark.parametrize("part,expected", [
    (lambda url: image(url + "/a.png?token=secret", detail="low"), image(data("image/png", PNG), detail="low")),
    (lambda url: {"type": "image_url", "image_url": url + "/a.png"}, {"type": "image_url", "image_url": data("image/png", PNG)}),
    (lambda url: {"type": "file", "file": {"file_data": url + "/a.pdf?x=/no.pdf"}}, {"type": "file", "file": {"file_data": data("application/pdf", PDF), "filename": "a.pdf"}}),
    (lambda url: {"type": "file", "file": {"filename": "mine.pdf", "file_data": url + "/a.pdf"}}, {"type": "file", "file": {"filename": "mine.pdf", "file_data": data("application/pdf", PDF)}}),
    (lambda url: {"type": "file", "file": {"file_data": url + "/a.txt"}}, {"type": "file", "file": {"file_data": data("text/plain", "Grüße".encode()), "filename": "a.txt"}}),
    (lambda url: {"type": "input_audio", "input_audio": {"data": url + "/a.wav"}}, {"type": "input_audio", "input_audio": {"data": base64.b64encode(WAV).decode(), "format": "wav"}}),
    (lambda url: {"type": "input_audio", "input_audio": {"data": url + "/a.mp3", "format": "mp3"}}, {"type": "input_audio", "input_audio": {"data": base64.b64encode(MP3).decode(), "format": "mp3"}}),
    (lambda url: {"type": "video_url", "video_url": {"url": url + "/a.mp4"}}, {"type": "video_url", "video_url": {"url": data("video/mp4", MP4)}}),
], ids=["image", "short", "pdf", "named", "text", "wav", "mp3", "video"])
def test_put_in(bench, files, part, expected):
    outcome = ask(bench(), part(files.url))
    assert outcome.content == "Main" and sent(bench) == expected, outcome


def test_each_place_and_each_url_once(bench, files):
    """A result of a tool too; other members keep their bytes."""
    client, url = bench(), files.url + "/a.png"
    messages = [{"role": "user", "content": [image(url), {"type": "text", "text": f"not {url}"}, image("data:image/png;base64,QQ=="), image(url)]},
                {"role": "assistant", "content": None, "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
                {"role": "tool", "tool_call_id": "c", "content": [image(url)]}, {"role": "user", "content": url}]
    outcome = client.call("chat", {"model": "p/m", "seed": 7, "messages": messages})
    inside = image(data("image/png", PNG))
    messages[0]["content"][0] = messages[0]["content"][3] = messages[2]["content"][0] = inside
    body = bench.server.bodies[-1]
    assert outcome.status == 0 and body["messages"] == messages and body["seed"] == 7 and len(files.seen) == 1, outcome


@pytest.mark.parametrize("dialect,part,expected", [
    ("gemini", lambda url: {"type": "input_audio", "input_audio": {"data": url + "/a.mp3"}}, {"inlineData": {"mimeType": "audio/mp3", "data": base64.b64encode(MP3).decode()}}),
    ("gemini", lambda url: {"type": "video_url", "video_url": {"url": url + "/a.mp4"}}, {"inlineData": {"mimeType": "video/mp4", "data": base64.b64encode(MP4).decode()}}),
    ("gemini", lambda url: image(url + "/a.png"), {"fileData": {"mimeType": "image/png", "fileUri": "@/a.png"}}),
    ("gemini", lambda url: {"type": "video_url", "video_url": {"url": "https://youtu.be/x"}}, {"fileData": {"fileUri": "https://youtu.be/x"}}),
    ("anthropic", lambda url: image(url + "/a.png"), {"type": "image", "source": {"type": "url", "url": "@/a.png"}}),
    ("anthropic", lambda url: {"type": "file", "file": {"file_data": url + "/a.pdf"}}, {"type": "document", "source": {"type": "url", "url": "@/a.pdf"}}),
    ("openai-responses", lambda url: image(url + "/a.png"), {"type": "input_image", "image_url": "@/a.png", "detail": "auto"}),
    ("openai-responses", lambda url: {"type": "input_audio", "input_audio": {"data": url + "/a.wav"}}, {"type": "input_audio", "input_audio": {"data": base64.b64encode(WAV).decode(), "format": "wav"}}),
    ("openai", lambda url: image(url + "/a.png"), image("@/a.png")),
], ids=["gemini-audio", "gemini-video", "gemini-image", "gemini-youtube", "anthropic-image", "anthropic-pdf", "responses-image", "responses-audio", "openai-image"])
def test_each_dialect_gets_what_it_reads(bench, files, dialect, part, expected):
    """Only what the dialect cannot read by itself is fetched."""
    client = bench(capabilities={}, dialect=dialect)
    ask(client, part(files.url))
    body = bench.server.bodies[-1]
    parts = (body.get("contents") or body.get("messages") or body.get("input"))[0]
    wanted = json.loads(json.dumps(expected).replace("@", files.url))
    assert (parts.get("parts") or parts["content"])[1] == wanted, body
    assert len(files.seen) == ("base64" in json.dumps(expected) or "inlineData" in expected or "input_audio" in expected), files.seen


@pytest.mark.parametrize("surface,request_of", [
    ("messages", lambda url: {"model": "p/m", "max_tokens": 9, "messages": [{"role": "user", "content": [{"type": "text", "text": "?"}, {"type": "image", "source": {"type": "url", "url": url}}]}]}),
    ("responses", lambda url: {"model": "p/m", "input": [{"role": "user", "content": [{"type": "input_text", "text": "?"}, {"type": "input_image", "image_url": url}]}]}),
])
def test_surfaces(bench, files, surface, request_of):
    outcome = bench().call(surface, request_of(files.url + "/a.png"))
    assert outcome.status == 0 and sent(bench)["image_url"]["url"] == data("image/png", PNG), outcome


def test_streams_wait_for_it(bench, files):
    client = bench(behave=always(b"HTTP/1.1 200 X\r\ncontent-type: text/event-stream\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n" + chunked(EVENTS)))
    outcome = client.call("stream", {"model": "p/m", "messages": [{"role": "user", "content": [image(files.url + "/a.png")]}]})
    assert outcome.text == "Hi" and sent(bench, part=0) == image(data("image/png", PNG)), outcome


EVENTS = b'data: {"id":"x","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'


def chunked(body):
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


# ---------------------------------------------------------------- what is refused before anything is sent

@pytest.mark.parametrize("fetch", [None, {}, {"allowed": False, "allow_addresses": ["127.0.0.1"]}])
def test_off_unless_allowed(bench, files, fetch):
    outcome = ask(bench(fetch), image(files.url + "/a.png?token=secret"))
    message = refused(outcome, "unsupported", "messages[0].content[1].image_url.url", "fetch.allowed")
    assert "secret" not in message and not files.seen and not bench.server.bodies


def test_off_and_another_provider_reads_it(gateway, raw, spare, files):
    first = raw(always(response(200, completion())))
    client = gateway({"providers": {"p": provider(first.url, capabilities={"media_urls": []}), "spare": provider(spare.url)}, "provider_order": ["p", "spare"]})
    outcome = ask(client, image(files.url + "/a.png"))
    assert outcome.content == "Hello" and not first.bodies and not files.seen, outcome
    assert spare.seen[-1].body["messages"][0]["content"][1] == image(files.url + "/a.png")


PRIVATE = ["127.0.0.1", "localhost", "127.1", "0x7f.1", "0x7f000001", "2130706433", "017700000001", "0177.0.0.1", "0", "0.0.0.0", "[::1]", "[::]", "[::ffff:127.0.0.1]",
           "[::127.0.0.1]", "[2002:7f00:1::]", "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "[fe80::1]", "[fc00::1]", "[fd12::1]", "10.0.0.1", "172.16.0.1", "172.31.255.254",
           "192.168.1.1", "169.254.169.254", "[fd00:ec2::254]", "100.64.0.1", "198.18.0.1", "192.0.0.8", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
           "[ff02::1]", "[2001::1]", "[2001:db8::1]", "[::ffff:0:127.0.0.1]", "[64:ff9b:1::1]", "rebound.test", "mixed.test"]


@pytest.mark.parametrize("host", PRIVATE)
def test_private_addresses(bench, files, host):
    """Names are looked up as they are, numbers read as curl reads them; what counts is the address that would be connected to."""
    port = files.port
    resolve = {"http": {"resolve": [f"rebound.test:{port}:127.0.0.1", f"mixed.test:{port}:10.0.0.7,127.0.0.1,[::1]"]}}
    outcome = ask(bench({"allowed": True}, resolve), image(f"http://{host}:{port}/a.png?token=secret"))
    message = refused(outcome, "refused", "messages[0].content[1].image_url.url", "fetch.allow_addresses")
    assert "secret" not in message and files.connections == 0 and not bench.server.bodies


def test_connections_of_others_are_not_used(gateway, files, raw):
    """A provider may be anywhere, and its connection is kept; an image from there is refused all the same."""
    server = raw(always(response(200, completion())))
    client = gateway({"providers": {"p": provider(server.url, capabilities={"media_urls": []})}, "fetch": {"allowed": True}})
    assert client.chat("p/m").status == 0 and len(server.connections) == 1
    refused(ask(client, image(f"http://127.0.0.1:{server.port}/a.png")), "refused", "fetch.allow_addresses")
    assert len(server.bodies) == 1


def test_the_allowed_address_of_a_name_is_taken(bench, files):
    resolve = {"http": {"resolve": [f"mixed.test:{files.port}:10.0.0.7,127.0.0.1"]}}
    outcome = ask(bench(HERE, resolve), image(f"http://mixed.test:{files.port}/a.png"))
    assert outcome.status == 0 and files.seen[0][1]["host"] == f"mixed.test:{files.port}", outcome


@pytest.mark.parametrize("blocks", [["127.0.0.0/8"], ["::ffff:127.0.0.1"], ["10.0.0.0/8", "127.0.0.1/32"], ["::ffff:127.0.0.0/104"]])
def test_allowed_addresses(bench, files, blocks):
    assert ask(bench({"allowed": True, "allow_addresses": blocks}), image(files.url + "/a.png")).status == 0


@pytest.mark.parametrize("blocks", [["127.0.0.2"], ["::1"], ["126.0.0.0/8"], []])
def test_other_addresses(bench, files, blocks):
    refused(ask(bench({"allowed": True, "allow_addresses": blocks}), image(files.url + "/a.png")), "refused")
    assert not files.seen


@pytest.mark.parametrize("hosts,host,ok", [
    (["127.0.0.1"], "127.0.0.1", True), (["a.test"], "a.test", True), (["A.test"], "a.TEST", True), (["*.test"], "a.test", True), (["*.a.test"], "a.test", False),
    (["a.test"], "x.a.test", False), (["a.test"], "xa.test", False), (["*.a.test"], "x.a.test", True), (["b.test"], "a.test", False), (["0x7f.1"], "127.0.0.1", False)])
def test_allowed_hosts(bench, files, hosts, host, ok):
    port = files.port
    resolve = {"http": {"resolve": [f"{name}:{port}:127.0.0.1" for name in ("a.test", "x.a.test", "xa.test")]}}
    outcome = ask(bench({**HERE, "allow_hosts": hosts}, resolve), image(f"http://{host}:{port}/a.png"))
    assert outcome.status == 0 if ok else refused(outcome, "refused", "fetch.allow_hosts"), outcome
    assert len(files.seen) == ok


@pytest.mark.parametrize("url,status,word", [
    ("http://me:pw@127.0.0.1/a.png", "refused", "user or a password"), ("https://me@a.test/a.png", "refused", "user or a password"), ("http://:pw@a.test/", "refused", "user or a password"),
    ("http://", "bad_request", "no URL"), ("http://a b/", "bad_request", "no URL"), ("http://a\\b/", "bad_request", "no URL"), ("http://a.test:99999/", "bad_request", "no URL"),
    ("http://" + "a" * 600 + ".test/", "bad_request", "no URL"), ("https://a.test/\n", "bad_request", "no URL"), ("http://a.test/" + "x" * 9000, "json", "8192"),
    ("http://nowhere.invalid/a.png", "bad_request", "could not be resolved"), ("http://127.0.0.1:1/a.png", "bad_request", "no connection")])
def test_urls_that_are_none(bench, url, status, word):
    message = refused(ask(bench(), image(url)), status, "messages[0].content[1].image_url.url", word)
    assert not bench.server.bodies and "pw" not in message


# ---------------------------------------------------------------- redirects

@pytest.fixture
def front(tmp_path, files):
    """nginx, which sends others on. Everything there sets a cookie."""
    server = servers.nginx(str(tmp_path), f"""server {{ listen 127.0.0.1:{{port}}; add_header Set-Cookie "a=b; Path=/" always;
      location /one {{ return 302 {files.url}/a.png?k=1; }}  location /here {{ return 301 /two; }} location /two {{ return 307 /three; }} location /three {{ return 308 {files.url}/a.png; }}
      location /four {{ return 302 /here; }} location /loop {{ return 302 /loop; }}
      location /private {{ return 302 http://127.0.0.2:{files.port}/a.png; }} location /meta {{ return 302 http://169.254.169.254/latest; }}
      location /number {{ return 302 http://2130706434:{files.port}/a.png; }}
      location /file {{ return 302 file:///etc/passwd; }} location /ftp {{ return 302 ftp://127.0.0.1/a.png; }} location /gopher {{ return 302 gopher://127.0.0.1:{files.port}/x; }}
      location /user {{ return 302 http://u:p@127.0.0.1:{files.port}/a.png; }} location /nowhere {{ return 302 ""; }} location /same {{ return 304; }}
      location /deep/ {{ return 302 ../a; }} location /a {{ return 302 {files.url}/a.png; }} }}""")
    yield server
    server.stop()


@pytest.mark.parametrize("path", ["/one", "/here", "/deep/x"])
def test_redirects(bench, files, front, path):
    outcome = ask(bench(), image(f"http://127.0.0.1:{front.port}{path}"))
    assert outcome.status == 0 and sent(bench) == image(data("image/png", PNG)), outcome
    headers = files.seen[0][1]
    assert set(headers) == {"host", "accept-encoding", "user-agent", "accept"} and headers["host"] == f"127.0.0.1:{files.port}"


@pytest.mark.parametrize("path,status,word", [
    ("/four", "bad_request", "redirects"), ("/loop", "bad_request", "redirects"), ("/private", "refused", "allow_addresses"), ("/meta", "refused", "allow_addresses"),
    ("/number", "refused", "allow_addresses"), ("/file", "refused", "http and https"), ("/ftp", "refused", "http and https"), ("/gopher", "refused", "http and https"),
    ("/user", "refused", "user or a password"), ("/nowhere", "bad_request", "status"), ("/same", "bad_request", "304")])
def test_redirects_that_are_not_followed(bench, files, front, path, status, word):
    refused(ask(bench(), image(f"http://127.0.0.1:{front.port}{path}")), status, word, "127.0.0.1")
    assert not files.seen and not bench.server.bodies


def test_redirects_to_other_hosts(bench, files, front):
    refused(ask(bench({**HERE, "allow_hosts": ["front.test"]}, {"http": {"resolve": [f"front.test:{front.port}:127.0.0.1"]}}),
                image(f"http://front.test:{front.port}/one")), "refused", "fetch.allow_hosts", "front.test")
    assert not files.seen


def test_no_proxy_and_no_certificate_of_the_client(bench, files, raw, monkeypatch):
    """The guard could not see where a proxy goes."""
    proxy = raw(always(response(502, "no")))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
    client = bench(config={"http": {"proxy": f"http://127.0.0.1:{proxy.port}", "no_proxy": "none.test"}})
    ask(client, image(files.url + "/a.png"))
    assert len(files.seen) == 1 and len(proxy.arrivals) == 1 and not bench.server.bodies # the provider is asked through it


# ---------------------------------------------------------------- size, type, time

def endless(handler):
    handler.send_response(200)
    handler.send_header("Content-Type", "image/png")
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    for _ in range(10000):
        handler.wfile.write(b"1000\r\n" + PNG + bytes(0x1000 - len(PNG)) + b"\r\n")


def announced(handler):
    Files.send(handler, 200, "image/png", PNG, Content_Length=1 << 40)
    time.sleep(30)


def bomb(handler):
    Files.send(handler, 200, "image/png", gzip.compress(PNG + bytes(64 << 20)), Content_Encoding="gzip")


def cut(handler):
    Files.send(handler, 200, "image/png", PNG, Content_Length=len(PNG) + 10)
    handler.connection.shutdown(socket.SHUT_WR)


def broken(handler):
    handler.wfile.write(b"nonsense\r\n\r\n")
    handler.connection.shutdown(socket.SHUT_WR)


def long_headers(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20000 + b"\r\n")


@pytest.mark.parametrize("serve,status,word", [
    (endless, "too_large", "fetch.max_bytes"), (announced, "too_large", "fetch.max_bytes"), (bomb, "too_large", "fetch.max_bytes"),
    (cut, "bad_request", "before it was complete"), (broken, "bad_request", "HTTP"), (long_headers, "bad_request", "headers")], ids=lambda x: getattr(x, "__name__", None))
def test_bodies(bench, files, serve, status, word):
    files.routes["/x"] = serve
    refused(ask(bench({**HERE, "max_bytes": 100_000}), image(files.url + "/x")), status, word)
    assert not bench.server.bodies


def test_a_smaller_length_than_there_is(bench, files):
    """Curl stops where the length says."""
    files.routes["/x"] = lambda handler: Files.send(handler, 200, "image/png", PNG + bytes(200_000), Content_Length=len(PNG))
    assert ask(bench({**HERE, "max_bytes": 100_000}), image(files.url + "/x")).status == 0
    assert sent(bench) == image(data("image/png", PNG))


def test_compressed_though_not_asked_for(bench, files):
    files.routes["/x"] = lambda handler: Files.send(handler, 200, "image/png", gzip.compress(PNG), Content_Encoding="gzip")
    assert ask(bench(), image(files.url + "/x")).status == 0 and sent(bench) == image(data("image/png", PNG))


def test_the_cap_of_requests_counts_what_was_put_in(bench, files):
    files.routes["/x"] = ("image/png", PNG + bytes(40_000))
    client = bench(config={"caps": {"request": 100_000}})
    assert ask(client, image(files.url + "/x")).status == 0
    refused(ask(client, *[image(f"{files.url}/x?{i}") for i in range(3)]), "too_large", "caps.request")
    assert len(bench.server.bodies) == 1


def test_no_more_is_fetched_than_fits(bench, files):
    """However many a request names."""
    files.routes["/x"] = ("image/png", PNG + bytes(40_000))
    client = bench(config={"caps": {"request": 100_000}})
    refused(ask(client, *[image(f"{files.url}/x?{i}") for i in range(90)]), "too_large", "caps.request")
    assert len(files.seen) < 10
    files.routes["/x"] = ("image/png", PNG)
    refused(ask(client, *[image(f"{files.url}/x?{i}") for i in range(130)]), "too_large", "messages[0].content[101]", "100 URLs")
    assert not bench.server.bodies


@pytest.mark.parametrize("kind,declared,body,ok", [
    ("image", "image/png", PNG, "image/png"), ("image", "image/jpeg", PNG, "image/png"), ("image", None, PNG, "image/png"), ("image", "application/octet-stream", PNG, "image/png"),
    ("image", "IMAGE/PNG; x=y", PNG, "image/png"), ("image", "text/html", PNG, None), ("image", "image/png", b"<html>not found</html>", None), ("image", "image/png", b"", None),
    ("image", "image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'/>", None), ("image", "application/pdf", PDF, None), ("image", "image/png", PDF, None),
    ("image", "application/json", PNG, None), ("image", "image/webp", b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"), ("image", "image/gif", b"GIF89a\1\0\1\0", "image/gif"),
    ("image", "image/jpeg", b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"), ("image", "audio/wav", WAV, None),
    ("file", "application/pdf", PDF, "application/pdf"), ("file", None, PDF, "application/pdf"), ("file", "text/html", b"<html>", None), ("file", "application/pdf", b"<html>", None),
    ("file", "text/csv", b"a,b\n", "text/csv"), ("file", "text/plain", b"\xff\xfe\0", None), ("file", "text/plain", b"a\0b", None), ("file", "application/zip", b"PK\3\4", None),
    ("file", "image/png", PNG, "image/png"), ("file", "application/json", b"{}", "application/json"), ("file", 'text/x"y', b"a", None), ("file", "text/html", PDF, None)])
def test_types(bench, files, kind, declared, body, ok):
    files.routes["/x"] = lambda handler: Files.send(handler, 200, declared, body)
    part = image(files.url + "/x") if kind == "image" else {"type": "file", "file": {"file_data": files.url + "/x", "filename": "f"}}
    outcome = ask(bench(), part)
    if not ok:
        refused(outcome, "bad_request", "by its bytes and the type")
        return
    got = sent(bench)
    assert (got.get("image_url") or {"url": got["file"]["file_data"]} if kind == "file" else got["image_url"])["url"] == data(ok, body), outcome


def test_a_sound_that_is_something_else(bench, files):
    refused(ask(bench(), {"type": "input_audio", "input_audio": {"data": files.url + "/a.mp3", "format": "wav"}}), "bad_request", "mp3", "wav")
    refused(ask(bench(), {"type": "input_audio", "input_audio": {"data": files.url + "/a.png", "format": "wav"}}), "bad_request", "a sound")


@pytest.mark.parametrize("status", [204, 206, 400, 403, 404, 500, 503])
def test_statuses(bench, files, status):
    files.routes["/x"] = lambda handler: Files.send(handler, status, "image/png", b"" if status == 204 else PNG, Content_Length=None if status == 204 else len(PNG))
    outcome = ask(bench(), image(files.url + "/x?token=secret"))
    message = refused(outcome, "bad_request", str(status), "127.0.0.1")
    assert "secret" not in json.dumps(outcome.error) and outcome.error["retryable"] is (status >= 500) and "x?" not in message


def hanging(event):
    def serve(handler):
        event.wait(20)
        Files.send(handler, 200, "image/png", PNG)
    return serve


def test_time(bench, files):
    event = threading.Event()
    files.routes["/x"] = hanging(event)
    refused(ask(bench({**HERE, "timeout": 0.2}), image(files.url + "/x")), "bad_request", "fetch.timeout")
    # The time of the request holds for it too.
    refused(ask(bench(), image(files.url + "/x"), gatelet={"timeouts": {"total": 0.2}}), "timeout_total", "total time-out")
    event.set()


def test_time_counts_over_redirects(bench, files):
    """Each redirect is slow, and all of them together are too slow."""
    def slow(to):
        def serve(handler):
            time.sleep(0.4)
            Files.send(handler, 302, None, b"", Location=to)
        return serve
    files.routes["/1"], files.routes["/2"], files.routes["/3"] = slow("/2"), slow("/3"), slow("/a.png")
    refused(ask(bench({**HERE, "timeout": 0.9}), image(files.url + "/1")), "bad_request", "fetch.timeout")
    assert ("/a.png", files.seen[0][1]) not in files.seen


# ---------------------------------------------------------------- side by side, cancelled, accounted for

def test_several_side_by_side(bench, files):
    """Four at a time, no more."""
    running, most, lock, four = [0], [0], threading.Lock(), threading.Barrier(4)

    def serve(handler):
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        four.wait(10) # it would break with fewer
        with lock:
            running[0] -= 1
        Files.send(handler, 200, "image/png", PNG, Connection="close")

    files.routes["/x"] = serve
    outcome = ask(bench(), *[image(f"{files.url}/x?{i}") for i in range(8)])
    assert outcome.status == 0 and most[0] == 4 and len(files.seen) == 8, outcome
    assert [sent(bench, part=i + 1) for i in range(8)] == [image(data("image/png", PNG))] * 8


@pytest.mark.parametrize("driver", ["thread", "caller"])
def test_others_go_on_meanwhile(bench, files, queue, driver):
    event = threading.Event()
    files.routes["/x"] = hanging(event)
    client, many = bench().client, queue(driver)
    request = lambda *parts: json.dumps({"model": "p/m", "messages": [{"role": "user", "content": [{"type": "text", "text": "x"}, *parts]}]}).encode()
    many.submit(client, library.OP_CHAT, request(image(files.url + "/x")), 1)
    while not files.seen:
        many.next(10)
    for tag in (2, 3, 4):
        many.submit(client, library.OP_CHAT, request(), tag)
    ended = []
    while len(ended) < 3:
        ended += [event[2] for event in many.next(5000) if event[0] == library.END]
    assert sorted(ended) == [2, 3, 4]
    event.set()
    while len(ended) < 4:
        ended += [(event[2], event[1]) for event in many.next(5000) if event[0] == library.END]
    assert ended[3] == (1, 0) and bench.server.bodies[-1]["messages"][0]["content"][1] == image(data("image/png", PNG))


@pytest.fixture
def queue():
    made = []

    def make(driver="thread"):
        made.append(library.Queue(json.dumps({"driver": driver})))
        return made[-1]

    yield make
    for one in made:
        one.free()


@pytest.mark.parametrize("how", ["cancel", "queue", "free"])
def test_cancelled_meanwhile(bench, files, queue, how):
    event = threading.Event()
    files.routes["/x"] = hanging(event)
    client, many = bench(), queue()
    request = {"model": "p/m", "messages": [{"role": "user", "content": [image(f"{files.url}/x?{i}") for i in range(6)]}]}
    if how == "cancel":
        outcome = []
        thread = threading.Thread(target=lambda: outcome.append(client.call("chat", request, {"cancel_id": "c"})))
        thread.start()
        while len(files.seen) < 4:
            time.sleep(0.01)
        client.client.cancel(b"c")
        thread.join(10)
        refused(outcome[0], "cancelled")
    else:
        many.submit(client.client, library.OP_CHAT, json.dumps(request).encode(), 1)
        while len(files.seen) < 4:
            time.sleep(0.01)
        client.free() if how == "free" else many.cancel(1)
        if how == "free":
            client.client = None
        ended = []
        while not ended:
            ended = [event for event in many.next(5000) if event[0] == library.END]
        assert json.loads(ended[0][3])["error"]["kind"] == ("closed" if how == "free" else "cancelled")
    assert len(files.seen) == 4 and not bench.server.bodies
    event.set()


def test_once_for_all_candidates(gateway, raw, files, spare):
    first, second = raw(always(response(503, ERROR))), raw(always(response(200, completion())))
    blind = {"capabilities": {"media_urls": []}}
    client = gateway({"providers": {"p": provider(first.url, **blind), "q": provider(second.url, **blind)}, "provider_order": ["p", "q"],
                      "retry": {"attempts": 2, "backoff_base": 0.01}, "breaker": {"enabled": False}, "fetch": HERE})
    outcome = ask(client, image(files.url + "/a.png"))
    assert [name for name, _ in attempts(outcome)] == ["p", "p", "p", "q"] and len(files.seen) == 1, outcome
    assert first.bodies[0]["messages"] == second.bodies[0]["messages"]


def test_only_when_its_provider_is_asked(gateway, raw, files, spare):
    """The first one reads URLs: nothing is fetched before it has failed."""
    second = raw(always(response(200, completion())))
    client = gateway({"providers": {"spare": provider(spare.url), "q": provider(second.url, capabilities={"media_urls": []})}, "provider_order": ["spare", "q"], "fetch": HERE})
    assert ask(client, image(files.url + "/a.png"), model="spare/m").content == "Hello" and not files.seen
    spare.behave = lambda handler, _: servers.send_json(handler, ERROR, 503) or True
    outcome = ask(client, image(files.url + "/a.png"), model="spare/m")
    assert outcome.content == "Main" and len(files.seen) == 1 and second.bodies[0]["messages"][0]["content"][1] == image(data("image/png", PNG)), outcome


def test_what_cannot_be_fetched_leaves_the_next_one(gateway, raw, files, spare):
    first = raw(always(response(200, completion())))
    client = gateway({"providers": {"p": provider(first.url, capabilities={"media_urls": []}), "spare": provider(spare.url)}, "provider_order": ["p", "spare"], "fetch": HERE})
    outcome = ask(client, image(files.url + "/gone.png"))
    assert outcome.content == "Hello" and attempts(outcome) == [("spare", "ok")] and not first.bodies, outcome


def test_beside_a_hedge(gateway, raw, files, spare):
    """The slow one answers while the second one's image is still on its way."""
    event = threading.Event()
    files.routes["/x"] = hanging(event)

    def slow(connection, _):
        while not files.seen:
            time.sleep(0.01)
        connection.send(response(200, completion("Slow")))
        return True

    first, second = raw(slow), raw(always(response(200, completion())))
    client = gateway({"providers": {"p": provider(first.url), "q": provider(second.url, capabilities={"media_urls": []})}, "provider_order": ["p", "q"],
                      "routing": {"hedge": {"delay": 0.05}}, "fetch": HERE})
    outcome = ask(client, image(files.url + "/x"))
    assert outcome.content == "Slow" and attempts(outcome) == [("p", "ok")] and not second.bodies, outcome
    event.set()


def test_a_hedge_with_an_image(gateway, raw, files):
    event = threading.Event()

    def slow(connection, _):
        event.wait(20)
        return False

    first, second = raw(slow), raw(always(response(200, completion("Second"))))
    client = gateway({"providers": {"p": provider(first.url), "q": provider(second.url, capabilities={"media_urls": []})}, "provider_order": ["p", "q"],
                      "routing": {"hedge": {"delay": 0.05}}, "fetch": HERE})
    outcome = ask(client, image(files.url + "/a.png"))
    assert outcome.content == "Second" and second.bodies[0]["messages"][0]["content"][1] == image(data("image/png", PNG)), outcome
    event.set()


def test_no_attempt_of_a_provider(bench, files, tmp_path):
    records = tmp_path / "records"
    client = bench(config={"records": str(records)})
    outcome = ask(client, image(files.url + "/a.png"))
    assert attempts(outcome) == [("p", "ok")], outcome
    failed = ask(client, image(files.url + "/gone.png"))
    assert not failed.error.get("attempts"), failed
    lines = [json.loads(line) for line in records.read_text().splitlines()]
    assert [line["attempts"] for line in lines] == [1, 0] and files.url not in records.read_text()


def test_a_plan_fetches_nothing(bench, files):
    outcome = ask(bench(config={"request_extensions": "all"}), image(files.url + "/a.png"), gatelet={"dry_run": True})
    assert outcome.answer["plan"][0]["provider"] == "p" and not files.seen, outcome
