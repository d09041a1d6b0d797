"""$redeem: a pharmacy uses a prescription, once (CQ18-7.2): a Task says who, dispenses say what."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.canonical import Resource
from gateway.canonical.actor import Actor, Principal
from gateway.canonical.elements import first, references
from gateway.canonical.moments import day_of, last_day
from gateway.errors import Ground
from gateway.feed.kinds import FAMILIES
from gateway.feed.own import is_own, named_id, task_of
from gateway.feed.visit.actor import actor_of
from gateway.feed.visit.answer import Answer
from gateway.feed.visit.cleared import check_cleared, signed_over
from gateway.feed.visit.course import governing, order_of, state_of
from gateway.feed.visit.entering import enter, flag, last_number
from gateway.feed.visit.grounds import grounds_of, refusal_of, refuse
from gateway.feed.visit.hospital import Hospital, Hospitals
from gateway.feed.visit.states import check
from gateway.feed.visit.submit import identifier_in
from gateway.feed.visit.task import task_about
from gateway.feed.visit.unit import Unit, check_living, with_status
from gateway.policy import Decision
from gateway.store import Desk, Version
from gateway.store.clock import instant

REDEMPTION = "urn:qiao:id:redemption"
"""System of a pharmacy's own number of a redemption."""


def redeem(
    desk: Desk,
    hospitals: Hospitals,
    id_: str,
    principal: Principal,
    pharmacy: str,
    number: str = "",
    dispenses: Sequence[Resource] = (),
) -> Answer:
    """Use a prescription.

    Args:
        pharmacy: ``"Organization/id"`` of who dispenses.
        number: the pharmacy's own number of this; who repeats a request with it is answered the same again.
        dispenses: MedicationDispense resources, each of one line of the prescription.

    Raises:
        Rejected: ``not-found``.
        Refusal: it is not effective, was used, has run out; the pharmacy is not on file; or a rule refuses
            the pharmacy, who acts there, or a dispense.
    """
    hospital = governing(hospitals, desk)
    unit = order_of(desk, "RequestGroup", id_)
    task_id = named_id(unit.name, "redemption")
    known = task_of(desk, unit.name, "redemption")
    if known is not None:
        return _again(desk, unit, known, pharmacy, number)
    actor = actor_of(desk, principal)
    if not _on_file(desk, pharmacy):
        raise refuse("pharmacy-unknown", "pharmacy")
    _check_usable(desk, unit)
    check_cleared(desk, hospital, unit)
    asked = _task(desk, unit, task_id, pharmacy, number)
    decision = _allowed(hospital.decide(desk, "redeem", [asked], actor))
    written, remarks = _dispense(desk, hospital, unit, dispenses, actor)
    n = _used(desk, unit, asked, written)
    _flag(desk, (asked, *unit.documents), decision)
    names = tuple(f"MedicationDispense/{one.id}" for one in written)
    return Answer(
        "completed",
        unit.name,
        identifier_in(unit),
        f"Task/{task_id}",
        n,
        grounds_of(decision.findings) + remarks,
        {"dispense": names},
    )


def _used(desk: Desk, unit: Unit, asked: Resource, dispenses: Sequence[Version]) -> int:
    """Write that a prescription is used, and enter it; returns the number of its entry."""
    task = desk.write(asked)
    statuses = {"RequestGroup": "completed", "MedicationRequest": "completed"}
    members = [desk.write(one) for one in with_status(unit.documents, statuses)]
    last = last_number(desk, unit.name)
    entered = enter(desk, "prescription", "redeemed", [*members, task], serial=unit.serial, back=last)
    for one in dispenses:
        enter(desk, "dispense", "effective", [one], serial=unit.serial, back=entered.n)
    return entered.n


def _again(desk: Desk, unit: Unit, task: Resource, pharmacy: str, number: str) -> Answer:
    """Answer a repeated request; any other one comes too late."""
    same = number and first(task, "identifier.value") == number and references(task, "owner") == [pharmacy]
    if not same:
        raise refuse("state-redeemed", unit.name)
    last = last_number(desk, unit.name)
    names = tuple(
        f"MedicationDispense/{one['id']}"
        for line in unit.documents[1:]
        for one in desk.referring("MedicationDispense", f"MedicationRequest/{line['id']}")
    )
    return Answer(
        "completed", unit.name, identifier_in(unit), f"Task/{task['id']}", last, (),
        {"dispense": names},
    )  # fmt: skip


def _check_usable(desk: Desk, unit: Unit) -> None:
    state = state_of(desk, unit)
    rule = "state-redeemed" if state == "completed" else "state-not-approved"
    check("prescription", state, "$redeem", unit.name, rule)
    check_living(unit)
    ends = [last_day(first(one, "dispenseRequest.validityPeriod.end")) for one in unit.documents]
    if any(end is not None and end < day_of(desk.ts_us) for end in ends):
        raise refuse("state-expired", unit.name)
    for line in unit.documents[1:]:
        given = desk.referring("MedicationDispense", f"MedicationRequest/{line['id']}")
        if any(FAMILIES["MedicationDispense"].phase(one) != "void" for one in given):
            raise refuse("state-redeemed", f"MedicationRequest/{line['id']}")


def _dispense(
    desk: Desk, hospital: Hospital, unit: Unit, dispenses: Sequence[Resource], actor: Actor
) -> tuple[list[Version], tuple[Ground, ...]]:
    lines = {f"MedicationRequest/{one['id']}" for one in unit.documents[1:]}
    written, found = list[Version](), list[Ground]()
    signed = signed_over(desk, hospital, unit) if dispenses else ()
    for at, one in enumerate(dispenses):
        named = references(one, "authorizingPrescription")
        if one.get("resourceType") != "MedicationDispense" or not named or not lines.issuperset(named):
            raise refuse("not-whole", "MedicationDispense.authorizingPrescription")
        whole = {**one, "id": _free(desk, one) or named_id(unit.name, "dispense", str(at))}
        decision = _allowed(hospital.decide(desk, "dispense", [whole], actor, signed))
        found += grounds_of(decision.findings)
        written.append(desk.write(whole))
        _flag(desk, (whole, *unit.documents), decision)
    return written, tuple(found)


def _free(desk: Desk, dispense: Resource) -> str:
    """Return the id that a dispense brings along, ``""`` for none. Raises ``Refusal``: it is not its own."""
    id_ = str(dispense.get("id", ""))
    if id_ and (is_own(id_) or desk.read("MedicationDispense", id_) is not None):
        raise refuse("own-id" if is_own(id_) else "state-jump", f"MedicationDispense/{id_}")
    return id_


def _allowed(decision: Decision) -> Decision:
    """Return what the rules say. Raises ``Refusal``: they refuse it."""
    if (refusal := refusal_of(decision)) is not None:
        raise refusal
    return decision


def _flag(desk: Desk, documents: Sequence[Resource], decision: Decision) -> None:
    flag(desk, documents, [one for one in decision.findings if one.verdict in ("hold", "flag")])


def _on_file(desk: Desk, pharmacy: str) -> bool:
    type_, _, id_ = pharmacy.partition("/")
    found = desk.read(type_, id_) if type_ == "Organization" else None
    return found is not None and found.get("active", True) is not False


def _task(desk: Desk, unit: Unit, id_: str, pharmacy: str, number: str) -> Resource:
    now = instant(desk.ts_us)
    return {
        **task_about(unit.about, id_, "completed", "redemption", "处方流转核销", now),
        **({"identifier": [{"system": REDEMPTION, "value": number}]} if number else {}),
        "executionPeriod": {"start": now, "end": now},
        "owner": {"reference": pharmacy},
    }
