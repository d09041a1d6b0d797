"""The course of a run: nothing is tried twice, what disturbs runs alone, a target that is gone is noticed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date

import pytest

from conformance.harness.check import Check
from conformance.harness.run import Run
from conformance.harness.session import Session
from conformance.harness.target_file import of_url
from conformance.harness.verdict import Failed, NotTested, Skipped, Unanswered, Verdict
from conformance.harness.words import same
from conformance.runner.course import GONE, Course
from conformance.runner.trial import Trial, tried


@pytest.fixture
def session() -> Session:
    return Session(of_url("http://127.0.0.1:9/fhir"), "t1", 7, date(2026, 3, 6))


def _check(name: str, body: Callable[[Run], None], **options: object) -> Check:
    return Check(f"s.{name}", "s", "NAT-1", same(name), body, **options)  # type: ignore[arg-type]


def _good(run: Run) -> None:
    run.expect(True, "是", "yes")


def _raising(error: Exception) -> Callable[[Run], None]:
    def body(run: Run) -> None:
        raise error

    return body


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        (_good, Verdict.PASS),
        (_raising(Failed("坏", "bad")), Verdict.FAIL),
        (_raising(Skipped("缺", "missing")), Verdict.SKIP),
        (_raising(NotTested("不能", "cannot")), Verdict.NOT_TESTED),
        (_raising(Unanswered("无", "none")), Verdict.FAIL),
        (_raising(KeyError("x")), Verdict.ERROR),
        (lambda run: None, Verdict.ERROR),
    ],
)
def test_how_a_check_ends(session: Session, body: Callable[[Run], None], verdict: Verdict) -> None:
    assert tried(_check("one", body), session).verdict is verdict


def test_an_error_of_a_check_tells_its_kind_and_no_text(session: Session) -> None:
    trial = tried(_check("one", _raising(ValueError("张三 990101199003071234"))), session)
    assert trial.reason is not None
    assert "ValueError" in trial.reason.en
    assert "张三" not in trial.reason.zh + trial.reason.en


def test_what_is_missing_is_named(session: Session) -> None:
    trial = tried(_check("one", _good, needs=("actions.submit",)), session)
    assert trial.verdict is Verdict.SKIP
    assert trial.reason is not None
    assert "actions.submit" in trial.reason.en


def _course(session: Session, trials: list[Trial], *, alive: bool = True) -> Course:
    return Course(session, 4, lambda: alive, trials.append)


def test_what_disturbs_runs_when_nobody_else_does(session: Session) -> None:
    under_way, seen, lock = 0, [], threading.Lock()

    def beside(run: Run) -> None:
        nonlocal under_way
        with lock:
            under_way += 1
        run.until(lambda: True, "是", "yes")
        with lock:
            under_way -= 1

    def alone(run: Run) -> None:
        seen.append(under_way)
        run.expect(True, "是", "yes")

    trials: list[Trial] = []
    checks = [_check(f"n{at}", beside, waits=at % 2 == 0) for at in range(8)]
    _course(session, trials).go([_check("alone", alone, exclusive=True), *checks])
    assert seen == [0]
    assert len(trials) == 9


def test_a_target_that_is_gone_is_not_asked_for_ever(session: Session) -> None:
    trials: list[Trial] = []
    course = _course(session, trials, alive=False)
    course.jobs = 1
    course.go([_check(f"n{at}", _raising(Unanswered("无", "none"))) for at in range(10)])
    assert [one.verdict for one in trials] == [Verdict.FAIL] * GONE + [Verdict.SKIP] * (10 - GONE)
    assert course.gone.is_set()


def test_a_slow_check_does_not_make_a_target_gone(session: Session) -> None:
    trials: list[Trial] = []
    course = _course(session, trials, alive=True)
    course.go([_check(f"n{at}", _raising(Unanswered("无", "none"))) for at in range(10)])
    assert {one.verdict for one in trials} == {Verdict.FAIL}


def test_who_stops_it_loses_nothing_that_has_ended(session: Session) -> None:
    trials: list[Trial] = []
    course = _course(session, trials)
    course.jobs = 1

    def stopping(run: Run) -> None:
        course.stop.set()
        run.expect(True, "是", "yes")

    course.go([_check("a", stopping), _check("b", _good)])
    assert [one.check.id for one in trials] == ["s.a"]


def test_what_looks_at_the_whole_run_comes_after_all_others(session: Session) -> None:
    seen: list[str] = []

    def noting(name: str) -> Callable[[Run], None]:
        def body(run: Run) -> None:
            seen.append(name)
            _good(run)

        return body

    checks = [
        _check("whole", noting("whole"), last=True),
        _check("waits", noting("waits"), waits=True),
        _check("beside", noting("beside")),
        _check("disturbs", noting("disturbs"), exclusive=True),
    ]
    _course(session, []).go(checks)
    assert seen[-2:] == ["disturbs", "whole"]
    assert sorted(seen) == ["beside", "disturbs", "waits", "whole"]
