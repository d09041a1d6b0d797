"""$refer: a referral, transfer or admission is offered, accepted or declined, completed (SC-36)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from gateway.canonical import Resource
from gateway.canonical.actor import Actor, Principal
from gateway.feed.own import named_id, task_of
from gateway.feed.visit.actor import actor_of, required
from gateway.feed.visit.answer import Answer
from gateway.feed.visit.course import governing, order_of, state_of
from gateway.feed.visit.entering import enter, last_number
from gateway.feed.visit.grounds import refuse
from gateway.feed.visit.hospital import Hospitals
from gateway.feed.visit.states import check
from gateway.feed.visit.submit import identifier_in
from gateway.feed.visit.task import task_about
from gateway.feed.visit.unit import Unit, with_status
from gateway.store import Desk
from gateway.store.clock import instant

Step = Literal["request", "accept", "decline", "complete"]

_STATUS: Mapping[Step, str] = {
    "request": "requested",
    "accept": "accepted",
    "decline": "rejected",
    "complete": "completed",
}
_FROM: Mapping[Step, str] = {
    "request": "",
    "accept": "requested",
    "decline": "requested",
    "complete": "accepted",
}
"""Which status of the Task a step follows; ``""``: there is no Task yet."""


def refer(
    desk: Desk, hospitals: Hospitals, id_: str, principal: Principal, step: Step, reason: str = ""
) -> Answer:
    """Take one step of a referral.

    Raises:
        Rejected: ``not-found``.
        Refusal: nobody acts, no reason to decline, or the state does not allow it.
    """
    governing(hospitals, desk)
    unit = order_of(desk, "ServiceRequest", id_)
    if unit.kind not in ("referral", "transfer", "admission"):
        raise refuse("no-referral", "ServiceRequest.category")
    task = task_of(desk, unit.name, "referral")
    task_id = str(task["id"]) if task else named_id(unit.name, "referral")
    status = str(task["status"]) if task else ""
    if status != _STATUS[step]:
        check("request", state_of(desk, unit), "$refer", unit.name)
        if status != _FROM[step]:
            told = f"{step} of a referral that is {status or 'not offered'}"
            raise refuse(
                "state-jump", unit.name, also=told, also_zh=f"转诊状态 {status or '未发起'} 不能 {step}"
            )
        if step == "decline" and not reason.strip():
            raise refuse("reason-missing", "reason")
        actor = required(actor_of(desk, principal))
        _take(desk, unit, _moved(desk, unit, task, task_id, step, reason, actor), step)
    last = last_number(desk, unit.name)
    return Answer(_STATUS[step], unit.name, identifier_in(unit), f"Task/{task_id}", last)


def _take(desk: Desk, unit: Unit, task: Resource, step: Step) -> None:
    written = desk.write(task)
    about = desk.version("ServiceRequest", str(unit.about["id"]))
    if step == "complete":
        about = desk.write(with_status(unit.documents, {"ServiceRequest": "completed"})[0])
    assert about is not None
    last = last_number(desk, unit.name)
    enter(desk, unit.kind, "corrected", [about, written], serial=unit.serial, back=last)


def _moved(
    desk: Desk, unit: Unit, task: Resource | None, id_: str, step: Step, reason: str, actor: Actor
) -> Resource:
    now = instant(desk.ts_us)
    made = dict(task) if task else _offered(unit, id_, now, actor)
    made |= {"status": _STATUS[step], "lastModified": now}
    if reason:
        made["statusReason"] = {"text": reason}
    if step == "complete":
        made["executionPeriod"] = {"start": made["authoredOn"], "end": now}
    return made


def _offered(unit: Unit, id_: str, now: str, actor: Actor) -> Resource:
    receiver = (unit.about.get("performer") or [None])[0]
    return {
        **task_about(unit.about, id_, "requested", "referral", "转诊", now),
        "requester": {"reference": actor.practitioner},
        **({"owner": receiver} if receiver else {}),
    }
