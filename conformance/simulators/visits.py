"""Owns the visit and its segments: PV1, PV2, DG1, AL1, IN1, NK1, body weight (HL7 v2.5.1 §3.4, §6.5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from conformance.simulators.cases import Case
from conformance.simulators.dialects import WARD, Dialect, identifier, staff
from conformance.simulators.er7 import components, day, segment, stamp
from conformance.simulators.people import Person
from conformance.simulators.wards import AUTHORITY, Department, Staff


@dataclass(slots=True)
class Visit:
    """One stay or consultation: ``place`` is (ward or clinic, room, bed), ``kind`` a code of table 0004."""

    number: str
    kind: str
    person: Person
    case: Case
    department: Department
    doctor: Staff
    begun: datetime
    place: tuple[str, str, str]
    ended: datetime | None = None


def location(place: tuple[str, str, str], department: Department) -> str:
    """Return PL: point of care, room, bed, facility, type, description (§2.A.53)."""
    kind = "N" if place[2] else "C"
    name = department.ward_name if place[2] else f"{department.name}门诊"
    return components(*place, AUTHORITY, "", kind, "", "", name)


def pv1(visit: Visit, dialect: Dialect, prior: str = "") -> str:
    """Return PV1; ``prior`` is PV1-6, where the patient came from."""
    doctor = staff(visit.doctor, dialect)
    fields = {
        1: "1",
        2: visit.kind,
        3: location(visit.place, visit.department),
        7: doctor,
        10: visit.department.code,
        19: identifier(visit.number, "VN"),
    }
    if dialect.system == "HIS":
        fields |= {4: _admission_type(visit), 6: prior, 44: stamp(visit.begun)}
        fields[20] = visit.person.insurance or "07"
        fields |= _inpatient(visit, doctor) if visit.kind == "I" else {}
    if visit.ended and dialect.system == "HIS":
        fields |= {36: "1", 45: stamp(visit.ended)}
    return segment("PV1", fields)


def _admission_type(visit: Visit) -> str:
    """HL7 table 0007: E emergency, N newborn, R routine."""
    if visit.department.code == "07.01":
        return "N"
    return "E" if visit.kind == "E" else "R"


def _inpatient(visit: Visit, doctor: str) -> dict[int, str]:
    head = staff(visit.department.physicians[0], WARD)
    return {8: staff(visit.department.physicians[-1], WARD), 9: head, 14: "2", 17: doctor}


def pv2(visit: Visit) -> str:
    """Return PV2 with the chief complaint as the reason for admission."""
    return segment("PV2", {3: components("", visit.case.complaint)})


def dg1(visit: Visit, kind: str) -> str:
    """Return DG1; ``kind`` from HL7 table 0052: A admitting, W working, F final."""
    return segment(
        "DG1",
        {
            1: "1",
            3: components(visit.case.icd, visit.case.diagnosis, "I10"),
            4: visit.case.diagnosis,
            5: stamp(visit.begun),
            6: kind,
            15: "1",
            16: staff(visit.doctor, WARD),
        },
    )


def al1(person: Person) -> list[str]:
    """Return AL1 where the person is allergic, else nothing."""
    if not person.allergic:
        return []
    drug = components("DA", "药物过敏", "HL70127")
    return [
        segment("AL1", {1: "1", 2: drug, 3: components("GM0001", "青霉素类", "99GMY"), 4: "MO", 5: "皮疹"})
    ]


def in1(person: Person, on: datetime) -> list[str]:
    """Return IN1 for the public medical insurance, nothing for those who pay themselves."""
    if not person.insurance:
        return []
    plan = {"310": "职工基本医疗保险", "390": "城乡居民基本医疗保险"}[person.insurance]
    fields = {
        1: "1",
        2: components(person.insurance, plan, "99YBXZ"),
        3: components("990100", "", "", "YBJ", "NIIP"),
        4: "渡桥市医疗保障局",
        12: f"{on.year}0101",
        13: f"{on.year}1231",
        16: components(person.family, person.given),
        17: components("SEL", "本人", "HL70063"),
        18: day(person.birth),
        36: f"Q{person.mrn}",
    }
    return [segment("IN1", fields)]


def nk1(person: Person) -> str:
    """Return NK1, the contact person."""
    relation = ("SPO", "配偶") if person.married else ("PAR", "父母")
    phone = components("", "PRN", "CP", "", "86", "", person.phone)
    name = components(*person.contact, "", "", "", "", "L", "I")
    return segment("NK1", {1: "1", 2: name, 3: components(*relation, "HL70063"), 5: phone})


def measurements(weight: float, at: datetime) -> str:
    """Return OBX with the body weight, as wards send it along with the admission."""
    code = components("29463-7", "体重", "LN")
    return segment("OBX", {1: "1", 2: "NM", 3: code, 5: f"{weight:.1f}", 6: "kg", 11: "F", 14: stamp(at)})
