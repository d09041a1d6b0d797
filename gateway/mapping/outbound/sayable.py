"""Sayable: the resources of a document as a map sees them.

What is contained in a resource can be followed (FHIR R4 §2.1.3.4: ``#id``). A number, name, address or
telephone of ``use: old`` is in force no more and not told. A line of a prescription that was cancelled on the
way is none of the lines that take effect.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gateway.canonical import Resource
from gateway.mapping.outbound.ending import LINES, is_over
from gateway.mapping.outbound.path import Pool

_REPLACED = ("identifier", "name", "telecom", "address")
"""Elements whose ``use`` may be ``old``."""


class Sayable:
    """A pool, seen so.

    Args:
        every: cancelled lines are lines too: the document takes them back, or the map has a place for them.
        ends: a number of before is told where no other one of its register is: the receiver knows by it what
            is over.
    """

    def __init__(self, pool: Pool, *, every: bool, ends: bool = False) -> None:
        self._pool, self._every, self._ends = pool, every, ends
        self._types: dict[str, list[Resource]] = {}
        self._names: dict[str, Resource | None] = {}
        self._seen: dict[tuple[int, str], tuple[Resource, Resource]] = {}

    def of_type(self, type_: str) -> list[Resource]:
        """Return the resources of a type; lines that are cancelled only where there is no other."""
        found = self._types.get(type_)
        if found is None:
            found = self._types[type_] = [self._made(one) for one in self._in_effect(type_)]
        return found

    def resource(self, name: str) -> Resource | None:
        """Return a resource by ``"Type/id"``, one that is contained by ``"Type/id#id"``."""
        if name not in self._names:
            self._names[name] = self._sought(name)
        return self._names[name]

    def _in_effect(self, type_: str) -> list[Resource]:
        found = list(self._pool.of_type(type_))
        if type_ in LINES and not self._every:
            return [one for one in found if not is_over(one)] or found
        return found

    def _sought(self, name: str) -> Resource | None:
        holder, mark, inner = name.partition("#")
        found = self._pool.resource(holder)
        if found is None or not mark:
            return None if found is None else self._made(found)
        contained: Iterable[Any] = found.get("contained", ())
        return next((self._made(one, holder) for one in contained if one.get("id") == inner), None)

    def _made(self, resource: Resource, holder: str = "") -> Resource:
        """Return a resource as it is seen: the same one each time."""
        key = (id(resource), holder)
        if key not in self._seen:
            made = _in_force(_named(resource, holder), self._ends)
            self._seen[key] = (resource, made)  # held with what was made of it: its id() stays its own
        return self._seen[key][1]


def _in_force(resource: Resource, ends: bool) -> Resource:
    """Return a resource without what was replaced."""
    made = resource
    for key in _REPLACED:
        values = resource.get(key)
        if not isinstance(values, list):
            continue
        now = [one for one in values if not isinstance(one, dict) or one.get("use") != "old"]
        if len(now) == len(values):
            continue
        if ends and key == "identifier":  # an end may need a number that nothing has taken the place of
            known = {_register(one) for one in now} - {""}
            now += [one for one in values if one not in now and _register(one) not in known]
        made = {**made, key: now}
    return made


def _register(number: Any) -> str:
    """Return of which register an Identifier is, else of which kind: another of it stands in its place."""
    codings = number.get("type", {}).get("coding") or [{}]
    return str(number.get("system") or codings[0].get("code") or "")


def _named(resource: Resource, holder: str = "") -> Resource:
    """Return a resource whose ``#id`` are ``Type/id#id``."""
    if not holder and not resource.get("contained"):
        return resource
    made: Resource = _renamed(resource, holder or f"{resource['resourceType']}/{resource.get('id', '')}")
    return made


def _renamed(value: Any, holder: str) -> Any:
    if isinstance(value, list):
        return [_renamed(one, holder) for one in value]
    if not isinstance(value, dict):
        return value
    made = {key: _renamed(one, holder) for key, one in value.items()}
    name = value.get("reference")
    if isinstance(name, str) and name.startswith("#"):
        made["reference"] = holder + name
    return made
