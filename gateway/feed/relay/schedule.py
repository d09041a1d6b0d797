"""Schedule: when a receiver is sent to, and what is due then: both follow from the present alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from gateway.store.dates import zone as zone_of

SECOND = 1_000_000
DAY = 86_400 * SECOND


def horizon(now_us: int, at: Sequence[str], until: Literal["now", "midnight"], zone: str) -> int | None:
    """Return the moment before which an entry must have been entered to be due now; None: all are.

    That is the newest time of ``at`` that has come, or the midnight before it. A time that passed while
    nothing ran is made up for: it stays the newest one.

    Args:
        at: ``"HH:MM"``; none: all entries are due at once.
    """
    if not at:
        return None
    now = datetime.fromtimestamp(now_us / SECOND, zone_of(zone))
    last = max(found for days in (0, 1) for found in _of_day(now - timedelta(days=days), at) if found <= now)
    if until == "midnight":
        last = last.replace(hour=0, minute=0)
    return round(last.timestamp()) * SECOND


def following(now_us: int, at: Sequence[str], zone: str) -> int:
    """Return the next time of ``at`` after now."""
    now = datetime.fromtimestamp(now_us / SECOND, zone_of(zone))
    found = (one for days in (0, 1) for one in _of_day(now + timedelta(days=days), at) if one > now)
    return round(min(found).timestamp()) * SECOND


def day_to_sign(now_us: int, sign_in: str, zone: str) -> str:
    """Return the day for which to sign in now, ``""`` before the time of today."""
    if not sign_in:
        return ""
    now = datetime.fromtimestamp(now_us / SECOND, zone_of(zone))
    return f"{now:%Y-%m-%d}" if f"{now:%H:%M}" >= sign_in else ""


def _of_day(day: datetime, at: Sequence[str]) -> list[datetime]:
    times = ((int(one[:2]), int(one[3:])) for one in at)
    return [day.replace(hour=hour, minute=minute, second=0, microsecond=0) for hour, minute in times]
