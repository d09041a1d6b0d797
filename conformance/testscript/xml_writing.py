"""Writes a resource as FHIR XML, its elements in the order of R4 (R4 §2.6.1); what XPath looks at, too."""

from __future__ import annotations

from typing import Any

from lxml import etree

from conformance.simulators.exact import Resource, dumps
from conformance.testscript.r4 import elements
from conformance.testscript.unusable import Unusable
from conformance.testscript.xml_reading import FHIR, parse


def tree(resource: Resource) -> etree._Element:
    """Return a resource as elements; what R4 does not know comes last, in the order of the JSON.

    Raises:
        Unusable: a value has no form in XML: a control character, or a name that is none.
    """
    try:
        return _fill(etree.Element(f"{{{FHIR}}}{resource['resourceType']}", nsmap={None: FHIR}), resource)
    except (KeyError, ValueError, TypeError) as error:
        raise Unusable(f"无法写成 XML：{error}", f"it cannot be written as XML: {error}") from error


def to_xml(resource: Resource) -> bytes:
    """Return a resource as a text in XML. Raises ``Unusable`` as :func:`tree` does."""
    text: bytes = etree.tostring(tree(resource), xml_declaration=True, encoding="UTF-8")
    return text


def _fill(node: etree._Element, resource: Resource) -> etree._Element:
    _members(node, resource, str(resource["resourceType"]), is_resource=True)
    return node


def _members(node: etree._Element, value: Resource, type_: str, *, is_resource: bool) -> None:
    known = elements(type_)
    for name in _attributes(value, type_, is_resource=is_resource):
        node.set(name, str(value[name]))
    written = {
        *_attributes(value, type_, is_resource=is_resource),
        *(["resourceType"] if is_resource else []),
    }
    names = {name.removeprefix("_"): None for name in value if name not in written}
    order = [name for name in known if name in names] + [name for name in names if name not in known]
    for name in order:
        inner = known[name].type if name in known else ""
        _repeat(node, name, inner, value.get(name), value.get(f"_{name}"))


def _attributes(value: Resource, type_: str, *, is_resource: bool) -> list[str]:
    """R4 §2.6.1: ``id`` of what is no resource, and ``url`` of an extension, are attributes."""
    names = [] if is_resource else ["id"]
    names += ["url"] if type_ == "Extension" else []
    return [name for name in names if isinstance(value.get(name), str)]


def _repeat(node: etree._Element, name: str, type_: str, value: Any, beside: Any) -> None:
    values, besides = (each if isinstance(each, list) else [each] for each in (value, beside))
    for at in range(max(len(values), len(besides))):
        one = values[at] if at < len(values) else None
        other = besides[at] if at < len(besides) else None
        _one(node, name, type_, one, other)


def _one(node: etree._Element, name: str, type_: str, value: Any, beside: Any) -> None:
    if type_ == "xhtml" and isinstance(value, str):
        node.append(parse(value.encode()))
        return
    child = etree.SubElement(node, f"{{{FHIR}}}{name}")
    if isinstance(value, dict) and "resourceType" in value and type_ in ("", "Resource"):
        _fill(etree.SubElement(child, f"{{{FHIR}}}{value['resourceType']}"), value)
    elif isinstance(value, dict):
        _members(child, value, type_, is_resource=False)
    elif value is not None:
        child.set("value", value if type(value) is str else dumps(value))
    if isinstance(beside, dict):
        _members(child, beside, "Element", is_resource=False)
