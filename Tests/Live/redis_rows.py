"""The rows of test_config_effects.py for Redis; more of it is in Tests/Redis."""
import json
import os
import sys
import time

import pytest
from conftest import HERE
from effects import row

sys.path.append(os.path.join(HERE, "..", "Redis"))
from redisserver import Redis  # noqa: E402


@pytest.fixture
def redis(tmp_path):
    server = Redis(tmp_path)
    yield server
    server.stop()


def state(client, *wanted):
    end = time.monotonic() + 20
    while True:
        status, document, error = client.client.call("providers", b"{}")
        assert status == 0, error
        found = json.loads(document)["redis"]
        if found is None or found["state"] in wanted:
            return found
        assert time.monotonic() < end, found
        time.sleep(0.02)


@row("redis_url")
def _(bench, redis):
    assert state(bench.client()) is None
    assert state(bench.client({"redis_url": redis.url}), "connected")["url"] == redis.url + "/0"


@row("redis_prefix", "on_redis_failure", "redis_lease")
def _(bench, redis, member):
    default, value = {"redis_prefix": ("gatelet", "mine"), "on_redis_failure": ("open", "closed"), "redis_lease": (60, 30)}[member]
    for config, told in (({}, default), ({member: value}, value)):
        assert state(bench.client({"redis_url": redis.url, **config}), "connected")[member.replace("redis_", "", 1) if member != "on_redis_failure" else member] == told


@row("redis_timeout")
def _(bench, redis):
    redis.pause()
    found = state(bench.client({"redis_url": redis.url, "redis_timeout": 0.2}), "unavailable")
    assert "within 200 ms" in found["error"]
