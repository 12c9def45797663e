"""The package itself: wheel, types, what an import does, what is promised in its README."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import gatelet
import pytest
from gatelet import _library, _words
from gatelet.types import params

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


def test_pyright_finds_the_same(tmp_path: Path) -> None:
    (tmp_path / "typed_use.py").write_text((Path(__file__).parent / "typed_use.py").read_text())
    settings = {
        "include": ["typed_use.py"], "typeCheckingMode": "strict", "enableTypeIgnoreComments": True, "reportUnnecessaryTypeIgnoreComment": "error",
        "extraPaths": [str(Path(gatelet.__file__).parents[1])],
    }  # fmt: skip
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings))
    assert "0 errors" in run(sys.executable, "-m", "pyright", "-p", str(tmp_path), "--pythonpath", sys.executable)


def test_names_of_parameters_have_types() -> None:
    """What the calls take, and what a type checker lets through, is the same."""
    for names, typed in (
        (_words.CHAT, params.FormattedChatParams), (_words.COMPLETION, params.CompletionParams), (_words.EMBEDDING, params.EmbeddingParams),
        (_words.COUNT, params.CountParams), (_words.MESSAGES, params.MessagesParams), (_words.RESPONSES, params.ResponsesParams),
    ):  # fmt: skip
        assert names | _words.CALL == set(typed.__annotations__), typed


def test_parameters_are_the_official_sdks() -> None:
    from openai.types import completion_create_params, embedding_create_params
    from openai.types.chat import completion_create_params as chat
    from openai.types.responses import response_create_params

    for names, theirs, more in (
        (_words.CHAT, chat.CompletionCreateParamsBase, {"reasoning", "route", "transforms", "usage", "messages", "model"}),
        (_words.COMPLETION, completion_create_params.CompletionCreateParamsBase, {"usage", "prompt", "model"}),
        (_words.EMBEDDING, embedding_create_params.EmbeddingCreateParams, {"input", "model"}),
        (_words.RESPONSES, response_create_params.ResponseCreateParamsBase, {"input", "model"}),
    ):
        assert set(theirs.__annotations__) - names - more <= {"access_programs", "background_options", "image", "moderation"}, theirs


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
