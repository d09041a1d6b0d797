"""Recycled: a number that comes again for something else, another kind of document or a later stay.

What is stored under it stays as it is; the message waits until the sender's profile says what makes the
number unique (``scope``).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Final

from gateway.canonical import Draft, Resource
from gateway.errors import Rejected
from gateway.store.types import NUMBER

_KINDS: Final = frozenset(("Composition", "DocumentReference"))
CHECKED: Final = frozenset(NUMBER[name] for name in (*_KINDS, "Encounter"))
"""Types that are looked at, as the store numbers them."""

_APART: Final = timedelta(days=1)
"""Between two stays lies more than a day; what lies nearer may be a stay of which the dates are put right."""


def check(draft: Draft, stored: Callable[[], Resource]) -> None:
    """Pass a draft of :data:`CHECKED` types that tells of what is stored under its number.

    Raises:
        Rejected: ``number-of-another-document`` or ``number-of-another-stay``; says what to do.
    """
    if draft.type in _KINDS:
        if _is_other_kind(stored(), draft.body):
            raise Rejected(
                "the number of this document already belongs to a document of another kind; where each kind "
                "is numbered by itself, give Composition and DocumentReference the scope kind in the "
                "sender's profile, then replay",
                code="number-of-another-document",
                where=draft.type,
            )
    elif draft.vague and _is_other_stay(stored(), draft.body):
        raise Rejected(
            "the number of this visit already belongs to a stay at another time; where one number is given "
            "to several stays, give Encounter the scope admission in the sender's profile, then replay",
            code="number-of-another-stay",
            where="Encounter",
        )


def _is_other_kind(stored: Resource, said: Resource) -> bool:
    """Tell whether two types contradict each other: they share a code system, and no code in it."""
    one, other = _codes(stored), _codes(said)
    both = one.keys() & other.keys()
    return bool(both) and all(one[system].isdisjoint(other[system]) for system in both)


def _codes(body: Resource) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for coding in body.get("type", {}).get("coding", ()):
        if coding.get("code"):
            found.setdefault(coding.get("system", ""), set()).add(coding["code"])
    return found


def _is_other_stay(stored: Resource, said: Resource) -> bool:
    """Tell whether one of two periods lies behind the end of the other."""
    one, other = stored.get("period", {}), said.get("period", {})
    return _is_behind(one, other) or _is_behind(other, one)


def _is_behind(first: dict[str, Any], next_: dict[str, Any]) -> bool:
    end, start = _day(first.get("end")), _day(next_.get("start"))
    return end is not None and start is not None and start > end + _APART


def _day(text: Any) -> date | None:
    """Return the day of a dateTime, None where it tells none."""
    try:
        return date.fromisoformat(str(text)[:10])
    except ValueError:
        return None
