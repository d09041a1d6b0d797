"""What the expression of a parameter selects: a generated function each, no FHIRPath engine."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any

from gateway.canonical.logical_id import ID
from gateway.store.index.expression import Equal, Member, Path, Refers
from gateway.store.index.lists import PRESENT
from gateway.store.index.parameter import Parameter

Selected = list[tuple[str, Any]]

_REFERENCE = re.compile(rf"(?:\A|/)([A-Z][A-Za-z]+)/{ID}(?:/_history/[^/]+)?\Z").search


def values(parameter: Parameter, node: Any, root: Any = None) -> Selected:
    """Return (FHIR type name, value) of everything that the expression of a parameter selects.

    Type names are those of the elements ("code", "CodeableConcept", "dateTime", "Age"; "Resource" for a whole
    one that stands inside; "Observation.component" for a backbone). What has no value is left out, and so is
    what is not of the JSON type that it should have.

    Args:
        node: the resource as parsed JSON; for a component an element that its composite selects.
        root: for a component the resource.
    """
    found: Selected = []
    _selector(parameter)(node, node if root is None else root, found.append)
    if parameter.present:
        return [("boolean", any(value is not False for _, value in found))]
    return found


@cache
def _selector(parameter: Parameter) -> Callable[[Any, Any, Callable[[tuple[str, Any]], None]], None]:
    lines = ["def select(node, root, found):"]
    for path in parameter.paths:
        lines += _walk(path)
    scope: dict[str, Any] = {"refers": refers, "NUMBERS": (int, float, Decimal)}
    exec("\n".join([*lines, "    return None"]), scope)  # noqa: S102 (our own text, from the official expressions)
    select: Callable[[Any, Any, Callable[[tuple[str, Any]], None]], None] = scope["select"]
    return select


def _walk(path: Path) -> list[str]:
    """Return the lines that reach the values of a path, and do ``found`` with each."""
    lines, depth, here = [], 1, "root" if path.root else "node"

    def line(text: str) -> None:
        lines.append("    " * depth + text)

    line(f"if {here}.__class__ is dict:")
    depth += 1
    last = max((at for at, step in enumerate(path.steps) if isinstance(step, Member)), default=-1)
    for at, step in enumerate(path.steps):
        if isinstance(step, Equal):
            line(f"if {here}.get({step.name!r}) == {step.value!r}:")
        elif isinstance(step, Refers):
            line(f"if refers({here}, {step.type!r}, root):")
        else:
            value = f"v{at}"
            line(f"{value} = {here}.get({step.name!r})")
            here = value
            if step.many:
                part = "" if step.entry is None else f"[{step.entry}:{step.entry + 1}]"
                line(f"if {value}.__class__ is list:")
                depth += 1
                line(f"for {value} in {value}{part}:")
                depth += 1
            line(f"if {value}.__class__ {_CLASS[_shape(path.type) if at == last else 'object']}:")
        depth += 1
    line(f"found(({path.type!r}, {here}))")
    return lines


_CLASS = {
    "object": "is dict",
    "text": "is str",
    "boolean": "is bool",
    "number": "in NUMBERS",
    "any": "is not None.__class__",
}
_NUMERIC = frozenset(("decimal", "integer", "positiveInt", "unsignedInt"))


def _shape(type_: str) -> str:
    if type_ == PRESENT:
        return "any"
    if not type_[:1].islower():
        return "object"
    return "boolean" if type_ == "boolean" else "number" if type_ in _NUMERIC else "text"


def refers(reference: dict[str, Any], type_: str, root: Any) -> bool:
    """Tell whether a Reference names a resource of a type: by text, by what is contained, by ``type``."""
    text = reference.get("reference")
    if isinstance(text, str) and text.startswith("#"):
        contained = root.get("contained") if isinstance(root, dict) else None
        inside = contained if isinstance(contained, list) else ()
        return any(
            isinstance(one, dict) and one.get("id") == text[1:] and one.get("resourceType") == type_
            for one in inside
        )
    named = _REFERENCE(text) if isinstance(text, str) else None
    return (named[1] if named else reference.get("type")) == type_
