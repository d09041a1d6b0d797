"""Drugs: whether a prescription still names the drugs that were submitted (NAT-20.4, docs/visit.md).

A drug that is told by reference (``medicationReference``) is what a Medication says. That is no document of
the visit, and no signature covers it: it is compared with what stood when the prescription was signed, later
with the version that was entered with it.
"""

from __future__ import annotations

from collections.abc import Iterator

from gateway.canonical import Resource
from gateway.canonical.elements import name_of, references
from gateway.canonical.signed import Verified
from gateway.feed.visit.entering import MEDICATION
from gateway.feed.visit.unit import Unit
from gateway.store import Desk

_SAID = ("code", "form", "ingredient", "amount")
"""Elements of a Medication without which it is another drug."""

_SECOND_US = 1_000_000
"""The time of a signature has no more digits."""


def changed_drugs(desk: Desk, unit: Unit) -> tuple[str, ...]:
    """Return the places of a prescription whose Medication is another drug than when it was first entered."""
    return tuple(place for place, id_ in _told(unit) if _is_changed(desk, unit, id_))


def changed_since(desk: Desk, unit: Unit, signed: Verified) -> tuple[str, ...]:
    """Return the places of a prescription whose Medication is another drug than when it was signed.

    The signer's clock says when, but never later than the signature came.
    """
    at_us = min(signed.signed_us, signed.arrived_us or signed.signed_us)
    return tuple(
        place
        for place, id_ in _told(unit)
        if any(_is_another(desk.read(MEDICATION, id_) or {}, then) for then in _signed(desk, id_, at_us))
    )


def _signed(desk: Desk, id_: str, at_us: int) -> list[Resource]:
    """Return what a Medication was in the second of a signature, or when it came, if that was later."""
    states = desk.since(MEDICATION, id_, at_us)
    return [state for made_us, state in states if made_us < at_us + _SECOND_US or made_us == states[-1][0]]


def _told(unit: Unit) -> Iterator[tuple[str, str]]:
    """Yield the place and the id of each Medication that a prescription names."""
    for line in unit.documents:
        for name in references(line, "medicationReference"):
            if name.startswith(f"{MEDICATION}/"):
                yield f"{name_of(line)}.medicationReference", name.split("/")[1]


def _is_changed(desk: Desk, unit: Unit, id_: str) -> bool:
    entered = next(_entered(desk, unit, id_), None)
    return entered is not None and _is_another(desk.read(MEDICATION, id_) or {}, entered)


def _is_another(one: Resource, other: Resource) -> bool:
    return any(one.get(name) != other.get(name) for name in _SAID)


def _entered(desk: Desk, unit: Unit, id_: str) -> Iterator[Resource]:
    """Yield the versions of a Medication that were entered with a prescription, oldest first."""
    for document in unit.documents:
        for entry in desk.entries_about(document["resourceType"], document["id"]):
            for seq in entry.members:
                if desk.is_version(seq, MEDICATION, id_):
                    yield desk.body(seq)
