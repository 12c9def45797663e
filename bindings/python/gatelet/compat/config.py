"""Config.<PROVIDER>_API_KEY and its like: variables of the environment, read when they are asked for."""

from __future__ import annotations

import os
from typing import Optional


class _Variables(type):
    def __getattr__(cls, name: str) -> Optional[str]:
        if not name.isupper():
            raise AttributeError(name)
        return os.environ.get(name)


class Config(metaclass=_Variables):
    """A variable that is not set is None."""
