"""Arrive: what holds already when it comes is stored, flagged, numbered and entered, never refused."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.canonical import Resource
from gateway.canonical.actor import Actor
from gateway.canonical.signed import Verified
from gateway.errors import Rejected
from gateway.feed.visit.book import enter, flag, last_about
from gateway.feed.visit.grounds import GROUNDS, refusal_of
from gateway.feed.visit.hospital import Hospital
from gateway.feed.visit.kinds import FAMILIES, SERIALLED, event_of
from gateway.feed.visit.signing import good_ones, signatures_over
from gateway.feed.visit.unit import Unit, check_holder, numbered, serial_in
from gateway.policy import Decision, Event, Finding
from gateway.store import Desk, Entered, Serial, Version

UNKNOWN = "exam"
"""Kind under which a request is entered that says none: it is flagged, and has no serial."""
_SIGNED = frozenset({"RequestGroup", "ServiceRequest", "Composition", "Task"})


def judge(
    desk: Desk, hospital: Hospital, unit: Unit, actor: Actor | None, event: Event | None = None
) -> Decision:
    """Return what the rules say of a document as it stands, with the signatures that are on file."""
    signatures: tuple[Verified, ...] = ()
    if unit.about["resourceType"] in _SIGNED:
        found = signatures_over(desk, unit.name)
        signatures = tuple(good_ones(hospital.checked, found, unit.documents)) if found else ()
    return hospital.decide(desk, event or event_of(unit.about), unit.documents, actor, signatures)


def gate(desk: Desk, hospital: Hospital, unit: Unit, actor: Actor | None, event: Event | None = None) -> None:
    """Let the rules refuse a document that does not hold yet, and flag it where they only remark.

    Args:
        event: what the rules are asked, None: what the document is.

    Raises:
        Refusal: a rule refuses it.
    """
    decision = judge(desk, hospital, unit, actor, event)
    if (refusal := refusal_of(decision)) is not None:
        raise refusal
    flag(desk, unit.documents, [one for one in decision.findings if one.verdict in ("hold", "flag")])


def arrive(desk: Desk, hospital: Hospital, unit: Unit, actor: Actor | None) -> None:
    """Flag what holds already, and give it its serial; :func:`note` enters it."""
    found = list(judge(desk, hospital, unit, actor).findings)
    if unit.kind in SERIALLED and not hospital.by_platform:
        try:
            _number(desk, hospital, unit)
        except Rejected as error:
            found.append(_without_serial(error))
    elif not unit.kind:
        found.append(_finding("kind-unknown"))
    flag(desk, unit.documents, found)


def note(desk: Desk, unit: Unit, event: str) -> None:
    """Enter a version of a document; ``event`` is that of a first entry, later ones correct it or say why."""
    members = current(desk, unit.documents)
    last = last_about(desk, unit.name)
    serial = next((found for one in unit.documents if (found := _serial_now(desk, one))), "")
    said, back = _event(last, event), last.n if last else 0
    enter(desk, unit.kind or UNKNOWN, said, members, serial=serial, back=back)


def _event(last: Entered | None, event: str) -> str:
    if last is None or (event, last.event) == ("effective", "submitted"):
        return event
    return event if event == "cancelled" != last.event else "corrected"


def event_for(resource: Resource) -> str:
    """Return the event that the status of a document is, for the ledger."""
    phase = FAMILIES[resource["resourceType"]].phase(resource)
    return {"draft": "submitted", "void": "cancelled"}.get(phase, "effective")


def _number(desk: Desk, hospital: Hospital, unit: Unit) -> None:
    """Give the serial to all resources of a document; a message may have taken it from them."""
    serial = _serial_of(desk, hospital, unit)
    for one in unit.documents:
        if serial_in(one) != serial.value:
            desk.write(numbered(one, serial))


def _serial_of(desk: Desk, hospital: Hospital, unit: Unit) -> Serial:
    carried = next((found for one in unit.documents if (found := serial_in(one))), "")
    holder = desk.holder(carried) if carried else None
    if holder is not None:
        check_holder(desk, unit, carried)
        return holder
    serial = desk.mint(unit.kind, hospital.institution(desk, unit.encounter), unit.number)
    if not serial.fresh:
        check_holder(desk, unit, serial.value)
    return serial


def current(desk: Desk, documents: Sequence[Resource]) -> list[Version]:
    """Return the versions of documents as they stand now."""
    found = [desk.version(one["resourceType"], one["id"]) for one in documents]
    return [one for one in found if one is not None]


def _serial_now(desk: Desk, document: Resource) -> str:
    current = desk.read(document["resourceType"], document["id"])
    return serial_in(current) if current is not None and _may_carry(current) else ""


def _may_carry(resource: Resource) -> bool:
    return resource["resourceType"] in ("RequestGroup", "MedicationRequest", "ServiceRequest")


def _without_serial(error: Rejected) -> Finding:
    rules = [one.rule for one in getattr(error, "issues", ())]
    return _finding(rules[0] if rules and rules[0] in GROUNDS else "serial-taken")


def _finding(rule: str) -> Finding:
    _, ground = GROUNDS[rule]
    return Finding(rule, ground.requirement, ground.article, "flag", "conflict", ground.text, ground.text_zh)
