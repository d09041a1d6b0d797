"""Markup: records as XML, and XML answers as records: for platforms that want neither JSON nor FHIR."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from lxml import etree

from gateway.errors import Rejected

DEEPEST = 32
_FORBIDDEN = {code: None for code in range(32) if chr(code) not in "\t\n\r"} | {0xFFFE: None, 0xFFFF: None}


def to_markup(value: Any, root: str) -> bytes:
    """Return a record as XML: a field is an element, a list as many of it as it has records."""
    made = Element(root)
    _fill(made, value)
    text: str = tostring(made, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>{text}'.encode()


def from_markup(data: bytes) -> Any:
    """Return the content of the root element: text, or a table; what comes several times is a list.

    Raises:
        Rejected: it is no XML, has a document type, or is nested too deeply.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise Rejected("it is no XML", code="not-xml") from None
    if root.getroottree().docinfo.doctype:
        raise Rejected("a document type is not taken", code="not-xml")
    return _content(root, 0)


def _fill(element: Element, value: Any) -> None:
    if isinstance(value, dict):
        for name, one in value.items():
            for each in one if isinstance(one, list) else [one]:
                _fill(SubElement(element, name), each)
    elif isinstance(value, list):
        for one in value:
            _fill(SubElement(element, "item"), one)
    elif value is not None:
        element.text = _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return (format(value, "f") if isinstance(value, Decimal) else str(value)).translate(_FORBIDDEN)


def _content(element: Any, depth: int) -> Any:
    if depth > DEEPEST:
        raise Rejected("it is nested too deeply", code="not-xml")
    children = [one for one in element if isinstance(one.tag, str)]
    if not children:
        return (element.text or "").strip()
    found: dict[str, Any] = {}
    for one in children:
        name, value = etree.QName(one).localname, _content(one, depth + 1)
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    return found
