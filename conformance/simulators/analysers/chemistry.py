"""A chemistry analyser that speaks HL7 v2.3.1, one test a message, numbers for codes (as Mindray BS)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

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

_ROLE = {"patient": "0", "calibration": "1", "control": "2"}
"""MSH-16."""
_BARCODE, _FIRST_TEST = 21, 29
"""Lines of DSR^Q03 (DSP-1): the bar code; the tests from here on."""


class Chemistry(Numbered):
    """The chemistry analyser."""

    kind = "chemistry"
    usual = "BS-480"
    menu = items("BC", "GLU", "UREA", "K", "CREA")
    channels: ClassVar[dict[str, str]] = {one.code: str(number) for number, one in enumerate(menu, start=1)}
    """Code → the number under which this analyser knows the test."""

    def query(self, barcode: str, at: datetime) -> str:
        """Ask by QRY^Q02, the bar code in QRD-8."""
        asked = segment("QRD", {1: stamp(at), 2: "R", 3: "D", 4: "1", 7: "RD", 8: barcode, 9: "OTH", 12: "T"})
        return message(self._msh("QRY^Q02", at, ""), asked, segment("QRF", {6: "RCT", 7: "COR", 8: "ALL"}))

    def told(self, answer: str) -> Told:
        """Read the lines of DSR^Q03 by their places."""
        found = Told()
        lines = {one[1]: one[3] for line in answer.split("\r") if (one := fields(line))[0] == "DSP"}
        found.patient, found.name, found.sex = (lines.get(one, "") for one in ("1", "3", "5"))
        found.barcode = lines.get(str(_BARCODE), "")
        for number, value in lines.items():
            if number.isdigit() and int(number) >= _FIRST_TEST and part(value, 1):
                found.tests[part(value, 1)] = ""
        return found

    def results(
        self, barcode: str, measured: Sequence[Measured], person: Person | None = None, role: Role = "patient"
    ) -> list[str]:
        """Return a message for each result."""
        return [self._result(barcode, one, person, role) for one in measured]

    def _result(self, barcode: str, one: Measured, person: Person | None, role: Role) -> str:
        patient = {1: "1"} | ({} if person is None else _patient(person))
        order = {
            1: "1",
            2: barcode,
            3: "7",
            4: components("Mindray", self.name),
            5: "N",
            6: stamp(one.at),
            15: "serum",
        }
        result = {
            1: "1",
            2: value_type(one.value),
            3: self.channels[one.item.code],
            4: one.item.code,
            5: escape(one.value),
            6: unit(one.item),
            7: one.item.interval,
            8: one.flag,
            11: "C" if one.corrected else "F",
            13: one.value,
            14: stamp(one.at),
        }
        return message(
            self._msh("ORU^R01", one.at, _ROLE[role]),
            segment("PID", patient),
            segment("OBR", order),
            segment("OBX", result),
        )

    def _msh(self, kind: str, at: datetime, role: str) -> str:
        head = f"MSH|^~\\&|Mindray|{self.name}|||{stamp(at)}||{kind}|{self._control()}"
        return f"{head}|P|2.3.1||||{role}||UNICODE UTF-8"


def _patient(person: Person) -> dict[int, str]:
    return {5: escape(person.name), 7: day(person.birth), 8: person.sex}
