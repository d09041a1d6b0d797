"""Outlook: what a sweep has ahead, in words, and about how long it takes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from mutants.matrix import CONTROL, Tried
from mutants.remaining import Due, checks, requirements, suites_of

_START = 8.0
_RUN = 75.0
"""Seconds that a demo takes to start and to end, and a run of all checks, where none is kept."""


def ahead(
    todo: Sequence[Due], found: Mapping[str, Tried], seconds: Mapping[str, float], jobs: int
) -> Iterator[str]:
    """Say how many mutants are tried with which checks, and about how long that takes.

    Args:
        seconds: check → how long it takes beside the others.
    """
    times = [one.seconds for one in found.values() if not one.share and not one.apart and one.name != CONTROL]
    run = sum(times) / len(times) if times else _RUN
    total = 0.0
    for (where, rows), count in Counter(one.where for one in todo).items():
        some = next(one for one in todo if one.where == (where, rows))
        every = requirements(where)
        ids = checks(some)
        said = "all" if ids is None else f"of {', '.join(suites_of(where, ids))}"
        yield f"{where}: {count} mutants with {len(every if ids is None else ids)} checks, {said}"
        share = 1.0 if ids is None else _weight(ids, seconds) / (_weight(every, seconds) or 1.0)
        total += (count + 2) * (_START + share * max(run - _START, 0.0))  # the gateway as it is, twice
    yield f"about {total / jobs / 60:.0f} minutes"


def _weight(ids: set[str] | Mapping[str, str], seconds: Mapping[str, float]) -> float:
    usual = sum(seconds.values()) / len(seconds) if seconds else 1.0
    return sum(seconds.get(one, usual) for one in ids)


def taken(folder: Path) -> dict[str, float]:
    """Return how long each check took on the gateway as it is, as far as that is kept."""
    found: dict[str, float] = {}
    for file in sorted(folder.glob(f"{CONTROL}-*/*-1/result.json")):
        found.update({one["id"]: one["seconds"] for one in json.loads(file.read_text("utf-8"))["checks"]})
    return found
