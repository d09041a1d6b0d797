"""Compute: a reconciliation, from the ledger, the deliveries and what was stated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

from gateway.canonical import now_us
from gateway.feed.reconciliation.calendar import begin_us, days, ranges, sizes
from gateway.feed.reconciliation.model import Day, Difference, Line, Reconciliation
from gateway.feed.reconciliation.receivers import Receivers, with_standings
from gateway.feed.reconciliation.sources import begins, of_sources
from gateway.store import Entered, Store
from gateway.store.day import day_of
from gateway.store.reckoning import Statement

KINDS = (
    "visit", "consent", "record", "prescription", "review", "dispense", "exam", "lab", "admission",
    "transfer", "referral", "evaluation", "adverse-event", "breach", "complaint", "finding", "answer",
)  # fmt: skip
"""The order in which kinds are shown; others follow."""


def reconcile(
    store: Store,
    tenant: str,
    first: date,
    last: date,
    receiver: str = "",
    at_us: int | None = None,
    inbox: bool = True,
) -> Reconciliation:
    """Return how the days from ``first`` to ``last`` stand.

    A document belongs to the day of its first entry in the ledger. It is the state of now; nothing is kept.

    Args:
        receiver: only this one, ``""`` for all.
        at_us: the present; days before its day are closed.
        inbox: whether the messages of the days are counted too: that takes long where there are many.

    Raises:
        Rejected: too many days.
    """
    wanted = days(first, last)
    today = day_of(now_us() if at_us is None else at_us, store.zone)
    stated = store.reckoning.stated(tenant, wanted[0], wanted[-1])
    receivers = Receivers(store, tenant, receiver)
    found = [
        _day(store, tenant, Day(one, one < today), (after, upto), stated, receivers)
        for one, after, upto in ranges(sizes(store, tenant), wanted)
    ]
    for one in found if inbox else ():
        _messages(store, tenant, one)
    return Reconciliation(tenant, found)


def _day(
    store: Store,
    tenant: str,
    day: Day,
    extent: tuple[int, int],
    stated: Sequence[Statement],
    receivers: Receivers,
) -> Day:
    """Fill in a day; ``extent``: entries before it and at its end."""
    after, upto = extent
    if upto > after:
        day.first, day.last = after + 1, upto
    entries = list(store.reckoning.entries(tenant, after, upto))
    said = [one for one in stated if one.day == day.day]
    for kind in _kinds(entries, said):
        day.lines.append(_line(store, tenant, day, kind, entries, [one for one in said if one.kind == kind]))
    with_standings(store, tenant, day, entries, said, receivers)
    return day


def _messages(store: Store, tenant: str, day: Day) -> None:
    tomorrow = (date.fromisoformat(day.day) + timedelta(days=1)).isoformat()
    begin, end = begin_us(day.day, store.zone), begin_us(tomorrow, store.zone)
    day.messages = store.reckoning.messages(tenant, begin, end)


def _line(
    store: Store, tenant: str, day: Day, kind: str, entries: Sequence[Entered], said: Sequence[Statement]
) -> Line:
    own = [one for one in entries if one.kind == kind]
    documents = [one for one in own if begins(one)]
    sources = [one for one in said if one.party == "source"]
    line = Line(kind, {one.name: one.n for one in sources}, len(documents), len(own))
    line.origins = _origins(store, documents)
    differences: list[Difference] = of_sources(store, tenant, day.day, line, documents, sources)
    day.differences += differences
    return line


def _origins(store: Store, documents: Sequence[Entered]) -> dict[str, int]:
    """Return whose messages the documents came with; an entry's first member stands for the document."""
    senders = store.reckoning.senders([one.members[0] for one in documents])
    return dict(sorted(Counter(senders.get(one.members[0], "") for one in documents).items()))


def _kinds(entries: Sequence[Entered], said: Sequence[Statement]) -> list[str]:
    found = {one.kind for one in entries} | {one.kind for one in said}
    known = [kind for kind in KINDS if kind in found]
    return known + sorted(found - set(known))
