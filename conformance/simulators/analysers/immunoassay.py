"""An immunoassay analyser after IHE LAW: asks (LAB-27), takes work (LAB-28), tells results (LAB-29)."""

from __future__ import annotations

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

_ROLE = {"patient": "P^Patient^HL70369", "control": "Q^Control specimen^HL70369",
         "calibration": "C^Calibrator^HL70369"}  # fmt: skip
"""SPM-11."""
WORK = "OML^O33"


class Immunoassay(Numbered):
    """The immunoassay analyser."""

    kind = "immunoassay"
    usual = "IM5000"
    menu = items("CARD", "CTNI", "MYO", "CKMB", "BNP")

    def query(self, barcode: str, at: datetime) -> str:
        """Ask by QBP^Q11 WOS."""
        head = self._msh("QBP^Q11^QBP_Q11", at, "LAB-27")
        tag = f"T{head.split('|')[9]}"
        return message(head, f"QPD|WOS^Work Order Step^IHE_LABTF|{tag}|{barcode}", "RCP|I||R^^HL70394")

    def told(self, answer: str) -> Told:
        """Read RSP^K11 or OML^O33: SAC-3 or SPM-2, and OBR of each order that is new (ORC-1 NW)."""
        found, control = Told(), "NW"
        for line in answer.split("\r"):
            said = fields(line)
            if said[0] == "PID":
                found.patient, found.sex = part(said[3], 1), said[8]
                found.name = part(said[5], 1) + part(said[5], 2)
            elif said[0] == "SPM":
                found.barcode = found.barcode or part(part(said[2], 1), 1, "&")
            elif said[0] == "SAC":
                found.barcode = part(said[3], 1) or found.barcode
            elif said[0] == "ORC":
                control = said[1]
            elif said[0] == "OBR" and control == "NW" and part(said[4], 1) not in ("", '""'):
                found.tests[part(said[4], 1)] = said[2]
        return found

    def results(
        self, barcode: str, measured: Sequence[Measured], person: Person | None = None, role: Role = "patient"
    ) -> list[str]:
        """Return one OUL^R22, a group of OBR, ORC, OBX for each test."""
        at = max(one.at for one in measured)
        lines = [self._msh("OUL^R22^OUL_R22", at, "LAB-29")]
        lines += [segment("PID", _patient(person))] if person is not None and role == "patient" else []
        lines += [
            segment("SPM", {1: "1", 2: barcode, 4: "PLAS^Plasma^HL70487", 11: _ROLE[role]}),
            segment("SAC", {3: barcode}),
        ]
        for one in measured:
            lines += self._result(one)
        return [message(*lines)]

    def accepted(self, work: str, at: datetime) -> str:
        """Return ORL^O34: every order of a piece of work is taken."""
        return self._answered(work, at, "OK", "SC")

    def refused(self, work: str, at: datetime) -> str:
        """Return ORL^O34: no order of a piece of work is taken (a reagent is lacking)."""
        return self._answered(work, at, "UA", "CA")

    def _answered(self, work: str, at: datetime, word: str, state: str) -> str:
        head = next(iter(work.split("\r")))
        lines = [self._msh("ORL^O34^ORL_O34", at, "LAB-28"), f"MSA|AA|{fields(head)[9]}"]
        for line in work.split("\r"):
            said = fields(line)
            if said[0] in ("PID", "SPM", "SAC"):
                lines.append(line)
            if said[0] == "ORC" and said[1] == "NW":
                lines.append(f"ORC|{word}|{said[2]}|||{state}")
        return message(*lines)

    def _result(self, one: Measured) -> list[str]:
        test = components(one.item.loinc, one.item.name, "LN")
        result = {
            1: "1",
            2: value_type(one.value),
            3: test,
            4: "1",
            5: escape(one.value),
            6: components(unit(one.item), unit(one.item), "UCUM"),
            7: one.item.interval,
            8: one.flag,
            11: "C" if one.corrected else "F",
            16: "tech1",
            18: self.name,
            19: stamp(one.at),
        }
        order = {1: "1", 2: one.number or '""', 4: test}
        return [segment("OBR", order), segment("ORC", {1: "OK", 5: "CM"}), segment("OBX", result)]

    def _msh(self, kind: str, at: datetime, transaction: str) -> str:
        modes = "NE|NE" if kind.startswith("ORL") else "NE|AL"
        return (
            f"MSH|^~\\&|{self.name}|LAB|QIAO|LAB|{stamp(at)}+0800||{kind}|{self._control()}|P|2.5.1|||{modes}|CHN|"
            f"UNICODE UTF-8|||{transaction}^IHE"
        )


def is_work(message: str) -> bool:
    """Tell whether a message brings work (LAB-28)."""
    return fields(message.partition("\r")[0])[8].startswith(WORK)


def _patient(person: Person) -> dict[int, str]:
    name = components(person.family, person.given, "", "", "", "", "L", "I")
    return {1: "1", 5: name, 7: day(person.birth), 8: person.sex}
