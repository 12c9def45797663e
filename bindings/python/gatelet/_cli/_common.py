"""What the commands share: the client, exit codes, and what a failure looks like."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any, Dict, Optional

from .. import CallerError, Client, GateletError, LibraryError
from .._plain import plain

DONE, FAILED, NOT_MADE, INTERRUPTED = 0, 1, 2, 130


def command(commands: Any, name: str, run: Any, help: str, **more: Any) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = commands.add_parser(name, help=help, description=help[0].upper() + help[1:] + ".", **more)
    made.set_defaults(run=guarded(run))
    made.add_argument("--config", metavar="FILE", help="a configuration (docs/configuration.md)")
    made.add_argument("--json", action="store_true", help="print JSON")
    return made


def guarded(run: Any) -> Any:
    def guard(options: argparse.Namespace) -> int:
        try:
            return int(run(options))
        except GateletError as error:
            return complain(str(error), code(error))
        except BrokenPipeError:
            raise
        except (OSError, ValueError) as error:
            return complain(str(error))

    return guard


def code(error: GateletError) -> int:
    return NOT_MADE if isinstance(error, (CallerError, LibraryError)) else FAILED


def complain(what: str, status: int = NOT_MADE) -> int:
    print(plain(f"gatelet: {what}"), file=sys.stderr)
    return status


def read_config(path: Optional[str]) -> Dict[str, Any]:
    if path is None:
        return {}
    with open(path, encoding="utf-8") as file:
        found = json.load(file)
    if not isinstance(found, dict):
        raise ValueError(f"{path} is no configuration: an object is expected")
    return found


def client(options: argparse.Namespace) -> Client:
    return Client(read_config(options.config) or None)  # type: ignore[arg-type]


def print_json(document: Any, indent: Optional[int] = 1) -> None:
    print(json.dumps(document, indent=indent), flush=indent is None)  # in ASCII, which every encoding has
