"""Book: what enters the ledger of a visit, and the flags beside its documents."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from gateway.canonical import Resource
from gateway.feed.visit.hospital import encounter_of
from gateway.policy import Finding
from gateway.policy.elements import first, name_of
from gateway.store import Desk, Entered, Entry, Version
from gateway.store.clock import instant

RULES = "urn:qiao:rules"
"""System of the ids of rules, on DetectedIssue.code."""

_NAMESPACE = uuid.UUID("0b8f1f0a-9a43-5c52-8a1c-5b8f6a3cf0d5")
_SEVERITY = {"refuse": "high", "hold": "high", "warn": "moderate", "flag": "low"}


def named_id(*parts: str) -> str:
    """Return the id of what there is once for each of its grounds: the same one for the same parts."""
    return str(uuid.uuid5(_NAMESPACE, "\n".join(parts)))


def enter(
    desk: Desk,
    kind: str,
    event: str,
    members: Sequence[Version],
    *,
    serial: str = "",
    back: int = 0,
) -> Entered:
    """Append an entry about the first of its members."""
    return desk.append(Entry(kind, event, members[0], tuple(members), serial, back))


def last_about(desk: Desk, name: str, kind: str = "") -> Entered | None:
    """Return the newest entry about ``"Type/id"``, None where there is none."""
    type_, _, id_ = name.partition("/")
    found = [one for one in desk.entries_about(type_, id_) if not kind or one.kind == kind]
    return found[-1] if found else None


def flag(desk: Desk, documents: Sequence[Resource], findings: Sequence[Finding]) -> list[Version]:
    """Write a DetectedIssue for each finding beside the document; the same one again makes no other."""
    flags = [desk.write(_issue(desk, documents, one)) for one in findings]
    desk.supervise(flags)
    return flags


def _issue(desk: Desk, documents: Sequence[Resource], finding: Finding) -> Resource:
    about = name_of(documents[0])
    id_ = named_id(about, finding.rule)
    known = desk.read("DetectedIssue", id_)
    when = known["identifiedDateTime"] if known else instant(desk.ts_us)
    patient = next((found for one in documents if (found := patient_of(one))), "")
    coding = {"system": RULES, "code": finding.rule}
    made: Resource = {
        "resourceType": "DetectedIssue",
        "id": id_,
        "status": "final",
        "code": {"coding": [coding], "text": finding.text_zh or finding.text},
        "severity": _SEVERITY.get(finding.verdict, "low"),
        **({"patient": {"reference": patient}} if patient else {}),
        "identifiedDateTime": when,
        "implicated": [{"reference": name_of(one)} for one in documents],
        "detail": f"{finding.text} [{finding.requirement}: {finding.article}]",
    }
    return made


def patient_of(resource: Resource) -> str:
    """Return ``"Patient/id"`` of whom a document is about, ``""`` for nobody."""
    for path in ("subject", "patient", "for"):
        name = first(resource, f"{path}.reference")
        if isinstance(name, str) and name.startswith("Patient/"):
            return name
    return ""


def review_task(desk: Desk, unit: Sequence[Resource], status: str, reasons: Sequence[Finding]) -> Resource:
    """Return the Task of the pharmacist's review of a prescription, as it is when it begins."""
    group = unit[0]
    encounter = encounter_of(group)
    made: Resource = {
        "resourceType": "Task",
        "id": review_id(group),
        "status": status,
        "intent": "order",
        "code": {
            "coding": [
                {"system": "urn:qiao:codes:task-code", "code": "pharmacist-review", "display": "药师审方"}
            ]
        },
        "focus": {"reference": name_of(group)},
        "for": {"reference": patient_of(group)},
        **({"encounter": {"reference": f"Encounter/{encounter}"}} if encounter else {}),
        "authoredOn": instant(desk.ts_us),
    }
    if reasons:
        made["statusReason"] = {"text": "；".join(one.text_zh or one.text for one in reasons)}
        made["reasonReference"] = {"reference": f"DetectedIssue/{named_id(name_of(group), reasons[0].rule)}"}
    if "author" in group:
        made["requester"] = group["author"]
    return made


def review_id(group: Resource) -> str:
    """Return the id of the Task that reviews a prescription."""
    return named_id(name_of(group), "pharmacist-review")
