"""Person: of whom a message speaks under a number that a Patient has, as far as it tells.

A number that has ended may be given to somebody else, and nobody has two resident IDs: who says another one
has put it right, or means another person. What makes two persons is data: the matching rules as shipped.
"""

from __future__ import annotations

from collections.abc import Container
from functools import cache

from gateway.canonical import Draft, Resource
from gateway.errors import Rejected
from gateway.matching import Rules, graded, load_rules
from gateway.matching.rules import NEVER
from gateway.store.lookup import IdentKey, ResourceKey
from gateway.store.merge import identity_of
from gateway.store.numbers import OLD, Numbers, entry_of, marked

_DIFFERENT = frozenset(("-name", "-birth-date"))
"""What has to differ, each of it, where no number tells: names are put right, and so are dates."""


def check(
    key: ResourceKey, stored: Resource, draft: Draft, numbers: Numbers, goes_on: Container[IdentKey]
) -> None:
    """Pass what is said of a Patient under a number, unless that has ended and is another person's now.

    Args:
        stored: who has the number: the person may be as they are, or as any of those who ended there.
        goes_on: numbers of which the message itself says that they are this Patient's.

    Raises:
        Rejected: ``number-of-another-patient``: it is said of somebody who is none of these.
    """
    if draft.key is None or not numbers.has_ended(key, stored, draft.key):
        return
    ident = (*key[:2], *draft.key)
    if ident in goes_on or numbers.is_late(ident):  # what is older is about who had it then
        return
    if all(_is_another(one, draft.body) for one in (stored, *numbers.ended_in(key, stored))):
        raise Rejected(
            f"this number had ended, and is told of another person now (Patient/{key[2]} has it): take it "
            "off those who have it and create the other person with it (PUT and POST /fhir/Patient), or let "
            "the HIS say who it is; then replay",
            code="number-of-another-patient",
            where="Patient",
        )


def _is_another(known: Resource, said: Resource) -> bool:
    """Tell whether two are two persons for sure, or alike in nothing by which a person is known."""
    reasons = graded(_rules(), known, said).reasons
    return any(one.points == NEVER for one in reasons) or {one.ground for one in reasons} >= _DIFFERENT


def corrected(stored: Resource, body: Resource, draft: Draft, *, newer: bool) -> Resource:
    """Return a Patient with one number in force in a register in which nobody has two.

    A later word of the patient register is right, and what was in force before was typed wrong: ``old`` now.
    What comes late, of a sender that does not own patients, or under a number that has ended, changes
    nothing: another one stands beside as ``old``.

    Args:
        stored: as it was before.
        body: as the draft has left it.
    """
    systems = {str(one.get("system", "")) for one in draft.body.get("identifier", ())} & _registers()
    counts = draft.owns and newer and not _is_ended(stored, draft)
    if counts and not draft.registers:  # an order of the owner may know it better or worse
        return body
    for system in systems:
        right = _in_force(draft.body if counts else stored, system)
        for one in _in_force(body, system) if right else ():
            if one not in right:
                body = marked(body, {"system": one[0], "value": one[1]}, old=True, only=True)
    return body


def _in_force(body: Resource, system: str) -> list[tuple[str, str]]:
    """Return the numbers of one register that a Patient has in force, as (system, value)."""
    numbers = body.get("identifier", ())
    return [identity_of(one) for one in numbers if one.get("system") == system and one.get("use") != OLD]


def _is_ended(stored: Resource, draft: Draft) -> bool:
    entry = entry_of(stored, *draft.key) if draft.key else None
    return entry is not None and entry.get("use") == OLD


@cache
def _rules() -> Rules:
    return load_rules()


@cache
def _registers() -> frozenset[str]:
    """Return the registers in which nobody has two numbers."""
    return frozenset(system for one in _rules().numbers if one.one for system in one.systems)
