"""A kept connection that dies under a request, and HTTP/2 streams that are refused: no server gets a request twice that is not told of,
counted and paid for."""
import json
import os
import ssl
import threading
import time

import library
import pytest
import servers
from conftest import both
from h2server import H2Server
from live import provider
from upstreams import STREAM_HEAD, completion, events, response

NO_RETRY = {"retry": {"attempts": 0}}
ONE_RETRY = {"retry": {"attempts": 1, "backoff_base": 0.001, "backoff_max": 0.002}}


def whole(connection, request):
    if request.get("stream"):
        connection.send(STREAM_HEAD + b"content-length: %d\r\n\r\n" % sum(map(len, events())) + b"".join(events()))
    else:
        connection.send(response(200, completion("Hello")))
    return True


class Dying:
    """Answers each connection's first request when `warm` of them are there, and ends the connection at its next one."""

    def __init__(self, how, warm=1):
        self.how, self.server, self.served, self.together = how, None, set(), threading.Barrier(warm)
        self.is_warm = False

    def __call__(self, connection, number):
        if connection not in self.served:
            self.served.add(connection)
            if not self.is_warm:
                self.together.wait(10)
            return whole(connection, self.server.bodies[number])
        connection.reset() if self.how == "reset" else connection.close()
        return False


@pytest.fixture
def dying(raw, gateway):
    """dying(how, config): a client, and the server that it has a kept connection to."""

    def make(how, config, warm=1):
        behave = Dying(how, warm)
        behave.server = server = raw(behave)
        client = gateway({"providers": {"main": provider(server.url)}, "log": "off", **config})
        if warm == 1:
            assert client.chat("main/m").status == 0
        else:
            drain_queue(client, warm)
        behave.is_warm = True
        return client, server

    return make


def drain_queue(client, count):
    queue = library.Queue("{}")
    request = json.dumps({"model": "main/m", "messages": [{"role": "user", "content": "hi"}]}).encode()
    for tag in range(count):
        queue.submit(client.client, 1, request, tag)
    ends = []
    while len(ends) < count:
        ends += [event for event in queue.next(5000) if event[0] == 2]
    queue.free()
    return ends


def ask(client, operation):
    return client.chat("main/m") if operation == "chat" else client.stream("main/m")


def told(outcome):
    return (outcome.error if outcome.status else outcome.answer["gatelet"])["attempts"]


def stats(client):
    status, document, error = client.client.call("stats", b"{}")
    assert status == 0, error
    return json.loads(document)["total"]


@both
@pytest.mark.parametrize("how", ["fin", "reset"])
@pytest.mark.parametrize("retry", [{"attempts": 0}, {"attempts_per_request": 1}])
def test_a_request_on_a_connection_that_dies_is_sent_once(dying, how, retry, operation):
    client, server = dying(how, {"retry": retry, "limits": {"client": {"requests_per_day": 2}}})
    outcome = ask(client, operation)
    assert outcome.status == 208 and [one["status"] for one in told(outcome)] == ["truncated"], outcome
    assert len(server.arrivals) == 2 == stats(client)["attempts"]


@both
@pytest.mark.parametrize("how", ["fin", "reset"])
def test_its_retry_is_one_of_the_table(dying, how, operation):
    client, server = dying(how, ONE_RETRY)
    outcome = ask(client, operation)
    assert outcome.status == 0, outcome
    first, second = told(outcome)
    assert (first["status"], first["action"], second["status"]) == ("truncated", "retry", "ok")
    assert first["cost"].get("at_least") is True and "unsent" not in first
    assert stats(client)["attempts"] == 3 == len(server.arrivals) and stats(client)["retries"] == 1


def test_the_retry_goes_out_on_a_connection_of_its_own(dying):
    """Four more are kept, and all of them would die."""
    client, server = dying("reset", ONE_RETRY, warm=5)
    assert drain_queue(client, 1)[0][1] == 0
    assert len(server.arrivals) == 5 + 2 and len(server.connections) == 6


def test_kept_connections_that_die_open_no_breaker(dying):
    """A provider that lets go of ten connections at once is not down."""
    client, server = dying("reset", {**ONE_RETRY, "breaker": {"failures": 2}}, warm=10)
    assert [end[1] for end in drain_queue(client, 10)] == [0] * 10
    assert client.providers("main")["main"]["health"]["models"][0]["breaker"] == "closed"


def test_a_list_that_is_fetched_again_counts_twice(raw, gateway):
    """A GET does no harm: libcurl may send it again, but what the server has seen stands in the statistics."""
    gone = []

    def behave(connection, _):
        if server.connections.index(connection) == 0 and connection in gone:
            connection.close()
            return False
        gone.append(connection)
        connection.send(response(200, json.dumps({"object": "list", "data": [{"id": "m", "object": "model"}]}).encode()))
        return True

    server = raw(behave)
    client = gateway({"providers": {"main": provider(server.url)}, "log": "off"})
    assert client.models().status == 0 and client.models().status == 0
    seen = stats(client)
    assert len(server.arrivals) == 3 and (seen["list_fetches"], seen["list_failures"]) == (3, 1)


@pytest.mark.parametrize("config, member, wait, connections", [
    ({}, {}, 0, 1), ({}, {}, 2.2, 1),
    ({"http": {"keep_alive": 1}}, {}, 2.2, 2), ({}, {"keep_alive": 1}, 2.2, 2), ({"http": {"keep_alive": 1}}, {"keep_alive": 20}, 2.2, 1),
    ({"http": {"keep_alive": 0}}, {}, 0, 2), ({}, {"keep_alive": 0}, 0, 2)])
def test_how_long_connections_are_kept(raw, gateway, config, member, wait, connections):
    server = raw(lambda connection, number: whole(connection, server.bodies[number]))
    client = gateway({"providers": {"main": provider(server.url, **member)}, **config})
    for pause in (wait, 0):
        assert client.chat("main/m").status == 0
        time.sleep(pause)
    assert len(server.connections) == connections


# ---------------------------------------------------------------- what stays when each transfer has a curl handle of its own

@pytest.mark.parametrize("protocol", ["TLSv1.2", "TLSv1.3"])
@pytest.mark.parametrize("keep", [True, False])
def test_connections_and_sessions_are_used_again(gateway, certificates, tmp_path, keep, protocol):
    server = servers.nginx(str(tmp_path), f"""log_format sessions '$connection $ssl_session_reused'; access_log {tmp_path}/sessions.log sessions;
        keepalive_timeout {60 if keep else 0}; ssl_protocols {protocol}; ssl_session_cache shared:sessions:1m;
        server {{ listen 127.0.0.1:{{port}} ssl; ssl_certificate {certificates}/server.pem; ssl_certificate_key {certificates}/server.key;
        location / {{ return 200 '{json.dumps(completion("Hello"))}'; }} }}""")
    try:
        client = gateway({"providers": {"main": provider(f"https://127.0.0.1:{server.port}/v1")}, "http": {"ca_file": os.path.join(certificates, "ca.pem")}})
        for _ in range(10):
            assert client.chat("main/m").status == 0
        end = time.monotonic() + 5
        while len(lines := open(tmp_path / "sessions.log").read().split("\n")) < 11 and time.monotonic() < end:
            time.sleep(0.05)
    finally:
        server.stop()
    connections, reused = zip(*(line.split() for line in lines if line))
    if keep:
        assert len(set(connections)) == 1
    else:
        assert len(set(connections)) == 10 and reused == (".",) + ("r",) * 9


# ---------------------------------------------------------------- HTTP/2

@pytest.fixture
def h2(certificates, gateway):
    """h2(behave, config): a server and a client that speak HTTP/2."""
    made = []

    def make(behave, **config):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(os.path.join(certificates, "server.pem"), os.path.join(certificates, "server.key"))
        made.append(H2Server(context, behave))
        http = {"http2": True, "ca_file": os.path.join(certificates, "ca.pem")}
        return made[-1], gateway({"providers": {"main": provider(made[-1].url)}, "http": http, "log": "off", **config})

    yield make
    for server in made:
        server.stop()


@pytest.mark.parametrize("what", ["refuse", "goaway", "http1"])
@pytest.mark.parametrize("before", [0, 1, 2])
def test_a_refused_stream_costs_nothing_and_counts_nowhere(h2, what, before):
    server, client = h2(lambda number: what if number == before else "answer",
                        retry={"attempts": 0, "attempts_per_request": 1}, limits={"client": {"requests_per_day": before + 1}})
    for _ in range(before):
        assert client.chat("main/m").status == 0
    outcome = client.chat("main/m")
    assert outcome.status == 0, outcome
    first, second = told(outcome)
    assert (first["status"], first["action"], first["unsent"], first["cost"]["total"]) == ("connect", "resend", True, "0")
    assert second["status"] == "ok" and "unsent" not in second
    assert server.sent[-1][0] != server.sent[-2][0], "on the connection that refused it"
    assert len(server.sent) == before + 2 and server.sent[-1][1] == ("1" if what == "http1" else "2")
    seen = stats(client)
    assert (seen["attempts"], seen["unsent_attempts"], seen["failed_attempts"], seen["retries"]) == (before + 1, 1, 0, 0)


def test_one_goaway_refuses_every_stream_behind_it(h2):
    """libcurl tells it to one of the transfers only."""
    server, client = h2(lambda number: "gather" if 1 <= number <= 4 else "answer", retry={"attempts": 0, "attempts_per_request": 1})
    assert drain_queue(client, 1)[0][1] == 0
    assert [end[1] for end in drain_queue(client, 4)] == [0] * 4
    assert len({connection for connection, _ in server.sent[:5]}) == 1 and len(server.sent) == 8
    seen = stats(client)
    assert (seen["attempts"], seen["unsent_attempts"], seen["retries"]) == (5, 3, 0)


@pytest.mark.parametrize("what", ["refuse", "goaway"])
def test_who_refuses_for_ever_is_not_asked_for_ever(h2, what):
    server, client = h2(lambda number: what)
    outcome = client.chat("main/m")
    assert outcome.status == 201 and len(server.sent) == 4 == len(told(outcome)), outcome
    assert [one["cost"]["total"] for one in told(outcome)] == ["0"] * 4


def test_a_connection_that_dies_is_no_refusal(h2):
    server, client = h2(lambda number: "die" if number else "answer")
    assert client.chat("main/m").status == 0
    outcome = client.chat("main/m")
    assert outcome.status == 208 and len(server.sent) == 2 and len(told(outcome)) == 1, outcome
