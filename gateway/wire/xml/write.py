"""Write: a tree of names and texts → the bytes of an XML document, elements in the order of the tree."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from lxml import etree

from gateway.wire.xml.document import NAMESPACES

Value = str | Mapping[str, Sequence["Value"]]
"""A text, or what is inside: ``"@name"`` attributes, ``"#"`` text, else child elements."""

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def write(
    root: str, value: Value, namespace: str = "", *, encoding: str = "UTF-8", pretty: bool = False
) -> bytes:
    """Return a document; ``xsi:`` is the one prefix that names may have.

    Args:
        namespace: of its elements, declared as the default.
    """
    made = element(root, value, namespace)
    written: bytes = etree.tostring(made, xml_declaration=True, encoding=encoding, pretty_print=pretty)
    return written


def element(name: str, value: Value, namespace: str = "") -> etree._Element:
    """Return the same as an element, to be put into another document."""
    own: dict[str | None, str] = {None: namespace} if namespace else {}
    made = etree.Element(_name(name, namespace), nsmap=own | {"xsi": NAMESPACES["xsi"]})
    _fill(made, value, namespace)
    return made


def _fill(element: etree._Element, value: Value, namespace: str) -> None:
    if isinstance(value, str):
        element.text = _FORBIDDEN.sub("", value)
        return
    for name, values in value.items():
        if name.startswith("@"):
            element.set(_name(name[1:], ""), _FORBIDDEN.sub("", str(values[0])))
        elif name == "#":
            element.text = _FORBIDDEN.sub("", "".join(one for one in values if isinstance(one, str)))
        else:
            for one in values:
                _fill(etree.SubElement(element, _name(name, namespace)), one, namespace)


def _name(name: str, namespace: str) -> str:
    prefix, colon, local = name.partition(":")
    if colon:
        return f"{{{NAMESPACES[prefix]}}}{local}"
    return f"{{{namespace}}}{name}" if namespace else name
