"""The narrative's div inside XML: taken out and put in letter by letter (R4 §2.4.0, §2.6.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from lxml import etree

from gateway.validation.narrative import numbered
from gateway.validation.xml.tables import XHTML, XHTML_DIV

_tag = re.compile(rb"<(?:[^>\"']|\"[^\"]*\"|'[^']*')*+>").match


class NotXhtml(ValueError):
    """The text is not one well-formed div in the XHTML namespace."""


def end_of_element(data: bytes, start: int, end: int) -> int:
    """Return where an element ends: ``start`` is where it begins, ``end`` where its end tag does, if any."""
    found = _end_of_tag(data, start)
    return found if data[found - 2 : found] == b"/>" else _end_of_tag(data, end)


def _end_of_tag(data: bytes, start: int) -> int:
    found = _tag(data, start)
    assert found is not None
    return found.end()


def standing_alone(div: str, namespaces: Mapping[str, str]) -> str:
    """Return a div that may use namespaces of the elements around it as one that does not.

    Args:
        namespaces: prefix → URI of what is declared around it, ``""`` for the default.

    Raises:
        NotXhtml: it is no div by any of them.
    """
    if _is_div(div):
        return div
    around = "".join(
        f" xmlns{':' + prefix if prefix else ''}={quoteattr(uri)}" for prefix, uri in namespaces.items()
    )
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, strip_cdata=False)
    try:
        inner = etree.fromstring(f"<around{around}>{div}</around>", parser)[0]
    except (etree.LxmlError, ValueError):
        raise NotXhtml from None
    made = etree.Element(inner.tag, dict(inner.attrib), nsmap={None: XHTML})
    made.text = inner.text
    made.extend(list(inner))
    etree.cleanup_namespaces(made)
    text: str = etree.tostring(made, encoding="unicode", with_tail=False)
    return text


def written(div: str) -> str:
    """Return a narrative as it can stand in XML: as it is, HTML's named entities as numbers.

    Raises:
        NotXhtml: it is not one well-formed div in the XHTML namespace.
    """
    text = numbered(div).strip() if "&" in div else div.strip()
    if not _is_div(text):
        raise NotXhtml
    return text


def _is_div(text: str) -> bool:
    """Return whether a text by itself is one well-formed div in the XHTML namespace."""
    parser = expat.ParserCreate("utf-8", " ")
    names: list[str] = []

    def first(name: str, _attributes: dict[str, str]) -> None:
        names.append(name)
        parser.StartElementHandler = None

    def never(*_: object) -> None:
        raise NotXhtml

    parser.StartElementHandler = first
    parser.StartDoctypeDeclHandler = parser.XmlDeclHandler = never
    try:
        parser.Parse(text.encode(), True)
    except (expat.ExpatError, UnicodeEncodeError, NotXhtml):
        return False
    finally:
        parser.StartElementHandler = parser.StartDoctypeDeclHandler = parser.XmlDeclHandler = None
    return names == [XHTML_DIV] and text[0] == "<" and text[1] not in "!?"
