"""What was read is still to be seen after it was deleted, wherever it is seen."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.harness.verdict import Failed, Skipped
from conformance.suites.audit.changing import reading_kept


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
