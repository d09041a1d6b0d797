"""State: how each kind of evidence of a tenant stands on a day."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from gateway.canonical import Resource
from gateway.canonical.elements import first
from gateway.canonical.json import loads
from gateway.canonical.moments import day, last_day
from gateway.feed.evidence.kinds import Kind
from gateway.policy.systems import EVIDENCE
from gateway.store import Store

Colour = Literal["red", "yellow", "green", "none"]
"""Missing or over; about to end; in date; nobody asks for it and there is none."""

TEXTS: dict[str, tuple[str, str]] = {
    "missing": ("there is none", "缺失"),
    "expired": ("it is over", "已过期"),
    "ending": ("it ends soon", "即将到期"),
    "good": ("in date", "有效"),
    "not-asked": ("none, and none is asked for", "无，且未要求"),
}
_COLOURS: dict[str, Colour] = {
    "missing": "red", "expired": "red", "ending": "yellow", "good": "green", "not-asked": "none",
}  # fmt: skip


@dataclass(slots=True, frozen=True)
class Held:
    """How one kind stands.

    Attributes:
        why: ``missing``, ``expired``, ``ending``, ``good`` or ``not-asked``.
        document: ``"DocumentReference/id"`` of the one that holds longest, ``""`` for none.
        end: its last day, None where it has none.
        days: until then; negative where it is over.
    """

    kind: Kind
    why: str
    document: str = ""
    end: date | None = None
    days: int | None = None

    @property
    def colour(self) -> Colour:
        """Return red, yellow, green or none."""
        return _COLOURS[self.why]

    def row(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        text, text_zh = TEXTS[self.why]
        return {
            "kind": self.kind.kind,
            "state": self.colour,
            "why": self.why,
            "text": text,
            "text_zh": text_zh,
            "document": self.document,
            "end": None if self.end is None else self.end.isoformat(),
            "days": self.days,
            "requirement": self.kind.requirement,
            "article": self.kind.article,
        }


def held(store: Store, tenant: str, asked: Sequence[Kind], today: date) -> list[Held]:
    """Return how each kind stands; of several documents that begun the one counts that holds longest."""
    return [_held(one, list(_on_file(store, tenant, one)), today) for one in asked]


def _held(kind: Kind, documents: Sequence[Resource], today: date) -> Held:
    ends = [(_end(kind, one), one) for one in documents if _begun(one, today)]
    if not ends:
        return Held(kind, "not-asked" if kind.optional else "missing")
    end, best = max(ends, key=lambda pair: (pair[0] or date.max, str(pair[1]["id"])))
    name = f"DocumentReference/{best['id']}"
    if end is None:
        return Held(kind, "good", name)
    left = (end - today).days
    return Held(
        kind, "expired" if left < 0 else "ending" if left < kind.alarm_days else "good", name, end, left
    )


def _begun(document: Resource, today: date) -> bool:
    start = day(first(document, "context.period.start"))
    return start is None or start <= today


def _end(kind: Kind, document: Resource) -> date | None:
    said = last_day(first(document, "context.period.end"))
    if said is not None or not kind.months:
        return said
    start = day(first(document, "context.period.start")) or day(document.get("date"))
    return None if start is None else _later(start, kind.months)


def _later(start: date, months: int) -> date:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def _on_file(store: Store, tenant: str, kind: Kind) -> Iterator[Resource]:
    pairs = [("type", f"{EVIDENCE}|{kind.kind}"), ("status", "current"), ("_count", "200")]
    for version in store.search(tenant, "DocumentReference", pairs).matches:
        found: Resource = loads(version.body)
        yield found
