"""What the suites in Python share that are not pytest's: tests by name (-k NAME, in any case), a line now and then about how
far they are, and the summary."""
import sys
import time
import traceback


class Checks:
    def __init__(self, arguments=None):
        arguments = sys.argv[1:] if arguments is None else arguments
        if arguments and (arguments[0] != "-k" or len(arguments) != 2):
            sys.exit(f"usage: {sys.argv[0]} [-k NAME]")
        self.only = arguments[1] if arguments else ""
        self.passed = self.failed = self.skipped = 0
        self.said = time.monotonic()

    def wanted(self, name):
        return self.only.lower() in name.lower()

    def check(self, name, problem=""):
        """A test, and what is wrong: nothing, a text, or a list of them."""
        if not problem:
            self.passed += 1
        else:
            self.failed += 1
            lines = [problem] if isinstance(problem, str) else list(problem)
            if self.failed <= 60:
                print(f"FAILED {name}: " + "\n    ".join(lines[:8]), flush=True)
        if time.monotonic() - self.said > 1:
            self.say()

    def skip(self, why):
        self.skipped += 1
        print(f"skipped: {why}", flush=True)

    def run(self, tests, *arguments):
        """Functions, each a test by its name: one that raises fails, and the others still run."""
        for test in tests:
            if self.wanted(test.__name__):
                try:
                    test(*arguments)
                except Exception:
                    self.check(test.__name__, traceback.format_exc(limit=-4))
                self.say(test.__name__)

    def say(self, after=""):
        self.said = time.monotonic()
        print(f"{self.passed} passed, {self.failed} failed" + (f" after {after}" if after else " so far"), flush=True)

    def end(self):
        """Prints the summary; the exit code."""
        if self.only and self.passed + self.failed == 0:
            print(f"no test is named {self.only}")
            return 5
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped")
        return 1 if self.failed else 0
