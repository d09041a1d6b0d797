"""How far a reading is: a bar with its rate on a terminal, elsewhere a line now and then (of JSON)."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from gateway.cli.output import notice

Told = Callable[[str, int, int], None]
"""Told what is read, how many of it are worked, and how many there are."""

EVERY = 5.0
"""Seconds between two lines about the same thing."""


@contextmanager
def telling(*, as_json: bool) -> Iterator[Told]:
    """Show on standard error how far each thing is that is read."""
    if as_json or not sys.stderr.isatty():
        yield Lines(as_json).told
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}/s"), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True)) as bar:
        paces: dict[str, Pace] = {}
        tasks = {}

        def told(name: str, done: int, total: int) -> None:
            if name not in paces:
                paces[name], tasks[name] = Pace(done), bar.add_task(name, total=total or None, rate=0)
            bar.update(tasks[name], completed=done, rate=paces[name].rate(done))

        yield told


@dataclass(slots=True)
class Pace:
    """How quickly one thing is read, since this process began with it.

    Attributes:
        first: how many were worked before.
    """

    first: int
    begun: float = field(default_factory=time.monotonic)
    said: float = float("-inf")

    def rate(self, done: int) -> int:
        """Return how many were worked in a second."""
        return round((done - self.first) / max(time.monotonic() - self.begun, 0.001))


class Lines:
    """Prints a line at the begin, every :data:`EVERY` seconds, and when all is done."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._paces: dict[str, Pace] = {}

    def told(self, name: str, done: int, total: int) -> None:
        """Say it, unless something was said of it a moment ago."""
        pace = self._paces.setdefault(name, Pace(done))
        if (now := time.monotonic()) - pace.said < EVERY and done < total:
            return
        pace.said = now
        rate = pace.rate(done)
        if self._as_json:
            notice(json.dumps({"reading": name, "done": done, "of": total, "rate": rate}, ensure_ascii=False))
        else:
            notice(f"{name}  {done}/{total}  {100 * done // total if total else 100}%  {rate}/s")
