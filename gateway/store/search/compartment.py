"""Compartments: what belongs to one patient, encounter, practitioner, relative or device (R4 §3.1.0.16).

``compartments.json`` is made from the official CompartmentDefinitions by :mod:`trim`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

from gateway.canonical.logical_id import is_id
from gateway.errors import Rejected
from gateway.store.index import parameters
from gateway.store.search import system
from gateway.store.search.filters import Belongs


@cache
def definitions() -> dict[str, dict[str, list[str]]]:
    """Return owner type → member type → the reference parameters that make it a member."""
    text = files("gateway.store.search").joinpath("compartments.json").read_text("utf-8")
    found: dict[str, dict[str, list[str]]] = json.loads(text)
    return found


def members(of: str) -> Mapping[str, list[str]]:
    """Return the member types of a compartment with their parameters.

    Raises:
        Rejected: R4 defines no such compartment; code ``not-supported``.
    """
    found = definitions().get(of)
    if found is None:
        raise Rejected(
            f"there are compartments of {', '.join(definitions())} only", code="not-supported", where=of[:64]
        )
    return found


def types(of: str, type_: str, pairs: Sequence[tuple[str, str]]) -> list[str]:
    """Return the types that a compartment search is of; ``type_`` ``"*"``: all, or those of ``_type``.

    Raises:
        Rejected: there is no such compartment, or no such type in it; code ``not-supported``.
    """
    found = members(of)
    if type_ == "*":
        return system.types(pairs, found)
    if type_ not in found:
        raise Rejected(f"the {of} compartment has no {type_[:64]}", code="not-supported", where=type_[:64])
    return [type_]


def belongs(of: str, id_: str, member: str) -> Belongs:
    """Return the filter that the members of a compartment fulfil.

    Raises:
        Rejected: ``id_`` is no FHIR id; code ``value``.
    """
    if not is_id(id_):
        raise Rejected("is no FHIR id (1 to 64 of A-Z a-z 0-9 - .)", code="value", where=of)
    known = parameters(member)
    names = members(of).get(member, ())
    return Belongs(tuple(known[name] for name in names if name in known), f"{of}/{id_}")
