"""Undo: a human says that two Patients who were merged are two persons after all."""

from __future__ import annotations

from gateway.canonical import Resource
from gateway.errors import Rejected
from gateway.feed.matching import proposal
from gateway.feed.matching.candidates import linked_to, survivor_of
from gateway.feed.matching.proposal import Pair, pair_of
from gateway.matching import Match, Rules, graded
from gateway.store import Desk

UNMERGE = "unmerge"
"""The decision that takes a merge back."""


def ended_of(desk: Desk, pair: Pair) -> str:
    """Return who of a pair was merged into the other, ``""`` for neither."""
    for one, other in (pair, pair[::-1]):
        patient = desk.read("Patient", one)
        if patient is not None and survivor_of(patient) == other:
            return one
    return ""


def joined_of(desk: Desk, pair: Pair) -> bool:
    """Tell whether the two of a pair are linked with each other, both going on."""
    one, other = (desk.read("Patient", each) for each in pair)
    if one is None or other is None or survivor_of(one) == pair[1] or survivor_of(other) == pair[0]:
        return False
    return pair[1] in linked_to(one) and pair[0] in linked_to(other)


def unmerge(
    desk: Desk, task: Resource, pair: Pair, retired: str, by: str, reason: str
) -> tuple[Resource, int, list[str]]:
    """Take a merge back; returns the Task, how many resources went back, and what stays to be looked at.

    Raises:
        Rejected: ``conflict``: who went on was merged, too.
    """
    done = desk.unmerge(retired)
    desk.write(proposal.provenance(pair, UNMERGE, by, [], desk.ts_us))
    left = desk.read("Task", task["id"]) or task  # it may have gone back with the others
    over = proposal.ended({**left, "input": task["input"]}, "rejected", UNMERGE, by, reason, desk.ts_us)
    return proposal.with_left(over, done.left), done.moved, done.left


def task_of(desk: Desk, rules: Rules, id_: str) -> tuple[Resource, Pair]:
    """Return the Task about a Patient that was merged by a message: the one that there is, or a new one.

    Args:
        id_: of the Patient that ended.

    Raises:
        Rejected: ``not-found``: there is no such Patient; ``conflict``: it was not merged.
    """
    ended = desk.read("Patient", id_)
    if ended is None:
        raise Rejected("there is no such patient", code="not-found", where="Patient")
    survivor = survivor_of(ended)
    goes_on = desk.read("Patient", survivor) if survivor else None
    if goes_on is None:
        raise Rejected("this patient was not merged into another one", code="conflict", where="Patient")
    pair = pair_of(id_, survivor)
    task = desk.read("Task", proposal.id_of(pair))
    return task or proposal.begun(pair, _match(rules, ended, goes_on), desk.ts_us), pair


def _match(rules: Rules, ended: Resource, goes_on: Resource) -> Match:
    """Return what speaks for them, so that they are proposed again for something new only."""
    bare = [{name: value for name, value in one.items() if name != "link"} for one in (ended, goes_on)]
    return graded(rules, *bare)
