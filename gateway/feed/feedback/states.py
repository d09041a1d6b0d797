"""States: the course of findings, complaints and breach reports as a table: from where to where, by whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

State = Literal["open", "accepted", "answered", "returned", "closed", "reopened", "withdrawn"]
"""Code of ``urn:qiao:codes:feedback-state``, on ``Task.businessStatus``."""
Act = Literal["accept", "answer", "return", "close", "reopen", "withdraw"]
Party = Literal["hospital", "regulator", "operator"]
"""Whose side acts; an operator may act for both."""

SYSTEM = "urn:qiao:codes:feedback-state"


@dataclass(slots=True, frozen=True)
class Move:
    """Where an act leads, who may do it, and how the ledger calls it.

    Attributes:
        kind: of the entry; ``""``: the course's own.
    """

    to: State
    by: Party
    event: str
    kind: str = ""


def _finding(by: Party, kind: str, answer: str) -> dict[tuple[State, Act], Move]:
    """The course of what ``by`` has opened and the hospital answers."""
    accept = Move("accepted", "hospital", "effective", kind)
    answered = Move("answered", "hospital", "submitted", answer)
    withdraw = Move("withdrawn", by, "cancelled", kind)
    return {
        ("open", "accept"): accept,
        ("reopened", "accept"): accept,
        ("accepted", "answer"): answered,
        ("returned", "answer"): answered,
        ("reopened", "answer"): answered,
        ("answered", "answer"): answered,
        ("answered", "return"): Move("returned", by, "rejected", answer),
        ("answered", "close"): Move("closed", by, "closed", kind),
        ("closed", "reopen"): Move("reopened", by, "reopened", kind),
        ("open", "withdraw"): withdraw,
        ("accepted", "withdraw"): withdraw,
        ("answered", "withdraw"): withdraw,
        ("returned", "withdraw"): withdraw,
        ("reopened", "withdraw"): withdraw,
    }


COURSES: Mapping[str, Mapping[tuple[State, Act], Move]] = {
    "feedback": _finding("regulator", "finding", "answer"),
    "complaint": _finding("hospital", "complaint", "complaint"),
    "breach-report": {("open", "answer"): Move("closed", "hospital", "closed", "breach")},
}
"""``urn:qiao:codes:task-code`` → (state, act) → move."""

STATUSES: Mapping[State, str] = {
    "open": "requested",
    "accepted": "accepted",
    "answered": "in-progress",
    "returned": "in-progress",
    "closed": "completed",
    "reopened": "in-progress",
    "withdrawn": "cancelled",
}
"""State → ``Task.status``."""

OPEN: tuple[State, ...] = ("open", "accepted", "returned", "reopened")
"""States in which the hospital has something to do."""

TEXTS: Mapping[State, tuple[str, str]] = {
    "open": ("open", "待受理"),
    "accepted": ("accepted", "已受理"),
    "answered": ("answered", "已答复"),
    "returned": ("returned", "已退回"),
    "closed": ("closed", "已办结"),
    "reopened": ("reopened", "已重新打开"),
    "withdrawn": ("withdrawn", "已撤回"),
}
