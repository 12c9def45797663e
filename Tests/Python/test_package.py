"""The package itself: wheel, types, what an import does, what is promised in its README."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
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
    code = "import sys, gatelet; print('libgatelet' in open('/proc/self/maps').read(), {'asyncio', 'msgspec', 'pydantic', 'datetime'} & {*sys.modules})"
    assert run(sys.executable, "-c", code).split() == ["False", "set()"]


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
        GATELET_URLS="Homepage=https://gatelet.example/, Source=https://gatelet.example/source",
    )
    [wheel] = tmp_path.glob("*.whl")
    assert re.fullmatch(rf"gatelet-{re.escape(gatelet.version())}-py3-none-linux_\w+\.whl", wheel.name)
    with zipfile.ZipFile(wheel) as archive:
        assert {"gatelet/libgatelet.so", "gatelet/py.typed", "gatelet/__init__.py", "gatelet/options/config.py"} <= set(archive.namelist())
        assert archive.read("gatelet/libgatelet.so") == Path(library).read_bytes()
        told = f"gatelet-{gatelet.__version__}.dist-info"
        assert archive.read(f"{told}/licenses/LICENSE") == (ROOT / "LICENSE").read_bytes()
        metadata = archive.read(f"{told}/METADATA").decode()
        assert "License-Expression: MIT" in metadata and "Project-URL: Homepage, https://gatelet.example/" in metadata
        assert "Project-URL: Source, https://gatelet.example/source" in metadata and "Requires-Python: >=3.9" in metadata
        assert b"gatelet = gatelet._cli:main" in archive.read(f"{told}/entry_points.txt")
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
    with pytest.raises(ImportError, match="no gatelet_needed, so it is too old: the library has to be of the package's own version"):
        _library.Library(library.path)


def test_import_makes_no_option_types() -> None:
    code = "import sys, gatelet; print('gatelet.options' in sys.modules); gatelet.Config; print('gatelet.options' in sys.modules)"
    assert run(sys.executable, "-c", code).split() == ["False", "True"]


def test_the_licence_is_the_projects() -> None:
    assert (PACKAGE / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_versions() -> None:
    header = (ROOT / "include/gatelet.h").read_text()
    assert f'#define GATELET_VERSION "{gatelet.__version__}"' in header
    code = "import sys, gatelet; print(gatelet.__version__, 'libgatelet' in open('/proc/self/maps').read())"
    assert run(sys.executable, "-c", code).split() == [gatelet.__version__, "False"]


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_oldest_python_reads_every_file(path: Path) -> None:
    ast.parse(path.read_text(), feature_version=(3, 9))


def test_nothing_is_newer_than_the_oldest_python() -> None:
    """Functions and modules too, as vermin's tables have them."""
    run(str(Path(sys.executable).parent / "vermin"), "--no-tips", "--eval-annotations", "-t=3.9-", str(PACKAGE))


def build(folder: Path, *targets: str, source: Path = PACKAGE, path: str = "", **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder), *(word for target in targets for word in ("-t", target))]
    kept = {name: value for name, value in os.environ.items() if name not in ("GATELET_LIBRARY", "GATELET_URLS")}
    return subprocess.run(command, cwd=source, capture_output=True, text=True, env={**kept, **({"PATH": path} if path else {}), **environment})


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution, unpacked."""
    folder = tmp_path_factory.mktemp("sdist")
    done = build(folder, "sdist")
    assert done.returncode == 0, done.stderr
    run("tar", "-C", str(folder), "-xzf", str(folder / f"gatelet-{gatelet.__version__}.tar.gz"))
    return folder / f"gatelet-{gatelet.__version__}"


def test_the_source_distribution_builds_a_wheel(unpacked: Path, tmp_path: Path) -> None:
    done = build(tmp_path, "wheel", source=unpacked, GATELET_LIBRARY=gatelet.library_path())
    assert done.returncode == 0, done.stderr
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert {"gatelet/libgatelet.so", "gatelet/gatelet/models.tsv", f"gatelet-{gatelet.__version__}.dist-info/licenses/LICENSE"} <= set(archive.namelist())


def test_the_source_distribution_has_what_make_needs(unpacked: Path) -> None:
    """Without the tests, which the manifest names. Tests/Install builds it whole."""
    command = ["swift", "package", "--package-path", str(unpacked / "source"), "describe", "--type", "json"]
    targets = {target["name"] for target in json.loads(run(*command, GATELET_WITHOUT_TESTS="1"))["targets"]}
    assert {"ABI", "Gateway", "Catalog"} <= targets and not any(name.endswith("Tests") for name in targets)
    assert run("make", "-C", str(unpacked / "source"), "-n", "all", GATELET_WITHOUT_TESTS="1").count("scripts/build-library") == 1
    for file in subprocess.run(["git", "-C", str(ROOT), "ls-files", "Sources", "Plugins", "include"], capture_output=True, text=True).stdout.split():
        assert (unpacked / "source" / file).is_file(), file


def test_what_the_build_lacks_is_one_sentence(unpacked: Path, tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for missing, sentence in (("make", "make, which builds its library, is not installed (Debian: apt-get install make)"),
                              ("swift", "the Swift 6.3 toolchain, which compiles its library, is not installed or not on PATH: https://www.swift.org/install")):  # fmt: skip
        done = build(tmp_path / "out", "wheel", source=unpacked, path=str(tools))
        told = (done.stdout + done.stderr).strip()
        assert done.returncode == 1 and told.count("\n") == 0 and sentence in told and "GATELET_LIBRARY" in told, told
        (tools / missing).symlink_to(shutil.which(missing) or f"/usr/bin/{missing}")


def test_nothing_of_pip_calls_apt() -> None:
    """The build calls `make` without a target: it checks what is there (scripts/setup --check), and installs nothing."""
    source = (PACKAGE / "hatch_build.py").read_text()
    assert re.findall(r'run\(\[([^\]]*)\]', source) == ['"make"']
    plan = run("make", "-C", str(ROOT), "-n", "-B", "all")
    assert "scripts/setup --check build" in plan and "apt-get" not in plan


@pytest.mark.parametrize(("library", "package"), [("libcurl.so.4", "libcurl4"), ("libjansson.so.4", "libjansson4")])
def test_a_missing_library_is_one_sentence_with_debians_name(library: str, package: str, tmp_path: Path) -> None:
    """A copy of the library asks for one that nobody has."""
    copy = tmp_path / "libgatelet.so"
    bytes_ = Path(gatelet.library_path()).read_bytes()
    assert library.encode() + b"\0" in bytes_
    copy.write_bytes(bytes_.replace(library.encode() + b"\0", library[:-1].encode() + b"9\0"))
    code = "import gatelet\ntry: gatelet.Client()\nexcept ImportError as error: print(error)"
    told = run(sys.executable, "-c", code, GATELET_LIBRARY=str(copy)).strip()
    assert told.startswith(f"{library}, which Gatelet's library needs, is not installed: apt-get install the package {package}") and "\n" not in told


def test_import_tells_it_where_the_usual_folders_lack_it(tmp_path: Path) -> None:
    copy = tmp_path / "libgatelet.so"
    copy.write_bytes(Path(gatelet.library_path()).read_bytes().replace(b"libjansson.so.4\0", b"libjansson.so.9\0"))
    # The package as it stands, but for the folders it looks into.
    shutil.copytree(Path(gatelet.__file__).parent, tmp_path / "gatelet", ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    source = tmp_path / "gatelet/_library.py"
    text = source.read_text()
    assert '_FOLDERS = ("/usr/lib/' in text
    source.write_text(text.replace('_FOLDERS = ("/usr/lib/', '_FOLDERS = ("/nowhere",) or ("/usr/lib/'))
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "GATELET_LIBRARY": str(copy)}
    done = subprocess.run([sys.executable, "-c", "import gatelet"], capture_output=True, text=True, env=environment)
    assert done.returncode == 1 and "ImportError: libjansson.so.4, which Gatelet's library needs, is not installed" in done.stderr
    # In other folders than the usual ones it is as good.
    environment["GATELET_LIBRARY"] = gatelet.library_path()
    subprocess.run([sys.executable, "-c", "import gatelet; gatelet.version()"], check=True, env=environment)
