"""docs/testing-failover.md does what it says."""
import json
import os
import re

import pytest
from conftest import attempts
from live import ROOT


def blocks(kind):
    with open(os.path.join(ROOT, "docs", "testing-failover.md")) as file:
        return [json.loads(text) for text in re.findall(rf"^```json{kind}\n(.*?)^```", file.read(), re.S | re.M)]


def test_the_first_example(gateway):
    client = gateway(blocks(" config")[0])
    request = blocks(" request")[0]
    said = blocks("")[0]["gatelet"]
    outcome = client.call("chat", request)
    assert outcome.status == 0, outcome
    got = outcome.answer["gatelet"]
    assert (got["provider"], got["model"]) == (said["provider"], said["model"])
    assert [{name: attempt.get(name) for name in wanted} for attempt, wanted in zip(got["attempts"], said["attempts"])] == said["attempts"]
    assert len(got["attempts"]) == len(said["attempts"]) and "action" not in got["attempts"][-1]
    assert attempts(client.call("chat", request)) == [("main", "ok")]


@pytest.mark.parametrize("operation", ["chat", "stream"])
def test_the_stall(gateway, operation):
    outcome = gateway(blocks(" config")[1]).call(operation, blocks(" request")[0])
    assert attempts(outcome) == [("main", "timeout_idle"), ("spare", "ok")], outcome


def test_in_a_request(gateway):
    """Three steps for three attempts, whoever makes them."""
    config = {**blocks(" config")[0], "request_extensions": "all", "retry": {"attempts": 0}, "provider_order": ["main", "spare", "third"]}
    config["providers"]["third"] = {"dialect": "dev"}
    request = {**blocks(" request")[1]}
    client = gateway(config)
    assert attempts(client.call("chat", request))[:2] == [("main", "connect"), ("spare", "ok")]  # a document has no chunk 4
    stream = client.call("stream", request)
    assert (stream.status, stream.end["end"], attempts(stream)) == (208, "truncated", [("main", "connect"), ("spare", "truncated")]), stream
    assert gateway({**config, "request_extensions": "routing"}).call("chat", request).status == 110


@pytest.mark.parametrize("chunk, status", [(1, 0), (4, 307)])
def test_errors_before_and_after_the_first_word(gateway, chunk, status):
    config = {"providers": {"main": {"dialect": "dev", "faults": {"error_at_chunk": chunk}}, "spare": {"dialect": "dev"}},
              "provider_order": ["main", "spare"], "retry": {"attempts": 0}}
    outcome = gateway(config).call("stream", blocks(" request")[0])
    assert outcome.status == status and (outcome.text == "You said: Hello." if chunk == 4 else outcome.end["end"] == "finished"), outcome
    assert len(outcome.text) > 40 or chunk == 4
