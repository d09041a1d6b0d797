"""$cancel: what was submitted is taken back with a reason; serial and entries stay, a new one says so."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.canonical import Resource
from gateway.canonical.actor import Principal
from gateway.canonical.elements import references
from gateway.feed.kinds import FAMILIES
from gateway.feed.visit.actor import actor_of, person_of, required
from gateway.feed.visit.answer import Answer
from gateway.feed.visit.course import course_of, governing, order_of, state_of
from gateway.feed.visit.entering import enter, last_number
from gateway.feed.visit.grounds import refuse
from gateway.feed.visit.hospital import Hospitals
from gateway.feed.visit.states import check
from gateway.feed.visit.submit import identifier_in
from gateway.feed.visit.task import review_of
from gateway.feed.visit.unit import Unit, with_status
from gateway.store import Desk, Version
from gateway.store.clock import instant

_STATUSES = {"RequestGroup": "revoked", "MedicationRequest": "cancelled", "ServiceRequest": "revoked"}


def cancel(
    desk: Desk, hospitals: Hospitals, type_: str, id_: str, principal: Principal, reason: str
) -> Answer:
    """Cancel a RequestGroup or ServiceRequest that was submitted; who wrote it does.

    Raises:
        Rejected: ``not-found``.
        Refusal: nobody acts, or another than the author; no reason; or the state does not allow it.
    """
    governing(hospitals, desk)
    unit = order_of(desk, type_, id_)
    state = state_of(desk, unit)
    if state != "cancelled":
        check(course_of(unit), state, "$cancel", unit.name)
        if not reason.strip():
            raise refuse("reason-missing", "reason")
        _check_author(desk, unit, required(actor_of(desk, principal)).practitioner)
        _check_unused(desk, unit)
        take_back(desk, unit, reason)
    last = last_number(desk, unit.name)
    return Answer("cancelled", unit.name, identifier_in(unit), "", last)


def take_back(desk: Desk, unit: Unit, reason: str) -> None:
    """Write a document as cancelled, with its review where that is open, and enter it."""
    members = [
        desk.write(one) for one in with_status(unit.documents, _STATUSES, statusReason={"text": reason})
    ]
    members += _close_tasks(desk, unit, reason)
    last = last_number(desk, unit.name)
    enter(desk, unit.kind, "cancelled", members, serial=unit.serial, back=last)


def _close_tasks(desk: Desk, unit: Unit, reason: str) -> list[Version]:
    closed = []
    for task in _tasks(desk, unit):
        if FAMILIES["Task"].phase(task) == "draft":
            ended = {**task, "status": "cancelled", "statusReason": {"text": reason},
                     "lastModified": instant(desk.ts_us)}  # fmt: skip
            closed.append(desk.write(ended))
    return closed


def _tasks(desk: Desk, unit: Unit) -> Sequence[Resource]:
    if unit.kind == "prescription":
        task = review_of(desk, unit.about)
        return [task] if task else []
    return desk.referring("Task", unit.name)


def _check_author(desk: Desk, unit: Unit, person: str) -> None:
    authors = [
        name for one in unit.documents for path in ("author", "requester") for name in references(one, path)
    ]
    if person not in {person_of(desk, name) for name in authors}:
        raise refuse("another-author", unit.name)


def _check_unused(desk: Desk, unit: Unit) -> None:
    """Refuse to cancel what has been dispensed. Raises ``Refusal``: conflict."""
    for line in unit.documents[1:]:
        for one in desk.referring("MedicationDispense", f"MedicationRequest/{line['id']}"):
            if FAMILIES["MedicationDispense"].phase(one) == "effective":
                raise refuse("state-redeemed", unit.name)
