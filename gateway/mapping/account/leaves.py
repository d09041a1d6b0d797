"""Leaves: what an account tells of each valued leaf of a message, and how that is judged."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal, NamedTuple

from gateway.mapping.raw import part, repetition
from gateway.mapping.reads import WHOLE, FieldReads
from gateway.wire.er7.leaves import Address

State = Literal["mapped", "ignored", "malformed", "read", "unmapped"]
"""``read``: a condition or key looked at it, or its rule did not fire; nothing was written of it."""

STATES: tuple[State, ...] = ("mapped", "ignored", "malformed", "read", "unmapped")

LEFT_OUT = "(left out)"
"""Stands for a resource that the message could not identify."""

HEADER, CONDITION, SILENT, ELSEWHERE = "header", "condition", "did not fire", "took another value"
REPAIRED = "repaired: its value stands elsewhere or otherwise now"
"""Why a rule that reads a leaf wrote nothing of it."""


class Use(NamedTuple):
    """What one rule did with a leaf.

    Attributes:
        rule: id of the row.
        to: ``Patient/<id>#name`` where it wrote; why it did not, in the other states.
        part: id of the datatype row that took this very component, ``""`` where the row took it itself.
    """

    rule: str
    to: str
    part: str = ""


class Leaf(NamedTuple):
    """One valued leaf: ``segment`` counts from 0, ``path`` is as short as it can be (``PID-3[2].4.1``)."""

    segment: int
    path: str
    state: State
    uses: tuple[Use, ...]


class Claim(NamedTuple):
    """Leaves of one field that a rule used; 0 stands for all repetitions and for the whole."""

    repetition: int
    component: int
    subcomponent: int
    state: State
    use: Use

    def covers(self, address: Address) -> bool:
        _, repetition_, component, subcomponent = address
        return (
            self.repetition in (0, repetition_)
            and self.component in (0, component)
            and self.subcomponent in (0, subcomponent)
        )


@dataclass(slots=True, frozen=True)
class Reader:
    """A rule that may read a field; ``why`` is set where it never writes what it reads."""

    rule: str
    reads: FieldReads
    why: str = ""

    def looks_at(self, address: Address) -> bool:
        _, repetition_, component, subcomponent = address
        leaves = self.reads.every | self.reads.first if repetition_ == 1 else self.reads.every
        return bool(leaves & {WHOLE, (component, 0), (component, subcomponent)})


def is_null(f: list[str], address: Address) -> bool:
    """Return whether the v2 null stands at an address."""
    number, repetition_, component, subcomponent = address
    return part(part(repetition(f[number], repetition_), "^", component), "&", subcomponent) == '""'


def judged(claims: list[Claim], looking: list[Reader], fired: set[str]) -> tuple[State, list[Use]]:
    """Return the state of a leaf by the best that any rule made of it."""
    for state in STATES[:3]:
        uses = [one.use for one in claims if one.state == state]
        written = [use for use in uses if not use.to.startswith(LEFT_OUT)]
        if written:
            return state, written
    if claims:
        return "read", [one.use for one in claims]
    if looking:
        return "read", [
            Use(one.rule, one.why or (ELSEWHERE if one.rule in fired else SILENT)) for one in looking
        ]
    return "unmapped", []


def totals(leaves: list[Leaf]) -> Counter[str]:
    """Return how many leaves there are in each state."""
    return Counter({**dict.fromkeys(STATES, 0), **Counter(leaf.state for leaf in leaves)})


def compact(leaves: list[Leaf]) -> list[list[object]]:
    """Return an account as plain JSON: ``[segment, path, state, [[rule, to, part], …]]`` for each leaf."""
    return [[leaf.segment, leaf.path, leaf.state, [list(use) for use in leaf.uses]] for leaf in leaves]
