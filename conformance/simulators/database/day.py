"""Owns the day of the database: rows that are inserted, changed, withdrawn and deleted, from one seed.

As in real ones: rows are withdrawn by a mark (``ZFBZ``), some are deleted; a time of change is written by the
client that made it, so some come late and many are equal; a telephone is ``无``, a name ends in a wide space.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Literal

from conformance.simulators.cases import INPATIENT, Case
from conformance.simulators.day import DEFAULT_DATE
from conformance.simulators.drugs import FORMULARY, ROUTES, Drug
from conformance.simulators.people import Person, draw
from conformance.simulators.wards import DEPARTMENTS, Department

Row = Mapping[str, str | None]

LATE = 0.05
"""Share of changes whose own time lies minutes before the moment at which they can be seen."""

_TESTS = (
    ("WBC", "白细胞计数", 6.0, "10^9/L", (3.5, 9.5)),
    ("HGB", "血红蛋白", 132.0, "g/L", (115.0, 150.0)),
    ("PLT", "血小板计数", 210.0, "10^9/L", (125.0, 350.0)),
)


@dataclass(slots=True, frozen=True)
class Change:
    """One transaction of the HIS.

    Attributes:
        at: when it can be seen, Asia/Shanghai wall clock, naive.
        rows: what it does, in order: action, table, values; ``update`` and ``delete`` have the key in them.
    """

    at: datetime
    rows: tuple[tuple[Literal["insert", "update", "delete"], str, Row], ...]


def database_day(seed: int, on: date = DEFAULT_DATE, patients: int = 30) -> list[Change]:
    """Return all that changes in the database on one day, in order of time; a seed decides every row.

    Args:
        patients: how many people come to the clinics.
    """
    rng = Random(f"qiao:db:{seed}:{on:%Y%m%d}:{patients}")  # noqa: S311 - the same rows again, not a secret
    day = _Day(rng, on, f"F{on:%y%m%d}{seed % 100:02d}")  # 分院: no number of the hospital
    changes = [*day.dictionaries()]
    for number in range(patients):
        changes += day.visit(number)
    return sorted(changes, key=lambda change: change.at)


class _Day:
    """One day; its numbers begin with the date."""

    def __init__(self, rng: Random, on: date, prefix: str) -> None:
        self._rng, self._on, self._prefix = rng, on, prefix
        self._cases = [case for case in INPATIENT if case.department in DEPARTMENTS and not case.decoction]

    def dictionaries(self) -> Iterator[Change]:
        """Yield what is there before the doors open: departments, staff, drugs."""
        at = datetime.combine(self._on, time(0, 5))
        for one in DEPARTMENTS.values():
            yield self._change(at, ("insert", "KSZD", self._department(one)))
            yield self._change(
                at,
                *(
                    ("insert", "YGDA", {"YGGH": staff.number, "XM": staff.name, "GW": "医师", "ZC": None,
                                        "KSBM": one.code, "TYBZ": "0"})
                    for staff in one.physicians
                ),
            )  # fmt: skip
        for drug in FORMULARY.values():
            yield self._change(at, ("insert", "YPZD", self._drug(drug)))

    def visit(self, number: int) -> Iterator[Change]:
        """Yield one visit to a clinic: registered, seen, prescribed, examined, ended; some go another way."""
        rng, case = self._rng, self._rng.choice(self._cases)
        department = DEPARTMENTS[case.department]
        doctor = rng.choice(department.physicians)
        id_ = f"{self._prefix}{number:04d}"
        person = draw(rng, f"B{id_}", self._on, case.ages, case.sex)
        at = datetime.combine(self._on, time(8)) + timedelta(seconds=rng.randrange(6 * 3600))
        key = {"JZLSH": f"MZ{id_}", "BRID": person.mrn}
        yield self._change(at, ("insert", "BRDA", _patient(person, rng)))
        visit = {**key, "JZLX": "2" if rng.random() < 0.1 else "1", "KSBM": department.code,
                 "YSGH": doctor.number, "JZZT": "0", "ZS": case.complaint, "KSSJ": _stamp(at), "JSSJ": None,
                 "ZFBZ": "0"}  # fmt: skip
        yield self._change(at, ("insert", "JZJL", visit))
        if rng.random() < 0.08:  # 退号
            yield self._change(self._later(at), ("update", "JZJL", {"JZLSH": key["JZLSH"], "JZZT": "9"}))
            return
        at = self._later(at)
        yield self._change(at, ("update", "JZJL", {"JZLSH": key["JZLSH"], "JZZT": "1"}))
        diagnosis = {**key, "ZDXH": f"ZD{id_}", "ZDBM": case.icd, "ZDMC": case.diagnosis, "ZDLB": "3",
                     "ZDCX": "1", "ZDSJ": _stamp(at), "YSGH": doctor.number, "ZFBZ": "0"}  # fmt: skip
        yield self._change(at, ("insert", "ZDJL", diagnosis))
        yield from self._prescription(id_, key, case, department, doctor.number, at)
        yield from self._report(id_, key, doctor.number, at)
        end = self._later(self._later(at))
        ended = {"JZLSH": key["JZLSH"], "JZZT": "2", "JSSJ": _stamp(end)}
        yield self._change(end, ("update", "JZJL", ended))
        if rng.random() < 0.1:
            moved = {"BRID": person.mrn, "LXDH": f"100{rng.randrange(10**8):08d}"}
            yield self._change(self._later(end), ("update", "BRDA", moved))

    def _prescription(
        self, id_: str, key: Row, case: Case, department: Department, doctor: str, at: datetime
    ) -> Iterator[Change]:
        rng, number = self._rng, f"CF{id_}"
        at = self._later(at)
        drugs = [FORMULARY[code] for code in case.drugs if code in FORMULARY][:4]
        head = {**key, "CFH": number, "YSGH": doctor, "KSBM": department.code, "KFSJ": _stamp(at),
                "CFZT": "0", "ZDBM": case.icd, "ZDMC": case.diagnosis}  # fmt: skip
        items = [
            ("insert", "CFMX", {
                "CFH": number, "MXXH": f"{number}-{order}", "YPDM": drug.code, "YPMC": drug.name,
                "DCJL": drug.dose, "JLDW": drug.dose_unit, "PC": drug.frequency,
                "YF": ROUTES[drug.route][1], "TS": "7", "ZL": "2", "ZLDW": "盒"})
            for order, drug in enumerate(drugs, start=1)
        ]  # fmt: skip
        yield self._change(at, ("insert", "CFZB", head), *items)  # type: ignore[arg-type]
        state = rng.choices(("1", "2", ""), (0.8, 0.1, 0.1))[0]
        if state:
            yield self._change(self._later(at), ("update", "CFZB", {"CFH": number, "CFZT": state}))
        elif len(items) > 1:  # an item is taken out again: its row is gone
            gone = {"MXXH": items[-1][2]["MXXH"]}
            yield self._change(
                self._later(at), ("delete", "CFMX", gone), ("update", "CFZB", {"CFH": number, "CFZT": "0"})
            )

    def _report(self, id_: str, key: Row, doctor: str, at: datetime) -> Iterator[Change]:
        rng, number = self._rng, f"JY{id_}"
        if rng.random() < 0.4:
            return
        reported = self._later(at)
        head = {**key, "BGDH": number, "XMDM": "XCG", "XMMC": "血常规", "BGZT": "1", "CJSJ": _stamp(at),
                "BGSJ": _stamp(reported), "SHGH": doctor}  # fmt: skip
        items = []
        for order, (code, name, usual, unit, (low, high)) in enumerate(_TESTS, start=1):
            value = usual * rng.uniform(0.6, 1.4)
            mark = "↑" if value > high else "↓" if value < low else ""
            items.append(("insert", "JYJG", {
                "BGDH": number, "XMDM": "XCG", "XH": str(order), "JGDM": code, "JGMC": name,
                "JG": f"{value:.2f}", "DW": unit, "CKFW": f"{low}-{high}", "YCBZ": mark}))  # fmt: skip
        yield self._change(reported, ("insert", "JYBG", head), *items)  # type: ignore[arg-type]
        final = {"BGDH": number, "XMDM": "XCG", "BGZT": "2"}
        yield self._change(self._later(reported), ("update", "JYBG", final))

    def _later(self, at: datetime) -> datetime:
        return at + timedelta(seconds=self._rng.randrange(60, 1800))

    def _change(self, at: datetime, *rows: tuple[Literal["insert", "update", "delete"], str, Row]) -> Change:
        """Return a transaction; where a table has a time of change, its client's clock writes it."""
        stamp = _stamp(at - timedelta(minutes=self._rng.randrange(1, 4)) if self._rng.random() < LATE else at)
        return Change(
            at,
            tuple(
                (action, table, row if table in ("CFMX", "JYJG") else {**row, "XGSJ": stamp})
                for action, table, row in rows
            ),
        )

    def _department(self, one: Department) -> Row:
        return {"KSBM": one.code, "KSMC": one.name, "SJKS": None, "KMDM": one.code, "TYBZ": "0"}

    def _drug(self, drug: Drug) -> Row:
        return {"YPDM": drug.code, "YPMC": drug.name, "JX": drug.form, "GG": drug.strength,
                "GGDW": drug.strength_unit, "TYBZ": "0"}  # fmt: skip


def _patient(person: Person, rng: Random) -> Row:
    """Return the row of a patient, with what people type into its columns."""
    return {
        "BRID": person.mrn, "MZH": f"M{person.mrn[1:]}",
        "XM": person.name + ("　" if rng.random() < 0.05 else ""),
        "XB": {"M": "1", "F": "2"}[person.sex], "CSRQ": f"{person.birth:%Y%m%d}",
        "SFZH": "-" if rng.random() < 0.05 else person.resident_id,
        "LXDH": "无" if rng.random() < 0.05 else person.phone, "DZ": person.street, "ZFBZ": "0",
    }  # fmt: skip


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"
