"""Times: what is planned is no fault, and data are late by their first version, not by their newest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from conformance.harness.verdict import Failed, NotTested
from conformance.suites.quality.sample import Sample
from conformance.suites.quality.times import future, timely


def _at(days: float) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


def _looking_at(run: Any, *listed: dict[str, Any]) -> Any:
    kinds = {"Patient": [{"resourceType": "Patient", "id": "p"}]}
    for one in listed:
        kinds.setdefault(one["resourceType"], []).append(one)
    run.session.once("quality", lambda: Sample(kinds))
    return run


def _visit(status: str, start: float, end: float) -> dict[str, Any]:
    period = {"start": _at(start), "end": _at(end)}
    return {"resourceType": "Encounter", "id": status, "status": status, "period": period}


_PAST = _visit("finished", -3, -2)


@pytest.mark.parametrize(
    "visit", [_visit("planned", 3, 5), _visit("cancelled", 3, 5), _visit("in-progress", -1, 4)]
)
def test_what_is_planned_may_be_of_the_future(on_shelf: Any, visit: dict[str, Any]) -> None:
    future(_looking_at(on_shelf(), _PAST, visit))


@pytest.mark.parametrize(
    "wrong",
    [
        _visit("finished", -1, 4),
        _visit("in-progress", 1, 4),
        {"resourceType": "MedicationRequest", "status": "cancelled", "authoredOn": _at(2)},
    ],
)
def test_what_has_taken_place_or_was_written_may_not(on_shelf: Any, wrong: dict[str, Any]) -> None:
    with pytest.raises(Failed):
        future(_looking_at(on_shelf(), _PAST, wrong))


def _order(version: int, written: float, **said: Any) -> dict[str, Any]:
    meta = {"versionId": str(version), "lastUpdated": _at(written)}
    return {"resourceType": "ServiceRequest", "id": "o", "authoredOn": _TOOK, "meta": meta, **said}


_TOOK = _at(-4)


def test_an_order_of_last_week_that_was_completed_today_was_in_time(on_shelf: Any, shelf: Any) -> None:
    shelf.past["ServiceRequest/o"] = [_order(1, -4, status="active"), _order(2, 0, status="completed")]
    timely(_looking_at(on_shelf(), _order(2, 0, status="completed")))


def test_an_order_whose_first_version_is_late_is_late(on_shelf: Any, shelf: Any) -> None:
    shelf.past["ServiceRequest/o"] = [_order(1, -1), _order(2, 0)]
    with pytest.raises(Failed, match="0%"):
        timely(_looking_at(on_shelf(), _order(2, 0)))


def test_a_placeholder_written_before_the_result_makes_the_result_no_earlier(
    on_shelf: Any, shelf: Any
) -> None:
    report = {"resourceType": "DiagnosticReport", "id": "d", "status": "final", "issued": _TOOK}
    final = {**report, "meta": {"lastUpdated": _at(0)}}
    shelf.past["DiagnosticReport/d"] = [
        {**report, "status": "registered", "issued": _at(-5), "meta": {"lastUpdated": _at(-5)}},
        final,
    ]
    with pytest.raises(Failed, match="0%"):
        timely(_looking_at(on_shelf(), final))


def test_without_a_history_nothing_is_said_of_orders(on_shelf: Any) -> None:
    with pytest.raises(NotTested):
        timely(_looking_at(on_shelf(), _order(2, 0)))
