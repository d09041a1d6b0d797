"""Said: what one clinical statement (CDA R2 §4.3.6) says, as columns of its own (docs/add-a-layout.md)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from lxml import etree

from gateway.mapping.layout.cda.drug import medication_of
from gateway.mapping.layout.cda.nodes import HL7, name_of, words
from gateway.mapping.layout.cda.parts import Said, code_of, time_of
from gateway.mapping.layout.cda.people import about_of, people_of
from gateway.mapping.layout.cda.values import referred, value_columns

_CODES: Final = {
    "interpretationCode": "interpretation", "methodCode": "method", "targetSiteCode": "site",
    "approachSiteCode": "approach", "statusCode": "status", "priorityCode": "priority",
}  # fmt: skip
_PEOPLE: Final = frozenset({"performer", "author", "informant", "participant"})
_READ: Final = frozenset({"code", "effectiveTime", "text", "id", "referenceRange", *_PEOPLE, *_CODES})
"""Elements of a statement that say something of it, beside its values."""

_HOLDERS: Final = frozenset({"entry", "entryRelationship", "component", "reference"})
_CODE: Final = f"{HL7}code"
_VALUE: Final = f"{HL7}value"
_ITSELF: Final = frozenset({"procedure", "substanceAdministration"})
"""Statements that say something even without code and value."""


class Reading:
    """What one statement says.

    Attributes:
        values: columns, once for each value that it has; none where it says nothing itself.
        read: the elements that they were read from.
        codes: its codes.
        taken: a layout has read its value by an XPath, so that it is no statement any more; what ``values``
            has of it is for people.
        holders: the elements in which other statements may stand.
    """

    __slots__ = ("codes", "holders", "read", "taken", "values")

    def __init__(self, node: etree._Element, name: str, asked: Collection[etree._Element]) -> None:
        self.values: list[Said] = []
        self.read: list[etree._Element] = []
        self.holders: list[etree._Element] = []
        found, said = [], _manner(node)
        for child in node:
            kind = name_of(child)
            if kind in _HOLDERS:
                self.holders.append(child)
            elif kind in _READ:
                said |= self._child(kind, child, said)
            elif child.tag == _VALUE:
                found.append(child)
        self.codes = [one for one in self.read if one.tag == _CODE]
        if name == "substanceAdministration":
            said |= medication_of(node, self.read.append)
        self.read[:0] = found
        self.taken = any(value in asked for value in found)
        stated = found or self.codes or name == "substanceAdministration"
        for value in found or [None]:
            whole = dict(said)
            if value is not None:
                whole |= {key: text for key, text in value_columns(value).items() if key not in said or text}
            if stated and _tells(whole, name, value):
                if name == "observation" and value is None:
                    whole["absent"] = "NI"
                self.values.append(whole)

    def _child(self, name: str, child: etree._Element, said: Said) -> Said:
        """Return the columns of what stands in a statement, beside its values."""
        if name == "code":
            made = code_of(child)
        elif name == "effectiveTime":
            made = time_of(child)
        elif name in _PEOPLE:
            people = said.get("people", [])
            about = about_of(child) if name == "participant" else {}
            there = [] if about else people_of(child, name)
            made = about | ({"people": [*people, *there]} if there else {})
        elif name == "text":
            text = words(child) or referred(child)
            made = {"note": text} if text else {}
        elif name == "id":
            made = {} if "id" in said else _id(child)
        elif name in _CODES:
            word, coded = _CODES[name], code_of(child).items()
            made = {word if key == "code" else f"{word}_{key}": text for key, text in coded}
        else:
            made = _range(child)
        self.read.append(child)
        return made


def _tells(said: Said, name: str, value: etree._Element | None) -> bool:
    """Tell whether a statement says something itself, or only holds others."""
    if name in _ITSELF or "about" in said or "about_name" in said:
        return True
    if name == "organizer" and value is None:
        return "code" in said
    return "code" in said or "label" in said or (value is not None and "absent" not in said)


def _manner(node: etree._Element) -> Said:
    """Return ``negated`` and ``mood``: that something is not so, or is no event but a plan."""
    made: Said = {}
    if node.get("negationInd") in ("true", "1"):
        made["negated"] = "Y"
    if (mood := node.get("moodCode") or "EVN") != "EVN":
        made["mood"] = mood
    return made


def _id(child: etree._Element) -> Said:
    said = {"id": (child.get("extension") or "").strip(), "id_root": (child.get("root") or "").strip()}
    return {key: text for key, text in said.items() if text} if said["id"] else {}


def _range(child: etree._Element) -> Said:
    """Return ``range_low``, ``range_high``, ``range_unit`` and ``range_text`` of a referenceRange."""
    value, text = child.find(f".//{HL7}value"), child.find(f".//{HL7}text")
    said = {} if value is None else value_columns(value)
    names = {"low": "range_low", "high": "range_high", "unit": "range_unit", "string": "range_text"}
    made: Said = {names[key]: one for key, one in said.items() if key in names}
    if text is not None and (said_so := words(text)):
        made["range_text"] = said_so
    return made
