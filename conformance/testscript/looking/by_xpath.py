"""XPath 1.0 over the XML form of a resource; ``fhir:`` and ``f:`` are FHIR, names without prefix are, too."""

from __future__ import annotations

import copy
import re
from typing import Any

from lxml import etree

from conformance.simulators.exact import Number
from conformance.testscript.unusable import Unusable
from conformance.testscript.xml_reading import FHIR, XHTML

_NAMESPACES = {"fhir": FHIR, "f": FHIR, "xhtml": XHTML, "h": XHTML, "html": XHTML}
_literals = re.compile(r"'[^']*'|\"[^\"]*\"").sub
_from_the_top = re.compile(r"(?:^|[(,\[|=<>+])\s*/(?!/)|\b(?:and|or|div|mod)\s+/(?!/)").search
_prefixed = re.compile(r"\b(?:fhir|f|xhtml|html|h):").search


def xpath(root: etree._Element, expression: str) -> list[Any]:
    """Return values: of attributes, of elements by their ``value``, numbers and booleans; else the XML.

    Raises:
        Unusable: the expression is no XPath 1.0.
    """
    bare = _literals("''", expression)
    root = copy.deepcopy(root)
    if not _prefixed(bare):
        _strip(root)
    try:
        found = _context(root, bare).xpath(expression, namespaces=_NAMESPACES)
    except (etree.XPathError, ValueError) as error:
        raise Unusable(f"XPath 无法执行：{error}", f"the XPath cannot be evaluated: {error}") from error
    return [_value(one) for one in (found if isinstance(found, list) else [found])]


def _context(root: etree._Element, bare: str) -> etree._Element:
    """``fhir:Patient/…`` starts above the root, where libxml2 has no node to stand on: it is given one."""
    if _from_the_top(bare):
        return root
    above = etree.Element("document")
    above.append(root)
    return above


def _strip(root: etree._Element) -> None:
    for one in root.iter(etree.Element):
        one.tag = etree.QName(one).localname


def _value(found: Any) -> Any:
    if isinstance(found, bool):
        return found
    if isinstance(found, float):
        return int(found) if found.is_integer() else Number(repr(found))
    if isinstance(found, etree._Element):  # noqa: SLF001 -- its public name for types
        value = found.get("value")
        return etree.tostring(found, encoding="unicode", with_tail=False) if value is None else value
    return str(found)
