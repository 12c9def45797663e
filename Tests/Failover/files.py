"""A server of files, for what requests name by URL: each path is served as its test says."""
import base64
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
WAV = b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\0\0\0\0"
MP3 = b"ID3\x03\0\0\0\0\0\0" + b"\xff\xfb\x90\0" * 8
MP4 = b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + b"\0\0\0\x08free"


class Files:
    """`routes[path]` is (type, bytes), or a function that gets the handler. `seen` has (path, headers) of each request."""

    def __init__(self, **routes):
        files = self
        self.routes = {"/a.png": ("image/png", PNG), "/a.pdf": ("application/pdf", PDF), "/a.wav": ("audio/wav", WAV), "/a.mp3": ("audio/mpeg", MP3),
                       "/a.mp4": ("video/mp4", MP4), "/a.txt": ("text/plain; charset=utf-8", "Grüße".encode())}
        self.seen, self.connections, self.lock = [], 0, threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self):
                try:
                    super().handle_one_request()
                except OSError:  # the client went away
                    self.close_connection = True

            def do_GET(self):
                path = self.path.split("?")[0]
                with files.lock:
                    files.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
                files.serve(self, files.routes.get(path))

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads, request_queue_size = True, 64

            def process_request(self, request, address):
                with files.lock:
                    files.connections += 1
                super().process_request(request, address)

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def serve(self, handler, route):
        if route is None:
            return self.send(handler, 404, "text/plain", b"nothing")
        if callable(route):
            return route(handler)
        self.send(handler, 200, *route)

    @staticmethod
    def send(handler, status, kind, body, **headers):
        handler.send_response(status)
        if kind:
            handler.send_header("Content-Type", kind)
        headers.setdefault("Content_Length", len(body))
        for name, value in headers.items():
            if value is not None:
                handler.send_header(name.replace("_", "-"), str(value))
        handler.end_headers()
        handler.wfile.write(body)

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
