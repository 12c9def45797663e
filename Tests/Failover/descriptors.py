"""descriptors.py MAIN SPARE COUNT: that many failovers; prints the open descriptors after the first few and at the end, and how
many requests failed."""
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "Replay")]
import library  # noqa: E402

main, spare, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
client = library.Client(json.dumps({
    "environment": False, "log": "off", "provider_order": ["main", "spare"], "retry": {"attempts": 0}, "breaker": {"enabled": False},
    "timeouts": {"first_byte": 0.05}, "providers": {"main": {"base_url": main, "api_key": "a"}, "spare": {"base_url": spare, "api_key": "b"}}}))
failed = before = 0
for number in range(count):
    if number == 8:
        before = len(os.listdir("/proc/self/fd"))
    request = json.dumps({"model": "main/m", "messages": [{"role": "user", "content": "hello"}]}).encode()
    status = client.stream("stream", request)[0] if number % 2 else client.call("chat", request)[0]
    failed += status != 0
print(before, len(os.listdir("/proc/self/fd")), failed)
