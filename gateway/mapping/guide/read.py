"""The official CSV files of the HL7 v2-to-FHIR guide (``mappings/hl7v2/guide``) as typed rows.

A row has a target when it names a FHIR attribute (messages: a primary target; code systems: a target code).
Counted so, the guide has 1,055 segment rows, 617 datatype rows, 402 message rows and 4,763 code rows with a
target. Not counted: 42 segment and 30 datatype rows that name only a proposed extension
(``extension??-…``), and 490 codes without a target. 2,439 of the 4,763 code rows name no source code: they
list the target value set.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

Root = Path | Traversable

KINDS = ("messages", "segments", "datatypes", "codesystems")


@dataclass(slots=True, frozen=True)
class GuideRow:
    """One row of an official message, segment or datatype map that has a target.

    Attributes:
        id: ``PV1[Encounter]/PV1-16``, from the second such row on with a number: ``PV1[Encounter]/PV1-16#2``.
        kind: ``messages``, ``segments`` or ``datatypes``.
        map: name of the official map (``PV1[Encounter]``, ``ADT_A01``).
        identifier: ``PV1-16``, ``CX.4``, ``ORU_R01.PATIENT_RESULT.PATIENT.PID``; the source of the map where
            the row names none.
        source_type: v2 datatype of the source; empty for messages.
        repeats: whether the source may repeat.
        target: FHIR attribute, or primary target of a message row, as the guide writes it.
        target_type: FHIR datatype of the target.
        convert: datatype map (of a message row: segment map), ``""`` for none.
        codes: vocabulary map.
        assignment: constant or formula, with its quotes.
        when: condition in the guide's little language.
        narrative: condition in words.
    """

    id: str
    kind: str
    map: str
    identifier: str
    source_type: str
    repeats: bool
    target: str
    target_type: str
    convert: str
    codes: str
    assignment: str
    when: str
    narrative: str


@dataclass(slots=True, frozen=True)
class GuideCode:
    """One row of an official code system map that has a target code.

    Attributes:
        id: ``AdministrativeSex/F``; ``AdministrativeSex/(none)#3`` where the row names no source code.
        code: source code, ``""`` for none.
        system: v2 table as the guide writes it (``HL70001``).
        target: FHIR code.
    """

    id: str
    map: str
    code: str
    text: str
    system: str
    target: str
    display: str
    target_system: str
    when: str
    narrative: str
    kind: str = "codesystems"


@dataclass(slots=True)
class Guide:
    """The whole guide: map name → its rows with a target, in file order; code tables apart."""

    maps: dict[str, list[GuideRow]] = field(default_factory=dict)
    tables: dict[str, list[GuideCode]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)

    def rows(self) -> Iterator[GuideRow]:
        """Yield every message, segment and datatype row."""
        for rows in self.maps.values():
            yield from rows

    def codes(self) -> Iterator[GuideCode]:
        """Yield every code row."""
        for rows in self.tables.values():
            yield from rows

    def map_name(self, text: str) -> str:
        """Return the spelling of an official map (``CWE[Code]`` → ``CWE[code]``), ``""`` for none."""
        return next((name for name in self.maps if name.lower() == text.strip().lower()), "")

    def table_name(self, text: str) -> str:
        """Return the spelling of an official code table (``Yes/NoIndicator`` → ``YesNoIndicator``)."""
        wanted = re.sub(r"[\s/]", "", text).lower()
        return next((name for name in self.tables if name.lower() == wanted), "")


def _clean(text: str) -> str:
    return " ".join(text.replace("“", '"').replace("”", '"').split())


class _Cells:
    """The cells of one row, ``""`` beyond its end."""

    def __init__(self, row: list[str]) -> None:
        self.row = row

    def __getitem__(self, at: int) -> str:
        return _clean(self.row[at]) if 0 <= at < len(self.row) else ""


class _Numbers:
    """Numbers ids that come again."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.seen: dict[str, int] = {}

    def id(self, text: str) -> str:
        self.seen[text] = count = self.seen.get(text, 0) + 1
        return f"{self.name}/{text}" if count == 1 else f"{self.name}/{text}#{count}"


def _body(path: Root) -> tuple[list[str], list[list[str]]]:
    """Return the header (the second line) and the rows of one file."""
    lines = list(csv.reader(path.read_text(encoding="utf-8").splitlines(keepends=True)))
    return [_clean(cell) for cell in lines[1]], lines[2:]


def _identifier(text: str, name: str, kind: str) -> str:
    source = name.partition("[")[0]
    if kind == "datatypes":
        text = re.sub(r"^([A-Z]+)-(\d)", r"\1.\2", text)
    return text or source


def _message_rows(name: str, path: Root) -> Iterator[GuideRow]:
    numbers = _Numbers(name)
    for row in _body(path)[1]:
        cell = _Cells(row)
        if not cell[9]:
            continue
        yield GuideRow(
            id=numbers.id(cell[1].removeprefix(name + ".")),
            kind="messages",
            map=name,
            identifier=cell[1],
            source_type="",
            repeats=cell[5] != "1",
            target=cell[9],
            target_type="",
            convert=cell[10],
            codes="",
            assignment="",
            when=cell[6],
            narrative=cell[8],
        )


def _map_rows(kind: str, name: str, path: Root) -> Iterator[GuideRow]:
    # The columns stand in the same places in all files; their titles do not agree.
    numbers = _Numbers(name)
    for row in _body(path)[1]:
        cell = _Cells(row)
        if not cell[9]:
            continue
        identifier = _identifier(cell[1], name, kind)
        yield GuideRow(
            id=numbers.id(identifier),
            kind=kind,
            map=name,
            identifier=identifier,
            source_type=cell[3],
            repeats=cell[5] not in ("", "0", "1"),
            target=cell[9],
            target_type=cell[11],
            convert=cell[14],
            codes=cell[15],
            assignment=cell[16],
            when=cell[6],
            narrative=cell[8],
        )


def _code_rows(name: str, path: Root) -> Iterator[GuideCode]:
    header, rows = _body(path)
    target = header.index("Code", 1)
    display = header.index("Display", target)
    system = header.index("Code System", target)
    numbers = _Numbers(name)
    for row in rows:
        cell = _Cells(row)
        # One file has no column for FHIRPath, and there the target is one place further left.
        if not cell[target]:
            continue
        yield GuideCode(
            id=numbers.id(cell[0] or "(none)"),
            map=name,
            code=cell[0],
            text=cell[1],
            system=cell[2],
            target=cell[target],
            display=cell[display],
            target_system=cell[system],
            when=cell[3],
            narrative=cell[target - 1],
        )


def _csv(folder: Root) -> Iterator[tuple[str, Root]]:
    for path in sorted(folder.iterdir(), key=lambda one: one.name):
        if path.name.endswith(".csv"):
            yield path.name.removesuffix(".csv"), path


def read_guide(root: Root | None = None) -> Guide:
    """Return the guide, from the shipped copy or from a folder laid out like it."""
    base = root if root is not None else files("mappings").joinpath("hl7v2", "guide")
    guide = Guide()
    for kind in KINDS[:3]:
        for name, path in _csv(base.joinpath(kind)):
            guide.kinds[name] = kind
            rows = _message_rows(name, path) if kind == "messages" else _map_rows(kind, name, path)
            guide.maps[name] = list(rows)
    for name, path in _csv(base.joinpath("codesystems")):
        guide.kinds[name] = "codesystems"
        guide.tables[name] = list(_code_rows(name, path))
    return guide
