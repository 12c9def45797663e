"""The rows of test_config_effects.py for `fetch`: what it does is tried in Tests/Failover/test_fetch.py."""
import threading

from effects import merged, row

GIF = b"GIF89a\1\0\1\0\0\0\0;"
HERE = {"allowed": True, "allow_addresses": ["127.0.0.1"]}


def asked(bench, path="/a.gif", body=GIF, wait=None, **fetch):
    """The status, and whether the file was asked for."""
    paths = []

    def behave(handler, seen):
        if seen.method != "GET":
            return False
        paths.append(seen.path)
        if wait:
            wait.wait(20)
        handler.send_response(200)
        handler.send_header("Content-Type", "image/gif")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)
        return True

    bench.upstream.behave = behave
    messages = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": f"http://127.0.0.1:{bench.upstream.port}{path}"}}]}]
    config = merged({"fetch": fetch}, {"providers": {"p": {"capabilities": {"media_urls": []}}}})
    return bench.ask(config, messages=messages).outcome.status, len(paths)


@row("fetch.allowed")
def _(bench):
    assert asked(bench, **{**HERE, "allowed": False}) == (109, 0) and asked(bench, **HERE) == (0, 1)


@row("fetch.max_bytes")
def _(bench):
    body = GIF + bytes(5000)
    assert asked(bench, body=body, **HERE, max_bytes=5000) == (209, 1) and asked(bench, body=body, **HERE, max_bytes=6000) == (0, 1)


@row("fetch.timeout")
def _(bench):
    event = threading.Event()
    assert asked(bench, wait=event, **HERE, timeout=0.1) == (300, 1)
    event.set()
    assert asked(bench, wait=event, **HERE, timeout=20) == (0, 1)


@row("fetch.allow_hosts")
def _(bench):
    assert asked(bench, **HERE, allow_hosts=["files.example"]) == (110, 0) and asked(bench, **HERE, allow_hosts=["127.0.0.1"]) == (0, 1)


@row("fetch.allow_addresses")
def _(bench):
    assert asked(bench, allowed=True, allow_addresses=["10.0.0.0/8"]) == (110, 0) and asked(bench, allowed=True, allow_addresses=["127.0.0.0/8"]) == (0, 1)
