"""The FHIRPath of search parameters: paths, choices, casts and a few conditions (R4 §3.1.1, FHIRPath 2.0).

The official expressions use a small part of the language. An expression is read into :class:`Path` objects,
each of which names JSON members one by one; what does not fit is refused, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Elements = Mapping[str, Mapping[str, Any]]
"""Type or backbone → element → type, with ``*`` for a list; of a choice JSON name → type."""


@dataclass(slots=True, frozen=True)
class Member:
    """One JSON member below an object; ``entry`` is the one of a list that is meant, None for all."""

    name: str
    many: bool
    entry: int | None = None


@dataclass(slots=True, frozen=True)
class Equal:
    """``where(name='value')`` on what has been reached."""

    name: str
    value: str


@dataclass(slots=True, frozen=True)
class Refers:
    """``where(resolve() is Type)`` on a reference."""

    type: str


Step = Member | Equal | Refers


@dataclass(slots=True, frozen=True)
class Path:
    """One way from a node to values.

    Attributes:
        steps: from the node on.
        type: FHIR type of what stands at the end; ``Resource`` for any resource.
        place: its element as the definitions name it (``"Patient.name"``).
        root: whether it begins at the resource (``%resource``) instead.
    """

    steps: tuple[Step, ...]
    type: str
    place: str
    root: bool = False

    @property
    def members(self) -> tuple[str, ...]:
        """The JSON names, without conditions."""
        return tuple(step.name for step in self.steps if isinstance(step, Member))

    @property
    def conditions(self) -> tuple[Equal | Refers, ...]:
        """The conditions, without the JSON names."""
        return tuple(step for step in self.steps if not isinstance(step, Member))


class Unreadable(ValueError):
    """An expression, or an element in it, that this reader does not know."""


_PART = re.compile(
    r"\.?(?:where\(resolve\(\) is (?P<refers>\w+)\)|where\((?P<name>\w+)='(?P<value>[^']*)'\)"
    r"|(?:as|ofType)\((?P<cast>\w+)\)|(?P<element>%?\w+)(?:\[(?P<entry>\d+)\])?)"
)
_AS = re.compile(r"\((?P<path>[\w.]+) as (?P<type>\w+)\)(?P<rest>.*)\Z")


def alternatives(expression: str) -> list[str]:
    """Return the parts of a union."""
    return [part.strip() for part in expression.split(" | ")]


def speaks_of(alternative: str, type_: str) -> bool:
    """Tell whether a part of an expression selects something of a resource type."""
    first = re.match(r"\(?([A-Z]\w+)", alternative)
    return first is None or first[1] in (type_, "Resource", "DomainResource")


def read(expression: str, base: str, elements: Elements, resource: str = "") -> Iterator[Path]:
    """Yield the paths of an expression that starts from a ``base``.

    Args:
        resource: the type of ``%resource``.

    Raises:
        Unreadable: it holds something else than what the official expressions are made of.
    """
    for alternative in alternatives(expression):
        if cast := _AS.match(alternative):
            alternative = f"{cast['path']}.as({cast['type']}){cast['rest']}"
        yield from _paths(alternative, base, elements, resource)


def _paths(text: str, base: str, elements: Elements, resource: str) -> Iterator[Path]:
    found, at = [Path((), base, base)], 0
    while at < len(text):
        part = _PART.match(text, at)
        if part is None:
            raise Unreadable(text[at:])
        if part["element"] == "%resource":
            found = [Path((), resource, resource, root=True)]
        elif part["element"] and at == 0 and part["element"][0].isupper():
            if part["element"] not in (base.partition(".")[0], "Resource", "DomainResource"):
                raise Unreadable(text)
        else:
            found = [new for path in found for new in _next(path, part, elements)]
        if not found:
            raise Unreadable(text)
        at = part.end()
    yield from found


def _next(path: Path, part: re.Match[str], elements: Elements) -> Iterator[Path]:
    if part["cast"]:
        if path.type.lower() == part["cast"].lower():  # "DateTime" stands for dateTime in one of them
            yield path
        return
    if part["refers"]:
        yield _on(path, Refers(part["refers"]), path.type, path.place)
        return
    if part["name"]:
        yield _on(path, Equal(part["name"], part["value"]), path.type, path.place)
        return
    name: str = part["element"]
    declared = elements.get(path.type, {}).get(name)
    if declared is None:
        return
    place = f"{path.type}.{name}"
    if not isinstance(declared, str):
        for member, type_ in declared.items():
            yield _on(path, Member(member, many=False), type_, place)
        return
    entry = int(part["entry"]) if part["entry"] else None
    yield _on(path, Member(name, declared.endswith("*"), entry), declared.rstrip("*"), place)


def _on(path: Path, step: Step, type_: str, place: str) -> Path:
    return Path((*path.steps, step), type_, place, path.root)
