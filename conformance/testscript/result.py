"""Owns what became of a script: a verdict with its reason for each action (R4 TestReport)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from conformance.harness.words import Words
from conformance.testscript.script import Script


class Result(StrEnum):
    """What became of an action (report-action-result-codes)."""

    PASS = "pass"  # noqa: S105 -- a verdict
    SKIP = "skip"
    FAIL = "fail"
    WARNING = "warning"
    ERROR = "error"


STOPS = frozenset({Result.FAIL, Result.ERROR})


@dataclass(slots=True, frozen=True)
class ActionResult:
    """What became of one action.

    Attributes:
        kind: ``operation`` or ``assert``.
        detail: the request's method and address for an operation; place and description for an assertion.
    """

    kind: str
    result: Result
    message: Words
    label: str = ""
    description: str = ""
    detail: str = ""


@dataclass(slots=True, frozen=True)
class TestResult:
    """What became of a test; it passed when nothing in it failed, and something in it passed."""

    name: str
    description: str
    actions: tuple[ActionResult, ...]

    @property
    def passed(self) -> bool:
        """Whether it passed; a warning does not change that."""
        return sound(self.actions)


@dataclass(slots=True, frozen=True)
class ScriptResult:
    """What became of a script.

    Attributes:
        problem: why nothing, or not all of it, was run.
        notes: what it says and is not acted upon, and what implicit clean-up could not do.
        servers: (base URL, name) of the servers that it was run against.
        started: instant, as in FHIR.
    """

    script: Script
    setup: tuple[ActionResult, ...] = ()
    tests: tuple[TestResult, ...] = ()
    teardown: tuple[ActionResult, ...] = ()
    problem: Words | None = None
    notes: tuple[Words, ...] = ()
    servers: tuple[tuple[str, str], ...] = ()
    started: str = ""
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether it ran, and neither its setup nor any test failed; a teardown's failure does not count."""
        setup = not self.setup or sound(self.setup)
        return self.problem is None and setup and all(one.passed for one in self.tests)

    @property
    def score(self) -> float:
        """Per cent of the tests that passed (R4 TestReport.score); without tests: of its setup."""
        if not self.tests:
            return 100.0 if self.passed else 0.0
        return round(100 * sum(one.passed for one in self.tests) / len(self.tests), 1)

    def counts(self) -> dict[str, int]:
        """Return how many actions ended in which way."""
        every = [*self.setup, *(each for one in self.tests for each in one.actions), *self.teardown]
        return {str(one): sum(each.result is one for each in every) for one in Result}


def sound(actions: tuple[ActionResult, ...]) -> bool:
    """Return whether nothing failed and something passed: what was only skipped has not passed."""
    results = {one.result for one in actions}
    return not results & STOPS and bool(results & {Result.PASS, Result.WARNING})
