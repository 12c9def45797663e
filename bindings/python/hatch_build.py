"""Puts libgatelet.so into the wheel and tags the wheel with the platform it was built for."""

from __future__ import annotations

import os
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CHECKOUT = Path(__file__).resolve().parents[2]


def find_library() -> Path:
    """GATELET_LIBRARY, else the checkout's release build, else that build made now."""
    named = os.environ.get("GATELET_LIBRARY")
    if named:
        return Path(named).resolve(strict=True)
    built = CHECKOUT / "build" / "lib" / "libgatelet.so"
    if not built.exists():
        subprocess.run(["make"], cwd=CHECKOUT, check=True)
    return built.resolve(strict=True)


class LibraryHook(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return  # the source tree finds the library through GATELET_LIBRARY or build/lib
        build_data["force_include"][str(find_library())] = "gatelet/libgatelet.so"
        build_data["force_include"][str(CHECKOUT / "data" / "models.tsv")] = "gatelet/gatelet/models.tsv"
        build_data["pure_python"] = False
        platform = os.environ.get("GATELET_PLATFORM") or sysconfig.get_platform()
        build_data["tag"] = "py3-none-" + platform.replace("-", "_").replace(".", "_")
