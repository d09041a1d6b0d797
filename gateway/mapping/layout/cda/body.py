"""Body: the sections of a clinical document and its clinical statements (CDA R2 §4.3), in one walk.

Sections nest in sections, statements in organizers and entryRelationships; what stands nowhere in the
schemas (a section without its structuredBody, a component in an observation) is read all the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from gateway.mapping.layout.cda.certainty import certainty, names_nothing
from gateway.mapping.layout.cda.cluster import clustered
from gateway.mapping.layout.cda.elements import DataElement
from gateway.mapping.layout.cda.gather import WIDE, Scope, gathered, join, show
from gateway.mapping.layout.cda.halves import half, joined
from gateway.mapping.layout.cda.left import TELLS_NOTHING, Left, count, not_said
from gateway.mapping.layout.cda.narrative import narrative
from gateway.mapping.layout.cda.nodes import HL7, child, name_of, words
from gateway.mapping.layout.cda.parts import Said, code_of
from gateway.mapping.layout.cda.said import Reading
from gateway.mapping.layout.cda.statement import LENT, Section, Statement
from gateway.wire.xml import Document

_STATEMENTS: Final = {
    "observation": "observation", "act": "observation", "encounter": "observation", "supply": "observation",
    "observationMedia": "observation", "organizer": "observation", "procedure": "procedure",
    "substanceAdministration": "medication",
}  # fmt: skip
_NOT_KNOWN: Final = "observation"
_CODE: Final = f"{HL7}code"
_CODED: Final = frozenset({"code", "codeSystem", "codeSystemName", "displayName"})


@dataclass(slots=True)
class Body:
    """What the body says.

    Attributes:
        read: the elements that were read.
        left: what stands in them and is in no column.
    """

    sections: list[Section] = field(default_factory=list)
    read: set[etree._Element] = field(default_factory=set)
    left: Left = field(default_factory=dict)

    def statements(self) -> Iterator[Statement]:
        """Yield every statement as they stand."""
        for top in self.sections:
            for one in top.all():
                for statement in one.statements:
                    if statement.kind == "result":
                        show(statement.said)
                    elif statement.kind == "diagnosis" and (sure := certainty(statement.said)):
                        statement.said["certainty"] = sure
                        statement.said.pop("negated", None)
                    yield statement


def read_body(document: Document, elements: Mapping[str, DataElement], kinds: Collection[str]) -> Body:
    """Return what the body of a document says.

    Args:
        elements: the data elements that become more than an Observation.
        kinds: those that the layout lays out; what would be of another is an ``observation``.
    """
    asked = {element for element, name in document.asked if name not in TELLS_NOTHING}
    walk = _Walk(elements, kinds, asked)
    for component in document.root.findall(f"{HL7}component"):
        walk.sections(component, walk.body.sections)
        plain = component.find(f"{HL7}nonXMLBody/{HL7}text")
        if plain is not None:
            walk.plain(plain)
    return walk.body


@dataclass(slots=True, frozen=True)
class _Around:
    """Around a statement: its section, the statement that it is in, and what is put together there."""

    section: Section
    parent: Statement | None
    narrow: Scope
    wide: Scope


class _Walk:
    """The walk through one document."""

    def __init__(
        self, elements: Mapping[str, DataElement], kinds: Collection[str], asked: Collection[etree._Element]
    ) -> None:
        self.body = Body()
        self._elements, self._kinds, self._asked = elements, kinds, asked

    def sections(self, around: etree._Element, into: list[Section]) -> None:
        """Read the sections that stand in an element, with or without something around them."""
        for one in around:
            name = name_of(one)
            if name == "section":
                into.append(self._section(one))
            elif name in ("structuredBody", "component"):
                self.sections(one, into)

    def plain(self, text: etree._Element) -> None:
        """Take the text of a body that is not XML as a section; bytes stay in the document itself."""
        coded = text.get("representation") == "B64"
        self.body.read.add(text)
        plain = Section(div="" if coded else narrative(text))
        if coded or child(text, "reference") is not None:
            plain.beside = text.get("mediaType") or "application/octet-stream"
        self.body.sections.append(plain)

    def _section(self, node: etree._Element) -> Section:
        section, wide = Section(), Scope()
        code, title, text = (child(node, name) for name in ("code", "title", "text"))
        if code is not None:
            said = code_of(code)
            section.code, section.system = str(said.get("code", "")), str(said.get("system", ""))
            section.name = str(said.get("label", ""))
            self._take([code], [said])
        if title is not None:
            section.title = words(title)
            self.body.read.update(title.iter(etree.Element))
        if text is not None:
            section.div = narrative(text)
            self.body.read.update(text.iter(etree.Element))
        halves: list[Statement | None] = []
        for one in node:
            name = name_of(one)
            if name == "component":
                self.sections(one, section.inside)
            elif name == "section":
                section.inside.append(self._section(one))
            elif name == "entry":
                section.entered, before = True, len(section.statements)
                self._holder(one, _Around(section, None, {}, wide))
                halves.append(half(section.statements[before:]))
        joined(section, halves)
        return section

    def _holder(self, node: etree._Element, around: _Around) -> None:
        """Read the statements in an entry, an entryRelationship or a component of an organizer."""
        for one in node:
            name = name_of(one)
            if name in _STATEMENTS:
                self._statement(one, name, around)
            elif name == "section":
                around.section.inside.append(self._section(one))

    def _statement(self, node: etree._Element, name: str, around: _Around) -> None:
        section = around.section
        before = len(section.statements)
        if name == "organizer":
            around = _Around(around.section, around.parent, {}, {})
        reading = Reading(node, name, self._asked)
        made: Statement | None = None
        if reading.taken:
            self.body.read.update(reading.codes)
            section.taken += [Statement(_NOT_KNOWN, said) for said in reading.values]
        elif reading.values:
            for said in reading.values:
                here = self._made(name, said, around)
                made = made or here
            self._take(reading.read, reading.values)
        inner = _Around(around.section, made or around.parent, around.narrow, around.wide)
        for one in reading.holders:
            self._holder(one, inner)
        if name == "organizer":
            self._cluster(section, before, inner.parent)

    def _cluster(self, section: Section, before: int, parent: Statement | None) -> None:
        """Tie together what stands in an organizer: the statements of its section from a number on."""
        found = [one for one in section.statements[before:] if one.parent is parent and one is not parent]
        panel = clustered(found, parent, self._elements, section)
        if panel is not None:
            section.statements.insert(before, panel)

    def _made(self, name: str, said: Said, around: _Around) -> Statement:
        """Return the statement that an element is, or is a part of."""
        if name == "observation" and (part := self._part(said, around)) is not None:
            return part
        kind = _STATEMENTS[name]
        statement = Statement(kind if kind in self._kinds else _NOT_KNOWN, said, around.parent)
        section = around.section
        said.setdefault("label", section.title or section.name)
        section.statements.append(statement)
        named = ("about" in said or "about_name" in said) and not names_nothing(said, "about_name", "about")
        if "allergy" in self._kinds and named and said.get("flag") != "N":
            about = {key: text for key, text in said.items() if key.startswith("about")}
            section.statements.append(Statement("allergy", about, statement))
        return statement

    def _part(self, said: Said, around: _Around) -> Statement | None:
        """Return the statement that a data element is a part of, None where it is one of its own."""
        element = self._elements.get(str(said.get("code", "")))
        kind, _, column = element.becomes.partition(".") if element is not None else ("", "", "")
        if kind == "diagnosis" and around.section.of_relatives:
            kind = "relative" if not said.get("negated") else ""
        if not column or column in LENT or kind not in self._kinds:
            return None
        # 0 is no disease, A10.900 is one
        coded = any(one.isalpha() for one in str(said.get("value_code", "")))
        nothing = not coded and names_nothing(said, "value_name", "value_text", "string")
        if kind in ("diagnosis", "relative") and nothing:
            return None  # it stays what was observed: 诊断名称 无
        if kind not in ("procedure", "medication"):
            scope = around.wide if kind in WIDE else around.narrow
            return gathered(kind, column, said, around.section, around.parent, scope)
        parent = around.parent
        if parent is None or parent.kind != kind or column in parent.said:
            return None
        join(parent, column, said)
        return parent

    def _take(self, parts: Sequence[etree._Element], said: list[Said]) -> None:
        """Count parts of a statement as read, and what none of the columns says of them as left."""
        self.body.read.update(parts)
        several = sum(part.tag == _CODE for part in parts) > 1
        elements = []
        for part in parts:
            if len(part):
                elements += part.iter(etree.Element)
            elif part.tag != _CODE or several or part.text or not _CODED.issuperset(part.keys()):
                elements.append(part)  # of the ordinary code nothing can be left
        self.body.read.update(elements)
        for path in not_said(elements, said):
            count(self.body.left, path)
