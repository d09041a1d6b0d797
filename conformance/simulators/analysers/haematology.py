"""A blood counter that speaks ASTM E1394 (CLSI LIS2-A2): records H P O R Q L."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from conformance.simulators.analysers.tube import (
    Analyser,
    Measured,
    Role,
    Told,
    fields,
    items,
    message,
    part,
    unit,
)
from conformance.simulators.er7 import day, stamp
from conformance.simulators.people import Person

_ACTION = {"patient": "N", "control": "Q", "calibration": "Q"}
"""O.12: N new order, Q control or calibrator (LIS2-A2 §8.4.12)."""


class Haematology(Analyser):
    """The blood counter."""

    kind = "haematology"
    menu = items("BR", "WBC", "RBC", "HGB", "PLT")

    def __init__(self, name: str = "HEMA-5") -> None:
        self.name = name

    def query(self, barcode: str, at: datetime) -> str:
        """Ask by Q.3.2, the number of the specimen."""
        return message(self._head(at), f"Q|1|^{barcode}||ALL||||||||O", "L|1|N")

    def told(self, answer: str) -> Told:
        """Read P, O and the codes of O.5."""
        found = Told()
        for line in answer.split("\r"):
            said = fields(line)
            if said[0] == "P":
                found.patient, found.name, found.sex = said[2] or said[3], part(said[5], 1), said[8]
            if said[0] == "O":
                found.barcode = found.barcode or part(said[2], 1)
                found.tests |= {part(one, 4): "" for one in said[4].split("\\") if part(one, 4)}
        return found

    def results(
        self, barcode: str, measured: Sequence[Measured], person: Person | None = None, role: Role = "patient"
    ) -> list[str]:
        """Return one message, a record R for each result."""
        at = max(one.at for one in measured)
        return [message(self._head(at), _patient(person), *_sample(barcode, measured, role), "L|1|N")]

    def rack(self, tubes: Sequence[tuple[str, Sequence[Measured], Role]]) -> str:
        """Return one message with the results of several tubes: P, O and R of each."""
        at = max(one.at for _, measured, _ in tubes for one in measured)
        lines = [self._head(at)]
        for number, (barcode, measured, role) in enumerate(tubes, start=1):
            lines += [f"P|{number}", *_sample(barcode, measured, role)]
        return message(*lines, "L|1|N")

    def of_specimen(self, barcode: str, measured: Sequence[Measured], specimen: str) -> str:
        """Return results of another specimen than blood (O.16, code of v2-0487)."""
        at = max(one.at for one in measured)
        return message(self._head(at), "P|1", *_sample(barcode, measured, "patient", specimen), "L|1|N")

    def remarked(self, barcode: str, measured: Sequence[Measured], remark: str, own: str) -> str:
        """Return results with a remark (C) and a record of the manufacturer (M) behind the first of them."""
        order, first, *others = _sample(barcode, measured, "patient")
        behind = [f"C|1|I|{remark}|I", f"M|1|{own}"]
        at = max(one.at for one in measured)
        return message(self._head(at), _patient(None), order, first, *behind, *others, "L|1|N")

    def _head(self, at: datetime) -> str:
        return f"H|\\^&|||{self.name}^1.2^SN0815|||||||P|LIS2-A2|{stamp(at)}"


def _patient(person: Person | None) -> str:
    if person is None:
        return "P|1"
    return f"P|1||||{person.name}||{day(person.birth)}|{person.sex}"


def _sample(barcode: str, measured: Sequence[Measured], role: Role, specimen: str = "BLD") -> list[str]:
    """Return O and the records R behind it."""
    tests = "\\".join(f"^^^{one.item.code}" for one in measured)
    begun = stamp(min(one.at for one in measured))
    order = f"O|1|{barcode}||{tests}|R||{begun}||||{_ACTION[role]}||||{specimen}||||||||||F"
    return [order, *(_result(number, one) for number, one in enumerate(measured, start=1))]


def _result(number: int, one: Measured) -> str:
    interval = one.item.interval.replace("-", " to ")
    status = "C" if one.corrected else "F"
    return (
        f"R|{number}|^^^{one.item.code}|{one.value}|{unit(one.item)}|{interval}|{one.flag}||{status}||||"
        f"{stamp(one.at)}"
    )
