"""Reading: XML bytes become the JSON of a resource, strictly and in bounded space (R4 §2.6.1).

Comments, processing instructions, ``xml:space`` and ``xsi:schemaLocation`` are passed over. All else that
JSON does not hold is named: nothing is lost in silence. No document type is taken, so there are no entities.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from gateway.validation.source_text import LARGEST, Unreadable
from gateway.validation.xml import rules
from gateway.validation.xml.elements import Faults, Reader
from gateway.validation.xml.places import places
from gateway.validation.xml.tables import tables

_BOM = b"\xef\xbb\xbf"
_first = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*<").match


@dataclass(slots=True)
class XmlText:
    """A resource and the XML that it was read from.

    Attributes:
        value: the resource as JSON, decimals as ``Decimal``.
        data: the bytes, for :meth:`places`.
        faults: what is wrong with the XML itself, as ``(path, rule)``, each with its line and column from 1;
            the first thousand.
    """

    value: dict[str, Any]
    data: bytes
    faults: Faults = field(default_factory=dict)

    def places(self, paths: Iterable[str]) -> dict[str, tuple[int, int]]:
        """Return line and column (from 1) of each path (``"name[0].family"``) or of what is above."""
        return places(self.data, paths)


def is_xml(data: bytes) -> bool:
    """Return whether a text is meant to be XML, not JSON: by its first character."""
    return _first(data) is not None


def from_xml(data: bytes, most: int = LARGEST) -> dict[str, Any]:
    """Return the resource that ``data`` holds.

    Raises:
        Unreadable: it is no FHIR XML, with the place of the first thing that is wrong.
    """
    text = read(data, most)
    if text.faults:
        (_, rule), place = next(iter(text.faults.items()))
        raise Unreadable(rule, *place)
    return text.value


def read(data: bytes, most: int = LARGEST) -> XmlText:
    """Return the resource that ``data`` holds, and what is wrong with the XML.

    Raises:
        Unreadable: too long, too deep, not UTF-8, not XML, with a document type, or no resource of R4.
    """
    if len(data) > most:
        raise Unreadable(rules.TOO_LONG)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in data[:4]:
        raise Unreadable(rules.NOT_UTF8)
    body = data[3:] if data.startswith(_BOM) else data
    value, faults = Reader(body, tables()).read()
    return XmlText(value, body, faults)
