"""Makes a check of a function that takes a run and the hospital that sends; what that made is removed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import wraps
from typing import Any

from conformance.harness.check import Body, Case, check, checks
from conformance.harness.run import Run
from conformance.harness.verdict import Ended
from conformance.suites.exchange.hospital import Hospital

EXCHANGE = "CQ49-3.4b"
"""Data are exchanged with HIS, PACS/RIS and LIS."""


def exchange(
    *systems: str, zh: str, en: str, requirement: str = EXCHANGE, **options: Any
) -> Callable[[Body], Body]:
    """Declare ``function(run, hospital)`` as a check; ``systems`` of the hospital must have their doors."""
    return lambda body: check(requirement, zh=zh, en=en, **options)(_with(body, systems))


def exchanges(cases: Sequence[Case], *systems: str) -> Callable[[Body], Body]:
    """Declare ``function(run, hospital, *case.given)`` once for each case."""
    return lambda body: checks(cases)(_with(body, systems))


def _with(body: Body, systems: Sequence[str]) -> Body:
    @wraps(body)
    def tried(run: Run, *given: Any) -> None:
        hospital = Hospital(run, *(systems or ("his",)))
        try:
            body(run, hospital, *given)
        finally:
            with suppress(Ended):
                hospital.sweep()

    return tried
