"""Alone: whether the segments of one document tell of one patient and one visit.

The message maps read PID and PV1 of a document as those of everything in it. Where a second patient stands in
it, an order of the one would become an order of the other: such a document waits until somebody splits it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from typing import Final

from gateway.canonical.placeholders import is_placeholder
from gateway.errors import Rejected
from gateway.mapping.layout.laid import LaidSegment

PATIENTS: Final = "several-patients"
VISITS: Final = "several-visits"

_NUMBERS: Final = (3, 19)
"""Fields of PID that name one person: the identifiers, the identity card."""

_ANY_NUMBER: Final = (2, 3, 4, 19, 20)
"""Fields of PID with any number of a person: also those of cards and earlier ones."""

_VISIT: Final = 19
"""Field of PV1: the number of the visit."""


def check_alone(segments: Sequence[LaidSegment], several: int = 0) -> None:
    """Pass segments that tell of one patient and one visit, or of patients that can be told apart.

    Args:
        several: patients that the document tells of, where its layout says that each is followed by what
            belongs to it (``several: patients``): of more than one, each needs a number of its own. 0: it
            does not say so, and all PID have to name one person, all PV1 one visit.

    Raises:
        Rejected: ``several-patients`` or ``several-visits``; says what to do.
    """
    patients = [one.fields for one in segments if one.name == "PID"]
    if several:
        numbered = sum(any(_values(one, at) for at in _ANY_NUMBER) for one in patients)
        if several > 1 and numbered < several:
            said = "one of several patients has no number; let each come in a document of its own"
            raise Rejected(said, code=PATIENTS, where="PID")
        return
    if not _are_one(patients):
        said = "the document tells of several patients; let each come in a document of its own"
        raise Rejected(said, code=PATIENTS, where="PID")
    visits = [found for one in segments if one.name == "PV1" and (found := _values(one.fields, _VISIT))]
    if any(one.isdisjoint(visits[0]) for one in visits[1:]):
        said = "the document tells of several visits; let each come in a document of its own"
        raise Rejected(said, code=VISITS, where="PV1")


def are_same(one: Sequence[Set[str]], other: Sequence[Set[str]]) -> bool:
    """Tell whether two records name one thing: by a number that both have, and none that differs.

    Args:
        one, other: the numbers of each kind, in one order of the kinds.
    """
    both = [(mine, its) for mine, its in zip(one, other, strict=True) if mine and its]
    return bool(both) and not any(mine.isdisjoint(its) for mine, its in both)


def numbers_in(texts: Iterable[str]) -> set[str]:
    """Return the texts that are numbers: a placeholder is none."""
    stripped = (str(text).strip() for text in texts)
    return {text for text in stripped if text and text != '""' and not is_placeholder(text)}


def _are_one(patients: Sequence[Sequence[str]]) -> bool:
    """Tell whether all PID name one person: each is as the first, or named as those before it."""
    if not patients:
        return True
    known = [_values(patients[0], at) for at in _NUMBERS]
    for one in patients[1:]:
        if list(one) == list(patients[0]):
            continue
        said = [_values(one, at) for at in _NUMBERS]
        if not are_same(known, said):
            return False
        known = [mine | its for mine, its in zip(known, said, strict=True)]
    return True


def _values(fields: Sequence[str], number: int) -> set[str]:
    """Return the numbers in a field, each without what says of whom it is; a placeholder is none."""
    return numbers_in(one.split("^", 1)[0] for one in _field(fields, number).split("~"))


def _field(fields: Sequence[str], number: int) -> str:
    return fields[number] if number < len(fields) else ""
