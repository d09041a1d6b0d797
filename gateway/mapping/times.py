"""HL7 v2 times (chapter 2A, DT TM DTM TS) to FHIR date, dateTime, instant and time (R4 §2.24.0.1).

The precision of the source is kept; an hour without minutes has no FHIR form and gives the day. A time
without a zone is read in the sender's zone. What is no possible date is no date: never half-written. Nor
is what stands for none (``99991231``), or lies where no date of a patient does: ``800506``, ``121212``
and a count of seconds are years 8005, 1212 and 1701 to whoever reads digits.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import Final

from gateway.canonical.placeholders import is_no_moment

YEARS: Final = range(1850, 2101)
"""Years that dates of patients lie in, those that are to come included."""

_TS = re.compile(
    r"(?P<y>\d{4})(?:-?(?P<m>\d\d)(?:-?(?P<d>\d\d)(?:[ T]?(?P<H>\d\d)(?::?(?P<M>\d\d)"
    r"(?::?(?P<S>\d\d)(?:\.(?P<f>\d+))?)?)?)?)?)?(?P<z>Z|[+-]\d\d:?\d\d)?",
    re.ASCII,
)
_SECONDS = len("YYYYMMDDHHMMSS")
_ZONE = re.compile(r"[+-](?:0\d|1[0-4]):?[0-5]\d", re.ASCII)
_TM = re.compile(r"(\d\d):?(\d\d)(?::?(\d\d)(\.\d+)?)?(?:[+-]\d{4})?", re.ASCII)


def _zone(text: str | None, default: str) -> str:
    if not text:
        return default
    if text == "Z":
        return "Z"
    if not _ZONE.fullmatch(text):
        raise ValueError("zone")
    return text[:3] + ":" + text[-2:]


def zone_of(text: str) -> str:
    """Return the zone that an HL7 time names (``"-06:00"``), ``""`` where it names none.

    That of MSH-7 is the zone of all times of the message that name none (HL7 v2.5.1 chapter 2.15.9.7).
    """
    if len(text) < 17 and text.isdigit():
        return ""
    found = _TS.fullmatch(text.strip())
    try:
        return _zone(found["z"], "") if found else ""
    except ValueError:
        return ""


def _offset(zone: str) -> timezone:
    if zone == "Z":
        return UTC
    minutes = int(zone[1:3]) * 60 + int(zone[-2:])
    return timezone(timedelta(minutes=-minutes if zone[0] == "-" else minutes))


def _day(found: re.Match[str]) -> str:
    year, month, day = found["y"], found["m"], found["d"]
    date(int(year), int(month or 1), int(day or 1))
    if int(year) not in YEARS or is_no_moment(f"{year}{month or ''}{day or ''}"):
        raise ValueError("none")
    return "-".join(part for part in (year, month, day) if part)


def is_day(text: str) -> bool:
    """Tell whether eight digits are a day of the calendar, whatever it stands for."""
    try:
        date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return False
    return True


@lru_cache(maxsize=8192)
def to_date(text: str) -> str | None:
    """Return the FHIR date of an HL7 time, None where it is no possible date or stands for none."""
    found = _TS.fullmatch(text)
    try:
        return _day(found) if found else None
    except ValueError:
        return None


@lru_cache(maxsize=8192)
def to_datetime(text: str, zone: str) -> str | None:
    """Return the FHIR dateTime of an HL7 time; ``zone`` (``"+08:00"``) where it has none."""
    if _is_plain(text):
        # Nearly all times of nearly all senders; the days come again more often than the seconds.
        day, hour, minute, second = to_date(text[:8]), text[8:10], text[10:12], text[12:]
        if day is None or hour > "23" or minute > "59" or second[:2] > "59":
            return None
        return f"{day}T{hour}:{minute}:{second}{zone}"
    return _any_datetime(text, zone)


def _is_plain(text: str) -> bool:
    """Tell whether a time is ``YYYYMMDDHHMMSS`` with or without a fraction, and says no zone."""
    digits = text if len(text) == _SECONDS else text[:_SECONDS] + text[_SECONDS + 1 :]
    return (
        digits.isdigit()
        and digits.isascii()
        and len(digits) >= _SECONDS
        and (digits is text or (text[_SECONDS] == "." and len(text) > _SECONDS + 1))
    )


def _any_datetime(text: str, zone: str) -> str | None:
    found = _TS.fullmatch(text)
    if not found:
        return None
    try:
        day = _day(found)
        if not found["M"]:
            return day if not found["H"] or int(found["H"]) < 24 else None
        second = found["S"] or "00"
        time(int(found["H"]), int(found["M"]), int(second))
        fraction = f".{found['f']}" if found["f"] else ""
        return f"{day}T{found['H']}:{found['M']}:{second}{fraction}{_zone(found['z'], zone)}"
    except ValueError:
        return None


def to_instant(text: str, zone: str) -> str | None:
    """Return the FHIR instant of an HL7 time, None where it is less precise than a minute."""
    value = to_datetime(text, zone)
    return value if value and "T" in value else None


@lru_cache(maxsize=8192)
def to_us(text: str, zone: str) -> int | None:
    """Return an HL7 time as microseconds since 1970-01-01T00:00:00Z (its first moment)."""
    value = to_datetime(text, zone)
    if value is None:
        return None
    if _is_plain(text):
        midnight = to_us(text[:8], zone)
        if midnight is None:
            return None
        seconds = int(text[8:10]) * 3600 + int(text[10:12]) * 60 + int(text[12:14])
        return midnight + seconds * 1_000_000 + int((text[15:21] + "000000")[:6])
    found = _TS.fullmatch(text)
    assert found is not None
    try:
        moment = datetime(
            int(found["y"]),
            int(found["m"] or 1),
            int(found["d"] or 1),
            int(found["H"] or 0),
            int(found["M"] or 0),
            int(found["S"] or 0),
            tzinfo=_offset(_zone(found["z"], zone)),
        )
        seconds = int(moment.timestamp())
    except (ValueError, OverflowError):  # a zone that there is not behind a day, which needs none
        return None
    return seconds * 1_000_000 + int(((found["f"] or "") + "000000")[:6])


def to_time(text: str) -> str | None:
    """Return the FHIR time of an HL7 TM (``HHMM[SS[.f]]``)."""
    found = _TM.fullmatch(text)
    if not found or int(found[1]) > 23 or int(found[2]) > 59 or int(found[3] or 0) > 59:
        return None
    return f"{found[1]}:{found[2]}:{found[3] or '00'}{found[4] or ''}"


def rising(start: str, end: str) -> bool:
    """Return whether a FHIR dateTime is not after another (per-1), as far as both are exact."""
    if "T" in start and "T" in end:
        return datetime.fromisoformat(start) <= datetime.fromisoformat(end)
    exact = min(len(start[:10]), len(end[:10]))
    return start[:exact] <= end[:exact]
