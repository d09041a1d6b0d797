"""Media: what is sent and told in other forms than JSON: forms, XML from a template, XML in answers.

XML of a target's own is no FHIR: an element is known by its name, without its namespace.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import escape
from typing import Any
from urllib.parse import urlencode

from lxml import etree

from conformance.harness.paths import each
from conformance.harness.template import ABSENT, EACH, ITEM, PLACE, Numbered, filled, value
from conformance.simulators.exact import dumps, loads

FORM, XML = "application/x-www-form-urlencoded", "text/xml; charset=utf-8"
_UNSAYABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to say (§2.2)."""
_NESTED = 4
"""Texts in texts that are read: SOAP carries XML or JSON as text, which may carry another."""


def form(fields: Mapping[str, Any]) -> bytes:
    """Return fields as a form in UTF-8: a list repeats its name, what has members is JSON."""
    listed = [(name, one) for name, found in fields.items() for one in _several(found)]
    return urlencode([(name, _said(one)) for name, one in listed]).encode()


def xml(template: Any, given: Mapping[str, Any], numbered: Numbered, renamed: Callable[[Any], Any]) -> str:
    """Return a template of texts with its places filled, escaped; what is not given is an empty text.

    Args:
        template: a text, or a list of texts and of the mappings of :mod:`~conformance.harness.template`.
        renamed: gives a value the names that the target has for what it made.
    """
    if isinstance(template, list):
        return "".join(xml(one, given, numbered, renamed) for one in template)
    if isinstance(template, Mapping) and EACH in template:
        listed = [one for one in each(given, template[EACH]) if isinstance(one, Mapping)]
        return "".join(xml(template[ITEM], one, numbered, renamed) for one in listed)
    if isinstance(template, Mapping):
        return _escaped(renamed(filled(template, given, numbered)))
    return PLACE.sub(lambda found: _escaped(renamed(value(found[1], given, numbered))), str(template))


def read(raw: bytes, deep: int = 0) -> Any:
    """Return JSON, or XML as mappings by the names of its elements and attributes, its root among them.

    Raises:
        ValueError: it is neither, or has a document type.
        RecursionError: it is nested too deeply.
    """
    if raw.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] != b"<":
        return loads(raw)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False,
                             remove_comments=True, remove_pis=True)  # fmt: skip
    try:
        root = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(str(error)) from None
    if root.getroottree().docinfo.doctype:
        raise ValueError("a document type")
    return {_name(root): _element(root, deep)}


def _element(element: Any, deep: int) -> Any:
    found: dict[str, Any] = {str(etree.QName(name).localname): one for name, one in element.attrib.items()}
    for child in element:
        name, told = _name(child), _element(child, deep)
        if isinstance(before := found.get(name), list):
            before.append(told)
        else:
            found[name] = told if before is None else [before, told]
    text = (element.text or "").strip()
    if not found:
        return _nested(text, deep)
    return {**found, "text": text} if text and "text" not in found else found


def _nested(text: str, deep: int) -> Any:
    if text[:1] not in ("<", "{", "[") or deep >= _NESTED:
        return text
    try:
        return read(text.encode(), deep + 1)
    except (ValueError, RecursionError):
        return text


def _name(element: Any) -> str:
    return str(etree.QName(element).localname)


def _several(found: Any) -> list[Any]:
    return (
        found if isinstance(found, list) and not any(isinstance(one, Mapping) for one in found) else [found]
    )


def _said(found: Any) -> str:
    if isinstance(found, bool):
        return str(found).lower()
    return dumps(found) if isinstance(found, Mapping | list) else str(found)


def _escaped(found: Any) -> str:
    return "" if found is None or found is ABSENT else escape(_UNSAYABLE.sub("", _said(found)))
