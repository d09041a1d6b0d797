"""Place: where something stands in a record, and as which segments it is laid out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from gateway.errors import Misconfigured
from gateway.mapping.layout.columns import Columns
from gateway.mapping.marked import Json

PLACE_KEYS = frozenset({"at", "segments", "places", "note", "__line__"})
ROOT = "head"
"""Name of the outermost place: the row itself, the document."""

MOST = 99
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_SEGMENT = re.compile(r"[A-Z][A-Z0-9]{2}")


@dataclass(slots=True)
class Place:
    """One place.

    Attributes:
        name: ``"items"``.
        at: where it is found, from the place around it: name of a detail, or an XPath.
        segments: the segments of HL7 v2 as which it is laid out, in their order.
        own: the segment of the columns that only rows of this file read.
        inside: the places in it.
    """

    name: str
    at: str
    where: str
    segments: list[Columns]
    own: Columns
    inside: list[Place] = field(default_factory=list)

    def all(self) -> Iterator[Place]:
        """Yield this place and those inside, as they stand."""
        yield self
        for one in self.inside:
            yield from one.all()

    def told(self) -> Iterator[Columns]:
        """Yield the segments of this place and of those inside."""
        for one in self.all():
            yield from one.segments

    def tree(self) -> list[Any]:
        """Return its segments and groups as a message structure has them (``mapping.structures``)."""
        inside = [{f"{one.name}*": one.tree()} for one in self.inside]
        return [*(one.segment for one in self.segments), self.own.segment, *inside]


def read_places(data: dict[str, Any], file: str) -> Place:
    """Return the root place of a layout with all that are inside.

    Raises:
        Misconfigured: a key, name or field is wrong; names file and line.
    """
    numbers = iter(range(1, MOST + 1))
    root = _place(ROOT, {**data, "at": "."}, file, numbers)
    seen: set[str] = set()
    for one in root.all():
        if one.name in seen:
            raise Misconfigured(f"two places are called {one.name!r}", where=one.where)
        seen.add(one.name)
    return root


def _place(name: str, data: Json, file: str, numbers: Iterator[int]) -> Place:
    if not isinstance(data, dict):
        data = {"at": str(data)}
    where = f"{file}:{data.get('__line__', 0)}"
    if not _NAME.fullmatch(name):
        raise Misconfigured(f"{name!r} is no name of a place: small letters, digits, _", where=where)
    number = next(numbers, None)
    if number is None:
        raise Misconfigured(f"a layout has at most {MOST} places", where=where)
    if name != ROOT and (unknown := set(data) - PLACE_KEYS):
        raise Misconfigured(f"unknown key {min(unknown)!r}; a place has at, segments, places", where=where)
    segments = [
        _segment(str(segment), fields, where)
        for one in _listed(data.get("segments"))
        for segment, fields in one.items()
        if segment != "__line__"
    ]
    made = Place(name, str(data.get("at", name)), where, segments, Columns(f"R{number:02}"))
    inside = data.get("places") or {}
    for key, value in inside.items():
        if key != "__line__":
            made.inside.append(_place(str(key), value, file, numbers))
    return made


def _listed(value: Json) -> list[dict[str, Any]]:
    """Return the segments as a list, so that one may come twice (``- NTE: …``)."""
    found = value if isinstance(value, list) else [value] if value else []
    return [one for one in found if isinstance(one, dict)]


def _segment(name: str, fields: Json, where: str) -> Columns:
    if not _SEGMENT.fullmatch(name) or not isinstance(fields, dict):
        raise Misconfigured(f"{name!r} is no segment with its numbered fields", where=where)
    made = Columns(name)
    for number, text in fields.items():
        if number == "__line__":
            continue
        if not str(number).isdigit():
            raise Misconfigured(f"{name} takes numbers of fields, not {number!r}", where=where)
        made.fixed(int(number), str(text), where)
    return made
