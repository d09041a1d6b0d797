"""Owns the ADT messages of the HIS: register, admit, move, update, leave, cancel, merge (HL7 v2.5.1 §3.3)."""

from __future__ import annotations

from datetime import datetime, timedelta

from conformance.simulators.chart import Chart, Entry
from conformance.simulators.dialects import CLINIC, WARD, identifier, person_name, pid
from conformance.simulators.er7 import segment
from conformance.simulators.people import Person
from conformance.simulators.visits import Visit, al1, dg1, in1, location, measurements, nk1, pv1, pv2


def register(chart: Chart, visit: Visit, at: datetime, mrn: str = "") -> Entry:
    """A04: an outpatient registers; ``mrn`` where the clerk opened a second record."""
    body = [pid(visit.person, CLINIC, mrn, visit.number), nk1(visit.person), pv1(visit, CLINIC), pv2(visit)]
    body += [*al1(visit.person), dg1(visit, "W"), *in1(visit.person, at)]
    return chart.adt(at, CLINIC, "A04", body, "register", visit.person.mrn, "A01")


def admit(chart: Chart, visit: Visit, at: datetime, weight: float) -> Entry:
    """A01: admission to a bed."""
    body = [pid(visit.person, WARD, visit=visit.number), nk1(visit.person), pv1(visit, WARD), pv2(visit)]
    body += [measurements(weight, at), *al1(visit.person), dg1(visit, "A"), *in1(visit.person, at)]
    return chart.adt(at, WARD, "A01", body, "admit", visit.person.mrn, "A01")


def transfer(chart: Chart, visit: Visit, at: datetime) -> Entry:
    """A02: to another bed of the same ward; changes ``visit.place``."""
    prior = location(visit.place, visit.department)
    visit.place = (visit.place[0], *chart.beds.take(visit.department))
    body = [pid(visit.person, WARD, visit=visit.number), pv1(visit, WARD, prior), pv2(visit)]
    return chart.adt(at, WARD, "A02", body, "transfer", visit.person.mrn, "A02")


def discharge(chart: Chart, visit: Visit, at: datetime) -> Entry:
    """A03: discharge with the final diagnosis; sets ``visit.ended``."""
    visit.ended = at - timedelta(minutes=5)
    body = [pid(visit.person, WARD, visit=visit.number), pv1(visit, WARD), pv2(visit), dg1(visit, "F")]
    return chart.adt(at, WARD, "A03", body, "discharge", visit.person.mrn, "A03")


def update(chart: Chart, visit: Visit, at: datetime, note: str, extra: tuple[str, ...] = ()) -> Entry:
    """A08: the record as it is now; ``extra`` are vendor segments after PID."""
    dialect = WARD if visit.kind == "I" else CLINIC
    body = [
        pid(visit.person, dialect, visit=visit.number),
        *extra,
        nk1(visit.person),
        pv1(visit, dialect),
        pv2(visit),
    ]
    body += [*al1(visit.person), dg1(visit, "W"), *in1(visit.person, at)]
    return chart.adt(at, dialect, "A08", body, note, visit.person.mrn, "A01")


def cancel_admission(chart: Chart, visit: Visit, at: datetime) -> Entry:
    """A11: the admission was a mistake."""
    body = [pid(visit.person, WARD, visit=visit.number), pv1(visit, WARD), pv2(visit)]
    return chart.adt(at, WARD, "A11", body, "cancel admit", visit.person.mrn, "A09")


def cancel_discharge(chart: Chart, visit: Visit, at: datetime) -> Entry:
    """A13: the patient stays after all; clears ``visit.ended``."""
    visit.ended = None
    body = [pid(visit.person, WARD, visit=visit.number), pv1(visit, WARD), pv2(visit), dg1(visit, "W")]
    return chart.adt(at, WARD, "A13", body, "cancel discharge", visit.person.mrn, "A01")


def merge(chart: Chart, person: Person, retired: str, at: datetime) -> Entry:
    """A40: the record ``retired`` was the same person all along."""
    mrg = segment("MRG", {1: identifier(retired, "MR"), 7: person_name(person, WARD).split("~")[0]})
    return chart.adt(at, WARD, "A40", [pid(person, WARD), mrg], "merge", person.mrn, "A39")
