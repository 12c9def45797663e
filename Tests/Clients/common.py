from __future__ import annotations

import time
from typing import Any, Callable

HELLO = "Say hello."
SAID = "You said: Say hello."
MESSAGES: Any = [{"role": "user", "content": HELLO}]


def eventually(true: Callable[[], bool], seconds: float = 100) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.02)
