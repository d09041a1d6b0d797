"""The status of a report that comes together test by test (R4 DiagnosticReport.status)."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.canonical import Draft
from gateway.store.samples.report_status import reported, status_of


def result(status: str, code: str = "2") -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": status,
        "code": {"coding": [{"system": "s", "code": code}]},
    }


def order(code: str, status: str = "active") -> dict[str, Any]:
    return {
        "resourceType": "ServiceRequest",
        "status": status,
        "code": {"coding": [{"system": "s", "code": code}]},
    }


@pytest.mark.parametrize(
    ("states", "signed", "status"),
    [
        ([], True, None),
        (["registered"], True, "registered"),
        (["final"], False, "partial"),
        (["final"], True, "final"),
        (["final", "preliminary"], True, "preliminary"),
        (["final", "preliminary"], False, "partial"),
        (["final", "corrected"], True, "corrected"),
        (["final", "amended"], True, "amended"),
        (["final", "cancelled"], True, "final"),
        (["cancelled", "cancelled"], True, "cancelled"),
        (["cancelled", "entered-in-error"], True, "entered-in-error"),
    ],
)
def test_a_report_is_what_its_results_are(states: list[str], signed: bool, status: str | None) -> None:
    assert status_of([result(one) for one in states], [], signed=signed) == status


def test_a_report_lacks_what_was_ordered_and_not_measured() -> None:
    both = [order("2"), order("5")]
    assert status_of([result("final")], both, signed=True) == "preliminary"
    assert status_of([result("final"), result("final", "5")], both, signed=True) == "final"
    assert status_of([result("final")], [order("2"), order("5", "revoked")], signed=True) == "final"
    assert status_of([result("final")], [order("CBC"), order("CRP")], signed=True) == "final", (
        "panels, who knows"
    )


class Stored:
    """A desk that knows these resources."""

    def __init__(self, **known: dict[str, Any]) -> None:
        self.known = known

    def read(self, type_: str, id_: str) -> dict[str, Any] | None:
        return self.known.get(f"{type_}_{id_}")

    def gist(self, read: Any, type_: str, id_: str) -> Any:
        found = self.read(type_, id_)
        return None if found is None else read(found)


def drafts(*codes: str, report: str = "r", based_on: tuple[str, ...] = ()) -> list[Draft]:
    """Return a report with one result of each of these tests."""
    results = [
        Draft("Observation", f"{report}-{code}", {"resourceType": "Observation", "id": f"{report}-{code}",
              **result("final", code)})
        for code in codes
    ]  # fmt: skip
    body: dict[str, Any] = {
        "resourceType": "DiagnosticReport", "id": report, "status": "unknown",
        "resultsInterpreter": [{"display": "审核"}],
        "result": [{"reference": f"Observation/{one.id}"} for one in results],
        "basedOn": [{"reference": f"ServiceRequest/{one}"} for one in based_on],
    }  # fmt: skip
    return [Draft("DiagnosticReport", report, body, owns=True, fills=("status",)), *results]


def status(made: Any, report: str = "r") -> str:
    return str(next(one.body["status"] for one in made if one.id == report))


def test_each_report_answers_for_the_orders_that_it_is_based_on() -> None:
    ordered = [{"id": "a", **order("GLU")}, {"id": "b", **order("UREA")}]
    desk: Any = Stored()
    both = [*drafts("GLU", report="r", based_on=("a",)), *drafts("UREA", report="s", based_on=("b",))]
    made = reported(desk, both, ordered, validated=False)
    assert (status(made, "r"), status(made, "s")) == ("final", "final"), "one report for each test of a tube"
    whole = drafts("GLU", based_on=("a", "b"))
    assert status(reported(desk, whole, ordered, validated=False)) == "preliminary"


def test_a_result_that_is_added_to_a_final_report_is_appended() -> None:
    before = drafts("GLU")
    stored = {**before[0].body, "status": "final"}
    desk: Any = Stored(DiagnosticReport_r=stored, **{"Observation_r-GLU": before[1].body})
    assert status(reported(desk, drafts("UREA"), [], validated=False)) == "appended"
    assert status(reported(desk, before, [], validated=False)) == "final", "said again"
    desk.known["DiagnosticReport_r"]["status"] = "appended"
    assert status(reported(desk, before, [], validated=False)) == "appended"
