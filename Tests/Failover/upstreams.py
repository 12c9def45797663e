"""Servers that fail as nginx cannot: every byte, pause and close is theirs."""
import fcntl
import json
import os
import socket
import struct
import termios
import threading
import time

FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Fixtures")


def always(data):
    def behave(connection, _):
        connection.send(data)
        return True
    return behave


class Connection:
    def __init__(self, sock):
        self.socket = sock
        self.gone = threading.Event()  # the client has closed its side
        self.data = b""

    def read(self):
        """The body of the next request; None when there is none."""
        try:
            while b"\r\n\r\n" not in self.data:
                self.more()
            head, _, rest = self.data.partition(b"\r\n\r\n")
            length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
            self.data = rest
            while len(self.data) < length:
                self.more()
            body, self.data = self.data[:length], self.data[length:]
            return body
        except (OSError, EOFError):
            return None

    def more(self):
        data = self.socket.recv(65536)
        if not data:
            raise EOFError
        self.data += data

    def send(self, data):
        self.socket.sendall(data)

    def arrived(self):
        """Waits until the client's side has all that was sent."""
        end = time.monotonic() + 2
        while struct.unpack("i", fcntl.ioctl(self.socket, termios.TIOCOUTQ, b"\0\0\0\0"))[0] and time.monotonic() < end:
            time.sleep(0.0002)

    def reset(self):
        """Ends the connection with RST instead of FIN."""
        if self.socket.fileno() < 0:  # the test is over
            return
        self.arrived()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self):
        self.socket.shutdown(socket.SHUT_WR)


class RawServer:
    """`behave(connection, number)` serves request number 0, 1, ...; True: the response is whole and the connection may be used
    again. `arrivals` has the time of each request, `bodies` what it said."""

    def __init__(self, behave, wrap=None):
        self.behave, self.wrap = behave, wrap
        self.connections, self.arrivals, self.bodies = [], [], []
        self.lock, self.stopped = threading.Lock(), False
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        self.url = f"http{'s' if wrap else ''}://127.0.0.1:{self.port}/v1"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while not self.stopped:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.serve, args=(sock,), daemon=True).start()

    def serve(self, sock):
        try:
            connection = Connection(self.wrap(sock) if self.wrap else sock)
        except OSError:  # the client did not like the certificate
            return sock.close()
        self.connections.append(connection)
        keep = True
        try:
            while keep and (body := connection.read()) is not None:
                with self.lock:
                    number = len(self.arrivals)
                    self.arrivals.append(time.monotonic())
                    self.bodies.append(json.loads(body) if body else None)
                keep = self.behave(connection, number)
            while connection.socket.recv(65536):
                pass
        except OSError:
            pass
        connection.gone.set()
        connection.socket.close()

    def stop(self):
        self.stopped = True
        self.listener.close()
        for connection in self.connections:
            try:
                connection.socket.close()
            except OSError:
                pass


class BlackHole:
    """A port whose SYNs are not answered: the queue of its listener is full, and nobody accepts."""

    def __enter__(self):
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(0)
        self.port = self.listener.getsockname()[1]
        self.waiting = []
        for _ in range(8):
            sock = socket.socket()
            sock.setblocking(False)
            sock.connect_ex(("127.0.0.1", self.port))
            self.waiting.append(sock)
        time.sleep(0.05)
        return f"http://127.0.0.1:{self.port}/v1"

    def __exit__(self, *_):
        for sock in (*self.waiting, self.listener):
            sock.close()


# ---------------------------------------------------------------- responses

def response(status, body, kind="application/json", **headers):
    """A whole response; headers are given with _ for -."""
    body = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
    lines = [f"HTTP/1.1 {status} X", f"content-type: {kind}", f"content-length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def completion(content="Main"):
    return {"id": "main", "object": "chat.completion", "created": 1, "model": "m",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}


def events():
    """The events of the recorded stream, each with its blank line."""
    with open(os.path.join(FIXTURES, "streams", "plain.sse"), "rb") as file:
        return [event + b"\n\n" for event in file.read().split(b"\n\n") if event]


STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"


def stream(*datas):
    """A whole stream in one piece of chunked encoding per event."""
    parts = [STREAM_HEAD + b"transfer-encoding: chunked\r\n\r\n"]
    for data in datas:
        event = data if isinstance(data, bytes) else f"data: {data}\n\n".encode()
        parts.append(b"%x\r\n%b\r\n" % (len(event), event))
    return b"".join(parts) + b"0\r\n\r\n"


def answer(connection, body, content="Main"):
    """What a healthy provider answers, streaming or not. To be returned from `behave`."""
    if body.get("stream"):
        delta = {"id": "main", "object": "chat.completion.chunk", "created": 1, "model": "m"}
        choice = {"index": 0, "delta": {"content": content}, "finish_reason": "stop"}
        connection.send(stream(json.dumps({**delta, "choices": [choice]}), "[DONE]"))
    else:
        connection.send(response(200, completion(content)))
    return True
