"""The plan: which checks a run tries, and which it leaves out and why."""

from __future__ import annotations

import fnmatch
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from conformance.harness.check import Check
from conformance.harness.suite import Loaded
from conformance.harness.words import Words


class Unknown(ValueError):
    """A suite or check was asked for that is not there; says where to see which there are."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.reason = Words(zh, en)


class Rows(Protocol):
    """What is asked of the catalogue."""

    def applies(self, requirement: str, stack: Collection[str], day: date) -> bool:
        """Tell whether a requirement holds there and then; of an unknown one False."""
        ...


@dataclass(slots=True, frozen=True)
class Plan:
    """What is tried.

    Attributes:
        checks: in the order of their suites.
        elsewhere: of other jurisdictions, or of a text that is not in force.
        left_out: not chosen, and yet they hold here: their requirements are seen in part.
    """

    checks: tuple[Check, ...]
    elsewhere: tuple[Check, ...]
    suites: tuple[str, ...]
    left_out: tuple[Check, ...] = ()


def plan(
    loaded: Loaded,
    rows: Rows,
    stack: Collection[str],
    day: date,
    *,
    suites: Sequence[str] = (),
    only: Sequence[str] = (),
    ids: Iterable[str] | None = None,
) -> Plan:
    """Choose.

    Args:
        suites: names, with ``*`` and ``?``; none: all.
        only: ids of checks or requirements, likewise.
        ids: exactly these checks, where given: those that failed in an earlier run.

    Raises:
        Unknown: a pattern finds nothing.
    """
    names = _matching(suites, [*loaded.suites, *(one.suite for one in loaded.unreadable)], "suite")
    chosen = [one for one in loaded.checks if one.suite in names]
    if only:
        known = [*(one.id for one in loaded.checks), *(one.requirement for one in loaded.checks)]
        wanted = set(_matching(only, known, "check"))
        chosen = [one for one in chosen if one.id in wanted or one.requirement in wanted]
    if ids is not None:
        exactly = set(ids)
        chosen = [one for one in chosen if one.id in exactly]
    here = [one for one in chosen if _here(one, rows, stack, day)]
    away = [one for one in chosen if one not in here]
    taken = {one.id for one in chosen}
    left_out = [one for one in loaded.checks if one.id not in taken and _here(one, rows, stack, day)]
    return Plan(tuple(here), tuple(away), tuple(names), tuple(left_out))


def _here(check: Check, rows: Rows, stack: Collection[str], day: date) -> bool:
    if check.jurisdictions and not set(check.jurisdictions) & set(stack):
        return False
    return rows.applies(check.requirement, stack, day)


def _matching(patterns: Sequence[str], known: Sequence[str], what: str) -> list[str]:
    if not patterns:
        return list(dict.fromkeys(known))
    found: list[str] = []
    for pattern in patterns:
        matched = [one for one in known if fnmatch.fnmatchcase(one, pattern) or one.startswith(f"{pattern}.")]
        if not matched:
            zh = {"suite": "检测集", "check": "检测项或要求"}[what]
            raise Unknown(
                f"没有{zh} {pattern}；`qiao conformance list` 可列出",
                f"no {what} {pattern}; `qiao conformance list` prints them",
            )
        found.extend(matched)
    return list(dict.fromkeys(found))
