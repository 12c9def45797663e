"""The command line: `gatelet`, or `python -m gatelet`."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import suppress
from io import TextIOWrapper
from typing import List, Optional

from . import _chat, _completion, _doctor, _lists, _stats
from ._common import DONE, INTERRUPTED, NOT_MADE, complain

_EPILOG = """\
Providers and keys come from the environment (OPENROUTER_API_KEY, ...), GATELET_CONFIG or --config; DEV_MODE=true tries everything
without a key or a network. Exit codes: 0 done; 1 it was done, and failed (a provider refused, a model did not answer, the doctor
found something wrong); 2 it could not be begun (a wrong argument, a wrong configuration, no key); 130 stopped by Ctrl-C."""


def parser() -> argparse.ArgumentParser:
    from .. import _test_models

    made = argparse.ArgumentParser(
        prog="gatelet", description="Chat with many LLM providers, see their models, and find out what is wrong.", epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    made.add_argument("--version", action="store_true", help="print the version of the library and exit")
    commands = made.add_subparsers(dest="command", metavar="COMMAND")
    _chat.declare(commands)
    _lists.declare(commands)
    _test_models.declare(commands)
    _stats.declare(commands)
    _doctor.declare(commands)
    _completion.declare(commands)
    return made


def main(words: Optional[List[str]] = None) -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # what models write may have characters that the terminal has not
            stream.reconfigure(errors="backslashreplace")
    try:
        options = parser().parse_args(words)
        if options.version or not options.command:
            return _version(brief=options.version)
        code: int = options.run(options)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever read it has enough: `gatelet models | head`
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except ImportError as error:
        return complain(str(error))


def _version(*, brief: bool) -> int:
    from .. import library_path, version

    print(f"gatelet {version()}")
    if not brief:
        print(library_path())
        if sys.stderr.isatty():
            print("gatelet -h says what there is", file=sys.stderr)
    return DONE


__all__ = ["DONE", "INTERRUPTED", "NOT_MADE", "main", "parser"]
