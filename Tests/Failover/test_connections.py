"""No connection, no trust, no answer: refused, unknown host, wrong certificates, black holes. And what is left behind."""
import os
import ssl
import subprocess
import sys
import time

import pytest
import servers
from conftest import HERE, ask, attempts, both, taken_over
from live import openssl
from upstreams import BlackHole, answer, response


@both
def test_refused(pair, spare, operation):
    taken_over(ask(pair(f"http://127.0.0.1:{servers.free_port()}/v1"), operation), spare, "connect")


@both
def test_unknown_host(pair, spare, operation):
    client = pair("https://nobody.gatelet.invalid/v1", timeouts={"connect": 5})
    taken_over(ask(client, operation), spare, "resolve", "timeout_connect")


@pytest.fixture(scope="module")
def wrong_certificates(certificates):
    """expired.pem is signed by ca.pem, for yesterday; own.pem is signed by itself."""
    def inside(name, *lines):
        path = os.path.join(certificates, name)
        with open(path, "w") as file:
            file.write("".join(line + "\n" for line in lines))
        return path

    openssl(certificates, "req", "-newkey", "rsa:2048", "-nodes", "-keyout", "expired.key", "-out", "expired.csr", "-subj", "/CN=127.0.0.1")
    inside("index.txt")
    inside("serial", "01")
    config = inside("ca.cnf", "[ca]", "default_ca=d", "[d]", "database=index.txt", "serial=serial", "new_certs_dir=.", "policy=p",
                    "default_md=sha256", "[p]", "commonName=supplied", "[e]", "subjectAltName=IP:127.0.0.1")
    openssl(certificates, "ca", "-batch", "-config", config, "-cert", "ca.pem", "-keyfile", "ca.key", "-in", "expired.csr", "-out", "expired.pem",
            "-startdate", "20200101000000Z", "-enddate", "20200102000000Z", "-extensions", "e", "-notext")
    openssl(certificates, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "own.key", "-out", "own.pem", "-days", "2",
            "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")
    return certificates


@pytest.fixture(scope="module", params=["own", "expired"])
def distrusted(request, wrong_certificates, tmp_path_factory):
    """nginx with a certificate that nobody should trust."""
    folder, name = str(tmp_path_factory.mktemp("tls")), os.path.join(wrong_certificates, request.param)
    server = servers.nginx(folder, f"""server {{ listen 127.0.0.1:{{port}} ssl; ssl_certificate {name}.pem; ssl_certificate_key {name}.key;
        location / {{ return 200 '{{}}'; }} }}""")
    server.log_path = os.path.join(folder, "access.log")
    yield server
    server.stop()


@both
def test_distrusted_certificates(pair, spare, distrusted, certificates, operation):
    client = pair(f"https://127.0.0.1:{distrusted.port}/v1", http={"ca_file": os.path.join(certificates, "ca.pem")})
    taken_over(ask(client, operation), spare, "tls")
    assert os.path.getsize(distrusted.log_path) == 0, "a request was sent"


def test_a_broken_handshake(pair, raw, spare):
    """A server that speaks no TLS where TLS is expected, and one that hangs up in the handshake."""
    def no_tls(sock):
        sock.recv(1)
        sock.sendall(response(400, "The plain HTTP request was expected"))
        return sock

    taken_over(pair(raw(None, wrap=no_tls).url).chat("main/m"), spare, "tls")

    def hang_up(sock):
        sock.recv(1)
        sock.close()
        raise OSError

    spare.reset()
    taken_over(pair(raw(None, wrap=hang_up).url).chat("main/m"), spare, "tls", "truncated", "connect")


@both
def test_connections_that_nobody_answers(pair, spare, operation):
    with BlackHole() as url:
        start = time.monotonic()
        taken_over(ask(pair(url, timeouts={"connect": 0.4}), operation), spare, "timeout_connect")
        assert 0.35 < time.monotonic() - start < 4


def test_refused_by_nginx_behind_a_dead_backend(pair, spare, tmp_path):
    """nginx writes its own page then: 502 in HTML."""
    front = servers.nginx(str(tmp_path), f"server {{ listen 127.0.0.1:{{port}}; location / {{ proxy_pass http://127.0.0.1:{servers.free_port()}; }} }}")
    try:
        for operation in ("chat", "stream"):
            spare.reset()
            taken_over(ask(pair(f"http://127.0.0.1:{front.port}/v1"), operation), spare, "unavailable")
    finally:
        front.stop()


def test_nginx_gives_up_on_its_backend(pair, raw, spare, tmp_path):
    silent = raw(lambda *_: False)
    front = servers.nginx(str(tmp_path), f"""server {{ listen 127.0.0.1:{{port}}; location / {{ proxy_read_timeout 1s;
        proxy_pass http://127.0.0.1:{silent.port}; }} }}""")
    try:
        taken_over(pair(f"http://127.0.0.1:{front.port}/v1").chat("main/m"), spare, "unavailable")
    finally:
        front.stop()


# ---------------------------------------------------------------- silence, and what is left behind

def silence(connection, _):
    return False


def headers_only(connection, _):
    connection.send(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 10000\r\n\r\n")


def keep_alives(connection, _):
    headers_only(connection, 0)
    for _ in range(100):
        connection.send(b": still thinking\n\n")
        time.sleep(0.02)


@pytest.mark.parametrize("operation, behave, clock, status", [
    ("chat", silence, "first_byte", "timeout_first_byte"), ("stream", silence, "first_byte", "timeout_first_byte"),
    ("chat", headers_only, "idle", "timeout_idle"), ("stream", headers_only, "idle", "timeout_idle"),
    ("stream", keep_alives, "content", "timeout_content"),
])
def test_silence(pair, raw, spare, operation, behave, clock, status):
    main = raw(behave)
    start = time.monotonic()
    taken_over(ask(pair(main.url, timeouts={clock: 0.3}), operation), spare, status)
    assert 0.25 < time.monotonic() - start < 3
    assert main.connections[0].gone.wait(20), "the connection of the abandoned attempt is still open"


def test_a_hedged_attempt_that_loses_is_closed(pair, raw, spare):
    main = raw(silence)
    for operation in ("chat", "stream"):
        outcome = ask(pair(main.url, routing={"hedge": {"delay": 0.2}}), operation)
        assert outcome.status == 0 and outcome.answer["gatelet"]["provider"] == "spare", outcome
        assert sorted(name for name, _ in attempts(outcome)) == ["main", "spare"]
        assert main.connections[-1].gone.wait(20), "the loser's connection is still open"


def test_the_total_time_out_bounds_all_attempts(pair, raw, spare):
    main = raw(silence)
    start = time.monotonic()
    outcome = pair(main.url, retry={"attempts": 3, "backoff_base": 0.05}, timeouts={"first_byte": 0.3, "total": 0.5}, provider_order=["main"],
                   ).chat("main/m", gatelet={"provider": "main"})
    assert outcome.status in (204, 207) and 0.25 < time.monotonic() - start < 5, outcome
    assert spare.seen == [] and len(main.arrivals) <= 2
    for connection in main.connections:
        assert connection.gone.wait(20)


def test_connections_of_healthy_attempts_are_used_again(pair, raw, spare):
    def behave(connection, number):
        if number % 2:
            return answer(connection, {})
        connection.send(response(503, {"error": {"message": "busy"}}))
        return True

    main = raw(behave)
    client = pair(main.url)
    for _ in range(5):
        client.chat("main/m")
    assert len(main.connections) == 1 and len({seen.peer for seen in spare.seen}) == 1


def test_no_descriptor_is_lost_in_200_failovers(raw, spare):
    """In a process of its own, where only the library opens anything."""
    def behave(connection, number):
        way = number % 4
        if way == 0:
            return connection.reset()
        if way == 1:
            connection.send(response(503, {"error": {"message": "busy"}}))
            return True
        if way == 2:
            connection.send(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{")
            return connection.close()
        return False  # silence

    main = raw(behave)
    done = subprocess.run([sys.executable, os.path.join(HERE, "descriptors.py"), main.url, spare.url, "200"],
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    before, after, failed = map(int, done.stdout.split())
    assert failed == 0 and len(main.arrivals) >= 200 and len(spare.seen) >= 200
    assert after <= before + 2, (before, after)
