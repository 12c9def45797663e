"""nginx as upstream, set up for TLS, client certificates, HTTP/2, Unix sockets, redirects and compressed lists. It answers
with what it saw of the connection."""
import os
import time

import servers
from conftest import provider

ANSWER = ('{"id":"n","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"stop","message":'
          '{"role":"assistant","content":"$server_protocol $connection_requests $ssl_client_verify $ssl_protocol"}}]}')

CONFIG = """
  gzip on; gzip_types application/json; gzip_min_length 1; gzip_proxied any;
  server {
    listen 127.0.0.1:{port} ssl http2;
    listen unix:%(folder)s/plain.sock;
    ssl_certificate %(folder)s/server.pem; ssl_certificate_key %(folder)s/server.key;
    ssl_client_certificate %(folder)s/ca.pem; ssl_verify_client optional;
    location = /v1/chat/completions { return 200 '%(answer)s'; }
    location = /strict/chat/completions { if ($ssl_client_verify != SUCCESS) { return 403; } return 200 '%(answer)s'; }
    location = /moved/chat/completions { return 307 http://127.0.0.1:%(upstream)d/v1/chat/completions; }
    location /up/ { proxy_pass http://127.0.0.1:%(upstream)d/v1/; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; }
    location = /v1/models { alias %(folder)s/models.json; }
  }
"""


class Nginx:
    def __init__(self, folder, upstream):
        self.folder = folder
        with open(os.path.join(folder, "models.json"), "w") as file:
            file.write('{"object":"list","data":[' + ",".join('{"id":"m%d","object":"model"}' % n for n in range(500)) + "]}")
        self.server = servers.nginx(folder, CONFIG % {"folder": folder, "answer": ANSWER, "upstream": upstream.port})
        self.port = self.server.port
        self.url = f"https://127.0.0.1:{self.port}/v1"

    def path(self, name):
        return os.path.join(self.folder, name)

    def lines(self):
        """How many lines there are, once no more come."""
        count = -1
        while count != len(self.log()):
            count = len(self.log())
            time.sleep(0.05)
        return count

    def logged(self, before):
        """The last line once there are more than `before`: nginx writes it after it has answered."""
        end = time.monotonic() + 5
        while len(self.log()) <= before and time.monotonic() < end:
            time.sleep(0.01)
        return self.log()[-1]

    def log(self):
        with open(self.path("access.log")) as file:
            return [line.split() for line in file]

    def config(self, url=None, path="/v1", **http):
        http = {"ca_file": self.path("ca.pem"), **http}
        url = url or f"https://127.0.0.1:{self.port}{path}"
        return {"providers": {"n": provider(url)}, "http": {name: value for name, value in http.items() if value is not None}}
