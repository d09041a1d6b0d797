"""Adverse: adverse events are reported by being entered; late ones are flagged, some end the service.

NAT-22, SC-33 (with the deadlines of the regulation that it names), YN-39.
"""

from __future__ import annotations

from gateway.canonical import Resource
from gateway.canonical.elements import codes, name_of
from gateway.canonical.moments import moment
from gateway.feed.feedback.deadlines import Duties
from gateway.feed.feedback.grounds import refuse
from gateway.feed.feedback.stop import stop
from gateway.feed.feedback.task import enter
from gateway.feed.remark import remark
from gateway.feed.scope import names_visit
from gateway.store import Desk, Made, Version

CAUSES = "urn:qiao:codes:event-cause"
_SERIOUS = "http://terminology.hl7.org/CodeSystem/adverse-event-seriousness"
_GRADES = ("extraordinary", "grave", "general")


def report(desk: Desk, duties: Duties, made: Made) -> None:
    """Enter an adverse event of the internet hospital; of the wards nothing is reported.

    One that names an internet visit is reported, and one that names no visit where it says its cause or grade
    by our codes.

    Raises:
        Refusal: it was reported and is to be deleted.
    """
    event = made.after
    if event is None:
        if desk.entries_about("AdverseEvent", made.id):
            raise refuse("feedback-entered", "AdverseEvent")
        return
    if event.get("actuality") != "actual" or made.why != "written":
        return
    if not (_is_ours(event) or names_visit(desk, event)):
        return
    late = _late(desk, duties, event) if made.method == "create" else None
    version = made.version
    if version is not None:
        known = desk.entries_about("AdverseEvent", made.id)
        enter(
            desk, "adverse-event", "corrected" if known else "effective", [version, *([late] if late else [])]
        )
    if duties.stops is not None and causes_of(event) & duties.stops.causes:
        said = f"{duties.stops.requirement} {duties.stops.article}"
        stop(desk, said, duties.organization, name_of(event))


def _is_ours(event: Resource) -> bool:
    return "encounter" not in event and bool(codes(event.get("category"), CAUSES))


def causes_of(event: Resource) -> set[str]:
    """Return what an event is about and its grade; a serious one that does not say is grave."""
    found = codes(event.get("category"), CAUSES)
    serious = {one for one in codes(event.get("seriousness"), _SERIOUS) if one.lower() != "non-serious"}
    if not found.intersection(_GRADES):
        found.add("grave" if serious else "general")
    return found


def grade_of(event: Resource) -> str:
    """Return the grade of an event: ``general``, ``grave`` or ``extraordinary``."""
    found = causes_of(event)
    return next(one for one in _GRADES if one in found)


def due_us(duties: Duties, event: Resource) -> int | None:
    """Return until when an event is to be reported, None where it does not say when it was found."""
    known = [found for key in ("detected", "date") if (found := moment(event.get(key))) is not None]
    return duties.due_us(f"adverse-event-{grade_of(event)}", known[0]) if known else None


def _late(desk: Desk, duties: Duties, event: Resource) -> Version | None:
    """Flag an event that is reported after its deadline."""
    due = due_us(duties, event)
    if due is None or desk.ts_us <= due:
        return None
    said = duties.deadlines[f"adverse-event-{grade_of(event)}"]
    detail = f"reported after its deadline of {said.hours} h [{said.requirement}: {said.article}]"
    return remark(desk, [event], "adverse-event-late", "不良事件超过规定时限上报", detail, "high")
