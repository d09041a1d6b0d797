"""A trial: one check, tried on the target, and what became of it, whatever it does."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

from conformance.evidence.exchange import Book
from conformance.harness.check import Check
from conformance.harness.run import Run, Step
from conformance.harness.session import Session
from conformance.harness.verdict import Ended, Unanswered, Verdict
from conformance.harness.words import Words


@dataclass(slots=True, frozen=True)
class Trial:
    """What became of one check.

    Attributes:
        reason: why it did not pass; None where it did.
        seconds: that it took.
        unanswered: the target did not answer; it may be gone.
        tried: False: it did not take place; a run that goes on tries it.
    """

    check: Check
    verdict: Verdict
    reason: Words | None
    steps: tuple[Step, ...]
    book: Book
    seconds: float
    unanswered: bool = False
    tried: bool = True


def tried(check: Check, session: Session) -> Trial:
    """Try a check; an exception of its own is an error of the harness, never a verdict on the target."""
    run = Run(check, session)
    began = time.perf_counter()
    verdict, reason, unanswered = Verdict.PASS, None, False
    try:
        run.need(*check.needs)
        check(run)
        if not any(step.ok for step in run.steps):
            verdict, reason = Verdict.ERROR, Words("检查未作任何断言", "the check expected nothing")
    except Ended as ended:
        verdict, reason, unanswered = ended.verdict, ended.reason, isinstance(ended, Unanswered)
    except Exception as error:  # noqa: BLE001 -- a check is foreign code
        what = f"{type(error).__name__}: {_place(error)}"
        verdict, reason = Verdict.ERROR, Words(f"检查程序出错：{what}", f"the check itself failed: {what}")
    finally:
        run.close()
    return Trial(check, verdict, reason, tuple(run.steps), run.book, time.perf_counter() - began, unanswered)


def _place(error: Exception) -> str:
    """Return where in a suite an error was raised; its text may hold what a patient is called."""
    trace = error.__traceback__
    found = ""
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if "suites" in name or "harness" in name:
            found = f"{name.rpartition('/')[2]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return found


def untried(check: Check, verdict: Verdict, reason: Words) -> Trial:
    """Return a trial that did not take place."""
    return Trial(check, verdict, reason, (), Book(), 0.0, tried=False)


def worst(trials: Iterable[Trial]) -> Verdict:
    """Return the verdict that matters most."""
    order = (Verdict.FAIL, Verdict.ERROR, Verdict.SKIP, Verdict.NOT_TESTED, Verdict.PASS)
    found = {one.verdict for one in trials}
    return next((one for one in order if one in found), Verdict.NOT_APPLICABLE)
