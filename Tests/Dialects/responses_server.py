"""A server of the Responses API over libgatelet, as a service would write it: requests go in, and what comes out is sent on."""
import ctypes
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import library


class Named(ctypes.Structure):
    _fields_ = library.Event._fields_ + [("name", ctypes.c_void_p), ("name_len", ctypes.c_size_t)]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append(body)
        if json.loads(body).get("stream"):
            return self.stream(body)
        status, answer, error = self.server.client.call("responses", body)
        self.send(200, answer) if status == 0 else self.refuse(error)

    def refuse(self, error):
        reply = json.loads(error)["reply"]
        self.send(reply["status"], json.dumps(reply["body"]).encode())

    def stream(self, body):
        begun = []

        def on_event(event, _):
            e = ctypes.cast(event, ctypes.POINTER(Named)).contents
            if e.kind == library.CHUNK:
                if not begun:
                    begun.append(self.send(200, None, "text/event-stream"))
                self.wfile.write(b"event: %s\ndata: %s\n\n" % (ctypes.string_at(e.name, e.name_len), ctypes.string_at(e.json, e.json_len)))
            return 0
        error = ctypes.c_void_p()
        status = library.lib.gatelet_responses_stream(self.server.client.handle, body, library.EVENT_FN(on_event), None, None, ctypes.byref(error))
        document = library._error(error)
        if not begun:
            self.refuse(document)
        self.close_connection = True
        self.server.statuses.append(status)

    def send(self, status, body, kind="application/json"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header(*(("Connection", "close") if body is None else ("Content-Length", str(len(body)))))
        self.end_headers()
        if body is not None:
            self.wfile.write(body)


def start(configuration):
    """The server, for a client of this configuration; `stop` ends both."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.client, server.requests, server.statuses = library.Client(configuration), [], []
    server.base_url = f"http://127.0.0.1:{server.server_port}/v1"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def stop(server):
    server.shutdown()
    server.server_close()
    server.client.free()
