"""python -m gateway [gateway.json]: starts the gateway. SIGHUP has it read the file anew, SIGTERM lets requests under way end first."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import socket
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Iterator, Set

import uvicorn

from .app import create
from .raw_paths import rules_of
from .settings import Settings, SettingsError, load

log = logging.getLogger("gateway")


class Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:  # they are `serve`'s
        yield


async def serve(path: str, settings: Settings, listening: socket.socket, worker: int, records: str) -> None:
    app = create(path, settings, worker, records)
    server = Server(uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=int(settings.drain)))
    loop = asyncio.get_running_loop()
    tasks: Set[Any] = set()

    async def end() -> None:
        app.state.gateway.draining = True
        await asyncio.sleep(app.state.gateway.settings.drain_delay)
        server.should_exit = True

    def begin(work: Any) -> None:
        task = loop.create_task(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    def stop() -> None:
        if app.state.gateway.draining:  # the second time at once
            server.should_exit = server.force_exit = True
        else:
            begin(end())

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    loop.add_signal_handler(signal.SIGHUP, lambda: begin(app.state.gateway.reload()))
    await server.serve(sockets=[listening])
    if not server.started:
        sys.exit(3)


def run(path: str, settings: Settings, listening: socket.socket, worker: int, records: str) -> None:
    try:
        import uvloop

        loop = uvloop.new_event_loop()
    except ImportError:
        loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.run_until_complete(serve(path, settings, listening, worker, records))


def supervise(path: str, settings: Settings, listening: socket.socket, records: str) -> None:
    """Several processes that take connections from one socket. One that dies is started again."""
    workers = {}
    ending = False

    def start(number: int) -> None:
        child = os.fork()
        if child:
            workers[child] = number
            return
        for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(name, signal.SIG_DFL)
        code = 1
        try:
            run(path, settings, listening, number, records)
            code = 0
        except SystemExit as told:
            code = int(told.code or 0)
        finally:
            logging.shutdown()
            os._exit(code)

    def tell(number: int, _: Any) -> None:
        nonlocal ending
        ending = ending or number != signal.SIGHUP
        for child in list(workers):
            os.kill(child, signal.SIGHUP if number == signal.SIGHUP else signal.SIGTERM)

    for number in range(settings.workers):
        start(number)
    for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(name, tell)
    while workers:
        child, status = os.wait()
        number = workers.pop(child, None)
        if number is not None and not ending:
            log.error("worker %d ended (%d) and is started again", number, status)
            time.sleep(1)
            if not ending:
                start(number)


def main() -> None:
    parser = argparse.ArgumentParser(prog="gateway", description=__doc__)
    parser.add_argument("settings", nargs="?", default="gateway.json")
    parser.add_argument("--port", type=int, help="another one than the file's; 0: a free one")
    asked = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("gatelet").setLevel(logging.WARNING)
    path = str(Path(asked.settings).resolve())
    try:
        settings = load(path)
        rules_of(settings)
        if asked.port is not None:
            settings.port = asked.port
        listening = _listen(settings)
    except (SettingsError, OSError) as error:
        sys.exit(f"gateway: {error}")
    log.info("http://%s:%d", f"[{settings.host}]" if ":" in settings.host else settings.host, settings.port)
    with TemporaryDirectory(prefix="gateway-") as folder:
        records = folder + "/records.jsonl"
        if settings.workers > 1:
            log.info("%d workers: limits and budgets count in each of them by itself, so a key may use %d times its own", settings.workers, settings.workers)
            supervise(path, settings, listening, records)
        else:
            run(path, settings, listening, 0, records)


def _listen(settings: Settings) -> socket.socket:
    made = socket.create_server((settings.host, settings.port), family=socket.AF_INET6 if ":" in settings.host else socket.AF_INET, backlog=2048)
    settings.port = made.getsockname()[1]
    return made


if __name__ == "__main__":
    main()
