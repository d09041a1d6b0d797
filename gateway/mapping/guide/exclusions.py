"""Rows of the guide that we leave out on purpose, each with its reason (``guide/exclusions/*.yaml``).

Each file is a list of ``{map, row | rows, reason, text, zh}``. ``map`` and ``rows`` may hold ``*``; a row is
named by its id (``PV1-11#4``), or by its identifier (``PV1-11``), which means all rows of that field.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from gateway.errors import Misconfigured
from gateway.mapping.guide.read import Guide, GuideCode, GuideRow, Root

REASONS = {
    "not-in-r4": "the target does not exist in FHIR R4",
    "no-source-code": "the guide names a target code only; there is nothing to map from",
    "guide-open": "the guide leaves open what is to be written",
    "guide-error": "the row contradicts the standard or itself",
    "other-way": "the meaning reaches the same resource another way",
    "elsewhere": "the meaning is kept in another resource",
    "local": "local to a realm that this gateway does not serve",
    "privacy": "written nowhere, on purpose",
    "withdrawn": "the field or code is withdrawn from HL7",
}
"""The closed list of reasons."""

_KEYS = frozenset({"map", "row", "rows", "reason", "text", "zh"})


@dataclass(slots=True, frozen=True)
class Exclusion:
    """One entry: the patterns of maps and rows that it means, and why."""

    map: str
    rows: tuple[str, ...]
    reason: str
    text: str
    zh: str = ""

    def fits(self, row: GuideRow | GuideCode) -> bool:
        """Return whether the entry means this row."""
        if not _like(self.map, row.map):
            return False
        short = row.id[len(row.map) + 1 :]
        own = row.identifier if isinstance(row, GuideRow) else row.code
        return any(_like(pattern, short) or _like(pattern, own) for pattern in self.rows)

    def names(self, row: GuideRow | GuideCode) -> bool:
        """Return whether the entry names this very row by its id."""
        return row.id[len(row.map) + 1 :] in self.rows and _like(self.map, row.map)


def _like(pattern: str, text: str) -> bool:
    """Compare with ``*`` as the only sign that means more than itself: names of maps hold brackets."""
    return re.fullmatch(".*".join(re.escape(part) for part in pattern.split("*")), text) is not None


def _entry(data: Any, where: str) -> Exclusion:
    if not isinstance(data, dict) or set(data) - _KEYS or not {"map", "reason", "text"} <= set(data):
        raise Misconfigured(f"an entry has {', '.join(sorted(_KEYS))}", where=where)
    if data["reason"] not in REASONS:
        raise Misconfigured(f"unknown reason {data['reason']!r}; known: {', '.join(REASONS)}", where=where)
    rows = data.get("rows", data.get("row"))
    if not rows:
        raise Misconfigured("an entry needs 'row' or 'rows'", where=where)
    listed = tuple(str(one) for one in (rows if isinstance(rows, list) else [rows]))
    return Exclusion(str(data["map"]), listed, data["reason"], str(data["text"]), str(data.get("zh", "")))


def read_exclusions(root: Root | None = None) -> list[Exclusion]:
    """Return the exclusions of all files, in the order of their names; none where there is no folder.

    Raises:
        Misconfigured: an entry has an unknown key or reason.
    """
    base = root if root is not None else files("mappings").joinpath("hl7v2", "guide")
    folder = base / "exclusions" if isinstance(base, Path) else base.joinpath("exclusions")
    if not folder.is_dir():
        return []
    found = []
    for path in sorted(folder.iterdir(), key=lambda one: one.name):
        if path.name.endswith(".yaml"):
            data = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader) or []
            found += [_entry(one, f"{path.name} entry {at}") for at, one in enumerate(data, 1)]
    return found


def unused(exclusions: list[Exclusion], guide: Guide) -> list[str]:
    """Return a sentence for every entry that means no row of the guide."""
    rows: list[GuideRow | GuideCode] = [*guide.rows(), *guide.codes()]
    return [
        f"exclusions: no row of the guide is {one.map} {', '.join(one.rows)}"
        for one in exclusions
        if not any(one.fits(row) for row in rows)
    ]
