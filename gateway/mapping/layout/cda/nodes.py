"""Nodes: an element of HL7 V3 and what the walk asks each of: its name, a child, its words.

A document has thousands of them. ``find`` and ``itertext`` of lxml cost tens of times what these do where an
element has nothing in it, as most have.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from lxml import etree

HL7: Final = "{urn:hl7-org:v3}"


def name_of(element: etree._Element) -> str:
    """Return the name of an element without its namespace."""
    return _local(element.tag)


@lru_cache(maxsize=1024)
def _local(tag: object) -> str:
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def child(element: etree._Element, name: str) -> etree._Element | None:
    """Return the first child of HL7 V3 with a name, None for none."""
    return next(element.iterchildren(HL7 + name), None) if len(element) else None


def words(element: etree._Element) -> str:
    """Return all text in an element, without the spaces around it."""
    return ("".join(element.itertext()) if len(element) else element.text or "").strip()
