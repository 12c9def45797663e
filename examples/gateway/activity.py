"""What happened: the library's records, read when somebody looks, and failed attempts as they happen.

The records of all workers stand in one file, so every worker tells the same."""

from __future__ import annotations

import csv
import io
import logging
import os
import threading
import time
from collections import Counter, deque
from typing import Any, Deque, Dict, Iterable, List, Mapping, Optional

import msgspec
from gatelet import AsyncClient

log = logging.getLogger("gateway")
MOST_BYTES = 64 << 20
MOST_ROWS = 100_000
MOST_FAILED_BYTES = 4 << 20
_BESIDE = ".failovers"
MEMBERS = ("model", "provider", "key", "day", "status", "operation")


class _Usage(msgspec.Struct):
    input: Optional[int] = None
    cache_read: Optional[int] = None
    cache_write: Optional[int] = None
    output: Optional[int] = None


class _Cost(msgspec.Struct):
    total: Optional[str] = None


class _Timings(msgspec.Struct):
    first_content_ms: Optional[float] = None
    total_ms: Optional[float] = None


class Row(msgspec.Struct):
    """A line of the records. `key` here is the gateway's key, which the library calls tag."""

    time: float
    request_id: Optional[str] = None
    operation: Optional[str] = None
    requested_model: Optional[str] = None
    provider: Optional[str] = None
    model: Optional[str] = None
    key: Optional[str] = msgspec.field(default=None, name="tag")
    status: Optional[str] = None
    end: Optional[str] = None
    attempts: Optional[int] = None
    usage: Optional[_Usage] = None
    cost: Optional[_Cost] = None
    timings: Optional[_Timings] = None

    @property
    def tokens_in(self) -> int:
        used = self.usage
        return (used.input or 0) + (used.cache_read or 0) + (used.cache_write or 0) if used else 0

    @property
    def tokens_out(self) -> int:
        return self.usage.output or 0 if self.usage else 0

    @property
    def usd(self) -> Optional[float]:
        return float(self.cost.total) if self.cost and self.cost.total is not None else None

    @property
    def day(self) -> str:
        """In UTC, as limits count them."""
        return moment(self.time)[:10]

    @property
    def ms(self) -> Optional[float]:
        return self.timings.total_ms if self.timings else None

    @property
    def first_ms(self) -> Optional[float]:
        return self.timings.first_content_ms if self.timings else None


class Failed(msgspec.Struct):
    """An attempt that failed, and what was done next."""

    time: float
    request_id: Optional[str] = None
    tag: Optional[str] = None
    provider: Optional[str] = None
    model: Optional[str] = None
    status: Optional[str] = None
    http_status: Optional[int] = None
    action: Optional[str] = None


class Tail:
    """The newest lines of a file of JSON lines, oldest first. Its functions may be called by any thread."""

    def __init__(self, path: str, kind: Any, most: int) -> None:
        self._lock = threading.Lock()
        self._decoder, self._most = msgspec.json.Decoder(kind), most
        self.path = ""
        self.follow(path)

    def follow(self, path: str) -> None:
        with self._lock:
            if path != self.path:
                self.path, self._at, self._file, self._rest = path, 0, None, b""
                self.rows: Deque[Any] = deque(maxlen=self._most)

    def read(self) -> List[Any]:
        with self._lock:
            self._read()
            return list(self.rows)

    def _read(self) -> None:
        try:
            with open(self.path, "rb") as file:
                found = os.fstat(file.fileno())
                identity = found.st_dev, found.st_ino
                if identity != self._file or found.st_size < self._at:  # another file has taken its place
                    self._file, self._at, self._rest = identity, 0, b""
                if found.st_size - self._at > MOST_BYTES:
                    self._at, self._rest = found.st_size - MOST_BYTES, b"\0"  # the rest of a line that is not whole
                file.seek(self._at)
                new = file.read(MOST_BYTES)
        except OSError:
            return
        self._at += len(new)
        lines = (self._rest + new).split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            try:
                self.rows.append(self._decoder.decode(line))
            except msgspec.DecodeError:
                continue


class Failovers:
    """Attempts that failed, in a file beside the records: so those of all workers are told, and after a restart too."""

    def __init__(self, client: AsyncClient, records: str) -> None:
        self._tail = Tail(records + _BESIDE, Failed, 100)
        self._complained = False
        client.add_hook(self._ended, events=["attempt_end"])

    def follow(self, records: str) -> None:
        self._tail.follow(records + _BESIDE)

    def read(self) -> List[Failed]:
        return self._tail.read()

    def _ended(self, event: Any) -> None:
        if event["status"] in ("ok", "cancelled"):
            return
        told = {name: event.get(name) for name in ("request_id", "tag", "provider", "model", "status", "http_status", "action")}
        path = self._tail.path
        try:
            file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                if os.fstat(file).st_size > MOST_FAILED_BYTES:
                    os.replace(path, path + ".old")
                os.write(file, msgspec.json.encode({"time": time.time(), **told}) + b"\n")  # at once: other workers write there, too
            finally:
                os.close(file)
        except OSError as error:
            if not self._complained:
                log.warning("failed attempts cannot be written: %s", error)
            self._complained = True


def chosen(rows: Iterable[Row], asked: Mapping[str, str]) -> List[Row]:
    """Those that the members of a query choose: `model` (as it was asked for, or as it answered, with or without its provider), `provider`, `key`,
    `status` (or `failed`), `day`, `since` and `until` in Unix seconds, `q`."""
    wanted = {name: asked[name] for name in MEMBERS if asked.get(name)}
    model = wanted.pop("model", None)
    failed = wanted.get("status") == "failed"
    if failed:
        del wanted["status"]
    since, until, text = number(asked.get("since"), 0), number(asked.get("until"), 1e12), asked.get("q", "").lower()
    return [
        row
        for row in rows
        if since <= row.time < until
        and (model is None or model in (row.model, row.requested_model) or model == f"{row.provider}/{row.model}")
        and all((getattr(row, name) or "") == value for name, value in wanted.items())
        and (not failed or row.status != "ok")
        and (not text or text in f"{row.request_id} {row.requested_model} {row.model} {row.provider} {row.key} {row.status}".lower())
    ]


def number(told: Optional[str], other: float) -> float:
    return int(told) if told and told.isascii() and told.isdigit() and len(told) < 13 else other


def grouped(rows: List[Row], by: str) -> Dict[str, List[Row]]:
    groups: Dict[str, List[Row]] = {}
    for row in rows:
        groups.setdefault(getattr(row, by) or "-", []).append(row)
    return groups


def summary(rows: List[Row], by: str, step: int, since: float = 0, until: float = 0) -> Dict[str, Any]:
    """Sums, percentiles, and for each group (`by`: model, provider, key, day, status) what came in each stretch of `step` seconds."""
    groups = grouped(rows, by)
    largest = sorted(groups, reverse=True) if by == "day" else sorted(groups, key=lambda name: -len(groups[name]))
    oldest = since or min((row.time for row in rows), default=time.time())
    first, last = int(oldest // step), int(min(time.time(), until - 1 if until else 1e12) // step)
    times = [at * step for at in range(max(first, last - 400), last + 1)]
    place = {at: i for i, at in enumerate(times)}
    series: Dict[str, List[List[float]]] = {}
    for name in largest:
        shown = name if name in largest[:8] else "others"  # as many as there are colours
        into = series.setdefault(shown, [[0.0, 0.0, 0.0, 0.0] for _ in times])
        for row in groups[name]:
            spot = place.get(int(row.time // step * step))
            if spot is not None:
                one = into[spot]
                one[0] += 1
                one[1] += row.tokens_in + row.tokens_out
                one[2] += row.usd or 0
                one[3] += row.status != "ok"
    return {
        "total": sums(rows),
        "by": by,
        "groups": [{"name": name, **sums(groups[name])} for name in largest[:200]],
        "errors": Counter(row.status or "-" for row in rows if row.status != "ok"),
        "times": times,
        "series": series,
    }


def names(rows: List[Row]) -> Dict[str, List[str]]:
    """What there is to choose from."""
    models = {row.model for row in rows} | {f"{row.provider}/{row.model}" for row in rows if row.model} | {row.requested_model for row in rows}
    found = {"models": models, "providers": {row.provider for row in rows}, "keys": {row.key for row in rows}}
    return {kind: sorted(name for name in some if name)[:3000] for kind, some in found.items()}


def of_today(rows: List[Row]) -> Dict[str, Dict[str, Any]]:
    """Requests and USD of each key since midnight in UTC."""
    began = time.time() // 86400 * 86400
    found: Dict[str, Dict[str, Any]] = {}
    for row in rows:
        if row.time >= began and row.key:
            one = found.setdefault(row.key, {"requests": 0, "tokens": 0, "usd": 0.0, "unpriced": 0})
            one["requests"] += 1
            one["tokens"] += row.tokens_in + row.tokens_out
            one["usd"] += row.usd or 0
            one["unpriced"] += row.usd is None
    return found


def sums(rows: List[Row]) -> Dict[str, Any]:
    good = [row for row in rows if row.status == "ok"]
    costs = [row.usd for row in rows]
    return {
        "requests": len(rows), "failed": len(rows) - len(good), "tokens_in": sum(row.tokens_in for row in rows),
        "tokens_out": sum(row.tokens_out for row in rows), "usd": sum(cost for cost in costs if cost is not None), "unpriced": costs.count(None),
        "ms": percentiles([row.ms for row in good]), "first_ms": percentiles([row.first_ms for row in good]),
        "failovers": sum((row.attempts or 1) > 1 for row in rows),
    }  # fmt: skip


def percentiles(values: Iterable[Optional[float]]) -> Optional[Dict[str, float]]:
    known = sorted(value for value in values if value is not None)
    if not known:
        return None
    return {f"p{share}": known[min(len(known) - 1, len(known) * share // 100)] for share in (50, 90, 95, 99)}


COLUMNS = ("time", "request_id", "key", "operation", "requested_model", "provider", "model", "status", "attempts", "tokens_in", "tokens_out", "usd", "first_ms", "ms")  # fmt: skip


def entries(rows: Iterable[Row]) -> List[Dict[str, Any]]:
    return [{name: getattr(row, name) for name in COLUMNS} for row in rows]


def moment(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(min(max(seconds, 0), 1e11)))


def to_csv(rows: Iterable[Row]) -> bytes:
    return _sheet(COLUMNS, ([moment(entry["time"]), *(entry[name] for name in COLUMNS[1:])] for entry in entries(rows)))


def sums_to_csv(rows: List[Row], by: str) -> bytes:
    """The table of the page Activity."""
    groups = grouped(rows, by)
    columns = ("requests", "failed", "failovers", "tokens_in", "tokens_out", "usd", "unpriced")
    lines = []
    for name in sorted(groups):
        summed = sums(groups[name])
        lines.append([name, *(summed[column] for column in columns), *((summed["ms"] or {}).get(share) for share in ("p50", "p95", "p99"))])
    return _sheet((by, *columns, "ms_p50", "ms_p95", "ms_p99"), lines)


def _sheet(columns: Iterable[str], lines: Iterable[List[Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in line] for line in lines)
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    """A spreadsheet takes what begins so for a formula, and a client names models as it likes."""
    return "'" + value if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
