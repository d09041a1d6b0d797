"""Job: one message on its way through the engine."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.canonical import Envelope, Outcome, Quarantined, Record, Stored, now_us
from gateway.errors import Retry
from gateway.pipeline.header import repeat_key
from gateway.pipeline.steps import Reading, Result
from gateway.spec import AdapterSpec
from gateway.store import AskRepeat, Receive, Settle

Answer = bytes | Retry
"""What a waiting door gets: the bytes for the sender, or that nothing could be committed."""

Heard = Callable[[Answer], object]
"""Told an answer, on the event loop."""

Key = tuple[str, str, int]
"""Tenant, sender and repeat key: the same message has the same."""

log = logging.getLogger("qiao.pipeline")


@dataclass(slots=True, eq=False)
class Job:
    """One message between its delivery and its end; event loop and writer hand it over, never share it.

    Attributes:
        heard: told the answer, once.
        given: that answer.
        kept: it is in the inbox.
        ready: what another process has made of it already, until it becomes its ``result``.
        result: what the steps made of it, None until they have run.
        receipt: the bytes it was answered with before it was mapped, None where it waits for the end.
        put_off: how often it could not be ended yet.
    """

    envelope: Envelope
    spec: AdapterSpec
    reading: Reading
    heard: Heard
    given: Answer | None = None
    kept: bool = False
    ready: Result | None = None
    result: Result | None = None
    receipt: bytes | None = None
    put_off: int = 0
    repeat_key: int = field(init=False)
    _others: list[Heard] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.repeat_key = repeat_key(self.envelope, self.reading.header)

    @property
    def key(self) -> Key:
        """What a repeat of it has in common with it."""
        return self.envelope.tenant, self.envelope.sender, self.repeat_key

    @property
    def weight(self) -> float:
        """How much of a batch it is; of what another process has mapped, more share a commit."""
        return 1 if self.ready is None else 0.25

    @property
    def wants_receipt(self) -> bool:
        """Answer as soon as the bytes are committed (the sender's profile, or enhanced mode)."""
        return self.reading.wants_receipt

    def answer(self, outcome: Outcome) -> bytes:
        """Return the bytes for the sender."""
        if self.receipt is not None:
            return self.receipt
        reading = self.reading
        record = reading.message() if reading.echoed else reading.record
        return answer(self.spec, self.envelope, record, outcome)

    def give(self, given: Answer) -> None:
        """Wake whoever waits for the answer, once: a receipt was the answer."""
        if self.given is None:
            self.given = given
            for heard in (self.heard, *self._others):
                heard(given)

    def then(self, heard: Heard) -> None:
        """Let somebody else hear the answer as well: the same message came again meanwhile."""
        if self.given is None:
            self._others.append(heard)
        else:
            heard(self.given)

    def answer_receipt(self) -> bytes:
        """Answer for the committed inbox, and remember it: a repeat gets the same bytes."""
        self.receipt = self.answer(Stored())
        return self.receipt

    def ask_repeat(self) -> AskRepeat:
        """Return what a message that it repeats has in common with it."""
        at, header = self.envelope, self.reading.header
        since = now_us() - self.reading.profile.repeat_window_s * 1_000_000
        return AskRepeat(at.tenant, at.sender, self.repeat_key, header.control_id, header.digest, since)

    def take_end(self) -> Settle:
        """Return what the store has to write as its end."""
        return Settle(self.envelope, self.result or Quarantined("internal-error"), self.answer)

    def take_bytes(self) -> Receive:
        """Return what the store has to write before anybody looks at it."""
        header = self.reading.header
        return Receive(self.envelope, header.control_id, header.digest, self.repeat_key)

    def tell(self, reason: str) -> None:
        """Log one line about this message, without patient data."""
        at = self.envelope
        log.warning("inbox=%s adapter=%s sender=%s type=%s %s",
                    at.id, at.adapter, at.sender or "-", self.reading.header.safe_type, reason)  # fmt: skip


@dataclass(slots=True)
class Ending:
    """What the writer tells the event loop about a message.

    Attributes:
        answer: for the door.
        outcome: as it was committed; None for a repeat, and where nothing could be committed.
        ended: False for a receipt: the message goes on.
    """

    job: Job
    answer: Answer
    outcome: Outcome | None = None
    ended: bool = True


def answer(spec: AdapterSpec, envelope: Envelope, record: Record | None, outcome: Outcome) -> bytes:
    """Return the adapter's bytes for the sender; a fault of the adapter costs the answer, never the batch."""
    try:
        return spec.answer(envelope, record, outcome)
    except Exception as error:  # noqa: BLE001 -- called inside the transaction of the whole batch
        log.error("inbox=%s adapter=%s has no answer: %s", envelope.id, spec.id, type(error).__name__)
        return b""
