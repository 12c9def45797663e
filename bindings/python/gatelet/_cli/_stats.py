"""gatelet stats: sums of the file that the member `records` of a configuration names."""

from __future__ import annotations

import argparse
import json
import os
from decimal import Decimal, InvalidOperation
from typing import Any, Dict, Iterator, List, Optional

from . import _output
from ._common import DONE, command, complain, print_json, read_config

_BY = ("model", "provider", "key", "tag", "day")


def declare(commands: Any) -> None:
    made = command(
        commands, "stats", stats, "sum up records of requests",
        epilog='The file is the one that "records" of the configuration names (docs/usage.md); of a running program its own client.stats() tells.',
    )  # fmt: skip
    made.add_argument("file", nargs="*", metavar="FILE", help="files of records (default: the configuration's)")
    made.add_argument("--by", choices=_BY, default="model", help="a row for each of these (model)")
    made.add_argument("--since", type=int, metavar="TIME", help="requests that ended at this time or later, in Unix seconds")


class _Sum:
    def __init__(self) -> None:
        self.requests = self.failures = self.input = self.output = 0
        self.cost = Decimal(0)
        self.unpriced = 0
        self.times: List[float] = []

    def add(self, record: Dict[str, Any]) -> None:
        usage, cost, timings = (record.get(name) or {} for name in ("usage", "cost", "timings"))
        self.requests += 1
        self.failures += record.get("status") != "ok"
        self.input += sum(_count(usage, name) for name in ("input", "cache_read", "cache_write"))
        self.output += _count(usage, "output")
        try:
            self.cost += Decimal(cost["total"])
        except (KeyError, TypeError, InvalidOperation):
            self.unpriced += 1
        took = timings.get("total_ms")
        if record.get("status") == "ok" and isinstance(took, (int, float)):
            self.times.append(took)

    def told(self) -> Dict[str, Any]:
        times = sorted(self.times)
        return {
            "requests": self.requests, "failures": self.failures, "input": self.input, "output": self.output, "cost": f"{self.cost.normalize():f}",
            "without_cost": self.unpriced, "median_ms": times[len(times) // 2] if times else None,
        }  # fmt: skip


def _count(usage: Dict[str, Any], name: str) -> int:
    value = usage.get(name)
    return value if isinstance(value, int) else 0


def stats(options: argparse.Namespace) -> int:
    files: List[str] = options.file or _configured(options.config)
    if not files:
        return complain('there are no records: name a file, or say "records": "/var/log/usage.jsonl" in the configuration')
    rows: Dict[str, _Sum] = {}
    total, broken = _Sum(), 0
    for record in _records(files):
        if record is None:
            broken += 1
        elif options.since is None or (record.get("time") or 0) >= options.since:
            total.add(record)
            rows.setdefault(_name(record, options.by), _Sum()).add(record)
    ordered = sorted(rows.items(), key=lambda row: (0 if options.by == "day" else -row[1].requests, row[0]))
    if options.json:
        print_json({"by": options.by, "total": total.told(), "rows": [{options.by: name, **row.told()} for name, row in ordered]})
    else:
        _show(options.by, total, ordered)
    if broken:
        complain(f"{broken} lines are no records and were passed over")
    return DONE


def _show(by: str, total: _Sum, rows: List[Any]) -> None:
    columns = [by, "requests", "failed", "tokens in", "out", "USD", "median"]
    shown = []
    for name, row in [*rows, ("total", total)]:
        told = row.told()
        median = "" if told["median_ms"] is None else f"{told['median_ms'] / 1000:.2f} s"
        cost = told["cost"] + (" +?" if told["without_cost"] else "")
        shown.append([name, *(_output.number(told[member]) for member in ("requests", "failures", "input", "output")), cost, median])
    _output.table(columns, shown, right=columns[1:])


def _configured(path: Optional[str]) -> List[str]:
    path = path or os.environ.get("GATELET_CONFIG")
    records = read_config(path).get("records") if path else None
    return [records] if isinstance(records, str) else []


def _records(files: List[str]) -> Iterator[Optional[Dict[str, Any]]]:
    """None is a line that is none."""
    for path in files:
        with open(path, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if line.strip():
                    try:
                        found = json.loads(line)
                    except (ValueError, RecursionError):
                        found = None
                    yield found if isinstance(found, dict) and "request_id" in found else None


def _name(record: Dict[str, Any], by: str) -> str:
    if by == "day":
        import time

        return time.strftime("%Y-%m-%d", time.gmtime(record.get("time") or 0))
    if by == "model" and record.get("provider"):
        return f"{record['provider']}/{record.get('model')}"
    return str(record.get(by) or f"(no {by})")
