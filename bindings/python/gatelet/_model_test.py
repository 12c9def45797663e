"""Client.test_models: the library's test runs in a thread of its own, so that the caller's notices Ctrl-C while models answer
or nothing happens."""

from __future__ import annotations

from _thread import get_ident
from queue import SimpleQueue
from threading import Thread
from typing import Any, Callable, Dict, List, Optional

from . import _errors, _hook, _request
from ._native import Native
from .reports import ModelTestEvent, ModelTestResults
from .types import parse

Progress = Optional[Callable[[ModelTestEvent], object]]


def run(native: Native, options: Dict[str, Any], on_progress: Progress) -> ModelTestResults:
    for name in ("models", "provider"):
        if options[name] is not None and not options[name]:  # a list that came out empty is not meant to cost the price of all
            raise _errors.make(102, {"kind": "json", "message": f"`options.{name}` must not be empty: leave it out to ask all"})
    asked = _request.to_json({name: value for name, value in options.items() if value is not None})
    parse(b"{}")  # what parses is loaded by its first use, which would otherwise come between the first model's time and its request
    test = _Test(native, asked)
    test.start()
    try:
        for event in iter(test.events.get, None):
            test.go_on(bool(on_progress and on_progress(ModelTestEvent(parse(event)))))
    finally:
        test.go_on(True)  # what ends the loop early stops the test at its next event
        test.join()
    if test.raised:
        raise test.raised[0]
    return ModelTestResults(parse(test.results))


class _Test(Thread):
    """Waits at each event for what the caller's thread has to say to it."""

    def __init__(self, native: Native, options: bytes) -> None:
        super().__init__(name="gatelet-test-models", daemon=True)
        self._native = native
        self._options = options
        self._stops: "SimpleQueue[bool]" = SimpleQueue()
        self.events: "SimpleQueue[Optional[bytes]]" = SimpleQueue()
        self.results = b""
        self.raised: List[BaseException] = []

    def go_on(self, stop: bool) -> None:
        self._stops.put(stop)

    def run(self) -> None:
        try:
            self.results = self._native.test_models(self._options, self._told)
        except BaseException as error:
            self.raised.append(error)
        self._notice_hook()
        self.events.put(None)

    def _told(self, event: bytes, _: Any) -> int:
        if self._notice_hook():
            return 1
        self.events.put(event)
        return int(self._stops.get())

    def _notice_hook(self) -> bool:
        """A veto refuses one model; anything else that a hook raises ends the test."""
        error = _hook.raised.pop(get_ident(), None)
        if error is not None and not isinstance(error, _hook.Veto):
            self.raised.insert(0, error)
        return bool(self.raised)
