"""$review: the pharmacist approves a prescription, or rejects it with a reason (NAT-20.5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from gateway.canonical import Resource
from gateway.errors import Ground, Refusal
from gateway.feed.visit.acting import Acting, actor_of, required
from gateway.feed.visit.answer import Answer
from gateway.feed.visit.book import RULES, enter, flag, last_about
from gateway.feed.visit.course import document_of, governing, order_of, state_of
from gateway.feed.visit.grounds import grounds_of, refusal_of, refuse
from gateway.feed.visit.hospital import Hospitals
from gateway.feed.visit.kinds import task_code
from gateway.feed.visit.states import State, check, jump
from gateway.feed.visit.submit import Signature, author_signature, file_signature, identifier_in
from gateway.feed.visit.unit import Unit, with_status
from gateway.policy.elements import first, references
from gateway.policy.moments import day_of, last_day
from gateway.security.signature import REVIEW
from gateway.store import Desk
from gateway.store.clock import instant

Verdict = Literal["approved", "rejected"]
_DONE: dict[str, State] = {"approved": "effective", "rejected": "rejected"}


def review(
    desk: Desk,
    hospitals: Hospitals,
    id_: str,
    acting: Acting,
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
    if state == _DONE[verdict]:
        return _answer(desk, unit, state, task)
    check(
        "prescription",
        state,
        "$review",
        f"Task/{id_}",
        "state-waiting" if state == "waiting" else "state-jump",
    )
    provenance, verified = author_signature(desk, hospital.checked, unit, signature, REVIEW)
    actor = required(actor_of(desk, acting, verified))
    ended = _ended(desk, task, verdict, reason, actor.practitioner)
    decision = hospital.decide(desk, "review", [ended], actor, verified)
    if (refusal := refusal_of(decision)) is not None:
        raise refusal
    if verdict == "approved":
        _check_approvable(desk, unit, state, confirm)
    signed = [] if provenance is None else [file_signature(desk, provenance)]
    members = [desk.write(one) for one in _as_reviewed(unit, verdict, reason)]
    reviewed = desk.write(ended)
    flag(
        desk, (ended, *unit.documents), [one for one in decision.findings if one.verdict in ("hold", "flag")]
    )
    last = last_about(desk, unit.name)
    event = "effective" if verdict == "approved" else "rejected"
    entered = enter(
        desk, "prescription", event, [*members, *signed], serial=unit.serial, back=last.n if last else 0
    )
    enter(desk, "review", event, [reviewed, *signed], serial=unit.serial, back=entered.n)
    found = grounds_of(decision.findings)
    return Answer(_DONE[verdict], unit.name, identifier_in(unit), f"Task/{id_}", entered.n, found)


def _focus(task: Resource) -> tuple[str, str]:
    named = references(task, "focus")
    if task_code(task) != "pharmacist-review" or not named or not named[0].startswith("RequestGroup/"):
        raise jump("prescription", "draft", "$review", f"Task/{task['id']}", "state-jump")
    return "RequestGroup", named[0].partition("/")[2]


def _answer(desk: Desk, unit: Unit, state: State, task: Resource) -> Answer:
    last = last_about(desk, unit.name)
    return Answer(state, unit.name, identifier_in(unit), f"Task/{task['id']}", last.n if last else 0)


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
