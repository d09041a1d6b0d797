"""Delivery: does what is due for one Subscription, in order, and keeps how it went.

An attempt that fails is made again after a pause, for as long as the settings say; nothing that comes later
goes before it. What the receiver has taken is committed after each attempt: after a crash at most the one
notification of that moment is sent again, with the same event numbers.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from gateway.canonical import Resource
from gateway.errors import Retry
from gateway.feed.pause import pause
from gateway.feed.subscription.due import SECOND, Task, due
from gateway.feed.subscription.notification import About, Kind
from gateway.feed.subscription.owner import May
from gateway.feed.subscription.parcels import Packer
from gateway.feed.subscription.roll import SOURCE, Entry, Roll
from gateway.feed.subscription.sending import Answer, Parcel, Send
from gateway.settings import SubscriptionSettings
from gateway.store.model import Change, Transact, Transacted
from gateway.store.subscriptions import Standing, Subscriptions

_LOG = logging.getLogger("qiao.subscriptions")

TURN = 50
"""Attempts for one Subscription before others that wait for a place have theirs."""

_OVERTAKEN = frozenset(("precondition", "conflict", "not-found", "deleted"))

Write = Callable[[Transact], Awaitable[Transacted]]
Clock = Callable[[], int]


class Delivery:
    """Delivers for the Subscriptions of a Roll; belongs to one event loop.

    Args:
        base: gives the URL of the FHIR API by the tenant's name.
        tenant: gives the tenant's name by its number.
        write: changes the Subscription resource where it does not show how it stands.
        may: tells whether a client may be notified; asked before each attempt.
        now: the present, microseconds since 1970.
    """

    def __init__(
        self,
        tables: Subscriptions,
        roll: Roll,
        settings: SubscriptionSettings,
        send: Send,
        write: Write,
        base: Callable[[str], str],
        tenant: Callable[[int], str],
        may: May,
        now: Clock,
    ) -> None:
        self._tables = tables
        self._roll = roll
        self._settings = settings
        self._send = send
        self._write = write
        self._base = base
        self._tenant = tenant
        self._may = may
        self._now = now
        self._packer = Packer(tables, settings)

    def next(self, entry: Entry) -> tuple[Task, int]:
        """Return what comes next for a Subscription, and when."""
        if entry.live and entry.owner and not self._may(entry.owner, self._tenant(entry.standing.tenant)):
            return "revoked", 0
        return due(entry.standing, entry.definition, self._settings.give_up_days, self._now())

    async def attend(self, n: int) -> None:
        """Do what is due now for one Subscription; after many attempts it is the others' turn."""
        for _ in range(TURN):
            entry = self._roll.get(n)
            if entry is None:
                return
            await self._show(entry)
            task, at = self.next(entry)
            if not task or at > self._now():
                return
            await self._do(n, entry, task)

    async def _do(self, n: int, entry: Entry, task: Task) -> None:
        standing = entry.standing
        if reason := self._reason(task):
            _LOG.warning("Subscription/%s is off: %s", standing.id, reason)
            standing.status, standing.error = "off", reason
            self._tables.save([standing])
            return
        parcel, upto = self._parcel(entry, task)
        asked = standing.seq
        answer = await self._send(parcel) if parcel is not None else Answer(True)
        after = self._roll.get(n)  # meanwhile it may have been changed or deleted
        if after is None:
            return
        if answer.ok:
            after.standing.delivered = max(after.standing.delivered, upto)
        if after.standing.seq == asked:
            self._judge(after.standing, answer)
        self._tables.save([after.standing])

    def _reason(self, task: Task) -> str:
        """Return why a task ends a Subscription, ``""`` for one that does not."""
        if task == "give-up":
            return f"no success for {self._settings.give_up_days} days"
        return {"end": "its end has come", "revoked": "its client may not subscribe any more"}.get(task, "")

    def _parcel(self, entry: Entry, task: Task) -> tuple[Parcel | None, int]:
        standing, definition, now = entry.standing, entry.definition, self._now()
        assert definition is not None
        about = self._about(entry)
        if task == "events":
            return self._packer.events(about, standing, definition, now)
        if task == "activate":
            return None, standing.delivered
        kind: Kind = "handshake" if task == "handshake" else "heartbeat"
        return self._packer.greeting(about, definition, kind, now), standing.delivered

    def _about(self, entry: Entry) -> About:
        standing = entry.standing
        topic = entry.definition.topic if entry.definition else ""
        base = self._base(self._tenant(standing.tenant))
        return About(base, standing.id, topic, standing.status, standing.number)

    def _judge(self, standing: Standing, answer: Answer) -> None:
        """Say how a Subscription stands after an attempt."""
        now = self._now()
        if answer.ok:
            if standing.status == "error":
                _LOG.info("Subscription/%s is active again", standing.id)
            standing.greeted, standing.status, standing.error = True, "active", ""
            standing.failures = standing.since_us = standing.next_us = 0
            standing.sent_us = now
            return
        standing.failures += 1
        standing.since_us = standing.since_us or now
        wait = pause(standing.failures, self._settings.longest_pause, answer.after)
        standing.next_us = now + round(wait * SECOND)
        standing.error = answer.told
        if standing.status != "error" and (
            not standing.greeted or standing.failures >= self._settings.error_after
        ):
            standing.status = "error"
            _LOG.warning("Subscription/%s does not reach its receiver: %s", standing.id, answer.told)

    async def _show(self, entry: Entry) -> None:
        """Make the resource show how its Subscription stands, where it does not."""
        standing = entry.standing
        if standing.shown == standing.status:
            return
        seq, status, error = standing.seq, standing.status, standing.error
        change = Change(
            "patch",
            "Subscription",
            standing.id,
            patch=lambda old: shown(old, status, error),
            if_match=frozenset((standing.ver,)),
        )
        try:
            done = await self._write(Transact(self._tenant(standing.tenant), SOURCE, [change]))
        except Retry:
            return  # the next look tries again
        after = self._roll.get(standing.n)
        if after is None or after.standing.seq != seq:
            return
        if isinstance(done.error, Retry):
            return
        if done.error is not None and done.error.code in _OVERTAKEN:
            return  # somebody has written it meanwhile: the next look will see what
        if done.error is not None:
            _LOG.error("Subscription/%s cannot show that it is %s: %s", standing.id, status, done.error.code)
        version = done.results[0].version if done.results else None
        after.standing.shown = status
        after.standing.ver = version.ver if version else after.standing.ver
        self._tables.save([after.standing])


def shown(resource: Resource, status: str, error: str) -> Resource:
    """Return a Subscription that shows a status, with the reason where it does not work."""
    rest = {name: value for name, value in resource.items() if name not in ("status", "error")}
    return rest | {"status": status} | ({"error": error} if error and status in ("error", "off") else {})
