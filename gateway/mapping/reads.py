"""Reads: which leaves of a field the rows look at, so that what nobody reads is counted.

A leaf is ``(component, sub-component)``; 0 stands for the whole. What a condition asks for counts as read:
it decided something. A row without a list as its target reads the first repetition only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from gateway.mapping.conditions import condition
from gateway.mapping.elements import is_primitive
from gateway.mapping.functions import FUNCTIONS
from gateway.mapping.marked import Json
from gateway.mapping.paths import Source, source, target
from gateway.mapping.rows import MapFile, Row, Step
from gateway.mapping.texts import EMPTY

Leaf = tuple[int, int]

WHOLE: Leaf = (0, 0)

MOST = 4096
"""Texts of one field that are remembered as looked through."""


@dataclass(slots=True)
class FieldReads:
    """What is read of one field: of every repetition, and of the first one besides.

    Attributes:
        seen: raw field → what :meth:`left` has found in it.
        wholes: components that are read whole, of the first repetition and of the others; None while nobody
            has asked.
    """

    every: set[Leaf] = field(default_factory=set)
    first: set[Leaf] = field(default_factory=set)
    seen: dict[str, tuple[str, ...]] = field(default_factory=dict)
    wholes: tuple[frozenset[int], frozenset[int]] | None = None

    def add(self, other: FieldReads) -> None:
        """Take over what another reads."""
        self.every |= other.every
        self.first |= other.first
        self.wholes = None

    def left(self, text: str) -> tuple[str, ...]:
        """Return the parts of a raw field that nobody reads: ``""`` for all of it, ``.5``, ``[2].4.1``."""
        known = self.seen.get(text)
        if known is None:
            if len(self.seen) >= MOST:
                self.seen.clear()
            known = self.seen[text] = tuple(self._left(text))
        return known

    def _left(self, text: str) -> Iterator[str]:
        if self.wholes is None:
            self.wholes = _wholes(self.every | self.first), _wholes(self.every)
        whole = self.wholes[0]
        for number, repetition in enumerate(text.split("~"), 1):
            if number > 1:
                whole = self.wholes[1]
            if WHOLE[0] in whole:
                continue
            for at, component in enumerate(repetition.split("^"), 1):
                if component and at not in whole and component not in EMPTY:
                    leaves = self.every | self.first if number == 1 else self.every
                    yield from _parts(component, f"[{number}].{at}" if number > 1 else f".{at}", at, leaves)


def _wholes(leaves: set[Leaf]) -> frozenset[int]:
    return frozenset([component for component, part in leaves if not part])


def _parts(component: str, name: str, at: int, leaves: set[Leaf]) -> Iterator[str]:
    parts = component.split("&")
    if len(parts) == 1:
        if (at, 1) not in leaves:
            yield name
        return
    for number, part in enumerate(parts, 1):
        if part not in EMPTY and (at, number) not in leaves:
            yield f"{name}.{number}"


class Reads:
    """What the maps read of each segment: segment → field → leaves."""

    def __init__(self, maps: Mapping[str, MapFile]) -> None:
        self._maps = maps
        self._leaves = cache(self._leaves_of)
        self.of_map = cache(self._of_map)

    def _of_map(self, name: str) -> dict[tuple[str, int], FieldReads]:
        """Return (segment, field) → what a segment map reads there."""
        found: dict[tuple[str, int], FieldReads] = {}
        for row in self._maps[name].rows:
            for key, reads in self.of_row(self._maps[name], row):
                found.setdefault(key, FieldReads()).add(reads)
        return found

    def of_step(self, step: Step, segment: str) -> dict[tuple[str, int], FieldReads]:
        """Return what a row of a message map reads itself: condition, key, search, what it merges."""
        found = merged([dict(asked(step.when, step.where))])
        same = step.find.get("same", {})
        for text in (*_texts(step.key), *same, *same.values()):
            at = source(str(text), step.where)
            if at.segment:
                reads = found.setdefault((at.segment, at.field), FieldReads())
                reads.first.add((at.component or 1, at.subcomponent))
        if step.merge.get("from"):
            at = source(step.merge["from"], step.where)
            leaves = self._leaves(step.merge.get("as", "CX[Identifier]"))
            found.setdefault((segment, at.field), FieldReads()).add(FieldReads(set(leaves)))
        return found

    def of_row(self, file: MapFile, row: Row) -> Iterator[tuple[tuple[str, int], FieldReads]]:
        """Yield what one row of a segment map reads, field by field: its sources, then its condition."""
        steps = target(file.target, row.to, row.where) if row.to and not (row.ignore or row.clears) else []
        many = any(step.many for step in steps) and not row.has_value
        for text in row.sources:
            at = source(text, row.where)
            if at.segment:
                leaves = {WHOLE} if row.ignore else self.of_source(file, row, at)
                every = row.ignore or self.at_once(row) or many
                reads = (
                    FieldReads(leaves, set()) if every and not at.repetition else FieldReads(set(), leaves)
                )
                yield (at.segment, at.field), reads
        yield from asked(row.when, row.where)

    @staticmethod
    def at_once(row: Row) -> bool:
        """Tell whether a function takes the field with all its repetitions, or the whole segment."""
        return row.convert in FUNCTIONS and FUNCTIONS[row.convert].kind in ("segment", "field")

    def of_source(self, file: MapFile, row: Row, at: Source) -> set[Leaf]:
        """Return the leaves that a row reads of the field or component it names."""
        inner = self._converted(file, row)
        if inner is None:
            whole = self._takes_whole(file, row)
            if at.component:
                return {(at.component, at.subcomponent)}
            return {WHOLE} if whole else {(1, 0)}
        if at.component:
            return {(at.component, one[0]) for one in inner}
        return inner

    def _converted(self, file: MapFile, row: Row) -> set[Leaf] | None:
        """Return the leaves of the datatype map that a row converts with, None where there is none."""
        how = self.datatype(file, row)
        return self._leaves(how) if how else None

    def datatype(self, file: MapFile, row: Row) -> str:
        """Return the name of the datatype map that a row converts with, ``""`` where there is none."""
        how = "" if row.has_value else row.convert or self._default(file, row)
        return how if how in self._maps else ""

    @staticmethod
    def _default(file: MapFile, row: Row) -> str:
        if not row.codes or not row.to or row.to == "$this":
            return ""
        made = target(file.target, row.to, row.where)[-1].type
        return {"CodeableConcept": "CWE[CodeableConcept]", "Coding": "CWE[Coding]"}.get(made, "")

    @staticmethod
    def _takes_whole(file: MapFile, row: Row) -> bool:
        if row.has_value or row.clears:
            return False
        function = FUNCTIONS.get(row.convert)
        if function is not None:
            return function.kind in ("raw", "field", "segment")
        steps = target(file.target, row.to, row.where) if row.to != "$this" else []
        return bool(steps) and not is_primitive(steps[-1].type)

    def _leaves_of(self, name: str) -> set[Leaf]:
        """Return the leaves that a datatype map reads of one repetition."""
        file = self._maps[name]
        leaves: set[Leaf] = set()
        for row in file.rows:
            for text in row.sources:
                at = source(text, row.where)
                leaves |= {WHOLE} if at.variable == "this" and row.ignore else self._of_part(file, row, at)
            leaves |= {leaf for path in paths_in(row.when, row.where) if (leaf := _leaf(path)) != WHOLE}
        key = file.key if isinstance(file.key, list) else []
        return leaves | {_leaf(source(str(text), file.where)) for text in key}

    def _of_part(self, file: MapFile, row: Row, at: Source) -> set[Leaf]:
        inner = self._converted(file, row)
        if at.variable:
            return (inner or {WHOLE}) if at.variable == "this" else set()
        if inner is None or WHOLE in inner or at.subcomponent or row.ignore:
            return {(at.component, at.subcomponent)}
        return {(at.component, one[0]) for one in inner}


def _texts(key: Json) -> Iterator[str]:
    """Yield the source paths in a key; a small letter begins the name of a resource."""
    if isinstance(key, dict):
        for inner in key.get("any", ()):
            yield from _texts(inner)
    for text in key if isinstance(key, list) else ():
        if isinstance(text, dict):
            yield from _texts(text.get("first"))
            yield from _texts([text["line"], *text.get("of", ())] if "line" in text else None)
        elif str(text)[:1].isupper():
            yield str(text)


def _leaf(at: Source) -> Leaf:
    return at.component, at.subcomponent


def paths_in(when: str, where: str) -> list[Source]:
    """Return the source paths that a condition asks for."""
    found: list[Source] = []

    def access(text: str, _: bool) -> str:
        found.append(source(text, where))
        return "''"

    if when:
        condition(when, access, where)
    return found


def asked(when: str, where: str) -> Iterator[tuple[tuple[str, int], FieldReads]]:
    """Yield the fields of segments that a condition asks for; a bare field means its first leaf."""
    for at in paths_in(when, where):
        if at.segment:
            leaf = (at.component or 1, at.subcomponent)
            yield (at.segment, at.field), FieldReads(set(), {leaf})


def merged(parts: Iterable[Mapping[tuple[str, int], FieldReads]]) -> dict[tuple[str, int], FieldReads]:
    """Return the union of what several maps read."""
    found: dict[tuple[str, int], FieldReads] = {}
    for part in parts:
        for key, reads in part.items():
            found.setdefault(key, FieldReads()).add(reads)
    return found
