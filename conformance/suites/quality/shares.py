"""Shares: how many of what was looked at are right, and whether that is enough."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from conformance.harness.run import Run
from conformance.harness.words import Words
from conformance.suites.quality.sample import PROFILE, nothing

T = TypeVar("T")


def share(
    run: Run, listed: Iterable[T], right: Callable[[T], object], least: float, zh: str, en: str, what: str
) -> None:
    """Expect that so large a share is right.

    Args:
        least: the share, 0 to 1.
        what: is looked at, for the reason when there is none of it.

    Raises:
        NotTested: there is nothing to look at.
        Failed: too few are right.
    """
    looked = [bool(right(one)) for one in listed]
    if not looked:
        raise nothing(what)
    found = sum(looked) / len(looked)
    wanted = f"{least:.0%}"
    # Not rounded up: 99.96% is not all of them.
    actual = f"{int(found * 1000) / 10:g}% ({sum(looked)}/{len(looked)})"
    run.expect(found >= least, f"{zh}（不低于 {wanted}）", f"{en} (at least {wanted})", Words(actual, actual))


def least(name: str) -> float:
    """Return the share that a check of the profile wants."""
    return float(PROFILE["shares"][name])
