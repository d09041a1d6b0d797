"""CDA → segments: a clinical document, its header laid out by XPath and its body by what it states.

A place of the body is ``at: "body:observation"``: one for each statement of that kind (``layout.cda``). Its
columns are those of the statement (``code``, ``quantity``); an XPath there is asked of the document. What a
layout has read by XPath is no statement any more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from gateway.mapping.layout.cda import Body, DataElement, Statement, count, read_body, unread
from gateway.mapping.layout.columns import Column, Columns
from gateway.mapping.layout.file import LayoutFile
from gateway.mapping.layout.laid import Laid, LaidSegment
from gateway.mapping.layout.lay_rows import escaped
from gateway.mapping.layout.lay_xml import CONTROL, XmlLayout, constants_of, first_of
from gateway.mapping.layout.place import Place
from gateway.wire.xml import Document

BODY: Final = "body:"
SECTIONS: Final = "body:sections"
"""Column of the head: how many sections there are."""

MODEL, REGISTER = "POCD_MT000040", "2.16.840.1.113883.1.3"
"""What every clinical document names as its ``typeId`` (CDA R2 §4.2.1.2)."""

_COLUMN = re.compile(r"[a-z][a-z_]*")
_OWN: Final = frozenset(
    {"number", "label", "section", "drug_alone", "drug_label", "rate", "rate_unit", "form_label", "mood"}
    | {"rank", "dated", "outcome"}  # said by a statement of its own too
    | {"value", "value_type", "value_unit", "form", "range_low", "range_high", "range_unit", "range_text"}
)
"""Columns that another one is made of, or that say how it is to be read."""

_SHOWN: Final = (
    "value_",
    "result",
    "judged_type",
    "shown_type",
    "code_type",
    "name_type",
    "total_type",
    "item_type",
    "unit_",
)
"""Beginnings of columns of a statement that was put together: others show what they say."""

_OWN_OF_PEOPLE: Final = frozenset({"role"})


class CdaLayout(XmlLayout):
    """Lays out clinical documents of one kind.

    Args:
        elements: the data elements that become more than an Observation.

    Raises:
        Misconfigured: a path is no XPath; names file and path.
    """

    def __init__(self, file: LayoutFile, elements: Mapping[str, DataElement]) -> None:
        super().__init__(file)
        self._elements = elements
        self._counts = [number for number, one in file.root.own.known.items() if one.plain == SECTIONS]
        self._stated = {
            place.at.removeprefix(BODY): (
                place,
                [(one, self._columns(one), constants_of(one)) for one in (*place.segments, place.own)],
            )
            for place in file.root.inside
            if place.at.startswith(BODY)
        }
        self._columns_read = {
            kind: frozenset(
                name for columns in (*place.segments, place.own) for one in columns.known.values()
                for name in (*one.paths(), f"{one.each}.") if _COLUMN.fullmatch(name.rstrip("."))
            )
            for kind, (place, _) in self._stated.items()
        }  # fmt: skip

    @staticmethod
    def _apart(place: Place) -> bool:
        return place.at.startswith(BODY)

    def _read(self, column: Column) -> Any:
        """Return what reads one field by XPath; the number of sections is written when the body is known."""
        return (lambda document, node: "") if column.plain == SECTIONS else super()._read(column)

    def _head(self, document: Document, control: str) -> list[str]:
        """Return the fields of MSH; MSH-21 says that it is a document: it tells of what is over."""
        head = super()._head(document, control)
        head[21] = f"{MODEL}^^{REGISTER}^ISO"
        return head

    def lay(self, document: Document, control: str) -> Laid:
        """Return the message that a document becomes."""
        segments, root = [LaidSegment("MSH", self._head(document, control))], self._file.root
        self._place(replace(root, inside=[]), document.root, document, segments)
        found = {one.name: self._found(one, document) for one in root.inside if one.name in self._at}
        body = read_body(document, self._elements, self._stated)
        for number in self._counts:
            self._count(segments, number, body)
        by_kind: dict[str, list[Statement]] = {}
        for statement in body.statements():
            same = by_kind.setdefault(statement.kind, [])
            same.append(statement)
            statement.said["number"] = str(len(same))
        for inside in root.inside:
            if inside.name in found:
                segments += found[inside.name]
            else:
                kind = inside.at.removeprefix(BODY)
                self._state(kind, by_kind.get(kind, ()), document, segments)
                self._count_unread(kind, inside.name, by_kind.get(kind, ()), body)
        text = "".join([field for one in segments[1:] for field in one.fields])
        made = Laid(document.raw, segments, escaped="\\" in text, control=CONTROL.search(text) is not None)
        made.charset, made.sections = document.charset, body.sections
        made.left, made.remarks = {**unread(document, body.read), **body.left}, document.remarks
        return made

    def _found(self, place: Place, document: Document) -> list[LaidSegment]:
        """Return the segments of a place that is found by XPath; they are written when their turn comes."""
        segments: list[LaidSegment] = []
        for one in self._nodes(self._at[place.name](document.root), place):
            self._place(place, one, document, segments)
        return segments

    def _count(self, segments: list[LaidSegment], number: int, body: Body) -> None:
        """Say in the segment of the head how many sections there are."""
        own = self._file.root.own
        found = next((one for one in segments if one.name == own.segment), None)
        if found is None:
            found = LaidSegment(own.segment, [own.segment, *[""] * max(own.known)])
            segments.append(found)
        found.fields[number] = str(len(body.sections) or "")

    def _state(
        self, kind: str, statements: Iterable[Statement], document: Document, segments: list[LaidSegment]
    ) -> None:
        _, laid = self._stated[kind]
        for statement in statements:
            for columns, reads, constants in laid:
                fields = [columns.segment, *[""] * max(columns.known, default=0)]
                for number, read in reads:
                    fields[number] = read(statement, document)
                if any(fields[1:]):
                    for number, constant in constants:
                        fields[number] = constant
                    statement.segments.append(len(segments))
                    segments.append(LaidSegment(columns.segment, fields))

    def _count_unread(self, kind: str, place: str, statements: Iterable[Statement], body: Body) -> None:
        """Count what a statement says in columns that no field and no row of the layout reads."""
        read = self._columns_read[kind]
        for statement in statements:
            for name, value in statement.said.items():
                if isinstance(value, list):
                    inner = {key for one in value for key in one} - _OWN_OF_PEOPLE
                    if f"{name}." not in read:
                        count(body.left, f"{place}.{name}")
                        continue
                    for key in sorted(inner - read):
                        count(body.left, f"{place}.{name}.{key}")
                elif name == "value_unit" and kind == "result":
                    if value != statement.said.get("unit"):
                        count(body.left, f"{place}.{name}")
                elif value and name not in read and name not in _OWN and not name.startswith(_SHOWN):
                    count(body.left, f"{place}.{name}")

    def _columns(self, columns: Columns) -> list[tuple[int, Any]]:
        return [
            (number, self._column(one)) for number, one in sorted(columns.known.items()) if any(one.paths())
        ]

    def _column(self, column: Column) -> Any:
        """Return what reads one field of a statement."""
        plain = column.plain
        if plain and _COLUMN.fullmatch(plain):
            return lambda statement, document: _said(statement.said[plain]) if plain in statement.said else ""
        components = [[self._part_of(part.path, part.constant) for part in one] for one in column.components]
        each, paths = column.each, list(column.paths())
        names = frozenset(paths) if all(map(_COLUMN.fullmatch, paths)) else None

        def compose(said: Mapping[str, Any], document: Document) -> str:
            valued, made = False, []
            for parts in components:
                texts = []
                for read, constant in parts:
                    text = constant if read is None else read(said, document)
                    valued = valued or (read is not None and text != "")
                    texts.append(text)
                made.append("&".join(texts).rstrip("&"))
            return "^".join(made).rstrip("^") if valued else ""

        def reading(statement: Statement, document: Document) -> str:
            if not each:
                nothing = names is not None and names.isdisjoint(statement.said)
                return "" if nothing else compose(statement.said, document)
            made = [compose(one, document) for one in statement.said.get(each, ()) if isinstance(one, dict)]
            return "~".join([one for one in made if one])

        return reading

    def _part_of(self, path: str, constant: str) -> Any:
        if not path:
            return None, escaped(constant)
        if _COLUMN.fullmatch(path):
            return (lambda said, document: _said(said.get(path))), ""
        xpath = self._path(path)
        return (lambda said, document: first_of(document, document.root, xpath)), ""


def _said(value: Any) -> str:
    return escaped(value) if isinstance(value, str) else ""
