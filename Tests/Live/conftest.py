"""Fixtures of the live tests."""
import json
import os
import subprocess
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
os.environ.setdefault("GATELET_PREFIX", os.path.join(ROOT, "build", "stage"))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "Replay")]

import library  # noqa: E402
import servers  # noqa: E402
import several  # noqa: E402

KEY, OTHER = "sk-live-4e1d7a", "sk-other-77aa01"


class Outcome:
    """How one call went: status, answer, error, and for streams chunks and END."""

    def __init__(self, status, answer, error, chunks=(), ends=()):
        self.status, self.chunks = status, list(chunks)
        self.answer = json.loads(answer) if answer else None
        self.error = json.loads(error) if error else None
        self.end = json.loads(ends[0][2]) if ends else None
        self.text = b"".join(chunk[1] for chunk in self.chunks).decode()

    def __repr__(self):
        return f"<status {self.status}: {self.error or self.answer}>"

    @property
    def content(self):
        return self.answer["choices"][0]["message"]["content"]


class Gateway:
    """A client for one test. Configuration errors become an Outcome as well."""

    beside = False  # what requests say under `gatelet` is said in the options of the call

    def __init__(self, config):
        self.refused = self.client = None
        try:
            self.client = library.Client(json.dumps(config))
        except library.Refused as refusal:
            self.refused = Outcome(refusal.status, None, refusal.error)

    def call(self, name, request, options=None):
        if self.refused:
            return self.refused
        if self.beside and "gatelet" in request:
            request = dict(request)
            options = request.pop("gatelet")
        request = request if isinstance(request, bytes) else json.dumps(request).encode()
        options = options if options is None else json.dumps(options).encode()
        if name.endswith("stream"):
            status, chunks, ends, answer, error = self.client.stream(name, request, options)
            return Outcome(status, answer, error, chunks, ends)
        return Outcome(*self.client.call(name, request, options))

    def chat(self, model, **members):
        return self.call("chat", {"model": model, "messages": [{"role": "user", "content": "hello there"}], **members})

    def stream(self, model, **members):
        return self.call("stream", {"model": model, "messages": [{"role": "user", "content": "hello there"}], **members})

    def models(self, query=None):
        return self.call("list_models", query or {"fresh": True})

    def providers(self, *names, probe=False):
        """What gatelet_providers tells, by id."""
        status, document, error = self.client.call("providers", json.dumps({"provider": names, "probe": probe} if names else {"probe": probe}).encode())
        assert status == 0, error
        return {one["id"]: one for one in json.loads(document)["data"]}

    def free(self):
        if self.client:
            self.client.free()


@pytest.fixture
def gateway():
    """gateway(config): a client that is freed after the test. Nothing is retried unless the configuration says so."""
    made = []

    def make(config):
        made.append(Gateway({"environment": False, "retry": {"attempts": 0}, **config}))
        return made[-1]

    yield make
    for one in made:
        one.free()


def provider(url, **members):
    return {"base_url": url, "api_key": KEY, **members}


@pytest.fixture
def raw():
    """raw(behave): a RawServer that is stopped after the test."""
    made = []

    def make(behave):
        made.append(several.RawServer(behave))
        return made[-1]

    yield make
    for server in made:
        server.stop()


@pytest.fixture
def queue():
    """queue(driver): a completion queue that is freed after the test."""
    made = []

    def make(driver="thread"):
        made.append(library.Queue(json.dumps({"driver": driver})))
        return made[-1]

    yield make
    for one in made:
        one.free()


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return str(tmp_path_factory.mktemp("live"))


@pytest.fixture(scope="session")
def katan(folder):
    server = servers.katan(folder)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def mock(folder):
    server = servers.mock(folder)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def upstream_server():
    server = servers.Upstream()
    yield server
    server.stop()


@pytest.fixture
def upstream(upstream_server):
    upstream_server.reset()
    return upstream_server


def openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="session")
def certificates(folder):
    """ca.pem signs server.pem (api.example.test, 127.0.0.1) and client.pem; other.pem is a CA that signed neither."""
    for name in ("ca", "other"):
        openssl(folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", name + ".key", "-out", name + ".pem",
                "-days", "2", "-subj", f"/CN=Gatelet test {name}")
    for name, extra in (("server", "subjectAltName=DNS:api.example.test,IP:127.0.0.1"), ("client", "extendedKeyUsage=clientAuth")):
        openssl(folder, "req", "-newkey", "rsa:2048", "-nodes", "-keyout", name + ".key", "-out", name + ".csr", "-subj", f"/CN={name}")
        with open(os.path.join(folder, name + ".ext"), "w") as file:
            file.write(extra + "\n")
        openssl(folder, "x509", "-req", "-in", name + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
                "-out", name + ".pem", "-extfile", name + ".ext")
    return folder


@pytest.fixture(scope="session")
def nginx(certificates, upstream_server):
    from nginx_upstream import Nginx
    server = Nginx(certificates, upstream_server)
    yield server
    server.server.stop()
