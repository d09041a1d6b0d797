"""Owns the prescriptions of the HIS: OMP^O09 (ordered) and RDE^O11 (encoded), HL7 v2.5.1 §4.13."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

from conformance.simulators.chart import Chart, Entry
from conformance.simulators.dialects import CLINIC, WARD, Dialect, pid, staff
from conformance.simulators.drugs import CODE_SYSTEM, DILUENT, FORMULARY, FREQUENCIES, HERBS, ROUTES, Drug
from conformance.simulators.er7 import components, segment, stamp
from conformance.simulators.visits import Visit, al1, dg1, pv1
from conformance.simulators.wards import PHARMACISTS

OMP = "OMP^O09^OMP_O09"
RDE = "RDE^O11^RDE_O11"


@dataclass(slots=True)
class Prescription:
    """A prescription: ``number`` is the placer group (ORC-4), its items are numbered ``number-1``…"""

    number: str
    visit: Visit
    written: datetime
    days: int
    drugs: tuple[Drug, ...] = ()
    decoction: str = ""


def prescribe(chart: Chart, visit: Visit, at: datetime, days: int) -> Prescription:
    """Return a prescription of what the case calls for; sends nothing."""
    drugs = tuple(FORMULARY[code] for code in visit.case.drugs)
    return Prescription(chart.number("CF"), visit, at, days, drugs, visit.case.decoction)


def order(chart: Chart, script: Prescription, at: datetime, control: str = "NW") -> Entry:
    """Send OMP^O09; ``control`` is ORC-1 (HL7 table 0119): NW new, CA cancel, DC discontinue."""
    body = _patient(script, WARD)
    for item, drug in enumerate(script.drugs, start=1):
        body += [
            _orc(script, item, control, at, WARD),
            _tq1(script, drug),
            _rxo(script, drug, WARD),
            _rxr(drug),
        ]
        body += _additive(drug)
    return chart.add(Entry(at, WARD, OMP, body, f"prescription {_what(control)}", script.visit.person.mrn))


def encode(chart: Chart, script: Prescription, at: datetime, control: str = "NW") -> Entry:
    """Send RDE^O11: with the pharmacist who reviewed it; the clinic's 2.4 puts the timing into RXE-1."""
    dialect = WARD if script.visit.kind == "I" else CLINIC
    body = _patient(script, dialect)
    body += _herbal(script, control, at, dialect) if script.decoction else []
    pharmacist = staff(chart.rng.choice(PHARMACISTS), dialect)
    for item, drug in enumerate(script.drugs, start=1):
        body.append(_orc(script, item, control, at, dialect))
        body.append(_rxe(script, drug, dialect, pharmacist))
        body += [_tq1(script, drug), _rxr(drug)] if dialect is WARD else [_rxr(drug)]
        body += _additive(drug)
    return chart.add(Entry(at, dialect, RDE, body, f"dispensing {_what(control)}", script.visit.person.mrn))


def _what(control: str) -> str:
    return {"NW": "new", "RE": "encoded", "CA": "cancelled", "DC": "discontinued"}[control]


def _patient(script: Prescription, dialect: Dialect) -> list[str]:
    visit = script.visit
    head = [pid(visit.person, dialect, visit=visit.number), pv1(visit, dialect), *al1(visit.person)]
    return head if dialect is WARD else [*head, dg1(visit, "W")]


def _orc(script: Prescription, item: int, control: str, at: datetime, dialect: Dialect) -> str:
    fields = {
        1: control,
        2: components(f"{script.number}-{item}", "HIS"),
        3: components(f"YF{script.number[2:]}-{item}", "PHA") if control == "RE" else "",
        4: components(script.number, "HIS"),
        5: {"NW": "", "RE": "IP", "CA": "CA", "DC": "DC"}[control],
        9: stamp(at),
        12: staff(script.visit.doctor, dialect),
        15: stamp(script.written),
        17: components(script.visit.department.code, script.visit.department.name, "99KS"),
    }
    if control == "CA":
        fields[16] = components("C1", "处方录入错误", "99YY")
    return segment("ORC", fields)


def _drug(drug: Drug) -> str:
    return components(drug.code, drug.name, CODE_SYSTEM)


def _form(drug: Drug) -> str:
    return components("", drug.form, "99JX")


def _strength(drug: Drug, first: int) -> dict[int, str]:
    return {first: drug.strength, first + 1: components(drug.strength_unit, "", "UCUM")}


def _total(script: Prescription, drug: Drug) -> str:
    doses = FREQUENCIES[drug.frequency][1] * (1 if drug.frequency in ("ST", "PRN") else script.days)
    return str(math.ceil(doses / drug.per_unit) if drug.frequency != "PRN" else 10)


def _rxo(script: Prescription, drug: Drug, dialect: Dialect) -> str:
    fields = {
        1: _drug(drug),
        2: drug.dose,
        4: components(drug.dose_unit, "", "UCUM"),
        5: _form(drug),
        7: components("", _instruction(drug)),
        9: "G",
        11: _total(script, drug),
        12: components(drug.unit),
        13: "0",
        14: staff(script.visit.doctor, dialect),
    }
    return segment("RXO", fields | _strength(drug, 18))


def _rxe(script: Prescription, drug: Drug, dialect: Dialect, pharmacist: str) -> str:
    fields = {
        1: _quantity_timing(script, drug) if dialect is CLINIC else "",
        2: _drug(drug),
        3: drug.dose,
        5: components(drug.dose_unit, "", "UCUM"),
        6: _form(drug),
        7: components("", _instruction(drug)),
        9: "G",
        10: _total(script, drug),
        11: components(drug.unit),
        12: "0",
        14: pharmacist,
        15: script.number,
    }
    return segment("RXE", fields | _strength(drug, 25))


def _instruction(drug: Drug) -> str:
    dose = f"每次{drug.dose}{drug.dose_unit}"
    return f"{ROUTES[drug.route][0]},{dose},{FREQUENCIES[drug.frequency][0]}"


def _tq1(script: Prescription, drug: Drug) -> str:
    """Timing (§4.5.4): stat and as-needed doses are priorities, not patterns with an end."""
    fields = {1: "1", 2: components(drug.dose, drug.dose_unit), 3: drug.frequency, 7: stamp(script.written)}
    fields[9] = {"ST": "S", "PRN": "PRN"}.get(drug.frequency, "R")
    if drug.frequency not in ("ST", "PRN"):
        fields |= {
            6: components(str(script.days), "d"),
            8: stamp(script.written + timedelta(days=script.days)),
        }
    if drug.frequency == "PRN":
        fields[10] = "发热或疼痛时"
    fields[11] = FREQUENCIES[drug.frequency][0]
    return segment("TQ1", fields)


def _quantity_timing(script: Prescription, drug: Drug) -> str:
    """TQ of v2.4 (§4.3): quantity, interval, duration, start, end, priority, text."""
    interval = f"{drug.dose}&{drug.dose_unit}^{drug.frequency}^D{script.days}^{stamp(script.written)}^^R"
    return f"{interval}^^{FREQUENCIES[drug.frequency][0]}"


def _rxr(drug: Drug) -> str:
    name, national = ROUTES[drug.route]
    return segment("RXR", {1: components(drug.route, name, "HL70162", national, name, "CV06.00.102")})


def _additive(drug: Drug) -> list[str]:
    """The infusion as a compound: base solution and additive (§4.14.3)."""
    if not drug.dilute:
        return []
    base = {1: "B", 2: _drug(DILUENT), 3: DILUENT.dose, 4: components(DILUENT.dose_unit, "", "UCUM")}
    added = {1: "A", 2: _drug(drug), 3: drug.dose, 4: components(drug.dose_unit, "", "UCUM")}
    return [segment("RXC", base), segment("RXC", added)]


def _herbal(script: Prescription, control: str, at: datetime, dialect: Dialect) -> list[str]:
    """A decoction: one item, its herbs as components; the amount is counted in doses (剂)."""
    rxe = {
        1: f"1&剂^BID^D{script.days}^{stamp(script.written)}^^R^^水煎服，每日一剂，分两次温服",
        2: components("ZY900", script.decoction, CODE_SYSTEM),
        3: "1",
        5: components("剂"),
        6: components("", "中药饮片(汤剂)", "99JX"),
        7: components("", "水煎400mL,分早晚两次温服"),
        10: str(script.days),
        11: components("剂"),
        12: "0",
        14: staff(PHARMACISTS[2], dialect),
        15: script.number,
    }
    rxr = segment("RXR", {1: components("PO", "口服", "HL70162", "1", "口服", "CV06.00.102")})
    return [
        _orc(script, 1, control, at, dialect),
        segment("RXE", rxe),
        rxr,
        *map(_herb, HERBS[script.decoction].split()),
    ]


def _herb(entry: str) -> str:
    name = "".join(takewhile(lambda letter: not letter.isdigit(), entry))
    fields = {
        1: "A",
        2: components("", name, "99ZYYP"),
        3: entry[len(name) :],
        4: components("g", "", "UCUM"),
    }
    return segment("RXC", fields)
