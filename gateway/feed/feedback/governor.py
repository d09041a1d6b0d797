"""Governor: what of supervision is written by plain interactions and messages (``gateway.store.governing``).

Adverse events and evidence are reported by being stored; while the service is stopped no internet visit
begins (YN-39); that it is stopped, and the Tasks of feedback, are moved by their operations alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gateway.canonical.elements import codes
from gateway.feed.feedback.adverse import report
from gateway.feed.feedback.beginning import check_beginning
from gateway.feed.feedback.deadlines import Duties
from gateway.feed.feedback.grounds import refuse
from gateway.feed.feedback.stop import IDS as STOPPED
from gateway.feed.feedback.task import course_of, enter
from gateway.policy.systems import EVIDENCE
from gateway.store import Desk, Made, Occasion


class Feedback:
    """Governs AdverseEvents, evidence, the beginning of internet visits, its stop, and the Tasks of feedback.

    Args:
        duties: what a tenant owes, by its name.
    """

    types = frozenset(("AdverseEvent", "DocumentReference", "Encounter", "Flag", "Task"))

    def __init__(self, duties: Callable[[str], Duties]) -> None:
        self._duties = duties

    def govern(self, desk: Desk, made: Sequence[Made], occasion: Occasion) -> None:
        """Look at what was written.

        Raises:
            Refusal: a Task of feedback was moved, a report deleted, the service stopped or resumed, or a
                visit begins while none may.
        """
        for one in made:
            if one.type == "Task":
                _check_task(one)
            elif one.type == "AdverseEvent":
                report(desk, self._duties(desk.tenant), one)
            elif one.type == "DocumentReference":
                _evidence(desk, one)
            elif one.type == "Flag":
                _check_stop(one)
            elif one.why == "written":
                check_beginning(desk, one, occasion)


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


def _check_stop(made: Made) -> None:
    """Refuse a plain write of what says that the service is stopped, through whichever door."""
    if made.id in STOPPED:
        raise refuse("service-by-operation", f"Flag/{made.id}")


def _check_task(made: Made) -> None:
    """Refuse a plain write of a Task of feedback; what a merge has moved along is no one's doing."""
    if made.why == "merged":
        return
    for resource in (made.before, made.after):
        if resource is not None and course_of(resource):
            raise refuse("feedback-by-operation", "Task")
