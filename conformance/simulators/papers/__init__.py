"""Papers of a HIS without HL7 v2: HL7 v3 interactions (WS/T 790), documents (WS/T 500), tables in text.

The forms are the XML files beside this one; a ``$name`` is filled in, escaped. Numbers are those of the
visit, so what is said over one door is the same visit, patient and drug as over another.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from string import Template
from xml.sax.saxutils import escape

from conformance.simulators.drugs import Drug
from conformance.simulators.people import Person
from conformance.simulators.visits import Visit

SEX = {"M": "1", "F": "2"}
"""GB/T 2261.1."""

NOTHING = "-"
"""What stands where a form insists on a value and there is none."""


@dataclass(slots=True, frozen=True)
class Result:
    """One result of a laboratory: the value as it is written."""

    code: str
    name: str
    value: str
    unit: str


RESULTS = (
    Result("WBC", "白细胞计数", "11.80", "10*9/L"),
    Result("HGB", "血红蛋白", "132", "g/L"),
    Result("PLT", "血小板计数", "38.0", "10*9/L"),
)
"""A blood count; zeros at the end of a value are part of it."""


def registered(visit: Visit, control: str, **changes: str) -> str:
    """Return PRPA_IN201311UV02: a patient is registered."""
    return _filled("registered", {**_facts(visit), "control": control, **changes})


def visited(visit: Visit, control: str, **changes: str) -> str:
    """Return PRPA_IN400001UV: an outpatient's visit begins."""
    return _filled("visited", {**_facts(visit), "control": control, **changes})


def ordered(visit: Visit, control: str, number: str, drugs: Sequence[Drug], **changes: str) -> str:
    """Return POOR_IN200901UV: drugs are ordered, numbered ``number-1``, ``number-2`` …"""
    facts = {**_facts(visit), "control": control, "note": NOTHING, **changes}
    parts = [
        _filled("ordered-drug", {**facts, **_drug(one), "order": str(order), "item": f"{number}-{order}"})
        for order, one in enumerate(drugs, start=1)
    ]
    return _filled("ordered", facts, drugs="\n".join(parts))


def prescription(visit: Visit, number: str, drugs: Sequence[Drug], **changes: str) -> str:
    """Return C0004 西药处方."""
    narrative = "；".join(f"{one.name} {one.dose}{one.dose_unit}" for one in drugs)
    facts = {**_facts(visit), "number": number, "document": f"{number}D", "narrative": narrative}
    facts |= {"amount": "86.40", **changes}
    parts = [_filled("prescription-drug", {**facts, **_drug(one)}) for one in drugs]
    return _filled("prescription", facts, drugs="".join(parts))


def laboratory(visit: Visit, number: str, results: Sequence[Result] = RESULTS, **changes: str) -> str:
    """Return C0007 检验报告."""
    narrative = "，".join(f"{one.name} {one.value}" for one in results)
    facts = {**_facts(visit), "number": number, "document": f"{number}D", "narrative": narrative}
    facts |= {"conclusion": "血小板减少", "taken": _stamp(visit.begun + timedelta(minutes=20)), **changes}
    parts = [
        _filled("laboratory-item", {**facts, "item": one.code, "item_name": one.name, "value": one.value,
                                    "unit": one.unit})
        for one in results
    ]  # fmt: skip
    return _filled("laboratory", facts, items="".join(parts))


PATIENTS = {
    "患者编号": "mrn", "姓名": "name", "性别": "sex", "出生日期": "birth", "居民身份证号": "resident",
    "联系电话": "phone", "现住址": "street",
}  # fmt: skip
"""Heading of a table of patients → fact."""


def table(people: Iterable[Person]) -> list[list[str]]:
    """Return a table of patients: the heading, then a line for each."""
    return [list(PATIENTS), *([_person(one)[name] for name in PATIENTS.values()] for one in people)]


def written(lines: Iterable[Sequence[str]], charset: str = "gb18030") -> bytes:
    """Return a table as comma-separated text (RFC 4180), in the charset of most exports."""
    out = io.StringIO()
    csv.writer(out).writerows(lines)
    return out.getvalue().encode(charset)


def _person(person: Person) -> dict[str, str]:
    return {
        "mrn": person.mrn, "name": person.name, "sex": SEX[person.sex], "birth": f"{person.birth:%Y%m%d}",
        "resident": person.resident_id, "phone": person.phone, "street": person.street,
    }  # fmt: skip


def _facts(visit: Visit) -> dict[str, str]:
    written = visit.begun + timedelta(minutes=40)
    return _person(visit.person) | {
        "visit": visit.number, "begun": _stamp(visit.begun), "sent": _stamp(written),
        "written": _stamp(written), "day": f"{visit.begun:%Y%m%d}", "complaint": visit.case.complaint,
        "doctor": visit.doctor.number, "doctor_name": visit.doctor.name,
        "department": visit.department.name, "icd": visit.case.icd, "diagnosis": visit.case.diagnosis,
    }  # fmt: skip


def _drug(drug: Drug) -> dict[str, str]:
    return {
        "drug": drug.code, "drug_name": drug.name, "dose": drug.dose, "dose_unit": drug.dose_unit,
        "frequency": drug.frequency,
    }  # fmt: skip


def _stamp(at: datetime) -> str:
    return f"{at:%Y%m%d%H%M%S}"


@cache
def _form(name: str) -> Template:
    return Template(files(__package__).joinpath(f"{name}.xml").read_text("utf-8"))


def _filled(name: str, facts: Mapping[str, str], **parts: str) -> str:
    """Fill a form; ``parts`` are XML already."""
    escaped = {key: escape(value, {'"': "&quot;"}) for key, value in facts.items()}
    return _form(name).substitute(escaped, **parts)
