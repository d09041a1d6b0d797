"""Samples: how the results of a sender find the sample that they belong to, as its profile says."""

from __future__ import annotations

from dataclasses import dataclass, field

MINUTE_US = 60 * 1_000_000
DAY_US = 24 * 60 * MINUTE_US

WAYS = ("sample", "order", "patient")
"""What is asked, in this order: the barcode, the number of an order, the number of the patient."""

COMPARED = ("name", "sex", "birth")
"""What a message may say of its patient beside a number, and what must not contradict."""


@dataclass(slots=True, frozen=True)
class Samples:
    """What a message must know of its sample before its results are stored.

    Attributes:
        within_us: for so long after it was ordered or taken a sample has results; a barcode that comes later
            is another sample's.
        skew_us: so far the clock of the sender may be off.
        by: those of :data:`WAYS` that count.
        compare: those of :data:`COMPARED` that count.
        clock: whether its times are believed; else its results count as measured when they came.
        validated: its final results are released as they are: no laboratory system verifies them.
        unnamed: seed ids of Patients of which the message gives no number: they stand for whoever the
            sample is of, and are never written.
    """

    within_us: int = 14 * DAY_US
    skew_us: int = 15 * MINUTE_US
    by: tuple[str, ...] = WAYS
    compare: tuple[str, ...] = COMPARED
    clock: bool = True
    validated: bool = False
    unnamed: frozenset[str] = field(default=frozenset())
