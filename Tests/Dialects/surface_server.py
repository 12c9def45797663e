"""A server of Anthropic's Messages API in a few lines: what somebody would write around `gatelet_messages`."""
import ctypes
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import library
import surfaces

def told(error):
    """(HTTP status, body) for an error of Gatelet's."""
    reply = json.loads(error)["reply"]
    return reply["status"], reply["body"]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"  # the end of the connection ends a stream

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            streams = json.loads(body).get("stream")
        except ValueError:
            streams = False
        (self.stream if streams else self.answer)(body)

    def answer(self, body):
        counts = self.path.partition("?")[0].endswith("/count_tokens")
        status, answer, error = self.server.gatelet.call("count_tokens" if counts else "messages", body)
        self.send(*(told(error) if status else (200, json.loads(answer))))

    def send(self, status, document):
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(document).encode())

    def stream(self, body):
        began, told_error = False, False

        def on_event(event, _):
            nonlocal began, told_error
            event = ctypes.cast(event, ctypes.POINTER(surfaces.Named)).contents
            if event.kind != library.CHUNK:
                return 0
            if not began:
                self.send_response(200)
                self.send_header("content-type", "text/event-stream")
                self.end_headers()
                began = True
            name = ctypes.string_at(event.name, event.name_len)
            told_error = told_error or name == b"error"
            self.wfile.write(b"event: %b\ndata: %b\n\n" % (name, ctypes.string_at(event.json, event.json_len)))
            return 0

        error = ctypes.c_void_p()
        status = library.lib.gatelet_messages_stream(self.server.gatelet.handle, body, library.EVENT_FN(on_event), None, None, ctypes.byref(error))
        error = library._error(error)
        if status and not began:
            self.send(*told(error))
        elif status and not told_error:
            self.wfile.write(b"event: error\ndata: %b\n\n" % json.dumps(told(error)[1]).encode())


class Server:
    """On a free port of 127.0.0.1, over a client of this configuration."""

    def __init__(self, configuration):
        self.gatelet = library.Client(json.dumps(configuration))
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.gatelet, self.url = self.gatelet, f"http://127.0.0.1:{self.http.server_port}"
        self.thread = threading.Thread(target=self.http.serve_forever, daemon=True)
        self.thread.start()

    def stop(self):
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()
        self.gatelet.free()
