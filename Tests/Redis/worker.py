"""worker.py REDIS PORT THREADS FIRST COUNT RULES: a process whose threads ask an upstream under the limits that all processes share, each with
nonces of its own. Prints how often each status came, and
how often a limit was reached."""
import json
import os
import sys
import threading
from collections import Counter

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Replay"))
import library  # noqa: E402

redis, port, threads, first, count, rules = sys.argv[1], int(sys.argv[2]), *map(int, sys.argv[3:6]), json.loads(sys.argv[6])
client = library.Client(json.dumps({
    "environment": False, "retry": {"attempts": 0}, "breaker": {"enabled": False}, "redis_url": redis, "on_redis_failure": "closed", "redis_lease": 1, "redis_timeout": 10,
    "limits": {"client": rules, "max_wait": 60}, "providers": {"p": {"base_url": f"http://127.0.0.1:{port}", "key": "none"}},
}))
found, lock, nonces = Counter(), threading.Lock(), iter(range(first, first + count))


def work():
    mine = Counter()
    while True:
        with lock:
            nonce = next(nonces, None)
        if nonce is None:
            break
        request = {"model": "p/m", "messages": [{"role": "user", "content": f"nonce-{nonce}"}]}
        status, _, error = client.call("chat", json.dumps(request).encode())
        mine["limited" if error and "is reached" in json.loads(error)["message"] else status] += 1
    with lock:
        found.update(mine)


crew = [threading.Thread(target=work) for _ in range(threads)]
for one in crew:
    one.start()
for one in crew:
    one.join()
client.free()
print(json.dumps(found))
