"""What of an earlier run is tried again (``--only-failed``)."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from conformance.command.comparing import read
from conformance.command.printed import as_json, notice
from conformance.command.words import say

FAILED = ("fail", "error")


@dataclass(slots=True, frozen=True)
class Again:
    """The checks of an earlier report that failed or broke off; ``complete``: that run tried all it had."""

    checks: tuple[str, ...]
    complete: bool


def failed(folder: Path | None) -> Again | None:
    """Return what is to be tried again; None where nobody asks. Raises :class:`Stopped`: no such report."""
    if folder is None:
        return None
    earlier = read(folder)
    checks = tuple(one.id for one in earlier.checks if one.verdict.value in FAILED)
    return Again(checks, earlier.run.complete)


def nothing(again: Again, options: argparse.Namespace) -> int:
    """Tell that nothing failed; 1 where the earlier run was not whole: what it did not try may yet fail."""
    if options.json:
        as_json({"report": None, "score": None, "complete": again.complete, "whole": False, "checks": {}})
    notice(say("none-failed" if again.complete else "none-failed-yet", path=options.only_failed))
    return 0 if again.complete else 1
