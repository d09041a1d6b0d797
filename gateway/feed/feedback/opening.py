"""Opening: a finding of the regulator or a complaint begins; a breach does in ``breach.py``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from gateway.canonical import Resource
from gateway.canonical.elements import encounter_of, patient_of
from gateway.canonical.moments import moment
from gateway.errors import Rejected
from gateway.feed.feedback.deadlines import Duties
from gateway.feed.feedback.grounds import refuse
from gateway.feed.feedback.number import Number, id_of, known_of, numbered
from gateway.feed.feedback.outcome import Outcome
from gateway.feed.feedback.states import Party
from gateway.feed.feedback.task import begun, enter, outcome, party
from gateway.feed.own import named_id
from gateway.policy.systems import INSTITUTION, SERIAL
from gateway.store import Desk
from gateway.store.clock import instant

Severity = Literal["high", "moderate", "low"]
PRIORITIES: Mapping[str, str] = {"high": "asap", "moderate": "urgent", "low": "routine"}


@dataclass(slots=True, frozen=True)
class Finding:
    """What a regulator has found.

    Attributes:
        text: what is the matter.
        number: the regulator's own, ``(system, value)``; the same again is the same finding.
        serial: of the document that it is about; or
        about: ``"Type/id"`` of a resource; neither: the institution.
        code: CodeableConcept of the finding, None for none.
        due: FHIR dateTime until when it is to be answered, ``""``: as the deadlines say.
        evidence: what the regulator has, References.
        client: who says it.
    """

    text: str
    number: Number = ("", "")
    serial: str = ""
    about: str = ""
    severity: Severity = "moderate"
    code: Mapping[str, Any] | None = None
    due: str = ""
    evidence: Sequence[Mapping[str, Any]] = ()
    client: str = ""


@dataclass(slots=True, frozen=True)
class Complaint:
    """What a patient complains of; fields as of :class:`Finding`."""

    text: str
    number: Number = ("", "")
    about: str = ""
    client: str = ""


def open_finding(desk: Desk, duties: Duties, finding: Finding, by: Party = "regulator") -> Outcome:
    """Begin a finding: a Task and its DetectedIssue, entered as ``finding``.

    Raises:
        Rejected: ``not-found``: no document has this serial, or there is no such resource.
        Refusal: it says nothing, or the hospital says it.
    """
    if by == "hospital":
        raise refuse("feedback-party", also="a finding is the regulator's", also_zh="反馈由监管方提出")
    if not finding.text.strip():
        raise refuse("feedback-no-text", "detail")
    known = known_of(desk, "finding", finding.number, "feedback")
    if known is not None:
        return outcome(desk, known)
    id_ = id_of("finding", finding.number)
    about = _about(desk, finding)
    due = _due(finding.due, duties.due_us(f"finding-{finding.severity}", desk.ts_us), desk.ts_us)
    made = begun(id_, "feedback", finding.text, desk.ts_us, due)
    issue = desk.write(_issue(desk, finding, about, named_id(id_, "issue")))
    task = {
        **made,
        **numbered(finding.number),
        "priority": PRIORITIES[finding.severity],
        "focus": _focus(desk, duties, finding, about),
        **_around(about),
        "requester": {"display": finding.client or "regulator"},
        **_owner(duties),
        "reasonReference": {"reference": f"DetectedIssue/{issue.id}"},
    }
    entered = enter(desk, "finding", "submitted", [desk.write(task), issue])
    return outcome(desk, task, entry=entered.n)


def open_complaint(desk: Desk, duties: Duties, complaint: Complaint) -> Outcome:
    """Begin the handling of a complaint (SC-38); entered as ``complaint``.

    Raises:
        Rejected: ``not-found``: what it is about is not there.
        Refusal: it says nothing.
    """
    if not complaint.text.strip():
        raise refuse("feedback-no-text", "detail")
    known = known_of(desk, "complaint", complaint.number, "complaint")
    if known is not None:
        return outcome(desk, known)
    id_ = id_of("complaint", complaint.number)
    about = _read(desk, complaint.about) if complaint.about else None
    made = begun(id_, "complaint", complaint.text, desk.ts_us, duties.due_us("complaint", desk.ts_us))
    focus = {"focus": {"reference": complaint.about}} if about else {}
    more = {**numbered(complaint.number), **focus, **_around(about), **_owner(duties)}
    task = {**made, **more, "requester": {"display": complaint.client or "patient"}}
    entered = enter(desk, "complaint", "submitted", [desk.write(task)])
    return outcome(desk, task, entry=entered.n)


def _about(desk: Desk, finding: Finding) -> Resource | None:
    """Return what a finding is about, None for the institution. Raises ``Rejected``: it is not there."""
    if not finding.serial:
        return _read(desk, finding.about) if finding.about else None
    try:
        known = desk.holder(finding.serial)
    except Rejected:
        known = None  # another tenant's: whether there is one is nobody's business
    entries = desk.entries(finding.serial) if known else []
    about = desk.read(entries[0].type, entries[0].id) if entries else None
    if about is None:
        raise Rejected("no document here has this serial", code="not-found", where="serial")
    return about


def _read(desk: Desk, name: str) -> Resource:
    type_, _, id_ = name.partition("/")
    found = desk.read(type_, id_) if id_ else None
    if found is None:
        raise Rejected("what it is about is not here", code="not-found", where="about")
    return found


def _focus(desk: Desk, duties: Duties, finding: Finding, about: Resource | None) -> dict[str, Any]:
    if about is None:
        named = (
            {"identifier": {"system": INSTITUTION, "value": duties.organization}}
            if duties.organization
            else {}
        )
        return {**named, "display": "本机构"}
    serial = {"identifier": {"system": SERIAL, "value": finding.serial}} if finding.serial else {}
    return {"reference": f"{about['resourceType']}/{about['id']}", **serial}


def _around(about: Resource | None) -> dict[str, Any]:
    if about is None:
        return {}
    patient, encounter = patient_of(about), encounter_of(about)
    return {
        **({"for": {"reference": patient}} if patient else {}),
        **({"encounter": {"reference": f"Encounter/{encounter}"}} if encounter else {}),
    }


def _owner(duties: Duties) -> dict[str, Any]:
    return {"owner": party(duties.settings.owner)} if duties.settings.owner else {}


def _issue(desk: Desk, finding: Finding, about: Resource | None, id_: str) -> Resource:
    patient = patient_of(about) if about else ""
    return {
        "resourceType": "DetectedIssue",
        "id": id_,
        "status": "final",
        "code": dict(finding.code) if finding.code else {"text": "监管反馈"},
        "severity": finding.severity,
        **({"patient": {"reference": patient}} if patient else {}),
        "identifiedDateTime": instant(desk.ts_us),
        **({"implicated": [{"reference": f"{about['resourceType']}/{about['id']}"}]} if about else {}),
        **({"evidence": [{"detail": [dict(one) for one in finding.evidence]}]} if finding.evidence else {}),
        "detail": finding.text,
    }


def _due(text: str, otherwise: int, now_us: int) -> int:
    if not text:
        return otherwise
    found = moment(text)
    if found is None or found <= now_us:
        raise Rejected("is a moment to come", code="value", where="due")
    return found
