"""Rows: the map files as data, every row with its file and line (the format: docs/add-a-mapping.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from gateway.errors import Misconfigured
from gateway.mapping.includes import Block, Spliced, spliced
from gateway.mapping.marked import Json, plain, read

MAP_KEYS = frozenset({"map", "rows", "key", "requires", "memo", "guide", "source", "note"})
ROW_KEYS = frozenset(
    {"id", "from", "when", "to", "as", "codes", "value", "with", "fill", "clear", "ignore", "guide", "note"}
)
MESSAGE_KEYS = frozenset(
    {"message", "events", "requires", "focus", "event_at", "rows", "guide", "source", "note"}
)
STEP_KEYS = frozenset(
    {
        "id",
        "at",
        "when",
        "map",
        "make",
        "per",
        "into",
        "as",
        "key",
        "link",
        "append",
        "element",
        "merge",
        "find",
        "form",
        "again",
        "only",
        "owns",
        "moves",
        "guide",
        "note",
    }
)


FORMS = ("message", "source")
"""What a message may be written out as, beside its resources; the rows of a form are worked for it only."""


@dataclass(slots=True)
class Row:
    """One row of a segment or datatype map; the attributes are the keys of docs/add-a-mapping.md."""

    id: str
    where: str
    sources: tuple[str, ...]
    to: str
    when: str = ""
    convert: str = ""
    codes: str = ""
    value: Json = None
    has_value: bool = False
    constants: Mapping[str, Json] = field(default_factory=dict)
    fill: bool = False
    clear: bool = True
    clears: bool = False
    ignore: str = ""
    guide: tuple[str, ...] = ()


@dataclass(slots=True)
class MapFile:
    """One segment or datatype map: ``source`` is ``PID`` or ``CX``, ``target`` a FHIR type."""

    name: str
    where: str
    is_segment: bool
    source: str
    target: str
    rows: list[Row]
    key: Json = None
    requires: tuple[str, ...] = ()
    memo: bool = False
    guide: tuple[str, ...] = ()


@dataclass(slots=True)
class Step:
    """One row of a message map."""

    id: str
    where: str
    at: str
    when: str = ""
    map: str = ""
    make: str = ""
    per: str = ""
    into: str = ""
    name: str = ""
    key: Json = None
    link: Mapping[str, str] = field(default_factory=dict)
    append: Mapping[str, str] = field(default_factory=dict)
    element: str = ""
    merge: Mapping[str, str] = field(default_factory=dict)
    find: Mapping[str, Json] = field(default_factory=dict)
    form: str = ""
    again: str = "same"
    only: str = ""
    owns: bool = False
    moves: bool = False
    guide: tuple[str, ...] = ()
    included: bool = False


@dataclass(slots=True)
class MessageFile:
    """One message map."""

    structure: str
    where: str
    events: tuple[str, ...]
    requires: Mapping[str, str]
    event_at: tuple[str, ...]
    steps: list[Step]
    guide: tuple[str, ...] = ()
    focus: tuple[str, ...] = ()


def _known(data: Mapping[str, Any], allowed: frozenset[str], where: str) -> None:
    for key in data:
        if key not in allowed and key != "__line__":
            raise Misconfigured(f"unknown key {key!r}; known are {', '.join(sorted(allowed))}", where=where)


def _tuple(value: Json) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(str(v) for v in value) if isinstance(value, list) else (str(value),)


def _flag(data: Mapping[str, Any], key: str, default: bool, where: str) -> bool:
    return _one_of(data, key, ("true", "false") if default else ("false", "true"), where) == "true"


def _unique(items: list[Row] | list[Step], where: str) -> None:
    seen: dict[str, str] = {}
    for item in items:
        if item.id in seen:
            raise Misconfigured(f"duplicate row id {item.id!r}, first at {seen[item.id]}", where=item.where)
        seen[item.id] = item.where


def _numbered(raw: list[dict[str, Any]], default: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give each row its id: the written one, or what it reads from, with a number if that repeats."""
    used: dict[str, int] = {}
    for data in raw:
        if "id" in data:
            yield str(data["id"]), data
            continue
        sources = _tuple(data.get(default))
        base = sources[0] if sources else "value"
        used[base] = used.get(base, 0) + 1
        yield (base if used[base] == 1 else f"{base}#{used[base]}"), data


def _row(name: str, ident: str, data: dict[str, Any], file: str) -> Row:
    where = f"{file}:{data.get('__line__', 0)}"
    _known(data, ROW_KEYS, where)
    clears = data.get("clear") == "always"
    if "from" in data and not _tuple(data["from"]):
        raise Misconfigured("'from' names nothing", where=where)
    if not isinstance(data.get("with", {}), dict):
        raise Misconfigured("'with' takes elements and their values: {use: home}", where=where)
    if "from" not in data and "value" not in data and not clears:
        raise Misconfigured("a row needs 'from' or 'value'", where=where)
    if "to" not in data and "ignore" not in data:
        raise Misconfigured("a row needs 'to' or 'ignore'", where=where)
    return Row(
        id=f"{name}/{ident}",
        where=where,
        sources=_tuple(data.get("from")),
        to=str(data.get("to", "")),
        when=str(data.get("when", "")),
        convert=str(data.get("as", "")),
        codes=str(data.get("codes", "")),
        value=plain(data.get("value")),
        has_value="value" in data,
        constants=plain(data.get("with", {})),
        fill=_flag(data, "fill", False, where),
        clear=_one_of(data, "clear", ("true", "false", "always"), where) != "false",
        clears=clears,
        ignore=str(data.get("ignore", "")),
        guide=_tuple(data.get("guide")),
    )


def own_rows(name: str, raw: Json, file: str) -> list[Row]:
    """Return rows that stand elsewhere than in the file of their map; ``name`` is the map.

    Raises:
        Misconfigured: they are no rows; names file and line.
    """
    return [_row(name, ident, row, file) for ident, row in _numbered(_listed({"rows": raw}, file), "from")]


def own_steps(structure: str, raw: Json, file: str, *, included: bool) -> list[Step]:
    """Return rows of a message map that stand elsewhere than in its file.

    Args:
        included: they give way where the message has no such place or makes no such resource.

    Raises:
        Misconfigured: they are no rows; names file and line.
    """
    rows = _numbered(_listed({"rows": raw}, file), "at")
    return [_step(structure, ident, Spliced(row, file, "own" if included else "")) for ident, row in rows]


def map_file(path: Path | Traversable, *, is_segment: bool) -> MapFile:
    """Return one segment or datatype map.

    Raises:
        Misconfigured: a key, row or id is wrong; names file and line.
    """
    data = read(path)
    _known(data, MAP_KEYS, path.name)
    name = str(data.get("map", ""))
    source, bracket, target = name.partition("[")
    if not bracket or not target.endswith("]"):
        raise Misconfigured('expected map: "SOURCE[Target]"', where=path.name)
    rows = [_row(name, ident, row, path.name) for ident, row in _numbered(_listed(data, path.name), "from")]
    _unique(rows, path.name)
    return MapFile(
        name=name,
        where=path.name,
        is_segment=is_segment,
        source=source,
        target=target[:-1].partition("-")[0],
        rows=rows,
        key=plain(data.get("key")),
        requires=_tuple(data.get("requires")),
        memo=_flag(data, "memo", False, path.name),
        guide=_tuple(data.get("guide")),
    )


def _steps(structure: str, rows: list[Spliced]) -> list[Step]:
    """Return the rows of a message map; the id of an included one begins with the name of its block."""
    own = [one.data for one in rows if not one.block]
    idents = {id(data): ident for ident, data in _numbered(own, "at")}
    for name in {one.block for one in rows if one.block}:
        inside, used = [one.data for one in rows if one.block == name], Counter[str]()
        for ident, data in _numbered(inside, "at"):
            used[ident] += 1  # a block may be included twice, for two groups
            again = f"#{used[ident]}" if used[ident] > 1 else ""
            idents[id(data)] = f"{name}.{ident}{again}"
    return [_step(structure, idents[id(one.data)], one) for one in rows]


def spliced_steps(structure: str, rows: list[tuple[dict[str, Any], str, str]]) -> list[Step]:
    """Return rows of a message map that stand in another kind of file.

    Args:
        rows: each with the file it stands in and its block (``""`` for an own row).

    Raises:
        Misconfigured: one is no row, or an id comes twice; names file and line.
    """
    made = _steps(structure, [Spliced(data, file, block) for data, file, block in rows])
    _unique(made, structure)
    return made


def _one_of(data: Mapping[str, Any], name: str, choices: tuple[str, ...], where: str) -> str:
    value = str(data.get(name, choices[0])).lower()
    if value not in choices:
        known = ", ".join(choice for choice in choices if choice)
        raise Misconfigured(f"{name} is one of {known}, not {value!r}", where=where)
    return value


def _listed(data: Mapping[str, Any], where: str) -> list[dict[str, Any]]:
    """Return the rows of a file, each a mapping."""
    rows = data.get("rows") or []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Misconfigured("'rows' takes a list of {…}", where=where)
    return rows


def _step(structure: str, ident: str, row: Spliced) -> Step:
    data = row.data
    where = f"{row.file}:{data.get('__line__', 0)}"
    _known(data, STEP_KEYS, where)
    if "at" not in data:
        raise Misconfigured("a row needs 'at'", where=where)
    name = str(data.get("as", ""))
    append = data.get("append", {})
    if not isinstance(append, dict):
        append = {str(one): name for one in (append if isinstance(append, list) else [append])}
    return Step(
        id=f"{structure}/{ident}",
        where=where,
        at=str(data["at"]),
        when=str(data.get("when", "")),
        map=str(data.get("map", "")),
        make=str(data.get("make", "")),
        per=str(data.get("per", "")),
        into=str(data.get("into", "")),
        name=name,
        key=plain(data.get("key")),
        link=plain(data.get("link", {})),
        append=plain(append),
        element=str(data.get("element", "")),
        merge=plain(data.get("merge", {})),
        find=plain(data.get("find", {})),
        form=_one_of(data, "form", ("", *FORMS), where),
        again=_one_of(data, "again", ("same", "new", "apart", "named"), where),
        only=_one_of(data, "only", ("", "stub"), where),
        owns=_flag(data, "owns", False, where),
        moves=_flag(data, "moves", False, where),
        guide=_tuple(data.get("guide")),
        included=bool(row.block),
    )


def message_file(path: Path | Traversable, blocks: Mapping[str, Block] | None = None) -> MessageFile:
    """Return one message map.

    Args:
        blocks: what it may include, by name.

    Raises:
        Misconfigured: a key, row, include or id is wrong; names file and line.
    """
    data = read(path)
    _known(data, MESSAGE_KEYS, path.name)
    structure = str(data.get("message", ""))
    steps = _steps(
        path.name.removesuffix(".yaml"), list(spliced(_listed(data, path.name), path.name, blocks or {}))
    )
    _unique(steps, path.name)
    requires = plain(data.get("requires", {}))
    required = tuple(name for names in requires for name in names.split(" or "))
    focus = _tuple(data.get("focus")) or tuple(name for name in required if name != "merge")
    named = {step.name for step in steps} | {"merge"}
    for key, names in (("requires", required), ("focus", focus)):
        for name in names:
            if name not in named:
                raise Misconfigured(f"{key!r} names {name!r}, which no row makes", where=path.name)
    return MessageFile(
        structure=structure,
        where=path.name,
        events=_tuple(data.get("events")),
        requires=requires,
        event_at=_tuple(data.get("event_at")),
        steps=steps,
        guide=_tuple(data.get("guide")),
        focus=focus,
    )
