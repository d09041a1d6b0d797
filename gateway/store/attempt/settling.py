"""One message of a batch comes in, and ends."""

from __future__ import annotations

from gateway.canonical import NotUnderstood, Outcome, Quarantined, Refused, Translation
from gateway.errors import Rejected, Retry
from gateway.store import inbox
from gateway.store.attempt.applying import Applying
from gateway.store.attempt.gathered import Gathered
from gateway.store.ending import answered
from gateway.store.inbox import Settled, Slot
from gateway.store.model import Receive, Settle, Written


def receive(gathered: Gathered, item: Receive) -> Written:
    """Give a message its place in the inbox.

    Raises:
        Rejected: ``store-conflict``: it has one.
    """
    envelope = item.envelope
    if envelope.id in gathered.slots:
        raise Rejected("an envelope with this id is in the inbox already", code="store-conflict")
    gathered.memory.last_n += 1
    gathered.slots[envelope.id] = Slot(gathered.memory.last_n, "received", "", receive=item)
    gathered.changes.tallies[envelope.tenant, "inbox", "received"] += 1
    return Written(envelope.id)


def settle(gathered: Gathered, item: Settle) -> Written:
    """End a message: store it, or write down how it ended otherwise; one that ends later stays open."""
    id_ = item.envelope.id
    if id_ not in gathered.slots:  # never received: keep its bytes all the same
        receive(gathered, Receive(item.envelope, "", b"", 0))
    slot = gathered.slots[id_]
    if isinstance(item.outcome, Translation):
        try:
            ticks = gathered.ticks[item.envelope.tenant]
            outcome, settled = Applying(gathered, item, item.outcome, ticks).end()
        except Retry as later:
            return Written(id_, later=later)
    else:
        outcome = _held(slot, item.outcome)
        settled = inbox.settled(outcome, None, 0, 0, answered(item, outcome))
    if item.keeps and slot.state == "stored" and settled.state != "stored":
        return Written(id_, outcome)
    _close(gathered, item, slot, settled)
    return Written(id_, outcome, settled.answer)


def _held(slot: Slot, outcome: Quarantined | Refused | NotUnderstood) -> Outcome:
    """Return how a message ends that writes nothing; what its sender is rid of is not given back."""
    if isinstance(outcome, NotUnderstood) and slot.state in ("stored", "quarantined"):
        return Quarantined(outcome.reason, outcome.issues)
    return outcome


def _close(gathered: Gathered, item: Settle, slot: Slot, settled: Settled) -> None:
    envelope, changes = item.envelope, gathered.changes
    changes.tallies[envelope.tenant, "inbox", slot.state] -= 1
    changes.tallies[envelope.tenant, "inbox", settled.state] += 1
    if slot.state == "quarantined":
        changes.tallies[envelope.tenant, "quarantine", slot.reason] -= 1
    if settled.state == "quarantined":
        changes.tallies[envelope.tenant, "quarantine", settled.reason] += 1
    if slot.state == "received" and isinstance(item.outcome, Translation):  # a replay counts no code twice
        for (table, code), count in item.outcome.gaps.items():
            changes.gaps[envelope.tenant, envelope.sender, table, code] += count
    slot.state, slot.reason, slot.settled = settled.state, settled.reason, settled
