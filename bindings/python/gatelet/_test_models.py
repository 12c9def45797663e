"""`gatelet test-models`: asks models a short question, with progress, a log, and results that survive anything."""

from __future__ import annotations

import argparse
import json
import math
import sys
from contextlib import suppress
from typing import Any, Dict, List, Optional

from . import _errors
from ._client import Client
from ._plain import plain
from ._test_files import Files
from ._test_output import Bar, Lines, summary
from .reports import ModelTestEvent, ModelTestResults

ANSWERED, SOME_FAILED, NOT_MADE, INTERRUPTED = 0, 1, 2, 130

_EPILOG = """\
What is finished is in the results file at once. Run again, the test goes on with what is left; Ctrl-C stops it.
Providers and keys come from the environment (OPENROUTER_API_KEY, ...), GATELET_CONFIG or --config; DEV_MODE=true tries
it without any key. Exit codes: 0 every model that was asked answered; 1 some failed, or a provider's list could not be
had; 2 no test could be made; 130 stopped by Ctrl-C."""


def declare(commands: Any) -> None:
    parser = commands.add_parser(
        "test-models", epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter, help="ask every chat model, and report which ones answer",
        description="Asks each chat model a short question and reports which ones answer, and how fast.")  # fmt: skip
    parser.set_defaults(run=_main)
    add = parser.add_argument
    add("models", nargs="*", metavar="MODEL", help="ids or patterns with * (default: every chat model)")
    add("--provider", action="append", metavar="ID", help="only models of this provider; may be given several times")
    add("--spacing", type=_seconds, default=180, metavar="S", help="seconds between two calls to one provider (180)")
    add("--concurrency", type=int, metavar="N", help="providers that are asked at the same time (all)")
    add("--prompt", help='what is asked ("Hello, world!")')
    add("--max-tokens", type=int, default=100, metavar="N", help="bound of each answer (100)")
    add("--timeout", type=_seconds, metavar="S", help="seconds that one model may take")
    add("--stream", action="store_true", help="ask for streams, to measure the time to the first content too")
    add("--limit", type=int, metavar="N", help="test at most so many models now")
    add("--log", default="openrouter_model_test.log", metavar="FILE", help="one line per event is added (%(default)s)")
    add("--results", default="openrouter_test_results.json", metavar="FILE", help="JSON results (%(default)s)")
    add("--fresh", "--no-resume", action="store_true", help="do not go on with the results file, replace it")
    add("--retry-failed", action="store_true", help="test again what failed according to the results file")
    add("--config", metavar="FILE", help="a configuration (docs/configuration.md)")
    add("--json", action="store_true", help="print the results as JSON in place of the summary; progress goes to stderr")


def _seconds(text: str) -> float:
    with suppress(ValueError):
        if math.isfinite(float(text)):
            return float(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")


def _main(options: argparse.Namespace) -> int:
    try:
        files = Files(options.results, options.log, fresh=options.fresh, without_failed=options.retry_failed)
    except (OSError, ValueError) as error:
        return _complain(str(error))
    with files:
        try:
            return _test(options, files)
        except (_errors.GateletError, OSError, ValueError) as error:
            message = error.message if isinstance(error, _errors.GateletError) else str(error)
            with suppress(OSError):  # that may be what is complained about
                files.log("ERROR", message)
            return _complain(message)


def _complain(message: str) -> int:
    print(plain(f"test-models: {message}"), file=sys.stderr)
    return NOT_MADE


def _test(options: argparse.Namespace, files: Files) -> int:
    out = sys.stderr if options.json else sys.stdout
    show: "Bar | Lines" = Bar(out) if out.isatty() else Lines(out)

    def progress(event: ModelTestEvent) -> None:
        files.note(event)
        show(event)

    code = ANSWERED
    try:
        with Client(_config(options.config)) as client:
            results = client.test_models(**_asked(options), results=files.earlier, on_progress=progress)
        files.write(results)
    except KeyboardInterrupt:
        files.log("STOPPED", "by the user")
        code = INTERRUPTED
    finally:
        show.end()
    report = files.report()
    if report is None:
        return code
    if options.json:
        print(json.dumps(report.to_dict(), indent=1))  # in ASCII, which every encoding has
    else:
        print("\n".join(summary(report)))
    return code or (SOME_FAILED if report.summary.failed or report.errors else ANSWERED)


def _config(path: Optional[str]) -> Optional[str]:
    if path is None:
        return None
    with open(path, encoding="utf-8") as file:
        return file.read()


def _asked(options: argparse.Namespace) -> Dict[str, Any]:
    names = ("provider", "spacing", "concurrency", "prompt", "max_tokens", "timeout", "limit")
    return {"models": options.models or None, "stream": options.stream or None, **{n: getattr(options, n) for n in names}}
