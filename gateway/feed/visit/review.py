"""$review: the pharmacist approves a prescription, or rejects it with a reason (NAT-20.5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from gateway.canonical import Resource
from gateway.canonical.actor import Principal
from gateway.canonical.elements import first, references
from gateway.canonical.moments import day_of, last_day
from gateway.errors import Ground, Refusal
from gateway.feed.kinds import task_code
from gateway.feed.remark import RULES
from gateway.feed.visit.actor import actor_of, required
from gateway.feed.visit.answer import Answer
from gateway.feed.visit.course import document_of, governing, order_of, state_of
from gateway.feed.visit.drugs import changed_drugs
from gateway.feed.visit.entering import enter, flag, last_number
from gateway.feed.visit.grounds import grounds_of, refusal_of, refuse
from gateway.feed.visit.hospital import Hospitals
from gateway.feed.visit.states import State, check, jump
from gateway.feed.visit.submit import Signature, author_signature, file_signature, identifier_in
from gateway.feed.visit.task import review_of
from gateway.feed.visit.unit import Unit, check_living, with_status
from gateway.security.signature import REVIEW
from gateway.store import Desk, Version
from gateway.store.clock import instant

Verdict = Literal["approved", "rejected"]
_DONE: dict[str, State] = {"approved": "effective", "rejected": "rejected"}


def review(
    desk: Desk,
    hospitals: Hospitals,
    id_: str,
    principal: Principal,
    verdict: Verdict,
    *,
    reason: str = "",
    signature: Signature = None,
    confirm: bool = False,
) -> Answer:
    """End the review that a Task asks for.

    Raises:
        Rejected: ``not-found``.
        Refusal: a rule, the signature, or the state does not allow it.
    """
    hospital = governing(hospitals, desk)
    task = document_of(desk, "Task", id_)
    unit = order_of(desk, *_focus(task))
    state = state_of(desk, unit)
    own = review_of(desk, unit.about)
    if own is not None and own["id"] != id_:
        raise jump("prescription", state, "$review", f"Task/{id_}", "state-jump")
    if state == _DONE[verdict]:
        return _answer(desk, unit, state, task)
    rule = "state-waiting" if state == "waiting" else "state-jump"
    check("prescription", state, "$review", f"Task/{id_}", rule)
    provenance, verified = author_signature(desk, hospital.checked, unit, signature, REVIEW)
    actor = required(actor_of(desk, principal, verified))
    ended = _ended(desk, task, verdict, reason, actor.practitioner)
    decision = hospital.decide(desk, "review", [ended], actor, verified)
    if (refusal := refusal_of(decision)) is not None:
        raise refusal
    if verdict == "approved":
        _check_approvable(desk, unit, state, confirm)
    signed = [] if provenance is None else [file_signature(desk, provenance)]
    members = [desk.write(one) for one in _as_reviewed(unit, verdict, reason)]
    reviewed = desk.write(ended)
    remarks = [one for one in decision.findings if one.verdict in ("hold", "flag")]
    flag(desk, (ended, *unit.documents), remarks)
    n = _enter(desk, unit, verdict, [*members, *signed], [reviewed, *signed])
    found = grounds_of(decision.findings)
    return Answer(_DONE[verdict], unit.name, identifier_in(unit), f"Task/{id_}", n, found)


def _enter(
    desk: Desk, unit: Unit, verdict: Verdict, prescribed: Sequence[Version], reviewed: Sequence[Version]
) -> int:
    """Enter the prescription and its review; returns the number of the prescription's entry."""
    event, last = "effective" if verdict == "approved" else "rejected", last_number(desk, unit.name)
    entered = enter(desk, "prescription", event, prescribed, serial=unit.serial, back=last)
    enter(desk, "review", event, reviewed, serial=unit.serial, back=entered.n)
    return entered.n


def _focus(task: Resource) -> tuple[str, str]:
    named = references(task, "focus")
    if task_code(task) != "pharmacist-review" or not named or not named[0].startswith("RequestGroup/"):
        raise jump("prescription", "draft", "$review", f"Task/{task['id']}", "state-jump")
    return "RequestGroup", named[0].partition("/")[2]


def _answer(desk: Desk, unit: Unit, state: State, task: Resource) -> Answer:
    last = last_number(desk, unit.name)
    return Answer(state, unit.name, identifier_in(unit), f"Task/{task['id']}", last)


def _ended(desk: Desk, task: Resource, verdict: Verdict, reason: str, owner: str) -> Resource:
    """Return the Task as it is to be."""
    now = instant(desk.ts_us)
    ended = {name: value for name, value in task.items() if name != "statusReason" or verdict == "approved"}
    ended |= {
        "status": "completed" if verdict == "approved" else "rejected",
        "owner": {"reference": owner},
        "executionPeriod": {"start": task.get("authoredOn", now), "end": now},
        "lastModified": now,
    }
    if reason:
        ended["statusReason"] = {"text": reason}
    return ended


def _check_approvable(desk: Desk, unit: Unit, state: State, confirm: bool) -> None:
    check_living(unit)
    changed = changed_drugs(desk, unit)
    if changed:
        raise refuse("drug-changed", changed[0])
    if state == "held" and not confirm:
        raise _held(desk, unit)
    ends = [last_day(first(one, "dispenseRequest.validityPeriod.end")) for one in unit.documents]
    if any(end is not None and end < day_of(desk.ts_us) for end in ends):
        raise refuse("state-expired", f"{unit.name}.status")


def _held(desk: Desk, unit: Unit) -> Refusal:
    """Return the refusal of an approval without ``confirm``, with what the prescription is held for."""
    refusal = refuse("state-held", f"{unit.name}.status")
    reasons = [
        Ground(
            str(first(one, "code.coding.code")),
            str(one.get("detail", "")),
            str(first(one, "code.text", "")),
            severity="warning",
        )
        for one in _issues(desk, unit)
    ]
    return Refusal([*refusal.issues, *reasons], code=refusal.code)


def _issues(desk: Desk, unit: Unit) -> Sequence[Resource]:
    about = [one for one in desk.referring("DetectedIssue", unit.name) if one.get("severity") == "high"]
    return [one for one in about if first(one, "code.coding.system") == RULES]


def _as_reviewed(unit: Unit, verdict: Verdict, reason: str) -> list[Resource]:
    if verdict == "approved":
        return with_status(unit.documents, {"RequestGroup": "active", "MedicationRequest": "active"})
    statuses = {"RequestGroup": "revoked", "MedicationRequest": "cancelled"}
    return with_status(unit.documents, statuses, statusReason={"text": reason})
