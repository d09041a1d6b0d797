"""Owns what two runs differ in, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from conformance.harness.words import Words
from conformance.result.shape import Shaped


@dataclass(slots=True, frozen=True)
class Change(Shaped):
    """A check or a requirement of which the runs say different things.

    Attributes:
        kind: ``check`` or ``requirement``.
        before, after: verdicts; None: the run does not have it.
    """

    kind: str
    id: str
    title: Words
    before: str | None
    after: str | None
    reason_before: Words | None = None
    reason_after: Words | None = None


@dataclass(slots=True, frozen=True)
class Ground(Shaped):
    """Something that two runs stand on and that is not the same: the target, its version, definitions…"""

    what: Words
    before: str
    after: str


@dataclass(slots=True, frozen=True)
class Side(Shaped):
    """One of the two runs."""

    run: str
    started: str
    target: str
    complete: bool
    score: float


@dataclass(slots=True, frozen=True)
class Difference(Shaped):
    """What became of everything between run A and run B.

    Attributes:
        failures: fail or nonconformant now, and were not.
        lost: shown before and not now: a pass that was skipped, went wrong, was not tested, or is said not to
            apply though its requirement does; of requirements only where both runs were asked for the same.
        mended: failed before, pass now.
        changed: any other change of verdict.
        came, went: only one run has it.
        reasons: same verdict, another reason.
        ground: what the runs stand on.
    """

    a: Side
    b: Side
    failures: tuple[Change, ...] = ()
    lost: tuple[Change, ...] = ()
    mended: tuple[Change, ...] = ()
    changed: tuple[Change, ...] = ()
    came: tuple[Change, ...] = ()
    went: tuple[Change, ...] = ()
    reasons: tuple[Change, ...] = ()
    ground: tuple[Ground, ...] = ()

    @property
    def worse(self) -> bool:
        """Whether B shows less than A: something fails that did not, or a pass is no longer one."""
        return bool(self.failures or self.lost)

    @property
    def equal(self) -> bool:
        """Whether every verdict and every reason is the same, whatever the runs stand on."""
        return not any(
            (self.failures, self.lost, self.mended, self.changed, self.came, self.went, self.reasons)
        )

    def to_json(self) -> dict[str, Any]:
        """Return all of it, ``worse`` and ``equal`` first."""
        return {"worse": self.worse, "equal": self.equal, **super(Difference, self).to_json()}
