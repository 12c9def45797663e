"""Every block of docs/official-sdks.md runs, on the development provider."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Dict

import pytest

PAGE = (Path(__file__).parents[2] / "docs/official-sdks.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, flags=re.S)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_block(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEV_MODE", "true")
    done = subprocess.run([sys.executable, "-W", "error", "-c", BLOCKS[number]], capture_output=True, text=True, timeout=100)
    assert done.returncode == 0 and done.stdout.strip() and not done.stderr, done


def test_what_is_served_is_told() -> None:
    from gatelet._transport import shapes

    told: Dict[str, str] = dict(re.findall(r"^\| `([a-z-]+)`.*? \| (.*) \|$", PAGE, flags=re.M))
    for shape in shapes.Shape, shapes.AnthropicShape:
        for path in shape.posts:
            assert f"/{path}`" in told[shape.sdk], path
