"""Checks rows and counter-examples with the `jsonschema` package; the last line is the summary."""
import json
import pathlib
import subprocess
import sys

import contributors_map
import pages
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

root = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(root / "Tests/Support"))
from checks import Checks  # noqa: E402

names = ["provider", "config", "request", "call-options"]
schemas = {name: json.loads((root / f"docs/{name}.schema.json").read_text()) for name in names}
registry = Registry().with_resources((s["$id"], Resource.from_contents(s)) for s in schemas.values())
validators = {n: Draft202012Validator(s, registry=registry) for n, s in schemas.items()}

tests = Checks()


def check(what, good, problem=""):
    if tests.wanted(what):
        tests.check(what, "" if good else problem or "is not so")


def problems(name, document):
    return "; ".join(f"{'.'.join(map(str, e.absolute_path))}: {e.message}" for e in validators[name].iter_errors(document))


for name, schema in schemas.items():
    Draft202012Validator.check_schema(schema)
    check(f"{name}.schema.json", True)

rows = sorted((root / "Sources/Catalog").glob("*.json"))
check("rows found", len(rows) >= 53, str(len(rows)))
for file in rows:
    row = json.loads(file.read_text())
    found = problems("provider", row)
    check(file.name, not found, found)
    check(f"{file.name} is named after its id", row["id"] == file.stem, row["id"])

page = subprocess.run([sys.executable, root / "scripts/providers-page"], capture_output=True, text=True, check=True).stdout
check("docs/providers.md", page == (root / "docs/providers.md").read_text(), "is not what scripts/providers-page writes")

out_of_step = subprocess.run([sys.executable, root / "scripts/write-options", "--check"], capture_output=True, text=True)
check("types and tables of members", out_of_step.returncode == 0, (out_of_step.stdout + out_of_step.stderr).strip())

pages.check_all(check)
pages.check_tables(check, schemas)
contributors_map.check_all(check)

forms = sorted(file.stem for file in root.glob("Sources/**/forms/*.json"))
listed = schemas["provider"]["$defs"]["provider"]["properties"]["models"]["properties"]["form"]["enum"]
check("the forms of lists in the schema", forms and listed == forms, f"{sorted(set(listed) ^ set(forms))}")

row = {"id": "a", "name": "A", "base_url": "https://a.example", "quirks": []}
assert not problems("provider", row)
for name, document in [
    ("provider", {**row, "colour": 1}),
    ("provider", {**row, "base_url": "ftp://a.example"}),
    ("provider", {**row, "base_url": "https://user@a.example"}),
    ("provider", {**row, "quirks": [{"note": "no link", "date": "2026-01-01"}]}),
    ("provider", {**row, "headers": {"Authorization": "x"}}),
    ("provider", {**row, "models": {"form": "unheard-of"}}),
    ("provider", {**row, "docs_url": "a.example"}),
    ("provider", {**row, "values": {"part": "a/b"}}),
    ("provider", {**row, "variables": {"part": 1}}),
    ("provider", {k: v for k, v in row.items() if k != "base_url"}),
    ("config", {"colour": 1}),
    ("config", {"cache_dir": 1}),
    ("config", {"lists": {"fresh": -1}}),
    ("config", {"threads": 2}),
    ("config", {"retry": {"attempts": -1}}),
    ("config", {"providers": {"a": {"retry": {"attempts_per_request": 1}}}}),
    ("config", {"providers": {"a": {"serves": ["openai"]}}}),
    ("config", {"providers": {"a": {"keys": [{"value": "k", "limits": {"requests_per_minute": 0}}]}}}),
    ("config", {"providers": {"a": {"known_models": {"m": {"pricing": {"prompt": "-1"}}}}}}),
    ("config", {"failover": {"no_key": ["stop"]}}),
    ("config", {"failover": {"server": []}}),
    ("config", {"routing": {"hedge": True}}),
    ("config", {"routing": {"all_models": {}}}),
    ("config", {"breaker": {"rate": 0}}),
    ("config", {"limits": {"tags": {"": {}}}}),
    ("config", {"timeouts": {"connect": -1}}),
    ("config", {"providers": {"a": {"timeouts": {"conect": 1}}}}),
    ("config", {"providers": {"a": {"api_key": "k", "keys": [{"value": "k"}]}}}),
    ("config", {"providers": {"a": {"keys": [{"name": "no value"}]}}}),
    ("config", {"providers": {"a": {"api_key": "two words"}}}),
    ("config", {"log": "loud"}),
    ("request", {"gatelet": {"base_url": "https://a.example"}}),
    ("request", {"gatelet": {"timeouts": {"total": "1"}}}),
    ("request", {"model": 5}),
    ("request", {"models": "a"}),
    ("request", {"provider": "openai"}),
    ("request", {"provider": {"order": "openai"}}),
    ("request", {"gatelet": {"route": {"oder": []}}}),
    ("request", {"gatelet": {"hedge": True}}),
    ("request", {"gatelet": {"max_cost": "-1"}}),
    ("request", {"gatelet": {"headers": {"X-A": "1"}}}),
    ("request", {"gatelet": {"cancel_id": "a"}}),
    ("config", {"allow_headers": ["Authorization"]}),
    ("config", {"caps": {"models": -1}}),
    ("call-options", {"colour": 1}),
    ("call-options", {"headers": {"Host": "x"}}),
    ("call-options", {"headers": {"accept-encoding": "x"}}),
    ("call-options", {"headers": {"X-A": "a\r\nb"}}),
    ("call-options", {"query": {"a": 1}}),
    ("call-options", {"timeouts": {"idle": -1}}),
    ("call-options", {"cancel_id": ""}),
    ("call-options", {"response": "always"}),
]:
    check(f"{name} refuses {json.dumps(document)}", problems(name, document), "accepted")

rules = {"usd_per_minute": "0.5", "usd_per_day": 2, "concurrency": 1, "spacing": 0.5}
for name, document in [
    ("config", {"providers": {"a": {"dialect": "dev", "limits": rules, "keys": [{"value": "k", "limits": rules}]}}}),
    ("config", {"providers": {"a": {"known_models": {"m": {"pricing": {"prompt": "1e-7", "completion": 6e-7}}}}}}),
    ("config", {"routing": {"hedge": False, "all_models": {"max_price": {"prompt": "$1,000.5"}}}}),
    ("config", {"routing": {"hedge": {"delay": "p95"}}, "limits": {"client": rules, "tags": {"*": rules}}}),
    ("request", {"provider": {"sort": {"by": "price"}, "quantizations": ["fp8"], "max_price": {"audio": 1}}, "models": None}),
    ("config", {"allow_headers": ["X-*"], "allow_query": ["api-version"], "caps": {"models": 0}, "limits": {"max_cost": "0.5"}}),
    ("call-options", {"headers": {"X-A": "1"}, "query": {"api-version": "preview"}, "cancel_id": "a/b", "tag": None, "retry": {"attempts": 9},
                      "timeouts": {"total": 0}, "request_extensions": "none", "faults": {"sequence": [429]}, "max_cost": 1, "response": "errors"}),
    ("request", {"gatelet": {"hedge": None, "max_cost": 0.5, "route": {"sort": "price", "max_price": {"prompt": "1"}}, "faults": {"sequence": [429]}}}),
]:
    found = problems(name, document)
    check(f"{name} accepts {json.dumps(document)}", not found, found)

sys.exit(tests.end())
