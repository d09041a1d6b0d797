"""Sayable: the resources of a document as a map sees them.

What is contained in a resource can be followed (FHIR R4 §2.1.3.4: ``#id``). A line of a prescription that was
cancelled on the way is none of the lines that take effect.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from gateway.canonical import Resource
from gateway.mapping.outbound.path import Pool

LINES = ("MedicationRequest", "ServiceRequest")
CANCELLED = "cancelled"


class Sayable:
    """A pool, seen so.

    Args:
        every: cancelled lines are lines too: the document takes them back, or the map has a place for them.
    """

    def __init__(self, pool: Pool, *, every: bool) -> None:
        self._pool, self._every = pool, every

    def of_type(self, type_: str) -> Iterator[Resource]:
        """Yield the resources of a type; lines that are cancelled only where there is no other."""
        found = list(self._pool.of_type(type_))
        if type_ in LINES and not self._every:
            found = [one for one in found if one.get("status") != CANCELLED] or found
        return (_named(one) for one in found)

    def resource(self, name: str) -> Resource | None:
        """Return a resource by ``"Type/id"``, one that is contained by ``"Type/id#id"``."""
        holder, mark, inner = name.partition("#")
        found = self._pool.resource(holder)
        if found is None or not mark:
            return None if found is None else _named(found)
        contained: Iterable[Any] = found.get("contained", ())
        return next((_named(one, holder) for one in contained if one.get("id") == inner), None)


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
