"""Model lists as the two clients fetch them: shared by all callers, old ones at once, and read beside the event loop."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Dict, Iterator, List

import gatelet
import pytest
from conftest import eventually


class Lister:
    """A provider that counts how often it is asked for its list."""

    def __init__(self) -> None:
        lister = self
        self.fetches = self.answered = 0
        self.slow = 0.0
        self.body = self.list("a")

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                lister.fetches += 1
                time.sleep(lister.slow)
                lister.answered += 1
                self.send_response(200)
                self.send_header("content-length", str(len(lister.body)))
                self.end_headers()
                self.wfile.write(lister.body)

            def log_message(self, *_: Any) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            def handle_error(self, *_: Any) -> None:  # clients that left
                pass

        self._http = Quiet(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()

    def list(self, *ids: str) -> bytes:
        return json.dumps({"data": [{"id": name, "name": name * 3, "context_length": 8192} for name in ids]}).encode()

    def config(self, **more: Any) -> Dict[str, Any]:
        provider = {"base_url": f"http://127.0.0.1:{self._http.server_port}/v1", "key": "none"}
        return {"environment": False, "providers": {"up": provider}, **more}

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def lister() -> Iterator[Lister]:
    made = Lister()
    yield made
    made.stop()


def ids(models: Any) -> List[str]:
    return [model.id for model in models]


def test_threads_share_one_fetch(lister: Lister) -> None:
    lister.slow = 0.3
    with gatelet.Client(lister.config()) as client, ThreadPoolExecutor(16) as pool:
        for count, fresh in [(1, False), (1, False), (2, True)]:
            found = list(pool.map(lambda _: ids(client.models.list(fresh=fresh)), range(16)))
            assert found == [["a"]] * 16 and lister.fetches == count


async def test_tasks_share_one_fetch(lister: Lister) -> None:
    lister.slow = 0.3
    async with gatelet.AsyncClient(lister.config()) as client:
        found = await asyncio.gather(*(client.models.list() for _ in range(16)))
        assert [ids(models) for models in found] == [["a"]] * 16 and lister.fetches == 1


def test_a_stale_list_is_answered_at_once(lister: Lister) -> None:
    with gatelet.Client(lister.config(lists={"fresh": 0.2, "stale": 60})) as client:
        client.models.list()
        time.sleep(0.3)
        lister.slow, lister.body = 0.5, lister.list("b")
        old = client.models.list()
        assert ids(old) == ["a"] and old.to_dict()["lists"][0]["stale"]
        eventually(lambda: ids(client.models.list()) == ["b"])


def test_ctrl_c_while_a_list_is_on_its_way(lister: Lister) -> None:
    lister.slow = 6
    code = """
import gatelet, json, sys
client = gatelet.Client(json.loads(sys.argv[1]))
print("waiting", flush=True)
try:
    client.models.list()
except KeyboardInterrupt:
    print("interrupted", flush=True)
print(len(client.models.list().data))
"""
    with subprocess.Popen([sys.executable, "-c", code, json.dumps(lister.config())], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdout.readline() == "waiting\n"
        eventually(lambda: lister.fetches == 1)
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "interrupted\n" and lister.answered == 0
        assert process.stdout.readline() == "1\n" and lister.fetches == 1  # others may have waited for it


def test_closing_the_client_ends_a_list(lister: Lister) -> None:
    lister.slow = 6
    client = gatelet.Client(lister.config())
    threading.Timer(0.3, client.close).start()
    with pytest.raises(gatelet.ClosedError):
        client.models.list()
    assert lister.answered == 0


async def test_a_long_list_does_not_stop_the_loop(lister: Lister, tmp_path: Any) -> None:
    lister.body = lister.list(*(f"model-{number}-{'x' * 200}" for number in range(20_000)))
    for _ in range(2):  # the second time it is on disk
        gaps, work = [0.0], [0.0]
        async with gatelet.AsyncClient(lister.config(cache_dir=str(tmp_path))) as client:
            asked = asyncio.ensure_future(client.models.list(limit=1))
            while not asked.done():
                start, busy = time.monotonic(), time.thread_time()
                await asyncio.sleep(0.005)
                gaps.append(time.monotonic() - start)
                work.append(time.thread_time() - busy)
            assert asked.result().to_dict()["total"] == 20_000 and lister.fetches == 1
        assert max(work) < 0.15 and max(gaps) < 1.5, (sorted(work)[-3:], sorted(gaps)[-3:])


async def test_cancelled_and_closed_lists(lister: Lister, caplog: pytest.LogCaptureFixture) -> None:
    lister.slow = 1
    client = gatelet.AsyncClient(lister.config())
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(client.models.list(), 0.2)
    assert ids(await client.models.list()) == ["a"] and lister.fetches == 1
    with pytest.raises(gatelet.InvalidRequestError, match="min_context"):
        await client.models.list(min_context=-1)
    waiting = asyncio.ensure_future(client.models.list(fresh=True))
    await asyncio.sleep(0.2)
    await client.aclose()
    with pytest.raises(gatelet.ClosedError):
        await waiting
    assert not caplog.records


def test_a_loop_that_ends_while_a_list_comes_is_silent(lister: Lister, caplog: pytest.LogCaptureFixture) -> None:
    lister.slow = 0.3

    async def leave(client: gatelet.AsyncClient) -> None:
        asyncio.ensure_future(client.models.list())
        await asyncio.sleep(0.1)

    for _ in range(2):
        client = gatelet.AsyncClient(lister.config())
        asyncio.run(leave(client))
        assert ids(asyncio.run(_ask(client))) == ["a"]
    assert not caplog.records


async def _ask(client: gatelet.AsyncClient) -> Any:
    return await client.models.list()
