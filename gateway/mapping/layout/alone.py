"""Alone: whether the segments of one document tell of one patient and one visit.

The message maps read PID and PV1 of a document as those of everything in it. Where a second patient stands in
it, an order of the one would become an order of the other: such a document waits until somebody splits it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gateway.errors import Rejected
from gateway.mapping.layout.laid import LaidSegment

PATIENTS: Final = "several-patients"
VISITS: Final = "several-visits"

_NUMBERS: Final = (3, 19)
"""Fields of PID that name one person: the identifiers, the identity card."""

_VISIT: Final = 19
"""Field of PV1: the number of the visit."""


def check_alone(segments: Sequence[LaidSegment], several: int = 0) -> None:
    """Pass segments of which all tell of one patient and one visit.

    Args:
        several: patients that there are, where each is followed by what belongs to it: then one without a
            number is all that stands in the way.

    Raises:
        Rejected: ``several-patients`` or ``several-visits``; says what to do.
    """
    patients = [one.fields for one in segments if one.name == "PID"]
    if several > 1 and len(patients) < several:
        said = "one of several patients has no number; let each come in a document of its own"
        raise Rejected(said, code=PATIENTS, where="PID")
    if several:
        return
    if any(not _is_same(patients[0], one) for one in patients[1:]):
        said = "the document tells of several patients; let each come in a document of its own"
        raise Rejected(said, code=PATIENTS, where="PID")
    visits = {number for one in segments if one.name == "PV1" and (number := _field(one.fields, _VISIT))}
    if len(visits) > 1:
        said = "the document tells of several visits; let each come in a document of its own"
        raise Rejected(said, code=VISITS, where="PV1")


def _is_same(one: Sequence[str], other: Sequence[str]) -> bool:
    """Tell whether two PID name one person: by a number that both have, and none that differs."""
    pairs = [(_values(one, number), _values(other, number)) for number in _NUMBERS]
    both = [(mine, its) for mine, its in pairs if mine and its]
    return list(one) == list(other) or (bool(both) and not any(mine.isdisjoint(its) for mine, its in both))


def _values(fields: Sequence[str], number: int) -> set[str]:
    """Return the numbers in a field, each without what says of whom it is."""
    return {value for one in _field(fields, number).split("~") if (value := one.split("^", 1)[0].strip())}


def _field(fields: Sequence[str], number: int) -> str:
    return fields[number] if number < len(fields) else ""
