"""$redeem: a pharmacy uses a prescription, once (CQ18-7.2): a Task says who, dispenses say what."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.canonical import Resource
from gateway.canonical.actor import Actor
from gateway.errors import Ground
from gateway.feed.visit.acting import Acting, actor_of
from gateway.feed.visit.answer import Answer
from gateway.feed.visit.book import enter, last_about, named_id, patient_of
from gateway.feed.visit.course import governing, order_of, state_of
from gateway.feed.visit.grounds import grounds_of, refusal_of, refuse
from gateway.feed.visit.hospital import Hospital, Hospitals
from gateway.feed.visit.kinds import FAMILIES
from gateway.feed.visit.states import check
from gateway.feed.visit.submit import identifier_in
from gateway.feed.visit.unit import Unit, with_status
from gateway.policy.elements import first, references
from gateway.policy.moments import day_of, last_day
from gateway.store import Desk, Version
from gateway.store.clock import instant

REDEMPTION = "urn:qiao:id:redemption"
"""System of a pharmacy's own number of a redemption."""


def redeem(
    desk: Desk,
    hospitals: Hospitals,
    id_: str,
    acting: Acting,
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
        Refusal: it is not effective, was used, has run out; or a rule refuses a dispense.
    """
    hospital = governing(hospitals, desk)
    unit = order_of(desk, "RequestGroup", id_)
    task_id = named_id(unit.name, "redemption")
    known = desk.read("Task", task_id)
    if known is not None:
        return _again(desk, unit, known, pharmacy, number)
    actor = actor_of(desk, acting)
    if not actor.practitioner and not _on_file(desk, pharmacy):
        raise refuse("nobody-acts")
    _check_usable(desk, unit)
    written, found = _dispense(desk, hospital, unit, dispenses, actor)
    task = desk.write(_task(desk, unit, task_id, pharmacy, number, actor))
    members = [
        desk.write(one)
        for one in with_status(
            unit.documents, {"RequestGroup": "completed", "MedicationRequest": "completed"}
        )
    ]
    last = last_about(desk, unit.name)
    entered = enter(
        desk, "prescription", "redeemed", [*members, task], serial=unit.serial, back=last.n if last else 0
    )
    for one in written:
        enter(desk, "dispense", "effective", [one], serial=unit.serial, back=entered.n)
    names = tuple(f"MedicationDispense/{one.id}" for one in written)
    return Answer(
        "completed", unit.name, identifier_in(unit), f"Task/{task_id}", entered.n, found, {"dispense": names}
    )


def _again(desk: Desk, unit: Unit, task: Resource, pharmacy: str, number: str) -> Answer:
    """Answer a repeated request; any other one comes too late."""
    same = number and first(task, "identifier.value") == number and references(task, "owner") == [pharmacy]
    if not same:
        raise refuse("state-redeemed", unit.name)
    last = last_about(desk, unit.name)
    names = tuple(
        f"MedicationDispense/{one['id']}"
        for line in unit.documents[1:]
        for one in desk.referring("MedicationDispense", f"MedicationRequest/{line['id']}")
    )
    return Answer(
        "completed", unit.name, identifier_in(unit), f"Task/{task['id']}", last.n if last else 0, (),
        {"dispense": names},
    )  # fmt: skip


def _check_usable(desk: Desk, unit: Unit) -> None:
    state = state_of(desk, unit)
    rule = "state-redeemed" if state == "completed" else "state-not-approved"
    check("prescription", state, "$redeem", unit.name, rule)
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
    for at, one in enumerate(dispenses):
        named = references(one, "authorizingPrescription")
        if one.get("resourceType") != "MedicationDispense" or not named or not lines.issuperset(named):
            raise refuse("not-whole", "MedicationDispense.authorizingPrescription")
        whole = {**one, "id": one.get("id") or named_id(unit.name, "dispense", str(at))}
        decision = hospital.decide(desk, "dispense", [whole], actor)
        if (refusal := refusal_of(decision)) is not None:
            raise refusal
        found += grounds_of(decision.findings)
        written.append(desk.write(whole))
    return written, tuple(found)


def _on_file(desk: Desk, pharmacy: str) -> bool:
    type_, _, id_ = pharmacy.partition("/")
    return type_ == "Organization" and desk.read(type_, id_) is not None


def _task(desk: Desk, unit: Unit, id_: str, pharmacy: str, number: str, actor: Actor) -> Resource:
    now = instant(desk.ts_us)
    owner = pharmacy or actor.practitioner
    return {
        "resourceType": "Task",
        "id": id_,
        **({"identifier": [{"system": REDEMPTION, "value": number}]} if number else {}),
        "status": "completed",
        "intent": "order",
        "code": {
            "coding": [
                {"system": "urn:qiao:codes:task-code", "code": "redemption", "display": "处方流转核销"}
            ]
        },
        "focus": {"reference": unit.name},
        "for": {"reference": patient_of(unit.about)},
        "encounter": {"reference": f"Encounter/{unit.encounter}"},
        "executionPeriod": {"start": now, "end": now},
        "authoredOn": now,
        "owner": {"reference": owner},
    }
