"""The journal: a run that broke off goes on where it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.harness.verdict import Verdict
from conformance.harness.words import same
from conformance.result.model import CheckResult
from conformance.runner.journal import NAME, Begun, Busy, Journal

BEGUN = Begun("r1", 7, "t", ("cn",), "d", "2026-03-06T00:00:00Z")


def _result(name: str) -> CheckResult:
    return CheckResult(name, "s", "NAT-1", same(name), False, Verdict.PASS)


def test_what_ended_is_there_after_a_crash(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.open(BEGUN, [])
    journal.note(_result("s.a"))
    journal.note(_result("s.b"))
    journal.close(done=False)
    with (tmp_path / NAME).open("a") as file:
        file.write('{"id": "s.c", "sui')  # the power went
    assert Journal(tmp_path).begun() == (BEGUN, [_result("s.a"), _result("s.b")])


def test_what_was_written_on_the_target_is_known_after_a_crash(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.open(BEGUN, [])
    journal.wrote("Patient/1", "operator")
    journal.note(_result("s.a"))
    journal.close(done=False)
    for _ in range(2):  # it goes on, and is killed again
        journal = Journal(tmp_path)
        assert journal.begun() == (BEGUN, [_result("s.a")])
        assert journal.written == {"Patient/1": "operator"}
        journal.open(BEGUN, [_result("s.a")])
        journal.close(done=False)


def test_two_runs_do_not_write_one_journal(tmp_path: Path) -> None:
    first = Journal(tmp_path)
    first.open(BEGUN, [])
    with pytest.raises(Busy):
        Journal(tmp_path).open(BEGUN, [])
    first.close(done=False)
    assert Journal(tmp_path).begun() == (BEGUN, [])


def test_a_run_that_is_done_leaves_none(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.open(BEGUN, [])
    journal.close(done=True)
    assert Journal(tmp_path).begun() is None


def test_what_is_no_journal_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("nothing\n")
    assert Journal(tmp_path).begun() is None
