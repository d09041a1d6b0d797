"""Code tables: what a source code becomes, looked up exactly, then (unless ``exact``) in any case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True, frozen=True)
class Entry:
    """What a source code becomes: a FHIR code, its display and system, and further data (a Timing).

    ``equivalence`` is that of ConceptMap (R4), ``""`` where nobody has said how close the two are. ``also``
    is what else it becomes: the other tests of a panel (``several`` of a table).
    """

    code: str
    display: str
    system: str
    extra: dict[str, Any] = field(default_factory=dict)
    equivalence: str = ""
    also: tuple[Entry, ...] = ()

    def coding(self) -> dict[str, str]:
        """Return the entry as a FHIR Coding."""
        coding = {"code": self.code}
        if self.system:
            coding = {"system": self.system, "code": self.code}
        if self.display:
            coding["display"] = self.display
        return coding


class Table:
    """One code table; ``get`` answers None for a code without a map, it never guesses.

    Attributes:
        source_system: system of a source code that names none, ``""`` where that is not known.
        source_systems: systems whose codes the table translates, none: whatever the sender uses.
        guide: official code tables that this one implements, beside the one of the same name.
        entries: source code → entry, as the files say it.
        url: canonical URL of the table as a ConceptMap.
    """

    __slots__ = (
        *("_entries", "entries", "exact", "guide", "name", "source_system", "source_systems"),
        *("target", "url"),
    )

    def __init__(
        self,
        name: str,
        target: str,
        entries: Mapping[str, Entry],
        *,
        exact: bool = False,
        source_system: str = "",
        source_systems: tuple[str, ...] = (),
        guide: tuple[str, ...] = (),
        url: str = "",
    ) -> None:
        self.name, self.target, self.source_system = name, target, source_system
        self.guide, self.exact, self.url = guide, exact, url or f"urn:qiao:conceptmap:{name}"
        named = (source_system,) if source_system and source_system not in source_systems else ()
        self.source_systems = named + source_systems
        self.entries = entries
        self._entries = dict(entries)
        if exact:
            return
        for key, entry in entries.items():
            self._entries.setdefault(key.casefold(), entry)

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, code: str) -> Entry | None:
        """Return the entry of a source code, None for a code without a map."""
        entry = self._entries.get(code)
        if entry is None:
            code = code.strip()
            entry = self._entries.get(code)
            if entry is None and not self.exact:
                entry = self._entries.get(code.casefold())
        return entry

    def disagrees(self, code: str | None, name: str | None) -> bool:
        """Tell whether a number and the name beside it become two things: neither is sure.

        A number is another in each table; a code of letters (``IV``) may well be wider than its name.
        """
        by_code = self.get(code) if code and name and code.isdigit() else None
        by_name = self.get(name) if by_code is not None and name else None
        return by_name is not None and by_code is not None and by_name.code != by_code.code

    def become(self, other: Table) -> None:
        """Say from now on what ``other`` says: the compiled maps hold this object.

        The caller sees to it that no message is being mapped meanwhile.
        """
        for name in Table.__slots__:
            setattr(self, name, getattr(other, name))
