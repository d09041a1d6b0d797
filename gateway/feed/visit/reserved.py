"""Reserved: what the gateway writes by itself, and what was entered beside a document, nobody else writes.

A document has a course, and operations that move it. A remark, a notice, a finding or a signature that is a
member of an entry has none: it stays as it is (CQ49附3.1; docs/visit.md "The gateway's own").
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.canonical import Resource
from gateway.canonical.elements import codes, each, name_of, references
from gateway.feed.own import TASKS, former_id, is_own, is_task_of, may_be_former
from gateway.feed.remark import RULES
from gateway.feed.visit.entering import last_about
from gateway.feed.visit.grounds import refuse
from gateway.feed.visit.unit import group_of
from gateway.policy.systems import EVIDENCE
from gateway.store import Desk, Made, Occasion

KEPT = frozenset(
    (
        "Communication",
        "DetectedIssue",
        "DocumentReference",
        "Flag",
        "MedicationDispense",
        "Provenance",
        "Task",
    )
)
"""Types that the gateway writes by itself, and those of what stands beside documents."""

_MARKS = {"DetectedIssue": RULES.encode(), "Task": TASKS.encode()}


def keep(desk: Desk, made: Sequence[Made], occasion: Occasion) -> None:
    """Make sure that nobody makes what is the gateway's, or changes what stays, through whichever door.

    Raises:
        Refusal: ``conflict``.
    """
    for one in made:
        if one.type in KEPT and one.why == "written":
            _keep(desk, one, occasion)


def is_member(desk: Desk, type_: str, id_: str) -> bool:
    """Tell whether a version of a resource was entered, as what an entry is about or beside that."""
    first = desk.entered_with(type_, id_)
    if first < 0:  # of a time that did not write down which entry: then it was as good as its id
        return may_be_former(id_) or bool(desk.entries_about(type_, id_))
    entry = desk.entry(first) if first else None
    return entry is not None and any(desk.is_version(seq, type_, id_) for seq in entry.members)


def _keep(desk: Desk, made: Made, occasion: Occasion) -> None:
    name = f"{made.type}/{made.id}"
    if made.method == "create":
        if is_own(made.id) or _claims(made):
            raise refuse("own-id", name)
    elif made.type == "Task":
        if is_own(made.id) or _is_former(made.before) or _claims(made):
            raise refuse("state-task", name)
    elif _stays(desk, made, occasion):
        raise refuse("state-kept", name)


def _claims(made: Made) -> bool:
    """Tell whether a resource says that it is the gateway's own, though its id does not; bytes first."""
    version, mark = made.version, _MARKS.get(made.type)
    if mark is None or version is None or mark not in version.body:
        return False
    return _is_former(made.after) if made.type == "Task" else _is_remark(made.after)


def _is_former(task: Resource | None) -> bool:
    """Tell whether a Task is what its former id says."""
    if task is None or not may_be_former(str(task["id"])):
        return False
    return any(
        task["id"] == former_id(about, code) and is_task_of(task, about, code)
        for about in references(task, "focus")
        for code in codes(task.get("code"), TASKS)
    )


def _is_remark(issue: Resource | None) -> bool:
    """Tell whether a DetectedIssue is one of the rules."""
    return RULES in each(issue, "code.coding.system")


def _stays(desk: Desk, made: Made, occasion: Occasion) -> bool:
    """Tell whether a resource may not be changed, or not deleted, by a write."""
    if made.type == "Provenance":
        return occasion.door == "api" and made.before is not None and _is_signature(desk, made.before)
    if made.type == "MedicationDispense":
        return False
    if made.type == "DetectedIssue" and (_is_remark(made.before) or _claims(made)):
        return True
    if not (is_own(made.id) or is_member(desk, made.type, made.id)):
        return False
    return made.type != "DocumentReference" or not (_is_evidence(made.before) and _is_evidence(made.after))


def _is_evidence(resource: Resource | None) -> bool:
    """Tell whether something is dated evidence: later versions of it are entered as such."""
    return resource is not None and bool(codes(resource.get("type"), EVIDENCE))


def _is_signature(desk: Desk, provenance: Resource) -> bool:
    """Tell whether something is a signature under what was entered."""
    return "signature" in provenance and any(_entered(desk, one) for one in references(provenance, "target"))


def _entered(desk: Desk, name: str) -> bool:
    """Tell whether a document is in the ledger, of a drug its prescription."""
    line = desk.read(*name.split("/")) if name.startswith("MedicationRequest/") else None
    group = group_of(desk, line) if line is not None else None
    return last_about(desk, name) is not None or (
        group is not None and last_about(desk, name_of(group)) is not None
    )
