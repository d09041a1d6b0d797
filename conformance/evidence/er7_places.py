"""ER7: HL7 v2 messages with their fields for people (HL7 v2.5.1: XPN, XCN, NDL, XAD, XTN, CX, birth dates).

The message's own separators are used (MSH-1, MSH-2), and each component is masked for itself, so that it
splits as it did.
"""

from __future__ import annotations

import re

from conformance.evidence.marks import Kind
from conformance.evidence.opened import Learner, Opened
from conformance.evidence.places import PERSONAL_NUMBERS, belongs

_FIELDS: dict[str, str] = {
    "XPN": "PID-5 PID-6 PID-9 NK1-2 NK1-26 NK1-30 GT1-3 GT1-4 GT1-42 IN1-6 IN1-16 MRG-7 STF-3 PRD-2 CTD-2",
    "XCN": "PV1-7 PV1-8 PV1-9 PV1-17 PV1-52 PV2-13 PD1-4 ORC-10 ORC-11 ORC-12 ORC-19 OBR-10 OBR-16 OBR-28"
    " EVN-5 OBX-16 OBX-25 TXA-5 TXA-9 TXA-10 TXA-11 TXA-22 ROL-4 RXA-10 RXE-13 RXE-14 RXD-10 RXO-14 RXO-15"
    " FT1-20 FT1-21 FT1-24 PR1-8 PR1-11 PR1-12 DG1-16 AIP-3 SCH-12 SCH-16 SCH-20 IAM-14 IAM-18 NTE-5 PRA-2",
    "NDL": "OBR-32 OBR-33 OBR-34 OBR-35",
    "XAD": "PID-11 NK1-4 NK1-32 GT1-5 IN1-19 STF-11 PRD-3 CTD-3 ORC-24 PID-23",
    "XTN": "PID-13 PID-14 PID-40 NK1-5 NK1-6 NK1-7 NK1-31 NK1-40 GT1-6 GT1-7 GT1-18 STF-10 PRD-5 CTD-5 ORC-14"
    " OBR-17 ROL-12",
    "CX": "PID-2 PID-3 PID-4 PID-21 NK1-33 MRG-1 MRG-4 GT1-2",
    "DT": "PID-7 NK1-16 GT1-8 IN1-18 STF-6",
    "ID": "PID-19 PID-20 NK1-37 GT1-12 IN1-49 IN1-36",
}
_TYPES = {field: kind for kind, fields in _FIELDS.items() for field in fields.split()}
_VALUE_TYPES = {"PN": "XPN", "XPN": "XPN", "CN": "XCN", "XCN": "XCN", "PPN": "XCN", "AD": "XAD", "XAD": "XAD",
                "TN": "XTN", "XTN": "XTN", "CX": "CX", "NDL": "NDL"}  # fmt: skip
_KEPT_OF_ADDRESS = (2, 3, 5, 6)
"""XAD.3 city, XAD.4 state, XAD.6 country, XAD.7 type, from 0."""
_HEADERS = ("MSH", "FHS", "BHS")
START = re.compile(r"\s*\x0b?(?:MSH|FHS|BHS)[^\w\s]")
_INSIDE = re.compile(r"[\r\n\x0b](?:MSH|FHS|BHS)[^\w\s](?=[^\w\s]{3})")
_SEGMENT = re.compile(
    r"(?:\A\s*|[\r\n\x0b])(?:MSH|EVN|PID|PD1|NK1|PV1|PV2|MRG|GT1|IN1|ORC|OBR|OBX|SPM|TXA|RXE|RXO|RXD|DG1|STF)\|"
)
_NAMED = re.compile(r"[A-Y][A-Z0-9]{2}")
_NAME_TYPES = frozenset("ABCDFILMNPSTU")
"""HL7 table 0200, as XPN.7 and XCN.10 have it."""
_NULL = '""'


def looks_like_er7(text: str) -> bool:
    """Tell whether a text is a message, or what is left of one: broken ones name people, too."""
    return bool(START.match(text) or _SEGMENT.search(text))


def open_er7(text: str, learner: Learner) -> Opened:
    """Take an ER7 message, a batch of some, or part of one apart."""
    reader = _Reader(text, learner)
    pieces = [piece for line in re.split(r"([\r\n]+)", text) for piece in reader.segment(line)]
    places = [place for place, piece in enumerate(pieces) if piece and not reader.splits.search(piece)]

    def close(leaves: list[str]) -> str:
        for place, leaf in zip(places, leaves, strict=True):
            pieces[place] = leaf
        return "".join(pieces)

    return Opened([pieces[place] for place in places], close)


class _Reader:
    def __init__(self, text: str, learner: Learner) -> None:
        found = START.match(text) or _INSIDE.search(text)
        start = found.end() - 1 if found else 0
        marks = (text[start : start + 5] if found else "").ljust(5)
        self._learner = learner
        self._field, self._component, self._repetition, _, self._sub = (
            one if one.strip() and not one.isalnum() else usual
            for one, usual in zip(marks, "|^~\\&", strict=True)
        )
        four = re.escape(self._field + self._component + self._repetition + self._sub)
        self.splits = re.compile(rf"[{four}\r\n\x0b\x1c]")
        self._parts = re.compile(rf"([{four}])")

    def segment(self, line: str) -> list[str]:
        """Return a segment cut at all separators, which stand between the pieces."""
        fields = line.split(self._field)
        name = fields[0].strip("\x0b ")
        if name in _HEADERS:  # MSH-1 is the separator itself, MSH-2 has them all
            return [self._field.join(fields[:2]), *self._rest(name, fields[2:], 3)]
        return [fields[0], *self._rest(name, fields[1:], 1)]

    def _rest(self, name: str, fields: list[str], first: int) -> list[str]:
        pieces: list[str] = []
        for number, field in enumerate(fields, first):
            kind = _TYPES.get(f"{name}-{number}", "")
            if name == "OBX" and number == 5 and len(fields) > 1:
                kind = _VALUE_TYPES.get(fields[1], "")
            if field and field != _NULL:
                again = field.split(self._repetition)
                field = self._repetition.join(self._masked(kind, name, one) for one in again)
            pieces += (self._field, *self._parts.split(field))
        return pieces

    def _masked(self, kind: str, segment: str, value: str) -> str:
        parts = value.split(self._component)
        if kind in ("XPN", "XCN"):
            self._person(parts, int(kind == "XCN"))
        elif kind == "NDL":
            inner = parts[0].split(self._sub)
            self._person(inner, 1)
            parts[0] = self._sub.join(inner)
        elif kind == "XAD":
            kept = _KEPT_OF_ADDRESS
            parts = [one if at in kept else self._each(one, "address") for at, one in enumerate(parts)]
        elif kind == "XTN":
            parts = [self._reached(one) for one in parts]
        elif kind == "DT":
            parts[0] = self._learner.learn("birth", parts[0])
        elif kind == "ID" or (kind == "CX" and PERSONAL_NUMBERS.fullmatch("".join(parts[4:5]))):
            parts[0] = self._each(parts[0], "number")
        elif not _NAMED.fullmatch(segment):
            self._perhaps(parts)
        return self._component.join(parts)

    def _perhaps(self, parts: list[str]) -> None:
        """Mask a name that is known, or has the form of one, in a segment of which nobody says what it is."""
        for at, kind in ((0, 6), (1, 9)):  # XPN.7 and XCN.10 tell the type of a name
            if len(parts) > kind and parts[kind] in _NAME_TYPES and any(parts[at : at + 2]):
                self._person(parts, at)
        for at in range(len(parts) - 1):
            if self._learner.knows_name(parts[at] + parts[at + 1]):
                self._person(parts, at)

    def _person(self, parts: list[str], at: int) -> None:
        """Mask family, given and further names (XPN.1 to XPN.3, XCN.2 to XCN.4)."""
        family, *given = (*parts[at : at + 3], "")
        family = family.split(self._sub)[0]
        self._learner.learn_name(family, " ".join(one for one in given if one))
        for place in range(at, min(at + 3, len(parts))):
            parts[place] = self._each(parts[place], "name" if place == at else "given")

    def _each(self, value: str, kind: Kind) -> str:
        return self._sub.join(self._one(one, kind) for one in value.split(self._sub))

    def _one(self, value: str, kind: Kind) -> str:
        if not value or value == _NULL:
            return value
        if kind in ("name", "given"):
            return self._learner.mark(kind, value) if belongs("name", value) else value
        return self._learner.learn(kind, value)

    def _reached(self, value: str) -> str:
        """Mask a component of an XTN: what has an ``@``, or seven digits and no letters."""
        if "@" in value:
            return self._learner.learn("email", value)
        digits = sum(one.isdigit() for one in value)
        letters = any(one.isalpha() for one in value)
        return self._learner.learn("phone", value) if digits > 4 and not letters else value
