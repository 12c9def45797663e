"""The connection: how it is made, what becomes of it, and who is told."""
import json

import library
import pytest

def test_without_redis_nothing_is_told(gateway):
    assert gateway().redis is None


def test_a_plain_connection(gateway, redis):
    found = gateway(redis.url).is_in("connected")
    assert (found["url"], found["on_redis_failure"], found["error"], found["maxmemory_policy"]) == (f"redis://127.0.0.1:{redis.port}/0", "open", None, "noeviction")
    assert "name=gatelet" in redis.cli("CLIENT", "LIST")


def test_a_database(gateway, redis):
    assert gateway(redis.url + "/7").is_in("connected")["url"].endswith("/7")
    assert any("name=gatelet" in line and "db=7" in line for line in redis.cli("CLIENT", "LIST").splitlines())


@pytest.mark.parametrize("scheme", ["unix", "redis+unix"])
def test_a_unix_socket(gateway, redis, scheme):
    assert gateway(f"{scheme}://{redis.path}?db=3").is_in("connected")["url"] == f"unix://{redis.path}?db=3"
    assert any("name=gatelet" in line and "db=3" in line for line in redis.cli("CLIENT", "LIST").splitlines())


def test_tls(gateway, server):
    redis = server(tls=True)
    gateway(f"rediss://localhost:{redis.tls_port}", http={"ca_file": redis.certificate}).is_in("connected")
    refused = gateway(f"rediss://localhost:{redis.tls_port}").is_in("unavailable")
    assert "certificate" in refused["error"]


def quoted(text):
    return "".join(f"%{ord(letter):02X}" for letter in text)


def test_a_password_stays_secret(gateway, server):
    redis = server(password="s3cret/pa:ssword")
    client = gateway(f"redis://:{quoted('s3cret/pa:ssword')}@127.0.0.1:{redis.port}")
    told = json.dumps(client.is_in("connected"))
    wrong = gateway(f"redis://default:{quoted('wr0ng-one')}@127.0.0.1:{redis.port}")
    told += json.dumps(wrong.is_in("unavailable")) + str(client.lines) + str(wrong.lines)
    assert "WRONGPASS" in told and "s3cret" not in told and "wr0ng" not in told and quoted("s3cret") not in told


def test_a_missing_password_is_told(gateway, server):
    redis = server(password="other")
    found = gateway(f"redis://127.0.0.1:{redis.port}").is_in("unavailable")
    assert "NOAUTH" in found["error"]


def test_a_user(gateway, redis):
    assert redis.cli("ACL", "SETUSER", "worker", "on", ">pa55word", "~*", "+@all") == "OK"
    gateway(f"redis://worker:pa55word@127.0.0.1:{redis.port}").is_in("connected")
    assert "user=worker" in redis.cli("CLIENT", "LIST")


def test_a_server_that_is_not_there_yet(gateway, redis):
    redis.kill()
    client = gateway(redis.url)
    found = client.is_in("unavailable")
    assert found["failures"] == 1 and str(redis.port) in found["error"]
    redis.start()
    client.is_in("connected")
    assert len(client.logged("until it can be used")) == 1 and len(client.logged("can be used again")) == 1


def test_killed_and_started_again(gateway, redis):
    client = gateway(redis.url)
    client.is_in("connected")
    for times in (1, 2):
        redis.kill()
        client.is_in("unavailable")
        redis.start()
        client.is_in("connected")
        assert len(client.logged("until it can be used")) == times and len(client.logged("can be used again")) == times


def test_memory_that_may_be_evicted_is_warned_of(gateway, server):
    client = gateway(server("--maxmemory-policy", "allkeys-lru").url)
    assert client.is_in("connected")["maxmemory_policy"] == "allkeys-lru"
    assert len(client.logged("maxmemory-policy is allkeys-lru")) == 1


def test_a_server_of_another_kind(gateway, raw_server):
    found = gateway(f"redis://127.0.0.1:{raw_server(b'HTTP/1.1 400 Bad Request')}").is_in("unavailable")
    assert "does not speak" in found["error"]


def test_who_hears_himself(gateway, echo_server):
    found = gateway(f"redis://127.0.0.1:{echo_server}").is_in("unavailable")
    assert "does not speak" in found["error"]


@pytest.mark.parametrize("url", ["http://127.0.0.1", "redis:/127.0.0.1", "127.0.0.1:6379", "redis://h:99999", "redis://h/x", "redis://h?db=1",
                                 "redis://user@h", "unix://relative", "unix:///s?x=1", "redis://:${PASSWORD}@h", "redis://h/1234567", "redis://[::1", "redis://%zz:p@h/-1"])
def test_bad_addresses(url):
    with pytest.raises(library.Refused) as refused:
        library.Client(json.dumps({"environment": False, "redis_url": url}))
    error = json.loads(refused.value.error)
    assert error["kind"] == "config" and "redis_url" in error["message"] and "PASSWORD" not in error["message"]


def test_reload_follows(gateway, server):
    one, two = server(), server()
    client = gateway(one.url)
    client.is_in("connected")
    assert client.client.reload(json.dumps({"environment": False, "dev_mode": True, "redis_url": two.url}))[0] == 0
    assert client.is_in("connected")["url"].endswith(f"{two.port}/0")
    assert "name=gatelet" in two.cli("CLIENT", "LIST")
    assert client.client.reload(json.dumps({"environment": False, "dev_mode": True}))[0] == 0
    assert client.redis is None
