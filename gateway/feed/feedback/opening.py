"""Opening: a finding of the regulator, a complaint, or a breach begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from gateway.canonical import Resource
from gateway.canonical.logical_id import new_id
from gateway.errors import Rejected
from gateway.feed.feedback.deadlines import Duties
from gateway.feed.feedback.grounds import refuse
from gateway.feed.feedback.outcome import Outcome
from gateway.feed.feedback.states import Party
from gateway.feed.feedback.task import begun, enter, outcome, party, read
from gateway.feed.visit.book import named_id, patient_of
from gateway.feed.visit.hospital import INSTITUTION, encounter_of
from gateway.policy.moments import moment
from gateway.policy.systems import SERIAL
from gateway.store import Desk
from gateway.store.clock import instant

Severity = Literal["high", "moderate", "low"]
PRIORITIES: Mapping[str, str] = {"high": "asap", "moderate": "urgent", "low": "routine"}
_CAUSES = "urn:qiao:codes:event-cause"
_CLOCKS_US = 300_000_000
"""How far a clock elsewhere may be ahead of ours."""


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
    number: tuple[str, str] = ("", "")
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
    number: tuple[str, str] = ("", "")
    about: str = ""
    client: str = ""


@dataclass(slots=True, frozen=True)
class Breach:
    """That data got out, or that this is practised.

    Attributes:
        discovered: FHIR dateTime; ``""``: now.
        persons: how many it concerns, None: not known.
        measures: what was done at once.
        drill: nothing happened: it is an exercise, and says so everywhere.
    """

    text: str
    number: tuple[str, str] = ("", "")
    discovered: str = ""
    persons: int | None = None
    measures: str = ""
    drill: bool = False
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
    id_ = _id("finding", finding.number)
    if desk.read("Task", id_) is not None:
        return outcome(desk, read(desk, id_))
    about = _about(desk, finding)
    due = _due(finding.due, duties.due_us(f"finding-{finding.severity}", desk.ts_us), desk.ts_us)
    made = begun(id_, "feedback", finding.text, desk.ts_us, due)
    issue = desk.write(_issue(desk, finding, about, named_id(id_, "issue")))
    task = {
        **made,
        **_numbered(finding.number),
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
    id_ = _id("complaint", complaint.number)
    if desk.read("Task", id_) is not None:
        return outcome(desk, read(desk, id_))
    about = _read(desk, complaint.about) if complaint.about else None
    made = begun(id_, "complaint", complaint.text, desk.ts_us, duties.due_us("complaint", desk.ts_us))
    focus = {"focus": {"reference": complaint.about}} if about else {}
    more = {**_numbered(complaint.number), **focus, **_around(about), **_owner(duties)}
    task = {**made, **more, "requester": {"display": complaint.client or "patient"}}
    entered = enter(desk, "complaint", "submitted", [desk.write(task)])
    return outcome(desk, task, entry=entered.n)


def open_breach(desk: Desk, duties: Duties, breach: Breach) -> Outcome:
    """Report a breach to every authority that the law names (YN-47: two): a Communication, a Task for each.

    A drill is entered as ``breach-drill``, else as ``breach``.

    Raises:
        Rejected: the moment of discovery is none, or lies ahead.
        Refusal: it says nothing.
    """
    if not breach.text.strip():
        raise refuse("feedback-no-text", "detail")
    key = _id("breach", breach.number)
    to = duties.recipients.to
    ids = [named_id(key, one) for one in to]
    if desk.read("Communication", key) is not None:
        return outcome(desk, *(read(desk, one) for one in ids))
    found = _moment(breach.discovered, desk.ts_us) if breach.discovered else desk.ts_us
    due = duties.due_us("breach", found)
    owners = [_authority(duties, one) for one in to]
    said = desk.write(_communication(desk, breach, key, found, owners, duties))
    tasks = [
        {
            **begun(id_, "breach-report", breach.text, desk.ts_us, due),
            **_numbered(breach.number),
            "priority": "asap",
            "focus": {"reference": f"Communication/{key}"},
            "requester": {"display": breach.client or "hospital"},
            "owner": owner,
        }
        for id_, owner in zip(ids, owners, strict=True)
    ]
    written = [desk.write(one) for one in tasks]
    entered = enter(desk, "breach-drill" if breach.drill else "breach", "effective", [said, *written])
    return outcome(desk, *tasks, entry=entered.n)


def _id(kind: str, number: tuple[str, str]) -> str:
    return named_id(kind, *number) if number[1] else new_id()


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


def _numbered(number: tuple[str, str]) -> dict[str, Any]:
    system, value = number
    return {"identifier": [{**({"system": system} if system else {}), "value": value}]} if value else {}


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


def _communication(
    desk: Desk, breach: Breach, id_: str, found: int, owners: Sequence[dict[str, Any]], duties: Duties
) -> Resource:
    category: list[dict[str, Any]] = [{"text": "数据泄露报告"}]
    if breach.drill:
        category.append({"text": "演练 drill"})
    figures = [] if breach.persons is None else [f"涉及人数：{breach.persons}"]
    texts = [*(["【演练】"] if breach.drill else []), breach.text, *figures, breach.measures]
    return {
        "resourceType": "Communication",
        "id": id_,
        **_numbered(breach.number),
        "status": "in-progress",
        "category": category,
        "priority": "asap",
        "recipient": [dict(one) for one in owners],
        "sent": instant(desk.ts_us),
        "received": instant(found),
        "reasonCode": [{"text": f"{duties.recipients.requirement} {duties.recipients.article}"}],
        "payload": [{"contentString": one} for one in texts if one],
    }


def _authority(duties: Duties, name: str) -> dict[str, Any]:
    said = duties.settings.authorities.get(name)
    return party(said) if said else {"display": duties.authorities[name][0]}


def _moment(text: str, now_us: int) -> int:
    found = moment(text)
    if found is None or found > now_us + _CLOCKS_US:
        raise Rejected("is a moment that has been", code="value", where="discovered")
    return found


def _due(text: str, otherwise: int, now_us: int) -> int:
    if not text:
        return otherwise
    found = moment(text)
    if found is None or found <= now_us:
        raise Rejected("is a moment to come", code="value", where="due")
    return found
