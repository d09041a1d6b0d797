"""Owns the ORU^R01 of the imaging department: findings and impression (HL7 v2.5.1 §7.3, IHE RAD-28)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from conformance.simulators.chart import Chart, Entry
from conformance.simulators.dialects import RADIOLOGY, SONOGRAPHY, Dialect, person_name, pid, staff
from conformance.simulators.er7 import components, escape, segment, stamp, subcomponents
from conformance.simulators.exams import CODE_SYSTEM, Exam
from conformance.simulators.visits import Visit, pv1
from conformance.simulators.wards import RADIOLOGISTS, SONOGRAPHERS, Staff


@dataclass(slots=True)
class Study:
    """One examination: order and accession number, study UID, what the report says."""

    order: str
    accession: str
    uid: str
    visit: Visit
    exam: Exam
    ordered: datetime
    performed: datetime
    findings: str
    impression: str
    abnormal: bool


def perform(chart: Chart, visit: Visit, exam: Exam, ordered: datetime) -> Study:
    """Return the study made a while after the order; sends nothing."""
    findings, impression, abnormal = chart.rng.choice(exam.reports)
    uid = f"2.25.{chart.rng.getrandbits(122)}"
    numbers = chart.number("JC"), chart.number(exam.modality)
    return Study(
        *numbers, uid, visit, exam, ordered, chart.after(ordered, 25, 90), findings, impression, abnormal
    )


def publish(chart: Chart, study: Study, at: datetime, status: str) -> Entry:
    """Send the report; ``status`` is OBR-25: P preliminary, F final, C corrected, X cancelled."""
    dialect = _dialect(study)
    readers = SONOGRAPHERS if study.exam.modality == "US" else RADIOLOGISTS
    author, reviewer = readers[len(study.accession + study.uid) % (len(readers) - 1) + 1], readers[0]
    body = [pid(study.visit.person, dialect), pv1(study.visit, dialect), _orc(study, status, dialect)]
    body.append(_obr(study, at, status, dialect, author, reviewer))
    body += [] if status == "X" else _text(study, at, status, dialect, author)
    word = {"P": "preliminary", "F": "final", "C": "corrected", "X": "cancelled"}[status]
    note = f"{study.exam.code} {word}"
    return chart.add(Entry(at, dialect, "ORU^R01^ORU_R01", body, note, study.visit.person.mrn))


def _dialect(study: Study) -> Dialect:
    """The ultrasound workstation speaks GBK, unless the name has a character that GBK lacks."""
    if study.exam.modality != "US":
        return RADIOLOGY
    try:
        person_name(study.visit.person, SONOGRAPHY).encode("gbk")
    except UnicodeEncodeError:
        return RADIOLOGY
    return SONOGRAPHY


def _orc(study: Study, status: str, dialect: Dialect) -> str:
    state = {"P": "IP", "X": "CA"}.get(status, "CM")
    doctor = staff(study.visit.doctor, dialect)
    return segment(
        "ORC", {1: "RE", 2: study.order, 3: study.accession, 5: state, 9: stamp(study.ordered), 12: doctor}
    )


def _code(study: Study) -> str:
    loinc, name = study.exam.loinc
    return components(study.exam.code, study.exam.name, CODE_SYSTEM, loinc, name, "LN" if loinc else "")


def _obr(
    study: Study, at: datetime, status: str, dialect: Dialect, author: Staff, reviewer: Staff
) -> str:  # fmt: skip
    fields = {
        1: "1",
        2: study.order,
        3: study.accession,
        4: _code(study),
        6: stamp(study.ordered),
        7: stamp(study.performed),
        8: stamp(study.performed + timedelta(minutes=9)),
        13: escape(study.visit.case.complaint),
        16: staff(study.visit.doctor, dialect),
        18: study.accession,
        22: stamp(at),
        24: study.exam.modality,
        25: status,
        31: components(study.visit.case.icd, study.visit.case.diagnosis, "I10"),
        32: subcomponents(reviewer.number, reviewer.family, reviewer.given),
        33: subcomponents(author.number, author.family, author.given),
    }
    return segment("OBR", fields)


def _text(study: Study, at: datetime, status: str, dialect: Dialect, author: Staff) -> list[str]:
    """Findings, impression and the study's UID; the ultrasound workstation sends one OBX per line."""
    findings = components("59776-5", "检查所见", "LN")
    impression = components("19005-8", "检查印象", "LN")
    lines = [
        ("FT", findings, study.findings, ""),
        ("FT", impression, study.impression, "A" if study.abnormal else "N"),
    ]
    if dialect is SONOGRAPHY:
        lines = [("TX", code, part, flag) for _, code, text, flag in lines for part in text.split("\n")]
    lines.append(("ST", components("113014", "DICOM Study UID", "DCM"), study.uid, ""))
    return [
        segment("OBX", {
            1: str(order), 2: kind, 3: code, 4: str(order), 5: escape(text), 8: flag, 11: status,
            14: stamp(at - timedelta(minutes=2)), 16: staff(author, dialect),
        })
        for order, (kind, code, text, flag) in enumerate(lines, start=1)
    ]  # fmt: skip
