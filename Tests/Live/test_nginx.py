"""nginx as upstream: TLS, client certificates, HTTP/2, connection reuse, Unix sockets, connect-to addresses, proxies,
compressed lists. It answers with what it saw of the connection."""
import threading

import pytest
import servers
from conftest import provider

def facts(outcome):
    assert outcome.status == 0, outcome
    protocol, requests, verified, tls = outcome.content.split()
    return protocol, int(requests), verified, tls


def test_own_authority_is_trusted_when_named(gateway, nginx):
    protocol, _, verified, tls = facts(gateway(nginx.config()).chat("n/m"))
    assert (protocol, verified) == ("HTTP/1.1", "NONE") and tls in ("TLSv1.2", "TLSv1.3")


@pytest.mark.parametrize("ca", ["other.pem", None])
def test_unknown_authority_is_refused(gateway, nginx, ca):
    before = nginx.lines()
    client = gateway(nginx.config(ca_file=ca and nginx.path(ca)))
    for outcome in (client.chat("n/m"), client.stream("n/m"), client.models()):
        assert outcome.status == outcome.error["status"] == 202, outcome
        assert outcome.error["kind"] == "tls"
    assert nginx.lines() == before


def test_missing_ca_file_is_an_error(gateway, nginx):
    assert gateway(nginx.config(ca_file="/nonexistent/ca.pem")).chat("n/m").status in (103, 202)


def test_wrong_host_name_is_refused(gateway, nginx):
    outcome = gateway(nginx.config(url=f"https://localhost:{nginx.port}/v1")).chat("n/m")
    assert outcome.status == 202, outcome


def test_client_certificate(gateway, nginx):
    without = gateway(nginx.config(path="/strict")).chat("n/m")
    assert (without.status, without.error["http_status"]) == (302, 403)
    given = gateway(nginx.config(path="/strict", client_cert=nginx.path("client.pem"), client_key=nginx.path("client.key")))
    assert facts(given.chat("n/m"))[2] == "SUCCESS"


def test_http2_is_negotiated_only_when_asked_for(gateway, nginx):
    for http2, protocol in ((False, "HTTP/1.1"), (True, "HTTP/2.0")):
        before = nginx.lines()
        assert facts(gateway(nginx.config(http2=http2)).chat("n/m"))[0] == protocol
        assert nginx.logged(before)[0] == protocol


@pytest.mark.parametrize("http2", [False, True])
def test_connections_are_reused(gateway, nginx, http2):
    client = gateway(nginx.config(http2=http2))
    counts, reused = [], []
    for _ in range(5):
        outcome = client.chat("n/m")
        counts.append(facts(outcome)[1])
        reused.append(outcome.answer["gatelet"]["timings"]["connection_reused"])
    assert counts == [1, 2, 3, 4, 5]
    assert reused == [False, True, True, True, True]


def test_stream_over_tls(gateway, nginx, upstream):
    for http2 in (False, True):
        before = nginx.lines()
        outcome = gateway(nginx.config(path="/up", http2=http2)).stream("n/m")
        assert (outcome.status, outcome.text, outcome.end["end"]) == (0, "Hello", "finished")
        assert nginx.logged(before)[0] == ("HTTP/2.0" if http2 else "HTTP/1.1")


def test_many_streams_on_one_http2_connection(gateway, nginx, upstream):
    client = gateway(nginx.config(path="/up", http2=True))
    outcomes = []
    threads = [threading.Thread(target=lambda: outcomes.append(client.stream("n/m"))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(o.status, o.text) for o in outcomes] == [(0, "Hello")] * 16


def test_unix_socket(gateway, nginx):
    config = nginx.config(url="http://localhost/v1", unix_socket=nginx.path("plain.sock"), ca_file=None)
    outcome = gateway(config).chat("n/m")
    assert outcome.status == 0 and outcome.content.split() == ["HTTP/1.1", "1"], outcome  # no TLS: two facts are empty
    outcome = gateway(nginx.config(url="http://localhost/v1", unix_socket=nginx.path("none.sock"), ca_file=None)).chat("n/m")
    assert outcome.status == 201, outcome


def test_resolve_replaces_dns(gateway, nginx):
    url = f"https://api.example.test:{nginx.port}/v1"
    outcome = gateway(nginx.config(url=url)).chat("n/m")
    assert outcome.status == 200, outcome
    client = gateway(nginx.config(url=url, resolve=[f"api.example.test:{nginx.port}:127.0.0.1"]))
    assert facts(client.chat("n/m"))[0] == "HTTP/1.1"


def test_proxy(gateway, nginx, upstream):
    proxy = servers.ConnectProxy()
    try:
        client = gateway(nginx.config(proxy=f"http://127.0.0.1:{proxy.port}"))
        assert facts(client.chat("n/m"))[0] == "HTTP/1.1"
        assert proxy.asked == [f"CONNECT 127.0.0.1:{nginx.port} HTTP/1.1"]
        plain = gateway({"providers": {"n": provider(upstream.url)}, "http": {"proxy": f"http://127.0.0.1:{proxy.port}"}})
        assert plain.chat("n/m").content == "Hello"
        assert proxy.asked[1].startswith(f"POST {upstream.url}/chat/completions") or proxy.asked[1].startswith("CONNECT")
    finally:
        proxy.stop()
    outcome = gateway(nginx.config(proxy=f"http://127.0.0.1:{servers.free_port()}")).chat("n/m")
    assert outcome.status == 201, outcome


def test_compressed_model_list(gateway, nginx):
    before = nginx.lines()
    outcome = gateway(nginx.config()).models()
    assert outcome.status == 0 and len(outcome.answer["data"]) == 500
    assert nginx.logged(before)[3:] == ["GET", "/v1/models", "NONE", "gzip"]


def test_redirects_are_not_followed_with_a_key(gateway, nginx, upstream):
    client = gateway(nginx.config(path="/moved"))
    for outcome in (client.chat("n/m"), client.stream("n/m")):
        assert (outcome.status, outcome.error["http_status"]) == (312, 307), outcome
    assert upstream.seen == []
