"""What a comparison names as missing is read where the target says that it stands, and nowhere else."""

from __future__ import annotations

import json
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.harness.answer import Answer
from conformance.harness.check import Check
from conformance.harness.run import Run
from conformance.harness.session import Session
from conformance.harness.target_file import made
from conformance.harness.verdict import Failed, Skipped
from conformance.harness.words import same
from conformance.suites import feed_completeness

CALLS = {"feed_counts": {"path": "counts"}, "reconciliation": {"method": "GET", "path": "compared"}}


def tried(monkeypatch: pytest.MonkeyPatch, answer: dict[str, str], **told: list[str]) -> None:
    """Try the check at a target that knows ``SER-1``, must miss LOST, and says this of a comparison."""
    actions = {**CALLS, "reconciliation": {**CALLS["reconciliation"], "answer": answer}}
    session = Session(
        made({"fhir": "http://127.0.0.1:9/fhir", "actions": actions}), "t1", 7, date(2026, 3, 6)
    )
    run = Run(Check("s.one", "s", "SC-32", same("one"), lambda run: None), session)
    listed = {name: [one.replace("LOST", f"LOST{run.number}") for one in ones] for name, ones in told.items()}
    scene = SimpleNamespace(
        request=lambda kind: {"identifier": [{"value": "HIS-1"}]},
        submitted=lambda parts: Answer(200, {}, b"", 1, told={"serial": "SER-1"}),
    )
    scene.begun = lambda: scene
    monkeypatch.setattr(feed_completeness, "Scene", lambda run: scene)
    monkeypatch.setattr(
        Run, "act", lambda self, name, **given: Answer(200, {}, json.dumps(listed).encode(), 1)
    )
    feed_completeness.reconciled(run)


def test_one_that_names_what_is_missing_passes_whatever_else_it_lists(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried(monkeypatch, {"missing": "missing"}, missing=["LOST", "X"], matched=["SER-1"])


@pytest.mark.parametrize(
    "told",
    [
        {"missing": [], "stated": ["LOST", "SER-1"]},  # an echo of what the source stated shows nothing
        {"missing": ["LOST", "SER-1"]},
        {},
    ],
)
def test_an_echo_and_a_list_of_all_fail(monkeypatch: pytest.MonkeyPatch, told: dict[str, Any]) -> None:
    with pytest.raises(Failed):
        tried(monkeypatch, {"missing": "missing"}, **told)


def test_where_nobody_knows_where_it_stands_it_is_skipped_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Skipped, match=r"reconciliation\.answer\.missing"):
        tried(monkeypatch, {}, missing=["LOST"])
