"""The upstreams, on CPU 0: nginx with the canned answers, and the paced one. Both on free ports of 127.0.0.1."""
import os
import pwd
import grp
import shutil
import socket
import subprocess
import time

NGINX = """\
daemon off;
{user}
pid {prefix}/nginx.pid;
error_log {prefix}/error.log error;
worker_processes 1;
worker_rlimit_nofile 8192;
events {{ worker_connections 4096; use epoll; multi_accept on; }}
http {{
  access_log off; server_tokens off; etag off; if_modified_since off; max_ranges 0;
  sendfile on; tcp_nopush on; tcp_nodelay on;
  keepalive_timeout 3600s; keepalive_requests 1000000000; keepalive_time 24h;
  client_body_temp_path {prefix}/body; proxy_temp_path {prefix}/proxy; fastcgi_temp_path {prefix}/fastcgi;
  uwsgi_temp_path {prefix}/uwsgi; scgi_temp_path {prefix}/scgi;
  client_body_buffer_size 64k;
  open_file_cache max=100 inactive=24h; open_file_cache_valid 24h; open_file_cache_min_uses 1;
  types {{ }} default_type application/json;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    root {www};
    error_page 405 =200 $uri;   # a POST is answered with the file
    location / {{ }}
    location ~ ^/[satgr](100|10k)/ {{ default_type text/event-stream; }}
  }}
}}
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(port, process):
    for _ in range(200):
        if process.poll() is not None:
            break
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise SystemExit(f"{process.args[0]} does not answer")


def nginx_path():
    found = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    return found or None


def user_line():
    """As root, nginx's worker would become somebody who may not read our folder."""
    if os.getuid() != 0:
        return ""
    return f"user {pwd.getpwuid(os.getuid()).pw_name} {grp.getgrgid(os.getgid()).gr_name};"


class Upstream:
    """with Upstream(...) as up: up.nginx and up.paced are base URLs."""

    def __init__(self, folder, www, paced_program, pin):
        self.folder, self.www, self.paced_program, self.pin = folder, www, paced_program, pin
        self.processes = []

    def __enter__(self):
        try:
            self.nginx = self.start_nginx()
            self.paced = self.start_paced()
        except BaseException:
            self.__exit__()
            raise
        return self

    def start(self, command, **options):
        process = subprocess.Popen(command, preexec_fn=self.pin, **options)
        self.processes.append(process)
        return process

    def start_nginx(self):
        prefix, port = self.folder / "nginx", free_port()
        prefix.mkdir(parents=True, exist_ok=True)
        config = prefix / "nginx.conf"
        config.write_text(NGINX.format(prefix=prefix, www=self.www, port=port, user=user_line()))
        process = self.start([nginx_path(), "-p", str(prefix), "-e", str(prefix / "error.log"), "-c", str(config)])
        wait_for(port, process)
        return f"http://127.0.0.1:{port}"

    def start_paced(self):
        process = self.start([str(self.paced_program)], stdout=subprocess.PIPE, text=True)
        return f"http://127.0.0.1:{int(process.stdout.readline())}"

    def __exit__(self, *_):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(10)
