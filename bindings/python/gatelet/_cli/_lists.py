"""gatelet models, gatelet providers."""

from __future__ import annotations

import argparse
from typing import Any, List, Optional

from .._development import in_development
from . import _output
from ._common import DONE, FAILED, client, command, complain, print_json

NOBODY = "no provider can be asked: set a key such as OPENROUTER_API_KEY, or --config"


def declare(commands: Any) -> None:
    made = command(commands, "models", models, "list the models of the providers that have a key")
    made.add_argument("pattern", nargs="*", metavar="PATTERN", help="ids, or patterns with *")
    made.add_argument("--provider", action="append", metavar="ID", help="of this provider; may be given several times")
    made.add_argument("--capability", action="append", metavar="WORD", help="that can do this: tools, reasoning, vision, ...")
    made.add_argument("--free", action="store_true", default=None, help="that cost nothing")
    made.add_argument("--min-context", type=int, metavar="N", help="with a context of so many tokens at least")
    made.add_argument("--sort", choices=["price", "context", "created", "name", "id", "latency"])
    made.add_argument("--limit", type=int, metavar="N", help="so many at most")
    made.add_argument("--fresh", action="store_true", help="fetch the lists anew")
    made = command(commands, "providers", providers, "list the providers that can be asked")
    made.add_argument("provider", nargs="*", metavar="ID", help="these only")
    made.add_argument("--all", action="store_true", help="those without a key too")
    made.add_argument("--probe", action="store_true", help="call each one now")
    made.add_argument("--balance", action="store_true", help="ask what is left on the account, where the provider tells")


def models(options: argparse.Namespace) -> int:
    with client(options) as asked, _output.waiting("fetching lists"):
        found = asked.models.list(
            id=options.pattern or None, provider=options.provider, capability=options.capability, free=options.free,
            min_context=options.min_context, sort=options.sort, limit=options.limit, fresh=options.fresh,
        )  # fmt: skip
    if options.json:
        print_json(found.to_dict())
        return DONE if found.lists or found.errors else complain(NOBODY)
    if not found.lists and not found.errors:
        return complain(NOBODY)
    rows: List[List[str]] = []
    for model in found.data:
        prices = model.pricing
        dollars = [_output.per_million(prices[kind] if prices else None) for kind in ("prompt", "completion")]
        rows.append([str(model.slug), _output.number(model.context_length), *dollars])
    _output.table(["model", "context", "in $/M", "out $/M"], rows, right=["context", "in $/M", "out $/M"])
    shown = f"{len(rows)} of {found.total} models" if len(rows) != found.total else f"{len(rows)} models"
    stale = [source.provider for source in found.lists or () if source.stale]
    _output.note(shown + (f"; old lists: {', '.join(stale)}" if stale else ""))
    for missing in found.errors or ():
        complain(f"no list of {missing.provider}: {missing.error.message}")
    return FAILED if found.errors and not rows else DONE


def providers(options: argparse.Namespace) -> int:
    with client(options) as asked, _output.waiting("asking" if options.probe or options.balance else "looking"):
        found = asked.providers(options.provider or None, probe=options.probe, balance=options.balance)
        developing = in_development(asked)
    shown = [one for one in found.data if one.configured or options.all or options.provider]
    failed = any(one.probe and not one.probe.ok for one in shown)
    if options.json:
        document = found.to_dict()
        print_json({**document, "data": [one.to_dict() for one in shown]})
        if not shown and not developing:
            return complain(f"{NOBODY}; --all shows what there is")
        return FAILED if failed else DONE
    if not shown and not developing:
        return complain(f"{NOBODY}; --all shows what there is")
    columns = ["provider", "name", "key", "address"]
    columns += ["probe"] if options.probe else []
    columns += ["left"] if options.balance else []
    rows: List[List[str]] = []
    for one in shown:
        row = [one.id, one.name or "", _key(one), one.base_url or ""]
        row += [_probe(one.probe)] if options.probe else []
        row += [_balance(one.balance)] if options.balance else []
        rows.append(row)
    _output.table(columns, rows)
    for warning in found.warnings or ():
        complain(warning)
    return FAILED if failed else DONE


def _key(state: Any) -> str:
    if state.key_present:
        return ", ".join(key.name for key in state.keys or ()) or "yes"
    names = state.key_variables or []
    return {"none": "none needed", "optional": "not needed"}.get(state.key_need) or (f"set {names[0]}" if names else "missing")


def _probe(probe: Optional[Any]) -> str:
    if not probe:
        return ""
    return f"ok, {probe.latency_ms:.0f} ms" if probe.ok else f"{probe.error.kind}: {probe.error.message}"


def _balance(balance: Optional[Any]) -> str:
    if not balance:
        return ""
    return f"{balance.remaining} {balance.currency}" if balance.remaining is not None else "unknown"
