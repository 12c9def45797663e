#!/usr/bin/env python3
"""Checks what the examples of examples/embed make of 100 streams of the development provider.

verify.py lines COUNT CANCELLED: standard input has a line `<number> <outcome> <text>` for each stream (other lines are let be): all are
whole, the cancelled one has a part of its text.
verify.py server PORT COUNT CANCELLED: the same of a server of events that is asked by so many clients at once; one leaves in
the silence of its provider, another one before its provider has said anything, and one reads slowly."""
import asyncio
import json
import re
import socket
import sys


def whole(prompt):
    words = len(prompt.split())
    return (f"You said: {prompt}. That is {words} word{'s' * (words > 1)} in {len(prompt)} bytes."
            " The development provider answers without any network.")


def request(prompt, silent_at=None, **own):
    """silent_at: from this chunk on nothing more comes."""
    if silent_at is not None:
        own["gatelet"] = {"faults": {"stall_at_chunk": silent_at}}
    return json.dumps({"model": "openai/gpt-4o-mini", "messages": [{"role": "user", "content": prompt}], **own})


def judge(outcomes, count, cancelled):
    """outcomes: {number: (outcome, text)}"""
    wrong = []
    for number in range(count):
        outcome, text = outcomes.get(number, ("missing", ""))
        want = whole(f"stream {number}")
        if number == cancelled:
            good = outcome == "cancelled" and text and want != text and want.startswith(text)
        else:
            good = outcome == "ok" and text == want
        if not good:
            wrong.append(f"stream {number}: {outcome}, {text!r}")
    for line in wrong[:10]:
        print(line)
    extra = set(outcomes) - set(range(count))
    if extra:
        print("not asked for:", sorted(extra))
    if wrong or extra:
        sys.exit(f"{len(wrong)} of {count} streams are not as they should be")
    print(f"{count - 1} streams are whole, one was cancelled")


def lines(count, cancelled):
    outcomes = {}
    for line in sys.stdin:
        found = re.fullmatch(r"(\d+) (\w+) (.*)\n", line)
        if found:
            number = int(found[1])
            if number in outcomes:
                sys.exit(f"stream {number} is there twice")
            outcomes[number] = found[2], found[3]
    judge(outcomes, count, cancelled)


async def begin(port, body, buffer=None):
    made = socket.socket()
    if buffer:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    made.setblocking(False)
    await asyncio.get_running_loop().sock_connect(made, ("127.0.0.1", port))
    reader, writer = await asyncio.open_connection(sock=made, limit=buffer or 65536)
    writer.write(f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                 f"Content-Length: {len(body)}\r\n\r\n{body}".encode())
    return reader, writer


async def post(port, body):
    reader, writer = await begin(port, body)
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    return int(head.split()[1]), head, reader, writer


async def chunks(reader):
    """The pieces of a chunked body."""
    while size := int((await reader.readline()).split(b";")[0], 16):
        yield await reader.readexactly(size)
        await reader.readexactly(2)


class Begun(asyncio.Event):
    """Set when so many have told."""

    def __init__(self, wanted):
        super().__init__()
        self.missing = wanted

    def tell(self):
        self.missing -= 1
        if self.missing == 0:
            self.set()


async def ask(port, number, leave, begun):
    status, head, reader, writer = await post(port, request(f"stream {number}", 4 if leave else None))
    if status != 200 or "text/event-stream" not in head or "transfer-encoding: chunked" not in head:
        return f"status_{status}", head
    text, rest, outcome, told = "", b"", "no_end", leave
    async for piece in chunks(reader):
        *events, rest = (rest + piece).split(b"\n\n")
        for event in events:
            assert event.startswith(b"data: ") and b"\n" not in event, event
            data = event[6:].decode()
            if data == "[DONE]":
                outcome = "ok"
                continue
            choice = json.loads(data)["choices"][0]
            text += choice["delta"].get("content") or ""
        if text and leave:
            await begun.wait()  # all are under way
            outcome = "cancelled"
            break
        if text and not told:
            told = True
            begun.tell()
    writer.close()
    return outcome, text


async def leave_early(port, begun):
    _, writer = await begin(port, request("in vain", 0))
    await begun.wait()
    writer.close()


async def read_slowly(port, begun):
    """Megabytes for a client that reads nothing for seconds: the server has to wait, and loses nothing."""
    parts = [letter * 100_000 for letter in "abcdefgh"]
    prompt = " ".join(parts)
    reader, writer = await begin(port, request([{"type": "text", "text": part} for part in parts], n=4), 4096)
    await begun.wait()
    await asyncio.sleep(3)
    await reader.readuntil(b"\r\n\r\n")
    events = b"".join([piece async for piece in chunks(reader)]).decode().split("\n\n")
    writer.close()
    assert events[-2:] == ["data: [DONE]", ""], [event[:200] for event in events[-2:]]
    texts = {}
    for event in events[:-2]:
        choice = json.loads(event[6:])["choices"][0]
        texts[choice["index"]] = texts.get(choice["index"], "") + (choice["delta"].get("content") or "")
    for index in range(4):
        want = whole(prompt) + (f" Variant {index + 1}." if index else "")
        assert texts[index] == want, (len(texts[index]), texts[index][-200:])


async def serve_check(port, count, cancelled):
    begun = Begun(count - 1)
    found = await asyncio.gather(leave_early(port, begun), read_slowly(port, begun), *(ask(port, number, number == cancelled, begun) for number in range(count)))
    judge(dict(enumerate(found[2:])), count, cancelled)
    status, _, _, writer = await post(port, "{")
    writer.close()
    if status != 400:
        sys.exit(f"a broken request has the status {status}")
    print("a broken request has the status 400")


if __name__ == "__main__":
    kind, *numbers = sys.argv[1:]
    if kind == "lines":
        lines(*map(int, numbers))
    else:
        asyncio.run(asyncio.wait_for(serve_check(*map(int, numbers)), 600))
