"""Person: who takes note of a critical value, as the client says it, held against who is on file."""

from __future__ import annotations

from gateway.canonical.actor import Principal
from gateway.canonical.elements import reference
from gateway.errors import Rejected
from gateway.feed.critical.task import PERSONS
from gateway.store import Desk


def person_of(desk: Desk, said: str, principal: Principal) -> str:
    """Return who takes note: as named, else the client's own person, else the client itself.

    Raises:
        Rejected: ``value``: nobody of this id is on file; ``forbidden``: the client is another person's.
    """
    own = _own(desk, principal.said)
    if not said:
        return own or principal.client
    on_file(desk, said, "by")
    if own.startswith("Practitioner/") and _practitioner(desk, said) not in ("", own):
        raise Rejected("this client acts for another person than it names", code="forbidden", where="by")
    return said


def on_file(desk: Desk, said: str, where: str) -> None:
    """Refuse a ``"Practitioner/id"`` that is nobody's; a name is taken as it is.

    Raises:
        Rejected: ``value``.
    """
    if said.startswith(PERSONS) and not desk.lives(*said.split("/", 1)):
        raise Rejected("nobody of this id is on file: give one that is, or a name", code="value", where=where)


def _own(desk: Desk, said: str) -> str:
    """Return ``"Practitioner/id"`` of a principal, ``""`` where nobody on file is meant."""
    system, bar, value = said.partition("|")
    if bar:
        found = desk.named("Practitioner", system, value)
        return f"Practitioner/{found['id']}" if found else ""
    return _practitioner(desk, said)


def _practitioner(desk: Desk, said: str) -> str:
    type_, _, id_ = said.partition("/")
    if type_ == "PractitionerRole":
        role = desk.read(type_, id_)
        said = reference((role or {}).get("practitioner"))
    return said if said.startswith("Practitioner/") else ""
