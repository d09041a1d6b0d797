"""Governor: what of supervision is written by plain interactions and messages (``gateway.store.governing``).

Adverse events and evidence are reported by being stored; while the service is stopped no internet visit
begins (YN-39); the Tasks of feedback are moved by their operations alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gateway.feed.feedback.adverse import flag, report
from gateway.feed.feedback.deadlines import Duties
from gateway.feed.feedback.grounds import refuse
from gateway.feed.feedback.stop import refusal_of
from gateway.feed.feedback.task import course_of, enter
from gateway.feed.visit.kinds import is_virtual
from gateway.policy.elements import codes
from gateway.policy.systems import EVIDENCE
from gateway.store import Desk, DeskFacts, Made, Occasion

_NOT_BEGUN = ("planned", "arrived", "triaged")


class Feedback:
    """Governs AdverseEvents, evidence, the beginning of internet visits, and the Tasks of feedback.

    Args:
        duties: what a tenant owes, by its name.
    """

    types = frozenset(("AdverseEvent", "DocumentReference", "Encounter", "Task"))

    def __init__(self, duties: Callable[[str], Duties]) -> None:
        self._duties = duties

    def govern(self, desk: Desk, made: Sequence[Made], occasion: Occasion) -> None:
        """Look at what was written.

        Raises:
            Refusal: a Task of feedback was moved, a report deleted, or a visit begins while none may.
        """
        for one in made:
            if one.type == "Task":
                _check_task(one)
            elif one.type == "AdverseEvent":
                report(desk, self._duties(desk.tenant), one)
            elif one.type == "DocumentReference":
                _evidence(desk, one)
            elif one.method == "create" and one.why == "written":
                _check_visit(desk, one, occasion)


def _evidence(desk: Desk, made: Made) -> None:
    """Enter evidence, so that it reaches the regulator (SC-57.2: uploaded every year)."""
    version = made.version
    if version is None or version.deleted or made.why != "written" or EVIDENCE.encode() not in version.body:
        return
    after = made.after
    if after is None or not codes(after.get("type"), EVIDENCE):
        return
    known = desk.entries_about("DocumentReference", made.id)
    void = after.get("status") == "entered-in-error"
    if known or not void:
        enter(desk, "evidence", "cancelled" if void else "corrected" if known else "effective", [version])


def _check_visit(desk: Desk, made: Made, occasion: Occasion) -> None:
    """Let no internet visit begin while the service is stopped; of messages one that has begun is flagged."""
    version = made.version
    if version is None or b'"VR"' not in version.body or (refusal := refusal_of(DeskFacts(desk))) is None:
        return
    visit = made.after
    if visit is None or not is_virtual(visit):
        return
    if occasion.door == "api" or visit.get("status") in _NOT_BEGUN:
        raise refusal
    ground = refusal.issues[0]
    flag(desk, visit, ground.rule, ground.text_zh, f"{ground.text} [{ground.requirement}: {ground.article}]")


def _check_task(made: Made) -> None:
    """Refuse a plain write of a Task of feedback; what a merge has moved along is no one's doing."""
    if made.why == "merged":
        return
    for resource in (made.before, made.after):
        if resource is not None and course_of(resource):
            raise refuse("feedback-by-operation", "Task")
