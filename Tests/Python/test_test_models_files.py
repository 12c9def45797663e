"""`python -m gatelet test-models`: what lies in files, stands in options or comes from providers is of every shape."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from pathlib import Path
from typing import Any, Dict, Iterator, List

import gatelet
import pytest
from conftest import eventually
from gatelet import _plain
from test_test_models import COMMAND, DEV, LOG, RESULTS, Server, environment, on_terminal, results, tool, write_config

HARMFUL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e]")


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server([{"id": "m0"}, {"id": "m1"}])
    yield made
    made.stop()


def refused(folder: Path, server: Server, *words: str) -> str:
    """The complaint about something that is found before anything is asked."""
    done = tool(folder, "--spacing", "0", "--config", write_config(folder, up=server.provider), *words)
    assert done.returncode == 2 and "Traceback" not in done.stderr and done.stdout == "" and server.asked == [], done
    return done.stderr


# ---- what providers say


EVIL = "e\x1b[2J\x9b31m\r\nTotal Models Tested: 999\u2028\u202e"


def test_control_characters_are_shown_not_sent(tmp_path: Path) -> None:
    server = Server([{"id": EVIL, "name": "n" + EVIL}, {"id": "embed " + EVIL}, {"id": "bad"}])
    server.codes = {"bad": 402}
    try:
        config = write_config(tmp_path, up=server.provider)
        done = tool(tmp_path, "--spacing", "0", "--config", config)
        (tmp_path / RESULTS).unlink()
        _, bar = on_terminal(tmp_path, "--spacing", "0", "--config", config)
    finally:
        server.stop()
    assert server.asked[0] == EVIL
    for text in (done.stdout, done.stderr, (tmp_path / LOG).read_text(), (tmp_path / RESULTS).read_text()):
        assert not HARMFUL.search(text)
    assert r"success up/e\u001b[2J\u009b31m\u000d\u000aTotal Models Tested: 999\u2028\u202e" in done.stdout
    assert len(re.findall("^Total Models Tested", done.stdout, re.M)) == 1
    assert len((tmp_path / LOG).read_text().splitlines()) == 2 * 7
    assert results(tmp_path)["results"][1]["model"] == EVIL
    assert not HARMFUL.search(bar.replace("\r\n", "\n").replace("\x1b[K", "").replace("\r", ""))


def test_texts_are_cut_by_cells() -> None:
    assert [_plain.cut("ab\u4e2d\u6587", cells) for cells in (-1, 0, 2, 3, 4, 5, 6)] == ["", "", "ab", "ab", "ab\u4e2d", "ab\u4e2d", "ab\u4e2d\u6587"]
    assert _plain.cut("e\u0301x", 1) == "e\u0301"
    assert json.loads(_plain.plain(json.dumps(EVIL + "\ud800", ensure_ascii=False))) == EVIL + "\ud800"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_an_encoding_that_lacks_characters(tmp_path: Path, encoding: str) -> None:
    server = Server([{"id": "\u00e9", "name": "\u4e2d \U0001f600"}, {"id": "m1"}])
    try:
        config = write_config(tmp_path, up=server.provider)
        words = ("--spacing", "0", "--config", config, "--fresh")
        done = subprocess.run([*COMMAND, *words], cwd=tmp_path, capture_output=True, env={**environment(), "PYTHONIOENCODING": encoding})
        assert done.returncode == 0 and done.stderr == b""
        assert rb". \u4e2d \U0001f600: " in done.stdout and server.asked == ["\u00e9", "m1"]
        given = {**environment(), "PYTHONIOENCODING": encoding}
        printed = subprocess.run([*COMMAND, *words, "--json"], cwd=tmp_path, capture_output=True, env=given)
        assert json.loads(printed.stdout) == results(tmp_path)
    finally:
        server.stop()


# ---- files that cannot be used


def test_a_place_where_no_results_can_be(tmp_path: Path, server: Server) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for place in ("folder", "pipe", "/dev/full", "/dev/null", "/dev/zero"):
        for more in ([], ["--fresh"]):
            said = refused(tmp_path, server, "--results", place, *more)
            assert f"{place} is not a file that could be replaced: name another one (--results)" in said
    for place in ("absent/results.json", "/proc/results.json"):
        assert f"{place} cannot be written (No such file or directory)" in refused(tmp_path, server, "--results", place)
    assert "folder cannot be written (Is a directory): name another file (--log)" in refused(tmp_path, server, "--log", "folder")
    assert "/dev/full cannot be written (No space left on device)" in refused(tmp_path, server, "--log", "/dev/full")
    assert not list(tmp_path.glob("*.tmp"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written(tmp_path: Path, server: Server) -> None:
    folder = tmp_path / "folder"
    folder.mkdir(mode=0o500)
    assert "results.json cannot be written (Permission denied)" in refused(tmp_path, server, "--results", "folder/results.json")


def report(*entries: str) -> bytes:
    return b'{"summary": {}, "results": [%s]}' % ", ".join(entries).encode()


ENTRY: Dict[str, Any] = {"model": "a", "name": "a", "provider": "x", "status": "success", "latency_ms": 1}
ODD = {
    "nothing": b"", "no UTF-8": b"\xff\xfe\0", "an array": b"[]", "null": b"null", "no results": b'{"summary": {}}',
    "an object of results": b'{"summary": {}, "results": {}}', "an empty result": report("{}"),
    "NaN": report('{"model": "a", "status": "success", "x": NaN}'),
    "infinity": report('{"model": "a", "status": "success", "x": 1e999}'), "a huge number": report('{"latency_ms": %s}' % ("9" * 5000)),
    "deep": report('{"model": "a", "status": "failed", "x": %s}' % ("[" * 900 + "]" * 900)),
    "too deep": b'{"summary": %s' % (b"[" * 100_000),
    **{f"{name} {value!r}": report(json.dumps({**ENTRY, name: value})) for name, value in [
        ("model", 5), ("model", None), ("status", "good"), ("status", ["failed"]), ("name", [1]), ("provider", 5), ("provider", ["q"]), ("reason", {}),
        ("latency_ms", "x"), ("latency_ms", True), ("latency_ms", -1), ("latency_ms", 1e300),
    ]},
}  # fmt: skip


@pytest.mark.parametrize("shape", ODD)
def test_a_file_that_holds_no_results(tmp_path: Path, server: Server, shape: str) -> None:
    (tmp_path / RESULTS).write_bytes(ODD[shape])
    assert refused(tmp_path, server).startswith(f"test-models: {RESULTS} does not hold results of an earlier test: name another file")
    assert (tmp_path / RESULTS).read_bytes() == ODD[shape]


def test_results_with_little_in_them_are_gone_on_with(tmp_path: Path, server: Server) -> None:
    least = ['{"model": "a\\ud800", "status": "success"}', '{"model": "b\\u0000", "status": "failed", "provider": "p"}']
    (tmp_path / RESULTS).write_bytes(report(*least))
    done = tool(tmp_path, "--spacing", "0", "--config", write_config(tmp_path, up=server.provider))
    assert done.returncode == 1 and done.stderr == "" and server.asked == ["m0", "m1"] and "Total Models Tested: 4\n" in done.stdout
    assert "  - b\\u0000 (p): None\n" in done.stdout
    assert len(results(tmp_path)["results"]) == 4


def stopped(folder: Path, server: Server, *words: str) -> str:
    """What is said when Ctrl-C comes while the first model is asked."""
    server.slow, seen = 5.0, len(server.asked)
    command = [*COMMAND, "--spacing", "0", "--config", write_config(folder, up=server.provider), *words]
    with subprocess.Popen(command, cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        eventually(lambda: len(server.asked) > seen)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)
    assert process.returncode == 130 and err == ""
    return out


@pytest.mark.parametrize("summary", ["{}", '{"duration": "x", "remaining": [], "total": {}}'])
def test_ctrl_c_before_a_result_sums_up_the_file(tmp_path: Path, server: Server, summary: str) -> None:
    more = [f'{{"model": "{model}", "status": "{status}"}}' for model, status in [("b", "failed"), ("c", "success"), ("d", "skipped")]]
    entries = [json.dumps(ENTRY), *more]
    (tmp_path / RESULTS).write_text('{"summary": %s, "results": [%s], "fastest": 5, "errors": 5}' % (summary, ", ".join(entries)))
    out = stopped(tmp_path, server)
    assert "Total Models Tested: 3\nSuccessful Tests: 2\nFailed Tests: 1\nSuccess Rate: 66.7%\nAverage Latency: 0.00 seconds\n" in out
    assert "FAILED MODELS:\n  - b: None\n" in out and "FASTEST MODELS:\n  1. a: 0.0s\n" in out and "\n1 models skipped" in out


def test_ctrl_c_before_a_failed_one_was_asked_again(tmp_path: Path, server: Server) -> None:
    server.codes = {"m1": 402}
    tool(tmp_path, "--spacing", "0", "--config", write_config(tmp_path, up=server.provider))
    before = (tmp_path / RESULTS).read_bytes()
    out = stopped(tmp_path, server, "--retry-failed")
    assert "Total Models Tested: 1\nSuccessful Tests: 1\nFailed Tests: 0\nSuccess Rate: 100.0%\n" in out and "FAILED MODELS" not in out
    assert out.endswith("\n1 models left: run again to go on\n") and (tmp_path / RESULTS).read_bytes() == before


# ---- options


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e400", "x", ""])
@pytest.mark.parametrize("option", ["--spacing", "--timeout"])
def test_seconds_are_numbers(tmp_path: Path, server: Server, option: str, value: str) -> None:
    assert f"argument {option}: {value!r} is not a number of seconds" in refused(tmp_path, server, f"{option}={value}")
    assert not (tmp_path / LOG).exists()


@pytest.mark.parametrize("options", [{"models": []}, {"provider": []}, {"models": ()}, {"models": "", "provider": "a"}])
def test_an_empty_list_does_not_mean_all(options: Dict[str, Any]) -> None:
    events: List[Any] = []
    with gatelet.Client(DEV) as client, pytest.raises(gatelet.InvalidRequestError, match=r"options\.(models|provider)` must not be empty"):
        client.test_models(**options, spacing=0, on_progress=events.append)
    assert not events
