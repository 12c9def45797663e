"""A redis-server of its own for a test: on a port, on a Unix socket, with TLS, with a password; killed, stopped and started at will."""
import os
import random
import signal
import socket
import subprocess
import time


def free_port():
    """Not one of those that connections get by themselves: who calls a server that is away would take its port, and then hear himself."""
    while True:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", random.randrange(12000, 22000)))  # a cluster's node wants the one 10,000 above as well
                return probe.getsockname()[1]
            except OSError:
                pass


def certificate(folder):
    """A key and a certificate for localhost that signs itself."""
    key, cert = os.path.join(folder, "redis.key"), os.path.join(folder, "redis.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                    "-keyout", key, "-out", cert], check=True, capture_output=True)
    return key, cert


class Redis:
    def __init__(self, folder, *options, password=None, tls=False, cluster=False):
        self.folder, self.password, self.port, self.options = str(folder), password, free_port(), list(options)
        self.path, self.process, self.tls_port = os.path.join(self.folder, "redis.sock"), None, None
        if password:
            self.options += ["--requirepass", password]
        if cluster:
            self.options += ["--cluster-enabled", "yes"]
        if tls:
            key, self.certificate = certificate(self.folder)
            self.tls_port = free_port()
            self.options += ["--tls-port", str(self.tls_port), "--tls-cert-file", self.certificate, "--tls-key-file", key, "--tls-ca-cert-file", self.certificate,
                             "--tls-auth-clients", "no"]
        self.start()

    def start(self):
        self.process = subprocess.Popen(["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--unixsocket", self.path, "--save", "", "--appendonly", "no",
                                         "--dir", self.folder, "--logfile", os.path.join(self.folder, "redis.log"), *self.options])
        end = time.monotonic() + 20
        while self.cli("PING") != "PONG":
            assert time.monotonic() < end, "redis-server does not start"
            assert self.process.poll() is None, open(os.path.join(self.folder, "redis.log")).read()
            time.sleep(0.02)
        return self

    @property
    def url(self):
        return f"redis://{f':{self.password}@' if self.password else ''}127.0.0.1:{self.port}"

    def cli(self, *words):
        command = ["redis-cli", "-p", str(self.port), *(["-a", self.password, "--no-auth-warning"] if self.password else []), *words]
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def pause(self):
        os.kill(self.process.pid, signal.SIGSTOP)

    def resume(self):
        os.kill(self.process.pid, signal.SIGCONT)

    def stop(self):
        if self.process.poll() is None:
            self.resume()
            self.kill()
