"""CDA → segments: a clinical document, its header laid out by XPath and its body by what it states.

A place of the body is ``at: "body:observation"``: one for each statement of that kind (``layout.cda``). Its
columns are those of the statement (``code``, ``quantity``); an XPath there is asked of the document. What a
layout has read by XPath is no statement any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from lxml import etree

from gateway.errors import Rejected
from gateway.mapping.layout.alone import PATIENTS, are_same, numbers_in
from gateway.mapping.layout.cda import Body, DataElement, Statement, read_body, unread
from gateway.mapping.layout.columns import Column
from gateway.mapping.layout.file import LayoutFile
from gateway.mapping.layout.laid import Laid, LaidSegment
from gateway.mapping.layout.lay_statements import Answers, StatementLayout
from gateway.mapping.layout.lay_xml import CONTROL, XmlLayout
from gateway.mapping.layout.place import Place
from gateway.wire.xml import Document
from gateway.wire.xml.document import NAMESPACES

BODY: Final = "body:"
SECTIONS: Final = "body:sections"
"""Column of the head: how many sections there are."""

MODEL, REGISTER = "POCD_MT000040", "2.16.840.1.113883.1.3"
"""What every clinical document names as its ``typeId`` (CDA R2 §4.2.1.2)."""


_TARGETS: Final = etree.XPath("hl7:recordTarget", namespaces=NAMESPACES)
_NUMBERS: Final = etree.XPath(
    "hl7:patientRole/hl7:id/@extension | hl7:patientRole/hl7:patient/hl7:id/@extension", namespaces=NAMESPACES
)


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
            kind: StatementLayout(kind, place, self._path)
            for place in file.root.inside
            if (kind := place.at.removeprefix(BODY)) != place.at
        }

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
        """Return the message that a document becomes.

        Raises:
            Rejected: ``several-patients``: nothing says whose the statements of its body are.
        """
        _check_alone(document)
        segments, root = [LaidSegment("MSH", self._head(document, control))], self._file.root
        self._place(replace(root, inside=[]), document.root, document, segments)
        found = {one.name: self._found(one, document) for one in root.inside if one.name in self._at}
        body = read_body(document, self._elements, self._stated)
        for number in self._counts:
            self._count(segments, number, body)
        by_kind: dict[str, list[Statement]] = {}
        answers = Answers(document)
        for statement in body.statements():
            same = by_kind.setdefault(statement.kind, [])
            same.append(statement)
            statement.said["number"] = str(len(same))
        for inside in root.inside:
            if inside.name in found:
                segments += found[inside.name]
            else:
                kind = inside.at.removeprefix(BODY)
                stated = self._stated[kind]
                for statement in by_kind.get(kind, ()):
                    stated.lay(statement, answers, segments)
                    stated.count_unread(statement, inside.name, body.left)
        remarks = self._none_told(segments)
        text = "".join([field for one in segments[1:] for field in one.fields])
        made = Laid(document.raw, segments, escaped="\\" in text, control=CONTROL.search(text) is not None)
        made.charset, made.sections, made.clinical = document.charset, body.sections, True
        made.left, made.remarks = {**unread(document, body.read), **body.left}, [*document.remarks, *remarks]
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


def _check_alone(document: Document) -> None:
    """Pass a document of one patient; CDA R2 lets it have several, WS/T 500 does not."""
    first, *others = _TARGETS(document.root) or [None]
    for one in others:
        if not are_same([numbers_in(_NUMBERS(first))], [numbers_in(_NUMBERS(one))]):
            said = "the document tells of several patients; let each come in a document of its own"
            raise Rejected(said, code=PATIENTS, where="recordTarget")
