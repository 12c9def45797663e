"""Proxies and trusted certificates from the environment: read in init by the names that curl and OpenSSL gave them, and by libcurl never."""
import os

import pytest
import servers
from conftest import provider

NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR")


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def proxy():
    made = servers.ConnectProxy()
    yield made
    made.stop()


@pytest.fixture
def plain(upstream):
    return {"environment": True, "log": "off", "providers": {"p": provider(upstream.url)}}


@pytest.fixture
def secure(nginx):
    return {"environment": True, "log": "off", **nginx.config()}


def url(proxy):
    return f"http://127.0.0.1:{proxy.port}"


@pytest.mark.parametrize("name, scheme", [("http_proxy", "http"), ("https_proxy", "https"), ("HTTPS_PROXY", "https"), ("all_proxy", "http"),
                                          ("ALL_PROXY", "https")])
def test_a_proxy_of_the_environment(gateway, monkeypatch, proxy, plain, secure, name, scheme):
    monkeypatch.setenv(name, url(proxy))
    client, other = gateway(plain), gateway(secure)
    monkeypatch.delenv(name)  # it was read in init
    assert client.chat("p/m").status == 0
    assert (len(proxy.asked) == 1) == (scheme == "http" or "all" in name.lower())
    before = len(proxy.asked)
    assert other.chat("n/m").status == 0
    assert (len(proxy.asked) == before + 1) == (scheme == "https" or "all" in name.lower())


def test_later_changes_of_the_environment_change_nothing(gateway, monkeypatch, proxy, plain):
    client = gateway(plain)
    for name in ("http_proxy", "all_proxy"):
        monkeypatch.setenv(name, url(proxy))
    assert client.chat("p/m").status == 0 and proxy.asked == []


def test_a_client_cannot_set_it_through_cgi(gateway, monkeypatch, proxy, plain):
    monkeypatch.setenv("HTTP_PROXY", url(proxy))
    assert gateway(plain).chat("p/m").status == 0 and proxy.asked == []


def test_small_letters_win(gateway, monkeypatch, proxy, secure):
    monkeypatch.setenv("https_proxy", url(proxy))
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{servers.free_port()}")
    assert gateway(secure).chat("n/m").status == 0 and len(proxy.asked) == 1


@pytest.mark.parametrize("name", ["no_proxy", "NO_PROXY"])
@pytest.mark.parametrize("hosts, is_asked", [("example.com, 127.0.0.1", False), ("*", False), ("example.com", True)])
def test_hosts_without_a_proxy(gateway, monkeypatch, proxy, plain, name, hosts, is_asked):
    monkeypatch.setenv("http_proxy", url(proxy))
    monkeypatch.setenv(name, hosts)
    assert gateway(plain).chat("p/m").status == 0 and (proxy.asked != []) == is_asked


def test_configuration_wins(gateway, monkeypatch, proxy, plain):
    dead = f"http://127.0.0.1:{servers.free_port()}"
    monkeypatch.setenv("http_proxy", dead)
    monkeypatch.setenv("no_proxy", "*")
    assert gateway({**plain, "http": {"proxy": url(proxy)}}).chat("p/m").status == 0 and len(proxy.asked) == 1
    monkeypatch.delenv("no_proxy")
    assert gateway({**plain, "http": {"no_proxy": "127.0.0.1"}}).chat("p/m").status == 0
    assert gateway(plain).chat("p/m").status == 201


def test_environment_false(gateway, monkeypatch, proxy, plain):
    for name in ("http_proxy", "https_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, url(proxy))
    assert gateway({**plain, "environment": False}).chat("p/m").status == 0 and proxy.asked == []
    monkeypatch.setenv("no_proxy", "*")
    assert gateway({**plain, "environment": False, "http": {"proxy": url(proxy)}}).chat("p/m").status == 0 and len(proxy.asked) == 1


@pytest.mark.parametrize("variable", ["http_proxy", None])
def test_passwords_of_proxies_are_secrets(gateway, monkeypatch, plain, variable):
    address = f"http://me:pr0xy-passw0rd@127.0.0.1:{servers.free_port()}"
    if variable:
        monkeypatch.setenv(variable, address)
    outcome = gateway(plain if variable else {**plain, "http": {"proxy": address}}).chat("p/m")
    assert outcome.status == 201 and "pr0xy-passw0rd" not in str(outcome.error), outcome
    echo = servers.Upstream()
    echo.behave = lambda handler, seen: servers.send(handler, 400, b'{"error": {"message": "me:pr0xy-passw0rd and pr0xy-passw0rd"}}') or True
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    config = {**plain, "providers": {"p": provider(echo.url)}}
    outcome = gateway(config if variable else {**config, "http": {"proxy": address, "no_proxy": "127.0.0.1"}}).chat("p/m")
    echo.stop()
    assert outcome.status == 300 and "***" in str(outcome.error) and "pr0xy-passw0rd" not in str(outcome.error), outcome


@pytest.mark.parametrize("value", ["http://127.0.0.1:1\nx", "\x01", "   "])
def test_a_variable_of_no_use_stops_nobody(gateway, monkeypatch, plain, value):
    for name in NAMES:
        monkeypatch.setenv(name, value)
    assert gateway(plain).chat("p/m").status == 0


def test_certificates_of_the_environment(gateway, monkeypatch, nginx, secure, tmp_path):
    config = {**secure, "http": {}}
    assert gateway(config).chat("n/m").status == 202
    monkeypatch.setenv("SSL_CERT_FILE", nginx.path("ca.pem"))
    assert gateway(config).chat("n/m").status == 0
    assert gateway({**config, "environment": False}).chat("n/m").status == 202
    assert gateway({**config, "http": {"ca_file": nginx.path("other.pem")}}).chat("n/m").status == 202
    monkeypatch.delenv("SSL_CERT_FILE")
    os.system(f"cp {nginx.path('ca.pem')} {tmp_path}/ca.pem && openssl rehash {tmp_path}")
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert gateway(config).chat("n/m").status == 0
