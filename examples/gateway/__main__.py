"""python -m gateway [gateway.json]: starts the gateway. SIGHUP has it read the file anew, SIGTERM lets requests under way end first."""

from __future__ import annotations

import argparse
import asyncio
import logging
import math
import signal
import socket
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Iterator, Set

import uvicorn
from gatelet import Client, GateletError

from .app import Gateway, create
from .raw_paths import rules_of
from .settings import Settings, SettingsError, check, in_our_words, library_config, load
from .workers import SIGNALS, Ready, Workers

log = logging.getLogger("gateway")


class Server(uvicorn.Server):
    """Tells when it has come to work."""

    ready: Ready = staticmethod(lambda: None)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:  # they are `serve`'s
        yield

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            self.ready()


async def serve(path: str, settings: Settings, listening: socket.socket, worker: int, records: str, ready: Ready) -> None:
    app = create(path, settings, worker, records)
    gateway: Gateway = app.state.gateway
    server = Server(uvicorn.Config(app, log_level="warning", access_log=False))
    server.ready = ready
    loop = asyncio.get_running_loop()
    tasks: Set[Any] = set()

    async def end() -> None:
        gateway.draining = True
        await asyncio.sleep(gateway.settings.drain_delay)
        server.config.timeout_graceful_shutdown = math.ceil(gateway.settings.drain) + 5
        server.should_exit = True
        await asyncio.sleep(gateway.settings.drain)
        while True:
            gateway.live.cut()  # which tells the clients; who does not read that has some seconds more
            await asyncio.sleep(0.2)

    def begin(work: Any) -> None:
        task = loop.create_task(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    def stop() -> None:
        if gateway.draining:  # the second time at once
            server.should_exit = server.force_exit = True
        else:
            begin(end())

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    loop.add_signal_handler(signal.SIGHUP, lambda: begin(gateway.reload()))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    await server.serve(sockets=[listening])
    for task in tasks:
        task.cancel()
    if not server.started:
        sys.exit(3)


def run(path: str, settings: Settings, listening: socket.socket, worker: int, records: str, ready: Ready = lambda: None) -> None:
    try:
        import uvloop

        loop = uvloop.new_event_loop()
    except ImportError:
        loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.run_until_complete(serve(path, settings, listening, worker, records, ready))


def main() -> None:
    parser = argparse.ArgumentParser(prog="gateway", description=__doc__)
    parser.add_argument("settings", nargs="?", default="gateway.json")
    parser.add_argument("--port", type=int, help="another one than the file's; 0: a free one")
    asked = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("gatelet").setLevel(logging.WARNING)
    path = str(Path(asked.settings).resolve())
    try:
        settings = read(path)
        if asked.port is not None:
            check("--port", asked.port, Settings, "port")
            settings.port = asked.port
        listening = _listen(settings)
    except (SettingsError, OSError) as error:
        sys.exit(f"gateway: {error}")
    log.info("http://%s:%d", f"[{settings.host}]" if ":" in settings.host else settings.host, settings.port)
    with TemporaryDirectory(prefix="gateway-") as folder:
        records = folder + "/records.jsonl"
        if settings.workers == 1:
            return run(path, settings, listening, 0, records)
        if settings.shares_limits:
            log.info("%d workers, which share limits and budgets through Redis", settings.workers)
        else:
            log.info("%d workers: limits and budgets count in each of them by itself, so a key may use %d times its own", settings.workers, settings.workers)
        work = lambda found, number, ready: run(path, found, listening, number, records, ready)  # noqa: E731
        code = Workers(settings, work, lambda: read(path)).supervise()
    sys.exit(code)


def read(path: str) -> Settings:
    """The file, when the library takes what it says as well: else no worker need be started."""
    settings = load(path)
    rules_of(settings)
    try:
        Client(library_config(settings)).close()
    except GateletError as error:
        raise SettingsError(f"{path}: {in_our_words(settings, error.message)}") from None
    return settings


def _listen(settings: Settings) -> socket.socket:
    made = socket.create_server((settings.host, settings.port), family=socket.AF_INET6 if ":" in settings.host else socket.AF_INET, backlog=2048)
    settings.port = made.getsockname()[1]
    return made


if __name__ == "__main__":
    main()
