"""Relay: brings what one receiver is owed to it, entry by entry on its own (docs/feed.md).

What is due is read from the store, sent, and judged; what became of each entry is written down after each
request. Nothing is remembered that would be missed after a crash: what was sent and not written down is sent
again, under the same key, and the receiver says that it is there already.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from gateway.canonical import now_us
from gateway.errors import Misconfigured, QiaoError, Rejected, Retry
from gateway.feed.bundle import named
from gateway.feed.document import Document, Documents
from gateway.feed.pause import pause
from gateway.feed.receiver.wire import Reply, Request, Verdict, Wire, not_understood
from gateway.feed.relay.exchange import Exchange, Lost
from gateway.feed.relay.fate import Fate
from gateway.feed.relay.schedule import SECOND, following, horizon
from gateway.feed.relay.sign_in import SignIn
from gateway.feed.relay.trouble import REFUSED, UNREACHABLE, Trouble
from gateway.settings import ReceiverSettings
from gateway.store import Entered, Store
from gateway.store.deliveries import Due, Receiver, Settled

_LOG = logging.getLogger("qiao.relay")

POLL = 1.0
"""Seconds after which there is another look at most: other processes commit without telling."""

AHEAD = 4
"""Requests whose entries are read at once."""

SETTLED = 60 * SECOND
"""After a time of the schedule, until nothing that was entered before it is still being committed."""

Filling = Callable[[Receiver], bool]
"""Gives the next entries that a receiver is owed their rows, in one step; False where there are no more."""

Claim = Callable[[Entered, str], Awaitable[None]]
"""Writes down a serial that a platform gave the document of an entry. Raises Rejected or Retry."""


class Relay:
    """Serves one receiver; belongs to one event loop.

    Args:
        claim: takes the serials that the platform gives; None: they count nothing.
        filling: what the receiver is owed; None: what its wire can say.
        alone: see :class:`Fate`.
        now: the present, microseconds since 1970.
    """

    def __init__(
        self,
        store: Store,
        name: str,
        settings: ReceiverSettings,
        wire: Wire,
        exchange: Exchange,
        *,
        claim: Claim | None = None,
        filling: Filling | None = None,
        alone: int = 0,
        now: Callable[[], int] = now_us,
    ) -> None:
        self.name, self._settings, self._wire = name, settings, wire
        self._tables, self._zone = store.deliveries, store.zone
        self._exchange, self._claim, self._now = exchange, claim, now
        self._filling = filling
        self._fate = Fate(settings.give_up_days, settings.longest_pause, alone)
        self._documents = Documents(
            store, narrow=wire.narrow, known=self._was_told if filling is not None else None
        )
        self._trouble = Trouble(store.alerts, settings.tenant, name)
        self._sign_in = SignIn(store, settings, wire, exchange, self._trouble, now)
        self._receiver: Receiver | None = None
        self._horizon: tuple[int, int] = (-1, 0)
        self._lone: dict[int, int] = {}

    async def turn(self) -> float:
        """Do what is due now; returns the seconds until the next look.

        Raises:
            Retry: the store cannot be asked now.
        """
        receiver = self._receiver
        if receiver is None:
            from_now = self._settings.begin == "now"
            receiver = self._tables.enrol(self._settings.tenant, self.name, from_now=from_now)
            if receiver is None:
                return POLL
            self._receiver = receiver
        self._fill(receiver)
        self._look_at_exceptions(receiver)
        if not self._settings.enabled:
            return POLL
        if receiver.next_us > self._now():
            return self._until(receiver.next_us)
        await self._sign_in.turn(receiver)
        due = self._due(receiver)
        if not due:
            return self._until(self._next(receiver))
        for batch in self._batches(due):
            if not await self._bring(receiver, batch):
                return self._until(receiver.next_us)
        return 0.0

    def forget(self) -> None:
        """Read everything anew: somebody else may have worked meanwhile."""
        self._receiver = None

    def _was_told(self, entry: Entered) -> bool:
        assert self._receiver is not None
        return self._tables.delivery(entry.tenant, self._receiver, entry.n) is not None

    # What is due

    def _fill(self, receiver: Receiver) -> None:
        if self._filling is not None:
            while self._filling(receiver):
                pass
            return
        pairs = self._wire.wanted
        if self._tables.head(receiver) > receiver.upto:
            while self._tables.fill(receiver, self._settings.kinds, self._settings.events, pairs):
                pass

    def _due(self, receiver: Receiver) -> list[Due]:
        """Return what may be sent; those first that never failed: what kills a receiver holds up nobody."""
        most = AHEAD * self._settings.batch
        due = self._tables.due(self._settings.tenant, receiver, self._upto(receiver), self._now(), most)
        return sorted(due, key=lambda one: one.attempts)

    def _upto(self, receiver: Receiver) -> int:
        """Return the number of the last entry that is due by the schedule."""
        now = self._now()
        last = horizon(now, self._settings.at, self._settings.until, self._zone)
        if last is None:
            return receiver.upto
        known, n = self._horizon
        if known != last:
            n = self._tables.last_before(receiver, last)
            self._horizon = last if last + SETTLED < now else -1, n
        return n

    def _batches(self, due: Sequence[Due]) -> list[list[Due]]:
        """Return what goes in one request, in the order of the first entry of each."""
        found: list[list[Due]] = []
        last: dict[str, list[Due]] = {}
        for one in due:
            lane = self._wire.lane(one.entry)
            batch = last.get(lane)
            if batch is None or len(batch) >= self._settings.batch:
                batch = last[lane] = []
                found.append(batch)
            batch.append(one)
        return found

    def _next(self, receiver: Receiver) -> int:
        """Return when something will be due that is not now, as far as it is known."""
        now = self._now()
        times = [now + round(POLL * SECOND)]
        if self._settings.at:
            times.append(following(now, self._settings.at, self._zone))
        return min(times)

    def _until(self, at_us: int) -> float:
        return min(max(0.0, (at_us - self._now()) / SECOND), POLL)

    # Sending

    async def _bring(self, receiver: Receiver, batch: Sequence[Due]) -> bool:
        """Send entries that may go together; False where there is no use in sending more now."""
        try:
            documents, request = self._request(batch)
            reply = await self._exchange(request, self._settings.timeout)
            verdict = self._judge(documents, reply)
        except Misconfigured as error:
            return self._failed(receiver, batch, f"settings: {error.reason}", left=False)
        except Rejected as error:
            verdict = Verdict("refused", reason=f"it cannot be said: {error}", code=error.code)
        except Retry as error:
            return self._failed(receiver, batch, error.reason, left=False, after=error.after)
        except Lost as error:
            return self._failed(receiver, batch, error.told, left=error.left)
        if isinstance(verdict, list):
            return await self._settle(receiver, batch, verdict)
        if verdict.state == "again":
            return self._failed(receiver, batch, verdict.reason, left=True, after=verdict.after)
        if verdict.state == "refused" and len(batch) > 1:
            half = len(batch) // 2
            return await self._bring(receiver, batch[:half]) and await self._bring(receiver, batch[half:])
        return await self._settle(receiver, batch, [verdict] * len(batch))

    def _request(self, batch: Sequence[Due]) -> tuple[list[Document], Request]:
        """Return the documents of entries and what is to be sent for them.

        Raises:
            Rejected: one of them cannot be read or said, for whatever reason: no other one waits for it.
            Misconfigured, Retry: none can.
        """
        try:
            documents = self._documents.of([one.entry for one in batch])
            made = self._wire.request(documents, self._now())
        except QiaoError:
            raise
        except Exception as error:
            raise Rejected(f"({type(error).__name__})", code="exception") from error
        return documents, replace(made, headers=(*made.headers, ("Idempotency-Key", named(documents))))

    def _judge(self, documents: Sequence[Document], reply: Reply) -> Verdict | list[Verdict]:
        try:
            return self._wire.judge(documents, reply)
        except Exception as error:  # noqa: BLE001 -- whatever a receiver answers, nothing of it is lost
            return not_understood(type(error).__name__)

    async def _settle(self, receiver: Receiver, batch: Sequence[Due], verdicts: Sequence[Verdict]) -> bool:
        """Write down what became of each. Returns True."""
        now = self._now()
        settled = [
            self._fate.judged(one, await self._claimed(one, verdict), now)
            for one, verdict in zip(batch, verdicts, strict=True)
        ]
        self._tables.settle(receiver, settled, now)
        for one in batch:
            self._lone.pop(one.entry.n, None)
        refused = [one for one in settled if one.state == "refused"]
        self._log(refused, verdicts)
        self._look_at_exceptions(receiver, new=bool(refused))
        self._reached(receiver)
        return True

    async def _claimed(self, due: Due, verdict: Verdict) -> Verdict:
        """Take the serial that came with an acknowledgement."""
        if self._claim is None or not verdict.serial or verdict.state != "acknowledged":
            return verdict
        try:
            await self._claim(due.entry, verdict.serial)
        except Rejected as error:
            return Verdict("refused", reason=f"its serial cannot be taken: {error.reason}", code="serial")
        except Retry as error:
            return Verdict("again", reason=error.reason, after=error.after, code="store")
        return verdict

    # How the receiver stands

    def _failed(
        self, receiver: Receiver, batch: Sequence[Due], told: str, *, left: bool, after: float | None = None
    ) -> bool:
        """Write down that the receiver was not reached, or cannot judge now. Returns False."""
        now = self._now()
        alone = left and not receiver.failures
        receiver.failures += 1
        receiver.since_us = receiver.since_us or now
        wait = pause(receiver.failures, self._settings.longest_pause, after)
        receiver.next_us, receiver.error = now + round(wait * SECOND), told
        settled = [
            self._fate.unanswered(one, told, now, left=left, lone=self._counted(one) if alone else 0)
            for one in batch
        ]
        self._tables.settle(receiver, settled, now)
        self._tables.save(receiver)
        self._look_at_exceptions(receiver, new=any(one.state == "refused" for one in settled))
        if receiver.failures >= self._settings.alert_after:
            self._trouble.say(UNREACHABLE, True, f"{receiver.failures} attempts failed", now)
        return False

    def _counted(self, due: Due) -> int:
        """Count an attempt without an answer right after another entry had one; since the last start.

        What was never tried, or is tried again by somebody's will, begins anew.
        """
        count = self._lone.get(due.entry.n, 0) + 1 if due.attempts else 1
        self._lone[due.entry.n] = count
        return count

    def _reached(self, receiver: Receiver) -> None:
        now = self._now()
        told = bool(receiver.failures or receiver.error)
        receiver.failures = receiver.since_us = receiver.next_us = 0
        receiver.error = ""
        if told or now - receiver.taken_us > SECOND:
            receiver.taken_us = now
            self._tables.save(receiver)
        self._trouble.say(UNREACHABLE, False, "", now)

    def _look_at_exceptions(self, receiver: Receiver, *, new: bool = False) -> None:
        if not new and not self._trouble.is_on(REFUSED):
            return
        count = self._tables.exceptions(receiver)
        self._trouble.say(REFUSED, count > 0, f"{count} entries are refused or held", self._now())

    def _log(self, refused: Sequence[Settled], verdicts: Sequence[Verdict]) -> None:
        if refused:
            codes = sorted({one.code for one in verdicts if one.state == "refused" and len(one.code) < 40})
            numbers = ", ".join(str(one.n) for one in refused[:5])
            more = " and more" if len(refused) > 5 else ""
            _LOG.warning("%s refused entries %s%s (%s)", self.name, numbers, more, ", ".join(codes))
