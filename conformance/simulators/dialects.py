"""Owns how each sending system writes: version, charset, codes for sex, names, the header and PID."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from conformance.simulators.er7 import components, day, repeat, segment, stamp
from conformance.simulators.event import System
from conformance.simulators.people import Person
from conformance.simulators.wards import AUTHORITY, Staff


@dataclass(slots=True, frozen=True)
class Dialect:
    """The habits of one sending application.

    Attributes:
        application: MSH-3.
        version: MSH-12.
        codec: Python codec of the bytes; ``charset`` what MSH-18 says about it.
        gbt_sex: sex as GB/T 2261.1 ``1``/``2`` instead of ``M``/``F``.
        names: ``split`` = family^given and pinyin as a second name; ``whole`` = one component;
            ``pinyin`` = pinyin^汉字.
        structure: MSH-9.3 is sent.
        sloppy: units such as 10^9/L are not escaped, numbers are typed IS, a flag repeats as ``L~N``.
    """

    system: System
    application: str
    version: str
    codec: str
    charset: str
    gbt_sex: bool
    names: Literal["split", "whole", "pinyin"]
    structure: bool = True
    sloppy: bool = False


WARD = Dialect("HIS", "HIS", "2.5.1", "utf-8", "UNICODE UTF-8", gbt_sex=False, names="split")
CLINIC = Dialect("HIS", "MZHIS", "2.4", "utf-8", "UNICODE", gbt_sex=True, names="whole", structure=False)
LABORATORY = Dialect("LIS", "LIS", "2.5.1", "gb18030", "GB 18030-2000", gbt_sex=True, names="whole")
BEDSIDE = Dialect(
    "LIS", "POCT", "2.3.1", "gb18030", "GBK", gbt_sex=True, names="whole", structure=False, sloppy=True
)
RADIOLOGY = Dialect("RIS", "RIS", "2.5.1", "utf-8", "UNICODE UTF-8", gbt_sex=False, names="split")
SONOGRAPHY = Dialect("RIS", "USRIS", "2.4", "gbk", "GBK", gbt_sex=False, names="pinyin", structure=False)


def msh(dialect: Dialect, kind: str, at: datetime, control: str) -> str:
    """Return MSH; ``kind`` is ``ADT^A01^ADT_A01``, of which older systems send the first two components."""
    kind = kind if dialect.structure else "^".join(kind.split("^")[:2])
    fields = [
        "MSH", "^~\\&", dialect.application, AUTHORITY, "QIAO", AUTHORITY, stamp(at), "", kind, control, "P",
        dialect.version, "", "", "", "", "CHN", dialect.charset,
    ]  # fmt: skip
    return "|".join(fields)


def identifier(number: str, kind: str) -> str:
    """Return CX of a number that the hospital gave out; ``kind`` from HL7 table 0203."""
    return components(number, "", "", AUTHORITY, kind)


def person_name(person: Person, dialect: Dialect) -> str:
    """Return XPN in the dialect's manner (HL7 table 4000: I = ideographic, A = alphabetic)."""
    family, given = person.pinyin
    if dialect.names == "whole":
        return components(person.name)
    if dialect.names == "pinyin":
        return components(f"{family}{given}".upper().replace("Ü", "V"), person.name)
    return repeat(
        components(person.family, person.given, "", "", "", "", "L", "I"),
        components(family, given, "", "", "", "", "L", "A"),
    )


def staff(member: Staff, dialect: Dialect) -> str:
    """Return XCN: number, name, assigning authority."""
    if dialect.names == "split":
        return components(
            member.number, member.family, member.given, "", "", "", "", "", AUTHORITY, "L", "", "", "EI"
        )
    return components(member.number, member.name)


def pid(person: Person, dialect: Dialect, mrn: str = "", visit: str = "") -> str:
    """Return PID; the HIS knows everything about the person, the others only what identifies him.

    Args:
        mrn: another patient number, of a record opened while nobody had his ID card.
        visit: PID-18 account number.
    """
    fields = {
        1: "1",
        3: identifier(mrn or person.mrn, "MR"),
        5: person_name(person, dialect),
        7: _birth(person.birth, dialect),
        8: {"M": "1", "F": "2"}[person.sex] if dialect.gbt_sex else person.sex,
        18: identifier(visit, "AN") if visit else "",
    }
    if dialect is WARD:
        fields |= _registered(person)
    if dialect is CLINIC:
        fields |= {11: _address(person), 13: person.phone, 19: "" if mrn else person.resident_id}
        fields |= {16: "20" if person.married else "10", 22: person.ethnic[2:], 26: "CHN"}
    return segment("PID", fields)


def _birth(birth: date, dialect: Dialect) -> str:
    return f"{birth:%Y-%m-%d} 00:00:00.0" if dialect is CLINIC else day(birth)


def _registered(person: Person) -> dict[int, str]:
    national = components(person.resident_id, "", "", "", "NNCHN") if person.resident_id else ""
    return {
        3: repeat(identifier(person.mrn, "MR"), national),
        11: _address(person),
        13: components("", "PRN", "CP", "", "86", "", person.phone),
        15: components("zh", "中文", "ISO639"),
        16: "M" if person.married else "S",
        22: components(person.ethnic[:2], person.ethnic[2:], "GB3304"),
        26: components("CHN", "中国", "ISO3166"),
    }


def _address(person: Person) -> str:
    region = person.resident_id[:6] or "990101"
    return components(person.street, "", "渡桥市", "桥南省", region, "CHN", "H")
