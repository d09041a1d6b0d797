"""Compose: the sections of a Composition (R4 §2.27) and what they refer to.

The sections are written by a row (``as: sections``), like every element. Which resources a section speaks
of is known when all identities are settled: those that its segments have written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from gateway.canonical import Draft, Translation
from gateway.canonical.lineage import MARK
from gateway.mapping.layout.cda.narrative import said
from gateway.mapping.layout.cda.statement import Section, Statement

LOINC = "2.16.840.1.113883.6.1"
_SYSTEMS: Final = {LOINC: "http://loinc.org"}
_APART: Final = frozenset({"Composition", "Provenance", "DocumentReference", "Patient"})

_FILE: Final = "DocumentReference"

_HOLDS: Final = {
    "Observation": "hasMember",
    "DiagnosticReport": "result",
    "MedicationRequest": "supportingInformation",
    "ServiceRequest": "supportingInfo",
}
"""Type of a statement with parts → the element that refers to them."""

_PART_OF: Final = frozenset({"Procedure", "MedicationStatement"})
"""Types to which an Observation refers as part of them."""


def sections_of(sections: Sequence[Section]) -> list[dict[str, Any]]:
    """Return the sections as they stand in a Composition, without their entries."""
    return [_section(one) for one in sections]


def _section(section: Section) -> dict[str, Any]:
    made: dict[str, Any] = {}
    title = section.title or section.name
    if title:
        made["title"] = title
    if section.code:
        system = _SYSTEMS.get(section.system) or (f"urn:oid:{section.system}" if section.system else "")
        coding = {"system": system, "code": section.code, "display": section.name}
        made["code"] = {"coding": [{key: text for key, text in coding.items() if text}]}
    elif section.name:
        made["code"] = {"text": section.name}
    if section.div:
        made["text"] = {"status": "additional", "div": section.div}
    elif div := said([line for one in (*section.statements, *section.taken) if (line := _line(one))]):
        made["text"] = {"status": "generated", "div": div}
    elif section.beside:
        made["text"] = {"status": "additional", "div": said([f"{section.beside}（见 DocumentReference）"])}
    elif not section.inside and not section.statements:
        made["text"] = {"status": "generated" if section.entered else "empty", "div": said([title or "-"])}
    if section.inside:
        made["section"] = sections_of(section.inside)
    return made


_TOLD: Final = (
    *("string", "value_name", "value_text", "value_code", "quantity", "integer", "moment", "flag"),
    *("drug_name", "drug", "name", "code_name", "value", "result_name", "result"),
)


def _line(statement: Statement) -> str:
    """Return what a statement says in a line, for a section that has no narrative."""
    columns = statement.said
    told = next((str(columns[name]) for name in _TOLD if columns.get(name)), "")
    if not told:
        return ""
    unit = columns.get("unit") or columns.get("value_unit") or ""
    label = columns.get("item_name") or columns.get("item") or columns.get("label") or ""
    return f"{label}：{told}{f' {unit}' if unit else ''}" if label else told


def composed(translation: Translation, sections: Sequence[Section], lineage: Sequence[int]) -> None:
    """Let the sections refer to their resources, and the resources to their parts.

    Args:
        lineage: of the message, not packed.
    """
    composition = next((one.body for one in translation.drafts if one.type == "Composition"), None)
    if composition is None:
        return
    written = _written(lineage)
    drafts = {one.number: one for one in translation.drafts if one.number}
    for made, section in _pairs(composition.get("section", ()), sections):
        stated = [(one, _drafts(one, written, drafts)) for one in section.statements]
        references = dict.fromkeys([f"{one.type}/{one.id}" for _, found in stated for one in found])
        if section.beside:
            references |= {f"{one.type}/{one.id}": None for one in translation.drafts if one.type == _FILE}
        if references:
            made["entry"] = [{"reference": one} for one in references]
        for statement, found in stated:
            if statement.parent is not None:
                _tie(_drafts(statement.parent, written, drafts), found)
            if statement.focus is not None:
                _about(found, _drafts(statement.focus, written, drafts))
    _report(translation, composition)


def _report(translation: Translation, composition: dict[str, Any]) -> None:
    """Let the section that speaks of the results of a report, else the first, speak of the report itself."""
    sections = list(_every(composition))
    there = {entry["reference"] for one in sections for entry in one.get("entry", ())}
    for draft in translation.drafts:
        name = f"{draft.type}/{draft.id}"
        if draft.type != "DiagnosticReport" or name in there or not sections:
            continue
        results = [one for one in draft.body.get("result", ()) if "reference" in one]
        found = next(
            (one for one in sections if any(r in one.get("entry", ()) for r in results)), sections[0]
        )
        found["entry"] = [{"reference": name}, *found.get("entry", ())]


def _every(made: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for one in made.get("section", ()):
        yield one
        yield from _every(one)


def _pairs(
    made: Sequence[dict[str, Any]], sections: Sequence[Section]
) -> Iterator[tuple[dict[str, Any], Section]]:
    for body, section in zip(made, sections, strict=False):
        yield body, section
        yield from _pairs(body.get("section", ()), section.inside)


def _written(lineage: Sequence[int]) -> dict[int, list[int]]:
    """Return number of a segment → numbers of the resources that it wrote."""
    found: dict[int, list[int]] = {}
    at = 0
    while at < len(lineage):
        if lineage[at] == MARK:
            found.setdefault(lineage[at + 1], []).append(lineage[at + 2])
            at += 3
        else:
            at += 1
    return found


def _drafts(
    statement: Statement, written: Mapping[int, Sequence[int]], drafts: Mapping[int, Draft]
) -> list[Draft]:
    numbers = dict.fromkeys([number for index in statement.segments for number in written.get(index, ())])
    found = [drafts[number] for number in numbers if number in drafts]
    return [one for one in found if one.type not in _APART]


def _about(found: Sequence[Draft], main: Sequence[Draft]) -> None:
    """Let an Observation say which diagnosis or result beside it it is about (R4 Observation.focus)."""
    focus = [f"{one.type}/{one.id}" for one in main if one.type in ("Condition", "Observation")]
    for one in found:
        if focus and one.type == "Observation" and f"Observation/{one.id}" not in focus:
            one.body["focus"] = [{"reference": reference} for reference in focus]


def _tie(parents: Sequence[Draft], children: Sequence[Draft]) -> None:
    """Let a statement and its part refer to one another, in the direction that R4 has an element for."""
    parent = next((one for one in parents if one.type in _HOLDS or one.type in _PART_OF), None)
    for child in children:
        if parent is None or child is parent or child.type != "Observation":
            continue
        owner, other, name = (child, parent, "partOf") if parent.type in _PART_OF else (
            parent, child, _HOLDS[parent.type]
        )  # fmt: skip
        reference = {"reference": f"{other.type}/{other.id}"}
        there = owner.body.get(name, [])
        if reference not in there:
            owner.body[name] = [*there, reference]
