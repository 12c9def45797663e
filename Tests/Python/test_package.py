"""The package itself: wheel, types, what an import does, what is promised in its README."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import gatelet
import pytest
from gatelet import _library

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "bindings/python"


def run(*command: str, **environment: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_main_prints_version_and_path() -> None:
    first, second = run(sys.executable, "-m", "gatelet").splitlines()
    assert first == f"gatelet {gatelet.version()}" and second == gatelet.library_path() and Path(second).exists()


def test_import_loads_and_starts_nothing() -> None:
    code = "import sys, gatelet; print('libgatelet' in open('/proc/self/maps').read(), 'asyncio' in sys.modules)"
    assert run(sys.executable, "-c", code).split() == ["False", "False"]


def test_wheel_holds_the_library_and_works_elsewhere(tmp_path: Path) -> None:
    library = gatelet.library_path()
    run(
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-build-isolation",
        "--no-deps",
        "-q",
        "-w",
        str(tmp_path),
        str(PACKAGE),
        GATELET_LIBRARY=library,
    )
    [wheel] = tmp_path.glob("*.whl")
    assert re.fullmatch(rf"gatelet-{re.escape(gatelet.version())}-py3-none-linux_\w+\.whl", wheel.name)
    with zipfile.ZipFile(wheel) as archive:
        assert {"gatelet/libgatelet.so", "gatelet/py.typed", "gatelet/__init__.py", "gatelet/options/config.py"} <= set(archive.namelist())
        assert archive.read("gatelet/libgatelet.so") == Path(library).read_bytes()
        archive.extractall(tmp_path / "site")
    environment = {key: value for key, value in os.environ.items() if key != "GATELET_LIBRARY"}
    code = "import gatelet; c = gatelet.Client(dev_mode=True); print(gatelet.library_path(), c.chat.completions.create(messages=[{'role': 'user', 'content': 'x'}]).gatelet.provider)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**environment, "PYTHONPATH": str(tmp_path / "site")},
    )
    assert done.stdout.split() == [str(tmp_path / "site/gatelet/libgatelet.so"), "dev"], done.stderr


def test_types_are_strict() -> None:
    run(
        sys.executable,
        "-m",
        "mypy",
        "--config-file",
        str(PACKAGE / "pyproject.toml"),
        str(PACKAGE / "gatelet"),
        *(str(Path(__file__).parent / f"{name}.py") for name in ("typed_use", "samples")),
    )


def test_every_name_is_there() -> None:
    for name in gatelet.__all__:
        assert getattr(gatelet, name) is not None
    with pytest.raises(AttributeError):
        gatelet.Cliend  # noqa: B018


def test_signatures_match_the_header() -> None:
    header = (ROOT / "include/gatelet.h").read_text()
    header = re.sub(r"/\*.*?\*/", "", header, flags=re.S)
    for name, (_, arguments) in {**_library._SIGNATURES, **_library._LATER}.items():
        found = re.search(rf"\b{name}\(([^)]*)\)", header)
        assert found, name
        declared = [] if found[1].strip() == "void" else found[1].split(",")
        assert len(declared) == len(arguments), name


def test_readme_samples_run(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = re.findall(r"```python\n(.*?)```", (PACKAGE / "README.md").read_text(), flags=re.S)
    assert len(samples) >= 3
    monkeypatch.setenv("DEV_MODE", "true")
    for sample in samples:
        run(sys.executable, "-c", sample)


def test_library_of_another_abi_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_library, "ABI", 7)
    with pytest.raises(ImportError, match="ABI"):
        _library.Library(gatelet.library_path())


def test_what_an_older_library_lacks_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    library = _library.load()
    with pytest.raises(gatelet.UnsupportedError, match=rf"no gatelet_such_thing: version {library.version()} is too old"):
        library.later("gatelet_such_thing")
    monkeypatch.setitem(_library._LATER, "gatelet_such_thing", (None, []))
    assert _library.Library(library.path).version() == library.version()
    monkeypatch.setitem(_library._SIGNATURES, "gatelet_needed", (None, []))
    with pytest.raises(ImportError, match="no gatelet_needed"):
        _library.Library(library.path)


def test_import_makes_no_option_types() -> None:
    code = "import sys, gatelet; print('gatelet.options' in sys.modules); gatelet.Config; print('gatelet.options' in sys.modules)"
    assert run(sys.executable, "-c", code).split() == ["False", "True"]
