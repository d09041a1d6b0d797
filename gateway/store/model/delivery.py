"""Delivery: how receivers of the ledger stand, and how each entry stands with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from gateway.store.ledger.entry import Entered

State = Literal["waiting", "sent", "acknowledged", "refused", "held", "given-up"]
STATES: tuple[State, ...] = ("waiting", "sent", "acknowledged", "refused", "held", "given-up")
NUMBERS: dict[State, int] = {name: number for number, name in enumerate(STATES)}
EXCEPTIONS: tuple[State, ...] = ("refused", "held", "given-up")


@dataclass(slots=True)
class Receiver:
    """How one receiver stands.

    Attributes:
        no: its number in the store.
        tenant: number of the tenant whose ledger it receives.
        begun: entries up to this number it was never owed.
        upto: entries up to this number have their rows.
        failures: attempts in a row that did not reach it, or that it could not judge.
        since_us: when the first of them was.
        next_us: before which there is no other attempt.
        taken_us: when it last answered as it should.
        error: why the last attempt failed, ``""`` where it did not.
        signed: day for which it was last told that we are there, ``"2026-03-06"``.
        sign_failures: attempts of today's sign-in that failed.
        sign_next_us: before which there is no other attempt of it.
    """

    no: int
    tenant: int
    name: str
    begun: int = 0
    upto: int = 0
    failures: int = 0
    since_us: int = 0
    next_us: int = 0
    taken_us: int = 0
    error: str = ""
    signed: str = ""
    sign_failures: int = 0
    sign_next_us: int = 0


@dataclass(slots=True, frozen=True)
class Due:
    """An entry that may be sent now, how often that was tried, and when for the first time (0: never)."""

    entry: Entered
    state: State
    attempts: int
    since_us: int


@dataclass(slots=True, frozen=True)
class Settled:
    """What became of an entry in one attempt.

    Attributes:
        state: ``waiting`` or ``sent``: again, after ``next_us``.
        receipt: what the receiver calls it.
        reason: why it was refused or must be sent again; no patient data.
    """

    n: int
    state: State
    receipt: str = ""
    reason: str = ""
    next_us: int = 0


@dataclass(slots=True, frozen=True)
class Delivery:
    """How an entry stands with a receiver; times are microseconds since 1970."""

    entry: Entered
    state: State
    attempts: int
    next_us: int
    at_us: int
    receipt: str
    reason: str
