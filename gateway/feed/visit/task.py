"""Task: what the gateway's own Tasks about orders say: a pharmacist's review, a referral, a redemption."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.canonical import Resource
from gateway.canonical.elements import encounter_of, name_of, patient_of
from gateway.feed.own import TASKS, named_id, task_of
from gateway.feed.remark import remark_of
from gateway.policy import Finding
from gateway.store import Desk
from gateway.store.clock import instant

REVIEW = "pharmacist-review"
"""Code of the Task that asks a pharmacist."""


def task_about(order: Resource, id_: str, status: str, code: str, display: str, now: str) -> Resource:
    """Return a Task of ours about an order (a prescription: its RequestGroup), authored now."""
    encounter = encounter_of(order)
    return {
        "resourceType": "Task",
        "id": id_,
        "status": status,
        "intent": "order",
        "code": {"coding": [{"system": TASKS, "code": code, "display": display}]},
        "focus": {"reference": name_of(order)},
        "for": {"reference": patient_of(order)},
        **({"encounter": {"reference": f"Encounter/{encounter}"}} if encounter else {}),
        "authoredOn": now,
    }


def review_task(desk: Desk, unit: Sequence[Resource], status: str, reasons: Sequence[Finding]) -> Resource:
    """Return the Task of the pharmacist's review of a prescription, as it is when it begins."""
    group = unit[0]
    made = task_about(group, review_id(group), status, REVIEW, "药师审方", instant(desk.ts_us))
    if reasons:
        made["statusReason"] = {"text": "；".join(one.text_zh or one.text for one in reasons)}
        remark = remark_of(desk, name_of(group), reasons[0].rule)
        if remark is not None:
            made["reasonReference"] = {"reference": name_of(remark)}
    if "author" in group:
        made["requester"] = group["author"]
    return made


def review_id(group: Resource) -> str:
    """Return the id of the Task that is to review a prescription."""
    return named_id(name_of(group), REVIEW)


def review_of(desk: Desk, group: Resource) -> Resource | None:
    """Return the Task that reviews a prescription, None where there is none."""
    return task_of(desk, name_of(group), REVIEW)
