"""Owns which elements a type of R4 has, in the order of XML (R4 §2.6.1, StructureDefinition)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "elements.json"
_ABSTRACT = frozenset({"Resource", "DomainResource"})


@dataclass(slots=True, frozen=True)
class Element:
    """An element as it is written in JSON.

    Attributes:
        type: a type's name, or the place whose elements it has (``Patient.contact``).
        many: whether JSON writes an array.
    """

    name: str
    type: str
    many: bool


@cache
def _table() -> dict[str, tuple[str, str]]:
    return {name: (base, said) for name, (base, said) in json.loads(_FILE.read_text("utf-8")).items()}


@cache
def elements(type_: str) -> dict[str, Element]:
    """Return the elements of a type or place by name, in their order; ``{}`` for what R4 does not know."""
    base, said = _table().get(type_, ("", ""))
    found = dict(elements(base)) if base else {}
    for one in said.split():
        name, _, kinds = one.partition(":")
        found.update({each.name: each for each in _written(type_, name, kinds)})
    return found


def is_primitive(type_: str) -> bool:
    """Return whether values of a type are written in an attribute ``value``."""
    return _table().get(type_) == ("", "")


def is_resource(type_: str) -> bool:
    """Return whether R4 has a resource of this type."""
    base = _table().get(type_, ("", ""))[0]
    return type_ not in _ABSTRACT and base in _ABSTRACT


def _written(type_: str, name: str, kinds: str) -> list[Element]:
    many = name.endswith("*")
    name = name.rstrip("*")
    if not name.endswith("[x]"):
        return [Element(name, _type(type_, name, kinds), many)]
    kinds = _table()["@"][1] if kinds == "@" else kinds
    stem = name.removesuffix("[x]")
    return [Element(f"{stem}{each[0].upper()}{each[1:]}", each, many) for each in kinds.split("|")]


def _type(type_: str, name: str, kinds: str) -> str:
    """References to several types, and to places, come down to one."""
    place = f"{type_}.{name}"
    if kinds.startswith("#"):
        return kinds[1:]
    return place if place in _table() else kinds.partition("|")[0]
