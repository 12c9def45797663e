"""Clusters, replicas, slow servers, and what a client leaves behind."""
import gc
import json
import os
import threading
import time

import library
from conftest import eventually
from test_limits import ask, keys, limited

ONE = limited("client", {"requests_per_day": 2})


def test_a_cluster_is_followed_to_the_node_that_has_the_keys(gateway, server):
    one, two = server(cluster=True), server(cluster=True)
    for first, last, node in ((0, 8191, one), (8192, 16383, two)):
        assert node.cli("CLUSTER", "ADDSLOTSRANGE", str(first), str(last)) == "OK"
    one.cli("CLUSTER", "MEET", "127.0.0.1", str(two.port))
    for node in (one, two):
        eventually(lambda node=node: "cluster_state:ok" in node.cli("CLUSTER", "INFO"))
    found = {}
    for prefix in ("a", "b", "c", "d"):  # with either node as the one that is named, keys on this one or that one
        for node in (one, two):
            found.setdefault(prefix, []).append(ask(gateway(node.url, redis_prefix=prefix, **limited("client", {"requests_per_day": 1})))[0])
    assert found == {prefix: [0, 305] for prefix in found}
    assert keys(one) and keys(two)


def test_a_replica_is_no_master(gateway, server):
    master, replica = server(), server()
    replica.cli("REPLICAOF", "127.0.0.1", str(master.port))
    eventually(lambda: "master_link_status:up" in replica.cli("INFO", "replication"))
    client = gateway(replica.url, on_redis_failure="closed", **ONE)
    status, error = ask(client)
    assert status == 308 and "READONLY" in error["message"]
    replica.cli("REPLICAOF", "NO", "ONE")
    eventually(lambda: ask(client)[0] == 0)


def test_a_failover_keeps_the_counts_that_were_replicated(gateway, server):
    master, replica = server(), server()
    replica.cli("REPLICAOF", "127.0.0.1", str(master.port))
    eventually(lambda: "master_link_status:up" in replica.cli("INFO", "replication"))
    assert ask(gateway(master.url, **limited("client", {"requests_per_day": 1})))[0] == 0
    eventually(lambda: len(keys(replica)) == len(keys(master)) and not any(":r:" in key for key in keys(replica)))
    master.kill()
    replica.cli("REPLICAOF", "NO", "ONE")
    assert ask(gateway(replica.url, **limited("client", {"requests_per_day": 1})))[0] == 305


def test_streams_go_on_while_redis_hangs(gateway, redis):
    """One engine: a stream that runs gets its chunks although another request waits for Redis."""
    config = limited("tag", {"requests_per_day": 100})
    config["providers"]["p"].update(token_delay=0.02, faults={})
    client, queue = gateway(redis.url, redis_timeout=20, **config), library.Queue()
    client.is_in("connected")
    text = " ".join(["word"] * 100)
    stream = {"model": "p/echo", "messages": [{"role": "user", "content": text}]}
    redis.pause()
    for tag in range(20):
        queue.submit(client.client, library.OP_CHAT, json.dumps({**stream, "max_tokens": 5}).encode(), 100 + tag, b'{"tag": "blue"}')
    queue.submit(client.client, library.OP_CHAT_STREAM, json.dumps(stream).encode(), 1)
    ended = []
    while 1 not in ended:
        events = queue.next(10_000)
        assert events, "the stream stands still"
        ended += [event[2] for event in events if event[0] == library.END]
    assert ended == [1]
    redis.resume()
    while len(ended) < 21:
        events = queue.next(20_000)
        assert events
        ended += [event[2] for event in events if event[0] == library.END]
    queue.free()


def test_a_client_leaves_nothing_behind(gateway, redis):
    def descriptors():
        return len(os.listdir("/proc/self/fd"))

    def threads():
        return len(os.listdir("/proc/self/task"))

    def once():
        client = gateway(redis.url, **limited("client", {"requests_per_minute": 100000}))
        assert ask(client)[0] == 0
        client.free()
        client.client.handle = None

    once()
    gc.collect()
    before = descriptors(), threads()
    for _ in range(30):
        once()
    assert (descriptors(), threads()) == before
    eventually(lambda: "name=gatelet" not in redis.cli("CLIENT", "LIST"))


def test_freed_while_redis_hangs(gateway, redis):
    client = gateway(redis.url, redis_timeout=60, **ONE)
    client.is_in("connected")
    redis.pause()
    found = []
    thread = threading.Thread(target=lambda: found.append(ask(client)[0]))
    thread.start()
    time.sleep(0.3)
    began = time.monotonic()
    client.free()
    thread.join()
    assert found[0] in (107, 108) and time.monotonic() - began < 5
    client.client.handle = None


def test_a_child_of_a_fork_has_clients_of_its_own(gateway, redis):
    parent = gateway(redis.url, **limited("client", {"requests_per_day": 2}))
    assert ask(parent)[0] == 0
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if ask(gateway(redis.url, **limited("client", {"requests_per_day": 2})))[0] == 0 else 1)
        finally:
            os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    assert ask(parent)[0] == 305


def test_a_reload_gives_back_what_runs(gateway, redis):
    """Another time-out: another connection, and what the first one holds is told by the first one."""
    config = limited("client", {"concurrency": 1}, delay=1)
    client = gateway(redis.url, **config)
    thread = threading.Thread(target=lambda: ask(client))
    thread.start()
    eventually(lambda: any(":r:" in key for key in keys(redis)))
    document = {"environment": False, "log": "info", "retry": {"attempts": 0}, "redis_url": redis.url, "redis_timeout": 3, **config}
    assert client.client.reload(json.dumps(document))[0] == 0
    thread.join()
    eventually(lambda: not any(":r:" in key for key in keys(redis)))
    eventually(lambda: redis.cli("CLIENT", "LIST").count("name=gatelet") == 1)
