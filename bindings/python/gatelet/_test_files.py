"""The files of `test-models`: results that are complete after each model, and a log with a line per event."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from typing import Any, Dict, List, Optional

from . import _test_earlier
from ._plain import plain
from .reports import ModelTestEvent, ModelTestResults


class Files:
    def __init__(self, results: str, log: str, *, fresh: bool, without_failed: bool) -> None:
        """Before anything is asked, it is known that the results can be written."""
        self._path = results
        self._report: Dict[str, Any] = {}
        self._waits = False
        self._try_place()
        self.earlier = None if fresh else _test_earlier.read(results)
        if self.earlier is not None:
            self._report = self.earlier = _test_earlier.kept(self.earlier, without_failed=without_failed)
        # As text: a file of thousands of models is written after each of them.
        self._results: List[str] = [_line(one) for one in self.earlier["results"]] if self.earlier else []
        self._log_path = log
        self._tells_nothing = not os.path.exists(log)
        try:
            self._log = open(log, "a", encoding="utf-8")
        except OSError as error:
            raise _unwritable(log, "--log", error) from None
        try:
            self.log("BEGIN", f"{len(self._results)} results of an earlier run are kept" if self._results else "")
        except OSError:
            with suppress(OSError):  # else what could not be written is complained about again when the file is dropped
                self._log.close()
            raise

    def __enter__(self) -> "Files":
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # what a full disk did not take was complained about before
            self._log.close()
        if self._tells_nothing:  # the run ended before a model was asked, and said why: no file is left of it
            with suppress(OSError):
                os.remove(self._log_path)

    def log(self, what: str, text: str) -> None:
        now = time.time()
        stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now)) + f",{int(now % 1 * 1000):03}"
        try:
            self._log.write(f"{stamp} {what:8} {plain(' '.join(text.split()))}".rstrip() + "\n")
            self._log.flush()
        except OSError as error:
            raise _unwritable(self._log_path, "--log", error) from None

    def note(self, event: ModelTestEvent) -> None:
        """Whatever happens after this does not lose it."""
        self._tells_nothing = False
        slug = f"{event.provider}/{event.model}" if event.provider else str(event.model)
        if event.event == "start":
            self.log("START", f"{slug} ({event.done + event.running + 1} of {event.total})")
        elif event.event == "finish":
            self._finish(event, slug)
        elif not self._waits and not event.running and event.wait_ms:
            self.log("WAIT", f"{event.wait_ms / 1000:.1f} s until the next model")
        self._waits = event.event == "wait"

    def _finish(self, event: ModelTestEvent, slug: str) -> None:
        result = event["result"].to_dict()
        self._results.append(_line(result))
        if event.status == "skipped":  # found out anew by the next run
            return self.log("SKIPPED", f"{slug}: {event.reason}")
        self._report = event["report"].to_dict()
        self._write()
        took = "" if event.latency_ms is None else f" {event.latency_ms / 1000:.3f} s"
        if event.status == "success":
            return self.log("SUCCESS", f"{slug}{took}, {result.get('tokens') or 'unknown number of'} tokens")
        self.log("FAILED", f"{slug}{took}: {event.reason}: {(result.get('error') or {}).get('message', '')}")

    def write(self, results: ModelTestResults) -> None:
        """The end of a run."""
        self._tells_nothing = False
        self._report = results.to_dict()
        self._results = [_line(one) for one in self._report["results"]]
        self._write()
        told = results.summary
        self.log("END", f"{told.successful} successful, {told.failed} failed, {told.skipped} skipped, {told.remaining} left")

    def report(self) -> Optional[ModelTestResults]:
        """What the file says; None: nothing yet."""
        if not self._report:
            return None
        return ModelTestResults({**self._report, "results": [json.loads(one) for one in self._results]})

    def _write(self) -> None:
        parts: List[str] = []
        for name, value in self._report.items():
            if name != "results":
                parts.append(f"{_line(name)}: {_line(value)}")
            if name == "summary":
                inside = ",\n".join(self._results)
                parts.append(f'"results": [\n{inside}\n]')
        try:
            with open(self._unfinished, "w", encoding="utf-8") as file:
                file.write("{\n" + ",\n".join(parts) + "\n}\n")
            os.replace(self._unfinished, self._path)
        except OSError as error:
            raise _unwritable(self._path, "--results", error) from None

    @property
    def _unfinished(self) -> str:
        return self._path + ".tmp"

    def _try_place(self) -> None:
        """Finds out what `_write` would, and leaves the results that are there alone."""
        for path in (self._path, self._unfinished):
            if os.path.exists(path) and not os.path.isfile(path):  # a folder, a device, a pipe
                raise ValueError(f"{path} is not a file that could be replaced: name another one (--results)")
        try:
            with open(self._unfinished, "w"):
                pass
            os.remove(self._unfinished)
        except OSError as error:
            raise _unwritable(self._path, "--results", error) from None


def _unwritable(path: str, option: str, error: OSError) -> OSError:
    return OSError(f"{path} cannot be written ({error.strerror}): name another file ({option})")


def _line(value: Any) -> str:
    return plain(json.dumps(value, ensure_ascii=False))
