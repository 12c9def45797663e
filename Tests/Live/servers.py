"""The servers of these tests. Each binds 127.0.0.1 on a free port and ends with its `stop`."""
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, process=None, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process and process.poll() is not None:
            raise RuntimeError(f"the server ended with code {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"nothing listens on port {port}")


class Process:
    """A server in a process group of its own: some leave children behind."""

    def __init__(self, command, port, folder, **environment):
        self.port = port
        self.log = open(os.path.join(folder, os.path.basename(command[0]) + f"-{port}.log"), "wb")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=subprocess.STDOUT, start_new_session=True,
                                        cwd=folder, env={**os.environ, **environment})
        try:
            wait_for(port, self.process)
        except RuntimeError:
            self.stop()
            raise

    def stop(self):
        try:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(3)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.log.close()


def program(name):
    """A console script of the environment that runs these tests."""
    return os.path.join(os.path.dirname(sys.executable), name)


def katan(folder, *flags):
    port = free_port()
    return Process([program("llm-katan"), "--model", "katan", "--backend", "echo", "--host", "127.0.0.1", "--port", str(port),
                    "--disable-dashboard", "--stats-file", os.path.join(folder, f"katan-{port}.json"), *flags], port, folder)


def mock(folder):
    port = free_port()
    return Process([program("mock-ai-api"), "--openai-port", str(port), "--anthropic-port", str(free_port())], port, folder)


def nginx(folder, config):
    """`config` is the inside of `http {}`; {port} in it is filled in. Its access log is <folder>/access.log."""
    port = free_port()
    path = os.path.join(folder, "nginx.conf")
    with open(path, "w") as file:
        # Started as root, its workers would otherwise be somebody who may not read the folder.
        user = f"user {pwd.getpwuid(0).pw_name};" if os.geteuid() == 0 else ""
        file.write(user + NGINX % {"folder": folder, "inside": config.replace("{port}", str(port))})
    command = shutil.which("nginx") or "/usr/sbin/nginx"
    return Process([command, "-p", folder, "-c", path, "-e", os.path.join(folder, "error.log")], port, folder)


NGINX = """
daemon off; worker_processes 1; pid %(folder)s/nginx.pid; error_log %(folder)s/error.log;
events { worker_connections 256; }
http {
  default_type application/json; client_max_body_size 64m; keepalive_requests 10000;
  client_body_temp_path %(folder)s/t1; proxy_temp_path %(folder)s/t2; fastcgi_temp_path %(folder)s/t3;
  uwsgi_temp_path %(folder)s/t4; scgi_temp_path %(folder)s/t5;
  log_format facts '$server_protocol $connection_requests $status $request_method $uri $ssl_client_verify $sent_http_content_encoding';
  access_log %(folder)s/access.log facts;
%(inside)s
}
"""


class Seen:
    """One request as the recording upstream got it."""

    def __init__(self, handler, body):
        self.method, self.path, self.raw = handler.command, handler.path, body
        self.headers = {name.lower(): value for name, value in handler.headers.items()}
        try:
            self.body = json.loads(body) if body else None
        except ValueError:  # no JSON
            self.body = None
        self.peer = handler.client_address

    def facts(self):
        """What a test compares: everything but what differs from request to request by itself."""
        headers = {name: value for name, value in self.headers.items() if name != "content-length"}
        return self.method, self.path, headers, self.body


class Server(ThreadingHTTPServer):
    request_queue_size = 1024  # hundreds connect at once


class Upstream:
    """Records every request and answers as an OpenAI-dialect provider would. `behave(handler, seen)` may answer first
    and then returns True."""

    def __init__(self):
        upstream = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def handle_one_request(self):
                try:
                    super().handle_one_request()
                except OSError:  # the client went away
                    self.close_connection = True

            def do_GET(self):
                seen = Seen(self, self.rfile.read(int(self.headers.get("content-length", 0))))
                upstream.seen.append(seen)
                if not (upstream.behave and upstream.behave(self, seen)):
                    upstream.answer(self, seen)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        self.seen, self.behave = [], None
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def reset(self):
        self.seen, self.behave = [], None

    def answer(self, handler, seen):
        path = seen.path.split("?")[0]
        if path.endswith("/models"):
            return send_json(handler, {"object": "list", "data": [
                {"id": "listed", "object": "model", "context_length": 4096, "pricing": {"prompt": "0.5", "completion": "1.5"}}]})
        if path.endswith("/embeddings"):
            return send_json(handler, {"object": "list", "model": "e", "data": [{"object": "embedding", "index": 0, "embedding": [0.5]}]})
        if seen.body.get("stream"):
            return send_stream(handler, [chunk("Hello"), chunk("", "stop"), "[DONE]"])
        content = {"text": "Hello"} if path.endswith("/completions") and not path.endswith("/chat/completions") else {
            "message": {"role": "assistant", "content": "Hello"}}
        send_json(handler, {"id": "x", "object": "chat.completion", "created": 1, "model": seen.body.get("model"),
                            "choices": [{"index": 0, **content, "finish_reason": "stop"}],
                            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}})

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def send(handler, status, body, **headers):
    handler.send_response(status)
    for name, value in {"content-type": "application/json", "content-length": str(len(body)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def send_json(handler, value, status=200, **headers):
    send(handler, status, json.dumps(value).encode(), **headers)


def chunk(text, finish=None, **more):
    return json.dumps({"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m",
                       "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}], **more})


def send_stream(handler, events, pause=0, **headers):
    """Each event in a piece of its own; a number among them is a pause in seconds."""
    handler.send_response(200)
    handler.send_header("content-type", "text/event-stream")
    handler.send_header("transfer-encoding", "chunked")
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    for event in events:
        if isinstance(event, (int, float)):
            time.sleep(event)
            continue
        data = event.encode() if event.startswith(":") else f"data: {event}\n\n".encode()
        handler.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
        handler.wfile.flush()
        time.sleep(pause)
    handler.wfile.write(b"0\r\n\r\n")


class ConnectProxy:
    """An HTTP proxy that knows CONNECT and absolute URLs; `asked` holds the first line of each request."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port, self.asked, self.stopped = self.listener.getsockname()[1], [], False
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while not self.stopped:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        head = b""
        while b"\r\n\r\n" not in head:
            data = client.recv(65536)
            if not data:
                return client.close()
            head += data
        first = head.split(b"\r\n")[0].decode()
        self.asked.append(first)
        method, target, _ = first.split(" ")
        host = target if method == "CONNECT" else target.split("/")[2]
        name, _, port = host.rpartition(":")
        server = socket.create_connection((name.replace("api.example.test", "127.0.0.1"), int(port)), 5)
        if method == "CONNECT":
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            server.sendall(head)
        back = threading.Thread(target=pump, args=(server, client), daemon=True)
        back.start()
        pump(client, server)
        back.join(5)
        for one in (client, server):
            one.close()

    def stop(self):
        self.stopped = True
        self.listener.close()


def pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


PRICE_KINDS = ("prompt", "completion", "request", "image", "input_cache_read", "input_cache_write", "input_cache_write_1h", "internal_reasoning", "audio",
               "audio_output", "input_audio_cache", "image_output", "web_search")
