"""Code tables: one YAML file per table, looked up exactly, then (unless ``exact``) without regard to case."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from gateway.errors import Misconfigured
from gateway.mapping.rows import plain, read

TABLE_KEYS = frozenset(
    {"table", "target", "source", "note", "exact", "codes", "source_system", "guide", "__line__"}
)


@dataclass(slots=True, frozen=True)
class Entry:
    """What a source code becomes: a FHIR code, its display and system, and further data (a Timing)."""

    code: str
    display: str
    system: str
    extra: dict[str, Any] = field(default_factory=dict)

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
        guide: official code tables that this one implements, beside the one of the same name.
    """

    __slots__ = ("_entries", "guide", "name", "source_system", "target")

    def __init__(
        self,
        name: str,
        target: str,
        entries: dict[str, Entry],
        *,
        exact: bool = False,
        source_system: str = "",
        guide: tuple[str, ...] = (),
    ) -> None:
        self.name, self.target, self.source_system = name, target, source_system
        self.guide = guide
        self._entries = entries
        if exact:
            return
        for key, entry in list(entries.items()):
            entries.setdefault(key.casefold(), entry)

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, code: str) -> Entry | None:
        """Return the entry of a source code, None for a code without a map."""
        entry = self._entries.get(code)
        if entry is None:
            code = code.strip()
            entry = self._entries.get(code) or self._entries.get(code.casefold())
        return entry


def _entry(value: Any, target: str, where: str) -> Entry:
    if isinstance(value, list):
        value = {"code": value[0], "display": value[1] if len(value) > 1 else ""}
    if isinstance(value, dict):
        extra = {k: v for k, v in value.items() if k not in ("code", "display", "system")}
        code, display = str(value.get("code", "")), str(value.get("display", ""))
        return Entry(code, display, str(value.get("system", target)), extra)
    if value is None or value == "":
        raise Misconfigured("a code without a target; leave it out instead", where=where)
    text = {True: "true", False: "false"}.get(value) if isinstance(value, bool) else str(value)
    return Entry(str(text), "", target)


def table_file(path: Path | Traversable) -> Table:
    """Return one code table.

    Raises:
        Misconfigured: an unknown key or an entry without a target; names file and line.
    """
    data = read(path)
    for key in data:
        if key not in TABLE_KEYS:
            known = ", ".join(sorted(TABLE_KEYS))
            raise Misconfigured(f"unknown key {key!r}; known are {known}", where=path.name)
    target = str(data.get("target", ""))
    rows = plain(data.get("codes") or {})
    entries = {str(code): _entry(value, target, path.name) for code, value in rows.items()}
    exact = str(data.get("exact", "false")).lower() == "true"
    name = str(data.get("table", path.name.removesuffix(".yaml")))
    system = str(data.get("source_system", ""))
    guide = data.get("guide") or []
    official = tuple(str(one) for one in (guide if isinstance(guide, list) else [guide]))
    return Table(name, target, entries, exact=exact, source_system=system, guide=official)
