"""What is due for one Subscription, and when (Backport 1.1.0, Channels; R4 Subscription.end)."""

from __future__ import annotations

from typing import Literal

from gateway.feed.subscription.definition import Definition
from gateway.store.subscriptions import Standing

Task = Literal["revoked", "end", "give-up", "handshake", "activate", "events", "heartbeat", ""]
"""``activate`` is the handshake of a classic Subscription, which knows none; ``revoked``: its client
may not be notified; ``""``: nothing is ever due."""

SECOND = 1_000_000
DAY = 86_400 * SECOND


def due(
    standing: Standing, definition: Definition | None, give_up_days: int, now_us: int
) -> tuple[Task, int]:
    """Return what comes next and the moment (microseconds since 1970) from which on it is due.

    Giving up is judged by when the next attempt was to be made: while this server was away, nobody failed.
    """
    if definition is None or standing.status == "off":
        return "", 0
    task, at = _task(standing, definition)
    at = max(at, standing.next_us)
    if give_up_days and standing.failures and standing.since_us + give_up_days * DAY <= at:
        task, at = "give-up", standing.since_us + give_up_days * DAY
    if definition.end_us is not None and (not task or definition.end_us <= max(at, now_us)):
        return "end", definition.end_us
    return task, at


def _task(standing: Standing, definition: Definition) -> tuple[Task, int]:
    if not standing.greeted:
        return ("handshake" if definition.topic else "activate"), 0
    if standing.number > standing.delivered:
        return "events", 0
    if standing.failures and definition.topic:
        return "heartbeat", 0  # only one that failed leaves nothing to deliver and a failure
    if definition.topic and definition.channel.heartbeat:
        return "heartbeat", standing.sent_us + definition.channel.heartbeat * SECOND
    return "", 0
