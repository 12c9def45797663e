from __future__ import annotations

import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent


def frameworks() -> str:
    """The Python that has LangChain and its like."""
    made = subprocess.run([str(HERE.parent / "Support/frameworks")], capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()
