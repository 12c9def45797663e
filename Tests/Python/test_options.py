"""The types of the options say what the documented schemas say, name by name and kind by kind."""

from __future__ import annotations

import copy
import json
import re
import typing
from pathlib import Path
from typing import Any, Dict, Iterator, List

import gatelet
import pytest
import samples
from conftest import MESSAGES
from gatelet import options
from shapes import SCHEMAS, differences, of_schema, of_type

HEADER = Path(__file__).parents[2] / "include/gatelet.h"


def test_configuration() -> None:
    assert differences(of_schema("config"), of_type(options.Config)) == []


def test_gatelet_member_of_a_request() -> None:
    assert differences(of_schema("request", "gatelet"), of_type(options.RequestOptions)) == []


def test_options_of_a_call() -> None:
    assert differences(of_schema("call-options"), of_type(options.CallOptions)) == []


def test_openrouter_words_of_a_request() -> None:
    """The object is that service's: it may hold more than the schema lists, and `sort` other words."""
    documented, typed = of_schema("request", "provider"), of_type(options.ProviderWords)
    documented[".sort"] = typed[".sort"]
    assert [line for line in differences(documented, typed) if not line.endswith("in the types only")] == []
    assert of_schema("request", "models") == of_type(List[str])


def test_the_comparison_finds_what_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = copy.deepcopy(SCHEMAS)
    members = changed["urn:gatelet:config"]["properties"]
    del members["dev_mode"]
    members["colour"] = {"type": "string"}
    members["log"]["enum"].append("loud")
    members["default_model"] = {"type": "integer"}
    members["providers"]["additionalProperties"]["properties"]["keys"]["items"]["required"].append("name")
    monkeypatch.setattr("shapes.SCHEMAS", changed)
    found = "\n".join(differences(of_schema("config"), of_type(options.Config)))
    for path in (".dev_mode: in the types only", ".colour: in the schema only", ".log: ", ".default_model: ", ".keys[].name!: in the schema"):
        assert path in found


def test_failure_classes_are_the_statuses_of_the_header() -> None:
    named = re.findall(r"GATELET_ERR_(\w+) = [23]\d\d", HEADER.read_text())
    assert [name.lower() for name in named] == list(typing.get_args(options.FailureClass))


def test_every_type_is_exported_and_told_about() -> None:
    for name in options.__all__:
        assert getattr(options, name) is not None
    documented = [getattr(options, name) for name in options.__all__ if isinstance(getattr(options, name), type)]
    assert len(documented) > 25 and all(cls.__doc__ for cls in documented)
    assert gatelet.Config is options.Config and gatelet.RequestOptions is options.RequestOptions


def test_typed_options_are_plain_dicts() -> None:
    config: gatelet.Config = {"dev_mode": True, "environment": False}
    assert type(config) is dict and json.dumps(config)
    with gatelet.Client(config) as client:
        assert client.models.list().data




def paths(document: object, path: str, members: Dict[str, set[str]]) -> set[str]:
    """Where the values of a document stand, spelt as in shapes.py."""
    if isinstance(document, list):
        return {path}.union(*(paths(item, f"{path}[]", members) for item in document))
    if not isinstance(document, dict):
        return {path}
    named = [name.rstrip("!") for name in members.get(path, ())]
    return {path}.union(
        *(paths(value, f"{path}.{name if name in named else '*'}", members) for name, value in document.items())
    )


@pytest.mark.parametrize(
    ("kind", "sample"),
    [
        (options.Config, samples.CONFIG), (options.RequestOptions, samples.OPTIONS), (options.CallOptions, samples.CALL),
        (options.ProviderWords, samples.WORDS),
    ],  # fmt: skip
)
def test_the_samples_leave_nothing_out(kind: Any, sample: Any) -> None:
    typed = {path.replace("!", "") for path in of_type(kind)}
    members: Dict[str, set[str]] = {}
    for path in typed:
        parent, _, name = path.rpartition(".")
        members.setdefault(parent, set()).add(name)
    left_out = typed - paths(sample, "", members)
    # Two forms of one member: a sample has room for one, FURTHER and the other providers have the rest.
    assert {path for path in left_out if not path.startswith((".faults.", ".preferred_"))} == set()


def test_the_library_takes_every_option(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("WORK_ATTEMPTS=1\n")
    with gatelet.Client(samples.CONFIG, env_file=str(tmp_path / "env")) as client:
        for one in [samples.OPTIONS, samples.CALL, *samples.FURTHER]:
            said: Any = {name: value for name, value in one.items() if name != "http"}  # which raw requests alone have
            answer = client.chat.completions.create(model="m", messages=MESSAGES, gatelet={**said, "dry_run": True})
            assert answer.plan and all(entry.reason for entry in answer.plan)
        answer = client.chat.completions.create(
            model="work/m", models=["work/n"], provider=samples.WORDS, messages=MESSAGES, gatelet={"dry_run": True}
        )
        assert answer.plan and {one.provider for one in answer.plan} == {"work"}


def of_wrong_type(sample: Any) -> Iterator[Any]:
    """The sample, each time with another one of its values replaced by one of a kind that fits nowhere."""
    for key in list(sample) if isinstance(sample, dict) else range(len(sample)):
        value = sample[key]
        if isinstance(value, (dict, list)) and key != "error":  # which is the user's own
            for changed in of_wrong_type(value):
                yield _with(sample, key, changed)
        yield _with(sample, key, [[None]])


def _with(sample: Any, key: Any, value: Any) -> Any:
    changed = copy.copy(sample)
    changed[key] = value
    return changed


def test_the_library_refuses_every_option_of_a_wrong_kind() -> None:
    checked = 0
    for changed in of_wrong_type({name: value for name, value in samples.CONFIG.items() if name != "env_file"}):
        with pytest.raises(gatelet.ConfigError):
            gatelet.Client(changed)
        checked += 1
    assert checked > 200
