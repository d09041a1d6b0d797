"""That a purge is refused shows something only where the call purges what may go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conformance.harness.run import Run
from conformance.harness.verdict import Failed, Skipped
from conformance.suites.records.keeping import chat_not_purged, recording_not_purged

PURGE = {"purge": {"path": "$purge", "as": "operator", "body": {"document": "{document}"}}}
CHECKS = pytest.mark.parametrize("tried", [chat_not_purged, recording_not_purged])


def kept(shelf: Any, years: Callable[[str], bool]) -> Callable[[Any], int]:
    """Return a purge that refuses what this says of the day on which something was made."""

    def purge(said: Any) -> int:
        one = shelf.held[said["document"]]
        return 422 if years(str(one.get("createdDateTime") or one.get("sent"))) else 200

    return purge


@CHECKS
def test_a_target_that_keeps_what_is_young_and_purges_what_is_old_passes(
    on_shelf: Any, shelf: Any, tried: Callable[[Run], None]
) -> None:
    shelf.answers["POST $purge"] = kept(shelf, lambda day: day > "2010")
    tried(on_shelf(actions=PURGE))


@CHECKS
@pytest.mark.parametrize("status", [404, 405, 422])
def test_one_that_purges_nothing_has_shown_nothing(
    on_shelf: Any, shelf: Any, tried: Callable[[Run], None], status: int
) -> None:
    shelf.answers["POST $purge"] = status
    with pytest.raises(Skipped, match="the twin: what need not be kept"):
        tried(on_shelf(actions=PURGE))


@CHECKS
def test_one_that_purges_everything_fails(on_shelf: Any, shelf: Any, tried: Callable[[Run], None]) -> None:
    shelf.answers["POST $purge"] = 200
    with pytest.raises(Failed):
        tried(on_shelf(actions=PURGE))


def test_what_is_written_by_nobody_is_kept_by_nobody(on_shelf: Any) -> None:
    run = on_shelf(actions=PURGE, writes={"*": "fhir", "Media": "none"})
    with pytest.raises(Skipped, match=r"writes\.Media"):
        recording_not_purged(run)
