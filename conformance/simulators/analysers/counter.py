"""A blood counter that speaks HL7 v2.3.1, all tests of a tube in one message (as Mindray BC)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime

from conformance.simulators.analysers.tube import (
    Measured,
    Numbered,
    Role,
    Told,
    fields,
    items,
    message,
    part,
    unit,
    value_type,
)
from conformance.simulators.er7 import components, day, escape, segment, stamp
from conformance.simulators.people import Person

_ROLE = {"patient": "P", "control": "Q", "calibration": "Q"}
"""MSH-11."""
_SEX = {"M": "男", "F": "女"}
_SEXES = {"Male": "M", "Female": "F", "男": "M", "女": "F"}
_PANEL = components("00001", "Automated Count", "99MRC")


class Counter(Numbered):
    """The other blood counter, which asks by ORM^O01 and hears ORR^O02."""

    kind = "counter"
    usual = "BC-6800"
    menu = items("BR", "WBC", "RBC", "HGB", "PLT")

    def query(self, barcode: str, at: datetime) -> str:
        """Ask by ORC-1 RF, the bar code in ORC-3."""
        return message(self._msh("ORM^O01", at, "P"), segment("ORC", {1: "RF", 3: barcode, 5: "IP"}))

    def told(self, answer: str) -> Told:
        """Read PID, the bar code of ORC-2 or OBR-2, and the tests: of each order, or of the mode (OBX-5)."""
        found = Told()
        for line in answer.split("\r"):
            said = fields(line)
            if said[0] == "PID":
                found.patient, found.sex = part(said[3], 1), _SEXES.get(said[8], said[8])
                found.name = part(said[5], 1) + part(said[5], 2)
            elif said[0] in ("ORC", "OBR"):
                found.barcode = found.barcode or said[2] or said[3]
            if said[0] == "OBX" and said[5]:
                found.tests[part(said[5], 1)] = ""
        return found

    def results(
        self, barcode: str, measured: Sequence[Measured], person: Person | None = None, role: Role = "patient"
    ) -> list[str]:
        """Return one message; the bar code in OBR-3."""
        return [self._results(barcode, measured, person, role)]

    def with_picture(self, barcode: str, measured: Sequence[Measured], picture: bytes) -> str:
        """Return a message with a histogram behind its results, a bitmap (OBX-2 ED)."""
        shown = components("", "Image", "PNG", "Base64", b64encode(picture).decode())
        name = components("15008", "WBC Histogram. PNG", "99MRC")
        line = segment("OBX", {1: str(len(measured) + 1), 2: "ED", 3: name, 5: shown, 11: "F"})
        return self._results(barcode, measured, None, "patient") + f"{line}\r"

    def _results(self, barcode: str, measured: Sequence[Measured], person: Person | None, role: Role) -> str:
        at = max(one.at for one in measured)
        order = {1: "1", 3: barcode, 4: _PANEL, 7: stamp(at), 22: stamp(at), 24: "HM"}
        patient = {1: "1"} | ({} if person is None else _patient(person))
        lines = [_result(number, one) for number, one in enumerate(measured, start=1)]
        return message(
            self._msh("ORU^R01", at, _ROLE[role]), segment("PID", patient), segment("OBR", order), *lines
        )

    def _msh(self, kind: str, at: datetime, processing: str) -> str:
        head = f"MSH|^~\\&|Mindray|{self.name}|||{stamp(at)}||{kind}|{self._control()}"
        return f"{head}|{processing}|2.3.1||||||UNICODE UTF-8"


def _patient(person: Person) -> dict[int, str]:
    return {5: components(person.family, person.given), 7: day(person.birth), 8: _SEX[person.sex]}


def _result(number: int, one: Measured) -> str:
    return segment("OBX", {
        1: str(number), 2: value_type(one.value), 3: components(one.item.loinc, one.item.code, "LN"),
        5: escape(one.value), 6: unit(one.item), 7: one.item.interval, 8: one.flag,
        11: "C" if one.corrected else "F", 14: stamp(one.at),
    })  # fmt: skip
