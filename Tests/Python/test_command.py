"""The command line, run as a process: what it prints, its exit codes, and what it looks like on a terminal."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Dict, List

import pytest
from conftest import Upstream, eventually
from replay import FIXTURES, Replay, recorded
from test_test_models import environment

COMMANDS = ["chat", "stream", "models", "providers", "test-models", "stats", "doctor", "completion"]
DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "command-line.md").read_text()


def run(*words: str, given: str = "", code: int = 0, **more: str) -> "subprocess.CompletedProcess[str]":
    done = subprocess.run(
        [sys.executable, "-m", "gatelet", *words], input=given, capture_output=True, text=True, env={**environment(), **more}, timeout=60
    )
    assert done.returncode == code and "Traceback" not in done.stderr, (done.returncode, done.stdout, done.stderr)
    return done


DEV = {"DEV_MODE": "true"}


def on_terminal(*words: str, typed: str = "", **more: str) -> "tuple[int, str]":
    """Exit code and what is shown."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execve(sys.executable, [sys.executable, "-m", "gatelet", *words], {**environment(), "TERM": "xterm", "COLUMNS": "100", **more})
    if typed:
        os.write(fd, typed.encode())
    shown = b""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if select.select([fd], [], [], 0.1)[0]:
            try:
                part = os.read(fd, 65536)
            except OSError:
                break
            if not part:
                break
            shown += part
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.close(fd)
    return code, shown.decode()


@pytest.fixture
def config(tmp_path: Path, server: Upstream) -> str:
    path = tmp_path / "gatelet.json"
    path.write_text(json.dumps(server.config()))
    return str(path)


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["--version"], [], *([one, "--help"] for one in COMMANDS)])
def test_help_and_version_exit_0(words: List[str]) -> None:
    done = run(*words)
    assert done.stdout and not done.stderr
    if words and words[0] in COMMANDS:
        assert done.stdout.startswith(f"usage: gatelet {words[0]}")


@pytest.mark.parametrize("words", [["nonsense"], ["chat", "--nonsense"], ["models", "--sort", "nonsense"], ["stats", "--by", "nonsense"]])
def test_wrong_words_exit_2(words: List[str]) -> None:
    done = run(*words, code=2)
    assert "nonsense" in done.stderr


def test_chat_and_stream() -> None:
    for name in ("chat", "stream"):
        assert run(name, "Hi", **DEV).stdout.startswith("You said: Hi.")
        assert run(name, "Hi", "there", **DEV).stdout.startswith("You said: Hi there.")
        assert run(name, given="From a pipe", **DEV).stdout.startswith("You said: From a pipe.")
        assert run(name, "-", given="x", **DEV).stdout.startswith("You said: x.")
        assert "no prompt" in run(name, given=" ", code=2, **DEV).stderr
    answer = json.loads(run("chat", "Hi", "--json", **DEV).stdout)
    assert answer["object"] == "chat.completion" and answer["gatelet"]["provider"] == "dev"
    chunks = [json.loads(line) for line in run("stream", "Hi", "--json", **DEV).stdout.splitlines()]
    assert len(chunks) > 3 and all(chunk["object"] == "chat.completion.chunk" for chunk in chunks)


def test_what_is_asked(server: Upstream, config: str) -> None:
    run("chat", "Hi", "--config", config, "-m", "chat", "-s", "Be brief.", "--temperature", "0.5", "--max-tokens", "9", "--provider", "up")
    body = server.seen()["requests"][-1]["body"]
    assert body["messages"] == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]
    assert body["model"] == "chat" and body["temperature"] == 0.5 and body["max_tokens"] == 9
    plan = run("chat", "Hi", "--config", config, "-m", "chat", "--dry-run")
    assert plan.stdout.splitlines()[1].split()[:2] == ["up", "chat"] and server.seen()["requests"][-1]["body"] == body


@pytest.mark.parametrize("name", ["chat", "stream"])
def test_failures_have_exit_codes(name: str, config: str, tmp_path: Path) -> None:
    assert "401" in run(name, "Hi", "--config", config, "-m", "status:401", code=1).stderr
    assert "no_key" in run(name, "Hi", "-m", "openai/gpt-4o", code=2).stderr
    assert run(name, "Hi", "--config", str(tmp_path / "none"), code=2).stderr.startswith("gatelet: ")
    (tmp_path / "wrong").write_text('{"nonsense": 1}')
    assert "nonsense" in run(name, "Hi", "--config", str(tmp_path / "wrong"), code=2).stderr
    (tmp_path / "wrong").write_text("[1]")
    assert "no configuration" in run(name, "Hi", "--config", str(tmp_path / "wrong"), code=2).stderr


def test_ctrl_c_is_130(config: str, server: Upstream) -> None:
    before = len(server.seen()["requests"])
    process = subprocess.Popen([sys.executable, "-m", "gatelet", "chat", "Hi", "--config", config, "-m", "silent"], env=environment(),
                               stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)  # fmt: skip
    eventually(lambda: len(server.seen()["requests"]) > before)
    process.send_signal(2)
    assert process.wait(60) == 130 and process.stderr and process.stderr.read() == b""
    process.stderr.close()


def test_what_a_model_writes_moves_no_cursor(tmp_path: Path) -> None:
    answer = json.loads(recorded("openai", "15adae4a392d80b9")[2])
    answer["choices"][0]["message"]["content"] = "a\x1b[2Jb\n\tc\u202e"
    with Replay({"": (200, "application/json", json.dumps(answer).encode())}) as replay:
        path = tmp_path / "c"
        path.write_text(json.dumps({"providers": {"up": {"base_url": f"{replay.url}/v1", "api_key": "k"}}}))
        assert run("chat", "Hi", "-m", "up/m", "--config", str(path)).stdout == "a\\u001b[2Jb\n\tc\\u202e\n"
        code, shown = on_terminal("chat", "Hi", "-m", "up/m", "--config", str(path))
        assert code == 0 and "\x1b[2J" not in shown


def test_a_conversation_on_a_terminal() -> None:
    code, shown = on_terminal("chat", typed="One\nTwo\n\n", **DEV)
    assert code == 0 and shown.count("You said: ") == 2 and "You said: Two" in shown


def test_a_terminal_gets_tables_and_markdown(tmp_path: Path) -> None:
    answer = json.loads(recorded("openai", "15adae4a392d80b9")[2])
    answer["choices"][0]["message"]["content"] = "# Title\n\n- **bold** [red]not markup[/red]"
    with Replay({"": (200, "application/json", json.dumps(answer).encode())}, {"/v1/models": (FIXTURES / "recorded/models/openrouter.json").read_bytes()}) as replay:
        path = tmp_path / "c"
        path.write_text(json.dumps({"providers": {"openrouter": {"base_url": f"{replay.url}/v1", "api_key": "k"}}}))
        code, shown = on_terminal("chat", "Hi", "-m", "openrouter/m", "--config", str(path))
        assert code == 0 and "**bold**" not in shown and "bold" in shown and "[red]" in shown and "\x1b[1" in shown
        assert re.search(r"openrouter/m, 87 tokens", shown)
        code, shown = on_terminal("models", "--config", str(path))
        assert code == 0 and "\x1b[1m" in shown and "11 models" in shown
        # Without rich it is plain text, also there.
        (tmp_path / "rich.py").write_text("raise ImportError('not installed')")
        path_before = os.environ.get("PYTHONPATH")
        paths = f"{tmp_path}:{path_before}" if path_before else str(tmp_path)
        code, shown = on_terminal("models", "--config", str(path), PYTHONPATH=paths)
        assert code == 0 and "\x1b[" not in shown and "in $/M" in shown


def test_models(tmp_path: Path) -> None:
    with Replay({}, {"/v1/models": (FIXTURES / "recorded/models/openrouter.json").read_bytes()}) as replay:
        path = tmp_path / "c"
        path.write_text(json.dumps({"providers": {"openrouter": {"base_url": f"{replay.url}/v1", "api_key": "k"}}}))
        lines = run("models", "--config", str(path)).stdout.splitlines()
        document = json.loads(run("models", "--json", "--config", str(path)).stdout)
        assert lines[0].split() == ["model", "context", "in", "$/M", "out", "$/M"] and len(lines) == 1 + len(document["data"]) == 12
        first = document["data"][0]
        row = next(line.split() for line in lines if line.startswith(first["slug"] + " "))
        assert row[1] == f"{first['context_length']:,}" and float(row[2]) == pytest.approx(float(first["pricing"]["prompt"]) * 1e6)
        assert len(run("models", "--limit", "2", "--sort", "price", "--config", str(path)).stdout.splitlines()) == 3
        assert len(run("models", "nobody/*", "--config", str(path)).stdout.splitlines()) == 1
    path.write_text(json.dumps({"providers": {"up": {"base_url": "http://127.0.0.1:9/v1", "api_key": "k"}}}))
    for words in ["models"], ["models", "--json"]:
        done = run(*words, code=2)
        assert "no provider can be asked" in done.stderr and (not done.stdout or "--json" in words)
    assert len(run("models", **DEV).stdout.splitlines()) == 4
    assert "[201 connect]" in run("models", "--config", str(path), code=1).stderr


def test_providers(config: str, server: Upstream) -> None:
    lines = run("providers", "--config", config).stdout.splitlines()
    assert len(lines) == 2 and lines[1].split()[:3] == ["up", "up", "up#1"]
    assert "ok, " in run("providers", "--probe", "--config", config).stdout
    assert json.loads(run("providers", "--json", "--config", config).stdout)["data"][0]["id"] == "up"
    shown = run("providers", "--all").stdout
    assert len(shown.splitlines()) > 50 and re.search(r"groq +Groq +set GROQ_API_KEY +https://api.groq.com", shown)
    for words in ["providers"], ["providers", "--json"]:
        done = run(*words, code=2)
        assert "no provider can be asked" in done.stderr and (not done.stdout or "--json" in words)
    assert "sk-test-secret" not in shown + "".join(lines)
    closed = json.dumps({**server.config(), "providers": {"up": {"base_url": "http://127.0.0.1:9/v1", "api_key": "k"}}})
    Path(config).write_text(closed)
    assert "connect: " in run("providers", "--probe", "--config", config, code=1).stdout


def test_stats(tmp_path: Path) -> None:
    records = tmp_path / "usage.jsonl"
    config = tmp_path / "c"
    config.write_text(json.dumps({"dev_mode": True, "records": str(records)}))
    assert "No such file" in run("stats", "--config", str(config), code=2).stderr
    for _ in range(2):
        run("chat", "Hi", "--config", str(config))
    with records.open("a") as file:
        file.write("no record\n")
    done = run("stats", "--config", str(config))
    assert "1 lines" in done.stderr and re.search(r"^dev/\w+ +2 +0 ", done.stdout, re.M) and re.search(r"^total +2 +0 ", done.stdout, re.M)
    told = json.loads(run("stats", str(records), "--by", "provider", "--json").stdout)
    assert told["rows"][0]["provider"] == "dev" and told["total"]["requests"] == 2 and told["total"]["output"] > 0
    assert json.loads(run("stats", str(records), "--since", "99999999999", "--json").stdout)["total"]["requests"] == 0
    assert "there are no records" in run("stats", code=2).stderr


def findings(*words: str, code: int = 0, **more: str) -> List[Dict[str, str]]:
    document: Dict[str, Any] = json.loads(run("doctor", "--json", *words, code=code, **more).stdout)
    assert document["problems"] == sum(one["mark"] == "problem" for one in document["findings"])
    found: List[Dict[str, str]] = document["findings"]
    return found


def told(found: List[Dict[str, str]], subject: str, mark: str) -> str:
    return "\n".join(one["text"] for one in found if (one["subject"], one["mark"]) == (subject, mark))


def test_the_doctor_finds_nothing(config: str) -> None:
    found = findings("--config", config)
    assert {one["subject"] for one in found} == {"versions", "configuration", "keys", "addresses", "TLS", "proxies", "limits"}
    assert "libcurl/" in told(found, "versions", "ok") and "answers in" in told(found, "addresses", "ok")
    assert run("doctor", "--config", config).stdout.startswith("ok      versions: library ")


def test_the_doctor_explains(config: str, server: Upstream, tmp_path: Path) -> None:
    with Replay({}, {}) as replay:
        broken: Dict[str, Any] = {"providers": {
            "groq": {}, "refused": {"base_url": "http://127.0.0.1:9/v1", "api_key": "k"},
            "nowhere": {"base_url": "https://no-such-host.invalid/v1", "api_key": "k"},
            "path": {"base_url": f"{replay.url}/wrong", "api_key": "k"},
            "plain": {"base_url": f"https://127.0.0.1:{server.port}/v1", "api_key": "k"},
        }, "limits": {"client": {"usd_per_day": "5"}}}  # fmt: skip
        Path(config).write_text(json.dumps(broken))
        found = findings("--config", config, code=1, https_proxy="", SSL_CERT_FILE=str(tmp_path / "no.pem"), no_proxy="me:secret@host")
    addresses = told(found, "addresses", "problem")
    assert "refused: nobody answers at http://127.0.0.1:9/v1" in addresses
    assert "nowhere: the name of its host has no address" in addresses and "plain: no secure connection" in addresses
    assert "path: " in told(found, "addresses", "warning")
    assert "groq is named in the configuration and has no key: set GROQ_API_KEY" in told(found, "keys", "problem")
    assert "cannot be read" in told(found, "TLS", "problem")
    assert "no_proxy is" in told(found, "proxies", "note") and "secret" not in told(found, "proxies", "note")
    assert "usd_per_day" in told(found, "limits", "note")


def test_the_doctor_tells_of_the_configurations_proxy(config: str) -> None:
    Path(config).write_text(json.dumps({"http": {"proxy": "http://me:secret@proxy.invalid:3128", "no_proxy": "localhost"}, "providers": {"o": {"base_url": "https://o.invalid/v1", "key": "none"}}}))
    found = findings("--offline", "--config", config, https_proxy="http://other.invalid")
    proxies = told(found, "proxies", "note")
    assert "http.proxy is http://***@proxy.invalid:3128" in proxies and "http.no_proxy is localhost" in proxies
    assert "secret" not in proxies and "other.invalid" not in proxies and not told(found, "proxies", "ok")


def test_the_doctor_knows_a_refused_key(server: Upstream, tmp_path: Path) -> None:
    refusal = recorded("openai", "c3fa8185edceaa73")
    with Replay({}, {}) as replay:
        replay.refuse = refusal
        path = tmp_path / "c"
        path.write_text(json.dumps({"providers": {"openai": {"base_url": f"{replay.url}/v1"}}}))
        found = findings("--config", str(path), code=1, OPENAI_API_KEY="sk-test-refused")
    assert "openai: the key is refused" in told(found, "addresses", "problem") and "set OPENAI_API_KEY" in told(found, "addresses", "problem")
    assert "openai: from OPENAI_API_KEY" in told(found, "keys", "ok") and "sk-test-refused" not in json.dumps(found)


def test_the_doctor_without_a_configuration(tmp_path: Path) -> None:
    assert "no provider can be asked" in told(findings("--offline", code=1), "keys", "problem")
    found = findings("--offline", **DEV)
    assert "development provider" in told(found, "configuration", "warning")
    (tmp_path / "wrong").write_text('{"nonsense": 1}')
    assert "nonsense" in told(findings("--config", str(tmp_path / "wrong"), code=2), "configuration", "problem")
    found = findings("--offline", **DEV, OPEN_ROUTER_API_KEY="sk-x", GITHUB_TOKEN="t")
    assert told(found, "keys", "warning") == "OPEN_ROUTER_API_KEY is set, which nobody reads: is OPENROUTER_API_KEY meant?"
    found = findings("--offline", **DEV, HTTP_PROXY="http://x", https_proxy="http://me:secret@proxy:3128")
    assert "HTTP_PROXY is not used" in told(found, "proxies", "warning") and "http://***@proxy:3128" in told(found, "proxies", "note")


def test_completion_completes() -> None:
    script = run("completion", "bash").stdout
    ask = f"{script}\nCOMP_WORDS=(gatelet ch); COMP_CWORD=1; COMP_LINE='gatelet ch'; _shtab_gatelet gatelet ch gatelet; echo \"${{COMPREPLY[@]}}\""
    done = subprocess.run(["bash", "-c", ask], capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.split() == ["chat"], done
    assert "#compdef gatelet" in run("completion", "zsh").stdout
    assert "pip install" in run("completion", "bash", code=2, PYTHONPATH=without("shtab")).stderr


def without(module: str) -> str:
    """A path on which a module cannot be imported."""
    import tempfile

    folder = tempfile.mkdtemp()
    Path(folder, f"{module}.py").write_text("raise ImportError")
    return os.pathsep.join([folder, *filter(None, [os.environ.get("PYTHONPATH")])])


def test_a_reader_that_has_enough() -> None:
    command = f"{sys.executable} -m gatelet providers --all | head -n 1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, env=environment())
    assert done.returncode == 0 and not done.stderr and done.stdout.startswith("provider")


def test_the_page_names_every_command_and_option() -> None:
    for name in COMMANDS:
        text = run(name, "--help").stdout
        page = (DOCS / "test-models.md").read_text() if name == "test-models" else PAGE
        section = page if name == "test-models" else re.findall(rf"^## `gatelet [^\n]*{name}.*?(?=^## |\Z)", page, re.M | re.S)[0]
        for option in re.findall(r"--[a-z-]+", text):
            assert option in section or option in ("--help", "--config", "--json"), (name, option)
