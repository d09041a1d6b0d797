"""The progress of a run, on standard error: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from conformance.command.printed import notice
from conformance.command.words import said, say
from conformance.result.model import CheckResult
from conformance.runner.probe import Probed

EVERY = 10.0
"""Seconds between two lines where there is no terminal."""
_BAD = ("fail", "error")


class Progress:
    """Shows how far a run is.

    Args:
        total: checks.
        quiet: nothing is shown.
    """

    def __init__(self, total: int, *, quiet: bool = False) -> None:
        self._total, self._done, self._bad, self._quiet = total, 0, 0, quiet
        self._last = time.monotonic()
        self._bar: Bar | None = None
        if sys.stderr.isatty() and not quiet:
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
            )
            self._bar = Bar(*columns, console=Console(stderr=True), transient=True)
            self._task = self._bar.add_task(say("progress"), total=total)

    def __enter__(self) -> Progress:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def probed(self, found: Probed) -> None:
        """Say what the target said of itself."""
        if self._quiet:
            return
        if found.trouble is not None:
            notice(say("no-target", why=said(found.trouble)))
        for one in found.remarks:
            notice(said(one))

    def ended(self, result: CheckResult) -> None:
        """Count a check; one that did not pass is named at once."""
        self._done += 1
        bad = result.verdict.value in _BAD
        self._bad += bad
        if self._quiet:
            return
        text = f"{result.verdict.value:5} {result.id}: {said(result.reason)}" if bad else ""
        if self._bar is not None:
            self._bar.update(self._task, advance=1)
            if text:
                self._bar.console.print(text, highlight=False, markup=False)
        elif text:
            notice(text)
        elif time.monotonic() - self._last > EVERY:
            self._last = time.monotonic()
            notice(f"{say('progress')} {self._done}/{self._total}")

    def removing(self, done: int, total: int) -> None:
        """Say that the test data is being removed."""
        if self._bar is not None:
            self._bar.update(self._task, description=say("removing"), completed=done, total=total)
