"""Fate: what becomes of an entry after an attempt: settled, tried again after a pause, or an exception."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.feed.pause import pause
from gateway.feed.receiver.wire import Verdict
from gateway.feed.relay.schedule import DAY, SECOND
from gateway.store.deliveries import Due, Settled


@dataclass(slots=True, frozen=True)
class Fate:
    """How long a receiver is asked.

    Attributes:
        give_up_days: days without success after which an entry is an exception; 0: never.
        longest_pause: seconds between two attempts at most.
        alone: attempts between answers to others after which an entry is an exception; 0: never.
    """

    give_up_days: int
    longest_pause: float
    alone: int = 0

    def judged(self, due: Due, verdict: Verdict, now: int) -> Settled:
        """Return what becomes of an entry that was judged."""
        if verdict.state != "again":
            return Settled(due.entry.n, verdict.state, verdict.receipt, verdict.reason)
        if self._too_old(due, now):
            return self._given_up(due)
        wait = pause(due.attempts + 1, self.longest_pause) if verdict.after is None else verdict.after
        next_us = now + round(min(wait, self.longest_pause) * SECOND)
        return Settled(due.entry.n, "sent", reason=verdict.reason, next_us=next_us)

    def unanswered(self, due: Due, told: str, now: int, *, left: bool, lone: int) -> Settled:
        """Return what becomes of an entry without an answer.

        One that left waits by itself: what a receiver does not survive must not be the first again.

        Args:
            left: it may have reached the receiver.
            lone: attempts of it, this one the last, right before which another entry had its answer; 0: this
                one is none of them.
        """
        if self._too_old(due, now):
            return self._given_up(due)
        count = due.attempts + 1
        if self.alone and lone >= self.alone:
            return Settled(due.entry.n, "refused", reason=f"{told}: {lone} attempts, while others are taken")
        if not left:
            return Settled(due.entry.n, "waiting", reason=told)
        wait = pause(count, self.longest_pause)
        return Settled(due.entry.n, "sent", reason=told, next_us=now + round(wait * SECOND))

    def _too_old(self, due: Due, now: int) -> bool:
        days = self.give_up_days
        return bool(days and due.since_us and due.since_us + days * DAY <= now)

    def _given_up(self, due: Due) -> Settled:
        return Settled(due.entry.n, "refused", reason=f"no success for {self.give_up_days} days")
