"""Pattern: what a file is, by its name: one YAML for each kind of file (README.md), else defaults."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

from adapters.his.files.view import View
from gateway.errors import Misconfigured

DOCUMENT = "document"
"""View of XML files that are one document each: CDA, HL7 v3, whatever ``mappings/xml`` knows."""

EXCEL = "excel"
"""Format of what Excel opens by a name that says nothing (``.xls``): its bytes say what it is."""

FORMATS = {
    "csv": "table", "txt": "table", "tsv": "table", "tab": "table", "xlsx": "sheet", "xlsm": "sheet",
    "xls": EXCEL, "json": "json", "ndjson": "ndjson", "jsonl": "ndjson", "xml": "xml", "cda": "xml",
}  # fmt: skip
"""How a name ends → format."""

KNOWN = ", ".join(one for one, format_ in FORMATS.items() if format_ != EXCEL)
"""What a file may be called, for whoever called it otherwise."""

_KEYS = {
    "match": (str, list), "view": (str,), "system": (str,), "format": (str,), "charset": (str,),
    "delimiter": (str,), "heading": (int,), "skip": (int,), "sheet": (str, int), "records": (str,),
    "columns": (dict,), "group": (str,), "ignore": (list, str), "note": (str,),
}  # fmt: skip
_WHAT = {str: "a text", list: "a list", int: "a number", dict: "a mapping"}


@dataclass(slots=True, frozen=True)
class Pattern:
    """One kind of file.

    Attributes:
        name: file in which it stands, ``""`` for a default.
        match: shell patterns of names, in small letters.
        view: layout of its rows, ``"document"``, or ``""``: what its headings say.
        system: who says so: what MSH-3 is in HL7 v2; ``""``: as the door says.
        format: value of :data:`FORMATS`, ``""``: as its name ends.
        charset: that the sender declares; the bytes decide where they contradict it.
        delimiter: between cells, ``""``: what parts the heading.
        heading: number of its line after those left out, from 1; 0: none, then ``columns`` stand in order.
        skip: lines before.
        sheet: name or number from 1, ``""``: the first.
        records: path of names to the records (JSON ``data.items``, XML ``/data/row``).
        columns: column of the layout → heading; without a heading line the order counts.
        group: column whose equal values make several lines one record, ``""``: the layout's key where the
            line has columns of a detail.
        ignore: shell patterns of lines that are no rows: ``合计*``.
    """

    name: str = ""
    match: tuple[str, ...] = ()
    view: str = ""
    system: str = ""
    format: str = ""
    charset: str = ""
    delimiter: str = ""
    heading: int = 1
    skip: int = 0
    sheet: str | int = ""
    records: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    group: str = ""
    ignore: tuple[str, ...] = ()

    def fits(self, name: str) -> bool:
        """Tell whether a file is of this kind."""
        return any(fnmatchcase(name.lower(), one) for one in self.match)


def paths_of(folder: str) -> list[Path]:
    """Return the files of a folder that hold patterns, in their order; of one of them itself, that one."""
    path = Path(folder)
    return [path] if path.is_file() else sorted(path.glob("*.y*ml")) if folder else []


def load_patterns(folder: str, views: Collection[str]) -> list[Pattern]:
    """Return the patterns of a folder in the order of their files, or those of one file.

    Raises:
        Misconfigured: one is wrong; names the file.
    """
    try:
        if folder and not Path(folder).exists():
            raise NotADirectoryError(20, "no such folder")
        texts = [(path.name, path.read_text("utf-8")) for path in paths_of(folder)]
    except OSError as error:
        said = f"the folder with file patterns cannot be read: {error.strerror}"
        raise Misconfigured(said, where=folder) from None
    found = []
    for name, text in texts:
        try:
            data = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise Misconfigured(f"not YAML: {type(error).__name__}", where=name) from None
        found += [_pattern(one, name, views) for one in (data if isinstance(data, list) else [data])]
    return found


def _pattern(data: Any, where: str, views: Collection[str]) -> Pattern:
    if not isinstance(data, dict) or not data.get("match") or not data.get("view"):
        raise Misconfigured("a file pattern has match: and view: (or view: document)", where=where)
    for key, value in data.items():
        if key not in _KEYS:
            known = ", ".join(_KEYS)
            raise Misconfigured(f"unknown key {key!r}; a file pattern has {known}", where=where)
        if not isinstance(value, _KEYS[key]) or isinstance(value, bool):
            what = " or ".join(_WHAT[kind] for kind in _KEYS[key])
            raise Misconfigured(f"'{key}' takes {what}", where=where)
    if data["view"] not in views and data["view"] != DOCUMENT:
        known = ", ".join([*sorted(views), DOCUMENT])
        raise Misconfigured(
            f"no layout in mappings/rows is called {data['view']!r}; there are: {known}", where=where
        )
    if data.get("format") and data["format"] not in FORMATS.values():
        known = ", ".join(dict.fromkeys(FORMATS.values()))
        raise Misconfigured(f"'format' takes one of {known}", where=where)
    given = {key: value for key, value in data.items() if key != "note"}
    given["match"] = tuple(one.lower() for one in _listed(data["match"]))
    given["ignore"] = tuple(_listed(data.get("ignore", ())))
    given["columns"] = {str(key): str(value) for key, value in (data.get("columns") or {}).items()}
    return Pattern(name=where, **given)


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else [str(one) for one in value]


def pattern_of(name: str, patterns: Collection[Pattern], views: Mapping[str, View]) -> Pattern | None:
    """Return what a file is; None where its name says nothing that is known."""
    for one in patterns:
        if one.fits(name):
            return one
    end = name.lower().rpartition(".")[2]
    if end not in FORMATS:
        return None
    stem = name.rpartition(".")[0].lower()
    called = [view for view in views.values() if stem.startswith(view.name.lower())]
    called = called or [view for view in views.values() if view.title_zh and view.title_zh in stem]
    longest = max(called, key=lambda view: len(view.name), default=None)
    if FORMATS[end] == "xml" and longest is None:
        return Pattern(view=DOCUMENT)
    return Pattern(view=longest.name if longest else "")
