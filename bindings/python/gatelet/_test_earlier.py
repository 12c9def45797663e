"""The results of an earlier run of `test-models`: read, looked through, and summed up anew."""

from __future__ import annotations

import json
import math
from typing import Any, Dict, List, Optional

# No results of ours are so deep; what is deeper than 512 the library would not take.
_LEVELS = 32
_STATUSES = ("success", "failed", "skipped")


def read(path: str) -> Optional[Dict[str, Any]]:
    """The document in the file; None without a file. What is not results of a test is a ValueError."""
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
        if _is_plain(found, _LEVELS) and _is_report(found):
            return dict(found)
    except FileNotFoundError:
        return None
    except (ValueError, RecursionError):
        pass
    raise ValueError(f"{path} does not hold results of an earlier test: name another file (--results), or replace it (--fresh)")


def kept(report: Dict[str, Any], *, without_failed: bool) -> Dict[str, Any]:
    """The report with the results that stand, and with sums that are theirs."""
    results = [one for one in report["results"] if not (without_failed and one["status"] == "failed")]
    dropped = len(report["results"]) - len(results)
    sums = _sums(results, report["summary"], dropped)
    return {**report, "summary": sums, "results": results, "fastest": _fastest(results), "errors": []}


def _is_plain(value: Any, levels: int) -> bool:
    """Not too deep, and without numbers that JSON has not."""
    if isinstance(value, (dict, list)):
        inside = value.values() if isinstance(value, dict) else value
        return levels > 0 and all(_is_plain(one, levels - 1) for one in inside)
    return not isinstance(value, float) or math.isfinite(value)


def _is_report(found: Any) -> bool:
    if not isinstance(found, dict) or not isinstance(found.get("summary"), dict) or not isinstance(found.get("results"), list):
        return False
    return all(isinstance(one, dict) and _is_result(one) for one in found["results"])


def _is_result(one: Dict[str, Any]) -> bool:
    texts = all(isinstance(one.get(name), (str, type(None))) for name in ("name", "provider", "reason"))
    known = one.get("latency_ms") is None or 0 <= _number(one["latency_ms"], -1) < 1e12
    return texts and known and isinstance(one.get("model"), str) and one.get("status") in _STATUSES


def _number(value: Any, otherwise: float) -> float:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else otherwise


def _sums(results: List[Dict[str, Any]], before: Dict[str, Any], dropped: int) -> Dict[str, Any]:
    successful, failed, skipped = (sum(one["status"] == status for one in results) for status in _STATUSES)
    total = successful + failed
    took = sum(one.get("latency_ms") or 0 for one in results if one["status"] == "success")
    return {
        "total": total, "successful": successful, "failed": failed, "skipped": skipped,
        "remaining": int(_number(before.get("remaining"), 0)) + dropped,
        "success_rate": round(100 * successful / total, 1) if total else None,
        "average_latency": round(took / successful / 1000, 3) if successful else None,
        "duration": _number(before.get("duration"), 0),
    }  # fmt: skip


def _fastest(results: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    timed = [one for one in results if one["status"] == "success" and one.get("latency_ms") is not None]
    timed.sort(key=lambda one: float(one["latency_ms"]))
    return [{name: one.get(name) for name in ("model", "name", "provider", "latency_ms")} for one in timed[:5]]
