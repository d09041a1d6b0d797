"""Concepts: what is known of one code system (R4 §4.8, CodeSystem)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

Json = dict[str, Any]
Value = str | bool | int | float
"""A property's value; a Coding stands as its code."""


@dataclass(slots=True, frozen=True)
class Designation:
    """Another name of a concept: ``language`` is ``""`` and ``use`` None where nobody says."""

    value: str
    language: str = ""
    use: Mapping[str, str] | None = None


@dataclass(slots=True, frozen=True)
class Concept:
    """One concept.

    Attributes:
        code: as the code system spells it.
        display: ``""`` where it has none.
        properties: (code, value), a code once for each of its values; parents and children stand apart.
    """

    code: str
    display: str = ""
    designations: tuple[Designation, ...] = ()
    properties: tuple[tuple[str, Value], ...] = ()
    parents: tuple[str, ...] = ()
    children: tuple[str, ...] = ()

    def values(self, property: str) -> list[Value]:
        """Return the values of a property, the ones that every code system has included (R4 §4.8.9)."""
        match property:
            case "code" | "concept":
                return [self.code]
            case "display":
                return [self.display] if self.display else []
            case "parent":
                return list(self.parents)
            case "child":
                return list(self.children)
            case _:
                return [value for name, value in self.properties if name == property]

    @property
    def abstract(self) -> bool:
        """Whether it only groups others and is not to be chosen."""
        return True in self.values("notSelectable")

    @property
    def inactive(self) -> bool:
        """Whether it is no longer to be used."""
        if True in self.values("inactive"):
            return True
        return any(value in ("retired", "inactive") for value in self.values("status"))


class Concepts(Protocol):
    """A code system as far as it is known here; an enumerated one, or one that checks by grammar."""

    @property
    def url(self) -> str:
        """Its canonical URL."""
        ...

    @property
    def version(self) -> str:
        """Its version, ``""`` where nobody says."""
        ...

    @property
    def name(self) -> str:
        """Its title."""
        ...

    @property
    def complete(self) -> bool:
        """Whether what is not found does not exist."""
        ...

    @property
    def count(self) -> int | None:
        """How many concepts it has; None where they cannot be counted."""
        ...

    @property
    def hierarchy(self) -> bool:
        """Whether a parent subsumes its children (``hierarchyMeaning`` is is-a, or nobody says)."""
        ...

    def has(self, code: str) -> bool | None:
        """Return whether ``code`` is one of its codes; None where that is not known."""
        ...

    def spelling(self, code: str) -> str | None:
        """Return the code as the code system spells it, None where it is not found."""
        ...

    def concept(self, code: str) -> Concept | None:
        """Return the concept, None where it is not found."""
        ...

    def display(self, code: str) -> str | None:
        """Return the display, None where there is none."""
        ...

    def displays(self, code: str) -> tuple[str, ...]:
        """Return the display and all designations, in all languages."""
        ...

    def abstract(self, code: str) -> bool:
        """Return whether a code only groups others and is not to be chosen."""
        ...

    def each(self) -> Iterator[Concept]:
        """Yield all concepts in their order; nothing where they cannot be counted."""
        ...


class Named:
    """What follows from :meth:`concept`."""

    def concept(self, code: str) -> Concept | None:
        """Return the concept, None where it is not found."""
        raise NotImplementedError

    def display(self, code: str) -> str | None:
        """Return the display, None where there is none."""
        found = self.concept(code)
        return (found.display or None) if found else None

    def displays(self, code: str) -> tuple[str, ...]:
        """Return the display and all designations, in all languages."""
        found = self.concept(code)
        if found is None:
            return ()
        said = [found.display, *(one.value for one in found.designations)]
        return tuple(dict.fromkeys(text for text in said if text))

    def abstract(self, code: str) -> bool:
        """Return whether a code only groups others and is not to be chosen."""
        found = self.concept(code)
        return found is not None and found.abstract


class Defined(Named):
    """A code system that stands in a CodeSystem resource."""

    def __init__(self, artefact: Json) -> None:
        """Read a CodeSystem as parsed JSON."""
        self.url: str = artefact["url"]
        self.version: str = artefact.get("version", "")
        self.name: str = artefact.get("title") or artefact.get("name", "")
        self.complete: bool = artefact.get("content") == "complete"
        self.hierarchy: bool = artefact.get("hierarchyMeaning", "is-a") == "is-a"
        self._json: dict[str, Json] = {}
        self._parents: dict[str, dict[str, None]] = {}
        self._children: dict[str, dict[str, None]] = {}
        self._read(artefact.get("concept", ()), "")
        self._relate()
        # CodeSystem.caseSensitive: where it is left open, codes are accepted in any case.
        exact = artefact.get("caseSensitive") is True
        self._folded = {} if exact else {code.casefold(): code for code in reversed(self._json)}

    @property
    def count(self) -> int | None:
        """How many concepts it has."""
        return len(self._json)

    def has(self, code: str) -> bool | None:
        """Return whether ``code`` is one of its codes; None: it is not listed, and not all are."""
        if self.spelling(code) is not None:
            return True
        return False if self.complete else None

    def spelling(self, code: str) -> str | None:
        """Return the code as it stands in the resource."""
        return code if code in self._json else self._folded.get(code.casefold())

    def concept(self, code: str) -> Concept | None:
        """Return the concept, None where it is not found."""
        spelled = self.spelling(code)
        if spelled is None:
            return None
        found = self._json[spelled]
        return Concept(
            spelled,
            found.get("display", ""),
            tuple(designations(found.get("designation", ()))),
            tuple(properties(found)),
            tuple(self._parents.get(spelled, ())),
            tuple(self._children.get(spelled, ())),
        )

    def each(self) -> Iterator[Concept]:
        """Yield all concepts in the order of the resource, children after their parent."""
        return (found for code in self._json if (found := self.concept(code)) is not None)

    def _read(self, concepts: Iterable[Json], parent: str) -> None:
        # Not recursive: nobody bounds how deep a user's file nests.
        waiting = [(one, parent) for one in concepts][::-1]
        while waiting:
            concept, parent = waiting.pop()
            code = concept["code"]
            self._json.setdefault(code, concept)
            if parent:
                self._link(parent, code)
            waiting.extend([(one, code) for one in concept.get("concept", ())][::-1])

    def _relate(self) -> None:
        """Add the relations that stand in properties, because a concept can be nested only once."""
        for code, concept in self._json.items():
            for name, value in _pairs(concept):
                if name in ("parent", "subsumedBy"):
                    self._link(str(value), code)
                elif name == "child":
                    self._link(code, str(value))

    def _link(self, parent: str, child: str) -> None:
        if parent in self._json or child in self._json:
            self._children.setdefault(parent, {})[child] = None
            self._parents.setdefault(child, {})[parent] = None


def designations(found: Iterable[Json]) -> Iterator[Designation]:
    """Yield the designations of a concept of a CodeSystem or of a ValueSet's compose."""
    for one in found:
        yield Designation(one["value"], one.get("language", ""), one.get("use"))


def _pairs(concept: Json) -> Iterator[tuple[str, Value]]:
    for one in concept.get("property", ()):
        value = next((value for name, value in one.items() if name.startswith("value")), None)
        if isinstance(value, dict):
            value = value.get("code")
        if value is not None:
            yield one["code"], value


def properties(concept: Json) -> Iterator[tuple[str, Value]]:
    """Yield (code, value) of the properties of a concept, without its relations."""
    return ((name, value) for name, value in _pairs(concept) if name not in ("parent", "child", "subsumedBy"))
