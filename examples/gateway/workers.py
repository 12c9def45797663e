"""Several processes that take connections from one socket. One that dies is started again; when one cannot start, all of them end."""

from __future__ import annotations

import logging
import os
import signal
import time
from typing import Any, Callable, Dict, NamedTuple

from .settings import Settings

log = logging.getLogger("gateway")
Ready = Callable[[], None]
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_MOST = 3
"""So many in a row that never came to work, and the gateway gives up."""


class _Worker(NamedTuple):
    number: int
    told: int
    """The end of a pipe, in which there is a byte when it has come to work."""


class Workers:
    def __init__(self, settings: Settings, work: Callable[[Settings, int, Ready], None], read: Callable[[], Settings]) -> None:
        self._settings, self._work, self._read = settings, work, read
        self._running: Dict[int, _Worker] = {}  # by the id of the process
        self._ending = False

    def supervise(self) -> int:
        """Returns when all have ended: the exit code."""
        for name in SIGNALS:
            signal.signal(name, self._tell)
        for number in range(self._settings.workers):
            self._start(number)
        failed = code = 0
        while self._running:
            child, status = os.wait()
            worker = self._running.pop(child, None)
            if worker is None:
                continue
            failed = 0 if os.read(worker.told, 1) else failed + 1
            os.close(worker.told)
            if self._ending:
                continue
            if failed >= _MOST:
                log.error("worker %d ended (%s), and so did others before they came to work: the gateway ends", worker.number, _why(status))
                code = 1
                self._tell(signal.SIGTERM)
                continue
            log.error("worker %d ended (%s) and is started again", worker.number, _why(status))
            time.sleep(1)
            self._start(worker.number)
        return code

    def _start(self, number: int) -> None:
        """Signals wait until the new process has made up its mind about them, and until this one knows it."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        if not self._ending:
            told, tells = os.pipe()
            child = os.fork()
            if not child:
                self._be(number, tells)
            os.close(tells)
            self._running[child] = _Worker(number, told)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _be(self, number: int, tells: int) -> None:
        code = 1
        try:
            for name in SIGNALS:
                signal.signal(name, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGTERM, signal.SIGINT))  # `serve` lets SIGHUP in when it can hear it
            self._work(self._settings, number, lambda: os.write(tells, b".") and None)
            code = 0
        except SystemExit as told:
            code = told.code if isinstance(told.code, int) else 1
        except BaseException as error:
            log.error("worker %d: %s: %s", number, type(error).__name__, error)
        finally:
            logging.shutdown()
            os._exit(code)

    def _tell(self, number: int, _: Any = None) -> None:
        if number == signal.SIGHUP:
            try:
                self._settings = self._read()  # with which the next ones start
            except Exception:
                pass  # a wrong file changes nothing, and the workers tell what is wrong with it
        else:
            self._ending = True
        for child in list(self._running):
            try:
                os.kill(child, signal.SIGHUP if number == signal.SIGHUP else signal.SIGTERM)
            except ProcessLookupError:
                pass


def _why(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
