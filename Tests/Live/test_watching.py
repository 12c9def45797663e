"""`watch`: the files that a configuration was read from are read anew when they have changed."""
import json
import os
import time

import pytest
from conftest import KEY, OTHER, provider
from several import HELLO


def eventually(holds, seconds=20):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def texts(lines, word):
    return [text for _, text in lines if word in text]


@pytest.fixture
def watched(gateway, upstream, tmp_path, monkeypatch):
    """A client of the file `GATELET_CONFIG`, what is in it, and its log."""
    path, lines = tmp_path / "gatelet.json", []

    def document(name, **more):
        return json.dumps({"log": "info", "watch": True, "default_model": name, "providers": {"p": {**provider(f"{upstream.url}/{name}"), "api_key": KEY}}, **more})

    def start(config=None):
        path.write_text(document("one"))
        monkeypatch.setenv("GATELET_CONFIG", str(path))
        client = gateway({"environment": True, **(config or {})})
        client.client.log_to(lines)
        return client

    return start, path, document, lines


def served(client, upstream):
    assert client.call("chat", {"messages": HELLO, "gatelet": {"provider": "p"}}).status == 0
    return upstream.seen[-1].path.split("/")[2]


def written(path, text):
    path.write_text(text)


def replaced(path, text):
    part = path.with_suffix(".part")
    part.write_text(text)
    os.replace(part, path)


def deleted_before(path, text):
    path.unlink()
    path.write_text(text)


@pytest.mark.parametrize("change", [written, replaced, deleted_before])
def test_a_changed_file_is_read(watched, upstream, change):
    start, path, document, lines = watched
    client = start()
    assert served(client, upstream) == "one"
    for name in ("two", "three"):
        change(path, document(name))
        eventually(lambda name=name: served(client, upstream) == name)
    assert texts(lines, "loaded anew") == ["configuration loaded anew"] * 2


def test_a_link_that_leads_elsewhere(watched, upstream, tmp_path):
    """As Kubernetes mounts a ConfigMap: the file is a link through a folder that is a link."""
    start, path, document, lines = watched
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "gatelet.json").write_text(document(name))
    (tmp_path / "data").symlink_to("one")
    client = start()
    path.unlink()
    path.symlink_to("data/gatelet.json")
    assert client.client.reload("{}")[0] == 0
    (tmp_path / "next").symlink_to("two")
    os.replace(tmp_path / "next", tmp_path / "data")
    eventually(lambda: served(client, upstream) == "two")


def test_a_bad_file_keeps_the_old_configuration(watched, upstream):
    start, path, document, lines = watched
    client = start()
    path.write_text(document("two", timeouts={"conect": 1}))
    eventually(lambda: texts(lines, "reload failed"))
    assert texts(lines, "reload failed") == [f"reload failed: config: {path}: timeouts.conect: unknown member"] and served(client, upstream) == "one"
    path.unlink()
    eventually(lambda: len(texts(lines, "reload failed")) == 2)
    assert "cannot be read" in lines[-1][1] and served(client, upstream) == "one"
    path.write_text(document("two"))
    eventually(lambda: served(client, upstream) == "two")


def test_a_file_in_the_middle_of_its_writing_is_let_be(watched, upstream):
    start, path, document, lines = watched
    client, text = start(), document("two")
    with open(path, "w") as file:
        for part in (text[:40], text[40:80], text[80:]):
            file.write(part)
            file.flush()
            (path.parent / "neighbour").write_text(part)  # has the folder looked at
            time.sleep(0.15)
    eventually(lambda: served(client, upstream) == "two")
    assert texts(lines, "reload failed") == []


def test_what_the_caller_gave_goes_on_top(watched, upstream):
    start, path, document, lines = watched
    client = start({"default_model": "mine"})
    path.write_text(document("two"))
    eventually(lambda: served(client, upstream) == "two")
    assert upstream.seen[-1].body["model"] == "mine"


@pytest.mark.parametrize("member", ["env_file", "price_file"])
def test_the_other_files(watched, upstream, tmp_path, member):
    start, path, document, lines = watched
    other = tmp_path / "elsewhere" / member
    other.parent.mkdir()
    other.write_text("# nothing yet\n")
    client = start({member: str(other)})
    assert served(client, upstream) == "one"
    other.write_text({"env_file": "OPENAI_API_KEY=" + OTHER + "\n", "price_file": "p\tone\t0.5\t0\n"}[member])
    eventually(lambda: texts(lines, "loaded anew"))
    assert texts(lines, "loaded anew") == ["configuration loaded anew"]


def test_what_is_no_longer_watched(watched, upstream):
    start, path, document, lines = watched
    client = start()
    assert client.client.reload('{"watch": false}')[0] == 0
    path.write_text(document("two"))
    time.sleep(1)
    assert served(client, upstream) == "one" and len(texts(lines, "loaded anew")) == 1
    assert client.client.reload("{}")[0] == 0 and served(client, upstream) == "two"
    path.write_text(document("three"))
    eventually(lambda: served(client, upstream) == "three")
