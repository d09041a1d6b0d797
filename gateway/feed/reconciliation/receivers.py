"""Receivers: how the entries of a day stand with those who push or pull, and what platforms say to have."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from gateway.errors import Rejected
from gateway.feed.reconciliation.model import Day, Difference, Line, Standing, What
from gateway.feed.reconciliation.sources import begins, keys_of
from gateway.settings.writeback import PREFIX as WRITEBACK
from gateway.store import Entered, Store
from gateway.store.deliveries import Receiver
from gateway.store.reconciliation import Statement

_TROUBLE: Mapping[str, What] = {"refused": "refused", "held": "held", "given-up": "given-up"}
_OPEN = ("waiting", "sent")


@dataclass(slots=True)
class Receivers:
    """Who receives a tenant's ledger: whom it is pushed to, and who has acknowledged a pull."""

    pushed: list[Receiver]
    pulled: dict[str, int]

    def __init__(self, store: Store, tenant: str, only: str = "") -> None:
        everybody = store.deliveries.receivers(tenant)  # a HIS that is written back to is no platform
        regular = [one for one in everybody if not one.name.startswith(WRITEBACK)]
        self.pushed = [one for one in regular if only in ("", one.name)]
        pulled = store.reconciliation.pulled(tenant)
        self.pulled = {name: n for name, n in pulled.items() if only in ("", name)}


def check_counts(store: Store, tenant: str, said: Sequence[Statement], also: Collection[str] = ()) -> None:
    """Refuse what platforms count that are no receivers: it would never be compared with anything.

    Args:
        also: see :func:`check_receiver`.

    Raises:
        Rejected: names the receivers that there are.
    """
    for at, one in enumerate(said):
        if one.party == "platform":
            check_receiver(store, tenant, one.name, f"counts[{at}].receiver", also)


def check_receiver(store: Store, tenant: str, name: str, where: str, also: Collection[str] = ()) -> None:
    """Refuse a name that no receiver has.

    Args:
        also: who is one as well: set up but not begun, or about to pull.

    Raises:
        Rejected: names those that there are.
    """
    there = Receivers(store, tenant)
    known = sorted({*(one.name for one in there.pushed), *there.pulled, *also})
    if name not in known:
        told = f"is one of {', '.join(known)}" if known else "there is no such receiver"
        raise Rejected(told, code="value", where=where)


def with_standings(
    store: Store,
    tenant: str,
    day: Day,
    entries: Sequence[Entered],
    said: Sequence[Statement],
    receivers: Receivers,
) -> None:
    """Write into a day how its entries stand with each receiver, and what that means."""
    after, upto = max(day.first - 1, 0), day.last
    for receiver in receivers.pushed:
        states = store.reconciliation.delivered(receiver.no, after, upto)
        _fill(store, tenant, day, entries, said, receiver.name, Standings(states, receiver))
    for name, n in receivers.pulled.items():
        _fill(store, tenant, day, entries, said, name, Standings({}, None, n))


@dataclass(slots=True, frozen=True)
class Standings:
    """How entries stand with one receiver: by its deliveries, or by how far it has pulled."""

    states: Mapping[int, str]
    receiver: Receiver | None
    pulled: int = 0

    def of(self, n: int) -> str:
        """Return the state of an entry, ``""`` for one that it is not owed."""
        if self.receiver is None:
            return "acknowledged" if n <= self.pulled else "waiting"
        if n > self.receiver.upto:
            return "waiting"
        return self.states.get(n, "")


def _fill(
    store: Store,
    tenant: str,
    day: Day,
    entries: Sequence[Entered],
    said: Sequence[Statement],
    name: str,
    standings: Standings,
) -> None:
    for line in day.lines:
        own = [(one, state) for one in entries if one.kind == line.kind and (state := standings.of(one.n))]
        counted = [one for one in said if (one.kind, one.party, one.name) == (line.kind, "platform", name)]
        if not own and not counted:
            continue
        standing = line.receivers[name] = Standing("pull" if standings.receiver is None else "push")
        standing.states.update(state for _, state in own)
        taken = [one for one, state in own if state == "acknowledged" and begins(one)]
        standing.taken = len(taken)
        day.differences += _troubles(day, line, name, own)
        if counted:
            standing.platform = counted[0].n
            day.differences += _of_platform(store, tenant, day.day, line, taken, counted[0])


def _troubles(day: Day, line: Line, name: str, own: Sequence[tuple[Entered, str]]) -> Iterator[Difference]:
    """Yield what is an exception, and of a day that is over what is still open."""
    for entry, state in own:
        what: What | None = _TROUBLE.get(state) or ("open" if day.closed and state in _OPEN else None)
        if what:
            number = "" if entry.serial else f"{entry.type}/{entry.id}"
            yield Difference(day.day, line.kind, what, name, number, entry.serial, entry.n)


def _of_platform(
    store: Store, tenant: str, day: str, line: Line, taken: Sequence[Entered], said: Statement
) -> Iterator[Difference]:
    """Yield where a platform says something else than it has acknowledged."""
    if said.numbers is None:
        if said.n != len(taken):
            yield Difference(day, line.kind, "platform-count", said.name, also=f"{said.n} / {len(taken)}")
        return
    keys = keys_of(store, tenant, taken)
    has = set(said.numbers)
    for entry, own in zip(taken, keys, strict=True):
        if not has.intersection(own):
            yield Difference(day, line.kind, "platform-missing", said.name, own[0], entry.serial, entry.n)
    unknown = sorted(has - {key for own in keys for key in own})
    serials = {one: one for one in unknown} | store.reconciliation.serials(tenant, line.kind, unknown)
    known = store.reconciliation.first_entries(tenant, set(serials.values()))
    for number in unknown:
        if serials[number] not in known:
            yield Difference(day, line.kind, "platform-unknown", said.name, number)
