"""Body: the sections of a clinical document and its clinical statements (CDA R2 §4.3), in one walk.

Sections nest in sections, statements in organizers and entryRelationships; what stands nowhere in the
schemas (a section without its structuredBody, a component in an observation) is read all the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from gateway.mapping.layout.cda.elements import DataElement
from gateway.mapping.layout.cda.narrative import narrative
from gateway.mapping.layout.cda.said import Said, code_of, medication_of, people_of, time_of
from gateway.mapping.layout.cda.values import HL7, NOTHING, value_columns
from gateway.wire.xml import Document

KINDS: Final[dict[str, frozenset[str]]] = {
    "observation": frozenset(),
    "diagnosis": frozenset({"code", "name"}),
    "result": frozenset({"item", "value", "unit", "result"}),
    "procedure": frozenset({"name"}),
    "medication": frozenset({"total"}),
}
"""Kind of a statement → the columns of it that a data element may become."""

_WIDE: Final = frozenset({"result"})
"""Kinds whose parts may stand in neighbouring entries of a section; those of others stand in one entry."""

_STATEMENTS: Final = {
    "observation": "observation", "act": "observation", "encounter": "observation", "supply": "observation",
    "observationMedia": "observation", "organizer": "observation", "procedure": "procedure",
    "substanceAdministration": "medication",
}  # fmt: skip
_HOLDERS: Final = frozenset({"entry", "entryRelationship", "component", "reference"})
_NOT_KNOWN: Final = "observation"


@dataclass(slots=True)
class Statement:
    """One clinical statement.

    Attributes:
        kind: one of :data:`KINDS`.
        said: column → text, or what repeats.
        parent: the statement that it is a part of.
        segments: numbers of the segments that it was laid out as.
    """

    kind: str
    said: Said = field(default_factory=dict)
    parent: Statement | None = None
    segments: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Section:
    """One section.

    Attributes:
        code, name, system: of ``section/code``, ``""`` where they are not said.
        div: its narrative, ``""`` for none.
        inside: the sections in it.
    """

    title: str = ""
    code: str = ""
    name: str = ""
    system: str = ""
    div: str = ""
    statements: list[Statement] = field(default_factory=list)
    inside: list[Section] = field(default_factory=list)

    def all(self) -> Iterator[Section]:
        """Yield this section and those inside, as they stand."""
        yield self
        for one in self.inside:
            yield from one.all()


@dataclass(slots=True)
class Body:
    """What the body says.

    Attributes:
        read: the elements that were read.
    """

    sections: list[Section] = field(default_factory=list)
    read: set[etree._Element] = field(default_factory=set)

    def statements(self) -> Iterator[Statement]:
        """Yield every statement as they stand."""
        for top in self.sections:
            for one in top.all():
                for statement in one.statements:
                    if statement.kind == "result":
                        _show(statement.said)
                    yield statement


def read_body(document: Document, elements: Mapping[str, DataElement], kinds: Collection[str]) -> Body:
    """Return what the body of a document says.

    Args:
        elements: the data elements that become more than an Observation.
        kinds: those that the layout lays out; what would be of another is an ``observation``.
    """
    asked = {element for element, _ in document.asked}
    walk = _Walk(elements, kinds, asked)
    for component in document.root.findall(f"{HL7}component"):
        walk.sections(component, walk.body.sections)
        plain = component.find(f"{HL7}nonXMLBody/{HL7}text")
        if plain is not None:
            walk.plain(plain)
    return walk.body


Scope = dict[str, Statement]
"""Kind → the statement that is being put together."""


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
            name = _name(one)
            if name == "section":
                into.append(self._section(one))
            elif name in ("structuredBody", "component"):
                self.sections(one, into)

    def plain(self, text: etree._Element) -> None:
        """Take the text of a body that is not XML as a section; bytes stay in the document itself."""
        coded = text.get("representation") == "B64"
        self.body.read.add(text)
        self.body.sections.append(Section(div="" if coded else narrative(text)))

    def _section(self, node: etree._Element) -> Section:
        section, wide = Section(), Scope()
        code, title, text = (node.find(f"{HL7}{name}") for name in ("code", "title", "text"))
        if code is not None:
            said = code_of(code)
            section.code, section.system = str(said.get("code", "")), str(said.get("system", ""))
            section.name = str(said.get("label", ""))
            self._read(code)
        if title is not None:
            section.title = "".join(title.itertext()).strip()
            self._read(title)
        if text is not None:
            section.div = narrative(text)
            self._read(text)
        for one in node:
            name = _name(one)
            if name == "component":
                self.sections(one, section.inside)
            elif name == "section":
                section.inside.append(self._section(one))
            elif name == "entry":
                self._holder(one, section, None, {}, wide)
        return section

    def _holder(
        self, node: etree._Element, section: Section, parent: Statement | None, narrow: Scope, wide: Scope
    ) -> None:
        """Read the statements in an entry, an entryRelationship or a component of an organizer."""
        for one in node:
            if _name(one) in _STATEMENTS:
                self._statement(one, section, parent, narrow, wide)
            elif _name(one) == "section":
                section.inside.append(self._section(one))

    def _statement(
        self, node: etree._Element, section: Section, parent: Statement | None, narrow: Scope, wide: Scope
    ) -> None:
        name = _name(node)
        if name == "organizer":
            narrow, wide = {}, {}
        made = self._made(node, name, section, parent, narrow, wide)
        for one in node:
            if _name(one) in _HOLDERS:
                self._holder(one, section, made or parent, narrow, wide)

    def _made(
        self,
        node: etree._Element,
        name: str,
        section: Section,
        parent: Statement | None,
        narrow: Scope,
        wide: Scope,
    ) -> Statement | None:
        """Return the statement that an element is or is a part of, None where it only holds others."""
        said = self._said(node, name)
        if said is None:
            return None
        element = self._elements.get(str(said.get("code", "")))
        kind, _, column = element.becomes.partition(".") if element is not None else ("", "", "")
        if name == "observation" and column and kind in self._kinds:
            if kind in ("procedure", "medication"):
                if parent is not None and parent.kind == kind and column not in parent.said:
                    _join(parent, column, said)
                    return parent
            else:
                return self._gathered(kind, column, said, section, parent, wide if kind in _WIDE else narrow)
        kind = _STATEMENTS[name]
        statement = Statement(kind if kind in self._kinds else _NOT_KNOWN, said, parent)
        said.setdefault("label", section.title or section.name)
        section.statements.append(statement)
        return statement

    @staticmethod
    def _gathered(
        kind: str, column: str, said: Said, section: Section, parent: Statement | None, scope: Scope
    ) -> Statement:
        """Put a data element to those that it belongs to; the same again begins the next one."""
        found = scope.get(kind)
        if found is None or column in found.said:
            found = scope[kind] = Statement(kind, {"section": section.title or section.name}, parent)
            section.statements.append(found)
        _join(found, column, said)
        return found

    def _said(self, node: etree._Element, name: str) -> Said | None:  # noqa: C901, PLR0912 (one branch a child)
        """Return the columns of a statement, None where it says nothing itself or a layout has read it."""
        said, value, told = Said(), None, False
        for one in node:
            child = _name(one)
            if child == "code":
                said |= code_of(one)
            elif child == "value":
                value = one
            elif child == "effectiveTime":
                said |= time_of(one)
            elif child in ("performer", "author", "informant", "participant"):
                said.setdefault("people", []).extend(people_of(one, child))  # type: ignore[union-attr]  # (a list)
            elif child == "text":
                said["note"] = "".join(one.itertext()).strip()
            elif child == "id":
                said.setdefault("id", one.get("extension") or "")
            elif child in (
                "interpretationCode",
                "methodCode",
                "targetSiteCode",
                "statusCode",
                "priorityCode",
            ):
                word = child.removesuffix("Code")
                said |= {
                    word if key == "code" else f"{word}_{key}": text for key, text in code_of(one).items()
                }
            else:
                continue
            self._read(one)
            told = told or child in ("code", "value")
        if name == "substanceAdministration":
            said |= medication_of(node, self._read)
            told = True
        if value is not None and value in self._asked:
            return None
        if value is not None:
            said |= {key: text for key, text in value_columns(value).items() if key not in said or text}
        empty = "code" not in said and "label" not in said and (value is None or "absent" in said)
        if not told or (empty and name not in ("procedure", "substanceAdministration")):
            return None
        if name == "organizer" and value is None and "code" not in said:
            return None
        if name == "observation" and value is None:
            said["absent"] = "NI"
        return said

    def _read(self, element: etree._Element) -> None:
        self.body.read.update(element.iter(etree.Element))


def _name(element: etree._Element) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _join(statement: Statement, column: str, said: Said) -> None:
    """Write what a data element says into a column of a statement."""
    into = statement.said
    number = said.get("quantity") or said.get("integer")
    into[column] = said.get("value_code") or number or said.get("string") or said.get("moment") or ""
    named = said.get("value_name") or said.get("value_text")
    for suffix, text in (
        ("name", named),
        ("system", said.get("value_system")),
        ("unit", said.get("unit")),
        ("type", "number" if number else "text"),
    ):
        if text:
            into[f"{column}_{suffix}"] = text
    if not into[column] and named:
        into[column] = named
        into.pop(f"{column}_name", None)
    for key in ("time", "start", "end", "label", "people", "note"):
        if key in said and said[key] not in NOTHING_SAID:
            into.setdefault(key, said[key])


def _show(said: Said) -> None:
    """Say of a result what OBX-2, OBX-5 and OBX-8 are: a value goes before the code that judges it."""
    if said.get("value"):
        said["form"] = "NM" if said.get("value_type") == "number" else "ST"
        said["shown"] = said["value"]
        said |= {f"judged{key[6:]}": text for key, text in list(said.items()) if key.startswith("result")}
    elif said.get("result"):
        said["form"] = "CWE" if said.get("result_system") or said.get("result_name") else "ST"
        said |= {f"shown{key[6:]}": text for key, text in list(said.items()) if key.startswith("result")}


NOTHING_SAID: Final = (*NOTHING, [])
