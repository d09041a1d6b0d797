"""Backwards: code tables of the way in, read from their target to their source.

Of several source codes that become one target the first in the file goes out: the standard's own stands
before the spellings of single systems. A code that no source code becomes keeps its own coding.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.mapping.codes import Table


class Backwards:
    """One table, read backwards."""

    def __init__(self, table: Table) -> None:
        self._systems = frozenset(table.source_systems)
        self._source = table.source_system or next(iter(table.source_systems), "")
        self._by_coding: dict[tuple[str, str], str] = {}
        self._by_code: dict[str, str] = {}
        self._timings: list[tuple[str, Mapping[str, Any]]] = []
        for source, entry in table.entries.items():
            if entry.code:
                self._by_coding.setdefault((entry.system, entry.code), source)
                self._by_code.setdefault(entry.code, source)
            if "timing" in entry.extra:
                self._timings.append((source, entry.extra["timing"]))
        self._sources = frozenset(table.entries)

    def code(self, code: str) -> str | None:
        """Return the source code of a plain code, None where there is none."""
        return self._by_code.get(code)

    def coding(self, coding: Mapping[str, Any]) -> str | None:
        """Return the source code of a Coding, None where none becomes it."""
        return self._by_coding.get((str(coding.get("system", "")), str(coding.get("code", ""))))

    def timing(self, repeat: Mapping[str, Any]) -> str | None:
        """Return the source code whose rhythm this is, None where none has it."""
        return next((source for source, timing in self._timings if dict(timing) == dict(repeat)), None)

    def meaning(self, source: str) -> Mapping[str, Any] | None:
        """Return the rhythm of a source code, None where the table gives it none."""
        return next((timing for other, timing in self._timings if other == source), None)

    def concept(self, concept: Mapping[str, Any]) -> str | None:
        """Return the one source code of a CodeableConcept: as it is said, else as the table has it."""
        codings = [one for one in concept.get("coding", ()) if isinstance(one, dict) and one.get("code")]
        for one in codings:
            if one.get("system") in self._systems:
                return str(one["code"])
        found = next((code for one in codings if (code := self.coding(one))), None)
        text = str(concept.get("text", ""))
        return found or (text if text in self._sources else None)

    def arranged(self, concept: Mapping[str, Any]) -> dict[str, Any]:
        """Return a CodeableConcept as its source said it: without what the table added beside it."""
        codings = [one for one in concept.get("coding", ()) if isinstance(one, dict)]
        own = [one for one in codings if self.coding(one) is None]
        if not own and codings and (source := self.coding(codings[0])):
            text = str(concept.get("text", ""))
            if source == text:  # the words themselves were the code
                return {"text": text}
            first = {"code": source, "display": text or codings[0].get("display", "")}
            own = [first | ({"system": self._source} if self._source else {})]
        return {**concept, "coding": own or codings}
