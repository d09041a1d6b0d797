"""FHIR attributes as the guide writes them (``diagnosis.condition(Condition.code)``), read as steps.

``[n]`` is a merge key ("the same instance"), ``X(Type.rest)`` an element of the resource that ``X`` refers
to, and ``extension[1].url`` names the address of all other rows with ``extension[1]``. Spelling mistakes of
the guide that leave no doubt are mended here; what R4 does not know is reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from gateway.mapping.elements import element, is_primitive, is_resource, is_type, names
from gateway.mapping.guide.read import GuideRow

_MISSPELT = (
    (r"\boccu\w+T[Ii]ming\b", "occurrenceTiming"),
    (r"\boccurrenceTiming\.(bound|duration)", r"occurrenceTiming.repeat.\1"),
    (r"\bdoseAndRate\.timing\b", "timing"),
    (r"\bMedication\.doseForm\b", "Medication.form"),
    (r"\bcoveragePeriod\b", "period"),
    (r"\bcontent(\[\d\])\.(data|url|contentType)\b", r"content\1.attachment.\2"),
    (r"\bcoding\.(uri|sytem)\b", "coding.system"),
    (r"\bpractioner\b", "practitioner"),
    (r"\bPractioner\b", "Practitioner"),
    (r"\borganziation\b", "organization"),
    (r"\bvalueSampedData\b", "valueSampledData"),
    (r"\bvaluedateTime\b", "valueDateTime"),
    (r"\bvalue\.CodeableConcept\b", "valueCodeableConcept"),
    (r"\bpayer\b", "payor"),
    (r"\bcoding\.value\b", "coding.code"),
    (r"(extension(?:\[\d+\])?)\.uri\b", r"\1.url"),
    (r"\.valueExtension\b", ".extension"),
    (r"\bmedication\(Medication\b", "medicationReference(Medication"),
    (r"extension\[1\]:[\w-]+\.url", "extension[1].url"),
    (r"extension\[1\]:orginal-sub-identiier\.", "extension[1].extension(original-sub-identifier)."),
    (r"extension\[1\]:([\w-]+)\.", r"extension[1].extension(\1)."),
    (
        r"\.extension-data-absent-reason",
        ".extension(http://hl7.org/fhir/StructureDefinition/data-absent-reason).valueCode",
    ),
    (r"\.\(", "("),
    (r"\.reference\(", "("),
    (r"\(\[(\d+)\]", "("),
    (r"\[(\d+)(?=\.)", r"[\1]"),
    (r"\[(\d+)\}", r"[\1]"),
    (r"\]\]", "]"),
)
_ADDRESSES = {
    "condition-asserteddate": "http://hl7.org/fhir/StructureDefinition/condition-assertedDate",
    "data-absent-reason": "http://hl7.org/fhir/StructureDefinition/data-absent-reason",
    "humanname-assembly-order": "http://hl7.org/fhir/StructureDefinition/humanname-assembly-order",
    "originaltext": "http://hl7.org/fhir/StructureDefinition/originalText",
}
_STEP = re.compile(r"\.?(?P<name>[A-Za-z$_]\w*)(?:\[(?P<key>[^\]]*)\])?")
_TYPE = re.compile(r"\s*(?P<type>[A-Z]\w*(?:\|[A-Z]\w*)*)(?:\[[^\]]*\])?")


@dataclass(slots=True, frozen=True)
class Step:
    """One step of an attribute.

    Attributes:
        key: merge key, ``""`` for none.
        url: address, for an extension whose address is known.
        into: resource type, where the next step lies in the resource that this one refers to, or where the
            path ends in a reference to it.
        type, many: what R4 says about the element; ``""`` where it has none.
    """

    name: str
    key: str = ""
    url: str = ""
    into: str = ""
    type: str = ""
    many: bool = False


@dataclass(slots=True, frozen=True)
class Attribute:
    """The target of a guide row: its steps, its constant, and what is wrong with it (``""`` for nothing)."""

    row: GuideRow
    steps: tuple[Step, ...]
    constant: str | None
    problem: str = ""


def root_type(map_name: str) -> str:
    """Return the FHIR type that a map fills: ``HD[MessageHeader.source-name]`` → ``MessageHeader.source``."""
    return map_name.partition("[")[2].rstrip("]").partition("-")[0]


def address(text: str) -> str:
    """Return the canonical address of an extension as R4 spells it."""
    return _ADDRESSES.get(tail(text), text.strip())


def tail(url: str) -> str:
    """Return what is left of an extension's address when one spelling is to equal another."""
    last = url.strip().rstrip("/").rpartition("/")[2].lower()
    return last.removesuffix(".html").removeprefix("extension-")


def _steps(text: str, root: str) -> list[Step] | None:
    """Return the steps of a cleaned attribute, None where it cannot be read."""
    steps: list[Step] = []
    at = 0
    while at < len(text):
        if text[at] == ")":
            at += 1
            continue
        found = _STEP.match(text, at)
        if not found:
            return None
        name, key, at = found["name"], found["key"] or "", found.end()
        step = Step(name[:1].lower() + name[1:] if steps or is_type(name) is False else name, key)
        if text[at : at + 1] == "(":
            step, at = _inside(step, text, at + 1)
        steps.append(step)
    if steps and steps[0].name == root:
        steps = steps[1:]
    return steps


def _inside(step: Step, text: str, at: int) -> tuple[Step, int]:
    """Read what stands in parentheses: an extension's address, or the type that a reference points to."""
    if step.name == "extension":
        end = text.index(")", at)
        return replace(step, url=text[at:end]), end + 1
    found = _TYPE.match(text, at)
    if not found:
        return step, at
    kind = found["type"]
    # note(Annotation.text): an Annotation is part of the resource, not another one.
    into = kind if is_resource(kind.partition("|")[0]) else ""
    return replace(step, into=into), found.end()


def _literal(text: str) -> str | None:
    """Return the constant of an assignment, None for a formula, a remark or nothing."""
    text = text.strip()
    found = re.fullmatch(r'"([^"]*)"?', text)
    if found:
        return found[1].strip()
    bare = text == "enterer" or text.startswith("http://")
    return text if bare else None


def _read(row: GuideRow) -> Attribute:
    text, equals, inline = row.target.partition("=")
    assignment = inline if equals else row.assignment
    # Where a datatype map makes a Reference, the constant in its row belongs to the row below.
    constant = None if row.convert and row.target_type.startswith("Reference") else _literal(assignment)
    text = text.strip()
    if text in ("$this", "$value"):
        return Attribute(row, (), constant)
    root = root_type(row.map)
    # NDL[PractitionerRole] numbers the places that its role refers to, without saying so.
    text = re.sub(r"^\[[^\]]*\]\.", "location(Location." if root == "PractitionerRole" else "", text)
    for wrong, right in _MISSPELT:
        text = re.sub(wrong, right, text)
    if root == "MedicationRequest":
        text = re.sub(r"^occurrenceTiming\b", "dosageInstruction.timing", text)
    # PL[Location] writes some of its own elements as location(Location.mode).
    text = re.sub(rf"^[a-z]\w*\({root}\.", "", text) if root == "Location" else text
    steps = _steps(text, root)
    if not steps:
        return Attribute(row, (), constant, f"not a FHIR path: {row.target}")
    return Attribute(row, tuple(steps), constant)


def _typed(type_name: str, step: Step, row: GuideRow) -> Step | None:
    """Return the step with its R4 type, a choice element with the type that the row gives it."""
    found = element(type_name, step.name)
    name = step.name
    if found is None:
        kinds = [one for one in names(type_name) if re.fullmatch(re.escape(name) + "[A-Z]\\w*", one)]
        wanted = row.target_type or ("dateTime" if row.source_type in ("DTM", "TS", "DT") else "")
        chosen = [one for one in kinds if one.lower() == (name + wanted).lower()] or kinds[:1] * (
            len(kinds) == 1
        )
        if not chosen:
            return None
        name = chosen[0]
        found = element(type_name, name)
    assert found is not None
    return replace(step, name=name, type=found.type, many=found.many)


def _walk(attribute: Attribute) -> Attribute:
    """Give every step its R4 type; report the first that R4 does not know."""
    here = root_type(attribute.row.map)
    made: list[Step] = []
    for step in attribute.steps:
        if is_primitive(here) and step.name in ("extension", "id"):
            here = "Element"
        typed = _typed(here, step, attribute.row) if here else step
        if typed is None:
            return replace(attribute, problem=f"R4 has no {here}.{step.name}")
        made.append(typed)
        here = step.into.partition("|")[0] or typed.type
    return replace(attribute, steps=tuple(made))


def _with_addresses(attributes: list[Attribute]) -> list[Attribute]:
    """Give every ``extension[n]`` the address that a row ``extension[n].url`` beside it names."""
    known: dict[tuple[str, ...], str] = {}
    for one in attributes:
        if len(one.steps) > 1 and one.steps[-1].name == "url" and one.constant:
            spelt = _spelt(one.steps[:-1])
            known[(spelt, one.row.identifier)] = known[(_plain(one.steps[:-1]), one.row.identifier)] = (
                one.constant
            )
            known.setdefault((spelt,), one.constant)
    return [replace(one, steps=_addressed(one, known)) for one in attributes]


def _spelt(steps: Iterable[Step]) -> str:
    return ".".join(f"{step.name}[{step.key}]" for step in steps)


def _plain(steps: Iterable[Step]) -> str:
    return ".".join(step.name for step in steps)


def _addressed(one: Attribute, known: dict[tuple[str, ...], str]) -> tuple[Step, ...]:
    steps = list(one.steps)
    for at, step in enumerate(one.steps):
        if step.name != "extension" or step.url:
            continue
        here, identifier = one.steps[: at + 1], one.row.identifier
        keyless = (*here[:-1], replace(here[-1], key=""))
        url = (
            known.get((_spelt(here), identifier))
            or known.get((_spelt(keyless), identifier))
            or known.get((_spelt(here),))
            or known.get((_plain(here), identifier))
        )
        steps[at] = replace(step, url=address(url) if url else "")
    return tuple(steps)


def attributes(rows: Iterable[GuideRow]) -> list[Attribute]:
    """Return the targets of all rows of one official map, resolved against one another and against R4."""
    return [one if one.problem else _walk(one) for one in _with_addresses([_read(row) for row in rows])]


def form(steps: Iterable[Step]) -> str:
    """Return the path without merge keys, as coverage compares it: ``diagnosis.condition>Condition.code``."""
    text = ""
    for step in steps:
        text += ("" if text.endswith(".") or not text else ".") + step.name
        if step.name == "extension" and step.url:
            text += f"({tail(step.url)})"
        if step.into:
            text += ">" + step.into
    return text
