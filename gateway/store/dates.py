"""FHIR dates as closed ranges of microseconds (R4 §2.24.0.1, §3.1.1.4.7).

A value without a zone is read in the zone that the store is configured with, never silently as UTC.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache

from gateway.errors import Misconfigured, Rejected

EARLIEST = -(1 << 62)
LATEST = 1 << 62
"""Open ends of a Period; beyond any date that FHIR can write."""

_DAY_US = 86_400_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_ZONE = re.compile(r"([+-])(0\d|1[0-4]):([0-5]\d)\Z")
_DATE = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d)?)?)?)?\Z",
    re.ASCII,
)

Range = tuple[int, int]
"""First and last microsecond since 1970-01-01T00:00:00Z that a value covers, both included."""


@lru_cache(maxsize=64)
def zone(text: str) -> timezone:
    """Return the zone of ``Z`` or ``+08:00``.

    Raises:
        Misconfigured: it is no offset within ±14:00.
    """
    if text == "Z":
        return UTC
    found = _ZONE.match(text)
    if not found or (found[2] == "14" and found[3] != "00"):
        raise Misconfigured("a zone is written Z or +08:00, at most 14 hours from UTC", code="zone")
    offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(-offset if found[1] == "-" else offset)


@lru_cache(maxsize=8192)
def date_range(text: str, default_zone: str) -> Range:
    """Return what a date, dateTime or instant of any precision covers.

    Raises:
        Rejected: ``text`` is no FHIR date, or no day of the calendar.
    """
    found = _DATE.match(text)
    if not found:
        raise Rejected("not a FHIR date", code="date")
    if len(text) == len("2026-11-23"):  # birth dates: too many to be remembered, quick to count
        return _whole_day(text, default_zone)
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    try:
        start = _start(year, month or "01", day or "01", hour or "00", minute or "00", offset or default_zone)
    except (ValueError, Misconfigured) as error:
        raise Rejected("no such day, time or zone", code="date") from error
    if int(second or 0) > 60 or (second == "60" and minute != "59"):
        raise Rejected("no such second", code="date")
    start += int(second or 0) * 1_000_000 + int((fraction or "")[:6].ljust(6, "0"))
    return start, start + _length(year, month, day, hour, second, fraction) - 1


def _whole_day(text: str, offset: str) -> Range:
    try:
        day = date.fromisoformat(text).toordinal() - _EPOCH_DAY
        start = day * _DAY_US - _away_us(offset)
    except (ValueError, Misconfigured) as error:
        raise Rejected("no such day, time or zone", code="date") from error
    return start, start + _DAY_US - 1


@lru_cache(maxsize=64)
def _away_us(offset: str) -> int:
    return (zone(offset).utcoffset(None) or timedelta()) // timedelta(microseconds=1)


def _start(year: str, month: str, day: str, hour: str, minute: str, offset: str) -> int:
    late = hour == "24" and minute == "00"
    moment = datetime(int(year), int(month), int(day), 0 if late else int(hour), int(minute), tzinfo=UTC)
    away = zone(offset).utcoffset(None) or timedelta()
    return (moment - _EPOCH - away + timedelta(days=late)) // timedelta(microseconds=1)


def _length(
    year: str, month: str | None, day: str | None, hour: str | None, second: str | None, fraction: str | None
) -> int:
    if fraction is not None:
        return int(10 ** max(0, 6 - len(fraction)))
    if second is not None:
        return 1_000_000
    if hour is not None:
        return 60_000_000
    if day is not None:
        return _DAY_US
    leap = int(year) % 4 == 0 and (int(year) % 100 != 0 or int(year) % 400 == 0)
    if month is None:
        return (365 + leap) * _DAY_US
    return (31, 28 + leap, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[int(month) - 1] * _DAY_US
