"""Chosen: which sender profile a message gets.

By what its header calls the sender, else by what only such senders write, else by its door. Many leave MSH-3
empty or put the name of an instrument there: what came in by the laboratory's door must not own the patients
of the hospital for that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from gateway.wire import er7

if TYPE_CHECKING:
    from gateway.mapping.senders import Profile

HEADER = re.compile(r"MSH-([3-9]|1\d|2[0-5])")
"""A field of the header, of which the first component counts."""

PART = re.compile(r"([A-Z][A-Z0-9]{2})-([1-9]\d?)(?:\.([1-9]\d?))?")
"""A field or component of the header, or of the first segment of that name."""

DOOR = "door"
"""In the place of a field: the id of the adapter."""

_NAMES = frozenset({"MSH-3", "MSH-4", "MSH-5", "MSH-6", "MSH-21"})
"""What a header calls sender, receiver and agreement; that goes before what the rest looks like."""

Patterns = Mapping[str, str]


@dataclass(slots=True, frozen=True)
class Choice:
    """A profile, and what a message must look like inside to get it.

    Attributes:
        inside: segment, field and component (0: the whole) → pattern.
    """

    profile: Profile
    inside: tuple[tuple[str, int, int, str], ...] = ()

    def fits(self, message: er7.Message) -> bool:
        """Tell whether a message looks like one of this sender."""
        return all(fnmatchcase(_part(message, at), at[3]) for at in self.inside)


def _part(message: er7.Message, place: tuple[str, int, int, str]) -> str:
    """Return a part of the first segment of that name; nobody has read it for that."""
    segment, field, component, _ = place
    fields = next((one.fields for one in message.segments if one.name == segment), None)
    if fields is None or len(fields) <= field:
        return ""
    text = fields[field].split(message.separators.repetition, 1)[0]
    if component:
        parts = text.split(message.separators.component)
        text = parts[component - 1] if len(parts) >= component else ""
    return "" if text.strip() == '""' else text.strip()


def choices(profiles: Iterable[Profile], header: Patterns, adapter: str) -> list[Choice]:
    """Return the profiles that may fit, the best first; the last one fits whatever is inside.

    Args:
        header: ``"MSH-3"`` → first component.
        adapter: id of the door.
    """
    known = list(profiles)
    fitting = [
        ((*_rank(patterns), one.id), Choice(one, _inside(patterns)))
        for one in known
        for patterns in one.match
        if _fits(patterns, header, adapter)
    ]
    found = [choice for _, choice in sorted(fitting, key=lambda two: two[0], reverse=True)]
    doors = [(pattern, one) for one in known for pattern in one.adapters if fnmatchcase(adapter, pattern)]
    if doors:
        found.append(Choice(max(doors, key=lambda two: (len(two[0]), two[1].id))[1]))
    whole = next((at for at, one in enumerate(found) if not one.inside), len(found))
    return found[: whole + 1]


def choose(profiles: Iterable[Profile], header: Patterns, adapter: str) -> Profile | None:
    """Return the profile of a sender of whom no more than the header is known."""
    return next((one.profile for one in choices(profiles, header, adapter) if not one.inside), None)


def _fits(patterns: Patterns, header: Patterns, adapter: str) -> bool:
    for name, pattern in patterns.items():
        if name == DOOR:
            fits = fnmatchcase(adapter, pattern)
        else:
            fits = HEADER.fullmatch(name) is None or fnmatchcase(header.get(name, ""), pattern)
        if not fits:
            return False
    return bool(patterns)


def _rank(patterns: Patterns) -> tuple[int, int]:
    """Return how much patterns say: names, then what is there; that something is missing says least."""
    named = sum(1 for name in patterns if name in _NAMES)
    rest = sum(1 for name, one in patterns.items() if name not in _NAMES and name != DOOR and one)
    return named, named + rest


def _inside(patterns: Patterns) -> tuple[tuple[str, int, int, str], ...]:
    inside = []
    for name, pattern in patterns.items():
        found = None if name == DOOR or HEADER.fullmatch(name) else PART.fullmatch(name)
        if found is not None:
            inside.append((found[1], int(found[2]), int(found[3] or 0), pattern))
    return tuple(inside)
