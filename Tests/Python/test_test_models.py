"""`python -m gatelet test-models` and Client.test_models, on development providers and on llm-katan."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Dict, Iterator, List

import gatelet
import pytest
from conftest import eventually
from gatelet.reports import ModelTestEvent
from test_examples import katan as katan  # a fixture

COMMAND = [sys.executable, "-m", "gatelet", "test-models"]
RESULTS, LOG = "openrouter_test_results.json", "openrouter_model_test.log"


def environment() -> Dict[str, str]:
    drop = re.compile(r"_API_KEY$|_OIDC_TOKEN$|^HF_TOKEN$|^DEV_MODE$|^GATELET_(CONFIG|ENV_FILE)$|^OPENROUTER_")
    return {**{name: value for name, value in os.environ.items() if not drop.search(name)}, "PYTHONUNBUFFERED": "1"}


def tool(folder: Path, *words: str, **more: str) -> "subprocess.CompletedProcess[str]":
    command = [*COMMAND, *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env={**environment(), **more}, timeout=60)


def results(folder: Path) -> Dict[str, Any]:
    document: Dict[str, Any] = json.loads((folder / RESULTS).read_text())
    return document


def write_config(folder: Path, **providers: Any) -> str:
    path = folder / "gatelet.json"
    path.write_text(json.dumps({"providers": providers}))
    return str(path)


class Server:
    """Lists models and counts who is asked; `behave(model)` gives the HTTP status and how long the answer takes."""

    def __init__(self, models: List[Dict[str, Any]]) -> None:
        server = self
        self.asked: List[str] = []
        self.times: List[float] = []
        self.slow = 0.0
        self.codes: Dict[str, int] = {}

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.answer(200, {"object": "list", "data": models})

            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers["content-length"])))
                server.asked.append(request["model"])
                server.times.append(time.monotonic())
                time.sleep(server.slow)
                status = server.codes.get(request["model"], 200)
                message = {"role": "assistant", "content": f"{request['messages'][0]['content']} {request['max_tokens']}"}
                good = {"id": "x", "object": "chat.completion", "created": 1, "model": request["model"],
                        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
                        "usage": {"prompt_tokens": 2, "completion_tokens": 3, "total_tokens": 5}}  # fmt: skip
                self.answer(status, good if status == 200 else {"error": {"message": f"says {status}", "code": status}})

            def answer(self, status: int, document: Any) -> None:
                body = json.dumps(document).encode()
                try:
                    self.send_response(status)
                    self.send_header("content-type", "application/json")
                    self.send_header("content-length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:  # the client went away
                    self.close_connection = True

            def log_message(self, *_: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True).start()
        self.provider = {"base_url": f"http://127.0.0.1:{self.http.server_address[1]}/v1", "api_key": "sk-secret-value"}

    def stop(self) -> None:
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server([{"id": f"m{number}", "name": f"Model {number}"} for number in range(6)])
    yield made
    made.stop()


SUMMARY = """\
UP MODEL TEST SUMMARY
================================================================================
Total Models Tested: 6
Successful Tests: 4
Failed Tests: 2
Success Rate: 66.7%
Average Latency: N.NN seconds
Total Duration: 0.0 minutes

FAILED MODELS:
  - m1: Rate limited
  - m4: Requires credits

TOP 5 FASTEST MODELS:
  1. mN: N.Ns
  2. mN: N.Ns
  3. mN: N.Ns
  4. mN: N.Ns
"""


def test_summary_is_that_of_the_seed(tmp_path: Path, server: Server) -> None:
    server.codes = {"m1": 429, "m4": 402}
    server.provider["models"] = {"form": "openai"}  # type: ignore[assignment]
    config = write_config(tmp_path, up=server.provider)
    done = tool(tmp_path, "--spacing", "0", "--config", config)
    assert done.returncode == 1 and done.stderr == ""
    head, _, rest = done.stdout.partition("UP MODEL TEST SUMMARY")
    assert [line.split()[1:3] for line in head.splitlines()][0] == ["success", "up/m0"] and len(head.splitlines()) == 6
    told = re.sub(r"Model (\d)", r"m\1", "UP MODEL TEST SUMMARY" + rest)
    told = re.sub(r"\d\.\d\d seconds", "N.NN seconds", re.sub(r"(\d\.) m\d: \d\.\ds", r"\1 mN: N.Ns", told))
    assert told == SUMMARY
    assert server.asked == [f"m{number}" for number in range(6)]  # once each: nothing is tried again
    assert "sk-secret-value" not in (tmp_path / LOG).read_text() + (tmp_path / RESULTS).read_text()


def test_results_and_log(tmp_path: Path, server: Server) -> None:
    server.codes = {"m1": 429}
    done = tool(tmp_path, "m0", "up/m1", "--spacing", "0", "--prompt", "Hé?", "--max-tokens", "9", "--json",
                "--config", write_config(tmp_path, up=server.provider))  # fmt: skip
    document = results(tmp_path)
    assert done.returncode == 1 and json.loads(done.stdout) == document and "failed up/m1" in done.stderr
    assert list(document) == ["summary", "results", "fastest", "errors", "started_at", "finished_at", "options"]
    summary = document["summary"]
    assert 0 <= summary.pop("average_latency") < 1 and 0 < summary.pop("duration") < 5
    assert summary == {"total": 2, "successful": 1, "failed": 1, "skipped": 0, "remaining": 0, "success_rate": 50.0}
    good, bad = document["results"]
    stamp = r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    assert all(re.fullmatch(stamp, text) for text in (good.pop("tested_at"), document["started_at"], document["finished_at"]))
    assert 0 < good.pop("latency_ms") < 1000
    assert isinstance(good.pop("usage"), dict) and "cost" in good
    del good["cost"]
    assert good == {"model": "m0", "name": "m0", "provider": "up", "status": "success", "tokens": 5, "response": "Hé? 9",
                    "reason": None, "error": None}  # fmt: skip
    assert (bad["reason"], bad["error"]["kind"], bad["error"]["http_status"]) == ("Rate limited", "rate_limit", 429)
    lines = (tmp_path / LOG).read_text().splitlines()
    assert all(re.match(r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]+ *", line) for line in lines)
    assert [line.split()[2] for line in lines] == ["BEGIN", "START", "SUCCESS", "START", "FAILED", "END"]
    assert "Hé?" not in (tmp_path / LOG).read_text()


def test_models_that_do_not_chat_are_skipped(tmp_path: Path) -> None:
    listed = [
        ("gpt-4o", {}), ("text-embedding-3-small", {}), ("whisper-1", {}), ("dall-e-3", {}), ("omni-moderation-latest", {}), ("tts-1-hd", {}),
        ("rerank-v3.5", {}), ("gemini-flash-image", {}), ("BAAI/bge-m3", {}), ("sora-2", {}), ("embedded-llama", {}),
    ]  # fmt: skip
    server = Server([{"id": name, **more} for name, more in listed])
    try:
        done = tool(tmp_path, "--spacing", "0", "--config", write_config(tmp_path, up=server.provider))
    finally:
        server.stop()
    assert done.returncode == 0 and server.asked == ["gpt-4o", "gemini-flash-image", "embedded-llama"]
    reasons = {one["model"]: one["reason"] for one in results(tmp_path)["results"] if one["status"] == "skipped"}
    assert reasons == {
        "text-embedding-3-small": "Embedding model", "whisper-1": "Audio model", "dall-e-3": "Image model", "tts-1-hd": "Audio model",
        "omni-moderation-latest": "Moderation model", "rerank-v3.5": "Rerank model", "BAAI/bge-m3": "Embedding model", "sora-2": "Video model",
    }  # fmt: skip
    assert done.stdout.endswith("\n\n8 models skipped: not for chat\n")


def test_what_the_list_says_counts_more_than_the_name(tmp_path: Path) -> None:
    def shape(modality: str, *outputs: str) -> Dict[str, Any]:
        return {"architecture": {"modality": modality, "input_modalities": ["text"], "output_modalities": list(outputs)}}

    server = Server([
        {"id": "whisper-chat", **shape("text->text", "text")}, {"id": "painter", **shape("text->image", "image")},
        {"id": "both", **shape("text->text+image", "image", "text")}, {"id": "plain", **shape("text->embeddings", "embeddings")},
        {"id": "scorer", **shape("text->scores", "scores")},
    ])  # fmt: skip
    try:
        config = write_config(tmp_path, up={**server.provider, "models": {"form": "openrouter"}})
        tool(tmp_path, "--spacing", "0", "--config", config)
    finally:
        server.stop()
    assert server.asked == ["whisper-chat", "both"]
    assert [one["reason"] for one in results(tmp_path)["results"] if one["reason"]] == ["Image model", "Embedding model", "Rerank model"]


def test_spacing_and_providers_side_by_side(tmp_path: Path, server: Server) -> None:
    other = Server([{"id": f"m{number}"} for number in range(3)])
    try:
        config = write_config(tmp_path, up=server.provider, other=other.provider)
        done = tool(tmp_path, "up/m0", "up/m1", "up/m2", "other/*", "--spacing", "0.3", "--config", config)
    finally:
        other.stop()
    assert done.returncode == 0 and len(server.times) == len(other.times) == 3
    for times in (server.times, other.times):
        assert all(0.29 < later - earlier < 0.6 for earlier, later in zip(times, times[1:]))
    assert abs(server.times[0] - other.times[0]) < 0.2
    assert "MODEL TEST SUMMARY" == [line for line in done.stdout.splitlines() if "SUMMARY" in line][0]
    assert re.search(r"  1\. m\d \((up|other)\): ", done.stdout)


def interrupt(process: "subprocess.Popen[str]") -> None:
    process.send_signal(signal.SIGINT)


@pytest.mark.parametrize("end, code", [(interrupt, 130), (subprocess.Popen.kill, -9)])
def test_what_was_finished_is_not_done_again(tmp_path: Path, server: Server, end: Any, code: int) -> None:
    config = write_config(tmp_path, up=server.provider)
    command = [*COMMAND, "--spacing", "0.3", "--config", config]
    with subprocess.Popen(command, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as first:
        eventually(lambda: len(server.asked) == 3 and (tmp_path / RESULTS).exists() and len(results(tmp_path)["results"]) == 3)
        end(first)
        out, err = first.communicate(timeout=10)
    assert first.returncode == code and "Traceback" not in err
    if code == 130:
        assert re.search(r"Total Models Tested: [34]\n", out) and re.search(r"\n[23] models left: run again to go on\n", out)
        assert "STOPPED" in (tmp_path / LOG).read_text()
    seen = len(server.asked)
    again = tool(tmp_path, "--spacing", "0", "--config", config)
    assert again.returncode == 0 and "Total Models Tested: 6\n" in again.stdout
    assert sorted(set(server.asked)) == [f"m{number}" for number in range(6)]
    assert len(server.asked) <= 7  # one may have been in flight
    assert seen >= 3 and server.asked[:3] == ["m0", "m1", "m2"] and not set(server.asked[3:]) & {"m0", "m1", "m2"}
    third = tool(tmp_path, "--config", config)  # with the spacing of 180 seconds
    assert third.returncode == 0 and "Total Models Tested: 6\n" in third.stdout and len(server.asked) <= 7
    fresh = tool(tmp_path, "up/m5", "--spacing", "0", "--config", config, "--fresh")
    assert "Total Models Tested: 1\n" in fresh.stdout and server.asked[-1] == "m5"


def test_spacing_holds_between_runs(tmp_path: Path, server: Server) -> None:
    config = write_config(tmp_path, up=server.provider)
    tool(tmp_path, "--spacing", "0", "--limit", "1", "--config", config)
    began = time.time()
    tool(tmp_path, "--spacing", "4", "--limit", "1", "--config", config)
    assert server.asked == ["m0", "m1"] and 1.5 < time.time() - began < 40


def test_failed_ones_again(tmp_path: Path, server: Server) -> None:
    config = write_config(tmp_path, up=server.provider)
    server.codes = {"m2": 402}
    assert tool(tmp_path, "--spacing", "0", "--limit", "4", "--config", config).returncode == 1
    assert results(tmp_path)["summary"]["remaining"] == 2
    server.codes = {}
    done = tool(tmp_path, "up/m2", "--spacing", "0", "--retry-failed", "--config", config)
    assert done.returncode == 0 and server.asked == ["m0", "m1", "m2", "m3", "m2"] and "Total Models Tested: 4\n" in done.stdout


def on_terminal(folder: Path, *words: str) -> "tuple[int, str]":
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(folder)
        os.execve(sys.executable, [*COMMAND, *words], environment())
    out = b""
    try:
        while select.select([terminal], [], [], 30)[0]:
            out += os.read(terminal, 4096)
    except OSError:  # it has ended
        pass
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), out.decode()


def test_bar_on_a_terminal(tmp_path: Path, server: Server) -> None:
    server.codes = {"m1": 402}
    code, out = on_terminal(tmp_path, "--spacing", "0.2", "--limit", "3", "--config", write_config(tmp_path, up=server.provider))
    bar, _, end = out.partition("UP MODEL TEST SUMMARY")
    assert code == 1 and "\n" not in bar and bar.endswith("\r\x1b[K")
    drawn = [piece for piece in bar.replace("\x1b[K", "").split("\r") if piece]
    assert re.match(r"\[-+\] 0/3 0 ok, 0 failed.*  up/m0", drawn[0])
    assert any(re.match(r"\[#+-+\] 2/3 1 ok, 1 failed, ETA 0:0\d", line) for line in drawn), drawn
    assert re.match(r"\[#+\] 3/3 2 ok, 1 failed", drawn[-1]) and all(len(line) < 80 for line in drawn)
    assert "Successful Tests: 2\r\n" in end


def test_ctrl_c_on_a_terminal_while_it_waits(tmp_path: Path, server: Server) -> None:
    config = write_config(tmp_path, up=server.provider)
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(tmp_path)
        os.execve(sys.executable, [*COMMAND, "--config", config], environment())
    try:
        out = b""
        while b"next in 2:5" not in out:
            assert select.select([terminal], [], [], 20)[0], out
            out += os.read(terminal, 4096)
        start = time.monotonic()
        os.write(terminal, b"\x03")
        try:
            while True:
                out += os.read(terminal, 4096)
        except OSError:
            pass
        assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 130 and time.monotonic() - start < 30
    finally:
        os.close(terminal)
    assert b"Total Models Tested: 1\r\n" in out and b"5 models left: run again to go on\r\n" in out and b"Traceback" not in out
    assert server.asked == ["m0"]


def test_dev_mode_and_what_must_be_set(tmp_path: Path) -> None:
    done = tool(tmp_path, "--spacing", "0", DEV_MODE="true")
    assert done.returncode == 0 and "DEV MODEL TEST SUMMARY" in done.stdout and "Successful Tests: 2\n" in done.stdout
    for words, says in [
        (["--fresh"], "set a key such as OPENROUTER_API_KEY"), (["--provider", "groq"], "GROQ_API_KEY"), (["--config", "absent.json"], "absent.json"),
        (["--spacing", "-1"], "options.spacing"), (["--results", "gatelet.json"], "--fresh"), (["--log", "absent/log"], "absent/log"),
    ]:  # fmt: skip
        (tmp_path / "gatelet.json").write_text("{}")
        done = tool(tmp_path, *words)
        assert done.returncode == 2 and says in done.stderr and "Traceback" not in done.stderr and done.stdout == "", (words, done)
    assert tool(tmp_path, "--bad").returncode == 2 and tool(tmp_path, "-h").returncode == 0


def test_a_run_that_asks_nobody_leaves_no_file(tmp_path: Path, server: Server) -> None:
    given = write_config(tmp_path, up=server.provider)
    before = set(tmp_path.iterdir())
    for words in [], ["--provider", "groq"], ["--config", given, "absent*"], ["--config", given, "--limit", "0"]:
        assert tool(tmp_path, *words).returncode == 2 and set(tmp_path.iterdir()) == before, words
    (tmp_path / LOG).write_text("what was there\n")
    assert tool(tmp_path).returncode == 2
    assert [line.split()[2] for line in (tmp_path / LOG).read_text().splitlines()] == ["there", "BEGIN", "ERROR"]


def test_a_list_that_cannot_be_had(tmp_path: Path) -> None:
    dead = {"base_url": "http://127.0.0.1:9/v1", "key": "none"}
    done = tool(tmp_path, "--spacing", "0", "--config", write_config(tmp_path, a={"dialect": "dev"}, dead=dead))
    assert done.returncode == 1 and "MODEL LISTS NOT AVAILABLE:\n  - dead: no connection" in done.stdout
    assert results(tmp_path)["errors"][0]["error"]["kind"] == "connect"


def test_llm_katan(tmp_path: Path, katan: Path) -> None:
    done = tool(tmp_path, "--spacing", "0", "--stream", GATELET_CONFIG=str(katan))
    assert done.returncode == 0 and "KATAN MODEL TEST SUMMARY" in done.stdout
    [result] = results(tmp_path)["results"]
    assert result["model"] == "katan" and result["response"].startswith("[echo] model=katan ") and "max_tokens=100" in result["response"]
    assert 0 < result["first_content_ms"] <= result["latency_ms"] and result["tokens"] > 0


# ---- Client.test_models

DEV: Dict[str, Any] = {"environment": False, "providers": {"a": {"dialect": "dev", "token_delay": 0.001}, "b": {"dialect": "dev", "token_delay": 0.001}}}


def test_events_and_objects() -> None:
    events: List[ModelTestEvent] = []
    with gatelet.Client(DEV) as client:
        found = client.test_models(["a/echo*", "b/echo"], spacing=0, on_progress=events.append)
    assert [one.provider for one in found] == ["b", "a", "a"] or len(found) == 3
    assert found.summary.total == found.summary.successful == 3 and found.fastest[0].latency_ms > 0
    assert [event.event for event in events].count("start") == 3
    last = [event for event in events if event.event == "finish"][-1]
    assert last.done == last.total == 3 and last.result and last.result.status == "success"
    assert last.report is not None and last.report.summary.total == 3 and "results" not in last.report


def test_a_true_value_stops_and_results_go_on() -> None:
    with gatelet.Client(DEV) as client:
        first = client.test_models("*", spacing=0, concurrency=1, on_progress=lambda event: event.event == "finish" and event.passed == 1)
        assert first.summary.total == 1 and first.summary.remaining == 3
        rest = client.test_models("*", spacing=0, results=first)
    assert rest.summary.total == 4 and rest.summary.remaining == 0


def test_what_progress_raises_comes_out() -> None:
    def fail(event: ModelTestEvent) -> None:
        if event.event == "finish":
            raise LookupError("mine")

    before = threading.active_count()
    with gatelet.Client(DEV) as client:
        with pytest.raises(LookupError, match="mine"):
            client.test_models(["a/echo", "b/echo"], on_progress=fail)
        assert threading.active_count() == before
        assert client.test_models("a/echo", spacing=0).summary.successful == 1
        with pytest.raises(gatelet.InvalidRequestError, match="options.max_tokens"):
            client.test_models("a/echo", max_tokens=0)


def test_hooks_veto_one_model_and_errors_of_hooks_come_out() -> None:
    def veto(event: gatelet.HookEvent) -> None:
        if event["model"] == "one":
            raise gatelet.Veto("not this one")
        if event["model"] == "three":
            raise LookupError("of the hook")

    with gatelet.Client(DEV) as client:
        client.set_hook(veto, events=["request"])
        found = client.test_models(["a/one", "a/two"], spacing=0)
        assert [one.reason for one in found] == ["Refused by policy", None]
        with pytest.raises(LookupError, match="of the hook"):
            client.test_models(["a/three", "a/two"], spacing=0)


def test_closing_the_client_ends_it() -> None:
    client = gatelet.Client(DEV)
    threading.Timer(0.3, client.close).start()
    with pytest.raises(gatelet.ClosedError):  # in the middle of the spacing of 180 seconds
        client.test_models(["a/1", "a/2"])
