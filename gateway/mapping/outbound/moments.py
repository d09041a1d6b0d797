"""Moments: days, times and ages as a receiver reads them (FHIR R4 §2.24.0.1; HL7 v2.8 §2A.3.22)."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

from gateway.mapping.outbound.tongue import Tongue

_FRACTION = re.compile(r"\.\d+")
_MOMENT = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?\Z")
_ZONE = re.compile(r"([+-])(\d\d):?(\d\d)\Z")


def digits(value: Any, speech: Tongue, arg: Any) -> str | None:
    """date, dateTime, instant → HL7 TS, as precise as it is, in the zone of the receiver."""
    return in_digits(str(value), speech.zone)


def in_digits(said: str, zone: str) -> str | None:
    """Return a date, dateTime or instant as :func:`digits` says it in a zone, None for what is none."""
    if match := _MOMENT.match(said):
        return "".join(part or "" for part in match.groups())
    moment = _moment(said, zone)
    if moment is None:
        return None
    fraction = _FRACTION.search(said)
    return f"{moment:%Y%m%d%H%M%S}{fraction.group()[:5] if fraction else ''}"


def second(value: Any, speech: Tongue, arg: Any) -> str | None:
    """dateTime, instant → 14 digits; what is not known to the second is nothing."""
    moment = _moment(str(value), speech.zone)
    return f"{moment:%Y%m%d%H%M%S}" if moment else None


def day(value: Any, speech: Tongue, arg: Any) -> str | None:
    """date, dateTime, instant → 8 digits; a month or year is nothing."""
    found = digits(value, speech, arg) or ""
    return found[:8] if len(found) >= 8 else None


def written(value: Any, speech: Tongue, arg: Any) -> str | None:
    """date, dateTime, instant → as ``arg`` says (``"%Y-%m-%d %H:%M:%S"``); what is less precise stays."""
    said = str(value)
    if match := _MOMENT.match(said):
        if match[3] is None or "%H" in arg:
            return said
        return date.fromisoformat(said).strftime(arg)
    moment = _moment(said, speech.zone)
    return moment.strftime(arg) if moment else None


def days(value: Any, speech: Tongue, arg: Any) -> str | None:
    """Period → its length in whole days, both ends counted as moments."""
    first, last = (str(value.get(name, ""))[:10] for name in ("start", "end"))
    try:
        return str((date.fromisoformat(last) - date.fromisoformat(first)).days)
    except ValueError:
        return None


def age_value(value: Any, speech: Tongue, arg: Any) -> str | None:
    """birthDate → the age on the day of the document, a number; ``arg``: units, from years to days."""
    return _age(str(value), speech, arg)[0]


def age_unit(value: Any, speech: Tongue, arg: Any) -> str | None:
    """birthDate → the unit of :func:`age_value`."""
    return _age(str(value), speech, arg)[1]


def _age(said: str, speech: Tongue, units: list[str]) -> tuple[str | None, str | None]:
    on = speech.facts.get("day", "")
    try:
        born, now = date.fromisoformat(said), datetime.strptime(on, "%Y%m%d").date()  # noqa: DTZ007 -- a day
    except ValueError:
        return None, None
    if born > now:
        return None, None
    years = now.year - born.year - ((now.month, now.day) < (born.month, born.day))
    days = (now - born).days
    if years >= 1:
        return str(years), units[0]
    if len(units) > 2 and days >= 28:
        months = (now.year - born.year) * 12 + now.month - born.month - (now.day < born.day)
        count = days // 7 if units[1] == "周" else max(1, months)
        return str(count), units[1]
    return str(days), units[-1]


def _moment(said: str, zone: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(said)
    except ValueError:
        return None
    if found.tzinfo is None:
        return None
    return found.astimezone(_zone(zone))


@lru_cache(maxsize=64)
def _zone(said: str) -> timezone:
    match = _ZONE.match(said)
    if match is None:
        return timezone(timedelta(hours=8))
    ahead = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return timezone(-ahead if match[1] == "-" else ahead)
