"""Fixtures of the failover tests. Clients, servers and certificates are those of Tests/Live."""
import importlib.util
import os
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
_spec = importlib.util.spec_from_file_location("live", os.path.join(HERE, "..", "Live", "conftest.py"))
live = sys.modules["live"] = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(live)
sys.path.insert(0, HERE)

from live import certificates, gateway, provider  # noqa: E402, F401
import servers  # noqa: E402
from upstreams import RawServer  # noqa: E402


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return str(tmp_path_factory.mktemp("failover"))


@pytest.fixture(scope="session")
def spare_server():
    server = servers.Upstream()
    yield server
    server.stop()


@pytest.fixture
def spare(spare_server):
    """The upstream that answers "Hello" and counts who asks: `spare.seen`."""
    spare_server.reset()
    return spare_server


@pytest.fixture
def raw():
    """raw(behave, **options): a RawServer that is stopped after the test."""
    made = []

    def make(behave, **options):
        made.append(RawServer(behave, **options))
        return made[-1]

    yield make
    for server in made:
        server.stop()


@pytest.fixture
def pair(gateway, spare):
    """pair(url): a client whose provider `main` is there; `spare` comes after it. Nothing is retried unless asked for, and no
    breaker keeps a test from failing twice."""

    def make(url, main=None, **config):
        first = {name: value for name, value in provider(url, **(main or {})).items() if value is not None}
        providers = {"main": first, "spare": provider(spare.url)}
        return gateway({"providers": providers, "provider_order": ["main", "spare"], "retry": {"attempts": 0},
                        "breaker": {"enabled": False}, "log": "off", **config})

    return make


def attempts(outcome):
    """Who was asked with which result: [("main", "connect"), ("spare", "ok")]."""
    document = outcome.error if outcome.status else outcome.answer["gatelet"]
    return [(attempt["provider"], attempt["status"]) for attempt in document["attempts"]]


def taken_over(outcome, spare, *statuses):
    """The spare answered after one attempt at main that failed with one of these."""
    assert outcome.status == 0, outcome
    (first, status), second = attempts(outcome)
    assert first == "main" and second == ("spare", "ok") and (not statuses or status in statuses), outcome
    assert outcome.answer["choices"][0]["message"]["content"] == "Hello" and len(spare.seen) == 1, outcome


def ask(client, operation, **members):
    return client.chat("main/m", **members) if operation == "chat" else client.stream("main/m", **members)


both = pytest.mark.parametrize("operation", ["chat", "stream"])
