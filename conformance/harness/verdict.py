"""Verdicts of a check; how one ends other than well is an exception, so that no check can forget to say it.

::

    Ended
     ├── Failed          the target does not do what the requirement asks
     ├── Skipped         a prerequisite is not met: the target lacks a capability, or it is not declared
     ├── NotTested       it cannot be tested here, for the printed reason
     ├── NotApplicable   it does not concern this target: it takes another way that the law leaves open
     └── Broken          the harness is at fault; says nothing about the target
"""

from __future__ import annotations

from enum import StrEnum

from conformance.harness.words import Words


class Verdict(StrEnum):
    """What became of a check."""

    PASS = "pass"  # noqa: S105 -- a verdict
    FAIL = "fail"
    SKIP = "skip"
    ERROR = "error"
    NOT_APPLICABLE = "not-applicable"
    NOT_TESTED = "not-tested"


class Ended(Exception):
    """A check ended before its last line.

    Attributes:
        reason: why, in both languages.
    """

    verdict = Verdict.ERROR

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.reason = Words(zh, en)


class Failed(Ended):
    """The target does not do what the requirement asks."""

    verdict = Verdict.FAIL


class Skipped(Ended):
    """A prerequisite is not met; a skip never looks like a pass."""

    verdict = Verdict.SKIP


class NotTested(Ended):
    """It cannot be tested here, for the printed reason."""

    verdict = Verdict.NOT_TESTED


class NotApplicable(Ended):
    """It does not concern this target, for the printed reason; it counts for nothing."""

    verdict = Verdict.NOT_APPLICABLE


class Broken(Ended):
    """The harness is at fault; this says nothing about the target."""


class Unanswered(Failed):
    """The target did not answer: refused, cut, too slow, or its certificate is not to be trusted."""
