"""XML: FHIR, CDA (HL7 V3 PN, AD, TEL, TS) and others, with their places for people; HTML, and what is broken.

Tags are told from texts, and a text or attribute value that nothing is masked in stays byte for byte, so that
what was well-formed stays so.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from html import unescape

from conformance.evidence.opened import Learner, Opened
from conformance.evidence.places import NAMED, PARTS, PEOPLE, belongs, kind_of, part

_TAG = re.compile(r"<[^<>\"'\0]*+(?:\"[^\"<\0]*\"|'[^'<\0]*'|[^<>\"'\0]++)*+>")
_NAME = re.compile(r"</?(?:[\w.-]+:)?([\w.-]+)")
_ATTRIBUTE = re.compile(r"(?<![\w.:-])(?:[\w.-]++:)?([\w.-]++)\s*+=\s*(?:\"([^\"]*)\"|'([^']*)')")
_BRACKETS = (("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>"))
_THINGS = re.compile(
    r"organi[sz]ation|playingentity|material|facility|place|device|location|custodian|software", re.IGNORECASE
)
_ADDRESSES = ("addr", "address")
_GROUPS = ("name", "telecom", *_ADDRESSES)
_KEPT_OF_ADDRESS = frozenset(("city", "state", "country", "use", "type"))
_SCHEME = re.compile(r"(?:tel|fax|mailto|sms):", re.IGNORECASE)
_EMPTY = frozenset(("br", "hr", "img", "meta", "link", "input", "col"))


class _Element:
    """An element that is open.

    Attributes:
        group: the name, address or number that it is a part of, ``""``: of none.
        owner: the element whose name, address or number that is.
    """

    __slots__ = ("family", "given", "group", "name", "owner", "reference")

    def __init__(self, name: str, within: _Element | None) -> None:
        self.name = name
        self.group: str = within.group or (within.name if within.name in _GROUPS else "") if within else ""
        self.owner: str = (within.owner if self.group else within.name) if within else ""
        self.family = self.given = self.reference = ""

    @property
    def thing(self) -> bool:
        """Whether it tells of an organization, a place or a product, which are public."""
        return bool(_THINGS.search(self.owner))


class _Reader:
    """One way through a document."""

    def __init__(self, learner: Learner) -> None:
        self._learner = learner
        self._open = [_Element("", None)]
        self._names = Counter[str]()
        self.pieces: list[str] = []
        self.places: list[int] = []

    def read(self, text: str) -> None:
        """Go through the document."""
        for piece in _pieces(text):
            if not _TAG.fullmatch(piece) or piece.startswith(("<!", "<?")):
                self._text(piece)
            elif piece.startswith("</"):
                self.pieces.append(piece)
                self._close(piece)
            else:
                self._tag(piece)

    def _leaf(self, piece: str) -> None:
        self.places.append(len(self.pieces))
        self.pieces.append(piece)

    def _text(self, piece: str) -> None:
        body = piece.strip()
        if piece.startswith("<") or not body:
            self._leaf(piece)
            return
        start = piece.index(body)
        self.pieces.append(piece[:start])
        self._leaf(self._placed(self._open[-1], body, inside=True))
        self.pieces.append(piece[start + len(body) :])

    def _tag(self, piece: str) -> None:
        found = _NAME.match(piece)
        parent = self._open[-1]
        element = _Element(found[1] if found else "", parent)
        self._open.append(element)
        self._names[element.name] += 1
        at = 0
        for one in _ATTRIBUTE.finditer(piece):
            start, end = one.span(2) if one[2] is not None else one.span(3)
            raw = piece[start:end]
            self.pieces.append(piece[at:start])
            self._leaf(self._attribute(one[1], raw, element, parent) if raw else raw)
            at = end
        self.pieces.append(piece[at:])
        if piece.endswith("/>") or element.name.lower() in _EMPTY:
            self._closed()

    def _attribute(self, name: str, raw: str, element: _Element, parent: _Element) -> str:
        if name != "value":
            return self._by_name(name, raw)
        if element.name == "reference":
            parent.reference = raw
        elif element.name == "display":
            return self._display(raw, parent)
        return self._placed(element, raw, inside=False)

    def _display(self, raw: str, reference: _Element) -> str:
        value, to = unescape(raw), reference.reference
        person = PEOPLE.search(to) or ((not to or to[0] in "#u") and reference.name in NAMED)
        return self._learner.learn("name", value) if person and belongs("name", value) else raw

    def _placed(self, element: _Element, raw: str, *, inside: bool) -> str:
        """Return a text or the ``value`` of an element, masked where this is a place for what is masked."""
        name, value = element.name, unescape(raw)
        if name in ("family", "given") and not element.thing:
            holder = next((one for one in self._open[-3:] if one.name == "name"), element)
            setattr(holder, name, f"{getattr(holder, name)} {value}".strip())
            return self._learner.mark(part(name), value)
        if (name == "text" and element.group == "name") or (name == "name" and inside):
            return raw if element.thing or not belongs("name", value) else self._learner.learn("name", value)
        if name in _ADDRESSES or element.group in _ADDRESSES:
            keeps = element.thing or name in _KEPT_OF_ADDRESS or not belongs("address", f"{value} 一")
            return raw if keeps else self._learner.learn("address", value)
        return self._by_name(name, raw)

    def _by_name(self, name: str, raw: str) -> str:
        kind, value = kind_of(name), unescape(raw)
        if not kind or not belongs(kind, value):
            return raw
        if name.lower() in PARTS:
            return self._learner.mark(part(name), value)
        scheme = _SCHEME.match(value)
        head = scheme[0] if scheme else ""
        return head + self._learner.learn("email" if head.lower() == "mailto:" else kind, value[len(head) :])

    def _close(self, piece: str) -> None:
        found = _NAME.match(piece)
        if not found or not self._names[found[1]]:
            return
        while self._closed() != found[1]:
            pass

    def _closed(self) -> str:
        """Close the innermost element; returns its name."""
        element = self._open.pop()
        self._names[element.name] -= 1
        if element.name == "name" and (element.family or element.given):
            self._learner.learn_name(element.family, element.given)
        return element.name


def _pieces(text: str) -> Iterator[str]:
    at, size = 0, len(text)
    unclosed: set[str] = set()
    while at < size:
        start = text.find("<", at)
        if start < 0:
            start = size
        if start > at:
            yield text[at:start]
        at = start
        if at == size:
            return
        end = _end(text, at, unclosed)
        yield text[at:end]
        at = end


def _end(text: str, at: int, unclosed: set[str]) -> int:
    """Return where a comment, a section, an instruction or a tag ends; of none, where the next may begin."""
    for opening, closing in _BRACKETS:
        if text.startswith(opening, at) and opening not in unclosed:
            end = text.find(closing, at + len(opening))
            if end >= 0:
                return end + len(closing)
            unclosed.add(opening)
    found = _TAG.match(text, at)
    if found:
        return found.end()
    end = text.find("<", at + 1)
    return len(text) if end < 0 else end


def open_xml(text: str, learner: Learner) -> Opened:
    """Take an XML or HTML document apart, well-formed or not."""
    reader = _Reader(learner)
    reader.read(text)
    pieces, places = reader.pieces, reader.places

    def close(leaves: list[str]) -> str:
        for place, leaf in zip(places, leaves, strict=True):
            pieces[place] = leaf
        return "".join(pieces)

    return Opened([pieces[one] for one in places], close)
