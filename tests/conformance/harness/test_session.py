"""The session: what checks leave for the end is done, whatever becomes of it."""

from __future__ import annotations

from datetime import date

from conformance.harness.session import Session
from conformance.harness.target_file import of_url
from conformance.harness.verdict import Unanswered


def test_a_target_that_is_gone_at_the_end_loses_no_result() -> None:
    session = Session(of_url("http://127.0.0.1:9/fhir"), "r1", 7, date(2026, 3, 6))
    done: list[str] = []

    def fails() -> None:
        raise Unanswered("目标未应答", "the target did not answer")

    session.stack.callback(done.append, "first")
    session.stack.callback(fails)
    session.close()
    assert done == ["first"]


def test_what_is_written_is_told_once() -> None:
    session = Session(of_url("http://127.0.0.1:9/fhir"), "r1", 7, date(2026, 3, 6))
    told: list[tuple[str, str]] = []
    session.noting = lambda name, identity: told.append((name, identity))
    for _ in range(2):
        session.wrote("Patient/1", "operator")
    session.close()
    assert told == [("Patient/1", "operator")]
