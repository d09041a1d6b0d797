"""Named: which orders a message names with which of its samples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gateway.canonical import Draft
from gateway.canonical.elements import references

_NAMING = ("specimen", "basedOn", "request")
"""Where results, orders and samples name each other."""


def beside(about: Iterable[Draft]) -> Mapping[str, set[str]]:
    """Return seed id of a Specimen → seed ids of the ServiceRequests that are named with it."""
    found: dict[str, set[str]] = {}
    for one in about:
        names = [f"{one.type}/{one.id}", *(name for path in _NAMING for name in references(one.body, path))]
        orders = {name[15:] for name in names if name.startswith("ServiceRequest/")}
        for name in names:
            if name.startswith("Specimen/"):
                found.setdefault(name[9:], set()).update(orders)
    return found
