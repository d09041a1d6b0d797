"""ASTM: records of an analyser with their fields for people (CLSI LIS2-A2 §6, §7.1 P, §8.4 O, §9.1 R).

Bare records are read, and transcripts of frames (LIS1-A §8.1), which write control characters as ``<STX>``.
"""

from __future__ import annotations

import re

from conformance.evidence.marks import Kind
from conformance.evidence.opened import Learner, Opened

_FIELDS: dict[str, dict[int, Kind]] = {
    "P": {3: "number", 4: "number", 5: "number", 6: "name", 7: "name", 8: "birth", 11: "address",
          13: "phone", 14: "name"},
    "O": {17: "name", 18: "phone"},
    "R": {11: "name"},
}  # fmt: skip
"""Record type → field → what it holds; fields count from 1, the record type is the first."""
_START = re.compile(
    r"\A\s*(?:<(?:ENQ|ACK|NAK|EOT)>\s*)*(?:<STX>)?[0-7]?H([^\w\s<])([^\w\s<])([^\w\s<])[^\w\s<](?:\1|<CR>|\s|\Z)"
)
_LINE = re.compile(r"(?P<head>(?:<STX>)?[0-7]?)(?P<record>[A-Z].*?)(?P<tail>(?:<CR>)?(?:<ET[XB]>.*)?)")


def looks_like_astm(text: str) -> bool:
    """Tell whether a text begins with a header record, or with the frame of one."""
    return bool(_START.match(text))


def open_astm(text: str, learner: Learner) -> Opened:
    """Take the records of a message apart; the header says what separates fields, repetitions, components."""
    found = _START.match(text)
    field, again, component = found.groups() if found else ("|", "\\", "^")
    pieces: list[str] = []
    for line in re.split(r"([\r\n]+)", text):
        record = _LINE.fullmatch(line)
        pieces += _fields(record, (field, again, component), learner) if record else [line]
    return Opened(pieces, "".join)


def _fields(record: re.Match[str], marks: tuple[str, str, str], learner: Learner) -> list[str]:
    field, again, component = marks
    pieces = [record["head"]]
    kinds = _FIELDS.get(record["record"][0], {})
    for number, value in enumerate(record["record"].split(field), 1):
        kind = kinds.get(number)
        if kind is not None and value:
            value = again.join(_masked(kind, one, component, learner) for one in value.split(again))
        pieces += [value, field]
    return [*pieces[:-1], record["tail"]]


def _masked(kind: Kind, value: str, component: str, learner: Learner) -> str:
    if kind == "name":
        whole = " ".join(one for one in value.split(component) if one)
        return learner.learn("name", whole)
    return component.join(learner.learn(kind, one) if one else one for one in value.split(component))
