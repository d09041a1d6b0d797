"""Arrive: what holds already when it comes is stored, flagged, numbered and entered, never refused."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.canonical import Resource
from gateway.canonical.actor import Actor
from gateway.canonical.elements import name_of
from gateway.errors import Rejected
from gateway.feed.kinds import FAMILIES, SERIALLED, serial_in
from gateway.feed.visit.cleared import judge
from gateway.feed.visit.entering import enter, flag, last_about
from gateway.feed.visit.grounds import GROUNDS, finding_of, grounds_of, refusal_of
from gateway.feed.visit.hospital import Hospital
from gateway.feed.visit.unit import Unit, check_holder, mint, numbered
from gateway.policy import Event, Finding
from gateway.store import Desk, Entered, Serial, Version

UNKNOWN = "exam"
"""Kind under which a request is entered that says none: it is flagged, and has no serial."""


def gate(desk: Desk, hospital: Hospital, unit: Unit, actor: Actor | None, event: Event | None = None) -> None:
    """Let the rules refuse a document that does not hold yet, and flag it where they only remark.

    What they warn of is noted too: who writes plainly asks nobody, as who submits does. Who does ask
    (``Prefer: return=OperationOutcome``) is told all of it.

    Args:
        event: what the rules are asked, None: what the document is.

    Raises:
        Refusal: a rule refuses it.
    """
    decision = judge(desk, hospital, unit, actor, event)
    if (refusal := refusal_of(decision)) is not None:
        raise refusal
    flag(desk, unit.documents, decision.findings)
    desk.tell(unit.name, grounds_of(decision.findings))


def arrive(desk: Desk, hospital: Hospital, unit: Unit, actor: Actor | None) -> str:
    """Flag what holds already, and give it its serial, which is returned; :func:`note` enters it.

    ``""``: it has none, whatever it says: that of another document is not entered a second time.
    """
    found = list(judge(desk, hospital, unit, actor).findings)
    serial = ""
    if unit.kind in SERIALLED:
        try:
            serial = _number(desk, hospital, unit, found)
        except Rejected as error:
            found.append(_without_serial(error))
    elif not unit.kind:
        found.append(finding_of("kind-unknown"))
    flag(desk, unit.documents, list({one.rule: one for one in found}.values()))
    return serial


def note(desk: Desk, unit: Unit, event: str, serial: str = "") -> None:
    """Enter a version of a document; ``event`` is that of a first entry, later ones correct it or say why."""
    members = current(desk, unit.documents)
    last = last_of(desk, unit)
    said, back = _event(last, event), last.n if last else 0
    enter(desk, unit.kind or UNKNOWN, said, members, serial=serial, back=back)


def last_of(desk: Desk, unit: Unit) -> Entered | None:
    """Return the newest entry about a document, also under the name that it had before all of it was here."""
    found = [last for one in unit.documents if (last := last_about(desk, name_of(one)))]
    return max(found, key=lambda one: one.n, default=None)


def _event(last: Entered | None, event: str) -> str:
    if last is None or (event, last.event) == ("effective", "submitted"):
        return event
    return event if event == "cancelled" != last.event else "corrected"


def event_for(resource: Resource) -> str:
    """Return the event that the status of a document is, for the ledger."""
    phase = FAMILIES[resource["resourceType"]].phase(resource)
    return {"draft": "submitted", "void": "cancelled"}.get(phase, "effective")


def _number(desk: Desk, hospital: Hospital, unit: Unit, found: list[Finding]) -> str:
    """Give the serial to all resources of a document; a message may have taken it from them."""
    carried = next((said for one in unit.documents if (said := serial_in(one))), "")
    try:
        serial = _own(desk, unit, carried)
    except Rejected as error:
        found.append(_without_serial(error))
        serial, carried = None, ""
    if serial is None and hospital.by_platform:
        return _claimed(desk, hospital, unit, carried) if carried else ""
    serial = serial or mint(desk, hospital, unit)
    for one in unit.documents:
        if serial_in(one) != serial.value:
            desk.write(numbered(one, serial))
    return serial.value


def _own(desk: Desk, unit: Unit, carried: str) -> Serial | None:
    """Return the serial that a document carries, None where nobody has it yet. Raises: another one's."""
    holder = desk.holder(carried) if carried else None
    if holder is not None:
        check_holder(desk, unit, carried)
    return holder


def _claimed(desk: Desk, hospital: Hospital, unit: Unit, serial: str) -> str:
    """Write down the serial that a platform gave a document before it came here."""
    institution = hospital.institution(desk, unit.encounter)
    return desk.claim(serial, unit.kind, institution, unit.number, "platform").value


def current(desk: Desk, documents: Sequence[Resource]) -> list[Version]:
    """Return the versions of documents as they stand now."""
    found = [desk.version(one["resourceType"], one["id"]) for one in documents]
    return [one for one in found if one is not None]


def _without_serial(error: Rejected) -> Finding:
    rules = [one.rule for one in getattr(error, "issues", ())]
    return finding_of(rules[0] if rules and rules[0] in GROUNDS else "serial-taken")
