"""Shapes: the elements of a type as a tree, read from the snapshot of its StructureDefinition (R4 §5.3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from gateway.validation.r4 import Json

BEST_PRACTICE = "http://hl7.org/fhir/StructureDefinition/elementdefinition-bestpractice"
LARGEST = "http://hl7.org/fhir/StructureDefinition/elementdefinition-maxValueSet"
SYSTEM = "http://hl7.org/fhirpath/System."
BCP_13 = "http://www.rfc-editor.org/bcp/bcp13"
MIME_TYPES = "http://hl7.org/fhir/ValueSet/mimetypes"
"""What Expression.language names by its RFC."""


@dataclass(slots=True, frozen=True)
class Constraint:
    """An invariant: ``expression`` must be true of the element (R4 §2.26.7)."""

    key: str
    severity: str
    human: str
    expression: str
    best_practice: bool


@dataclass(slots=True, frozen=True)
class TypeRef:
    """A type that an element may have: its code, the profiles on it, the profiles on what it refers to."""

    code: str
    profiles: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()


@dataclass(slots=True)
class Element:
    """One element of a type.

    Attributes:
        path: as the definition writes it, e.g. ``"Observation.value[x]"``.
        name: last part of the path without ``[x]``.
        choice: True where the JSON name ends in the type (``valueQuantity``).
        least, most: how often; ``most`` is None for ``*``.
        many: True where JSON writes a list, whatever ``most`` a profile allows.
        types: the types that it may have.
        reference: path of the element whose content it shares, ``""`` for none.
        bindings: ``(strength, value set)``; a second one, required, where the first has a largest value set.
        constraints: its invariants, without those of its type.
        longest: ``maxLength`` in characters, None for none.
        children: elements below, for a backbone element.
    """

    path: str
    name: str
    choice: bool
    least: int
    most: int | None
    many: bool
    types: tuple[TypeRef, ...]
    reference: str = ""
    bindings: tuple[tuple[str, str], ...] = ()
    constraints: tuple[Constraint, ...] = ()
    longest: int | None = None
    children: list[Element] = field(default_factory=list)

    @property
    def own(self) -> bool:
        """Whether its type is defined here: a backbone element."""
        return bool(self.children)

    def names(self) -> Iterator[tuple[str, TypeRef]]:
        """Yield the JSON names that it may have, each with its type."""
        for type_ in self.types or (TypeRef(""),):
            yield (self.name + type_.code[:1].upper() + type_.code[1:] if self.choice else self.name), type_


def shape(structure: Json) -> Element:
    """Return the root element of a type, with all elements below it."""
    items = structure["snapshot"]["element"]
    root = element(items[0])
    at = {root.path: root}
    for item in items[1:]:
        one = element(item)
        if structure["kind"] == "resource" and one.path == f"{root.path}.id":
            # Some snapshots say "string" (Patient) or nothing; a resource's id is an id (R4 §2.26.3.1).
            one.types = (TypeRef("id"),)
        at[one.path] = one
        at[one.path.rpartition(".")[0]].children.append(one)
    return root


def element(item: Json) -> Element:
    """Return one ElementDefinition as an Element without children."""
    path: str = item["path"]
    name = path.rpartition(".")[2]
    most = item.get("max", "*")
    base = item.get("base", {}).get("max", most)
    binding = item.get("binding", {})
    return Element(
        path=path,
        name=name.removesuffix("[x]"),
        choice=name.endswith("[x]"),
        least=item.get("min", 0),
        most=None if most == "*" else int(most),
        many=base not in ("0", "1"),
        types=tuple(_types(item)),
        reference=item.get("contentReference", "").rpartition("#")[2],
        bindings=tuple(bindings(binding)),
        constraints=tuple(constraints(item)),
        longest=item.get("maxLength"),
    )


def constraints(item: Json) -> Iterator[Constraint]:
    """Yield the invariants of an ElementDefinition that have an expression."""
    for one in item.get("constraint", ()):
        if "expression" in one:
            best = any(
                ext.get("url") == BEST_PRACTICE and ext.get("valueBoolean")
                for ext in one.get("extension", ())
            )
            yield Constraint(one["key"], one["severity"], one.get("human", ""), one["expression"], best)


def _types(item: Json) -> Iterator[TypeRef]:
    for one in item.get("type", ()):
        code: str = one["code"]
        if code.startswith(SYSTEM):
            code = _primitive(one)
        yield TypeRef(code, tuple(one.get("profile", ())), tuple(one.get("targetProfile", ())))


def bindings(binding: Json) -> Iterator[tuple[str, str]]:
    """Yield ``(strength, value set)`` of a binding; a largest value set is a required one."""
    if "valueSet" in binding:
        yield binding["strength"], binding["valueSet"]
    for extension in binding.get("extension", ()):
        if extension["url"] == LARGEST:
            largest: str = extension["valueCanonical"]
            yield "required", MIME_TYPES if largest.startswith(BCP_13) else largest


def _primitive(one: Json) -> str:
    for extension in one.get("extension", ()):
        if extension["url"].endswith("structuredefinition-fhir-type"):
            return str(extension.get("valueUrl") or extension.get("valueUri"))
    return "string"
