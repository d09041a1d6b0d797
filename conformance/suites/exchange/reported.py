"""What the laboratory is made to report, and what FHIR then tells of it, as checks compare it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from conformance.harness.paths import pick
from conformance.harness.run import Run
from conformance.harness.words import same
from conformance.simulators import laboratory
from conformance.simulators.dialects import LABORATORY, Dialect
from conformance.simulators.exact import Resource
from conformance.simulators.laboratory import Report
from conformance.simulators.panels import PANELS, Item
from conformance.simulators.results import NOT_COMPUTED, Result
from conformance.simulators.visits import Visit
from conformance.suites.exchange.hospital import Hospital, counted
from conformance.suites.exchange.reading import codes, digits, identifiers, points_to, references

LIS = ("lis",)
PRELIMINARY = ("preliminary", "partial")
CHANGED = ("corrected", "amended", "appended")
"""States of a report that was told otherwise before (R4 diagnostic-report-status)."""
VOID = ("entered-in-error", "cancelled")


def collected(hospital: Hospital, panel: str = "BR", results: list[Result] | None = None) -> Report:
    """Return a report of an outpatient; nothing is sent."""
    visit = hospital.consultation()
    report = laboratory.collect(hospital.chart, visit, PANELS[panel], visit.begun, 0.3)
    report.results = (
        results if results is not None else [one for one in report.results if one.value != NOT_COMPUTED]
    )
    return report


def publish(
    hospital: Hospital, report: Report, status: str, minutes: int = 60, dialect: Dialect = LABORATORY
) -> None:
    """Send what is tested: the report, so long after the specimen was taken."""
    at = report.collected + timedelta(minutes=minutes)
    hospital.sent(
        laboratory.publish(hospital.chart, report, at, status, dialect), "报告被接收", "the report is taken"
    )


def finished(hospital: Hospital, report: Report, change: Any = str) -> list[Resource]:
    """Send a final report, its text changed; returns the results that FHIR then names."""
    at = report.collected + timedelta(minutes=60)
    answer = hospital.ask(laboratory.publish(hospital.chart, report, at, "F"), text=change)
    hospital.run.expect(answer.code in ("AA", "CA"), "报告被接收", "the report is taken", same(answer.code))
    return observations(hospital, report_of(hospital, report))


def report_of(hospital: Hospital, report: Report, *states: str) -> Resource:
    """Expect one report under the number of its order, and wait until it is in one of these states."""
    query = f"DiagnosticReport?identifier={report.order}"
    return hospital.one(
        query, "申请单号可检索到报告", "the report is found by the number of its order",
        lambda one: not states or one.get("status") in states,
    )  # fmt: skip


def observations(hospital: Hospital, report: Resource) -> list[Resource]:
    """Return the results that a report names."""
    return [found for one in references(report, "result") if (found := hospital.read(one))]


def said(found: Resource) -> str:
    """Return a result as it is told: comparator, digits, unit; or its text; or nothing."""
    value = found.get("valueQuantity")
    if isinstance(value, dict):
        return f"{value.get('comparator') or ''}{digits(value.get('value'))}"
    interval = found.get("valueRange")
    if isinstance(interval, dict):
        return "-".join(digits(pick(interval, f"{one}.value")) for one in ("low", "high"))
    if "valueInteger" in found:
        return digits(found["valueInteger"])
    text = (
        found.get("valueString")
        or pick(found, "valueCodeableConcept.text")
        or pick(found, "valueCodeableConcept.coding.display")
    )
    if text is None and isinstance(found.get("valueRatio"), dict):
        ratio = found["valueRatio"]
        text = ":".join(digits(pick(ratio, f"{one}.value")) for one in ("numerator", "denominator"))
    return "" if text is None else str(text)


def belongs(run: Run, hospital: Hospital, report: Resource, visit: Visit) -> None:
    """Expect that a report is about the patient of a visit."""
    patient = hospital.read(str(pick(report, "subject.reference")))
    run.expect(visit.person.mrn in identifiers(patient), "属于该患者", "it is this patient's")


def points_back(run: Run, hospital: Hospital, report: Resource, order: Resource, number: str) -> None:
    """Expect that a report points back to its order, and that there is still one of this number."""
    run.expect(
        points_to(report, "basedOn", f"ServiceRequest/{order.get('id')}", number),
        "报告指回申请",
        "the report points to the order",
    )
    listed = hospital.found(f"ServiceRequest?identifier={number}")
    run.expect(len(listed) == 1, "申请仍只有一个", "there is still one order", counted(listed))


def result_of(listed: list[Resource], item: Item) -> Resource:
    """Return the result of an item, ``{}`` where there is none."""
    return next((one for one in listed if item.code in codes(one, "code")), {})
