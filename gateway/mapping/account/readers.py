"""Readers: which rules may read a segment at its place, whether they wrote anything or not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace

from gateway.mapping.account.leaves import CONDITION, HEADER, Reader
from gateway.mapping.acts import segment_of
from gateway.mapping.apply import HEADER_KNOWN
from gateway.mapping.paths import source
from gateway.mapping.places import MessageMap, Place
from gateway.mapping.reads import WHOLE, FieldReads, Reads, asked
from gateway.mapping.rows import MapFile


def places_of(plan: MessageMap) -> list[Place]:
    """Return all places of a message map."""
    return [*plan.places.values(), *plan.extras.values()]


class Readers:
    """The rules that may read, by place; put together once for each."""

    def __init__(self, files: Mapping[str, MapFile], reads: Reads) -> None:
        self._files, self._reads = files, reads
        self._readers: dict[tuple[int, int, str], dict[int, list[Reader]]] = {}

    def of_place(self, plan: MessageMap, place: Place | None, segment: str) -> dict[int, list[Reader]]:
        """Return, by field, the rules that may read a segment at its place."""
        key = (id(plan), id(place), segment)
        if key not in self._readers:
            found: dict[int, list[Reader]] = defaultdict(list)
            for (name, number), reader in self._readers_of(plan, place, segment):
                if name == segment:
                    found[number].append(reader)
            self._readers[key] = dict(found)
        return self._readers[key]

    def _readers_of(
        self, plan: MessageMap, place: Place | None, segment: str
    ) -> Iterator[tuple[tuple[str, int], Reader]]:
        whole = FieldReads({WHOLE}, set())
        if segment == "MSH":
            yield from (((segment, number), Reader("gateway", whole, HEADER)) for number in HEADER_KNOWN)
        for path in plan.file.event_at:
            at = source(path, plan.file.where)
            reads = FieldReads(set(), {(at.component or 1, at.subcomponent)})
            yield (at.segment, at.field), Reader("event_at", reads, CONDITION)
        here = {act.step.id for act in place.acts} if place else set()
        seen: set[str] = set()
        for act in (act for other in places_of(plan) for act in other.acts):
            standing = segment_of(act.step.at)
            if act.step.id in seen or (act.step.id not in here and standing == segment):
                continue
            seen.add(act.step.id)
            for where, reads in self._reads.of_step(act.step, standing).items():
                yield where, Reader(act.step.id, reads, CONDITION)
            for name in (act.step.map, act.step.element):
                yield from self._readers_in(name) if name else ()

    def _readers_in(self, name: str) -> Iterator[tuple[tuple[str, int], Reader]]:
        file = self._files[name]
        for row in file.rows:
            for where, reads in self._reads.of_row(file, replace(row, when="")):
                yield where, Reader(row.id, reads)
            for where, reads in asked(row.when, row.where):
                yield where, Reader(row.id, reads, CONDITION)
