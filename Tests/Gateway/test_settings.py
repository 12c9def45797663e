"""The file of settings: what is wrong with it is said, and nothing starts."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any, Callable, Dict

import pytest
from conftest import CHAT, EXAMPLES, Process, bearer


def refused(tmp_path: Any, settings: Any, *arguments: str) -> str:
    """What a gateway with these settings says before it ends."""
    file = tmp_path / "refused.json"
    file.write_text(settings if isinstance(settings, str) else json.dumps(settings))
    told = subprocess.run([sys.executable, "-m", "gateway", str(file), *arguments], cwd=EXAMPLES, capture_output=True, text=True, timeout=60)
    assert told.returncode == 1 and "Traceback" not in told.stderr, told
    return told.stderr


@pytest.mark.parametrize("workers", [1, 3])
def test_what_the_library_refuses_is_said_once(tmp_path: Any, workers: int) -> None:
    for config in {"nonsense": 1}, {"limits": {"max_wait": -1}}, {"limits": 1}, {"providers": {"up": {"base_url": 5}}}:
        said = refused(tmp_path, {"workers": workers, "gatelet": config}, "--port", "0")
        (name,) = [name for name in ("nonsense", "max_wait", "limits", "base_url") if name in json.dumps(config) and (name != "limits" or config["limits"] == 1)]
        assert said.count("gateway: ") == 1 and name in said and "http://" not in said, said
    said = refused(tmp_path, {"workers": workers, "keys": {"a": {"key": "k", "limits": {"requests_per_minute": -1}}}}, "--port", "0")
    assert said.count("gateway: ") == 1 and "keys.a.limits.requests_per_minute: must be" in said


NUMBERS: Dict[str, Any] = {
    "port": [-1, 65536, 80.5, "80", True, None],
    "workers": [-1, 0, 257, 1.5, "2", True],
    "keep_alive": [-1, -0.1, 0.0001, 1e9, "15", True, []],
    "drain": [-1, 1e9, "1", False],
    "drain_delay": [-1, 1e9, "1"],
    "max_body": [-1, 0, 1 << 40, 1.5, "1"],
    "models_for": [-1, 1e9, "60"],
}


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_have_ranges(tmp_path: Any, name: str) -> None:
    sys.path.insert(0, str(EXAMPLES))
    from gateway.settings import SettingsError, load

    file = tmp_path / "gateway.json"
    for text in [*map(json.dumps, NUMBERS[name]), "NaN", "Infinity", "-Infinity", "1e400", "-1e400"]:
        file.write_text('{"%s": %s}' % (name, text))
        with pytest.raises(SettingsError, match=f"^{name} must be "):
            load(file)
    for good in {"keep_alive": [0, 0.1, 3600], "drain": [0, 0.5], "workers": [1], "port": [0, 65535], "max_body": [1]}.get(name, [0, 0.5]):
        file.write_text(json.dumps({name: good}))
        assert getattr(load(file), name) == good


def wrong(tmp_path: Any, settings: Any) -> str:
    """What is said of them, without a process."""
    sys.path.insert(0, str(EXAMPLES))
    from gateway.settings import SettingsError, load

    file = tmp_path / "wrong.json"
    file.write_text(settings if isinstance(settings, str) else json.dumps(settings))
    with pytest.raises(SettingsError) as caught:
        load(file)
    return str(caught.value)


def test_members_of_keys_are_looked_at(tmp_path: Any) -> None:
    for cost in "-1", "nan", "inf", "much", "", "1e99", " 1", "0,5":
        assert "keys.a.max_cost must be USD" in wrong(tmp_path, {"keys": {"a": {"key": "k", "max_cost": cost}}})
    assert "keys.b.key is that of keys.a" in wrong(tmp_path, {"keys": {"a": {"key": "k"}, "b": {"key": "k"}}})
    assert "keys.a.key is that of operator_key" in wrong(tmp_path, {"operator_key": "k", "keys": {"a": {"key": "k"}}})
    for name in "", "x" * 129, "\u00fc" * 65, "a\n", "*", "acme/*", "operator", "\ud800":
        assert "the name of a key" in wrong(tmp_path, {"keys": {name: {"key": "k"}}})
    for origin in 1, "app.example", "https://app.example/", "":
        assert "cors: " in wrong(tmp_path, {"cors": [origin]})
    assert "--port must be 0 to 65535" in refused(tmp_path, {}, "--port", "70000")
    wrong(tmp_path, "[" * 100_000)


def test_elsewhere_than_on_this_machine_keys_are_needed(tmp_path: Any, start: Callable[..., Process]) -> None:
    def refused(settings: Any) -> str:
        file = tmp_path / "refused.json"
        file.write_text(json.dumps(settings))
        told = subprocess.run([sys.executable, "-m", "gateway", str(file)], cwd=EXAMPLES, capture_output=True, text=True, timeout=60)
        assert told.returncode == 1
        return told.stderr

    assert "keys" in refused({"host": "0.0.0.0"})
    assert "unknown member kyes" in refused({"kyes": {}})
    assert "keys.a.limit" in refused({"keys": {"a": {"key": "k", "limit": {}}}})
    assert "NOT_THERE" in refused({"keys": {"a": {"key": "env:NOT_THERE"}}})
    assert "port must be int" in refused({"port": "80"})

    gateway = start(host="0.0.0.0", keys={"a": {"key": "sk-a"}})
    gateway.url = gateway.url.replace("0.0.0.0", "127.0.0.1")
    assert gateway.post("/v1/chat/completions", CHAT).status_code == 401
    assert gateway.post("/v1/chat/completions", CHAT, headers={"Host": "gateway.example", **bearer("sk-a")}).status_code == 200
