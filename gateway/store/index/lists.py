"""Which lists the values of a type are filed in, so that what several parameters select is filed once.

An element that is selected by the same parameters as another one goes to the same list; a parameter that
selects several elements, each of them another parameter's too, is answered by several lists (``combo-code``:
those of ``code`` and ``component-code``). Conditions are left to the test of the candidates: ``phone`` is
answered by the list of ``telecom``. So are the parts of names and addresses: ``family`` by that of ``name``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from gateway.store.index.expression import Equal, Member, Path
from gateway.store.index.readings import NUMBERS, QUANTITIES

Way = tuple[Member, ...]
"""Members on the way to a value, without conditions."""

FILED = {
    "token": "token",
    "string": "string",
    "date": "date",
    "reference": "reference",
    "uri": "uri",
    "number": "number",
    "quantity": "number",
}
"""Type of a parameter → the kind of its rows. Composites and special ones have none of their own."""

TESTED = {"Provenance": frozenset(("agent-role", "agent-type", "signature-type", "when"))}
"""Parameters without lists: each message makes a Provenance, and these say the same in all of them."""

PRESENT = "present"
"""Stands for the type of what is only asked whether it is there."""

READ: dict[str, frozenset[str]] = {
    "token": frozenset(
        "CodeableConcept Coding ContactPoint Identifier boolean code id present string uri".split()  # noqa: SIM905
    ),
    "string": frozenset(("Address", "HumanName", "markdown", "string")),
    "date": frozenset(("Period", "Timing", "date", "dateTime", "instant")),
    "reference": frozenset(("Reference", "Resource", "canonical", "uri")),
    "uri": frozenset(("canonical", "oid", "uri", "url", "uuid")),
    "number": QUANTITIES | NUMBERS | {"Money", "Range", "SampledData"},
}
"""Kind of rows → FHIR types that say something in it; an Age, for one, is no date and has no row."""

UNFILED = {"deceased": frozenset(("false",))}
"""Token values that nearly every resource has: a search finds them one after the other without a list."""


@dataclass(slots=True, frozen=True)
class Filed:
    """One list of a type.

    Attributes:
        name: enters the keys.
        kind: one of the values of :data:`FILED`.
        paths: where its values stand, without conditions.
    """

    name: str
    kind: str
    paths: tuple[Path, ...]


@dataclass(slots=True, frozen=True)
class Answer:
    """How one parameter is answered: see the attributes of ``Parameter``."""

    lists: tuple[str, ...] = ()
    exact: bool = False
    unfiled: frozenset[str] = frozenset()


Asked = Mapping[str, tuple[str, tuple[Path, ...]]]
"""Name of a parameter → its type and paths."""


def way(path: Path) -> Way:
    """Return the members of a path."""
    return tuple(step for step in path.steps if isinstance(step, Member))


def filed(asked: Asked) -> tuple[list[Filed], dict[str, Answer]]:
    """Return the lists of a resource type, and how each of its parameters is answered."""
    lists: list[Filed] = []
    answers: dict[str, Answer] = {}
    for kind in dict.fromkeys(FILED.values()):
        readable = {
            name: [path for path in paths if path.type in READ[kind]]
            for name, (type_, paths) in asked.items()
            if FILED.get(type_) == kind
        }
        made = _lists(kind, {name: paths for name, paths in readable.items() if paths})
        lists += made
        for name, paths in readable.items():
            answers[name] = _answer(paths, made)
    return lists, answers


def _lists(kind: str, readable: Mapping[str, list[Path]]) -> list[Filed]:
    """Put what the same parameters select into one list, named after the one that selects least."""
    places = {way(path): path for paths in readable.values() for path in paths}
    groups: dict[frozenset[str], list[Path]] = {}
    for place, path in places.items():
        if not _inside(place, places):
            who = frozenset(name for name, paths in readable.items() if place in map(way, paths))
            groups.setdefault(who, []).append(replace(path, steps=place))
    taken: set[str] = set()
    result = []
    for who, paths in sorted(groups.items(), key=lambda each: (len(each[0]), sorted(each[0]))):
        free = sorted(who - taken or who, key=lambda name: (_rank(readable[name]), name))
        name = free[0] if free[0] not in taken else f"{free[0]}+{len(taken)}"
        taken.add(name)
        result.append(Filed(name, kind, tuple(paths)))
    return result


def _inside(place: Way, places: Mapping[Way, Path]) -> bool:
    """Tell whether a place is a part of a name or address that is filed whole."""
    above = places.get(place[:-1])
    return above is not None and above.type in ("HumanName", "Address")


def _rank(paths: list[Path]) -> tuple[bool, int]:
    return any(path.conditions for path in paths), len(paths)


def _answer(paths: list[Path], lists: list[Filed]) -> Answer:
    mine = {way(path) for path in paths}
    found = [one for one in lists if any(mine & {place, *_parts(place, mine)} for place in _places(one))]
    exact = bool(found) and all(place in mine for one in found for place in _places(one))
    exact = exact and not any(isinstance(each, Equal) for path in paths for each in path.conditions)
    names = tuple(one.name for one in found)
    unfiled = [UNFILED[name] for name in names if name in UNFILED]
    return Answer(names, exact, frozenset().union(*unfiled))


def _places(one: Filed) -> list[Way]:
    return [way(path) for path in one.paths]


def _parts(place: Way, mine: Iterable[Way]) -> list[Way]:
    return [each for each in mine if each[:-1] == place]
