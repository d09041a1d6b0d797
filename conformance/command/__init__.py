"""``qiao conformance …``: tests any gateway, keeps attestations, compares, signs and verifies."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from conformance.command.parser import parser
from conformance.command.printed import Stopped, problem
from conformance.command.words import choose

DONE, FAILED, USAGE, WORSE = 0, 1, 2, 3
"""Exit codes: done; something failed; the command or a file cannot be used; two runs differ for the worse."""


def main(arguments: Sequence[str], language: str = "") -> int:
    """Run a command; returns its exit code.

    Args:
        language: ``zh`` or ``en``, unless ``--lang`` says otherwise.
    """
    choose(arguments, language)
    try:
        options = parser().parse_args(list(arguments))
    except SystemExit as end:
        return int(end.code or 0)
    try:
        return int(options.run(options))
    except Stopped as stopped:
        problem(str(stopped))
        return USAGE
    except BrokenPipeError:
        sys.stderr.close()
        return DONE
