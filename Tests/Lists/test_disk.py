"""The copy on disk, and what there is without a network."""
import json
import os
import re
import signal
import stat
import subprocess
import sys
import time

import pytest

from conftest import HERE, body, config, entries, until



@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache"


def path(folder):
    return folder / "p.models.json"




def test_the_next_process_has_the_list(server, gateway, folder):
    setting = config(server, cache_dir=str(folder))
    first = gateway(setting).models()
    assert first.list["source"] == "api" and path(folder).exists()
    second = gateway(setting).models()
    assert second.list["source"] == "disk" and second.answer["data"] == first.answer["data"]
    assert second.list["fetched_at"] == first.list["fetched_at"] and len(server.seen) == 1
    assert stat.S_IMODE(os.stat(path(folder)).st_mode) == 0o600 and stat.S_IMODE(os.stat(folder).st_mode) == 0o700
    assert os.listdir(folder) == ["p.models.json"]


def test_nothing_is_read_or_fetched_in_init_nor_written_without_a_folder(server, gateway, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    gateway(config(server))
    assert server.seen == []
    gateway(config(server)).models()
    assert os.listdir(tmp_path) == []


def edit(folder, **members):
    """Changes members and leaves the rest as it is written."""
    text = path(folder).read_text()
    for name, value in members.items():
        pattern = r'"entries":\[.*\],"check"' if name == "entries" else rf'"{name}":("[^"]*"|\d+)'
        new = f'"{name}":{json.dumps(value)}' + (',"check"' if name == "entries" else "")
        text, count = re.subn(pattern, lambda _: new, text, count=1, flags=re.S)
        assert count == 1, name
    path(folder).write_text(text)


def test_ages_by_the_wall_clock(server, gateway, folder):
    setting = config(server, cache_dir=str(folder))
    gateway(setting).models()
    edit(folder, fetched_at=int(time.time()) - 5000)
    server.answer = lambda path, number: body(entries(4))
    client = gateway(setting)
    answer = client.models()
    assert len(answer.ids) == 3 and answer.list["stale"] and answer.list["source"] == "disk"
    assert until(lambda: len(client.models().ids) == 4)
    edit(folder, fetched_at=int(time.time()) - 8000)
    assert len(gateway(setting).models().ids) == 4 and len(server.seen) == 3
    edit(folder, fetched_at=int(time.time()) - 8000)
    server.answer = lambda path, number: (500, b"{}")
    answer = gateway(setting).models()
    assert len(answer.ids) == 4 and answer.list["stale"] and answer.answer["errors"]


@pytest.mark.parametrize("damage", [
    lambda f: path(f).write_text(path(f).read_text()[:200]), lambda f: path(f).write_bytes(b""), lambda f: path(f).write_bytes(os.urandom(300)),
    lambda f: edit(f, gatelet_models=1), lambda f: edit(f, library="0.0.9"), lambda f: edit(f, reading="1"), lambda f: edit(f, check="1"),
    lambda f: path(f).write_text(path(f).read_text().replace("Model 0", "Model 9", 1)), lambda f: edit(f, url="https://elsewhere.example/models"), lambda f: edit(f, provider="q"),
    lambda f: edit(f, fetched_at=int(time.time()) + 5000), lambda f: edit(f, fetched_at="now"), lambda f: edit(f, entries={}),
    lambda f: edit(f, entries=[3, {"name": "x"}]), lambda f: (path(f).unlink(), path(f).mkdir()),
], ids=range(15))
def test_a_file_that_does_not_count(server, gateway, folder, damage):
    setting = config(server, cache_dir=str(folder), log="warning")
    gateway(setting).models()
    damage(folder)
    client = gateway(setting)
    lines = []
    client.client.log_to(lines)
    answer = client.models()
    assert answer.list["source"] == "api" and len(server.seen) == 2
    assert any("on disk" in str(line) for line in lines), lines


def test_a_folder_that_cannot_be_written_is_not_fatal(server, gateway, tmp_path):
    (tmp_path / "file").write_text("x")
    client = gateway(config(server, cache_dir=str(tmp_path / "file"), log="warning"))
    lines = []
    client.client.log_to(lines)
    assert len(client.models().ids) == 3
    assert any("on disk" in str(line) for line in lines), lines


WRITER = """
import json, sys
sys.path[:0] = [sys.argv[1], sys.argv[2]]
import library
client = library.Client(sys.argv[3])
while True:
    client.call("list_models", b'{"fresh":true}')
"""


def test_writers_that_are_killed_leave_a_whole_file(server, gateway, folder):
    text = body(entries(400))
    server.answer = lambda path, number: text
    setting = config(server, cache_dir=str(folder))
    gateway(setting).models()
    command = [sys.executable, "-c", WRITER, HERE, os.path.join(HERE, "..", "Replay"), json.dumps({"environment": False, **setting})]
    for _ in range(3):
        writers = [subprocess.Popen(command) for _ in range(3)]
        end = time.monotonic() + 1.5
        while time.monotonic() < end:
            document = json.loads(path(folder).read_text())
            assert len(document["entries"]) == 400
        for writer in writers:
            writer.send_signal(signal.SIGKILL)
            writer.wait()
        assert len(json.loads(path(folder).read_text())["entries"]) == 400
    assert len(gateway(setting).models().ids) == 400


def test_without_a_network(gateway):
    """The table beside the library."""
    table = os.path.join(os.environ["GATELET_PREFIX"], "lib", "gatelet", "models.tsv")
    if not os.path.exists(table):
        pytest.skip("no table beside the library")
    client = gateway({"providers": {"groq": {"api_key": "sk-lists-1"}}, "http": {"proxy": "http://127.0.0.1:9"}})
    answer = client.models(provider="groq")
    assert answer.status == 0 and answer.list["source"] == "snapshot" and answer.list["stale"], answer
    assert answer.answer["errors"][0]["provider"] == "groq"
    assert answer.answer["data"] and all(entry["source"] == "snapshot" and entry["provider"] == "groq" for entry in answer.answer["data"])
    assert any(entry["pricing"]["prompt"] for entry in answer.answer["data"])
    assert 1.6e9 < answer.list["fetched_at"] < time.time()
    assert client.models(provider="mistral").status == 104, "a missing key is an error all the same"


def test_a_list_is_read_anew_when_it_is_read_in_another_way(server, gateway, folder, tmp_path):
    """A mapping that was wrong does not go on billing: neither in the same process, nor in the next one."""
    server.answer = lambda path, number: json.dumps({"data": [{"id": "m", "cost": {"in": 2, "out": 4}}]}).encode()

    def setting(unit):
        made = config(server, cache_dir=str(folder))
        made["providers"]["p"]["models"] = {"form": "openai", "map": {"unit": unit, "prices": {"prompt": "cost.in", "completion": "cost.out"}}}
        return made

    def price(client):
        return client.models().answer["data"][0]["pricing"]["prompt"]

    client = gateway(setting("usd_per_million"))
    assert price(client) == "0.000002"
    client.client.reload(json.dumps({"environment": False, **setting("us_cents_per_token")}))
    assert price(client) == "0.02" and len(server.seen) == 2
    assert price(gateway(setting("us_cents_per_token"))) == "0.02" and len(server.seen) == 2, "from the disk"
    assert price(gateway(setting("usd_per_million"))) == "0.000002" and len(server.seen) == 3


def test_reload_forgets_the_list_of_another_file(gateway, tmp_path):
    def setting(name):
        (tmp_path / name).write_text(f"id\nmodel-of-{name}\n")
        return {"providers": {"p": {"base_url": "http://127.0.0.1:9/v1", "api_key": "sk-1", "models": {"file": str(tmp_path / name)}}}}
    client = gateway(setting("a.csv"))
    assert client.models().ids == ["model-of-a.csv"]
    client.client.reload(json.dumps({"environment": False, **setting("b.csv")}))
    assert client.models().ids == ["model-of-b.csv"]


def test_reload_forgets_the_list_of_a_provider_that_moved(server, gateway):
    client = gateway(config(server))
    client.models()
    setting = config(server)
    setting["providers"]["p"]["base_url"] += "/elsewhere"
    client.client.reload(json.dumps({"environment": False, **setting}))
    client.models()
    assert server.seen == ["/v1/models", "/v1/elsewhere/models"]


