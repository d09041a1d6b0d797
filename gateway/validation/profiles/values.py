"""The values of an element in JSON, each with its place and what is known of its type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from gateway.validation.fhirpath.model import Model


class Found(NamedTuple):
    """One value.

    Attributes:
        place: where it stands below its parent.
        value: what it is; None for a primitive that has only a second half.
        type: the type that a choice's name says (``"Quantity"``), ``""`` for what is no choice.
        kind: its type (``"HumanName"``), for a backbone element its path; ``""`` where nobody knows.
        half: the ``_name`` object of a primitive, else None.
    """

    place: str
    value: Any
    type: str = ""
    kind: str = ""
    half: Any = None

    @property
    def parent(self) -> Any:
        """What has the elements below: the object, or the second half of a primitive."""
        return self.value if type(self.value) is dict else self.half


class Values:
    """Finds the values below an element.

    Args:
        model: the types of R4.
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        self._kinds: dict[str, dict[str, str]] = {}

    def below(self, found: Found, name: str) -> Iterator[Found]:
        """Yield what stands under ``name``; a choice (``value[x]``) under any of its names."""
        parent = found.parent
        if type(parent) is not dict:
            return
        kinds = self._of(found.kind if type(found.value) is dict else "Element")
        if name.endswith("[x]"):
            stem = name[:-3]
            for key in parent:
                plain = key.removeprefix("_")
                named = plain.startswith(stem) and plain[len(stem) : len(stem) + 1].isupper()
                if named and (key[0] != "_" or plain not in parent):
                    yield from _each(parent, plain, plain[len(stem) :], kinds.get(plain, ""))
        else:
            yield from _each(parent, name, "", kinds.get(name, ""))

    def _of(self, kind: str) -> dict[str, str]:
        known = self._kinds.get(kind)
        if known is None:
            members = (self._model.members(kind) if kind else None) or {}
            known = self._kinds[kind] = {key: type_ for pairs in members.values() for key, type_ in pairs}
        return known


def _each(parent: dict[str, Any], name: str, type_: str, kind: str) -> Iterator[Found]:
    value, half = parent.get(name), parent.get("_" + name)
    if type(value) is not list and type(half) is not list:
        if value is not None or half is not None:
            yield _found(name, value, type_, kind, half)
        return
    values = value if type(value) is list else []
    halves = half if type(half) is list else []
    for at in range(max(len(values), len(halves))):
        one = values[at] if at < len(values) else None
        other = halves[at] if at < len(halves) else None
        if one is not None or other is not None:
            yield _found(f"{name}[{at}]", one, type_, kind, other)


def _found(place: str, value: Any, type_: str, kind: str, half: Any) -> Found:
    if type(value) is dict and type(value.get("resourceType")) is str:
        kind = value["resourceType"]
    return Found(place, value, type_, kind, half)


def is_type(name: str, code: str) -> bool:
    """Return whether the end of a choice's name (``"Quantity"``, ``"DateTime"``) means the type ``code``."""
    return name == code[:1].upper() + code[1:]
