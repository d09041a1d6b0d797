"""Remaining: what is still to be tried on a mutant, and how it joins what was found before.

The unit is the requirement: its verdict comes of all its checks, so all of them are tried again where one of
their suites changed, and none where none did.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from mutants.fingerprint import fingerprint
from mutants.matrix import Tried
from mutants.mutant import Mutant
from mutants.proof import planned
from mutants.reach import harness, rows


@dataclass(slots=True, frozen=True)
class Due:
    """A mutant, and the requirements of which the checks are to be tried on it; None: of all."""

    mutant: Mutant
    rows: frozenset[str] | None = None

    @property
    def where(self) -> tuple[str, frozenset[str] | None]:
        """What it has in common with others that are tried alike."""
        return self.mutant.jurisdiction, self.rows


def exact(one: Mutant, shown: Tried) -> bool:
    """Tell whether it fails at its requirement and at no other."""
    return shown.failed == (one.requirement,) and not shown.lost


def due(
    mutants: Iterable[Mutant], found: Mapping[str, Tried], *, share: bool = False, only_suites: bool = False
) -> list[Due]:
    """Return what was not tried on mutants as they, the harness and the suites are now.

    Args:
        share: by shares: what was tried whole need not be.
        only_suites: what changed in the harness changes no verdict.
    """
    asked = ((one, _of(one, found.get(one.name), only_suites)) for one in mutants)
    kept = {name for name, one in found.items() if one.share and not share}
    return [
        Due(one, None if one.name in kept or share else of)
        for one, of in asked
        if one.name in kept or of is None or of
    ]


def _of(one: Mutant, old: Tried | None, only_suites: bool) -> frozenset[str] | None:
    """Return the requirements that changed, None where all is to be tried."""
    if old is None or old.fingerprint != fingerprint(one):
        return None
    if old.harness != harness() and not only_suites:
        return None
    changed = frozenset(name for name, made in rows(one.jurisdiction).items() if old.rows.get(name) != made)
    whole = old.share or not exact(one, old)  # what was found at fault is not carried over
    return None if changed and whole else changed


def checks(due: Due) -> set[str] | None:
    """Return the checks that are to be tried; None: all."""
    if due.rows is None:
        return None
    return {one.id for one in planned(due.mutant.jurisdiction).checks if one.requirement in due.rows}


def joined(before: Tried, part: Tried, planned: Mapping[str, str]) -> Tried:
    """Return what was found before, but for what was tried again.

    Args:
        part: what the checks of some requirements found, which are its ``rows``.
        planned: today's checks, with the requirement of each. Others are gone, and with them what they found.
    """
    stay = {one for one in before.caught if planned.get(one) not in part.rows}
    caught = tuple(one for one in planned if one in stay or one in part.caught)
    failed = {planned[one] for one in caught}
    there = set(planned.values())
    lost = {one for one in before.lost if one in there and one not in part.rows} | set(part.lost)
    return replace(
        before,
        failed=tuple(sorted(failed)),
        lost=tuple(sorted(lost - failed)),
        caught=caught,
        tried=len(planned),
        seconds=round(before.seconds + part.seconds, 1),
        rows={name: made for name, made in {**before.rows, **part.rows}.items() if name in there},
        apart=tuple(sorted({*before.apart, *part.apart})),
    )  # fmt: skip


def requirements(jurisdiction: str) -> dict[str, str]:
    """Return check → requirement, of a run in a jurisdiction today."""
    return {one.id: one.requirement for one in planned(jurisdiction).checks}


def suites_of(jurisdiction: str, ids: Collection[str]) -> tuple[str, ...]:
    """Return the suites of some checks, sorted."""
    return tuple(sorted({one.suite for one in planned(jurisdiction).checks if one.id in ids}))
