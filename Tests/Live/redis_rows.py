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


ONE = {"limits": {"wait": False, "client": {"requests_per_day": 1}}}


@row("redis_prefix")
def _(bench, redis):
    assert [bench.client({"redis_url": redis.url, "redis_prefix": prefix, **ONE}).chat("p/m").status for prefix in ("a", "b", "a")] == [0, 0, 305]


@row("redis_lease")
def _(bench, redis):
    for lease in (1, 60):
        bench.client({"redis_url": redis.url, "redis_lease": lease, "redis_prefix": str(lease), **ONE}).chat("p/m")
    times = [int(redis.cli("PTTL", key)) for key in sorted(redis.cli("KEYS", "*:c:*").split())]
    assert 50_000 < times[1] - times[0] < 62_000 # a day, and the lease


@row("on_redis_failure")
def _(bench, redis):
    redis.kill()
    for policy, status in (("open", 0), ("closed", 308)):
        client = bench.client({"redis_url": redis.url, "on_redis_failure": policy, **ONE})
        assert client.chat("p/m").status == status


@row("redis_timeout")
def _(bench, redis):
    redis.pause()
    found = state(bench.client({"redis_url": redis.url, "redis_timeout": 0.2}), "unavailable")
    assert "within 200 ms" in found["error"]
