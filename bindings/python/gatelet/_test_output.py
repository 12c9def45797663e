"""What `test-models` shows: a bar on a terminal, lines elsewhere, and the summary."""

from __future__ import annotations

import shutil
from typing import Any, List, Optional, TextIO

from ._plain import cut, plain
from .reports import ModelTestEvent, ModelTestResults


def _duration(ms: float) -> str:
    seconds = int(ms / 1000 + 0.5)
    hours, minutes = seconds // 3600, seconds // 60 % 60
    return f"{hours}:{minutes:02}:{seconds % 60:02}" if hours else f"{minutes}:{seconds % 60:02}"


class Bar:
    """One line that is drawn anew with every event."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._current = ""

    def __call__(self, event: ModelTestEvent) -> None:
        if event.event == "start":
            self._current = f"{event.provider}/{event.model}"
        width = shutil.get_terminal_size().columns or 80  # up to Python 3.10 it tells 0 of a terminal that does not know its own
        share = event.done / event.total if event.total else 0.0
        cells = 24 if width >= 90 else 10
        full = int(share * cells)
        text = f"[{'#' * full}{'-' * (cells - full)}] {event.done}/{event.total} {event.passed} ok, {event.failed} failed"
        if event.eta_ms is not None:
            text += f", ETA {_duration(event.eta_ms)}"
        self._out.write(f"\r{cut(self._printable(text + self._now(event)), width - 1)}\x1b[K")
        self._out.flush()

    def _printable(self, text: str) -> str:
        """With the escapes that the terminal's encoding needs already in it: they take room."""
        encoding = self._out.encoding or "utf-8"
        return plain(text).encode(encoding, "backslashreplace").decode(encoding)

    def _now(self, event: ModelTestEvent) -> str:
        if event.running or event.event == "start":
            more = f" (+{event.running - 1})" if event.running > 1 else ""
            return f"  {self._current}{more}"
        return f"  next in {_duration(event.wait_ms)}" if event.wait_ms else ""

    def end(self) -> None:
        self._out.write("\r\x1b[K")
        self._out.flush()


class Lines:
    """A line for each model."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def __call__(self, event: ModelTestEvent) -> None:
        if event.event != "finish":
            return
        slug = f"{event.provider}/{event.model}" if event.provider else event.model
        if event.status == "skipped":
            return self._print(f"skipped  {slug}: {event.reason}")
        took = "" if event.latency_ms is None else f" {event.latency_ms / 1000:.2f}s"
        why = "" if event.reason is None else f": {event.reason}"
        self._print(f"[{event.done}/{event.total}] {event.status} {slug}{took}{why}")

    def _print(self, line: str) -> None:
        print(plain(line), file=self._out, flush=True)

    def end(self) -> None:
        pass


def summary(report: ModelTestResults) -> List[str]:
    """In the layout of the OpenRouter integration's document."""
    told = report.summary
    providers = sorted({one.provider for one in report if one.provider and one.status != "skipped"})
    title = f"{providers[0].upper()} MODEL TEST SUMMARY" if len(providers) == 1 else "MODEL TEST SUMMARY"
    rate, average = told.success_rate, told.average_latency
    lines = [
        title,
        "=" * 80,
        f"Total Models Tested: {told.total}",
        f"Successful Tests: {told.successful}",
        f"Failed Tests: {told.failed}",
        f"Success Rate: {_or_unknown(rate, '.1f')}{'' if rate is None else '%'}",
        f"Average Latency: {_or_unknown(average, '.2f')}{'' if average is None else ' seconds'}",
        f"Total Duration: {told.duration / 60:.1f} minutes",
    ]

    def named(one: Any) -> str:
        name = one.name or one.model
        return f"{name} ({one.provider})" if len(providers) > 1 and one.provider else str(name)

    failed = [f"  - {named(one)}: {one.reason}" for one in report if one.status == "failed"]
    fastest = [f"  {place}. {named(one)}: {one.latency_ms / 1000:.1f}s" for place, one in enumerate(report.fastest, 1)]
    missing = [f"  - {one.provider}: {one.error.message}" for one in report.errors]
    for head, part in (("FAILED MODELS:", failed), ("TOP 5 FASTEST MODELS:", fastest), ("MODEL LISTS NOT AVAILABLE:", missing)):
        if part:
            lines += ["", head, *part]
    left = [f"{told.skipped} models skipped: not for chat"] if told.skipped else []
    if told.remaining:
        left.append(f"{told.remaining} models left: run again to go on")
    return [plain(line) for line in (lines + ["", *left] if left else lines)]


def _or_unknown(value: Optional[float], form: str) -> str:
    return "unknown" if value is None else format(value, form)
