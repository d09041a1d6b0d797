"""Model: which elements a type has and under which JSON names (FHIRPath 2.0 §2.1, R4 §2.26.7)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from gateway.validation.fhirpath.system import Moment, Quantity, Time, moment, time
from gateway.validation.r4 import Definitions
from gateway.validation.shapes import Element, TypeRef, shape

Members = dict[str, tuple[tuple[str, str], ...]]
"""JSON names of an element, each with its type: one, or one for each type of a choice."""

SYSTEM = {
    "boolean": "Boolean",
    "integer": "Integer",
    "positiveInt": "Integer",
    "unsignedInt": "Integer",
    "decimal": "Decimal",
    "date": "Date",
    "dateTime": "DateTime",
    "instant": "DateTime",
    "time": "Time",
} | dict.fromkeys(
    ["string", "code", "id", "uri", "url", "canonical", "oid", "uuid", "markdown", "base64Binary", "xhtml"],
    "String",
)
"""FHIRPath types of the primitives of FHIR."""

MOMENTS = frozenset({"date", "dateTime", "instant"})


class Node:
    """An element of a resource.

    Attributes:
        value: its JSON; None for a primitive that has only a second half.
        kind: its type (``"HumanName"``), for a backbone element its path; ``""`` where nobody knows.
        half: the ``_name`` object of a primitive (``id``, ``extension``), else None.
    """

    __slots__ = ("half", "kind", "value")

    def __init__(self, value: Any, kind: str, half: Any = None) -> None:
        self.value = value
        self.kind = kind
        self.half = half


class Model:
    """The types of R4, read when they are first met."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._members: dict[str, Members | None] = {}
        self._above: dict[str, str] = {}
        self._ancestors: dict[str, frozenset[str]] = {}
        self._lists: set[tuple[str, str]] = set()

    def members(self, kind: str) -> Members | None:
        """Return the elements of a type or of a backbone element, None for an unknown one."""
        try:
            return self._members[kind]
        except KeyError:
            self._load(kind.partition(".")[0])
            return self._members.setdefault(kind, None)

    def repeats(self, kind: str, name: str) -> bool:
        """Return whether JSON writes the element ``name`` of a type as a list."""
        self.members(kind)
        return (kind, name) in self._lists

    def ancestors(self, kind: str) -> frozenset[str]:
        """Return a type and all types that it specializes."""
        known = self._ancestors.get(kind)
        if known is None:
            self.members(kind)
            above = self._above.get(kind, "")
            known = self._ancestors[kind] = frozenset((kind,)) | (
                self.ancestors(above) if above else frozenset()
            )
        return known

    def _load(self, name: str) -> None:
        structure = self._definitions.structure(name) if name else None
        if structure is None or "snapshot" not in structure:
            return
        self._above[name] = structure.get("baseDefinition", "").rpartition("/")[2]
        self._add(shape(structure))

    def _add(self, element: Element) -> None:
        self._members[element.path] = {
            child.name: tuple((key, _kind(child, type_)) for key, type_ in child.names())
            for child in element.children
        }
        self._lists |= {(element.path, child.name) for child in element.children if child.many}
        for child in element.children:
            if child.own:
                self._above[child.path] = child.types[0].code
                self._add(child)

    def kind_at(self, path: str, type_: str = "") -> str:
        """Return the type of what stands at the path of an ElementDefinition, ``""`` where nobody knows.

        Args:
            path: e.g. ``"Observation.value[x]"``.
            type_: the end of a choice's JSON name (``"Quantity"``).
        """
        kind, *steps = path.split(".")
        for at, step in enumerate(steps):
            name = step.removesuffix("[x]")
            pairs = (self.members(kind) or {}).get(name, ())
            wanted = name + type_ if at == len(steps) - 1 else name
            kind = next((one for key, one in pairs if len(pairs) == 1 or key == wanted), "")
        return kind

    def select(self, item: Any, name: str) -> list[Node]:
        """Return the elements called ``name`` of a node."""
        if type(item) is not Node:
            return []
        value, kind = item.value, item.kind
        if type(value) is not dict:
            value, kind = item.half, "Element"
            if type(value) is not dict:
                return []
        members = self.members(kind)
        pairs = members.get(name, ()) if members is not None else _guess(value, name)
        out: list[Node] = []
        for key, type_ in pairs:
            if key in value or "_" + key in value:
                _put(out, value.get(key), value.get("_" + key), type_)
        return out

    def children(self, item: Any) -> list[Node]:
        """Return all elements right below a node."""
        if type(item) is not Node:
            return []
        value, kind = item.value, item.kind
        if type(value) is not dict:
            value, kind = item.half, "Element"
            if type(value) is not dict:
                return []
        kinds = {key: type_ for pairs in (self.members(kind) or {}).values() for key, type_ in pairs}
        out: list[Node] = []
        for key, x in value.items():
            if key[:1] == "_":
                if key[1:] not in value:
                    _put(out, None, x, kinds.get(key[1:], ""))
            elif key != "resourceType":
                _put(out, x, value.get("_" + key), kinds.get(key, ""))
        return out


def node(value: Any, kind: str) -> Node:
    """Return a value as a node; a resource is of the type that it says."""
    if type(value) is dict and type(value.get("resourceType")) is str:
        return Node(value, value["resourceType"])
    return Node(value, kind)


def _kind(child: Element, type_: TypeRef) -> str:
    if child.reference:
        return child.reference
    return child.path if child.own else type_.code


def _guess(value: dict[str, Any], name: str) -> tuple[tuple[str, str], ...]:
    """The JSON names that an element of an unknown type may have: its own, or those of a choice."""
    typed = [key for key in value if key.startswith(name) and key[len(name) : len(name) + 1].isupper()]
    return ((name, ""), *((key, _uncapped(key[len(name) :])) for key in typed))


def _uncapped(name: str) -> str:
    lower = name[:1].lower() + name[1:]
    return lower if lower in SYSTEM else name


def _put(out: list[Node], value: Any, half: Any, kind: str) -> None:
    if type(value) is list or type(half) is list:
        values = value if type(value) is list else []
        halves = half if type(half) is list else []
        for at in range(max(len(values), len(halves))):
            one = values[at] if at < len(values) else None
            other = halves[at] if at < len(halves) else None
            if one is not None or other is not None:
                out.append(_node(one, other, kind))
    elif value is not None or half is not None:
        out.append(_node(value, half, kind))


def _node(value: Any, half: Any, kind: str) -> Node:
    if type(value) is dict and type(value.get("resourceType")) is str:
        kind = value["resourceType"]
    return Node(value, kind, half)


def plain(item: Any) -> Any:
    """Return what FHIRPath computes with: a primitive's value, a Quantity as one, other elements as JSON."""
    if type(item) is not Node:
        return item
    value = item.value
    if type(value) is str:
        if item.kind in MOMENTS:
            return moment(value) or value
        return (time(value) or value) if item.kind == "time" else value
    if type(value) is float:
        return Decimal(str(value))
    if type(value) is dict and item.kind in QUANTITIES and _number(value.get("value")):
        return Quantity(Decimal(str(value["value"])), str(value.get("code") or value.get("unit") or "1"))
    return value


QUANTITIES = frozenset(
    {"Quantity", "Age", "Count", "Distance", "Duration", "SimpleQuantity", "MoneyQuantity"}
)


def _number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def system_type(value: Any) -> str:
    """Return the FHIRPath type of a computed value."""
    if type(value) is bool:
        return "Boolean"
    if type(value) is Moment:
        return value.type
    names = {int: "Integer", Decimal: "Decimal", str: "String", Time: "Time", Quantity: "Quantity"}
    return names.get(type(value), "")
