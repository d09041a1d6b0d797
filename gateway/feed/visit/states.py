"""States: the course of each document as a table: from where to where, by what (docs/visit.md draws it).

CQ49-3.1: a jump that a text forbids is a conflict (409); optional steps may be absent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from gateway.errors import Refusal
from gateway.feed.visit.grounds import refuse

State = Literal[
    "draft", "waiting", "submitted", "held", "effective", "completed", "rejected", "cancelled",
    "planned", "arrived", "triaged", "in-progress", "onleave", "finished", "entered-in-error",
]  # fmt: skip
By = Literal[
    "$submit", "$review", "$cancel", "$redeem", "$refer", "$assign-serial", "$terminate", "write",
]  # fmt: skip

MOVES: Mapping[str, Mapping[tuple[str, By], tuple[str, ...]]] = {
    "prescription": {
        ("draft", "write"): ("draft", "cancelled"),
        ("draft", "$submit"): ("submitted", "held", "waiting"),
        ("waiting", "$assign-serial"): ("submitted", "held"),
        ("effective", "$assign-serial"): ("effective",),
        ("submitted", "$review"): ("effective", "rejected"),
        ("held", "$review"): ("effective", "rejected"),
        ("waiting", "$cancel"): ("cancelled",),
        ("submitted", "$cancel"): ("cancelled",),
        ("held", "$cancel"): ("cancelled",),
        ("effective", "$cancel"): ("cancelled",),
        ("effective", "$redeem"): ("completed",),
    },
    "request": {
        ("draft", "write"): ("draft", "cancelled"),
        ("draft", "$submit"): ("effective", "waiting"),
        ("waiting", "$assign-serial"): ("effective",),
        ("effective", "$assign-serial"): ("effective",),
        ("waiting", "$cancel"): ("cancelled",),
        ("effective", "$cancel"): ("cancelled",),
        ("effective", "$refer"): ("effective", "completed"),
    },
    "visit": {
        ("none", "write"): ("planned", "arrived", "triaged", "in-progress", "onleave"),
        ("planned", "write"): (
            "planned",
            "arrived",
            "triaged",
            "in-progress",
            "cancelled",
            "entered-in-error",
        ),
        ("arrived", "write"): ("arrived", "triaged", "in-progress", "cancelled", "entered-in-error"),
        ("triaged", "write"): ("triaged", "in-progress", "cancelled", "entered-in-error"),
        ("in-progress", "write"): ("in-progress", "onleave", "finished", "entered-in-error"),
        ("onleave", "write"): ("onleave", "in-progress", "finished", "entered-in-error"),
        ("finished", "write"): ("entered-in-error",),
        ("planned", "$terminate"): ("cancelled",),
        ("arrived", "$terminate"): ("cancelled",),
        ("triaged", "$terminate"): ("cancelled",),
        ("in-progress", "$terminate"): ("finished",),
        ("onleave", "$terminate"): ("finished",),
    },
}
"""Course → (state, what moves it) → the states that it may come to."""


def check(course: str, state: str, by: By, where: str, rule: str = "state-jump") -> None:
    """Make sure that something may move a document.

    Raises:
        Refusal: conflict; says the state, and what is possible in it.
    """
    if (state, by) not in MOVES[course]:
        raise jump(course, state, by, where, rule)


def check_to(course: str, state: str, to: str, where: str, rule: str = "state-jump") -> None:
    """Make sure that a write may bring a document from one state to another. Raises ``Refusal``: conflict."""
    possible = MOVES[course].get((state, "write"), ())
    if to not in possible:
        raise jump_to(state, to, possible, where, rule)


def jump_to(state: str, to: str, possible: Sequence[str], where: str, rule: str = "state-jump") -> Refusal:
    """Return the refusal of a write that a state does not allow, with the states that it may bring."""
    listed = ", ".join(possible) or "-"
    return refuse(
        rule,
        where,
        also=f"from {state} to {to}; possible: {listed}",
        also_zh=f"状态 {state} 不能改为 {to}；可改为：{listed}",
    )


def jump(course: str, state: str, by: By, where: str, rule: str) -> Refusal:
    """Return the refusal of what a state does not allow."""
    possible = ", ".join(sorted({how for one, how in MOVES[course] if one == state})) or "-"
    return refuse(
        rule,
        where,
        also=f"{by} of what is {state}; possible: {possible}",
        also_zh=f"状态 {state} 不能 {by}；可用：{possible}",
    )
