"""What was read is still to be seen after it was deleted, wherever it is seen."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.harness.scene import Scene
from conformance.harness.verdict import Failed, Skipped
from conformance.suites.audit import changing
from conformance.suites.audit.changing import not_deleted, reading_kept


def test_a_version_that_can_be_read_is_enough_whatever_the_history_says_of_deletions(on_shelf: Any) -> None:
    reading_kept(on_shelf(), "deleted")


def test_so_is_a_history_that_has_it(on_shelf: Any, shelf: Any) -> None:
    run = on_shelf()
    shelf.answers[f"GET AuditEvent/a{run.number}/_history/"] = 404
    reading_kept(run, "deleted")


def test_what_is_nowhere_any_more_fails(on_shelf: Any, shelf: Any) -> None:
    run = on_shelf()
    shelf.answers[f"GET AuditEvent/a{run.number}/_history"] = 404
    with pytest.raises(Failed, match="the old version can be read"):
        reading_kept(run, "deleted")


def test_a_client_that_may_delete_nothing_at_all_has_shown_nothing(on_shelf: Any, shelf: Any) -> None:
    shelf.answers["DELETE"] = 405
    with pytest.raises(Skipped):
        reading_kept(on_shelf(), "deleted")


@pytest.fixture
def diagnosed(on_shelf: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a run that has played a visit as far as its diagnosis."""

    def whole(run: Any) -> tuple[Scene, list[Any], dict[str, Any]]:
        return Scene(run).begun(), [], {}

    monkeypatch.setattr(changing, "whole", whole)
    return on_shelf()


def test_a_deletion_that_is_refused_leaves_what_was_there(diagnosed: Any, shelf: Any) -> None:
    shelf.answers[f"DELETE Condition/c{diagnosed.number}"] = 409
    not_deleted(diagnosed, "diagnosis")


def test_a_deletion_that_nothing_tells_fails(diagnosed: Any) -> None:
    with pytest.raises(Failed, match="the deletion is told"):
        not_deleted(diagnosed, "diagnosis")


def test_a_deletion_that_the_audit_trail_tells_is_none_unseen(diagnosed: Any, shelf: Any) -> None:
    what = {"reference": f"Condition/c{diagnosed.number}/_history/1"}
    event = {"resourceType": "AuditEvent", "action": "D", "entity": [{"what": what}]}
    shelf.held["AuditEvent"] = {"resourceType": "Bundle", "entry": [{"resource": event}]}
    not_deleted(diagnosed, "diagnosis")


def test_the_deletion_of_something_else_tells_nothing(diagnosed: Any, shelf: Any) -> None:
    event = {"resourceType": "AuditEvent", "action": "D", "entity": [{"what": {"reference": "Condition/x"}}]}
    shelf.held["AuditEvent"] = {"resourceType": "Bundle", "entry": [{"resource": event}]}
    with pytest.raises(Failed, match="the deletion is told"):
        not_deleted(diagnosed, "diagnosis")


def test_a_deletion_that_takes_what_was_there_fails(diagnosed: Any, shelf: Any) -> None:
    shelf.answers[f"GET Condition/c{diagnosed.number}/_history"] = 404
    with pytest.raises(Failed, match="the old version can be read"):
        not_deleted(diagnosed, "diagnosis")
