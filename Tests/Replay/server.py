"""Serves recorded answers: one thread, every open answer gets to send one piece per round, so that pieces of many
answers are on their way at once and each is received by itself.

Path: /<number of the exchange>/<mode>/...; modes are W (whole), R (random pieces), S (the recorded chunk sizes) and
B (one byte at a time). GET /received gives the pickled list of (number, mode, method, path, headers, body), once."""
import collections
import http
import os
import pickle
import random
import select
import socket

DROPPED = {"content-encoding", "content-length", "transfer-encoding", "connection", "keep-alive"}


def split(body, mode, number, sizes):
    """The pieces of a body."""
    if mode == "W" or not body:
        return [body]
    if mode == "B":
        return [body[i:i + 1] for i in range(len(body))]
    pieces, at, chance, sizes = [], 0, random.Random(number), iter(sizes or [])
    while at < len(body):
        size = next(sizes, len(body)) if mode == "S" else chance.choice((1, 2, 3, 7, 40, 200, 900, 1460))
        pieces.append(body[at:at + max(size, 1)])
        at += max(size, 1)
    return pieces


def head(response, extra):
    status = response["status"]
    try:
        reason = http.HTTPStatus(status).phrase
    except ValueError:
        reason = "Unknown"
    lines = [f"HTTP/1.1 {status} {reason}"]
    for name, value in response["headers"].items():
        if name.lower() not in DROPPED:
            for one in value if isinstance(value, list) else [value]:
                lines.append(f"{name}: {one}")
    return ("\r\n".join(lines + extra) + "\r\n\r\n").encode("latin-1", "replace")


def answer(response, mode, number):
    """(what to send piece by piece, whether the connection closes afterwards). Framing follows from the mode and the
    number, so that all three ways of HTTP to end a body are met."""
    body, fault = response["bytes"], response.get("close")
    pieces = split(body, mode, number, response.get("chunk_sizes"))
    if fault == "short":  # promises more than it sends
        return [head(response, [f"Content-Length: {len(body) + 100}"])] + pieces, True
    if mode == "W" or (mode == "R" and number % 3 == 1):
        return [head(response, [f"Content-Length: {len(body)}"])] + pieces, False
    # A closed connection alone does not say that the body is whole: only what ends by its own words is sent so.
    settled = b"data:" not in body or (b"[DONE]" in body and body.endswith((b"\n\n", b"\r\n\r\n")))
    if (number % 4 == 3 and settled) or fault == "eof":
        return [head(response, ["Connection: close"])] + pieces, True
    framed = [b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces if piece]
    return [head(response, ["Transfer-Encoding: chunked"])] + framed + [b"0\r\n\r\n"], False


class Connection:
    def __init__(self, sock):
        self.socket, self.data, self.pieces, self.closes = sock, b"", None, False
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class Server:
    def __init__(self, responses, listener):
        self.responses, self.listener = responses, listener
        self.poll, self.connections, self.received = select.epoll(), {}, []
        self.sending = collections.deque()
        listener.setblocking(False)
        self.poll.register(listener, select.EPOLLIN)

    def run(self):
        parent = os.getppid()
        while True:
            for fd, _ in self.poll.poll(0 if self.sending else 1):
                if fd == self.listener.fileno():
                    self.accept()
                elif fd in self.connections:
                    self.read(self.connections[fd])
            for _ in range(len(self.sending)):
                connection = self.sending.popleft()
                if self.send(connection):
                    self.sending.append(connection)
            if os.getppid() != parent:
                return

    def accept(self):
        try:
            sock, _ = self.listener.accept()
        except BlockingIOError:
            return
        self.connections[sock.fileno()] = Connection(sock)
        self.poll.register(sock, select.EPOLLIN)

    def close(self, connection):
        self.connections.pop(connection.socket.fileno(), None)
        connection.pieces = None
        connection.socket.close()

    def read(self, connection):
        try:
            data = connection.socket.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            return self.close(connection)
        connection.data += data
        self.request(connection)

    def request(self, connection):
        """Answers the next request, when it is there and the one before is done."""
        end = connection.data.find(b"\r\n\r\n")
        if connection.pieces is not None or end < 0:
            return
        first, *lines = connection.data[:end].decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = end + 4 + int(headers.get("content-length", 0))
        if len(connection.data) < length:
            return
        body, connection.data = connection.data[end + 4:length], connection.data[length:]
        method, path, _ = first.split(" ")
        if path == "/received":
            listing = pickle.dumps(self.received)
            self.received = []
            pieces = [b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(listing) + listing]
        else:
            _, number, mode, rest = path.split("/", 3)
            self.received.append((int(number), mode, method, "/" + rest, headers, body))
            pieces, connection.closes = answer(self.responses[int(number)], mode, int(number))
        connection.pieces = collections.deque(pieces)
        self.sending.append(connection)

    def send(self, connection):
        """Sends one piece. False: nothing more to send."""
        pieces = connection.pieces
        if pieces is None:  # closed meanwhile
            return False
        if pieces:
            piece = pieces.popleft()
            try:
                sent = connection.socket.send(piece)
            except BlockingIOError:
                sent = 0
            except OSError:
                self.close(connection)
                return False
            if sent < len(piece):
                pieces.appendleft(piece[sent:])
            if pieces:
                return True
        connection.pieces = None
        if connection.closes:
            self.close(connection)
            return False
        self.request(connection)
        return False


def start(responses):
    """Forks a server; (its process id, its port)."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    port = listener.getsockname()[1]
    child = os.fork()
    if child == 0:
        try:
            Server(responses, listener).run()
        except KeyboardInterrupt:
            pass
        finally:
            os._exit(0)
    listener.close()
    return child, port
