"""The governor beside the writing: it is shown what was made, what a message made, and what waits."""

from __future__ import annotations

import logging

from gateway.canonical import Translation
from gateway.errors import Ground
from gateway.store.attempt.gathered import Gathered
from gateway.store.attempt.undo import Undo
from gateway.store.changes import Changes
from gateway.store.clock import Ticks
from gateway.store.engines import database_wide
from gateway.store.governing import Occasion, Why, Witness, shown
from gateway.store.interaction import Interactions
from gateway.store.model import Settle

_LOG = logging.getLogger("qiao.store")


def govern(
    gathered: Gathered, interactions: Interactions, ticks: Ticks, occasion: Occasion, why: Why
) -> list[tuple[str, Ground]]:
    """Show the governor what was made of its types, if anything was; return what it has to say of it."""
    changes, governor = interactions.changes, gathered.memory.governor
    if governor is not None and (changes.made or changes.moved):
        desk = gathered.desk(interactions, ticks, occasion.source)
        made = shown(desk, changes, why)
        if made:
            governor.govern(desk, made, occasion)
            return desk.told
    return []


def oversee(gathered: Gathered, item: Settle, ticks: Ticks, changes: Changes) -> None:
    """Let the governor look at what a message has made."""
    governor: object = gathered.memory.governor
    if governor is None:
        return
    envelope, slot = item.envelope, gathered.slots[item.envelope.id]
    why: Why = "remapped" if slot.state == "stored" else "written"
    interactions = gathered.interactions(envelope.id, ticks, changes)
    occasion = _occasion(gathered, item, item.outcome)
    govern(gathered, interactions, ticks, occasion, why)
    if slot.receive is None and isinstance(governor, Witness):
        governor.stored(gathered.desk(interactions, ticks, envelope.id), occasion)


def witness(gathered: Gathered, item: Settle, translation: Translation, ticks: Ticks) -> None:
    """Let the governor know what waits; whatever goes wrong with that, the message stays as it ended."""
    governor: object = gathered.memory.governor
    id_ = item.envelope.id
    if not isinstance(governor, Witness):
        return
    undo, changes = Undo(gathered, ticks), Changes(gathered.changes)
    interactions = gathered.interactions(id_, ticks, changes)
    try:
        bodies = [draft.body for draft in translation.drafts]
        occasion = _occasion(gathered, item, translation)
        governor.held(gathered.desk(interactions, ticks, id_), bodies, occasion)
        changes.made.clear()  # what the governor wrote is nobody's to judge
        gathered.changes.absorb(changes)
    except Exception as error:
        if database_wide(error):
            raise
        undo.back()
        _LOG.error("inbox %s: what waits was not looked at (%s)", id_, type(error).__name__)


def _occasion(gathered: Gathered, item: Settle, outcome: object) -> Occasion:
    envelope, rehearsed = item.envelope, gathered.memory.rehearsed
    return Occasion("message", envelope.id, envelope.sender, None, rehearsed, _believed(outcome))


def _believed(outcome: object) -> bool:
    """Tell whether the times in a message are believed."""
    samples = outcome.samples if isinstance(outcome, Translation) else None
    return samples is None or samples.clock
