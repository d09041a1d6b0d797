"""Views: what is read of the hospital's database: the shipped template, and what the hospital calls it.

A file of the hospital's folder (``V_CF.yaml``) names one view of the template and what is different::

    table: prescription
    from: HIS.V_CF
    columns: {rx_no: CFH, patient_no: BRID}
    changed: GXSJ
    details: {items: {from: HIS.V_CFMX, join: {rx_no: CFH}}}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal

import yaml

from gateway.errors import Misconfigured

ORDER = (
    *("department", "staff", "drug", "patient", "visit", "transfer", "diagnosis"),
    *("prescription", "order", "result"),
)
"""Those first that others point to."""

_KEYS = {"table", "from", "columns", "key", "changed", "mode", "where", "nulls", "leave", "system"} | {
    "interval",
    "overlap",
    "between",
    "details",
    "name",
}
_DETAIL_KEYS = {"from", "columns", "join", "key", "where", "nulls", "leave"}

Mode = Literal["watermark", "hash"]


@dataclass(slots=True)
class Detail:
    """Rows that belong to one row.

    Attributes:
        name: as the layout calls them: ``"items"``.
        source: table or view, as SQL has it.
        join: our column of these rows → our column of the row.
        names: our column → theirs, where they differ.
        key: our columns that they are ordered by.
    """

    name: str
    source: str
    join: Mapping[str, str]
    names: Mapping[str, str]
    key: tuple[str, ...]
    required: tuple[str, ...] = ()
    where: str = ""
    nulls: frozenset[str] = frozenset()
    leave: frozenset[str] = frozenset()


@dataclass(slots=True)
class View:
    """One view.

    Attributes:
        name: what the state remembers it by.
        table: the layout that works its rows.
        key: our columns that tell a row from all others.
        changed: our column that says when it changed, ``""`` where there is none.
        system: what MSH-3 is in HL7 v2, unless the row says so.
        interval: seconds between two polls, 0 for that of the door.
        overlap: seconds that are read again, -1 for that of the door.
        between: hours of the day in which it is read, ``()`` for all.
        keep: columns that are kept to take a vanished row back: numbers and codes.
        gone: column → what it says in a row that was taken back.
        back: column → what it says in a row that is there again and says nothing there.
        same: detail → by which of its columns a row is the one that was there before; of several in a list
            the first that is valued. A row that is gone while its head stays is taken back, too.
        about: columns that tell what a row is about, in the same form: where one says something else, what
            the row said before is taken back.
        shared: rows of other views may say what the row said before, and at the moment of its change.
    """

    name: str
    table: str
    source: str
    names: Mapping[str, str]
    key: tuple[str, ...]
    changed: str
    mode: Mode
    required: tuple[str, ...] = ()
    where: str = ""
    nulls: frozenset[str] = frozenset()
    leave: frozenset[str] = frozenset()
    system: str = "HIS"
    interval: float = 0.0
    overlap: float = -1.0
    between: tuple[str, ...] = ()
    details: tuple[Detail, ...] = ()
    keep: tuple[str, ...] = ()
    gone: Mapping[str, str] = field(default_factory=dict)
    back: Mapping[str, str] = field(default_factory=dict)
    same: Mapping[str, Sequence[str | Sequence[str]]] = field(default_factory=dict)
    about: Sequence[str | Sequence[str]] = ()
    shared: bool = False


def layouts(folder: str = "") -> dict[str, dict[str, Any]]:
    """Return the layouts of rows by their name.

    Args:
        folder: those of the hospital, ``""`` for the shipped ones.

    Raises:
        Misconfigured: the folder is not there.
    """
    root: Path | Traversable = Path(folder) if folder else files("mappings").joinpath("rows")
    if not root.is_dir():
        raise Misconfigured("there is no such folder; set layouts to one like mappings/rows", where=str(root))
    found = {}
    for path in sorted(root.iterdir(), key=lambda one: one.name):
        if path.name.endswith(".yaml"):
            data = _read(path)
            found[str(data.get("rows", ""))] = data
    return found


def read_views(folder: str, only: str, layout_folder: str = "") -> list[View]:
    """Return the views that are to be read, in the order in which a first reading makes sense.

    Args:
        folder: the hospital's files; ``""``: the template under its own names.
        only: names separated by commas, ``""`` for all.

    Raises:
        Misconfigured: a file or key is wrong; names the file, and what may stand there.
    """
    known = {name: data for name, data in layouts(layout_folder).items() if data.get("view")}
    if folder:
        if not Path(folder).is_dir():
            raise Misconfigured("there is no such folder; set views to where yours are", where=folder)
        paths = sorted(one for one in Path(folder).iterdir() if one.suffix in (".yaml", ".yml"))
        found = [_view(_read(path), path.name, known) for path in paths]
    else:
        found = [_view({"table": name}, "template", known) for name in known]
    wanted = {name.strip() for name in only.split(",") if name.strip()}
    if unknown := sorted(wanted - {one.name for one in found}):
        raise Misconfigured(f"no view is called {unknown[0]!r}; there are {_listed(found)}", where="only")
    names = [one.name for one in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise Misconfigured(f"two views are called {twice[0]!r}; give one a name", where=folder)
    chosen = [one for one in found if not wanted or one.name in wanted]
    if not chosen:
        raise Misconfigured("there is no view to read; add a YAML file", where=folder or "views")
    return sorted(chosen, key=lambda one: (ORDER.index(one.table) if one.table in ORDER else 99, one.name))


def _listed(views: list[View]) -> str:
    return ", ".join(one.name for one in views)


def _read(path: Path | Traversable) -> dict[str, Any]:
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeError) as error:
        raise Misconfigured(f"cannot be read as YAML ({type(error).__name__})", where=path.name) from None
    if not isinstance(data, dict):
        raise Misconfigured("a view is a mapping: table, from, columns …", where=path.name)
    return data


def _view(said: dict[str, Any], where: str, known: Mapping[str, dict[str, Any]]) -> View:
    if unknown := sorted(set(said) - _KEYS):
        raise Misconfigured(f"unknown key {unknown[0]!r}; known are {', '.join(sorted(_KEYS))}", where=where)
    table = str(said.get("table", ""))
    layout = known.get(table)
    if layout is None:
        raise Misconfigured(f"table is one of {', '.join(known)}, not {table!r}", where=where)
    columns = layout.get("columns") or {}
    names = _names(said, columns, where)
    changed = str(layout.get("changed", ""))
    if "changed" in said:
        theirs = str(said["changed"] or "")
        if theirs and changed and theirs not in columns:
            names = {**names, changed: theirs}
        changed = _ours(theirs, names)
    mode = str(said.get("mode") or ("watermark" if changed else "hash"))
    if mode not in ("watermark", "hash") or (mode == "watermark" and not changed):
        raise Misconfigured("mode is watermark (with changed) or hash", where=where)
    key = tuple(_ours(str(one), names) for one in said.get("key") or layout.get("key") or ())
    if not key:
        raise Misconfigured("key names the columns that tell a row from all others", where=where)
    withdrawn = layout.get("withdrawn") or {}
    return View(
        str(said.get("name") or (Path(where).stem if where != "template" else table)),
        table,
        str(said.get("from") or layout["view"]),
        names,
        key,
        changed,
        "hash" if mode == "hash" else "watermark",
        _required(columns),
        str(said.get("where", "")),
        frozenset(map(str, said.get("nulls") or ())),
        frozenset(str(one).lower() for one in said.get("leave") or ()),
        str(said.get("system", "HIS")),
        float(said.get("interval", 0)),
        float(said.get("overlap", -1)),
        _hours(said.get("between"), where),
        _details(said.get("details") or {}, layout.get("details") or {}, where),
        tuple(withdrawn.get("keep") or ()),
        {str(name): str(value) for name, value in (withdrawn.get("set") or {}).items()},
        {str(name): str(value) for name, value in (withdrawn.get("back") or {}).items()},
        withdrawn.get("same") or {},
        withdrawn.get("about") or (),
        bool(withdrawn.get("shared")),
    )


def _details(said: Mapping[str, Any], known: Mapping[str, Any], where: str) -> tuple[Detail, ...]:
    if unknown := sorted(set(said) - set(known)):
        raise Misconfigured(f"no detail is called {unknown[0]!r}; there are {', '.join(known)}", where=where)
    found = []
    for name, layout in known.items():
        own = said.get(name, {})
        if own is None:  # the hospital has none of these
            continue
        if wrong := sorted(set(own) - _DETAIL_KEYS):
            raise Misconfigured(f"unknown key {wrong[0]!r} in details.{name}", where=where)
        columns = layout.get("columns") or {}
        names = _names(own, columns, where)
        join = {str(ours): str(theirs) for ours, theirs in layout["join"].items()}
        for ours, theirs in (own.get("join") or {}).items():
            names = {**names, str(ours): str(theirs)}
        key = tuple(_ours(str(one), names) for one in own.get("key") or layout.get("key") or ())
        found.append(
            Detail(
                name,
                str(own.get("from") or layout["view"]),
                join,
                names,
                key,
                _required(columns),
                str(own.get("where", "")),
                frozenset(map(str, own.get("nulls") or ())),
                frozenset(str(one).lower() for one in own.get("leave") or ()),
            )
        )
    return tuple(found)


def _names(said: Mapping[str, Any], columns: Mapping[str, Any], where: str) -> dict[str, str]:
    names = {str(ours): str(theirs) for ours, theirs in (said.get("columns") or {}).items()}
    if unknown := sorted(set(names) - set(columns)):
        raise Misconfigured(
            f"the template has no column {unknown[0]!r}; it has {', '.join(columns)}", where=where
        )
    return names


def _ours(name: str, names: Mapping[str, str]) -> str:
    """Return our name of a column that may be told by theirs."""
    return next((ours for ours, theirs in names.items() if theirs.lower() == name.lower()), name.lower())


def _required(columns: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(name for name, one in columns.items() if one.get("required"))


def _hours(said: Any, where: str) -> tuple[str, ...]:
    if not said:
        return ()
    parts = tuple(str(said).split("-"))
    if len(parts) != 2 or not all(len(one) == 5 and one[2] == ":" for one in parts):
        raise Misconfigured("between is written 22:00-06:00", where=where)
    return parts
