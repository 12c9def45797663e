"""Questions to providers that block: a thread of its own asks them, so that the caller's notices Ctrl-C while nobody answers."""

from __future__ import annotations

import json
from itertools import count
from queue import SimpleQueue
from threading import Thread
from typing import Optional, Union

from ._native import Native

_numbers = count(1)


def providers(native: Native, query: Optional[bytes]) -> bytes:
    cancel_id = f"python-{next(_numbers)}"
    asked = json.dumps({**json.loads(query or b"{}"), "cancel_id": cancel_id}).encode()
    answers: "SimpleQueue[Union[bytes, BaseException]]" = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(native.providers(asked))
        except BaseException as error:
            answers.put(error)

    thread = Thread(target=ask, name="gatelet-providers", daemon=True)
    thread.start()
    try:
        answer = answers.get()
    except BaseException:  # Ctrl-C
        native.cancel(cancel_id)
        thread.join()
        raise
    if isinstance(answer, BaseException):
        raise answer
    return answer
