"""Document: one XML document, a ``gateway.canonical.Record`` whose paths are XPaths."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from lxml import etree

from gateway.canonical import Issue
from gateway.errors import Misconfigured

NAMESPACES = {
    "hl7": "urn:hl7-org:v3",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "soap": "http://schemas.xmlsoap.org/soap/envelope/",
    "soap12": "http://www.w3.org/2003/05/soap-envelope",
    "sdtc": "urn:hl7-org:sdtc",
    "q": "urn:qiao:xpath",
    "called": "urn:qiao:xml",
}
"""Prefixes that every path may use."""

FUNCTIONS = "urn:qiao:xpath"
"""Namespace of our own functions, prefix ``q``: ``q:first(a, b)`` is the first that says something.

``q:if(@code = '1', 'M')`` is ``M`` where its first argument is true or says something;
``q:all(a, b)`` is what all of them say, one behind the other; ``q:peek(a, b)`` is as ``q:first``, but what it
looks at still counts as unread.
"""

_NOTHING = frozenset({"", "-", "--", "/", "\\", "无", "NULL", "null"})


class _Touched(threading.local):
    """What our functions have read while a path was evaluated: their results are texts without a place."""

    def __init__(self) -> None:
        self.places: list[tuple[etree._Element, str]] = []


_touched = _Touched()


def _text_of(value: Any) -> str:
    if isinstance(value, list):
        return next((text for one in value if (text := _text_of(one))), "")
    if etree.iselement(value):
        _touched.places += [(one, "") for one in value.iter(etree.Element)]
        text = "".join(str(part) for part in value.itertext()).strip()
        return "" if text in _NOTHING else text
    if hasattr(value, "getparent") and (parent := value.getparent()) is not None:
        _touched.places.append((parent, value.attrname or ""))
    if isinstance(value, bool):
        return "true" if value else ""
    text = str(value).strip()
    return "" if text in _NOTHING else text


def _first(_: object, *values: Any) -> str:
    return next((text for one in values if (text := _text_of(one))), "")


def _all(_: object, *values: Any) -> str:
    return "".join(
        [_text_of(one) for value in values for one in (value if isinstance(value, list) else [value])]
    )


def _if(_: object, said: Any, then: Any) -> str:
    there = isinstance(said, list) and any(map(etree.iselement, said))
    return _text_of(then) if there or _text_of(said) else ""


def _peek(_: object, *values: Any) -> str:
    before = len(_touched.places)
    found = _first(_, *values)
    del _touched.places[before:]
    return found


_EXTENSIONS = {
    (FUNCTIONS, "first"): _first, (FUNCTIONS, "all"): _all,
    (FUNCTIONS, "if"): _if, (FUNCTIONS, "peek"): _peek,
}  # fmt: skip


@cache
def path_of(text: str, namespaces: tuple[tuple[str, str], ...] = ()) -> etree.XPath:
    """Return a compiled XPath 1.0; its texts know where they stood.

    Raises:
        Misconfigured: it is none, or has an unknown prefix.
    """
    try:
        made = etree.XPath(text, namespaces={**NAMESPACES, **dict(namespaces)}, extensions=_EXTENSIONS)
        made(etree.Element("nothing"))  # an unknown prefix shows only now
        return made
    except etree.XPathError as error:
        raise Misconfigured(f"not an XPath: {text!r} ({error})") from None


class Document:
    """One document.

    Attributes:
        raw: the bytes as received.
        root: its root element.
        charset: the Python codec that decoded it.
        repaired: the bytes contradicted what was declared.
        remarks: what was found wrong with it; kept beside what becomes of it.
    """

    __slots__ = ("asked", "charset", "raw", "remarks", "repaired", "root")

    def __init__(self, raw: bytes, root: etree._Element, charset: str, repaired: bool) -> None:
        self.raw, self.root, self.charset, self.repaired = raw, root, charset, repaired
        self.asked: set[tuple[etree._Element, str]] = set()
        self.remarks: Sequence[Issue] = ()

    def get(self, path: str) -> str | None:
        """Return the first value at an XPath, None where there is none."""
        return next(self.each(path), None)

    def each(self, path: str) -> Iterator[str]:
        """Yield every value at an XPath in document order; of an element its text."""
        yield from (text for text in self.texts(self.root, path_of(path)) if text)

    def texts(self, node: etree._Element, path: etree.XPath) -> list[str]:
        """Return what a path finds from a node, as texts; it counts as read."""
        found: Any = path(node)
        if _touched.places:
            self.asked.update(_touched.places)
            _touched.places = []
        if isinstance(found, list):
            return [self.text(one) for one in found]
        if isinstance(found, bool):
            return ["true"] if found else []
        if isinstance(found, float):
            return [str(int(found)) if found == int(found) else str(found)]
        return [str(found).strip()] if found else []

    def places(self, node: etree._Element, path: etree.XPath) -> list[tuple[etree._Element, str]]:
        """Return each text that a path finds, with the element in which it stands; it does not count as read.

        What a function has made of texts stands nowhere.
        """
        found: Any = path(node)
        _touched.places = []
        return [
            (element, ("".join(map(str, one.itertext())) if etree.iselement(one) else str(one)).strip())
            for one in (found if isinstance(found, list) else ())
            if (element := one if etree.iselement(one) else one.getparent()) is not None
        ]

    def text(self, found: Any) -> str:
        """Return one result of a path as a text: an attribute, a text node, or all text of an element."""
        if etree.iselement(found):
            for one in found.iter(etree.Element):
                self.asked.add((one, ""))
            return "".join(str(part) for part in found.itertext()).strip()
        parent = found.getparent()
        if parent is not None:
            self.asked.add((parent, found.attrname or ""))
        return str(found).strip()

    def unread(self) -> Iterator[str]:
        """Yield the path, without positions, of every valued text and attribute that nobody has asked for."""
        for element in self.root.iter(etree.Element):
            for name, value in element.attrib.items():
                if value and (element, str(name)) not in self.asked:
                    yield f"{location(element)}/@{etree.QName(name).localname}"
            if (element, "") not in self.asked and element.text and element.text.strip():
                yield location(element)


def put_into(root: etree._Element, namespace: str) -> None:
    """Put a document whose sender forgot ``xmlns`` into its namespace."""
    for one in root.iter(etree.Element):
        if not etree.QName(one).namespace:
            one.tag = f"{{{namespace}}}{one.tag}"


def location(element: etree._Element) -> str:
    """Return the names of an element and those around it, outermost first, without positions."""
    names = [str(one.tag).rpartition("}")[2] for one in (element, *element.iterancestors())]
    return "/".join(reversed(names))


def names_of(namespaces: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return prefixes as :func:`path_of` takes them."""
    return tuple(sorted(namespaces.items()))
