"""Schedule: at which hours a view is read, and when its keys are compared."""

from __future__ import annotations

from datetime import datetime, timedelta

from gateway.errors import Misconfigured


def hour_of(said: str, where: str) -> tuple[int, int] | None:
    """Return an hour of the day (``"03:30"``), None for never. Raises ``Misconfigured``."""
    if not said:
        return None
    hour, _, minute = said.partition(":")
    if not (hour.isdigit() and minute.isdigit() and int(hour) < 24 and int(minute) < 60):
        raise Misconfigured("reconcile is an hour of the day: 03:30", where=where)
    return int(hour), int(minute)


def is_within(between: tuple[str, ...], now: datetime) -> bool:
    """Tell whether a view may be read at this hour; ``("22:00", "06:00")`` goes over midnight."""
    if not between:
        return True
    begin, end = between
    at = now.strftime("%H:%M")
    return begin <= at < end if begin <= end else at >= begin or at < end


def is_due(hour: tuple[int, int] | None, last_us: int, now: datetime) -> bool:
    """Tell whether what happens once a day is due: at its hour, and soon where a day was missed.

    Args:
        last_us: when it happened last, microseconds since 1970; 0 for never.
    """
    if hour is None:
        return False
    due = now.replace(hour=hour[0], minute=hour[1], second=0, microsecond=0)
    if due > now:
        due -= timedelta(days=1)
    return last_us < int(due.timestamp() * 1_000_000)
