"""The version of the package: the header's, in a checkout as well as in a source distribution, which has the checkout in `source`."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).resolve().parent


def checkout() -> Path:
    """Where the library's sources lie."""
    beside = HERE / "source"
    return beside if (beside / "include/gatelet.h").exists() else HERE.parents[1]


def version() -> str:
    header = (checkout() / "include/gatelet.h").read_text()
    found = re.search(r'^#define GATELET_VERSION "([^"]+)"', header, re.M)
    if not found:
        raise ValueError("include/gatelet.h has no GATELET_VERSION")
    return found[1]
