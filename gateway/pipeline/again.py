"""Again: every kept message since a moment, translated anew with today's maps, in the order in which it came.

Safe beside a running gateway and safe to run twice: each batch is one transaction, the store's event order
keeps what is newer, and what says the same again writes no version.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from gateway.canonical import Stored
from gateway.errors import Retry
from gateway.mapping import Maps
from gateway.pipeline.recovery import finish_released, replay
from gateway.pipeline.steps import Validate
from gateway.settings import PipelineSettings
from gateway.spec import AdapterSpec
from gateway.store import Kept, Settle, Store, Walk, Written

BATCH = 64
"""Messages of one transaction: short enough for a gateway that waits for its turn beside it."""

TRIES = 30
"""How often a batch is tried while the gateway holds the store."""


@dataclass(slots=True)
class Replayed:
    """What became of one batch.

    Attributes:
        last: inbox id up to which everything is done.
        messages: how many there were.
        stored: of them, those that wrote new versions; ``unchanged``: those that said nothing new.
        quarantined: those that could not be stored, by reason.
        kept: of those, how many stay stored as they were.
        versions: new versions, by resource type.
    """

    last: str
    messages: int = 0
    stored: int = 0
    unchanged: int = 0
    kept: int = 0
    quarantined: Counter[str] = field(default_factory=Counter)
    versions: Counter[str] = field(default_factory=Counter)

    def add(self, message: Kept, written: Written) -> None:
        """Count one message."""
        self.messages += 1
        self.last = message.envelope.id
        outcome = written.outcome
        if isinstance(outcome, Stored):
            self.versions.update(ref.partition("/")[0] for ref in outcome.refs)
            self.stored += bool(outcome.refs)
            self.unchanged += not outcome.refs
        else:
            self.quarantined["waits" if written.later else getattr(outcome, "reason", "refused")] += 1
            self.kept += message.state == "stored"

    def absorb(self, other: Replayed) -> None:
        """Add the figures of the next batch."""
        self.last = other.last
        self.messages += other.messages
        self.stored += other.stored
        self.unchanged += other.unchanged
        self.kept += other.kept
        self.quarantined += other.quarantined
        self.versions += other.versions


def replay_all(
    store: Store,
    maps: Maps,
    adapters: Mapping[str, AdapterSpec],
    walk: Walk,
    *,
    dry: bool = False,
    batch: int = BATCH,
    validate: Validate | None = None,
) -> Iterator[Replayed]:
    """Yield what became of each batch, once it is committed.

    Args:
        walk: which messages; without an ``until`` it goes on with what comes in meanwhile.
        dry: nothing is kept; each batch is held against the store as it is, not as the batches before it
            would have left it.

    Raises:
        Retry: the store could not be read or written for a long while.
    """
    while messages := store.inbox_walk(walk, batch):
        settles = [replace(replay(maps, adapters, one.envelope, validate), keeps=True) for one in messages]
        done = Replayed("")
        for message, written in zip(messages, _patiently(store, settles, dry=dry), strict=True):
            done.add(message, written)
        if not dry:
            finish_released(store, maps, adapters, PipelineSettings(), validate)
        yield done
        walk = replace(walk, first="", after=done.last)


def _patiently(store: Store, settles: list[Settle], *, dry: bool) -> list[Written]:
    """Write one batch, waiting while another process holds the store, and for whom a message waits."""
    for left in range(TRIES, 0, -1):
        try:
            done = store.rehearse(settles) if dry else store.write(settles)
            waits = [one.later for one in done if one.later is not None]
            if not waits or left == 1:
                return done
            for one in waits:
                if one.first is not None:
                    one.first()
        except Retry as error:
            if left == 1:
                raise
            time.sleep(error.after)
    return []
