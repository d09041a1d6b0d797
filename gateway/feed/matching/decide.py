"""Decide: what a human says of two Patients, link, merge, reject or unmerge; and what the gateway does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from gateway.canonical import Resource
from gateway.errors import Rejected
from gateway.feed.matching import proposal
from gateway.feed.matching.candidates import survivor_of
from gateway.feed.matching.proposal import Pair, pair_of
from gateway.feed.matching.undo import UNMERGE, ended_of, joined_of, task_of, unmerge
from gateway.matching import Rules, graded
from gateway.store import Desk

Decision = Literal["link", "merge", "reject", "unmerge"]
DECISIONS: tuple[str, ...] = get_args(Decision)
ITSELF = "qiao"
"""Who decides where the settings let the gateway do so."""
LONGEST = 500
"""Characters of a reason that are taken."""


@dataclass(slots=True, frozen=True)
class Decided:
    """What became of a proposal.

    Attributes:
        task: its Task.
        moved: how many resources refer to the survivor now, or after an ``unmerge`` to who had ended.
        left: of an ``unmerge``: ``"Type/id"`` of what stays with the survivor, for a human to look at.
    """

    task: Resource
    moved: int = 0
    left: tuple[str, ...] = ()


def look(
    desk: Desk, rules: Rules, one: str, other: str, *, links: bool = False, proposes: bool = True
) -> Resource | None:
    """Propose two Patients as one person, or link them; close the proposal where nothing speaks for it.

    Everything is looked at anew inside the write transaction.

    Args:
        links: who certainly is one person is linked at once.
        proposes: who may be one person gets a Task.

    Returns:
        The Task that was written, None where nothing was to be done.
    """
    pair = pair_of(one, other)
    task = desk.read("Task", proposal.id_of(pair))
    both = [desk.read("Patient", each) for each in pair]
    a, b = both
    if task is not None and (outcome := _outcome_by_others(desk, task, pair)):
        status = "rejected" if outcome in ("reject", UNMERGE) else "completed"
        return _written(desk, proposal.ended(task, status, outcome, ITSELF, "", desk.ts_us))
    if a is None or b is None or survivor_of(a) or survivor_of(b):
        return _obsolete(desk, task)
    match = graded(rules, a, b)
    joined = joined_of(desk, pair)
    if joined or match.grade not in ("certain", "probable"):
        return _obsolete(desk, task)
    if task is not None and task.get("status") == "requested":
        links = links and match.grade == "certain"
        if proposal.is_remembered(task, match) and not links:
            return None
    elif task is not None and task.get("status") != "cancelled" and proposal.is_remembered(task, match):
        return None  # decided, and nothing new: also where somebody has taken a link away
    at = desk.ts_us
    fresh = proposal.with_match(task, pair, match, at) if task else proposal.begun(pair, match, at)
    if links and match.grade == "certain":
        reasons = [proposal.concept(each) for each in match.reasons]
        return _written(desk, _link(desk, fresh, pair, ITSELF, "", reasons))
    return _written(desk, fresh) if proposes else None


def decide(
    desk: Desk, id_: str, decision: str, *, by: str = "", survivor: str = "", reason: str = ""
) -> Decided:
    """Do what a human says of a proposal; the same again changes nothing.

    Args:
        id_: of the Task.
        decision: ``link``, ``merge`` or ``reject``, which of two who were linked unlinks them; ``unmerge``
            (``split``) takes a merge back, whoever has said it.
        by: who says so.
        survivor: id of the Patient that goes on, of a merge.
        reason: why.

    Raises:
        Rejected: there is no such proposal (``not-found``), or the state does not allow it (``conflict``).
    """
    task = desk.read("Task", id_)
    if task is None or not proposal.is_proposal(task):
        raise Rejected("there is no such match", code="not-found", where="Task")
    decision = UNMERGE if decision == "split" else decision
    if decision not in DECISIONS:
        raise Rejected("the decision is link, merge, reject or unmerge", code="value", where="decision")
    pair = pair_of(*proposal.ids_of(task))
    if decision == UNMERGE:
        return _unmerge(desk, task, pair, by or "human", reason[:LONGEST])
    survivor = survivor.removeprefix("Patient/")
    if decision == "merge" and survivor not in pair:
        raise Rejected("say which of the two patients goes on: survivor", code="value", where="survivor")
    by, reason = by or "human", reason[:LONGEST]
    ended, joined = ended_of(desk, pair), joined_of(desk, pair)
    if ended:  # by whomever; the Task may say something else
        return _merged(desk, task, pair, decision, survivor, by, reason)
    if decision == "merge":
        return _merge(desk, task, pair, survivor, by, reason)
    if proposal.outcome_of(task) == decision and joined is (decision == "link"):
        return Decided(task)
    if decision == "link":
        return Decided(_written(desk, _link(desk, task, pair, by, reason, proposal.reasons_of(task))))
    if joined:
        desk.relate(*pair, unlink=True)
        desk.write(proposal.provenance(pair, "unlink", by, [], desk.ts_us))
    return Decided(_written(desk, proposal.ended(task, "rejected", "reject", by, reason, desk.ts_us)))


def _merged(
    desk: Desk, task: Resource, pair: Pair, decision: str, survivor: str, by: str, reason: str
) -> Decided:
    """Answer what is said of two who are merged: the same merge again is well, all else has to wait.

    Raises:
        Rejected: ``conflict``: they were merged, the other way round or at all.
    """
    ended = ended_of(desk, pair)
    goes_on = pair[1] if ended == pair[0] else pair[0]
    if decision == "reject":
        told = f"these patients were merged: undo that first (qiao match undo Patient/{ended})"
        raise Rejected(told, code="conflict", where="Task")
    if decision == "link":
        raise Rejected("these patients were merged already", code="conflict", where="Task")
    if survivor != goes_on:
        said = f"these patients were merged already: Patient/{goes_on} goes on"
        raise Rejected(said, code="conflict", where="survivor")
    if proposal.outcome_of(task) == "merge":
        return Decided(task)
    return Decided(_written(desk, proposal.ended(task, "completed", "merge", by, reason, desk.ts_us)))


def undo(desk: Desk, rules: Rules, patient: str, *, by: str = "", reason: str = "") -> Decided:
    """Take back the merge by which a Patient ended, whoever has said it; there need be no proposal.

    Args:
        patient: id of who ended.

    Raises:
        Rejected: there is no such Patient (``not-found``), or it was not merged (``conflict``).
    """
    task, pair = task_of(desk, rules, patient)
    return _unmerge(desk, task, pair, by or "human", reason[:LONGEST])


def _unmerge(desk: Desk, task: Resource, pair: Pair, by: str, reason: str) -> Decided:
    retired = ended_of(desk, pair)
    if not retired:
        if proposal.outcome_of(task) == UNMERGE:
            return Decided(task)
        raise Rejected("these patients are not merged", code="conflict", where="Task")
    over, moved, left = unmerge(desk, task, pair, retired, by, reason)
    return Decided(_written(desk, over), moved, tuple(left))


def _merge(desk: Desk, task: Resource, pair: Pair, survivor: str, by: str, reason: str) -> Decided:
    retired = pair[1] if survivor == pair[0] else pair[0]
    moved = desk.merge(retired, survivor)
    desk.write(proposal.provenance(pair, "merge", by, proposal.reasons_of(task), desk.ts_us))
    left = desk.read("Task", task["id"]) or task  # the merge itself has let it name the survivor
    done = proposal.ended({**left, "input": task["input"]}, "completed", "merge", by, reason, desk.ts_us)
    return Decided(_written(desk, done), moved)


def _link(desk: Desk, task: Resource, pair: Pair, by: str, reason: str, reasons: list[Resource]) -> Resource:
    for each in pair:
        patient = desk.read("Patient", each)
        if patient is None or survivor_of(patient):
            raise Rejected("both patients must be there, and be two", code="conflict", where="Patient")
    desk.relate(*pair)
    desk.write(proposal.provenance(pair, "link", by, reasons, desk.ts_us))
    return proposal.ended(task, "completed", "link", by, reason, desk.ts_us)


def _outcome_by_others(desk: Desk, task: Resource, pair: Pair) -> str:
    """Return what has become of two who were linked or merged, ``""`` where that is what their Task says.

    A message, or a client, may part them, or merge those who were linked.
    """
    before = proposal.outcome_of(task)
    if before not in ("link", "merge") or None in (desk.read("Patient", each) for each in pair):
        return ""
    now = "merge" if ended_of(desk, pair) else "link" if joined_of(desk, pair) else ""
    if any(survivor_of(desk.read("Patient", each) or {}) for each in pair) and now != "merge":
        return ""  # one of them has ended in a third
    return "" if now == before else now or ("reject" if before == "link" else UNMERGE)


def _obsolete(desk: Desk, task: Resource | None) -> Resource | None:
    """Close an open proposal that nothing speaks for any more, or that somebody else has settled."""
    if task is None or task.get("status") != "requested":
        return None
    return _written(desk, proposal.ended(task, "cancelled", "obsolete", ITSELF, "", desk.ts_us))


def _written(desk: Desk, task: Resource) -> Resource:
    desk.write(task)
    return desk.read("Task", task["id"]) or task
