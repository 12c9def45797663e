"""gatelet completion: what a shell needs to complete the command's words."""

from __future__ import annotations

import argparse
from typing import Any

from ._common import DONE, complain


def declare(commands: Any) -> None:
    help = "print the completion script of a shell"
    made = commands.add_parser(
        "completion", help=help, description=help[0].upper() + help[1:] + ".",
        epilog='bash: eval "$(gatelet completion bash)". zsh: gatelet completion zsh > a file called _gatelet in $fpath.',
    )  # fmt: skip
    made.add_argument("shell", choices=["bash", "zsh", "tcsh"])
    made.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from . import parser

    try:
        import shtab
    except ImportError:
        return complain('completion needs the package shtab: pip install "gatelet[cli]"')
    print(shtab.complete(parser(), options.shell))
    return DONE
