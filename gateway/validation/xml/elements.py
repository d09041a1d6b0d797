"""Elements: what expat meets becomes JSON, step by step, by the tables of the types (R4 §2.6.1)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, NoReturn
from xml.parsers import expat

from gateway.validation.faults import Rule
from gateway.validation.source_text import Unreadable
from gateway.validation.xml import rules
from gateway.validation.xml.div import NotXhtml, end_of_element, standing_alone
from gateway.validation.xml.frame import Frame, is_utf8, next_place, placed, split, step, unprefixed
from gateway.validation.xml.tables import FHIR, Child, Table, Tables
from gateway.validation.xml.values import typed

DEEPEST = 256
"""Elements inside each other, narratives included."""
NAMED = 1000
"""Faults of one text that are named."""

Faults = dict[tuple[str, Rule], tuple[int, int]]
"""Path and rule → line and column, both from 1."""

_name = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}").fullmatch
_PASSED = frozenset(
    (
        "http://www.w3.org/XML/1998/namespace space",
        "http://www.w3.org/2001/XMLSchema-instance schemaLocation",
        "http://www.w3.org/2001/XMLSchema-instance noNamespaceSchemaLocation",
    )
)
_UTF8 = frozenset(("utf-8", "utf8", "us-ascii", "ascii"))


class Reader:
    """Reads one text; its methods are what expat calls."""

    def __init__(self, data: bytes, known: Tables) -> None:
        self._data = data
        self._tables = known
        self._element = known.get("Element")
        self._open: list[Frame] = []
        self._faults: Faults = {}
        self._root: dict[str, Any] = {}
        self._deeper = 0  # elements open in a narrative, or in what is passed over
        self._div = 0  # where the narrative begins
        self._namespaces: dict[str, list[str]] = {}
        parser = expat.ParserCreate("utf-8", " ")
        parser.namespace_prefixes = True
        parser.StartNamespaceDeclHandler = self._declared
        parser.EndNamespaceDeclHandler = self._undeclared
        parser.StartDoctypeDeclHandler = self._document_type
        parser.XmlDeclHandler = self._declaration
        self._parser = parser
        self._outside()

    def read(self) -> tuple[dict[str, Any], Faults]:
        """Return the resource, and what is wrong with the XML, as far as it could be read.

        Raises:
            Unreadable: as :func:`gateway.validation.xml.read`.
        """
        parser = self._parser
        try:
            parser.Parse(self._data, True)
        except expat.ExpatError as error:
            rule = rules.NOT_XML if is_utf8(self._data) else rules.NOT_UTF8
            raise Unreadable(rule, error.lineno, error.offset + 1) from None
        finally:
            # They hold this reader, and it the parser.
            parser.StartElementHandler = parser.EndElementHandler = parser.CharacterDataHandler = None
            parser.StartNamespaceDeclHandler = parser.EndNamespaceDeclHandler = None
            parser.StartDoctypeDeclHandler = parser.XmlDeclHandler = None
        return self._root, self._faults

    # What expat calls.

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        opened = self._open
        if not opened:
            self._begin_root(name, attributes)
            return
        parent = opened[-1]
        if parent.table is None:
            self._begin_resource(parent, name, attributes)
            return
        child = parent.table.tags.get(name) or parent.table.tags.get(unprefixed(name))
        if child is None:
            self._unknown(name, parent.table)
            return
        if child.primitive:
            self._begin_primitive(parent, child, attributes)
        elif child.kind == "object":
            self._begin_object(parent, child, attributes)
        elif child.kind == "resource":
            self._begin_holder(parent, child, attributes)
        else:
            self._begin_div(parent, child)
        if child.order < parent.order:
            self._fault(rules.ORDER)
        else:
            parent.order = child.order

    def _end(self, _name: str) -> None:
        frame = self._open[-1]
        child = frame.child
        if frame.table is None:
            if not frame.order and child is not None:
                self._fault(rules.ONE_RESOURCE, place=frame.place)
                placed(frame.value, child, {})  # so that those behind it keep their numbers
        elif child is not None and child.primitive:
            self._end_primitive(self._open[-2], child, frame)
        if frame.gaps:
            for name in frame.gaps:
                if all(one is None for one in frame.value[name]):
                    del frame.value[name]
        self._open.pop()

    def _text(self, text: str) -> None:
        if text.strip(" \t\r\n"):
            self._fault(rules.TEXT)

    def _declared(self, prefix: str | None, uri: str | None) -> None:
        self._namespaces.setdefault(prefix or "", []).append(uri or "")

    def _undeclared(self, prefix: str | None) -> None:
        self._namespaces[prefix or ""].pop()

    def _document_type(self, *_: object) -> None:
        self._stop(rules.DTD)

    def _declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.lower() not in _UTF8:
            self._stop(rules.NOT_UTF8)

    def _outside(self) -> None:
        """Read elements of FHIR from here on."""
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text

    # Resources and elements.

    def _begin_root(self, name: str, attributes: dict[str, str]) -> None:
        space, type_ = split(name)
        if space != FHIR:
            self._stop(rules.ROOT_NAMESPACE)
        if not self._tables.is_resource(type_):
            self._stop(rules.NO_RESOURCE)
        self._root["resourceType"] = type_
        self._push(Frame(None, self._tables.get(type_), self._root, -1))
        self._check_attributes(attributes, ())

    def _begin_holder(self, parent: Frame, child: Child, attributes: dict[str, str]) -> None:
        frame = Frame(child, None, parent.value, next_place(parent, child))
        frame.place = self._place()
        self._push(frame)
        if not child.many and child.name in parent.value:
            self._fault(rules.TWICE)
        self._check_attributes(attributes, ())

    def _begin_resource(self, holder: Frame, name: str, attributes: dict[str, str]) -> None:
        space, type_ = split(name)
        assert holder.child is not None
        holder.order += 1
        known = space == FHIR and self._tables.is_resource(type_)
        if not known or holder.order > 1:
            self._fault(rules.ONE_RESOURCE if known else rules.NO_RESOURCE)
            if holder.order == 1:
                placed(holder.value, holder.child, {})
            self._pass_over()
            return
        made = placed(holder.value, holder.child, {"resourceType": type_})
        self._push(Frame(None, self._tables.get(type_), made, -1))
        self._check_attributes(attributes, ())

    def _begin_object(self, parent: Frame, child: Child, attributes: dict[str, str]) -> None:
        table = self._tables.get(child.below)
        self._push(Frame(child, table, {}, next_place(parent, child)))
        if not child.many and child.name in parent.value:
            self._fault(rules.TWICE)
        value = self._open[-1].value = placed(parent.value, child, {})
        if attributes:
            for name in table.attributes:
                if name in attributes:
                    value[name] = attributes[name]
            if len(attributes) > len(value):
                self._check_attributes(attributes, table.attributes)

    def _begin_primitive(self, parent: Frame, child: Child, attributes: dict[str, str]) -> None:
        frame = Frame(child, self._element, {}, next_place(parent, child) if child.many else -1)
        self._open.append(frame)  # its depth is looked at where something is below it
        frame.text = attributes.pop("value", None)
        if frame.text is None:
            frame.place = self._place()
        if attributes:
            if "id" in attributes:
                frame.value["id"] = attributes["id"]
            self._check_attributes(attributes, ("id",))
        if not child.many and (child.name in parent.value or f"_{child.name}" in parent.value):
            self._fault(rules.TWICE)

    def _end_primitive(self, parent: Frame, child: Child, frame: Frame) -> None:
        name, extra, text = child.name, frame.value, frame.text
        if text is None and not extra:
            self._fault(rules.BARE, place=frame.place)
        value = text if child.kind == "text" or text is None else typed(child.kind, text)
        if not child.many:
            if value is not None:
                parent.value[name] = value
            if extra:
                parent.value[f"_{name}"] = extra
            return
        values = parent.value.setdefault(name, [])
        values.append(value)
        extras = parent.value.get(f"_{name}")
        if extras is None and extra:
            extras = parent.value[f"_{name}"] = [None] * (len(values) - 1)
        if extras is not None:
            extras.append(extra or None)
        if value is None:
            parent.gaps = parent.gaps or []
            if name not in parent.gaps:
                parent.gaps.append(name)

    def _push(self, frame: Frame) -> None:
        self._open.append(frame)
        if len(self._open) > DEEPEST:
            self._stop(rules.TOO_DEEP)

    def _check_attributes(self, attributes: Iterable[str], known: tuple[str, ...]) -> None:
        for name in attributes:
            if name not in known and unprefixed(name) not in _PASSED:
                self._fault(rules.ATTRIBUTE, split(name)[1])

    # Narratives, and what is passed over.

    def _begin_div(self, parent: Frame, child: Child) -> None:
        if child.name in parent.value:
            self._fault(rules.TWICE, child.name)
        self._div = self._parser.CurrentByteIndex
        self._inside(self._end_div)

    def _end_div(self, _name: str) -> None:
        self._deeper -= 1
        if not self._deeper:
            end = end_of_element(self._data, self._div, self._parser.CurrentByteIndex)
            around = {prefix: uris[-1] for prefix, uris in self._namespaces.items() if uris}
            div = self._data[self._div : end].decode()
            try:
                div = standing_alone(div, around)
            except NotXhtml:
                self._fault(rules.DIV, "div")
            self._open[-1].value["div"] = div
            self._outside()

    def _unknown(self, name: str, table: Table) -> None:
        space, local = split(name)
        if local in table.members and table.members[local].kind == "div":
            self._fault(rules.DIV, local)
        else:
            self._fault(rules.UNKNOWN if space == FHIR else rules.NAMESPACE, local)
        self._pass_over()

    def _pass_over(self) -> None:
        """Read nothing of the element that begins here."""
        self._inside(self._end_passed)

    def _inside(self, end: Callable[[str], None]) -> None:
        """Only count elements from here on; ``end`` is called for each that ends."""
        self._deeper = 1
        self._parser.StartElementHandler = self._deepen
        self._parser.EndElementHandler = end
        self._parser.CharacterDataHandler = None

    def _end_passed(self, _name: str) -> None:
        self._deeper -= 1
        if not self._deeper:
            self._outside()

    def _deepen(self, _name: str, _attributes: dict[str, str]) -> None:
        self._deeper += 1
        if self._deeper + len(self._open) > DEEPEST:
            self._stop(rules.TOO_DEEP)

    def _fault(self, rule: Rule, below: str = "", place: tuple[int, int] | None = None) -> None:
        """Note a fault of the innermost open element, or of ``below`` it; at ``place``, else here."""
        if len(self._faults) < NAMED:
            steps = [step(frame) for frame in self._open if frame.child is not None]
            if below and _name(below):
                steps.append(below)
            self._faults.setdefault((".".join(steps), rule), place or self._place())

    def _stop(self, rule: Rule) -> NoReturn:
        raise Unreadable(rule, *self._place())

    def _place(self) -> tuple[int, int]:
        return self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1
