"""Puts libgatelet.so into the wheel, tags the wheel with the platform it was built for, and names the project's addresses."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

sys.path.insert(0, str(Path(__file__).resolve().parent))
from hatch_version import checkout  # noqa: E402

TOOLCHAIN = "https://www.swift.org/install"


class LibraryHook(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel" or version == "editable":
            return  # the source tree finds the library through GATELET_LIBRARY or build/lib
        build_data["force_include"][str(self._library())] = "gatelet/libgatelet.so"
        build_data["force_include"][str(checkout() / "data" / "models.tsv")] = "gatelet/gatelet/models.tsv"
        build_data["pure_python"] = False
        platform = os.environ.get("GATELET_PLATFORM") or sysconfig.get_platform()
        build_data["tag"] = "py3-none-" + platform.replace("-", "_").replace(".", "_")

    def _library(self) -> Path:
        """GATELET_LIBRARY, else the checkout's release build, else that build made now."""
        named = os.environ.get("GATELET_LIBRARY")
        if named:
            return Path(named).resolve(strict=True)
        built = checkout() / "build" / "lib" / "libgatelet.so"
        if not built.exists():
            self._make()
        return built.resolve(strict=True)

    def _make(self) -> None:
        """`make` installs nothing; what else it misses it says itself."""
        if not shutil.which("make"):
            self._abort("make, which builds its library, is not installed (Debian: apt-get install make)")
        if not shutil.which("swift"):
            self._abort(f"the Swift 6.3 toolchain, which compiles its library, is not installed or not on PATH: {TOOLCHAIN}")
        environment = dict(os.environ)
        if not (checkout() / "Tests").exists():
            environment["GATELET_WITHOUT_TESTS"] = "1"
        done = subprocess.run(["make"], cwd=checkout(), env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            self._abort(f"`make` in {checkout()} failed:\n{done.stdout}")

    def _abort(self, why: str) -> None:
        self.app.abort(f"Gatelet cannot be built: {why}. GATELET_LIBRARY=/path/to/libgatelet.so takes a library that is built already.")


class Addresses(MetadataHookInterface):
    """GATELET_URLS: "Homepage=https://..., Source=https://...", as whoever publishes the package has them."""

    def update(self, metadata: dict[str, Any]) -> None:
        pairs = [pair.partition("=") for pair in os.environ.get("GATELET_URLS", "").split(",") if "=" in pair]
        metadata["urls"] = {name.strip(): address.strip() for name, _, address in pairs}


def get_metadata_hook() -> type[MetadataHookInterface]:
    return Addresses


def get_build_hook() -> type[BuildHookInterface[Any]]:
    return LibraryHook
