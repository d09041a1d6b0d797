"""Compute: a reconciliation, from the ledger, the deliveries and what was stated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta

from gateway.canonical import now_us
from gateway.feed.calendar import begin_us, days, ranges, sizes
from gateway.feed.reconciliation.asking import NO_ANSWER, SUBJECT, unanswered
from gateway.feed.reconciliation.kinds import KINDS
from gateway.feed.reconciliation.model import Day, Difference, Line, Reconciliation
from gateway.feed.reconciliation.receivers import Receivers, with_standings
from gateway.feed.reconciliation.sources import begins, of_sources
from gateway.settings import SourceSettings
from gateway.store import Entered, Store
from gateway.store.day import day_of
from gateway.store.reconciliation import Statement

_NONE: Mapping[str, SourceSettings] = {}


def reconcile(
    store: Store,
    tenant: str,
    first: date,
    last: date,
    receiver: str = "",
    at_us: int | None = None,
    inbox: bool = True,
    sources: Mapping[str, SourceSettings] = _NONE,
) -> Reconciliation:
    """Return how the days from ``first`` to ``last`` stand.

    A document belongs to the day of its first entry in the ledger. It is the state of now; nothing is kept.

    Args:
        receiver: only this one, ``""`` for all.
        at_us: the present; days before its day are closed.
        inbox: whether the messages of the days are counted too: that takes long where there are many.
        sources: those that are asked; what they have not said of a day that is over is a difference.

    Raises:
        Rejected: too many days.
    """
    wanted = days(first, last)
    today = day_of(now_us() if at_us is None else at_us, store.zone)
    stated = store.reconciliation.stated(tenant, wanted[0], wanted[-1])
    receivers = Receivers(store, tenant, receiver)
    found: list[Day] = []
    for one, after, upto in ranges(sizes(store, tenant), wanted):
        day, silent = Day(one, one < today), list(unanswered(sources, one, stated)) if one < today else []
        found.append(_day(store, tenant, day, (after, upto), stated, receivers, {kind for kind, _ in silent}))
        day.differences += _silent(store, tenant, one, silent)
    for each in found if inbox else ():
        _messages(store, tenant, each)
    return Reconciliation(tenant, found)


def _day(
    store: Store,
    tenant: str,
    day: Day,
    extent: tuple[int, int],
    stated: Sequence[Statement],
    receivers: Receivers,
    silent: Collection[str],
) -> Day:
    """Fill in a day.

    Args:
        extent: entries before it and at its end.
        silent: kinds of which a source that is asked has not said anything.
    """
    after, upto = extent
    if upto > after:
        day.first, day.last = after + 1, upto
    entries = list(store.reconciliation.entries(tenant, after, upto))
    said = [one for one in stated if one.day == day.day]
    for kind in _kinds(entries, said, silent):
        own = [one for one in said if one.kind == kind]
        day.lines.append(_line(store, tenant, day, kind, entries, own, whole=kind not in silent))
    with_standings(store, tenant, day, entries, said, receivers)
    return day


def _messages(store: Store, tenant: str, day: Day) -> None:
    tomorrow = (date.fromisoformat(day.day) + timedelta(days=1)).isoformat()
    begin, end = begin_us(day.day, store.zone), begin_us(tomorrow, store.zone)
    day.messages = store.reconciliation.messages(tenant, begin, end)
    day.batches = store.reconciliation.batches(tenant, begin, end)
    for one in day.batches:
        if not one.agrees:
            said = "-" if one.said is None else one.said
            also = f"{said} / {one.held} / {one.stored}"
            if one.batches_said not in (None, one.batches):
                also += f"; {one.batches_said} / {one.batches}"
            day.differences.append(Difference(day.day, "message", "batch", one.sender, one.id, also=also))


def _silent(store: Store, tenant: str, day: str, silent: Sequence[tuple[str, str]]) -> Iterator[Difference]:
    """Yield what sources have not said, with the reason of the last attempt where it goes on."""
    open_ = store.alerts.find(tenant=tenant) if silent else []
    why = {one.subject.removeprefix(SUBJECT): one.detail for one in open_ if one.kind == NO_ANSWER}
    for kind, name in silent:
        yield Difference(day, kind, "unanswered", name, also=why.get(name, ""))


def _line(
    store: Store,
    tenant: str,
    day: Day,
    kind: str,
    entries: Sequence[Entered],
    said: Sequence[Statement],
    *,
    whole: bool,
) -> Line:
    own = [one for one in entries if one.kind == kind]
    documents = [one for one in own if begins(one)]
    sources = [one for one in said if one.party == "source"]
    line = Line(kind, {one.name: one.n for one in sources}, len(documents), len(own))
    line.origins = _origins(store, documents)
    differences: list[Difference] = of_sources(store, tenant, day.day, line, documents, sources, whole=whole)
    day.differences += differences
    return line


def _origins(store: Store, documents: Sequence[Entered]) -> dict[str, int]:
    """Return whose messages the documents came with; an entry's first member stands for the document."""
    senders = store.reconciliation.senders([one.members[0] for one in documents])
    return dict(sorted(Counter(senders.get(one.members[0], "") for one in documents).items()))


def _kinds(entries: Sequence[Entered], said: Sequence[Statement], silent: Collection[str]) -> list[str]:
    found = {one.kind for one in entries} | {one.kind for one in said} | {*silent}
    known = [kind for kind in KINDS if kind in found]
    return known + sorted(found - set(known))
