"""Reads FHIR XML as JSON by the elements of R4, so that what repeats is an array (R4 §2.6.1, §2.6.2).

Entities, document types and the network are off; an element nobody knows is kept, and named to the caller.
"""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from conformance.simulators.exact import Number, Resource
from conformance.testscript.r4 import Element, elements, is_primitive, is_resource
from conformance.testscript.unusable import Unusable

FHIR = "http://hl7.org/fhir"
XHTML = "http://www.w3.org/1999/xhtml"
DEEPEST = 100
"""Levels of elements; the deepest official example has fewer than 30."""

_NUMBERS = frozenset({"integer", "positiveInt", "unsignedInt", "decimal"})
_is_number = re.compile(r"-?(?:0|[1-9][0-9]{0,99})((?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)").fullmatch
"""What JSON writes as a number (RFC 8259 §6); anything else stays a text, for a validator to refuse."""


def parse(text: bytes) -> etree._Element:
    """Return the root of an XML text.

    Raises:
        Unusable: it is not well-formed, has a document type, or is nested too deeply.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False,
        huge_tree=False, remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(text, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Unusable(f"XML 无法读取：{error}", f"the XML cannot be read: {error}") from error
    if root.getroottree().docinfo.doctype:
        raise Unusable("XML 带有 DOCTYPE，按 R4 不允许", "the XML has a DOCTYPE, which R4 does not permit")
    if _depth(root) > DEEPEST:
        raise Unusable(f"XML 嵌套超过 {DEEPEST} 层", f"the XML is nested deeper than {DEEPEST} levels")
    return root


def resource(root: etree._Element) -> tuple[Resource, list[str]]:
    """Return the resource of a parsed text, and the places of elements that R4 does not know.

    Raises:
        Unusable: the root is no resource of R4.
    """
    name = etree.QName(root)
    if name.namespace != FHIR or not is_resource(name.localname):
        raise Unusable(
            f"根元素 {name.localname} 不是 FHIR R4 的资源",
            f"the root {name.localname} is no resource of FHIR R4",
        )
    unknown: list[str] = []
    return _resource(root, name.localname, unknown), unknown


def _depth(root: etree._Element) -> int:
    deepest, level = 0, 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        level += 1 if event == "start" else -1
        deepest = max(deepest, level)
    return deepest


def _resource(node: etree._Element, place: str, unknown: list[str]) -> Resource:
    type_ = etree.QName(node).localname
    return {"resourceType": type_, **_object(node, type_, place, unknown)}


def _object(node: etree._Element, type_: str, place: str, unknown: list[str]) -> Resource:
    found: Resource = {name: value for name, value in node.attrib.items() if name in ("id", "url")}
    known = elements(type_)
    for child in node:
        name = etree.QName(child).localname
        element = known.get(name)
        if element is None:
            unknown.append(f"{place}.{name}")
            element = Element(name, "", False)
        _add(found, element, child, f"{place}.{name}", unknown)
    return {name: value for name, value in found.items() if not _all_absent(value)}


def _all_absent(value: Any) -> bool:
    """Primitives that have only extensions: JSON writes ``_name`` alone."""
    return isinstance(value, list) and all(one is None for one in value)


def _add(found: Resource, element: Element, node: etree._Element, place: str, unknown: list[str]) -> None:
    if element.type == "xhtml":
        found[element.name] = etree.tostring(node, encoding="unicode", with_tail=False)
    elif is_primitive(element.type) or (not element.type and "value" in node.attrib):
        _add_primitive(found, element, node, place, unknown)
    else:
        value = (
            _inner(node, place, unknown)
            if element.type == "Resource"
            else _object(node, element.type, place, unknown)
        )
        _put(found, element, value)


def _inner(node: etree._Element, place: str, unknown: list[str]) -> Any:
    for child in node:
        return _resource(child, place, unknown)
    return {}


def _put(found: Resource, element: Element, value: Any) -> None:
    if element.many:
        found.setdefault(element.name, []).append(value)
    else:
        found[element.name] = value


def _add_primitive(
    found: Resource, element: Element, node: etree._Element, place: str, unknown: list[str]
) -> None:
    """R4 §2.6.2.3: ``id`` and extensions of a primitive stand beside it, in a member with ``_``."""
    value = _value(element.type, node.get("value"))
    beside = _object(node, "Element", place, unknown)
    if not element.many:
        found.update({element.name: value} if value is not None else {})
        found.update({f"_{element.name}": beside} if beside else {})
        return
    values = found.setdefault(element.name, [])
    besides = found.get(f"_{element.name}", [None] * len(values))
    values.append(value)
    besides.append(beside or None)
    if any(besides):
        found[f"_{element.name}"] = besides


def _value(type_: str, text: str | None) -> Any:
    if text is None:
        return None
    if type_ == "boolean" and text in ("true", "false"):
        return text == "true"
    if type_ in _NUMBERS and (found := _is_number(text)):
        return Number(text) if found[1] or text == "-0" else int(text)
    return text
