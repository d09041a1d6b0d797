"""The course of a run: what waits begins first, the rest side by side, then what disturbs, alone; at the end
what looks at everything that was done."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field

from conformance.harness.check import Check
from conformance.harness.session import Session
from conformance.harness.verdict import Verdict
from conformance.harness.words import Words
from conformance.runner.trial import Trial, tried, untried

GONE = 3
"""Checks in a row that were not answered, after which the target is looked for."""
_GONE = Words("目标在运行中停止应答", "the target stopped answering during the run")


@dataclass(slots=True)
class Course:
    """One run's course.

    Args:
        jobs: checks side by side.
        alive: asks whether the target answers at all.
        told: called with every trial as it ends, in one thread at a time.
    """

    session: Session
    jobs: int
    alive: Callable[[], bool]
    told: Callable[[Trial], None]
    stop: threading.Event = field(default_factory=threading.Event)
    gone: threading.Event = field(default_factory=threading.Event)
    _unanswered: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def go(self, checks: Sequence[Check]) -> None:
        """Try all checks."""
        alone = sorted((one for one in checks if one.alone), key=lambda one: one.last)
        waiting = [one for one in checks if one.waits and not one.alone]
        beside = [one for one in checks if not one.waits and not one.alone]
        with ThreadPoolExecutor(max(1, min(len(waiting), 16)), "waits") as patient:
            pending = [patient.submit(self._one, one) for one in waiting]
            with ThreadPoolExecutor(self.jobs, "checks") as pool:
                for future in as_completed([pool.submit(self._one, one) for one in beside]):
                    future.result()
            for future in as_completed(pending):
                future.result()
        for one in alone:
            self._one(one)

    def _one(self, check: Check) -> None:
        if self.gone.is_set():
            trial = untried(check, Verdict.SKIP, _GONE)
        elif self.stop.is_set():
            return
        else:
            trial = tried(check, self.session)
        with self._lock:
            self._heed(trial)
            self.told(trial)

    def _heed(self, trial: Trial) -> None:
        """Notice where the target is gone for good."""
        self._unanswered = self._unanswered + 1 if trial.unanswered else 0
        if self._unanswered >= GONE and not self.gone.is_set():
            self._unanswered = 0
            if not self.alive():
                self.gone.set()
