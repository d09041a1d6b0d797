"""Owns the ORU^R01 of the laboratory: preliminary, final, corrected, withdrawn (HL7 v2.5.1 §7.3)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from conformance.simulators.chart import Chart, Entry
from conformance.simulators.dialects import BEDSIDE, LABORATORY, Dialect, pid, staff
from conformance.simulators.er7 import components, escape, segment, stamp, subcomponents
from conformance.simulators.panels import CODE_SYSTEM, Panel
from conformance.simulators.results import Result, draw
from conformance.simulators.visits import Visit, pv1
from conformance.simulators.wards import LABORATORY_PHYSICIANS, NURSES, TECHNICIANS, Staff

ORU = "ORU^R01^ORU_R01"


@dataclass(slots=True)
class Report:
    """One laboratory report: order number, barcode of the tube, results as they stand."""

    order: str
    barcode: str
    visit: Visit
    panel: Panel
    ordered: datetime
    collected: datetime
    results: list[Result]
    mrn: str = ""
    comment: str = ""


def collect(chart: Chart, visit: Visit, panel: Panel, ordered: datetime, severity: float) -> Report:
    """Return the report of a specimen that is drawn a while after the order; sends nothing."""
    collected = chart.after(ordered, 8, 35)
    results = draw(chart.rng, panel, severity)
    return Report(chart.number("JY"), chart.number("T"), visit, panel, ordered, collected, results)


def publish(chart: Chart, report: Report, at: datetime, status: str, dialect: Dialect = LABORATORY) -> Entry:
    """Send the report; ``status`` is OBR-25 (HL7 table 0123): P preliminary, F final, C corrected."""
    examiner, reviewer = chart.rng.choice(TECHNICIANS), chart.rng.choice(LABORATORY_PHYSICIANS)
    head = [pid(report.visit.person, dialect, report.mrn), pv1(report.visit, dialect)]
    body = [*head, _orc(report, status, dialect), _obr(report, at, status, dialect, examiner, reviewer)]
    body += [segment("NTE", {1: "1", 2: "L", 3: escape(report.comment)})] if report.comment else []
    body += [
        _obx(order, result, status, at, dialect, examiner)
        for order, result in enumerate(report.results, start=1)
    ]
    body += [_spm(report)] if dialect is LABORATORY else []
    word = {"P": "preliminary", "F": "final", "C": "corrected"}[status]
    kind = ORU if dialect.structure else "ORU^R01"
    return chart.add(Entry(at, dialect, kind, body, f"{report.panel.code} {word}", report.visit.person.mrn))


def correct(report: Report, code: str, factor: float) -> None:
    """Change one number of the report: the sample was measured again."""
    report.results = [
        replace(result.stating(f"{float(result.value) * factor:.{result.item.digits}f}"), status="C")
        if result.item.code == code and result.type == "NM"
        else result
        for result in report.results
    ]


def withdraw(report: Report, code: str) -> None:
    """Delete one result (OBX-11 ``D``): it was never measured."""
    report.results = [
        replace(result, status="D", value="", flag="") if result.item.code == code else result
        for result in report.results
    ]


def _received(report: Report, dialect: Dialect) -> datetime:
    return report.collected + timedelta(minutes=1 if dialect is BEDSIDE else 12)


def _orc(report: Report, status: str, dialect: Dialect) -> str:
    doctor = staff(report.visit.doctor, dialect)
    state = "IP" if status == "P" else "CM"
    return segment(
        "ORC", {1: "RE", 2: report.order, 3: report.barcode, 5: state, 9: stamp(report.ordered), 12: doctor}
    )


def _obr(
    report: Report, at: datetime, status: str, dialect: Dialect, examiner: Staff, reviewer: Staff
) -> str:  # fmt: skip
    fields = {
        1: "1",
        2: report.order,
        3: report.barcode,
        4: components(report.panel.code, report.panel.name, CODE_SYSTEM),
        6: stamp(report.ordered),
        7: stamp(report.collected),
        10: components(NURSES[0].number, NURSES[0].name),
        14: stamp(_received(report, dialect)),
        15: "&".join(report.panel.specimen) if dialect is BEDSIDE else "",
        16: staff(report.visit.doctor, dialect),
        22: stamp(at),
        24: report.panel.section,
        25: status,
        32: subcomponents(reviewer.number, reviewer.name),
        34: subcomponents(examiner.number, examiner.name),
    }
    return segment("OBR", fields)


def _obx(order: int, result: Result, status: str, at: datetime, dialect: Dialect, examiner: Staff) -> str:
    item = result.item
    kind = "IS" if dialect.sloppy and result.type == "NM" else result.type
    fields = {
        1: str(order),
        2: kind,
        3: components(item.code, item.name, CODE_SYSTEM, item.loinc, "", "LN" if item.loinc else ""),
        5: escape(result.value),
        6: item.unit if dialect.sloppy else escape(item.unit),
        7: escape(item.interval),
        8: f"{result.flag}~N" if dialect.sloppy and result.flag in ("L", "H") else result.flag,
        11: result.status if result.status != "F" else status,
        14: stamp(at - timedelta(minutes=6)),
        16: components(examiner.number, examiner.name),
    }
    return segment("OBX", fields)


def _spm(report: Report) -> str:
    kind, name = report.panel.specimen
    fields = {
        1: "1",
        2: subcomponents(report.barcode, "LIS"),
        4: components(kind, name, "HL70487"),
        17: stamp(report.collected),
        18: stamp(_received(report, LABORATORY)),
    }
    return segment("SPM", fields)
