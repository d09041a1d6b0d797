"""Layout files: ``mappings/rows/prescription.yaml``, ``mappings/cda/C0004.yaml`` (docs/add-a-layout.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from gateway.errors import Misconfigured
from gateway.mapping.includes import Block, spliced
from gateway.mapping.layout.columns import Columns
from gateway.mapping.layout.like import liked
from gateway.mapping.layout.naming import Naming
from gateway.mapping.layout.place import ROOT, Place, read_places
from gateway.mapping.marked import Json, plain, read
from gateway.mapping.rows import MapFile, MessageFile, Step, own_rows, spliced_steps

KEYS = frozenset(
    {"rows", "xml", "cda", "astm", "as", "title", "title_zh", "match", "namespaces", "head", "segments"}
    | {"places", "steps", "requires", "focus", "event_at", "columns", "source", "note", "view", "key"}
    | {"changed", "details", "withdrawn", "answer", "like", "without", "several", "codes"}
    | {"ignored", "__line__"}
)
KINDS = {"rows": "ROWS", "xml": "XML", "cda": "CDA", "astm": "ASTM"}
"""Key that names a layout → first part of its event."""

HEADER = {"sender": 3, "facility": 4, "time": 7, "control": 10, "processing": 11, "country": 17}
"""What ``head`` says of the message → field of MSH."""


@dataclass(slots=True)
class LayoutFile:
    """One layout.

    Attributes:
        kind: ``rows``, ``xml``, ``cda`` or ``astm``.
        name: which record it is for: ``"prescription"``, ``"C0004"``.
        event: ``"ROWS^prescription"``; the message map is found by it.
        follows: event of the message map that works it (``"RDE^O11"``), ``""``: its own steps do.
        root: where everything stands.
        header: the columns of MSH.
        namespaces: prefix → URI, for XPath.
        match: XPath that says whether a document is one (xml); of ``astm`` it is in ``data``.
        several: each patient is followed by what belongs to it, so there may be more than one (xml).
        columns: column → what is said of it (rows).
        message: its message map; of one that follows another, the steps beside those.
        maps: the segment maps that stand in it.
    """

    kind: str
    name: str
    where: str
    event: str
    follows: str
    root: Place
    header: Columns
    namespaces: Mapping[str, str]
    match: str
    columns: Mapping[str, Mapping[str, Json]]
    message: MessageFile
    maps: dict[str, MapFile] = field(default_factory=dict)
    data: Mapping[str, Json] = field(default_factory=dict)
    several: bool = False


@dataclass(slots=True)
class _Reader:
    """One file while it is being read."""

    name: str
    event: str
    file: str
    root: Place
    types: dict[str, str]
    follows: str = ""
    maps: dict[str, MapFile] = field(default_factory=dict)
    places: dict[str, Place] = field(init=False)

    def __post_init__(self) -> None:
        self.places = {one.name: one for one in self.root.all()}

    def step(self, data: dict[str, Any], file: str) -> dict[str, Any]:
        """Return a row of the message map as those of HL7 v2 are written."""
        where = f"{file}:{data.get('__line__', 0)}"
        at = str(data.get("at", ""))
        place = self.places.get(at.partition(".")[0])
        if place is None:
            return data
        naming, made = Naming(place, list(self.places.values())), dict(data)
        made["at"] = self.at(place, at)
        if "when" in data:
            made["when"] = naming.condition(str(data["when"]), where)
        if "key" in data:
            made["key"] = naming.key(plain(data["key"]), {*self.types}, where)
        if "merge" in data and "from" in data["merge"]:
            made["merge"] = {**data["merge"], "from": naming.path(str(data["merge"]["from"]), where)}
        if "rows" in made:
            type_ = str(data.get("make") or self.types.get(str(data.get("into", "")), ""))
            made["map"] = self.map(place, type_, made.pop("rows"), naming, where)
        if isinstance(data.get("element"), dict):
            inner = data["element"]
            made["element"] = self.map(place, str(inner.get("to", "")), inner.get("rows"), naming, where)
        return made

    def at(self, place: Place, text: str) -> str:
        """Return the place as the structure names it: a place alone is the segment of its own columns.

        The structure of a message that is followed knows none of our places: their segments are told by name.
        """
        segment = text.partition(".")[2] or place.own.segment
        return segment if place.name == ROOT or self.follows else f"{place.name}.{segment}"

    def map(self, place: Place, target: str, rows: Json, naming: Naming, where: str) -> str:
        """Take the rows of a step as a segment map; return its name."""
        if not target:
            raise Misconfigured("'rows' fill what 'make' or 'into' names", where=where)
        name, number = f"{self.name}.{place.name}[{target}]", 1
        while name in self.maps:
            number += 1
            name = f"{self.name}.{place.name}[{target}-{number}]"
        used = Counter[str]()
        made = [self.row(dict(one), naming, used) for one in rows or () if isinstance(one, dict)]
        listed = own_rows(name, made, self.file)
        self.maps[name] = MapFile(name, self.file, True, place.own.segment, target, listed)
        return name

    def row(self, data: dict[str, Any], naming: Naming, used: Counter[str]) -> dict[str, Any]:
        """Return a row of a segment map; without an id it is called as the column that it reads."""
        where = f"{self.file}:{data.get('__line__', 0)}"
        if "from" in data:
            said = data["from"]
            if "id" not in data:
                base = str(said[0] if isinstance(said, list) else said)
                used[base] += 1
                data["id"] = base if used[base] == 1 else f"{base}#{used[base]}"
            data["from"] = naming.paths(said, where)
        if "when" in data:
            data["when"] = naming.condition(str(data["when"]), where)
        return data


def layout_file(
    path: Path | Traversable,
    blocks: Mapping[str, Block] | None = None,
    messages: Mapping[str, MessageFile] | None = None,
) -> LayoutFile:
    """Return one layout.

    Args:
        blocks: what its steps may include, by name.
        messages: the message maps that it may follow, by event.

    Raises:
        Misconfigured: a key, row, place, column or id is wrong; names file and line.
    """
    data = liked(read(path), path)
    if unknown := set(data) - KEYS:
        raise Misconfigured(
            f"unknown key {min(unknown)!r}; known are {', '.join(sorted(KEYS - {'__line__'}))}",
            where=path.name,
        )
    kinds = [kind for kind in KINDS if data.get(kind)]
    if len(kinds) != 1:
        raise Misconfigured("a layout begins with rows, xml, cda or astm and its name", where=path.name)
    kind, name = kinds[0], str(data[kinds[0]])
    event = f"{KINDS[kind]}^{name}"
    root = read_places(data, path.name)
    rows = [
        dict(one.data) | {"__file__": one.file, "__block__": one.block}
        for one in _spliced(data, path.name, blocks or {})
    ]
    followed = (messages or {}).get(str(data.get("as", "")))
    types = {one.name: one.make for one in (followed.steps if followed else ()) if one.make}
    types |= {str(row["as"]): str(row["make"]) for row in rows if "as" in row and "make" in row}
    reader = _Reader(name, event, path.name, root, types, str(data.get("as", "")))
    steps = _steps(reader, event, rows)
    header = Columns("MSH")
    for key, text in (plain(data.get("head")) or {}).items():
        if key not in HEADER:
            raise Misconfigured(f"head has {', '.join(HEADER)}, not {key!r}", where=path.name)
        header.fixed(HEADER[key], str(text), path.name)
    if data.get("view"):
        _check_columns(plain(data), root, header, path.name)
    naming = Naming(root, list(root.all()))
    events = data.get("event_at") or []
    message = MessageFile(
        structure=event,
        where=path.name,
        events=(event,),
        requires=plain(data.get("requires") or {}),
        event_at=tuple(naming.path(str(one), path.name) for one in events) or ("MSH-7",),
        steps=steps,
        focus=tuple(str(one) for one in data.get("focus") or ()),
    )
    return LayoutFile(
        kind, name, path.name, event, str(data.get("as", "")), root, header,
        plain(data.get("namespaces") or {}), str(data.get("match", "")) if kind == "xml" else "",
        plain(data.get("columns") or {}), message, reader.maps, plain(data),
        _several(data, path.name),
    )  # fmt: skip


def _several(data: Mapping[str, Any], file: str) -> bool:
    """Tell whether a document may tell of several patients, each with what belongs to it."""
    said = data.get("several")
    if said not in (None, "patients"):
        raise Misconfigured(f"several is patients, or left out, not {said!r}", where=file)
    return said is not None


def _check_columns(data: Mapping[str, Any], root: Place, header: Columns, file: str) -> None:
    """Refuse a column that no view of the template has: what stands in it would never be read.

    Raises:
        Misconfigured: there is one; names it and those that there are.
    """
    own = set(data.get("columns") or {})
    inside = {name: set(said.get("columns") or {}) for name, said in (data.get("details") or {}).items()}
    for place in root.all():
        above = {f"{ROOT}.{name}" for name in own}
        known = (own if place is root else inside.get(place.at, set())) | above
        for columns in (*place.segments, place.own, *((header,) if place is root else ())):
            for path in (path for one in columns.known.values() for path in one.paths()):
                if path not in known:
                    said = f"there is no column {path!r}; {place.name} has {', '.join(sorted(known))}"
                    raise Misconfigured(said, where=file)


def _spliced(data: Mapping[str, Any], file: str, blocks: Mapping[str, Block]) -> list[Any]:
    rows = data.get("steps") or []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Misconfigured("'steps' takes a list of {…}", where=file)
    return list(spliced(rows, file, blocks))


def _steps(reader: _Reader, event: str, rows: list[dict[str, Any]]) -> list[Step]:
    made = []
    for row in rows:
        file, block = str(row.pop("__file__")), str(row.pop("__block__"))
        made.append((reader.step(row, file), file, block))
    return spliced_steps(event.replace("^", "."), made)
