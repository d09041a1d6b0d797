"""Typed: a value as the property of an element, where its type is right for that (R4 fhirpatch.html)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from gateway.patch.elements import Item, read, write
from gateway.patch.failure import Unprocessable
from gateway.patch.parts import RESOURCE, Value
from gateway.validation.fhirpath.model import SYSTEM, Model

PYTHON: dict[str, tuple[type, ...]] = {"Boolean": (bool,), "Integer": (int,), "Decimal": (int, Decimal)}
"""Types that the JSON of a primitive has; str for all others."""

WIDER = frozenset({("string", "xhtml"), ("date", "dateTime")})
"""Pairs of a given type and a place that takes it: a parameter has no xhtml, and each date is a dateTime."""


@dataclass(slots=True, frozen=True)
class Property:
    """An element that a type may have: its JSON property for a value, and whether that is a list."""

    key: str
    many: bool
    item: Item


@dataclass(slots=True, frozen=True)
class Named:
    """An element by its name: its JSON properties, each with its type; more than one for a choice."""

    name: str
    choice: bool
    many: bool
    pairs: tuple[tuple[str, str], ...]


def named(model: Model, kind: str, name: str) -> Named:
    """Return the element of a type; a choice by ``value``, ``value[x]`` or one type of it (``valueString``).

    Raises:
        Unprocessable: the type has none of that name.
    """
    members = model.members(kind)
    if members is None:
        raise Unprocessable("the type of the element at its path is not known", code="not-supported")
    base = name.removesuffix("[x]")
    for one, pairs in members.items():
        fits = pairs if one == base else tuple(pair for pair in pairs if pair[0] == base)
        if fits:
            return Named(one, pairs[0][0] != one, model.repeats(kind, one), fits)
    raise Unprocessable(f"{kind} has no element of that name", code="value")


def typed(model: Model, kind: str, element: Named, value: Value) -> Property:
    """Return the property that an element becomes with a value.

    Args:
        kind: the type that has the element, for errors.

    Raises:
        Unprocessable: the value is of another type.
    """
    if not value.type:
        if len(element.pairs) > 1:
            raise Unprocessable(f"parts do not say which type {kind}.{element.name} gets", code="value")
        key, wanted = element.pairs[0]
        return Property(key, element.many, (_of_parts(model, wanted, value), None))
    for key, wanted in element.pairs:
        if _fits(model, value.type, wanted, element.choice):
            return Property(key, element.many, _checked(value))
    wanted = " | ".join(type_ if "." not in type_ else "parts" for _, type_ in element.pairs[:8])
    raise Unprocessable(f"{kind}.{element.name} takes {wanted}, not {value.type}", code="value")


def _fits(model: Model, given: str, wanted: str, choice: bool) -> bool:
    if given == wanted:
        return True
    if choice:  # there the type is part of what is said
        return False
    return (given, wanted) in WIDER or (given in SYSTEM and wanted in model.ancestors(given))


def _checked(value: Value) -> Item:
    json, half = value.json, value.half
    if value.type in SYSTEM:
        right = type(json) in PYTHON.get(SYSTEM[value.type], (str,)) or (json is None and bool(half))
    else:
        right = type(json) is dict and bool(json) and half is None
    if not right:
        raise Unprocessable(f"its value is no {value.type}", code="value")
    return json, half


def _of_parts(model: Model, kind: str, value: Value) -> dict[str, Any]:
    """Return an object made of parts, each an element; those of one name are a list."""
    if kind in SYSTEM or kind == RESOURCE:
        raise Unprocessable(f"{kind} is not made of parts", code="value")
    out: dict[str, Any] = {}
    for name, part in value.parts:
        element = named(model, kind, name)
        made = typed(model, kind, element, part)
        every = named(model, kind, element.name).pairs
        if not made.many and any(read(out, key) for key, _ in every):
            raise Unprocessable(f"{kind}.{element.name} comes twice in its value", code="value")
        write(out, made.key, [*read(out, made.key), made.item], made.many)
    return out
