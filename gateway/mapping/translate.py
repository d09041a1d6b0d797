"""Translate: what a code table says about one code (R4 ConceptMap-operation-translate)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from gateway.errors import Rejected
from gateway.mapping.codes import Entry, Table


@dataclass(slots=True, frozen=True)
class Match:
    """One translation.

    Attributes:
        equivalence: of ConceptMap (R4), ``relatedto`` where the table does not say how close the two are.
        coding: the target.
        source: canonical URL of the table.
    """

    equivalence: str
    coding: Mapping[str, str]
    source: str


def find(tables: Mapping[str, Table], name: str) -> Table | None:
    """Return the table of that name or canonical URL, None for none."""
    return tables.get(name) or next((one for one in tables.values() if one.url == name), None)


def equivalence(code: str, system: str, entry: Entry) -> str:
    """Return how close a code and its target are: as the table says, ``equal`` where they are the same."""
    same = bool(system) and (code, system) == (entry.code, entry.system)
    return entry.equivalence or ("equal" if same else "relatedto")


def translate(
    tables: Iterable[Table], code: str, system: str = "", *, target: str = "", reverse: bool = False
) -> list[Match]:
    """Return the translations of a code, none where no table knows it.

    Args:
        system: of ``code``; a table that names the systems of its codes translates no other.
        target: system of the translation, ``""`` for any.
        reverse: find the source codes of a target instead.
    """
    matches: list[Match] = []
    for table in tables:
        matches += _backwards(table, code, system) if reverse else _forwards(table, code, system)
    return [one for one in matches if not target or one.coding.get("system") == target]


def _forwards(table: Table, code: str, system: str) -> list[Match]:
    if system and table.source_systems and system not in table.source_systems:
        return []
    entry = table.get(code)
    if entry is None or not entry.code:
        return []
    source = system or table.source_system
    return [Match(equivalence(code, source, one), one.coding(), table.url) for one in (entry, *entry.also)]


_REVERSED = {"wider": "narrower", "narrower": "wider", "subsumes": "specializes", "specializes": "subsumes"}


def _backwards(table: Table, code: str, system: str) -> list[Match]:
    found = []
    every = ((source, one) for source, entry in table.entries.items() for one in (entry, *entry.also))
    for source, entry in every:
        if entry.code == code and system in ("", entry.system):
            close = equivalence(source, table.source_system, entry)
            coding = {"code": source}
            if table.source_system:
                coding = {"system": table.source_system, "code": source}
            found.append(Match(_REVERSED.get(close, close), coding, table.url))
    return found


def choose(tables: Mapping[str, Table], system: str) -> Collection[Table]:
    """Return the tables that say that they translate a system.

    Raises:
        Rejected: none does.
    """
    found = [one for one in tables.values() if system and system in one.source_systems]
    if not found:
        said = "no table says that it translates this system; name one by its url"
        raise Rejected(said, code="value", where="url")
    return found
