"""Source paths (``PID-5[1].2``, ``CX.4.2``, ``$sender``) and target paths (``participant.individual``)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from gateway.errors import Misconfigured
from gateway.mapping.elements import Element, element, is_primitive, is_type, names

_SOURCE = re.compile(
    r"(?P<seg>[A-Z][A-Z0-9]{2})-(?P<field>\d+)(?:\[(?P<rep>[1-9]\d*)\])?"
    r"(?:\.(?P<c>[1-9]\d*))?(?:\.(?P<s>[1-9]\d*))?"
    r"|(?P<type>[A-Z][A-Z0-9]{0,3})\.(?P<tc>[1-9]\d*)(?:\.(?P<ts>[1-9]\d*))?"
    r"|\$(?P<var>[a-z]+)"
)
VARIABLES = frozenset(
    {"sender", "tenant", "id", "received", "map", "control", "bytes", "format", "this"}
    | {"first", "hash", "size"}
)


@dataclass(slots=True, frozen=True)
class Source:
    """A source path.

    Attributes:
        segment: ``"PID"``, or ``""`` in a datatype map and for a variable.
        field: HL7 field number, 1-based; 0 for a datatype component or a variable.
        repetition: 1-based, 0 for all.
        component: 1-based, 0 for the whole.
        subcomponent: 1-based, 0 for the whole.
        variable: ``"sender"``…, ``""`` for none.
    """

    segment: str = ""
    field: int = 0
    repetition: int = 0
    component: int = 0
    subcomponent: int = 0
    variable: str = ""


def source(text: str, where: str) -> Source:
    """Parse a source path.

    Raises:
        Misconfigured: it is none; names the place.
    """
    try:
        return _source(text)
    except Misconfigured as error:
        raise Misconfigured(error.reason, where=where) from None


@lru_cache(maxsize=4096)
def _source(text: str) -> Source:
    """Return the same; a thousand paths are read fourteen thousand times while the maps are loaded."""
    found = _SOURCE.fullmatch(text.strip())
    if not found:
        raise Misconfigured(f"not a source path: {text!r}")
    if found["var"]:
        if found["var"] not in VARIABLES:
            raise Misconfigured(f"unknown variable {text!r}; known: {sorted(VARIABLES)}")
        return Source(variable=found["var"])
    if found["type"]:
        return Source(component=int(found["tc"]), subcomponent=int(found["ts"] or 0))
    field_, rep, component, sub = (int(found[name] or 0) for name in ("field", "rep", "c", "s"))
    return Source(found["seg"], field_, rep, component, sub)


@dataclass(slots=True, frozen=True)
class Target:
    """One step of a target path.

    Attributes:
        name: element name as written in JSON (``_birthDate`` for the sibling of a primitive).
        type: its FHIR type.
        many: whether it is a list.
        key: merge key: ``"x"`` within a run of the map, ``"@x"`` within the resource, ``"url:…"`` for an
            extension, ``""`` for none.
    """

    name: str
    type: str
    many: bool
    key: str


_PART = re.compile(r"\.?(?P<name>[a-zA-Z]\w*)(?:\[(?P<key>@?[\w-]+)\]|\((?P<url>[^)]+)\))?")


def _look_up(type_name: str, name: str, text: str, where: str) -> Element:
    found = element(type_name, name)
    if found is None:
        raise Misconfigured(
            f"{type_name} has no element {name!r} (in {text!r}); it has {', '.join(names(type_name))}",
            where=where,
        )
    return found


def target(type_name: str, text: str, where: str) -> list[Target]:
    """Parse a target path below ``type_name``; ``$this`` gives an empty list.

    Raises:
        Misconfigured: the path is malformed or R4 has no such element; names the place.
    """
    if text == "$this":
        return []
    steps: list[Target] = []
    here, at = type_name, 0
    while at < len(text):
        part = _PART.match(text, at)
        if not part:
            raise Misconfigured(f"not a target path: {text!r} at {text[at:]!r}", where=where)
        name, key = part["name"], part["key"] or ""
        if part["url"]:
            if name != "extension":
                raise Misconfigured(f"only extension(…) takes an address: {text!r}", where=where)
            key = "url:" + part["url"]
        if is_primitive(here) and steps:
            # An extension of a primitive stands on its sibling: birthDate.extension → _birthDate.extension.
            last = steps.pop()
            steps.append(Target("_" + last.name, "Element", last.many, last.key))
            here = "Element"
        found = _look_up(here, name, text, where)
        steps.append(Target(name, found.type, found.many, key))
        here, at = found.type, part.end()
    if not is_type(here) and not is_primitive(here):
        raise Misconfigured(f"{text!r} ends in the unknown type {here!r}", where=where)
    return steps
