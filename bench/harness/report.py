"""Medians, ratios and goals of a scenario as text."""
from statistics import median

COLUMNS = {"cpu_us": ("CPU us/{unit}", "{:.3f}"), "wall_us": ("wall us", "{:.1f}"), "p50_us": ("p50 us", "{:.1f}"), "p99_us": ("p99 us", "{:.1f}"),
           "kb_each": ("KB/stream", "{:.1f}"), "rss_kb": ("RSS KB", "{:.0f}"), "first_ms": ("first ms", "{:.1f}"), "import_ms": ("import ms", "{:.1f}"),
           "allocations": ("allocations", "{:.2f}"), "kept_blocks": ("blocks kept", "{:.0f}"),
           "kept_bytes": ("bytes kept", "{:.0f}"), "grown_bytes": ("bytes grown", "{:.0f}")}


class Results:
    """The measurements of one scenario: row name -> one dictionary per round."""

    def __init__(self):
        self.rows = {}

    def add(self, row, measurement):
        self.rows.setdefault(row, []).append(measurement)

    def median(self, row, metric):
        values = [m[metric] for m in self.rows.get(row, []) if metric in m]
        return median(values) if values else None

    def paired(self, ours, base, metric, combine):
        """Both sides of one round ran next to each other: combine round by round, then take the median."""
        pairs = zip(self.rows.get(ours, []), self.rows.get(base, []))
        values = [combine(a[metric], b[metric]) for a, b in pairs if metric in a and metric in b and b[metric]]
        return median(values) if values else None

    def largest(self, metric):
        """Over all rows that have it."""
        values = [m[metric] for rows in self.rows.values() for m in rows if metric in m]
        return max(values) if values else None

    def ratio(self, ours, base, metric="cpu_us"):
        return self.paired(ours, base, metric, lambda a, b: a / b)

    def difference(self, ours, base, metric):
        return self.paired(ours, base, metric, lambda a, b: a - b)


def table(scenario, results):
    columns = [c for c in scenario.columns if any(results.median(r.name, c) is not None for r in scenario.rows)]
    heads = [COLUMNS[c][0].format(unit=scenario.unit) for c in columns]
    heads += [f"x {scenario.base}"] if scenario.base else []
    width = max(len(r.name) for r in scenario.rows)
    print(f"\n{scenario.name}: {scenario.title}")
    print("  " + " " * width + "".join(f"{h:>{max(12, len(h) + 2)}}" for h in heads))
    for row in scenario.rows:
        cells = [cell(results.median(row.name, c), COLUMNS[c][1]) for c in columns]
        if scenario.base:
            cells.append(cell(results.ratio(row.name, scenario.base), "{:.2f}"))
        print("  " + row.name.ljust(width) + "".join(f"{c:>{max(12, len(h) + 2)}}" for c, h in zip(cells, heads)))


def cell(value, form):
    return "-" if value is None else form.format(value)


def goals(scenario, results):
    """Prints each goal; returns how many were met and how many there are."""
    met = 0
    for goal in scenario.goals:
        value = goal.value(results)
        ok = value is not None and (value >= goal.limit if goal.at_least else value <= goal.limit)
        met += ok
        sign = ">=" if goal.at_least else "<="
        print(f"  goal {'met    ' if ok else 'NOT MET'} {goal.text}: {cell(value, '{:.2f}')} ({sign} {goal.limit})")
    return met, len(scenario.goals)


def disturbance(results):
    """The share of the client's CPU that others took, median over all measurements."""
    shares = [m["foreign"] for rows in results.rows.values() for m in rows if "foreign" in m]
    return median(shares) if shares else 0.0
