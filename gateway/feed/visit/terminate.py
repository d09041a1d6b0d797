"""$terminate: the patient must go to a hospital: the visit ends at once, the patient is told (NAT-19.2)."""

from __future__ import annotations

from gateway.canonical import Resource
from gateway.canonical.actor import Principal
from gateway.canonical.elements import each, patient_of, references, value_of
from gateway.feed.kinds import is_virtual
from gateway.feed.own import former_id, named_id
from gateway.feed.visit.actor import actor_of, person_of, required
from gateway.feed.visit.answer import Answer
from gateway.feed.visit.cancel import take_back
from gateway.feed.visit.course import document_of, governing, state_of
from gateway.feed.visit.entering import enter, last_number
from gateway.feed.visit.grounds import grounds_of, refusal_of, refuse
from gateway.feed.visit.hospital import Hospitals
from gateway.feed.visit.states import check
from gateway.feed.visit.unit import unit_of
from gateway.store import Desk
from gateway.store.clock import instant

TERMINATION = "urn:qiao:extension:termination"
"""Extension on Encounter: why the visit was broken off."""

_PENDING = ("waiting", "submitted", "held")
_ADVICE = "请尽快到实体医疗机构就诊。Please go to a hospital as soon as you can."


def terminate(desk: Desk, hospitals: Hospitals, id_: str, principal: Principal, reason: str) -> Answer:
    """End a visit because it must not go on over the internet; orders that do not hold yet are taken back.

    Raises:
        Rejected: ``not-found``.
        Refusal: nobody acts, or somebody who does not take part; no reason; or the visit is over.
    """
    hospital = governing(hospitals, desk)
    visit = document_of(desk, "Encounter", id_)
    name = f"Encounter/{id_}"
    if not is_virtual(visit):
        raise refuse("not-a-visit", f"{name}.class")
    notice_id = named_id(name, "notice")
    if value_of(visit, TERMINATION) is None or visit.get("status") not in ("finished", "cancelled"):
        check("visit", str(visit.get("status")), "$terminate", name, "state-visit-over")
        if not reason.strip():
            raise refuse("reason-missing", "reason")
        actor = required(actor_of(desk, principal))
        _check_taking_part(desk, visit, actor.practitioner)
        notice = desk.write(_notice(desk, visit, notice_id, reason, actor.practitioner))
        ended = _ended(desk, visit, reason)
        decision = hospital.decide(desk, "terminate", [ended], actor)
        if (refusal := refusal_of(decision)) is not None:
            raise refusal
        _take_back_pending(desk, name, reason)
        last = last_number(desk, name)
        entered = enter(desk, "visit", "terminated", [desk.write(ended), notice], back=last)
        found = grounds_of(decision.findings)
        return Answer(
            "terminated", name, None, "", entered.n, found, {"notice": (f"Communication/{notice_id}",)}
        )
    if desk.read("Communication", notice_id) is None:
        notice_id = former_id(name, "notice")
    last = last_number(desk, name)
    return Answer("terminated", name, None, "", last, (), {"notice": (f"Communication/{notice_id}",)})


def _ended(desk: Desk, visit: Resource, reason: str) -> Resource:
    """A visit that never began is cancelled, any other finished; both say why."""
    began = visit.get("status") in ("in-progress", "onleave")
    said = [*each(visit, "extension"), {"url": TERMINATION, "valueString": reason}]
    ended = {**visit, "status": "finished" if began else "cancelled", "extension": said}
    if began:
        ended["period"] = {**(visit.get("period") or {}), "end": instant(desk.ts_us)}
    return ended


def _notice(desk: Desk, visit: Resource, id_: str, reason: str, sender: str) -> Resource:
    patient = patient_of(visit)
    to = {"subject": {"reference": patient}, "recipient": [{"reference": patient}]} if patient else {}
    return {
        "resourceType": "Communication",
        "id": id_,
        "status": "completed",
        "priority": "urgent",
        **to,
        "encounter": {"reference": f"Encounter/{visit['id']}"},
        "sent": instant(desk.ts_us),
        "sender": {"reference": sender},
        "reasonCode": [{"text": reason}],
        "payload": [{"contentString": _ADVICE}],
    }


def _check_taking_part(desk: Desk, visit: Resource, person: str) -> None:
    taking_part = {person_of(desk, name) for name in references(visit, "participant.individual")}
    if person not in taking_part:
        raise refuse("another-author", f"Encounter/{visit['id']}.participant")


def _take_back_pending(desk: Desk, visit: str, reason: str) -> None:
    for type_ in ("RequestGroup", "ServiceRequest"):
        for order in desk.referring(type_, visit):
            if order.get("status") == "draft":
                unit = unit_of(desk, order)
                if state_of(desk, unit) in _PENDING:
                    take_back(desk, unit, reason)
