"""Tables: the elements of each type, in their order, and what each is in XML and JSON (R4 §2.6.1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from gateway.validation.r4 import Definitions
from gateway.validation.shapes import Element, TypeRef, shape

FHIR = "http://hl7.org/fhir"
"""The namespace of every element but those of a narrative."""
MARK = f"{FHIR} "
"""What stands before a local name, as expat says names."""
XHTML = "http://www.w3.org/1999/xhtml"
XHTML_DIV = f"{XHTML} div"

Kind = Literal["object", "text", "boolean", "integer", "decimal", "resource", "div"]

_NUMBERS = frozenset(("integer", "positiveInt", "unsignedInt"))


@dataclass(slots=True, frozen=True)
class Child:
    """One element below a type.

    Attributes:
        name: in XML and JSON, the type of a choice included (``"valueQuantity"``).
        order: its place among its siblings; all types of a choice have the same.
        many: whether JSON writes a list.
        kind: ``"object"`` has elements below; ``"resource"`` holds one resource; ``"div"`` is a narrative;
            all others are primitives, and the JSON type of their value.
        below: key of the table of what is below it.
        primitive: whether it has a value.
    """

    name: str
    order: int
    many: bool
    kind: Kind
    below: str
    primitive: bool


@dataclass(slots=True)
class Table:
    """The elements of one type.

    Attributes:
        resource: whether it is a resource: its ``id`` is an element, that of all else an attribute.
        attributes: names that are attributes in XML.
        members: element by its name in JSON, that of a primitive also with ``_`` in front.
        tags: element by its name in XML as expat gives it, the namespace in front.
    """

    resource: bool
    attributes: tuple[str, ...]
    members: dict[str, Child] = field(default_factory=dict)
    tags: dict[str, Child] = field(default_factory=dict)


class Tables:
    """Tables by key: a type (``"HumanName"``), or the path of an element inside (``"Patient.contact"``).

    Safe to be used by several threads: a table that two of them make at once is the same.
    """

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._made: dict[str, Table] = {}
        self._kinds: dict[str, Kind] = {}

    def get(self, key: str) -> Table:
        """Return the table of a type or path that another table names, or of a resource type."""
        found = self._made.get(key)
        if found is None:
            structure = self._definitions.structure(key.partition(".")[0])
            assert structure is not None, key
            self._add(shape(structure), structure["kind"] == "resource")
            found = self._made[key]
        return found

    def is_resource(self, name: str) -> bool:
        """Return whether ``name`` is a concrete resource type of R4."""
        made = self._made.get(name)
        return self._definitions.is_resource(name) if made is None else made.resource

    def _add(self, element: Element, resource: bool) -> None:
        attributes = ("id", "url") if element.path == "Extension" else ("id",)
        table = Table(resource, () if resource else attributes)
        for order, below in enumerate(element.children):
            if below.name not in table.attributes:
                for name, type_ in below.names():
                    self._add_child(table, name, order, below, type_)
        for below in element.children:
            if below.own:
                self._add(below, False)
        # Last, so that whoever finds a table finds all that it needs.
        self._made[element.path] = table

    def _add_child(self, table: Table, name: str, order: int, element: Element, type_: TypeRef) -> None:
        key = element.path if element.own else element.reference or type_.code
        kind = "object" if element.own or element.reference else self._kind(type_.code)
        primitive = kind not in ("object", "resource", "div")
        child = Child(name, order, element.many, kind, "Element" if primitive else key, primitive)
        table.members[name] = table.tags[XHTML_DIV if kind == "div" else MARK + name] = child
        if primitive:
            table.members[f"_{name}"] = child

    def _kind(self, code: str) -> Kind:
        if code not in self._kinds:
            self._kinds[code] = self._kind_of(code)
        return self._kinds[code]

    def _kind_of(self, code: str) -> Kind:
        if code == "xhtml":
            return "div"
        if code in _NUMBERS:
            return "integer"
        if code == "boolean":
            return "boolean"
        if code == "decimal":
            return "decimal"
        structure = self._definitions.structure(code)
        assert structure is not None, code
        if structure["kind"] == "primitive-type":
            return "text"
        return "resource" if structure["kind"] == "resource" else "object"


@lru_cache(1)
def tables() -> Tables:
    """Return the tables of R4."""
    return Tables(Definitions())
