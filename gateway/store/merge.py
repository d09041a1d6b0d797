"""What becomes of a resource when a message says something new about it: a pure function.

Ownership, clearing and event order are those of ``gateway.canonical.Draft``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gateway.canonical import Resource

_CHOICES = (
    "abatement",
    "asNeeded",
    "deceased",
    "effective",
    "medication",
    "multipleBirth",
    "occurred",
    "occurrence",
    "onset",
    "quantity",
    "reported",
    "value",
)
"""Top-level ``[x]`` elements of the types that we write: one member excludes the others (R4 §2.6.1.1)."""

_IDENTITY = frozenset(("resourceType", "id"))


def group(name: str) -> str:
    """Return the element to which a JSON property belongs.

    ``_birthDate`` belongs to ``birthDate``, ``valueQuantity`` to ``value``; so does
    ``dataAbsentReason``, which excludes a value (invariant obs-6).
    """
    name = name.removeprefix("_")
    if name == "dataAbsentReason":
        return "value"
    for choice in _CHOICES:
        if name.startswith(choice) and name[len(choice) : len(choice) + 1].isupper():
            return choice
    return name


def merge(
    stored: Resource,
    incoming: Resource,
    *,
    cleared: Iterable[str] = (),
    fills: Iterable[str] = (),
    owns: bool = True,
    newer: bool = True,
) -> Resource:
    """Return ``stored`` as it stands after ``incoming``; neither is changed.

    Args:
        stored: the current resource; an empty dict for a new one.
        incoming: what the message says; an absent element says nothing.
        cleared: top-level elements that the sender deleted.
        fills: top-level elements of ``incoming`` that are only written where there is none.
        owns: the sender may overwrite; otherwise it only fills gaps.
        newer: the event is not older than the state; an older one only fills gaps.
    """
    overwrite = owns and newer
    gone = {group(name) for name in cleared} if overwrite else frozenset[str]()
    timid = {group(name) for name in fills}
    present = {group(name) for name in stored} - gone
    said = {group(name) for name in incoming if name not in _IDENTITY}
    taken = {name for name in said if name not in present or (overwrite and name not in timid)}
    taken.discard("identifier")
    result = {name: value for name, value in stored.items() if group(name) not in gone}
    result = _replaced(result, incoming, taken)
    if "identifier" in said:
        result["identifier"] = united(result.get("identifier", []), incoming["identifier"], overwrite)
    return result


def _replaced(stored: Resource, incoming: Resource, taken: set[str]) -> Resource:
    """Put the taken elements of ``incoming`` where the old ones stood, new ones at the end."""
    result: Resource = {}
    for name, value in stored.items():
        if group(name) not in taken:
            result[name] = value
        elif name in incoming:
            result[name] = incoming[name]
    for name, value in incoming.items():
        if name in _IDENTITY or group(name) in taken:
            result.setdefault(name, value)
    return result


def united(stored: list[Any], incoming: list[Any], overwrite: bool) -> list[Any]:
    """Return both lists of Identifiers as one: equal (system, value) is one, in the stored order."""
    result = {_identity(entry): entry for entry in stored}
    for entry in incoming:
        if overwrite:
            result[_identity(entry)] = entry
        else:
            result.setdefault(_identity(entry), entry)
    return list(result.values())


def _identity(identifier: Any) -> tuple[str, str]:
    return identifier.get("system", ""), identifier.get("value", "")
