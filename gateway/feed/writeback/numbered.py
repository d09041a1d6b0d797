"""Numbered: what changes or ends an order says it under the number under which the HIS came to know it.

An order that took effect without a number was told by its id; an accession number that it gets since, or a
number that is corrected, is none that the HIS can find it by.
"""

from __future__ import annotations

from dataclasses import replace

from gateway.canonical import Resource
from gateway.canonical.elements import each, listed, name_of
from gateway.feed.document import Document
from gateway.feed.kinds import ORDERS

_OF_ALL = ("groupIdentifier", "requisition")
"""Numbers of the whole, which all of its lines have."""

_NUMBERS = ("identifier", *_OF_ALL)
_FILLER = "FILL"
"""Type of the number that who carries it out gives, which may be later than the order (v2-0203)."""


def numbered(document: Document) -> Document:
    """Return a document whose orders have the numbers that they had when the HIS came to know them."""
    if not document.opened:
        return document
    return replace(document, members=tuple(_as_known(one, document) for one in document.members))


def _as_known(order: Resource, document: Document) -> Resource:
    type_ = order["resourceType"]
    first = next((one for one in document.opened.values() if one["resourceType"] == type_), None)
    if first is None or type_ not in ORDERS:
        return order
    then = document.opened.get(name_of(order), order)  # a line that is new has a number of its own
    rest = {name: value for name, value in order.items() if name not in _NUMBERS}
    known = {"identifier": then["identifier"]} if "identifier" in then else {}
    known |= {name: first[name] for name in _OF_ALL if name in first}
    since = [one for one in listed(order.get("identifier")) if _FILLER in each(one, "type.coding.code")]
    if since:
        before = [
            one for one in listed(then.get("identifier")) if _FILLER not in each(one, "type.coding.code")
        ]
        known["identifier"] = [*before, *since]
    return {**rest, **known}
