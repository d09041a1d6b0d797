"""XML → segments: a document, laid out as a layout says by XPath."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from typing import Any

from lxml import etree

from gateway.canonical import Issue
from gateway.canonical.placeholders import is_no_moment
from gateway.errors import Misconfigured
from gateway.mapping.layout.alone import check_alone
from gateway.mapping.layout.columns import Column, Columns, Part
from gateway.mapping.layout.file import LayoutFile
from gateway.mapping.layout.laid import Laid, LaidSegment
from gateway.mapping.layout.lay_rows import escaped, no_moment
from gateway.mapping.layout.mixed import Mixed
from gateway.mapping.layout.moments import normal
from gateway.mapping.layout.place import Place
from gateway.mapping.layout.rules import NOTHING
from gateway.wire.xml import Document
from gateway.wire.xml.document import names_of, path_of

INTERACTIONS = "2.16.840.1.113883.1.6"
"""Register of the interactions of HL7 v3; each is the name of its root element."""

_INTERACTION = re.compile(r"[A-Z]{4}_IN\d{6}[A-Z]{2}\d{0,2}")

_NO_MORE = re.compile(r"&+(?=\^|$)")
"""Separators of a component behind which nothing stands."""

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

_RESULT = ("OBX", 5)
"""Segment and field of what was found: ``-``, ``/`` and ``无`` are answers there, told as they stand."""

_TELLING = frozenset({("PID", 29), ("PV1", 44), ("PV1", 45)})
"""Moments that say something by being there: who has a time of death is dead, what has an end is finished."""

_UNSAID = frozenset({"", "NULL", "null", "(null)", "\\N", "NaN", "None"})
"""What programs write where no value was found."""

Read = Callable[[Document, etree._Element], str]  # noqa: SLF001 -- lxml has no public name for it


class XmlLayout:
    """Lays out documents of one kind.

    Raises:
        Misconfigured: a path is no XPath; names file and path.
    """

    def __init__(self, file: LayoutFile) -> None:
        self._file = file
        self._names = names_of(file.namespaces)
        self._match = self._path(file.match) if file.match else None
        self._header = self._reads(file.header)
        found = [place for place in file.root.all() if not self._apart(place)]
        self._at = {place.name: self._path(place.at) for place in found}
        self._segments = {
            place.name: [
                (columns, self._reads(columns), constants_of(columns))
                for columns in (*place.segments, place.own)
            ]
            for place in found
        }
        mixed = {place.name: Mixed(place.segments, self._path) for place in found if file.kind == "xml"}
        self._mixed = {name: one for name, one in mixed.items() if one.numbers}

        self._telling = {
            (columns.segment, number): one.text
            for place in found
            for columns in place.segments
            for number, one in columns.known.items()
            if (columns.segment, number) in _TELLING
        }

    def fits(self, document: Document) -> bool:
        """Tell whether a document is of this kind."""
        return self._match is not None and bool(self._match(document.root))

    def lay(self, document: Document, control: str) -> Laid:
        """Return the message that a document becomes.

        Raises:
            Rejected: ``several-patients``, ``several-visits``, ``several-orders``: it tells of more than one,
                and the layout does not say that each has its own.
        """
        segments = [LaidSegment("MSH", self._head(document, control))]
        self._place(self._file.root, document.root, document, segments)
        several = self._patients(self._file.root, document.root) if self._file.several else 0
        check_alone(segments, several)
        remarks = self._none_told(segments)
        text = "".join([field for one in segments[1:] for field in one.fields])
        made = Laid(document.raw, segments, escaped="\\" in text, control=CONTROL.search(text) is not None)
        for path in document.unread():
            made.left[path] = made.left.get(path, 0) + 1
        made.remarks = remarks
        return made

    def _none_told(self, segments: Sequence[LaidSegment]) -> list[Issue]:
        """Take the moments that stand for none out of fields that say something by being there; tell them."""
        remarks = []
        for one in segments:
            for (name, number), path in self._telling.items():
                if one.name == name and len(one.fields) > number and is_no_moment(normal(one.fields[number])):
                    one.fields[number] = ""
                    remarks.append(no_moment(path))
        return remarks

    def _patients(self, place: Place, node: etree._Element) -> int:
        """Return how many patients a place tells of, whether each has a number or not."""
        own = any(one.segment == "PID" for one in place.segments)
        inside = [one for one in place.inside if any(said.segment == "PID" for said in one.told())]
        found = [(one, each) for one in inside for each in self._nodes(self._at[one.name](node), one)]
        return own + sum(self._patients(one, each) for one, each in found)

    @staticmethod
    def _apart(place: Place) -> bool:
        """Tell whether a place is found by something else than an XPath."""
        return False

    def _head(self, document: Document, control: str) -> list[str]:
        """Return the fields of MSH."""
        head = ["MSH", "|", "^~\\&", *[""] * 19]
        for number, read in self._header:
            head[number] = read(document, document.root)
        head[7] = normal(head[7])
        head[9], head[10] = self._file.event, head[10] or escaped(control)
        head[11], head[12] = head[11] or "P", "2.5.1"
        name = etree.QName(document.root).localname
        if _INTERACTION.fullmatch(name):
            head[21] = f"{name}^^{INTERACTIONS}^ISO"
        return head

    def _place(
        self, place: Place, node: etree._Element, document: Document, segments: list[LaidSegment]
    ) -> None:
        if place.name in self._mixed:
            self._mixed[place.name].check(document, node)
        for columns, reads, constants in self._segments[place.name]:
            fields = [columns.segment, *[""] * max(columns.known, default=0)]
            for number, read in reads:
                fields[number] = read(document, node)
            if any(fields[1:]):
                for number, constant in constants:
                    fields[number] = constant
                segments.append(LaidSegment(columns.segment, fields))
        for inside in place.inside:
            if inside.name not in self._at:
                continue
            for one in self._nodes(self._at[inside.name](node), inside):
                self._place(inside, one, document, segments)

    @staticmethod
    def _nodes(found: Any, place: Place) -> list[etree._Element]:
        nodes = found if isinstance(found, list) else []
        if not all(map(etree.iselement, nodes)):
            raise Misconfigured(f"the path of a place finds elements, not {place.at!r}", where=place.where)
        return nodes

    def _path(self, text: str) -> etree.XPath:
        try:
            return path_of(text, self._names)
        except Misconfigured as error:
            raise Misconfigured(error.reason, where=self._file.where) from None

    def _reads(self, columns: Columns) -> list[tuple[int, Read]]:
        said = sorted(columns.known.items())
        return [
            (number, self._read(one) if (columns.segment, number) != _RESULT else self._reading(one, _UNSAID))
            for number, one in said
            if any(one.paths())
        ]

    def _read(self, column: Column) -> Read:
        """Return what reads one field."""
        return self._reading(column, NOTHING)

    def _reading(self, column: Column, nothing: Collection[str]) -> Read:
        """Return what reads one field: all that a path finds, or a composition for each node.

        Args:
            nothing: texts that say nothing in it.
        """
        if column.plain:
            path = self._path(column.plain)
            return lambda document, node: "~".join(
                [escaped(text) for text in document.texts(node, path) if text not in nothing]
            )
        compose = self._composition(column, nothing)
        if not column.each:
            return compose
        each = self._path(column.each)

        def repeated(document: Document, node: etree._Element) -> str:
            made = [compose(document, one) for one in each(node) if etree.iselement(one)]
            return "~".join([one for one in made if one])

        return repeated

    def _composition(self, column: Column, nothing: Collection[str]) -> Read:
        form, paths = form_of(column, frozenset(column.paths())), [self._path(one) for one in column.paths()]

        def compose(document: Document, node: etree._Element) -> str:
            return filled(form, [first_of(document, node, path, nothing) for path in paths])

        return compose


def constants_of(columns: Columns) -> list[tuple[int, str]]:
    """Return the fields that are the same in every document; they stand where the segment says something."""
    said = sorted((number, one) for number, one in columns.known.items() if not any(one.paths()))
    return [
        (number, "^".join("&".join(escaped(part.constant) for part in parts) for parts in one.components))
        for number, one in said
    ]


def form_of(column: Column, paths: Collection[str]) -> str:
    """Return a field with ``%s`` in the places of some of its paths; the others say nothing."""

    def part(one: Part) -> str:
        if one.path:
            return "%s" if one.path in paths else ""
        return escaped(one.constant).replace("%", "%%")

    return "^".join(["&".join(map(part, parts)) for parts in column.components])


def filled(form: str, texts: Sequence[str]) -> str:
    """Return a field with its texts, ``""`` where all of them are: constants alone say nothing."""
    if not any(texts):
        return ""
    made = form % tuple(texts)
    return (_NO_MORE.sub("", made) if "&" in made else made).rstrip("^")


def first_of(
    document: Document, node: etree._Element, path: etree.XPath, nothing: Collection[str] = NOTHING
) -> str:
    """Return the first valued text that a path finds, as it stands in a field."""
    return next((escaped(text) for text in document.texts(node, path) if text not in nothing), "")
