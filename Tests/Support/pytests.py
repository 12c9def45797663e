"""pytests.py SUITE [arguments of pytest]: the tests of Tests/SUITE, a line for each, then the summary of all suites.
pytest's own `-k NAME` takes the tests whose name contains NAME; its exit code is 5 where there are none."""
import pathlib
import sys

import pytest

TESTS = pathlib.Path(__file__).resolve().parents[1]


class Summary:
    """A test that fails is counted once, with its set-up and its end: whatever goes wrong there, it is this test."""

    def __init__(self):
        self.results = {}

    def pytest_runtest_logreport(self, report):
        before = self.results.get(report.nodeid)
        if report.failed or before == "failed":
            self.results[report.nodeid] = "failed"
        elif report.skipped or before == "skipped":
            self.results[report.nodeid] = "skipped"
        else:
            self.results[report.nodeid] = "passed"

    def pytest_collectreport(self, report):
        if report.failed:
            self.results[report.nodeid] = "failed"

    def line(self):
        found = list(self.results.values())
        return ", ".join(f"{found.count(name)} {name}" for name in ("passed", "failed", "skipped"))


def main(suite, *arguments):
    summary = Summary()
    code = pytest.main(["-v", "-rs", "-p", "no:cacheprovider", str(TESTS / suite), *arguments], plugins=[summary])
    print(summary.line(), flush=True)
    return int(code)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
