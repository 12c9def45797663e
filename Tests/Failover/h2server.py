"""An HTTP/2 server that refuses what it is told to: nginx does so only now and then."""
import json
import socket
import threading

import h2.config
import h2.connection
import h2.errors
import h2.events


class H2Server:
    """`behave(number)` says what becomes of POST number 0, 1, ...: "answer", "refuse" (REFUSED_STREAM), "goaway" (GOAWAY below its
    stream), "http1" (HTTP_1_1_REQUIRED), "die" (the connection is closed) or "gather" (the first of four is answered, and GOAWAY refuses the
    others). `sent` holds (connection, protocol) of each POST."""

    def __init__(self, context, behave):
        context.set_alpn_protocols(["h2", "http/1.1"])
        self.context, self.behave, self.sent = context, behave, []
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.url = f"https://127.0.0.1:{self.port}/v1"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        number = 0
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(sock, number), daemon=True).start()
            number += 1

    def serve(self, sock, number):
        try:
            sock = self.context.wrap_socket(sock, server_side=True)
            if sock.selected_alpn_protocol() == "h2":
                self.serve2(sock, number)
            else:
                self.serve1(sock, number)
        except OSError:
            pass
        sock.close()

    def note(self, connection, protocol):
        with self.lock:
            self.sent.append((connection, protocol))
            return self.behave(len(self.sent) - 1)

    def serve1(self, sock, number):
        data = b""
        while b"}]}" not in data:
            data += sock.recv(65536)
        self.note(number, "1")
        body = answer()
        sock.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))

    def serve2(self, sock, number):
        connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        connection.initiate_connection()
        sock.sendall(connection.data_to_send())
        gathered = []
        while data := sock.recv(65536):
            for event in connection.receive_data(data):
                if isinstance(event, h2.events.StreamEnded):
                    what, stream = self.note(number, "2"), event.stream_id
                    if what == "die":
                        return
                    if what == "gather":
                        gathered.append(stream)
                        if len(gathered) == 4:
                            self.send_answer(connection, min(gathered))
                    if what == "goaway" or len(gathered) == 4:
                        connection.close_connection(last_stream_id=min(gathered, default=max(0, stream - 2)))
                        sock.sendall(connection.data_to_send())
                        while sock.recv(65536):  # until the client leaves
                            pass
                        return
                    if what == "gather":
                        continue
                    if what == "answer":
                        self.send_answer(connection, stream)
                    else:
                        connection.reset_stream(stream, {"refuse": h2.errors.ErrorCodes.REFUSED_STREAM,
                                                         "http1": h2.errors.ErrorCodes.HTTP_1_1_REQUIRED}[what])
            sock.sendall(connection.data_to_send())

    def send_answer(self, connection, stream):
        connection.send_headers(stream, [(":status", "200"), ("content-type", "application/json")])
        connection.send_data(stream, answer(), end_stream=True)

    def stop(self):
        self.listener.close()


def answer():
    return json.dumps({"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}).encode()
