"""Actor: the person on file who acts in a visit, found by what the principal says (NAT-16.2, SC-22.2)."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.canonical.actor import Actor, Principal
from gateway.canonical.signed import Verified
from gateway.feed.visit.grounds import refuse
from gateway.store import Desk


def actor_of(desk: Desk, principal: Principal, signatures: Sequence[Verified] = ()) -> Actor:
    """Return the person who acts: as bound or asserted, else the signer whom a good certificate names.

    Raises:
        Refusal: ``login``: the person who was asserted is not on file.
    """
    if principal.said:
        return Actor(_found(desk, principal.said), principal.client, principal.by)
    for one in signatures:
        person = person_of(desk, one.who)
        practitioner = desk.read("Practitioner", person.partition("/")[2]) if person else None
        if practitioner is not None and one.names_person(practitioner):
            return Actor(person, principal.client, "certificate")
    return Actor("", principal.client)


def required(actor: Actor) -> Actor:
    """Return the actor. Raises ``Refusal`` (``login``) where nobody has said who acts."""
    if not actor.practitioner:
        raise refuse("nobody-acts")
    return actor


def person_of(desk: Desk, reference: str) -> str:
    """Return ``"Practitioner/id"`` behind a reference to one or to a role of one, else ``""``."""
    type_, _, id_ = reference.partition("/")
    if type_ == "PractitionerRole":
        role = desk.read(type_, id_) or {}
        reference = str((role.get("practitioner") or {}).get("reference", ""))
    return reference if reference.startswith("Practitioner/") else ""


def _found(desk: Desk, said: str) -> str:
    system, bar, value = said.partition("|")
    if bar:
        found = desk.named("Practitioner", system, value)
        if found is None:
            raise refuse("unknown-person")
        return f"Practitioner/{found['id']}"
    type_, _, id_ = said.partition("/")
    if type_ not in ("Practitioner", "PractitionerRole") or desk.read(type_, id_) is None:
        raise refuse("unknown-person")
    return person_of(desk, said)
