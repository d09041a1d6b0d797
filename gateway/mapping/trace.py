"""Trace: the packed lineage of one message, expanded into one line per element that a row wrote."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TypedDict

from gateway.canonical import Translation
from gateway.canonical.lineage import unpack
from gateway.mapping.maps import Maps
from gateway.mapping.rows import Row


class Trace(TypedDict):
    """One element: which row read what and wrote where.

    ``segment`` counts from 0 within the message; ``parts`` are the datatype rows that ran for it, in order.
    """

    segment: int
    source: str
    target: str
    rule: str
    act: str
    written: bool
    parts: list[str]


class Tracer:
    """Expands lineages that one version of the maps has packed."""

    def __init__(self, maps: Maps) -> None:
        self.maps = maps

    @cached_property
    def rows(self) -> dict[str, tuple[Row, bool]]:
        """Rule id → its row, and whether it belongs to a segment map."""
        own = [file for variant in self.maps.variants.values() for file in variant.changed.values()]
        files = [*self.maps.maps.values(), *own]
        return {row.id: (row, file.is_segment) for file in files for row in file.rows}

    def trace(self, translation: Translation) -> Iterator[Trace]:
        """Yield what the maps wrote for one message, in the order in which they wrote it.

        Raises:
            ValueError: another version of the maps packed this lineage; its rule numbers mean other rows.
        """
        if translation.map_version != self.maps.version:
            raise ValueError(f"packed by map version {translation.map_version}, not {self.maps.version}")
        names = {draft.number: f"{draft.type}/{draft.id}" for draft in translation.drafts if draft.number}
        for block in unpack(translation.lineage):
            parts: list[str] = []
            for number in block.rules:
                rule = self.maps.rules[abs(number)]
                row, is_segment = self.rows[rule]
                if not is_segment:
                    parts.append(rule if number > 0 else f"!{rule}")
                    continue
                yield Trace(
                    segment=block.segment,
                    source=" | ".join(row.sources) or "constant",
                    target=f"{names.get(block.resource, '(left out)')}#{row.to}",
                    rule=rule,
                    act=self.maps.rules[block.act],
                    written=number > 0,
                    parts=parts,
                )
                parts = []
