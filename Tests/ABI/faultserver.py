#!/usr/bin/env python3
"""A provider that misbehaves on demand. The base URL says how: http://127.0.0.1:PORT/<scenario>/<argument>.../v1
Prints its port, then serves until it is ended. GET /_stats tells what happened."""
import asyncio
import gzip
import json
import resource
import socket
import struct

STATS = {"open": 0, "peak": 0, "requests": 0, "bytes": 0, "broken": 0, "paths": {}}
SCENARIOS = {}


def scenario(function):
    SCENARIOS[function.__name__] = function
    return function


# ---- what a well-behaved provider says

def chunk(text, finish=None):
    delta = {"content": text} if text else {}
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def event(document):
    return b"data: " + (document if isinstance(document, bytes) else json.dumps(document).encode()) + b"\n\n"


def answer(text="Hello there"):
    return {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}}


def whole_stream(count=5):
    return b"".join(event(chunk(f"w{i} ")) for i in range(count)) + event(chunk("", "stop")) + event(b"[DONE]")


def head(status=200, kind="application/json", length=None, more=""):
    length = f"Content-Length: {length}\r\n" if length is not None else "Connection: close\r\n"
    return f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\n{length}{more}\r\n".encode()


def pieces(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def good(request, count=5):
    """The complete response, blocking or streamed as the request wants it."""
    if request["stream"]:
        return CHUNKED + pieces(whole_stream(count)) + b"0\r\n\r\n"
    body = json.dumps(answer()).encode()
    return head(length=len(body)) + body


STATS["lengths"] = {"chat": len(good({"stream": False})), "stream": len(good({"stream": True})),
                    "finish": good({"stream": True}).index(b"data: [DONE]")}  # by then the finish reason has come


class Wire:
    """One connection: counts what is sent, and whether the other side left first."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    async def send(self, data):
        self.writer.write(data)
        await self.writer.drain()
        STATS["bytes"] += len(data)

    async def gone(self, timeout=None):
        """Waits until the client closes."""
        while await asyncio.wait_for(self.reader.read(65536), timeout):
            pass


# ---- scenarios: a true result keeps the connection

@scenario
async def ok(wire, request, count="5"):
    await wire.send(good(request, int(count)))
    return True


@scenario
async def cut(wire, request, at):
    await wire.send(good(request)[:int(at)])


@scenario
async def reset(wire, request, at):
    await wire.send(good(request)[:int(at)])
    wire.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@scenario
async def hang(wire, request):
    await wire.gone()


@scenario
async def endless_headers(wire, request, pause="0"):
    await wire.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        await wire.send(b"X-Padding: %s\r\n" % (b"x" * 200))
        await asyncio.sleep(float(pause))


@scenario
async def html(wire, request, status="200"):
    body = b"<!DOCTYPE html><html><body>It works!</body></html>"
    await wire.send(head(status, "text/html", len(body)) + body)
    return True


@scenario
async def typed(wire, request, *kind):
    """The right body under another content type."""
    body = whole_stream() if request["stream"] else json.dumps(answer()).encode()
    await wire.send(head(200, "/".join(kind), len(body)) + body)
    return True


@scenario
async def crossed(wire, request):
    """A stream for who wants an answer, an answer for who wants a stream."""
    await wire.send(good({"stream": not request["stream"]}))
    return True


@scenario
async def body(wire, request, name):
    data = {"empty": b"", "null": b"null", "array": b"[]", "string": b'"hi"', "half": b'{"choices":[{"mess', "object": b"{}",
            "nul": b'{"choices"\x00:[]}', "deep": b'{"a":' * 100000, "nochoices": b'{"id":"x","choices":[]}'}[name]
    await wire.send(head(length=len(data)) + data)
    return True


@scenario
async def events(wire, request, name):
    one = event(chunk("one "))
    data = {"nothing": b"", "comments": b": hi\n\n" * 5, "done": event(b"[DONE]"), "unfinished": one,
            "garbage": one + b"data: {not json\n\n" + event(chunk("", "stop")) + event(b"[DONE]"),
            "nodone": one + event(chunk("", "stop")),
            "error": one + event({"error": {"message": "the model fell over", "code": 500}}) + event(b"[DONE]"),
            "errorfirst": event({"error": {"message": "too many requests", "code": 429}}) + event(b"[DONE]"),
            "lines": b'data: {"choices":[{"index":0,\ndata: "delta":{"content":"a b\\n"},\ndata: "finish_reason":"stop"}]}\n\n' + event(b"[DONE]"),
            "crlf": (one + event(chunk("two", "stop")) + event(b"[DONE]")).replace(b"\n", b"\r\n"),
            "surrogate": event(b'{"choices":[{"index":0,"delta":{"content":"a\\ud800b"},"finish_reason":"stop"}]}') + event(b"[DONE]"),
            "badutf8": event(b'{"choices":[{"index":0,"delta":{"content":"a\xff\xfeb"},"finish_reason":"stop"}]}') + event(b"[DONE]"),
            }[name]
    await wire.send(CHUNKED + (pieces(data) if data else b"") + b"0\r\n\r\n")
    return True


@scenario
async def bomb(wire, request, megabytes="1024"):
    """A few hundred kilobytes that unpack to very much."""
    packed = gzip.compress(b'{"a":"' + b" " * (64 << 20), 9)
    packed = packed * max(1, int(megabytes) // 64)
    kind = "text/event-stream" if request["stream"] else "application/json"
    await wire.send(head(kind=kind, length=len(packed), more="Content-Encoding: gzip\r\n") + packed)


@scenario
async def big(wire, request, megabytes, announced="yes"):
    total = int(megabytes) << 20
    block = b"x" * (1 << 20)
    await wire.send(head(length=total if announced == "yes" else None) + b'{"a":"')
    for _ in range(int(megabytes)):
        await wire.send(block)


@scenario
async def large(wire, request, megabytes):
    """A good answer with a long text, or one long event."""
    text = "y" * (int(megabytes) << 20)
    if request["stream"]:
        await wire.send(head(kind="text/event-stream") + event(chunk(text)) + event(chunk("", "stop")) + event(b"[DONE]"))
    else:
        data = json.dumps(answer(text)).encode()
        await wire.send(head(length=len(data), more="Connection: close\r\n") + data)


@scenario
async def long_line(wire, request, megabytes):
    await wire.send(head(kind="text/event-stream") + event(chunk("one ")) + b"data: ")
    for _ in range(int(megabytes)):
        await wire.send(b"x" * (1 << 20))


@scenario
async def echo(wire, request, status="401"):
    secret = request["headers"].get("authorization", "")
    data = json.dumps({"error": {"message": f"Incorrect API key provided: {secret}", "code": secret}}).encode()
    await wire.send(head(status, length=len(data)) + data)
    return True


@scenario
async def mirror(wire, request):
    """The answer's text: the path and the headers that came."""
    data = json.dumps(answer(json.dumps({"path": request["path"], "headers": request["headers"]}))).encode()
    await wire.send(head(length=len(data)) + data)
    return True


@scenario
async def echo_header(wire, request, name):
    value = request["headers"].get(name, "")
    data = json.dumps({"error": {"message": f"{name} {value} is wrong", "code": value}}).encode()
    await wire.send(head(400, length=len(data)) + data)
    return True


@scenario
async def told(wire, request, status="200"):
    """Headers of every kind; as an error a document with the key in it, and more than is shown of one."""
    key = request["headers"].get("authorization", "")
    more = ("X-Request-Id: req-1\r\nX-RateLimit-Remaining: 9\r\nX-Twice: a\r\nx-twice: b\r\nX-Empty:\r\n"
            f"Set-Cookie: session=stolen\r\nset-cookie: other=stolen\r\nX-Echo: {key}\r\n")
    if status != "200":
        error = {"message": "no such field", "type": "invalid_request_error", "param": "temperatur", "code": "unknown", "key": key}
        data = json.dumps({"error": error, "rest": "z" * 40000}).encode()
    elif request["stream"]:
        data = whole_stream()
    else:
        data = json.dumps(answer()).encode()
    await wire.send(head(status, length=len(data), more=more) + data)
    return True


@scenario
async def rawmirror(wire, request):
    """The whole request, its body in hexadecimal digits."""
    data = json.dumps({name: request[name] for name in ("method", "path", "headers")} | {"body": request["body"].hex()}).encode()
    await wire.send(head(length=len(data)) + data)
    return True


@scenario
async def sound(wire, request, size):
    """Bytes of every kind."""
    data = (bytes(range(251)) * (int(size) // 251 + 1))[:int(size)]
    await wire.send(head(kind="audio/mpeg", length=len(data), more="Set-Cookie: a=b\r\n") + data)
    return True


@scenario
async def wordy(wire, request):
    """More headers than are told."""
    data = json.dumps(answer()).encode()
    await wire.send(head(length=len(data), more="".join(f"X-Word-{i}: {'w' * 1000}\r\n" for i in range(40))) + data)
    return True


@scenario
async def redirect(wire, request, status="302"):
    place = f"http://127.0.0.1:{request['port']}/target/v1/chat/completions"
    await wire.send(head(status, length=0, more=f"Location: {place}\r\n"))
    return True


@scenario
async def target(wire, request):
    return await ok(wire, request)


@scenario
async def code(wire, request, status, retry_after=None):
    data = json.dumps({"error": {"message": f"provider says {status}", "type": "t", "code": f"c{status}"}}).encode()
    more = f"Retry-After: {retry_after}\r\n" if retry_after else ""
    await wire.send(head(status, length=len(data), more=more) + data)
    return True


RAW = {
    "nothttp": b"SSH-2.0-OpenSSH_9.2\r\n", "version": b"HTTP/9.9 200 OK\r\nContent-Length: 0\r\n\r\n",
    "nostatus": b"HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n", "short": b"HTTP/1.1 2",
    "badlength": b"HTTP/1.1 200 OK\r\nContent-Length: minus\r\n\r\n{}",
    "negative": b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}",
    "badchunk": CHUNKED + b"zz\r\nhello\r\n0\r\n\r\n", "hugechunk": CHUNKED + b"fffffffffffffffff\r\nhello\r\n0\r\n\r\n",
    "chunkcut": CHUNKED + b"40\r\ndata: {}\n\n",
    "nulheader": b"HTTP/1.1 200 OK\r\nX-A: a\x00b\r\nContent-Length: 2\r\n\r\n{}",
    "encoding": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\nnot gzip!",
}


@scenario
async def raw(wire, request, name):
    await wire.send(RAW[name])


@scenario
async def stall(wire, request, what, pause="0.05"):
    """Two pieces of content, then nothing, only comments, or ever more content."""
    start = event(chunk("one ")) + event(chunk("two "))
    await wire.send(CHUNKED + pieces(start))
    if what == "silent":
        await wire.gone()
    while True:
        await wire.send(pieces(b": keep-alive\n\n" if what == "comments" else event(chunk("more "))))
        await asyncio.sleep(float(pause))


@scenario
async def paced(wire, request, milliseconds, count):
    await wire.send(CHUNKED)
    for i in range(int(count)):
        await asyncio.sleep(int(milliseconds) / 1000)
        await wire.send(pieces(event(chunk(f"w{i} "))))
    await wire.send(pieces(event(chunk("", "stop")) + event(b"[DONE]")) + b"0\r\n\r\n")
    return True


@scenario
async def flood(wire, request, count):
    """Numbered events as fast as the reader takes them."""
    await wire.send(CHUNKED)
    for i in range(int(count)):
        await wire.send(pieces(event(chunk(f"{i} " + "x" * 400))))
    await wire.send(pieces(event(chunk("", "stop")) + event(b"[DONE]")) + b"0\r\n\r\n")
    return True


@scenario
async def late(wire, request, seconds):
    await asyncio.sleep(float(seconds))
    return await ok(wire, request)


def role():
    shown = chunk("")
    shown["choices"][0]["delta"] = {"role": "assistant", "content": ""}
    return event(shown)


@scenario
async def held(wire, request, count, then):
    """Chunks that show nothing yet; then an error event, the end of the connection, or nothing more."""
    await wire.send(CHUNKED + b"".join(pieces(role()) for _ in range(int(count))))
    if then == "silent":
        await wire.gone()
    elif then == "error":
        await wire.send(pieces(event({"error": {"message": "overloaded", "code": 503}}) + event(b"[DONE]")) + b"0\r\n\r\n")
        return True


@scenario
async def broken(wire, request, count):
    """Content, then the end of the connection."""
    await wire.send(CHUNKED + b"".join(pieces(event(chunk(f"a{i} "))) for i in range(int(count))))


@scenario
async def refusal(wire, request, status, megabytes):
    """An error document that says it at length."""
    data = b'{"error":{"message":"This is too much","code":"context_length_exceeded","echo":"' + b"e" * (int(megabytes) << 20) + b'"}}'
    await wire.send(head(status, length=len(data), more="Connection: close\r\n") + data)


def entry(shape, i):
    if shape == "tiny":
        return b'{"id":"m%d"}' % i
    if shape == "long":  # a few of them only
        return b'{"id":"m%d","description":"%s"}' % (i, b"d\\n" * 400_000)
    if shape == "rules":
        rules = b",".join(b'{"min_prompt_tokens":%d,"prompt":"0.1"}' % (2000 - n) for n in range(1400))
        return b'{"id":"m%d","pricing":{"prompt":"1","completion":"1","overrides":[%s]}}' % (i, rules)
    if shape == "words":
        return b'{"id":"m%d","supported_parameters":[%s]}' % (i, b",".join(b'"%d"' % n for n in range(8000)))
    return (b'{"id":"vendor%d/m%d","name":"Vendor: M%d","created":1700000000,"description":"%s","context_length":131072,"architecture":'
            b'{"modality":"text->text","input_modalities":["text"],"output_modalities":["text"]},"pricing":{"prompt":"0.0000025",'
            b'"completion":"0.00001"},"supported_parameters":["max_tokens","seed","stop","temperature","tools","top_p"]}'
            % (i % 40, i, i, b"A description. " * 80))


LISTS = {}


@scenario
async def listed(wire, request, shape, megabytes):
    """A model list of about so many megabytes."""
    if (shape, megabytes) not in LISTS:
        entries, size = [], 0
        while size < int(megabytes) << 20:
            entries.append(entry(shape, len(entries)))
            size += len(entries[-1]) + 1
        LISTS[shape, megabytes] = b'{"data":[' + b",".join(entries) + b"]}"
    data = LISTS[shape, megabytes]
    await wire.send(head(length=len(data), more="Connection: close\r\n") + data)


@scenario
async def counted(wire, request, seconds):
    """How many are served at a time: /_stats, "together"."""
    counted.now += 1
    STATS["together"] = max(STATS.get("together", 0), counted.now)
    await asyncio.sleep(float(seconds))
    counted.now -= 1
    return await ok(wire, request)


counted.now = 0


# ---- the server

async def read_request(reader, port):
    first = await reader.readexactly(1)
    if first == b"\x16":  # a TLS hello: answer as web servers do
        return None
    lines = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, path, _ = lines[0].split(" ", 2)
    headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:] if line)}
    if headers.get("expect", "").lower() == "100-continue":
        headers["expected"] = "yes"
    data = await reader.readexactly(int(headers.get("content-length", 0)))
    try:
        stream = bool(json.loads(data).get("stream"))
    except ValueError:
        stream = False
    return {"method": method, "path": path, "headers": headers, "stream": stream, "port": port, "body": data}


async def serve_one(wire, port):
    request = await read_request(wire.reader, port)
    if request is None:
        return await wire.send(head(400, length=0))
    STATS["requests"] += 1
    if request["path"] == "/_stats":
        data = json.dumps(STATS).encode()
        wire.writer.write(head(length=len(data), more="Connection: close\r\n") + data)
        return False
    name, *arguments = request["path"].split("/v1/")[0].strip("/").split("/")
    STATS["paths"][name] = STATS["paths"].get(name, 0) + 1
    return await SCENARIOS[name](wire, request, *arguments)


async def connection(reader, writer):
    STATS["open"] += 1
    STATS["peak"] = max(STATS["peak"], STATS["open"])
    port = writer.get_extra_info("sockname")[1]
    try:
        while await serve_one(Wire(reader, writer), port):
            pass
        await writer.drain()
    except (ConnectionError, asyncio.IncompleteReadError, TimeoutError):
        STATS["broken"] += 1
    finally:
        STATS["open"] -= 1
        writer.close()


async def main():
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    server = await asyncio.start_server(connection, "127.0.0.1", 0, backlog=4096, limit=1 << 26)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


try:
    asyncio.run(main())
except KeyboardInterrupt:
    pass
